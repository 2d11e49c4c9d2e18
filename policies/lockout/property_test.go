package lockout_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"locksmith/policies"
	"locksmith/policies/lockout"
)

// The verdict against random policies and requests and the evaluator.

// A generator makes policies over a small alphabet, and requests that could really be made. Both are seeded: a failure
// names its seed.
type generator struct{ *rand.Rand }

func pick[T any](g generator, from ...T) T { return from[g.IntN(len(from))] }

// values by key: what policies compare a key with, and what requests may hold. Both lists overlap, and neither holds
// the other.
var vocabulary = map[string][]string{
	"aws:PrincipalArn": {"arn:aws:iam::111122223333:role/Admin", "arn:aws:iam::111122223333:role/*",
		"arn:aws:iam::111122223333:user/kim", "arn:aws:iam::*:role/A*",
		"arn:aws:iam::111122223333:root", "arn:aws:sts::111122223333:assumed-role/Admin/*",
		"arn:aws:iam::444455556666:role/Admin", "*", "arn:aws:iam::111122223333:*", "*Admin*",
		"arn:aws:sts::111122223333:federated-user/bob", "arn:aws:iam::111122223333:user/${aws:username}"},
	"aws:PrincipalAccount":      {"111122223333", "444455556666"},
	"aws:PrincipalType":         {"User", "AssumedRole", "Account", "FederatedUser"},
	"aws:PrincipalOrgID":        {"o-a1b2c3d4e5", "o-zzzzzzzzzz"},
	"aws:PrincipalTag/team":     {"red", "blue", "${aws:ResourceTag/team}", "r*"},
	"aws:ResourceTag/team":      {"red", "blue"},
	"aws:username":              {"kim", "k*", "Admin", "${aws:PrincipalTag/team}"},
	"aws:userid":                {"AIDA*", "AROA*:kim", "111122223333:bob", "AROAEXAMPLEEXAMPLE000:*", "*:kim"},
	"aws:UserAgent":             {"aws-cli/2", "aws-*", "*"},
	"aws:SourceVpce":            {"vpce-1a2b3c4d", "vpce-*"},
	"aws:SourceVpc":             {"vpc-1a2b3c4d"},
	"aws:SourceArn":             {"arn:aws:sns:eu-central-1:111122223333:t"},
	"s3:prefix":                 {"home/", "*"},
	"s3:x-amz-acl":              {"private"},
	"aws:SourceIdentity":        {"kim", "k?m"},
	"aws:CalledViaFirst":        {"cloudformation.amazonaws.com"},
	"aws:RequestedRegion":       {"eu-central-1", "us-*"},
	"s3:authType":               {"REST-HEADER", "POST"},
	"aws:PrincipalIsAWSService": {"true", "false"},
	"aws:ViaAWSService":         {"true", "false"},
	"aws:SecureTransport":       {"true", "false"},
}

var typed = map[string]struct{ operators, values []string }{
	"aws:SourceIp": {[]string{"IpAddress", "NotIpAddress"},
		[]string{"10.0.0.0/8", "52.94.76.0/22", "0.0.0.0/0", "::/0", "198.51.99.7", "2600::/12", "203.0.113.0/24"}},
	"aws:VpcSourceIp": {[]string{"IpAddress", "NotIpAddress"}, []string{"10.0.0.0/8", "172.16.0.0/12"}},
	"aws:CurrentTime": {[]string{"DateLessThan", "DateGreaterThan", "DateNotEquals",
		"DateGreaterThanEquals"}, []string{"2020-01-01T00:00:00Z", "2031-01-01T00:00:00Z", "2026-11-21T12:00:00Z"}},
	"aws:EpochTime": {[]string{"NumericLessThan", "NumericGreaterThan", "DateLessThanEquals"},
		[]string{"1577836800", "1924992000"}},
	"aws:TokenIssueTime": {[]string{"DateLessThan", "DateGreaterThan"},
		[]string{"2020-01-01T00:00:00Z", "2031-01-01T00:00:00Z"}},
	"aws:MultiFactorAuthAge": {[]string{"NumericLessThan", "NumericGreaterThanEquals", "NumericNotEquals"},
		[]string{"0", "3600"}},
	"aws:MultiFactorAuthPresent": {[]string{"Bool"}, []string{"true", "false"}},
	"s3:TlsVersion": {[]string{"NumericLessThan", "NumericGreaterThan", "NumericEquals"},
		[]string{"1.2", "1.3"}},
	"s3:signatureAge": {[]string{"NumericGreaterThan", "NumericLessThan"}, []string{"600000", "0"}},
}

func keysOf[V any](m map[string]V) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func (g generator) some(from []string) []string {
	var chosen []string
	for range 1 + g.IntN(2) {
		chosen = append(chosen, pick(g, from...))
	}
	return chosen
}

// condition is one operator, one key, and values.
func (g generator) condition() (operator, key string, values []string) {
	modifier, exists := pick(g, "", "", "", "", "ForAllValues:", "ForAnyValue:"), pick(g, "", "", "IfExists")
	if g.IntN(8) == 0 {
		return "Null", pick(g, append(keysOf(vocabulary), keysOf(typed)...)...), []string{pick(g, "true", "false")}
	}
	if g.IntN(3) == 0 {
		key = pick(g, keysOf(typed)...)
		t := typed[key]
		return modifier + pick(g, t.operators...) + exists, key, g.some(t.values)
	}
	key = pick(g, keysOf(vocabulary)...)
	operators := []string{"StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase",
		"StringNotEqualsIgnoreCase"}
	switch key {
	case "aws:PrincipalArn", "aws:SourceArn":
		operators = append(operators, "ArnLike", "ArnNotLike", "ArnEquals", "ArnNotEquals")
	case "aws:SecureTransport", "aws:PrincipalIsAWSService", "aws:ViaAWSService":
		operators = []string{"Bool"}
	}
	return modifier + pick(g, operators...) + exists, key, g.some(vocabulary[key])
}

func (g generator) statement() map[string]any {
	s := map[string]any{"Effect": pick(g, "Deny", "Deny", "Deny", "Allow"),
		"Resource": pick(g, "*", "arn:aws:s3:::payroll", "arn:aws:s3:::payroll*", "arn:aws:s3:::payroll/*")}
	s[pick(g, "Principal", "Principal", "Principal", "NotPrincipal")] = pick[any](g, "*", "*", "*", "*",
		map[string]any{"AWS": "111122223333"},
		map[string]any{"AWS": []string{"arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:user/kim"}},
		map[string]any{"AWS": []string{"arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:role/Admin",
			"arn:aws:sts::111122223333:assumed-role/Admin/kim"}},
		map[string]any{"AWS": "arn:aws:sts::111122223333:assumed-role/Admin/kim"},
		map[string]any{"Service": "s3.amazonaws.com"})
	s[pick(g, "Action", "Action", "NotAction")] = pick[any](g, "s3:*", "*", "s3:PutBucketPolicy",
		[]string{"s3:PutBucketPolicy", "s3:DeleteBucketPolicy"}, "s3:*BucketPolicy", "s3:GetObject")
	conditions := map[string]map[string][]string{}
	for range g.IntN(4) {
		operator, key, values := g.condition()
		if conditions[operator] == nil {
			conditions[operator] = map[string][]string{}
		}
		conditions[operator][key] = values
	}
	if len(conditions) > 0 {
		s["Condition"] = conditions
	}
	return s
}

func (g generator) policy() string {
	var statements []any
	for range 1 + g.IntN(4) {
		statements = append(statements, g.statement())
	}
	text, err := json.Marshal(map[string]any{"Version": pick(g, "2012-10-17", "2012-10-17", "2008-10-17"),
		"Statement": statements})
	if err != nil {
		panic(err)
	}
	return string(text)
}

// request is one that the owner's people could make.
func (g generator) request(action string) policies.Request {
	r := policies.Request{Action: action, Resource: bucket, Context: policies.Context{}}
	temporary := g.sender(&r)
	set := r.Context.Set
	maybe := func(key string, values ...string) {
		if g.IntN(2) == 0 {
			set(key, pick(g, values...))
		}
	}
	set("aws:PrincipalArn", r.Caller.ARN)
	for key, value := range map[string]string{"aws:PrincipalAccount": account, "aws:ResourceAccount": account,
		"aws:PrincipalOrgID": "o-a1b2c3d4e5", "aws:ResourceOrgID": "o-a1b2c3d4e5",
		"aws:PrincipalIsAWSService": "false", "s3:ResourceAccount": account, "s3:signatureversion": "AWS4-HMAC-SHA256",
		"s3:x-amz-content-sha256": "UNSIGNED-PAYLOAD"} {
		set(key, value)
	}
	g.route(&r)
	g.time(&r, temporary)
	maybe("aws:UserAgent", "aws-cli/2", "terraform")
	maybe("aws:PrincipalTag/team", "red", "blue", "green")
	maybe("aws:ResourceTag/team", "red", "blue", "green")
	maybe("aws:SourceIdentity", "kim", "zoe")
	set("aws:RequestedRegion", pick(g, "eu-central-1", "us-east-1"))
	set("s3:authType", pick(g, "REST-HEADER", "REST-QUERY-STRING"))
	set("s3:signatureAge", pick(g, "0", "1000", "700000"))
	return r
}

// sender puts in who calls; temporary tells that it is with temporary credentials.
func (g generator) sender(r *policies.Request) (temporary bool) {
	set := r.Context.Set
	temporary = true
	name := pick(g, "Admin", "kim", "A1", "zoe")
	session := pick(g, "kim", "ci")
	r.Caller.Kind = pick(g, policies.User, policies.Role, policies.Federated)
	switch r.Caller.Kind {
	case policies.User:
		r.Caller.ARN = "arn:aws:iam::111122223333:user/" + pick(g, "", "team/") + name
		set("aws:PrincipalType", "User")
		set("aws:userid", "AIDAEXAMPLEEXAMPLE000")
		set("aws:username", name)
		temporary = g.IntN(2) == 0
	case policies.Role:
		r.Caller.ARN, r.Caller.Session = "arn:aws:iam::111122223333:role/"+pick(g, "", "ops/")+name, session
		set("aws:PrincipalType", "AssumedRole")
		set("aws:userid", pick(g, "AROAEXAMPLEEXAMPLE000:", "AROAOTHERXOTHERXOTHER:")+session)
	default:
		name = pick(g, "bob", "zoe")
		r.Caller.ARN = "arn:aws:sts::111122223333:federated-user/" + name
		set("aws:PrincipalType", "FederatedUser")
		set("aws:userid", "111122223333:"+name)
	}
	return temporary
}

// route puts in where the call comes from, and by what transport.
func (g generator) route(r *policies.Request) {
	set := r.Context.Set
	set("aws:ViaAWSService", "false")
	if g.IntN(4) == 0 {
		set("aws:ViaAWSService", "true")
		set("aws:CalledVia", "cloudformation.amazonaws.com")
		set("aws:CalledViaFirst", "cloudformation.amazonaws.com")
		set("aws:CalledViaLast", "cloudformation.amazonaws.com")
	}
	if g.IntN(3) == 0 {
		set("aws:SourceVpce", pick(g, "vpce-1a2b3c4d", "vpce-0000aaaa"))
		set("aws:SourceVpc", pick(g, "vpc-1a2b3c4d", "vpc-0000aaaa"))
		set("aws:VpcSourceIp", pick(g, "10.1.2.3", "172.16.0.9", "192.168.1.1"))
	} else {
		set("aws:SourceIp", pick(g, "52.94.76.9", "198.51.99.7", "8.8.8.8", "2600:1f00::1", "2a00::1"))
	}
	set("aws:SecureTransport", "false")
	if g.IntN(6) > 0 {
		set("aws:SecureTransport", "true")
		set("s3:TlsVersion", pick(g, "1.2", "1.3"))
	}
}

// time puts in when the call is made, and when its session began.
func (g generator) time(r *policies.Request, temporary bool) {
	set := r.Context.Set
	at := pick(g, now, now, now.Add(time.Hour), time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC))
	set("aws:CurrentTime", at.Format(time.RFC3339))
	set("aws:EpochTime", fmt.Sprint(at.Unix()))
	if temporary {
		set("aws:TokenIssueTime", at.Add(-pick(g, time.Minute, 9*365*24*time.Hour)).Format(time.RFC3339))
		set("aws:MultiFactorAuthPresent", "false")
		if g.IntN(2) == 0 {
			set("aws:MultiFactorAuthPresent", "true")
			set("aws:MultiFactorAuthAge", pick(g, "0", "60", "3600", "90000"))
		}
	}
}

// TestNoFalseLockout: where the verdict says that nobody can take the policy off, no request that could be made does.
// And every witness passes.
func TestNoFalseLockout(t *testing.T) {
	worlds := 4000
	if testing.Short() {
		worlds = 400
	}
	counts := map[lockout.Answer]int{}
	for seed := range uint64(worlds) {
		g := generator{rand.New(rand.NewPCG(seed, 7))}
		text := g.policy()
		doc, err := policies.Parse([]byte(text))
		if err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, text)
		}
		q := lockout.Question{Policy: doc, Resource: bucket, Account: account,
			Organization: pick(g, "o-a1b2c3d4e5", "o-a1b2c3d4e5", ""), Now: now,
			Administrators: pick(g, nil, nil, []string{"arn:aws:iam::*:role/A*"},
				[]string{"arn:aws:iam::111122223333:user/kim", "arn:aws:iam::111122223333:role/*"})}
		matters := func(arn string) bool {
			return len(q.Administrators) == 0 || slices.ContainsFunc(q.Administrators, func(p string) bool {
				return policies.IsAdministrator([]string{p}, arn)
			})
		}
		v := lockout.Judge(q)
		counts[v.Answer]++
		switch v.Answer {
		case lockout.Lockout, lockout.Sealed:
			for range 60 {
				r := g.request(pick(g, "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"))
				if d := doc.Evaluate(r); d.Effect != policies.Denied && matters(r.Caller.ARN) {
					t.Fatalf("seed %d: %s, but this request is %s %v\n%+v\n%s", seed, v.Answer, d.Effect, d.Reasons, r,
						text)
				}
			}
			if len(v.Statements) == 0 || len(v.Reasons) == 0 {
				t.Fatalf("seed %d: %+v", seed, v)
			}
		case lockout.Open, lockout.Restricted:
			replay(t, seed, doc, v.Witness)
			if !matters(v.Witness.Principal) {
				t.Fatalf("seed %d: the witness %s is no administrator", seed, v.Witness.Principal)
			}
		}
	}
	t.Log(counts)
	if counts[lockout.Lockout] < worlds/50 || counts[lockout.Restricted] < worlds/50 {
		t.Errorf("the policies are too much alike: %v", counts)
	}
}

// replay puts a witness through the evaluator, after it has been to JSON and back.
func replay(t *testing.T, seed uint64, doc *policies.Document, w *lockout.Witness) {
	t.Helper()
	text, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	var read lockout.Witness
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	r := policies.Request{Caller: policies.Caller{Kind: read.Kind, ARN: read.Principal, Session: read.Session},
		Action: read.Action, Resource: read.Resource, Context: policies.Context(read.Context)}
	var denies policies.Document = *doc
	denies.Statements = slices.DeleteFunc(slices.Clone(doc.Statements), func(s policies.Statement) bool {
		return s.Effect != policies.Deny
	})
	if d := denies.Evaluate(r); d.Effect != policies.NotAllowed {
		t.Fatalf("seed %d: the witness is %s %v: %s", seed, d.Effect, d.Reasons, text)
	}
	if !strings.Contains(string(text), `"aws:PrincipalArn"`) {
		t.Fatalf("seed %d: %s", seed, text)
	}
}
