package lockout_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"locksmith/policies"
	"locksmith/policies/lockout"
)

// The verdict against every request of a small universe.

// TestBruteForce: on policies that can tell few requests apart, the verdict is what asking the evaluator about every
// one of them says.
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
		administrators := pick(g, nil, nil, []string{"arn:aws:iam::111122223333:role/*"},
			[]string{"arn:aws:iam::111122223333:user/kim", "arn:aws:sts::111122223333:federated-user/bob"})
		v := verdict(t, place{bucket, "o-a1b2c3d4e5", administrators}, text)
		doc, err := policies.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		want, unsettled := byEvery(every, doc, administrators, text)
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

// byEvery is the answer that the evaluator gives to every request; unsettled tells that it could not settle some.
func byEvery(every []policies.Request, doc *policies.Document, administrators []string, text string) (
	want lockout.Answer, unsettled bool) {
	passes := func(actions ...string) bool {
		return slices.ContainsFunc(every, func(r policies.Request) bool {
			if len(administrators) > 0 && !policies.IsAdministrator(administrators, r.Caller.ARN) {
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
	putting, getting := strings.Contains(text, `"s3:Put*"`), strings.Contains(text, `"s3:Get*"`) ||
		strings.Contains(text, `"s3:GetObject"`)
	switch {
	case passes("s3:PutBucketPolicy", "s3:DeleteBucketPolicy"):
		want = lockout.Open
	case passes("s3:GetBucketPolicy", "s3:ListBucket"):
		want = lockout.Sealed
	case !strings.Contains(text, `"s3:*"`) && !(putting && getting):
		want = lockout.Sealed // no Action reaches both s3:GetObject and s3:PutObject
	default:
		want = lockout.Lockout
	}
	return want, unsettled
}

// plain is a Deny statement that speaks of few keys and compares them with few values; what it does not name is alike
// to it.
func (g generator) plain() map[string]any {
	st := map[string]any{"Effect": "Deny", "Resource": "*", "Action": pick[any](g, "s3:*", "s3:*", "s3:Put*",
		[]string{"s3:DeleteBucketPolicy", "s3:Get*"}, "s3:*BucketPolicy", []string{"s3:*Bucket*", "s3:GetObject"})}
	st[pick(g, "Principal", "Principal", "NotPrincipal")] = pick[any](g, "*", "*",
		map[string]any{"AWS": []string{"111122223333", "arn:aws:iam::111122223333:user/kim"}},
		map[string]any{"AWS": []string{"arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:role/Admin",
			"arn:aws:sts::111122223333:assumed-role/Admin/kim"}})
	conditions := map[string]any{}
	for range g.IntN(3) {
		key := pick(g, "aws:PrincipalArn", "aws:PrincipalTag/a", "aws:SecureTransport", "aws:SourceVpce",
			"aws:SourceIp", "aws:MultiFactorAuthPresent", "aws:userid", "aws:PrincipalType", "aws:username",
			"s3:prefix")
		operators := []string{"StringEquals", "StringNotEquals", "StringLike", "StringNotLike",
			"ForAllValues:StringEquals", "ForAnyValue:StringNotEquals"}
		values := map[string][]string{
			"aws:PrincipalArn": {"arn:aws:iam::111122223333:role/Admin", "arn:aws:iam::111122223333:role/*",
				"arn:aws:iam::111122223333:user/kim", "arn:aws:iam::111122223333:user/*", "*federated*"},
			"aws:PrincipalTag/a": {"x", "*"}, "aws:SourceVpce": {"vpce-1", "vpce-2", "*"},
			"aws:userid": {"AIDA*", "AROA*:kim", "*:bob"}, "aws:username": {"kim", "*"},
			"aws:PrincipalType": {"User", "AssumedRole", "FederatedUser"}, "s3:prefix": {"*", "x"},
			"aws:SecureTransport": {"true", "false"}, "aws:MultiFactorAuthPresent": {"true", "false"},
			"aws:SourceIp": {"52.94.76.0/22", "10.0.0.0/8", "0.0.0.0/0", "::/0"},
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

// everyRequest is every request that a plain statement can tell from another: each value that it names, and one that it
// does not.
func everyRequest() []policies.Request {
	type caller struct {
		policies.Caller
		id, name, kind string
	}
	var callers []caller
	for _, user := range []string{"kim", "zoe", "team/kim"} {
		callers = append(callers, caller{policies.Caller{Kind: policies.User, ARN: "arn:aws:iam::111122223333:user/" +
			user}, "AIDAEXAMPLEEXAMPLE000", strings.TrimPrefix(user, "team/"), "User"})
	}
	for _, role := range []string{"Admin", "Other", "ops/Admin"} {
		for _, session := range []string{"kim", "bob", "zoe"} {
			callers = append(callers, caller{policies.Caller{Kind: policies.Role,
				ARN: "arn:aws:iam::111122223333:role/" + role, Session: session}, "AROAEXAMPLEEXAMPLE000:" + session,
				"", "AssumedRole"})
		}
	}
	for _, name := range []string{"bob", "kim", "zoe"} {
		callers = append(callers, caller{policies.Caller{Kind: policies.Federated,
			ARN: "arn:aws:sts::111122223333:federated-user/" + name}, "111122223333:" + name, "", "FederatedUser"})
	}
	var all []policies.Request
	for _, c := range callers {
		for _, tag := range []string{"", "x", "z"} {
			for _, route := range everyRoute() {
				for _, mfa := range map[policies.Kind][]string{policies.User: {"", "true", "false"},
					policies.Role:      {"", "true", "false"},
					policies.Federated: {"", "false"}}[c.Kind] {
					r := policies.Request{Caller: c.Caller, Resource: bucket, Context: maps.Clone(route)}
					for key, value := range map[string]string{"aws:PrincipalArn": c.ARN, "aws:userid": c.id,
						"aws:username": c.name, "aws:PrincipalType": c.kind,
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

// everyRoute are the routes of a call. It comes from an address, or through an endpoint that is named or whose VPC is.
// Or a service makes it on somebody's behalf and leaves out what it likes.
func everyRoute() (all []policies.Context) {
	for _, tls := range []string{"true", "false", ""} {
		for _, network := range []string{"", "vpce-1", "vpce-2", "vpce-3", "vpc-1", "52.94.76.9", "8.8.8.8",
			"2600:1f00::1"} {
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
