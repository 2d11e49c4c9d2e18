package lockout_test

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"locksmith/policies"
	"locksmith/policies/lockout"
)

// choices make a generator whose choices are rapid's, so that a failure is made small; or, since rapid prefers what is simple, one with rapid's seed.
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
		pick(g, nil, nil, []string{"arn:aws:iam::*:role/A*"}, []string{"arn:aws:iam::111122223333:user/kim", "arn:aws:iam::111122223333:role/*"})}
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
	for from, to := range map[string]string{"s3:*BucketPolicy": "sqs:*e*Per*", "s3:PutBucketPolicy": "sqs:SetQueueAttributes", "s3:DeleteBucketPolicy": "SQS:RemovePermission",
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
	return lockout.Judge(lockout.Question{Policy: doc, Resource: p.resource, Account: account, Organization: p.organization, Now: now, Administrators: p.administrators})
}

// property checks f on policies and places that rapid chooses.
func property(t *testing.T, f func(t *rapid.T, g generator, p place, version string, statements []any)) {
	rapid.Check(t, func(t *rapid.T) {
		g := choices(t)
		p := g.place()
		f(t, g, p, pick(g, "2012-10-17", "2012-10-17", "2008-10-17"), g.statements(p))
	})
}

// tightness ranks the answers. Whether a request is ordinary can depend on what else the policy names, so open and restricted rank alike.
var tightness = map[lockout.Answer]int{lockout.Open: 0, lockout.Restricted: 0, lockout.Sealed: 1, lockout.Lockout: 2}

func TestAnotherDenyNeverLoosens(t *testing.T) {
	property(t, func(t *rapid.T, g generator, p place, version string, statements []any) {
		before := verdict(t, p, policy(version, statements))
		more := g.statements(p)[0].(map[string]any)
		more["Effect"] = "Deny"
		text := policy(version, slices.Insert(slices.Clone(statements), g.IntN(len(statements)+1), any(more)))
		after := verdict(t, p, text)
		if before.Answer != lockout.Undecided && after.Answer != lockout.Undecided && tightness[after.Answer] < tightness[before.Answer] {
			t.Fatalf("%s became %s with %s\n%s", before.Answer, after.Answer, encode(more), text)
		}
		if tightness[before.Answer] > 0 && after.Answer == lockout.Undecided && strings.Contains(strings.Join(after.Reasons, ""), "statement") {
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

// TestOrderAndFormDoNotMatter: of statements and values, one element or a list of one, the letter case of actions and keys.
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
			t.Fatalf("%s %v %q became %s %v %q\n%s\n%s", before.Answer, before.Statements, before.Reasons, after.Answer, after.Statements, after.Reasons, text, policy(version, other))
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
			st[element] = decode[any](strings.NewReplacer("s3:Put", "S3:pUT", "Bucket", "bUCKET", "sqs:", "Sqs:").Replace(encode(v)))
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

// TestNamesDoNotMatter: other accounts, buckets, queues and roles throughout, and the answer is the same in their names.
func TestNamesDoNotMatter(t *testing.T) {
	rename := strings.NewReplacer("111122223333", "777788889999", "444455556666", "222211110000", "payroll", "ledgers", "orders", "broken", "Admin", "Abbot", "kim", "tom", "k*", "t*", "k?m", "t?m", "o-a1b2c3d4e5", "o-e5d4c3b2a1")
	property(t, func(t *rapid.T, g generator, p place, version string, statements []any) {
		text := policy(version, statements)
		before := verdict(t, p, text)
		doc, err := policies.Parse([]byte(rename.Replace(text)))
		if err != nil {
			t.Fatal(err)
		}
		q := lockout.Question{Policy: doc, Resource: rename.Replace(p.resource), Account: "777788889999", Organization: rename.Replace(p.organization), Now: now}
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
		if want, got := rename.Replace(strings.Join(before.Reasons, "\n")), strings.Join(after.Reasons, "\n"); want != got {
			t.Fatalf("reasons %q, want %q\n%s", got, want, text)
		}
	})
}

// TestTheSmallestSet: without the statements of a verdict somebody gets in, and without any smaller set, or an earlier one, nobody does.
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
			better := len(without) < len(v.Statements) || len(without) == len(v.Statements) && slices.Compare(without, v.Statements) < 0
			if better && opens(without) {
				t.Fatalf("%s blames %v, but without %v somebody gets in\n%s", v.Answer, v.Statements, without, text)
			}
		}
	})
}

// TestBruteForce: on policies that can tell few requests apart, the verdict is what asking the evaluator about every one of them says.
func TestBruteForce(t *testing.T) {
	every := everyRequest()
	counts := map[lockout.Answer]int{}
	rapid.Check(t, func(t *rapid.T) {
		g := choices(t)
		var statements []any
		for range 1 + g.IntN(4) {
			statements = append(statements, g.plain())
		}
		text := policy("2012-10-17", statements)
		administrators := pick(g, nil, nil, []string{"arn:aws:iam::111122223333:role/*"}, []string{"arn:aws:iam::111122223333:user/kim", "arn:aws:sts::111122223333:federated-user/bob"})
		v := verdict(t, place{bucket, "o-a1b2c3d4e5", administrators}, text)
		doc, err := policies.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		unsettled := false
		passes := func(actions ...string) bool {
			return slices.ContainsFunc(every, func(r policies.Request) bool {
				if len(administrators) > 0 && !slices.ContainsFunc(administrators, func(p string) bool { return policies.IsAdministrator([]string{p}, r.Caller.ARN) }) {
					return false
				}
				return slices.ContainsFunc(actions, func(action string) bool {
					r.Action = action
					effect := doc.Evaluate(r).Effect
					unsettled = unsettled || effect != policies.NotAllowed && effect != policies.Denied
					return effect == policies.NotAllowed
				})
			})
		}
		want := lockout.Lockout
		switch {
		case passes("s3:PutBucketPolicy", "s3:DeleteBucketPolicy"):
			want = lockout.Open
		case passes("s3:GetBucketPolicy", "s3:ListBucket"):
			want = lockout.Sealed
		case !strings.Contains(text, `"s3:*"`) && !(strings.Contains(text, `"s3:Put*"`) && (strings.Contains(text, `"s3:Get*"`) || strings.Contains(text, `"s3:GetObject"`))):
			want = lockout.Sealed // no Action reaches both s3:GetObject and s3:PutObject
		}
		counts[v.Answer]++
		if v.Answer == lockout.Undecided && unsettled {
			return
		}
		if got := v.Answer; got != want && !(got == lockout.Restricted && want == lockout.Open) {
			t.Fatalf("%s %q, and every request says %s\n%s", got, v.Reasons, want, text)
		}
	})
	t.Log(counts)
}

// plain is a Deny statement that speaks of few keys and compares them with few values; what it does not name is alike to it.
func (g generator) plain() map[string]any {
	st := map[string]any{"Effect": "Deny", "Resource": "*", "Action": pick[any](g, "s3:*", "s3:*", "s3:Put*", []string{"s3:DeleteBucketPolicy", "s3:Get*"}, "s3:*BucketPolicy", []string{"s3:*Bucket*", "s3:GetObject"})}
	st[pick(g, "Principal", "Principal", "NotPrincipal")] = pick[any](g, "*", "*", map[string]any{"AWS": []string{"111122223333", "arn:aws:iam::111122223333:user/kim"}},
		map[string]any{"AWS": []string{"arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:role/Admin", "arn:aws:sts::111122223333:assumed-role/Admin/kim"}})
	conditions := map[string]any{}
	for range g.IntN(3) {
		key := pick(g, "aws:PrincipalArn", "aws:PrincipalTag/a", "aws:SecureTransport", "aws:SourceVpce", "aws:SourceIp", "aws:MultiFactorAuthPresent", "aws:userid", "aws:PrincipalType", "aws:username", "s3:prefix")
		operators := []string{"StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "ForAllValues:StringEquals", "ForAnyValue:StringNotEquals"}
		values := map[string][]string{
			"aws:PrincipalArn":   {"arn:aws:iam::111122223333:role/Admin", "arn:aws:iam::111122223333:role/*", "arn:aws:iam::111122223333:user/kim", "arn:aws:iam::111122223333:user/*", "*federated*"},
			"aws:PrincipalTag/a": {"x", "*"}, "aws:SourceVpce": {"vpce-1", "vpce-2", "*"}, "aws:userid": {"AIDA*", "AROA*:kim", "*:bob"}, "aws:username": {"kim", "*"},
			"aws:PrincipalType": {"User", "AssumedRole", "FederatedUser"}, "s3:prefix": {"*", "x"},
			"aws:SecureTransport": {"true", "false"}, "aws:MultiFactorAuthPresent": {"true", "false"}, "aws:SourceIp": {"52.94.76.0/22", "10.0.0.0/8", "0.0.0.0/0", "::/0"},
		}[key]
		switch key {
		case "aws:SecureTransport", "aws:MultiFactorAuthPresent":
			operators = []string{"Bool"}
		case "aws:SourceIp":
			operators = []string{"IpAddress", "NotIpAddress"}
		case "aws:PrincipalArn":
			operators = append(operators, "ArnLike", "ArnNotEquals")
			values = values[:4]
		}
		operator := pick(g, operators...) + pick(g, "", "", "IfExists")
		if g.IntN(8) == 0 {
			operator, values = "Null", []string{"true", "false"}
		}
		conditions[operator] = map[string]any{key: g.some(values)}
	}
	if len(conditions) > 0 {
		st["Condition"] = conditions
	}
	return st
}

// everyRequest is every request that a plain statement can tell from another: each value that it names, and one that it does not.
func everyRequest() []policies.Request {
	type caller struct {
		policies.Caller
		id, name, kind string
	}
	var callers []caller
	for _, user := range []string{"kim", "zoe", "team/kim"} {
		callers = append(callers, caller{policies.Caller{Kind: policies.User, ARN: "arn:aws:iam::111122223333:user/" + user}, "AIDAEXAMPLEEXAMPLE000", strings.TrimPrefix(user, "team/"), "User"})
	}
	for _, role := range []string{"Admin", "Other", "ops/Admin"} {
		for _, session := range []string{"kim", "bob", "zoe"} {
			callers = append(callers, caller{policies.Caller{Kind: policies.Role, ARN: "arn:aws:iam::111122223333:role/" + role, Session: session}, "AROAEXAMPLEEXAMPLE000:" + session, "", "AssumedRole"})
		}
	}
	for _, name := range []string{"bob", "kim", "zoe"} {
		callers = append(callers, caller{policies.Caller{Kind: policies.Federated, ARN: "arn:aws:sts::111122223333:federated-user/" + name}, "111122223333:" + name, "", "FederatedUser"})
	}
	var all []policies.Request
	for _, c := range callers {
		for _, tag := range []string{"", "x", "z"} {
			for _, route := range everyRoute() {
				for _, mfa := range map[policies.Kind][]string{policies.User: {"", "true", "false"}, policies.Role: {"", "true", "false"},
					policies.Federated: {"", "false"}}[c.Kind] {
					r := policies.Request{Caller: c.Caller, Resource: bucket, Context: maps.Clone(route)}
					for key, value := range map[string]string{"aws:PrincipalArn": c.ARN, "aws:userid": c.id, "aws:username": c.name, "aws:PrincipalType": c.kind,
						"aws:PrincipalTag/a": tag, "aws:MultiFactorAuthPresent": mfa, "aws:PrincipalAccount": account} {
						if value != "" {
							r.Context.Set(key, value)
						}
					}
					all = append(all, r)
				}
			}
		}
	}
	return all
}

// everyRoute are the ways that a call can take: from an address, through an endpoint that is named or whose VPC is, or by a service on somebody's behalf,
// which leaves out what it likes.
func everyRoute() (all []policies.Context) {
	for _, tls := range []string{"true", "false", ""} {
		for _, network := range []string{"", "vpce-1", "vpce-2", "vpce-3", "vpc-1", "52.94.76.9", "8.8.8.8", "2600:1f00::1"} {
			service := tls == "" || network == ""
			if service && strings.HasPrefix(network, "vpc") {
				continue
			}
			c := policies.Context{}
			if tls != "" {
				c.Set("aws:SecureTransport", tls)
			}
			switch {
			case strings.HasPrefix(network, "vpce-"):
				c.Set("aws:SourceVpce", network)
			case strings.ContainsAny(network, ".:"):
				c.Set("aws:SourceIp", network)
			}
			all = append(all, c)
		}
	}
	return all
}
