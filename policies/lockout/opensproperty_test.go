package lockout_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"locksmith/policies"
	"locksmith/policies/lockout"
)

// What a change opens, against random requests from outside and the evaluator.

// An openings makes policies with Allow statements, and requests from outside the account 111122223333. It knows
// nothing of how the question is answered.
type openings struct {
	generator
	queue bool
}

// openKeys are keys with the values that policies compare them with, and with those that requests may hold.
var openKeys = map[string]struct{ policy, request []string }{
	"aws:PrincipalArn": {[]string{"arn:aws:iam::444455556666:role/Reader", "arn:aws:iam::111122223333:*",
		"arn:aws:iam::4*:user/*", "*Reader", "arn:aws:iam::*:root",
		"arn:aws:iam::${aws:PrincipalAccount}:role/Reader"}, nil},
	"aws:PrincipalAccount": {[]string{"111122223333", "444455556666", "4*", "anonymous", "${aws:ResourceAccount}"},
		nil},
	"aws:PrincipalOrgID": {[]string{"o-a1b2c3d4e5", "o-*", "${aws:ResourceOrgID}"},
		[]string{"o-a1b2c3d4e5", "o-zzzzzzzzzz"}},
	"aws:PrincipalType":     {[]string{"User", "AssumedRole", "Anonymous", "Account"}, nil},
	"aws:PrincipalTag/team": {[]string{"red", "r*", "${aws:username}"}, []string{"red", "blue", "kim"}},
	"aws:userid":            {[]string{"AROAEXAMPLEEXAMPLE000:*", "*:kim", "anonymous", "444455556666:bob"}, nil},
	"aws:username":          {[]string{"kim", "k*"}, nil},
	"aws:SourceVpce":        {[]string{"vpce-1a2b3c4d", "vpce-*"}, []string{"vpce-1a2b3c4d", "vpce-99"}},
	"aws:SourceVpc":         {[]string{"vpc-1a2b3c4d"}, []string{"vpc-1a2b3c4d", "vpc-99"}},
	"aws:SourceArn": {[]string{"arn:aws:sns:eu-central-1:111122223333:t", "arn:aws:*:*:111122223333:*",
		"arn:aws:s3:::other"}, nil},
	"aws:SourceAccount":         {[]string{"111122223333", "444455556666"}, nil},
	"aws:UserAgent":             {[]string{"aws-*", "curl"}, []string{"aws-cli/2", "curl", ""}},
	"aws:Referer":               {[]string{"https://example.com/*"}, []string{"https://example.com/a", "x"}},
	"aws:PrincipalIsAWSService": {[]string{"true", "false"}, nil},
	"aws:PrincipalServiceName":  {[]string{"sns.amazonaws.com", "s*"}, nil},
	"aws:ViaAWSService":         {[]string{"true", "false"}, nil},
	"aws:SecureTransport":       {[]string{"true", "false"}, nil},
	"aws:ResourceTag/team":      {[]string{"red", "${aws:PrincipalTag/team}"}, []string{"red", "blue"}},
	"s3:prefix":                 {[]string{"in/*", "in/"}, []string{"in/", "in/a", "out/"}},
	"s3:x-amz-acl":              {[]string{"private", "public-*"}, []string{"private", "public-read"}},
	"s3:DataAccessPointAccount": {[]string{"111122223333", "444455556666"}, []string{"111122223333", "444455556666"}},
	"s3:authType":               {[]string{"REST-HEADER", "REST-*"}, nil},
}

// carriers are the actions here, and which of the keys above they may carry; the others carry none of these.
var carriers = map[string][]string{"s3:ListBucket": {"s3:prefix", "s3:DataAccessPointAccount"},
	"s3:PutObject": {"s3:x-amz-acl", "s3:DataAccessPointAccount"},
	"s3:GetObject": {"s3:DataAccessPointAccount"}}

func (g openings) condition() (operator, key string, values []string) {
	exists := pick(g.generator, "", "", "IfExists")
	switch g.IntN(10) {
	case 0:
		return "Null", pick(g.generator, keysOf(openKeys)...), []string{pick(g.generator, "true", "false")}
	case 1:
		return pick(g.generator, "IpAddress", "NotIpAddress") + exists, "aws:SourceIp",
			g.some([]string{"10.0.0.0/8", "52.94.76.0/22", "198.51.99.7", "0.0.0.0/0"})
	case 2:
		return pick(g.generator, "DateLessThan", "DateGreaterThan") + exists, "aws:CurrentTime",
			[]string{pick(g.generator, "2020-01-01T00:00:00Z", "2031-01-01T00:00:00Z")}
	}
	key = pick(g.generator, keysOf(openKeys)...)
	operators := []string{"StringEquals", "StringNotEquals", "StringLike", "StringNotLike"}
	switch key {
	case "aws:PrincipalArn", "aws:SourceArn":
		operators = append(operators, "ArnLike", "ArnNotLike", "ArnEquals", "ArnNotEquals")
	case "aws:SecureTransport", "aws:PrincipalIsAWSService", "aws:ViaAWSService":
		operators = []string{"Bool"}
	}
	return pick(g.generator, operators...) + exists, key, g.some(openKeys[key].policy)
}

func (g openings) statement() map[string]any {
	r := g.generator
	s := map[string]any{"Effect": pick(r, "Deny", "Allow")}
	s[pick(r, "Principal", "Principal", "Principal", "Principal", "NotPrincipal")] = pick[any](r, "*", "*", "*",
		map[string]any{"AWS": "*"},
		map[string]any{"AWS": "444455556666"},
		map[string]any{"AWS": []string{"arn:aws:iam::444455556666:role/Reader", "111122223333"}},
		map[string]any{"AWS": []string{"arn:aws:iam::444455556666:root", "arn:aws:iam::444455556666:user/kim"}},
		map[string]any{"AWS": "arn:aws:sts::444455556666:assumed-role/Reader/kim"},
		map[string]any{"Service": "sns.amazonaws.com"},
		map[string]any{"AWS": "444455556666", "Service": []string{"sns.amazonaws.com", "s3.amazonaws.com"}},
		map[string]any{"CanonicalUser": "79a59df900b949e5"})
	if g.queue {
		s["Resource"] = pick(r, "*", mailQueue, "arn:aws:sqs:*:111122223333:m*")
		s[pick(r, "Action", "Action", "Action", "NotAction")] = pick[any](r, "sqs:*", "*", "sqs:SendMessage",
			[]string{"sqs:ReceiveMessage", "SQS:sendmessage"}, "sqs:S*")
	} else {
		s[pick(r, "Resource", "Resource", "Resource", "Resource", "NotResource")] = pick[any](r, "*",
			"arn:aws:s3:::payroll", "arn:aws:s3:::payroll/*", "arn:aws:s3:::payroll*",
			[]string{"arn:aws:s3:::payroll", "arn:aws:s3:::payroll/in/*"}, "arn:aws:s3:::payroll/${aws:username}/*",
			"arn:aws:s3:::payroll/${aws:username, 'in'}/a", "arn:*:s3:::payroll/in/*")
		s[pick(r, "Action", "Action", "Action", "NotAction")] = pick[any](r, "s3:*", "*", "s3:GetObject",
			[]string{"s3:GetObject", "s3:listbucket"}, "s3:Put*", "s3:*Object")
	}
	conditions := map[string]map[string][]string{}
	for range pick(r, 0, 0, 1, 1, 2) {
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

func (g openings) policy() string {
	var statements []any
	for range 2 + g.IntN(4) {
		statements = append(statements, g.statement())
	}
	text, err := json.Marshal(map[string]any{"Version": pick(g.generator, "2012-10-17", "2012-10-17", "2008-10-17"),
		"Statement": statements})
	if err != nil {
		panic(err)
	}
	return string(text)
}

// request is one that somebody outside could send, as the documentation describes it.
func (g openings) request() policies.Request {
	r := policies.Request{Action: pick(g.generator, "s3:GetObject", "s3:PutObject", "s3:ListBucket",
		"s3:GetBucketLocation"), Context: policies.Context{}}
	r.Resource = pick(g.generator, "arn:aws:s3:::payroll/in/a", "arn:aws:s3:::payroll/kim/a", "arn:aws:s3:::payroll/x")
	if r.Action == "s3:ListBucket" || r.Action == "s3:GetBucketLocation" {
		r.Resource = "arn:aws:s3:::payroll"
	}
	if g.queue {
		r.Action, r.Resource = pick(g.generator, "sqs:SendMessage", "sqs:ReceiveMessage"), mailQueue
	}
	set := func(key string, values ...string) { r.Context.Set(key, values...) }
	set("aws:ResourceAccount", "111122223333")
	set("aws:CurrentTime", pick(g.generator, noon, noon, "2032-01-01T00:00:00Z"))
	set("aws:SecureTransport", pick(g.generator, "true", "true", "false"))
	if g.queue {
		set("aws:RequestedRegion", "eu-central-1")
	}
	for _, key := range []string{"aws:UserAgent", "aws:Referer", "aws:ResourceTag/team", "s3:prefix", "s3:x-amz-acl",
		"s3:DataAccessPointAccount"} {
		if !strings.HasPrefix(key, "s3:") && g.IntN(2) == 0 || slices.Contains(carriers[r.Action], key) &&
			g.IntN(2) == 0 {
			set(key, pick(g.generator, openKeys[key].request...))
		}
	}
	switch g.IntN(4) {
	case 0:
		g.anonymous(r, set)
		r.Caller.Kind = policies.Anonymous
	case 1:
		r.Caller = g.service(set)
		delete(r.Context, "s3:dataaccesspointaccount")
		return r
	default:
		r.Caller = g.stranger(set)
	}
	if g.IntN(3) == 0 {
		set("aws:SourceVpce", pick(g.generator, openKeys["aws:SourceVpce"].request...))
		set("aws:SourceVpc", pick(g.generator, openKeys["aws:SourceVpc"].request...))
	} else {
		set("aws:SourceIp", pick(g.generator, "52.94.76.9", "198.51.99.7", "8.8.8.8"))
	}
	return r
}

func (g openings) anonymous(r policies.Request, set func(string, ...string)) {
	set("aws:PrincipalAccount", "anonymous")
	set("aws:PrincipalType", "Anonymous")
	set("aws:userid", "anonymous")
	set("aws:ViaAWSService", "false")
	delete(r.Context, "s3:dataaccesspointaccount")
}

func (g openings) service(set func(string, ...string)) policies.Caller {
	name := pick(g.generator, "sns.amazonaws.com", "s3.amazonaws.com", "cloudtrail.amazonaws.com")
	set("aws:PrincipalIsAWSService", "true")
	set("aws:PrincipalServiceName", name)
	set("aws:PrincipalServiceNamesList", name)
	set("aws:ViaAWSService", "false")
	account := pick(g.generator, "111122223333", "444455556666")
	if g.IntN(3) > 0 {
		set("aws:SourceArn", "arn:aws:sns:eu-central-1:"+account+":t")
		set("aws:SourceAccount", account)
	}
	return policies.Caller{Kind: policies.Service, ARN: name}
}

func (g openings) stranger(set func(string, ...string)) policies.Caller {
	account := pick(g.generator, "444455556666", "444455556666", "777788889999")
	c := policies.Caller{Kind: pick(g.generator, policies.Role, policies.Role, policies.User, policies.Federated,
		policies.Root)}
	set("aws:PrincipalAccount", account)
	set("aws:PrincipalIsAWSService", "false")
	set("aws:ViaAWSService", "false")
	switch c.Kind {
	case policies.Role:
		c.Session = pick(g.generator, "kim", "ci")
		c.ARN = "arn:aws:iam::" + account + ":role/" + pick(g.generator, "Reader", "team/Reader", "Other")
		set("aws:PrincipalType", "AssumedRole")
		set("aws:userid", pick(g.generator, "AROAEXAMPLEEXAMPLE000:", "AROAOTHEROTHEROTH000:")+c.Session)
	case policies.User:
		c.ARN = "arn:aws:iam::" + account + ":user/" + pick(g.generator, "kim", "zoe")
		set("aws:PrincipalType", "User")
		set("aws:username", c.ARN[strings.LastIndexByte(c.ARN, '/')+1:])
		set("aws:userid", "AIDAEXAMPLEEXAMPLE000")
	case policies.Federated:
		c.ARN = "arn:aws:sts::" + account + ":federated-user/bob"
		set("aws:PrincipalType", "FederatedUser")
		set("aws:userid", account+":bob")
	case policies.Root:
		c.ARN = "arn:aws:iam::" + account + ":root"
		set("aws:PrincipalType", "Account")
		set("aws:userid", account)
	}
	set("aws:PrincipalArn", c.ARN)
	if g.IntN(2) == 0 {
		set("aws:PrincipalOrgID", pick(g.generator, openKeys["aws:PrincipalOrgID"].request...))
	}
	if c.Kind != policies.Root && g.IntN(2) == 0 {
		set("aws:PrincipalTag/team", pick(g.generator, openKeys["aws:PrincipalTag/team"].request...))
	}
	return c
}

// TestOpensRefuted tries to refute the proofs with requests from outside, made by hand of the documentation, and
// replays the witnesses.
func TestOpensRefuted(t *testing.T) {
	rounds := 800
	if testing.Short() {
		rounds = 200
	}
	count := map[lockout.Access]int{}
	found := 0
	for seed := range uint64(rounds) {
		o, refuted := openOnce(t, seed)
		count[o.Outside]++
		if refuted {
			found++
		}
	}
	t.Logf("%v, %d by enumeration", count, found)
	if count[lockout.Nothing] < rounds/10 || count[lockout.Something] < rounds/10 || found < rounds/20 {
		t.Errorf("the policies are not of all kinds: %v, %d by enumeration", count, found)
	}
}

// question makes a policy and takes some of its statements off, or puts it where there is none, or another.
func (g openings) question(t *testing.T) (q lockout.Question, after *policies.Document, text string) {
	t.Helper()
	text = g.policy()
	before, err := policies.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	q = lockout.Question{Policy: before, Resource: "arn:aws:s3:::payroll", Account: "111122223333", Now: now}
	if g.queue {
		q.Resource = mailQueue
	}
	gone := []int{}
	for i := range before.Statements {
		if g.IntN(2) == 0 {
			gone = append(gone, i)
		}
	}
	if len(gone) < len(before.Statements) {
		after = less(t, text, gone)
	}
	q.Organization = pick(g.generator, "", "o-a1b2c3d4e5")
	if g.IntN(8) == 0 {
		q.Policy, after = nil, before
		if g.IntN(2) == 0 {
			q.Policy = less(t, text, []int{0})
		}
	}
	return q, after, fmt.Sprintf("%s\nwithout %v, organization %q, nothing before %t", text, gone, q.Organization,
		q.Policy == nil)
}

// openOnce asks one question, and tells whether enumeration finds a request that becomes possible.
func openOnce(t *testing.T, seed uint64) (lockout.Opening, bool) {
	t.Helper()
	g := openings{generator: generator{rand.New(rand.NewPCG(seed, 10))}}
	g.queue = g.IntN(3) == 0
	q, after, described := g.question(t)
	o := lockout.Opens(q, after)
	if o.Defect != "" {
		t.Fatalf("seed %d: %s: %s", seed, o.Defect, described)
	}
	for _, e := range o.Witnesses {
		replayEntry(t, q, after, e)
		if t.Failed() {
			t.Fatalf("seed %d: %s", seed, described)
		}
	}
	before := q.Policy
	if before == nil {
		before = &policies.Document{}
	}
	for range 400 {
		r := g.request()
		if q.Organization != "" {
			r.Context.Set("aws:ResourceOrgID", q.Organization)
		}
		was := before.Evaluate(r).Effect
		if after == nil || after.Evaluate(r).Effect != policies.Allowed || was != policies.Denied &&
			was != policies.NotAllowed {
			continue
		}
		if o.Outside == lockout.Nothing {
			t.Fatalf("seed %d: nothing is opened, but %+v is possible that was not: %s", seed, r, described)
		}
		return o, true
	}
	return o, false
}
