package lockout

import (
	"slices"
	"strings"

	"locksmith/policies"
)

// The statements that go with a change, each in one sentence.

// A Loss is a statement that goes with a change of policy, with what it forbade or allowed. Text of the policy stands
// in it as it was written.
type Loss struct {
	Statement int             `json:"statement"` // its place in the policy that was in force, from 0
	Label     string          `json:"label"`     // its Sid, or # and its number from 1
	Effect    policies.Effect `json:"effect"`
	Sentence  string          `json:"sentence"` // such as "TLSOnly: forbade all of s3:* to everyone over plain HTTP"
}

// Losses are the statements that are in force and not in what follows, which is nil where the policy is deleted. The
// locking ones, given by their indices from 0, are left out, since they are meant to go. A statement of which a copy
// stays is not lost.
func Losses(q Question, after *policies.Document, locking []int) []Loss {
	if q.Policy == nil {
		return nil
	}
	var all []Loss
	for i := range q.Policy.Statements {
		st := &q.Policy.Statements[i]
		same := func(other policies.Statement) bool { return sameStatement(st, &other) }
		if after != nil && slices.ContainsFunc(after.Statements, same) || slices.Contains(locking, i) {
			continue
		}
		said := st.Label() + ": " + sentence(st, q)
		all = append(all, Loss{Statement: i, Label: st.Label(), Effect: st.Effect, Sentence: said})
	}
	return all
}

// inside says what the account's own people may do again, by each Deny statement that goes and that may concern them.
func (c *change) inside() []string {
	var all []string
	for _, st := range c.goneDenies() {
		if !c.concernsOwner(st) {
			continue
		}
		all = append(all, "people of account "+c.Account+" can do again what "+st.Label()+" forbade ("+what(st)+
			conditions(st)+"), as far as their own permissions and the other statements let them")
	}
	return all
}

// concernsOwner tells whether a statement may concern the account's own people. Whom it means can rule that out, and
// what it asks of keys that have the same value for all of them, or none.
func (c *change) concernsOwner(st *policies.Statement) bool {
	p := st.Principal
	if p != nil && !p.Not && !p.Everyone && !slices.ContainsFunc(p.Named, c.ofOwner) {
		return false
	}
	settled := c.settled(policies.Role)
	delete(settled, "aws:principaltype")
	return !slices.ContainsFunc(st.Conditions, func(condition policies.Condition) bool {
		key := strings.ToLower(condition.Key)
		_, same := settled[key]
		return (same || begins(key, ofServices...)) && condition.Matches(settled, c.Policy.Variables()) == policies.No
	})
}

// ofOwner tells whether a principal may be one of the owning account.
func (c *change) ofOwner(n policies.Named) bool {
	return n.Kind != "Service" && (n.Kind != "AWS" || !c.another(n.Value))
}

// sentence says what a statement does, to whom, and when.
func sentence(st *policies.Statement, q Question) string {
	verb, to := "forbade", " to "
	if st.Effect == policies.Allow {
		verb = "allowed"
	}
	said := verb + " " + what(st) + to + whomever(st.Principal, q) + conditions(st)
	if len(st.Problems) > 0 {
		said += " (it also says what is not understood here: " + st.Problems[0].String() + ")"
	}
	return said
}

// what names the actions of a statement, and the resources where they are not all.
func what(st *policies.Statement) string {
	values := slices.Clone(st.Action.Values)
	for i, v := range values {
		if v == "*" {
			values[i] = "everything"
		} else if strings.HasSuffix(v, ":*") {
			values[i] = "all of " + v
		}
	}
	actions := enumerate(values, "and")
	if st.Action.Not {
		actions = "everything but " + enumerate(st.Action.Values, "and")
	}
	switch {
	case st.Resource == nil || !st.Resource.Not && slices.Contains(st.Resource.Values, "*"):
		return actions
	case st.Resource.Not:
		return actions + " on all but " + enumerate(st.Resource.Values, "and")
	}
	return actions + " on " + enumerate(st.Resource.Values, "and")
}

// enumerate puts texts in a row.
func enumerate(texts []string, last string) string {
	switch n := len(texts); n {
	case 0:
		return "nothing"
	case 1:
		return texts[0]
	default:
		return strings.Join(texts[:n-1], ", ") + " " + last + " " + texts[n-1]
	}
}

// whomever names those whom a Principal or NotPrincipal covers.
func whomever(p *policies.Principals, q Question) string {
	switch {
	case p == nil:
		return "whom it does not say"
	case p.Everyone && p.Not:
		return "nobody"
	case p.Everyone:
		return "everyone"
	}
	var names []string
	for _, n := range p.Named {
		names = append(names, naming(n, q))
	}
	if p.Not {
		return "everyone who is not listed in its NotPrincipal (" + enumerate(names, "and") + ")"
	}
	return enumerate(names, "and")
}

// naming says who a principal is.
func naming(n policies.Named, q Question) string {
	root := rootForm.FindStringSubmatch(n.Value)
	account := n.Value
	if root != nil {
		account = root[2]
	}
	switch {
	case n.Kind == "AWS" && n.Value == "*":
		return "everyone"
	case n.Kind == "AWS" && isAccount(account) && account == q.Account:
		return "everyone in its own account " + account
	case n.Kind == "AWS" && isAccount(account):
		return "everyone in account " + account
	case n.Kind == "AWS":
		return n.Value
	case n.Kind == "Service":
		return "the service " + n.Value
	case n.Kind == "CanonicalUser":
		return "the canonical user " + n.Value
	}
	return "those who come through " + n.Value
}

// conditions say when a statement holds: what has to be so comes first, then what must not.
func conditions(st *policies.Statement) string {
	var when, unless []string
	plain := ""
	for i := range st.Conditions {
		c := &st.Conditions[i]
		text, negated := phrase(c)
		switch {
		case plainHTTPOnly(c):
			plain = " over plain HTTP"
		case negated:
			unless = append(unless, text)
		default:
			when = append(when, text)
		}
	}
	said := plain
	if len(when) > 0 {
		said += " when " + strings.Join(when, ", and ")
	}
	if len(unless) > 0 {
		if said != "" {
			said += ","
		}
		said += " unless " + strings.Join(unless, ", or ")
	}
	return said
}

// plainHTTPOnly tells whether a condition is the usual one for calls without TLS.
func plainHTTPOnly(c *policies.Condition) bool {
	return strings.EqualFold(c.Key, "aws:SecureTransport") && c.Operator == policies.Bool && c.Set == policies.Single &&
		!c.IfExists && len(c.Values) == 1 && c.Values[0] == "false" && len(c.Problems) == 0
}

// phrase says what a condition asks for. Of a negated operator it says the opposite: the statement holds unless that is
// so, also where the key is absent.
func phrase(c *policies.Condition) (text string, negated bool) {
	known, ok := policies.LookupKey(c.Key)
	key, values := c.Key, enumerate(c.Values, "or")
	if ok {
		key = known.Name
	}
	verb, understood := relations[c.Operator]
	if !understood || len(c.Problems) > 0 || len(c.Values) == 0 {
		return "its condition " + c.Written + " on " + key + " (" + values + ") holds, not understood here", false
	}
	negated = c.Operator.Negated()
	switch {
	case c.Operator == policies.Null && slices.Contains(c.Values, "true") && slices.Contains(c.Values, "false"):
		return key + " is absent or present", false
	case c.Operator == policies.Null && c.Values[0] == "true":
		return key + " is absent", false
	case c.Operator == policies.Null:
		return key + " is present", false
	case c.Set == policies.ForAllValues && negated:
		return "some value of " + key + " " + verb + " " + values, true
	case c.Set == policies.ForAllValues:
		return "every value of " + key + ", if there is any, " + verb + " " + values, false
	case c.Set == policies.ForAnyValue && negated:
		return "some value of " + key + " is not one that " + verb + " " + values, false
	case c.Set == policies.ForAnyValue:
		return "some value of " + key + " " + verb + " " + values, false
	case !negated && c.IfExists:
		return key + " " + verb + " " + values + ", or is absent", false
	}
	return key + " " + verb + " " + values, negated
}

// relations say what an operator asks of a key, a negated one what its opposite does.
var relations = map[policies.Operator]string{
	policies.StringEquals: "is", policies.StringNotEquals: "is", policies.StringLike: "is like",
	policies.StringNotLike: "is like", policies.StringEqualsIgnoreCase: "is (whatever the letter case)",
	policies.StringNotEqualsIgnoreCase: "is (whatever the letter case)",
	policies.ArnEquals:                 "is like", policies.ArnNotEquals: "is like", policies.ArnLike: "is like",
	policies.ArnNotLike:    "is like",
	policies.NumericEquals: "is", policies.NumericNotEquals: "is", policies.NumericLessThan: "is less than",
	policies.NumericLessThanEquals: "is at most", policies.NumericGreaterThan: "is greater than",
	policies.NumericGreaterThanEquals: "is at least", policies.DateEquals: "is", policies.DateNotEquals: "is",
	policies.DateLessThan: "is before", policies.DateLessThanEquals: "is not after",
	policies.DateGreaterThan:       "is after",
	policies.DateGreaterThanEquals: "is not before", policies.IPAddress: "is in", policies.NotIPAddress: "is in",
	policies.Bool: "is", policies.BinaryEquals: "is", policies.Null: "is",
}
