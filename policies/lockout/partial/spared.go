package partial

import (
	"slices"
	"strings"

	"locksmith/policies"
)

// An existing principal is a role or user that the template makes. It exists, whatever its name turns out to be.
type existing struct {
	id  string // logical id
	arn string // its ARN, with holes
}

// spare gives a name of its own to one role or user of the template that every statement spares by its ARN. The
// result is the document with that name, or the document itself where there is no such principal.
//
// This is for the question whether somebody can get in, whatever the name is. It is safe where all that the Deny
// statements say of who calls is that this ARN, among others, is spared. Then one name is like another, and what is
// true of the made-up one is true of the real one.
func (b *bounder) spare(document *policies.Value) policies.Value {
	for _, e := range b.existing {
		arn, name := standIn(e)
		if !b.sparedByAll(document, e.arn) {
			continue
		}
		b.renamed = append(b.renamed, name, b.Shown(e.arn[strings.LastIndexByte(e.arn, '/')+1:]))
		return replaced(document, e.arn, arn)
	}
	return *document
}

// standIn is an ARN for a principal whose name is not known.
func standIn(e existing) (arn, name string) {
	name = "unknown-name-of-" + e.id
	kind := strings.SplitAfterN(e.arn, "/", 2)[0]
	return kind + name, name
}

// replaced is a value with one text in the place of another.
func replaced(v *policies.Value, old, with string) policies.Value {
	out := *v
	if v.Text == old {
		out.Text = with
	}
	out.Items, out.Members = slices.Clone(v.Items), slices.Clone(v.Members)
	for i := range out.Items {
		out.Items[i] = replaced(&v.Items[i], old, with)
	}
	for i := range out.Members {
		out.Members[i].Value = replaced(&v.Members[i].Value, old, with)
	}
	return out
}

// sparedByAll tells whether every statement that may deny asks no more of who calls than whether its ARN is this one or
// another.
func (b *bounder) sparedByAll(document *policies.Value, arn string) bool {
	statements := document.Find("Statement")
	if statements == nil || IsHole(statements) {
		return false
	}
	return !slices.ContainsFunc(statements.OneOrMany(), func(st policies.Value) bool {
		return st.FindText("Effect") != string(policies.Allow) && !b.spares(&st, arn)
	})
}

func (b *bounder) spares(statement *policies.Value, arn string) bool {
	principal := statement.Find("Principal")
	everyone := []string{`"*"`, `{"AWS":"*"}`, `{"AWS":["*"]}`}
	if principal == nil || !slices.Contains(everyone, string(JSON(principal))) {
		return false
	}
	condition := statement.Find("Condition")
	if condition == nil {
		return true
	}
	if condition.Type != policies.Object {
		return false
	}
	for _, operator := range condition.Members {
		for _, key := range operator.Value.Members {
			if !sparing(newTest(operator.Name, key), arn) {
				return false
			}
		}
	}
	return true
}

// sparing tells whether a test does not ask who calls, or asks for one that is none of several and this ARN is one of
// those.
func sparing(t test, arn string) bool {
	spared := false
	for _, v := range t.key.Value.OneOrMany() {
		if strings.Contains(v.Text, "$") {
			return false
		}
		spared = spared || v.Text == arn
	}
	switch strings.ToLower(t.key.Name) {
	case "aws:principalarn":
		family := t.operator.Family()
		return spared && !t.set && t.operator.Negated() && (family == policies.Strings || family == policies.ARNs)
	case "aws:securetransport", "aws:sourceip", "aws:sourcevpc", "aws:sourcevpce", "aws:vpcsourceip",
		"aws:principalaccount", "aws:principalorgid", "aws:principalisawsservice", "aws:viaawsservice",
		"aws:sourcearn", "aws:sourceaccount", "aws:resourceaccount",
		"s3:tlsversion", "s3:signatureversion", "s3:authtype":
		return true // none of these goes by who of the account calls
	}
	return false
}
