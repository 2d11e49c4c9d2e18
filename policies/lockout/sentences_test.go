package lockout_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"locksmith/policies"
	"locksmith/policies/lockout"
)

// The sentence tests read what a verdict says, form by form, and look for a request that makes a liar of it. They
// know nothing of how it was found: they have the policy, the evaluator, and requests that could be made.

// A trial is one verdict with its sentences, and the requests that are asked.
type trial struct {
	question lockout.Question
	verdict  lockout.Verdict
	requests []policies.Request // by principals that matter; their action is left open
	everyone []policies.Request // by others of the account too

	conditions map[string]*policies.Document // asked by themselves
}

// A form is one kind of sentence. Its check gets what the expression caught, and says what is wrong.
type form struct {
	shape *regexp.Regexp
	check func(tr *trial, parts []string) string
}

func shaped(shape string, check func(tr *trial, parts []string) string) form {
	return form{anchored(shape), check}
}

const (
	those = `(every user and role of account \d{12}|every administrator that the allow list names)`
	calls = `((?:s3|sqs):\w+(?: and (?:s3|sqs):\w+)*)`
	label = `(\S+)`
)

// sentences are all forms that a reason can have.
var sentences = []form{
	shaped(`statement `+label+` denies `+calls+` to everyone, without a condition`,
		func(tr *trial, p []string) string { return tr.denied(p[2], true, p[1]) }),
	shaped(`statement `+label+` denies `+calls+` to `+those+`, without a condition`,
		func(tr *trial, p []string) string { return whom(tr, p[3], tr.denied(p[2], false, p[1])) }),
	shaped(`statement `+label+` denies `+calls+` to `+those+`: nothing in it spares any of them`,
		func(tr *trial, p []string) string {
			return whom(tr, p[3], tr.denied(p[2], false, p[1]))
		}),
	shaped(`statement `+label+` denies `+calls+` to `+those+`: (.*)`, func(tr *trial, p []string) string {
		return first(whom(tr, p[3], tr.denied(p[2], false, p[1])), tr.why(p[1], p[4]))
	}),
	shaped(`in statement `+label+`, (.*)`, func(tr *trial, p []string) string { return tr.why(p[1], p[2]) }),
	shaped(`statement `+label+` denies what is left`, func(tr *trial, p []string) string {
		return tr.denied(tr.calls(), false)
	}),
	shaped(`statement `+label+` is one of those that together deny `+calls+` to `+those,
		func(tr *trial, p []string) string {
			return whom(tr, p[3], tr.denied(p[2], false))
		}),
	shaped(`statement `+label+` may deny `+calls+` too: .*`, func(tr *trial, p []string) string {
		return tr.denied(p[2], false)
	}),
	shaped(`statement `+label+` leaves only requests (.*)`, func(tr *trial, p []string) string {
		return tr.left(p[1], p[2])
	}),
	shaped(`statements (.*?) together deny `+calls+` to `+those, func(tr *trial, p []string) string {
		return whom(tr, p[3], tr.denied(p[2], false, items(p[1])...))
	}),
	shaped(`statements `+label+` and `+label+` together deny `+calls+` to `+those+`: (\S+) leaves only requests (.*), and (\S+) denies those`, func(tr *trial, p []string) string {
		if p[5] != p[1] || p[7] != p[2] {
			return "it speaks of other statements"
		}
		return first(whom(tr, p[4], tr.denied(p[3], false, p[1], p[2])), tr.left(p[1], p[6]))
	}),
	shaped(`sqs:RemovePermission cannot remove statement #(\d+), which has no Sid`,
		func(tr *trial, p []string) string { return "" }),
	shaped(`fewer statements may do: the search for the smallest set came to its bound`,
		func(*trial, []string) string { return "" }),
	shaped(`((?:s3|sqs):\w+) is still possible, so this may be a deliberate seal`, func(tr *trial, p []string) string {
		if slices.Contains(tr.actions(), p[1]) {
			return "that would take the policy off"
		}
		return ""
	}),
	shaped(`no statement denies ((?:s3|sqs):\w+), so this may be a deliberate seal`,
		func(tr *trial, p []string) string {
			for i := range tr.question.Policy.Statements {
				if st := &tr.question.Policy.Statements[i]; st.Effect == policies.Deny &&
					st.MatchesAction(p[1]) == policies.Yes {
					return "statement " + st.Label() + " does"
				}
			}
			return ""
		}),
	shaped(`(?:to call (\S+), )?only in one of (\d+) ways: (.*)`, func(tr *trial, p []string) string {
		return tr.only(p[1], p[3])
	}),
	shaped(`(?:to call (\S+), )?only (.*)`, func(tr *trial, p []string) string { return tr.only(p[1], p[2]) }),
	shaped(`(?:to call (\S+), )?for example (.*)`, func(tr *trial, p []string) string { return tr.example(p[2]) }),
	shaped(`by a request such as the witness`, func(*trial, []string) string { return "" }),
}

// refute says what is wrong with a sentence, or "".
func (tr *trial) refute(sentence string) string {
	for _, f := range sentences {
		if parts := f.shape.FindStringSubmatch(sentence); parts != nil {
			return f.check(tr, parts)
		}
	}
	return "no form that is known"
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// whom checks that a sentence speaks of those that matter.
func whom(tr *trial, said, wrong string) string {
	if strings.HasPrefix(said, "every administrator") != (len(tr.question.Administrators) > 0) {
		return "it speaks of others than those that matter"
	}
	return wrong
}

// cut is the end of a list of which something is left out.
var cut = regexp.MustCompile(`\b\d+ more$|…`)

// items takes a list in words apart; a list that leaves something out is no list.
func items(words string) []string {
	if cut.MatchString(words) {
		return nil
	}
	return strings.Split(strings.NewReplacer(" and ", ", ", " or ", ", ").Replace(words), ", ")
}

// actions are those that take the policy off.
func (tr *trial) actions() []string {
	if strings.Contains(tr.question.Resource, ":sqs:") {
		return []string{"sqs:SetQueueAttributes", "sqs:RemovePermission"}
	}
	return []string{"s3:PutBucketPolicy", "s3:DeleteBucketPolicy"}
}

func (tr *trial) calls() string { return strings.Join(tr.actions(), " and ") }

// keeping is the policy with some of its Deny statements only, by their labels; all, without any.
func (tr *trial) keeping(labels ...string) *policies.Document {
	doc := *tr.question.Policy
	doc.Statements = slices.DeleteFunc(slices.Clone(doc.Statements), func(st policies.Statement) bool {
		return st.Effect != policies.Deny || len(labels) > 0 && !slices.Contains(labels, st.Label())
	})
	return &doc
}

// denied says which request is not denied by the statements, of those that ask for one of the actions.
func (tr *trial) denied(calls string, strangers bool, labels ...string) string {
	doc := tr.keeping(labels...)
	if len(doc.Statements) < len(labels) {
		return "there is no such statement"
	}
	requests := tr.requests
	if strangers {
		requests = append(slices.Clone(requests), policies.Request{
			Caller:   policies.Caller{Kind: policies.User, ARN: "arn:aws:iam::999988887777:user/stranger"},
			Resource: tr.question.Resource, Context: policies.Context{}})
	}
	for _, r := range requests {
		for _, action := range strings.Split(calls, " and ") {
			r.Action = action
			if d := doc.Evaluate(r); d.Effect != policies.Denied && !tr.sidless(doc, r) {
				return fmt.Sprintf("this request is %s: %s %v %v", d.Effect, action, r.Caller, r.Context)
			}
		}
	}
	return ""
}

// sidless tells whether sqs:RemovePermission would leave a statement that has no Sid and denies the sender.
func (tr *trial) sidless(doc *policies.Document, r policies.Request) bool {
	if r.Action != "sqs:RemovePermission" {
		return false
	}
	r.Action = "sqs:SetQueueAttributes"
	all := tr.question.Policy.Statements
	return slices.ContainsFunc(doc.Evaluate(r).Statements, func(i int) bool { return all[i].Sid == "" })
}

// left says which request gets past a statement and is not what the sentence says.
func (tr *trial) left(label, phrases string) string {
	doc := tr.keeping(label)
	for _, r := range tr.requests {
		for _, action := range tr.actions() {
			r.Action = action
			if len(doc.Statements) == 0 || doc.Statements[0].MatchesAction(action) != policies.Yes {
				continue
			}
			if doc.Evaluate(r).Effect == policies.NotAllowed {
				if wrong := tr.fits(r, phrases); wrong != "" {
					return wrong
				}
			}
		}
	}
	return ""
}

// only says which request is not denied and is not what the sentence says.
func (tr *trial) only(action, phrases string) string {
	doc := tr.keeping()
	for _, r := range append(slices.Clone(tr.requests), tr.witness()) {
		for _, a := range tr.actions() {
			r.Action = a
			if (action == "" || action == a) && doc.Evaluate(r).Effect == policies.NotAllowed && !tr.sidless(doc, r) {
				if wrong := tr.fits(r, phrases); wrong != "" {
					return wrong
				}
			}
		}
	}
	return ""
}

// example says why the witness is not as the sentence says.
func (tr *trial) example(phrase string) string { return tr.fits(tr.witness(), phrase) }

func (tr *trial) witness() policies.Request {
	w := tr.verdict.Witness
	return policies.Request{Caller: policies.Caller{Kind: w.Kind, ARN: w.Principal, Session: w.Session},
		Action:   w.Action,
		Resource: w.Resource, Context: policies.Context(w.Context)}
}

// TestSentences: nothing that is said of generated policies can be refuted, and all that is said has a form that is
// known.
func TestSentences(t *testing.T) {
	rounds := 2500
	if testing.Short() {
		rounds = 300
	}
	said, long := 0, 0
	for seed := range uint64(rounds) {
		g := generator{rand.New(rand.NewPCG(seed, 31))}
		p := g.place()
		text := policy(pick(g, "2012-10-17", "2012-10-17", "2008-10-17"), g.statements(p))
		doc, err := policies.Parse([]byte(text))
		if err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, text)
		}
		q := lockout.Question{Policy: doc, Resource: p.resource, Account: account, Organization: p.organization,
			Now:            now,
			Administrators: p.administrators}
		tr := trial{question: q, verdict: lockout.Judge(q)}
		if tr.verdict.Answer == lockout.Open || tr.verdict.Answer == lockout.Undecided {
			continue
		}
		tr.everyone, tr.requests = g.crowd(p, 200)
		for _, sentence := range tr.verdict.Reasons {
			said++
			if len(strings.Fields(sentence)) > 30 {
				long++
			}
			if wrong := tr.refute(sentence); wrong != "" {
				t.Fatalf("seed %d: %s %v\n%q\n%s\n%s", seed, tr.verdict.Answer, p.administrators, sentence, wrong, text)
			}
		}
	}
	t.Logf("%d sentences, %d of more than thirty words", said, long)
	if said < rounds/3 {
		t.Errorf("only %d sentences", said)
	}
}

// TestSentencesExhaustively: policies that can tell few requests apart, and every one of those requests.
func TestSentencesExhaustively(t *testing.T) {
	every := everyRequest()
	for _, r := range every { // a call that tells of no network, or not of its transport, is a service's for somebody
		networked := one(r, "aws:SourceIp")+one(r, "aws:SourceVpce")+one(r, "aws:SourceVpc") != ""
		r.Context.Set("aws:ViaAWSService", strconv.FormatBool(!networked || one(r, "aws:SecureTransport") == ""))
	}
	administrators := [][]string{nil, {"arn:aws:iam::111122223333:role/*"},
		{"arn:aws:iam::111122223333:user/kim", "arn:aws:sts::111122223333:federated-user/bob"}}
	for seed := range uint64(150) {
		g := generator{rand.New(rand.NewPCG(seed, 43))}
		var statements []any
		for range 1 + g.IntN(4) {
			statements = append(statements, g.plain())
		}
		text := policy("2012-10-17", statements)
		doc, err := policies.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		q := lockout.Question{Policy: doc, Resource: bucket, Account: account, Organization: "o-a1b2c3d4e5", Now: now,
			Administrators: pick(g, administrators...)}
		tr := trial{question: q, verdict: lockout.Judge(q), everyone: every}
		if tr.verdict.Answer == lockout.Open || tr.verdict.Answer == lockout.Undecided {
			continue
		}
		tr.requests = slices.DeleteFunc(slices.Clone(every), func(r policies.Request) bool {
			return !policies.IsAdministrator(q.Administrators, r.Caller.ARN)
		})
		for _, sentence := range tr.verdict.Reasons {
			if wrong := tr.refute(sentence); wrong != "" {
				t.Fatalf("seed %d: %s %v\n%q\n%s\n%s", seed, tr.verdict.Answer, q.Administrators, sentence, wrong, text)
			}
		}
	}
}

// crowd are requests by principals that matter, with what a queue's requests carry where it is one.
func (g generator) crowd(p place, n int) (all, matter []policies.Request) {
	for range n {
		r := g.request("")
		r.Resource = p.resource
		if p.resource == queue {
			for key := range r.Context {
				if strings.HasPrefix(key, "s3:") {
					delete(r.Context, key)
				}
			}
			r.Context.Set("aws:RequestedRegion", "eu-central-1")
		}
		if one(r, "aws:ViaAWSService") == "true" { // a service's call tells nothing of an endpoint
			for _, key := range []string{"aws:sourcevpce", "aws:sourcevpc", "aws:vpcsourceip"} {
				delete(r.Context, key)
			}
		}
		if r.Caller.Kind == policies.Federated && one(r, "aws:MultiFactorAuthPresent") == "true" {
			delete(r.Context, "aws:multifactorauthpresent")
			delete(r.Context, "aws:multifactorauthage")
		}
		if r.Caller.Kind == policies.User {
			delete(r.Context, "aws:sourceidentity") // it is a session's
		}
		all = append(all, r)
		if policies.IsAdministrator(p.administrators, r.Caller.ARN) {
			matter = append(matter, r)
		}
	}
	return all, matter
}
