package lockout_test

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"locksmith/policies"
	"locksmith/policies/lockout"
)

// Changes of a policy whose effect on the verdict is known without knowing the verdict.

// choices make a generator whose choices are rapid's, so that a failure is made small; or, since rapid prefers what is
// simple, one with rapid's seed.
func choices(t *rapid.T) generator {
	if rapid.Bool().Draw(t, "simple") {
		return generator{rand.New(source{t})}
	}
	return generator{rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 11))}
}

type source struct{ *rapid.T }

func (s source) Uint64() uint64 { return rapid.Uint64().Draw(s.T, "choice") }

// A place is a resource, its owner, and what is known around it.
type place struct {
	resource, organization string
	administrators         []string
}

func (g generator) place() place {
	return place{pick(g, bucket, bucket, queue), pick(g, "o-a1b2c3d4e5", "o-a1b2c3d4e5", ""),
		pick(g, nil, nil, []string{"arn:aws:iam::*:role/A*"}, []string{"arn:aws:iam::111122223333:user/kim",
			"arn:aws:iam::111122223333:role/*"})}
}

// statements are those of a policy for a place: the generator's are for a bucket, and a queue's are made of them.
func (g generator) statements(p place) []any {
	var all []any
	for range 1 + g.IntN(4) {
		all = append(all, g.statement())
	}
	if p.resource == bucket {
		return all
	}
	text := encode(all)
	for from, to := range map[string]string{"s3:*BucketPolicy": "sqs:*e*Per*",
		"s3:PutBucketPolicy": "sqs:SetQueueAttributes", "s3:DeleteBucketPolicy": "SQS:RemovePermission",
		`"s3:*"`: `"sqs:*"`, "s3:GetObject": "sqs:SendMessage", bucket: queue} {
		text = strings.ReplaceAll(text, from, to)
	}
	return decode[[]any](text)
}

func encode(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func decode[T any](text string) (v T) {
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		panic(err)
	}
	return v
}

func policy(version string, statements []any) string {
	return encode(map[string]any{"Version": version, "Statement": statements})
}

func verdict(t *rapid.T, p place, text string) lockout.Verdict {
	doc, err := policies.Parse([]byte(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return lockout.Judge(lockout.Question{Policy: doc, Resource: p.resource, Account: account,
		Organization: p.organization, Now: now, Administrators: p.administrators})
}

// property checks f on policies and places that rapid chooses.
func property(t *testing.T, f func(t *rapid.T, g generator, p place, version string, statements []any)) {
	rapid.Check(t, func(t *rapid.T) {
		g := choices(t)
		p := g.place()
		f(t, g, p, pick(g, "2012-10-17", "2012-10-17", "2008-10-17"), g.statements(p))
	})
}

// tightness ranks the answers. Whether a request is ordinary can depend on what else the policy names, so open and
// restricted rank alike.
var tightness = map[lockout.Answer]int{lockout.Open: 0, lockout.Restricted: 0, lockout.Sealed: 1, lockout.Lockout: 2}

func TestAnotherDenyNeverLoosens(t *testing.T) {
	property(t, func(t *rapid.T, g generator, p place, version string, statements []any) {
		before := verdict(t, p, policy(version, statements))
		more := g.statements(p)[0].(map[string]any)
		more["Effect"] = "Deny"
		text := policy(version, slices.Insert(slices.Clone(statements), g.IntN(len(statements)+1), any(more)))
		after := verdict(t, p, text)
		if before.Answer != lockout.Undecided && after.Answer != lockout.Undecided &&
			tightness[after.Answer] < tightness[before.Answer] {
			t.Fatalf("%s became %s with %s\n%s", before.Answer, after.Answer, encode(more), text)
		}
		if tightness[before.Answer] > 0 && after.Answer == lockout.Undecided &&
			strings.Contains(strings.Join(after.Reasons, ""), "statement") {
			t.Fatalf("%s became undecided %q\n%s", before.Answer, after.Reasons, text)
		}
	})
}

func TestAnAllowChangesNothing(t *testing.T) {
	property(t, func(t *rapid.T, g generator, p place, version string, statements []any) {
		before := verdict(t, p, policy(version, statements))
		more := g.statements(p)[0].(map[string]any)
		more["Effect"] = "Allow"
		text := policy(version, append(slices.Clone(statements), more))
		if diff := cmp.Diff(before, verdict(t, p, text)); diff != "" {
			t.Fatalf("%s\n%s", diff, text)
		}
	})
}

// TestOrderAndFormDoNotMatter: of statements and values, one element or a list of one, the letter case of actions and
// keys.
func TestOrderAndFormDoNotMatter(t *testing.T) {
	property(t, func(t *rapid.T, g generator, p place, version string, statements []any) {
		text := policy(version, statements)
		before := verdict(t, p, text)
		other := decode[[]any](encode(statements))
		g.Shuffle(len(other), func(i, j int) { other[i], other[j] = other[j], other[i] })
		for i := range other {
			other[i] = g.rewritten(other[i].(map[string]any))
		}
		after := verdict(t, p, policy(version, other))
		if before.Answer != after.Answer || len(before.Statements) != len(after.Statements) {
			t.Fatalf("%s %v %q became %s %v %q\n%s\n%s", before.Answer, before.Statements, before.Reasons, after.Answer,
				after.Statements, after.Reasons, text, policy(version, other))
		}
	})
}

// rewritten is a statement that means the same.
func (g generator) rewritten(st map[string]any) map[string]any {
	for _, element := range []string{"Action", "NotAction", "Resource"} {
		if v, there := st[element]; there {
			st[element] = g.listed(v)
		}
	}
	for _, element := range []string{"Action", "NotAction"} {
		if v, there := st[element]; there {
			st[element] = decode[any](strings.NewReplacer("s3:Put", "S3:pUT", "Bucket", "bUCKET", "sqs:",
				"Sqs:").Replace(encode(v)))
		}
	}
	conditions, _ := st["Condition"].(map[string]any)
	for operator, keys := range conditions {
		spelled := map[string]any{}
		for key, values := range keys.(map[string]any) {
			name, tag, tagged := strings.Cut(key, "/")
			if name = pick(g, strings.ToUpper(name), strings.ToLower(name), name); tagged {
				name += "/" + tag
			}
			spelled[name] = g.listed(values)
		}
		conditions[operator] = spelled
	}
	return st
}

// listed writes one value as a list or a list of one as a value, and shuffles more.
func (g generator) listed(v any) any {
	values, isList := v.([]any)
	switch {
	case !isList && g.IntN(2) == 0:
		return []any{v}
	case len(values) == 1 && g.IntN(2) == 0:
		return values[0]
	}
	g.Shuffle(len(values), func(i, j int) { values[i], values[j] = values[j], values[i] })
	return v
}

// TestNamesDoNotMatter: other accounts, buckets, queues and roles throughout, and the answer is the same in their
// names.
func TestNamesDoNotMatter(t *testing.T) {
	rename := strings.NewReplacer("111122223333", "777788889999", "444455556666", "222211110000", "payroll", "ledgers",
		"orders", "broken", "Admin", "Abbot", "kim", "tom", "k*", "t*", "k?m", "t?m", "o-a1b2c3d4e5", "o-e5d4c3b2a1")
	property(t, func(t *rapid.T, g generator, p place, version string, statements []any) {
		text := policy(version, statements)
		before := verdict(t, p, text)
		doc, err := policies.Parse([]byte(rename.Replace(text)))
		if err != nil {
			t.Fatal(err)
		}
		q := lockout.Question{Policy: doc, Resource: rename.Replace(p.resource), Account: "777788889999",
			Organization: rename.Replace(p.organization), Now: now}
		for _, a := range p.administrators {
			q.Administrators = append(q.Administrators, rename.Replace(a))
		}
		after := lockout.Judge(q)
		if before.Answer != after.Answer || !slices.Equal(before.Statements, after.Statements) {
			t.Fatalf("%s %v became %s %v\n%s", before.Answer, before.Statements, after.Answer, after.Statements, text)
		}
		if tightness[before.Answer] == 0 {
			return // a witness is free to be another
		}
		want, got := rename.Replace(strings.Join(before.Reasons, "\n")), strings.Join(after.Reasons, "\n")
		if want != got {
			t.Fatalf("reasons %q, want %q\n%s", got, want, text)
		}
	})
}

// TestTheSmallestSet: without the statements of a verdict somebody can take the policy off, and without any smaller
// set, or an earlier one, nobody does.
func TestTheSmallestSet(t *testing.T) {
	property(t, func(t *rapid.T, g generator, p place, version string, statements []any) {
		text := policy(version, statements)
		v := verdict(t, p, text)
		if tightness[v.Answer] == 0 {
			return
		}
		opens := func(without []int) bool {
			rest := []any{}
			for i, st := range statements {
				if !slices.Contains(without, i) {
					rest = append(rest, st)
				}
			}
			answer := verdict(t, p, policy(version, rest)).Answer
			return answer == lockout.Open || answer == lockout.Restricted
		}
		if !opens(v.Statements) {
			t.Fatalf("%s without %v is still locked\n%s", v.Answer, v.Statements, text)
		}
		for set := range 1 << len(statements) {
			var without []int
			for i := range statements {
				if set>>i&1 == 1 {
					without = append(without, i)
				}
			}
			better := len(without) < len(v.Statements) || len(without) == len(v.Statements) && slices.Compare(without,
				v.Statements) < 0
			if better && opens(without) {
				t.Fatalf("%s blames %v, but without %v somebody gets in\n%s", v.Answer, v.Statements, without, text)
			}
		}
	})
}
