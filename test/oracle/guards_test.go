package oracle

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// A guard is one condition of a Deny that is meant to keep people out.
type guard struct {
	operator, key string
	values        any
}

const (
	organization = "o-a1b2c3d4e5"
	admin        = "arn:aws:iam::111122223333:role/Admin"
	endpoint     = "vpce-1a2b3c4d"
	dawn         = "2031-01-01T00:00:00Z" // later than now
)

// walls hold against every call that takes a policy off.
var walls = []guard{
	{"StringNotEquals", "aws:PrincipalArn", "arn:aws:iam::444455556666:role/Admin"},
	{"ArnNotLike", "aws:PrincipalArn", "arn:aws:sts::111122223333:assumed-role/Admin/*"},
	{"StringNotEquals", "aws:PrincipalArn", "arn:aws:iam::111122223333:role/*"}, // to StringEquals the * is itself
	{"NotIpAddress", "aws:SourceIp", []string{"10.0.0.0/8", "192.168.0.0/16"}},
	{"ArnNotLike", "aws:SourceArn", "arn:aws:sns:*:111122223333:*"},
	{"StringNotEquals", "aws:SourceAccount", account},
	{"Null", "aws:SourceArn", "true"},
	{"StringNotEquals", "aws:PrincipalOrgID", "o-zzzzzzzzzz"},
	{"StringEquals", "aws:PrincipalAccount", account},
	{"DateGreaterThan", "aws:CurrentTime", "2020-01-01T00:00:00Z"},
	{"NumericGreaterThan", "aws:EpochTime", "1577836800"},
	{"Bool", "aws:PrincipalIsAWSService", "false"},
	{"StringNotEquals", "aws:PrincipalType", "Account"},
	{"StringLike", "aws:userid", []string{"A*", "111122223333:*"}},
	{"StringNotLikeIfExists", "aws:PrincipalArn", "arn:aws:iam::111122223333:root"},
	{"Null", "aws:PrincipalArn", "false"},
}

// Those of S3: a call for the policy carries nothing of an upload's or a listing's.
var bucketWalls = []guard{
	{"StringNotEquals", "s3:x-amz-server-side-encryption", "aws:kms"},
	{"StringNotLikeIfExists", "s3:prefix", "home/*"},
	{"NumericLessThanIfExists", "s3:TlsVersion", "1.4"},
	{"NumericGreaterThanEquals", "s3:signatureAge", "0"},
}

// gates hold against some calls.
var gates = []guard{
	{"StringNotLike", "aws:PrincipalArn", admin},
	{"ArnNotEquals", "aws:PrincipalArn", []string{admin, "arn:aws:iam::111122223333:user/kim"}},
	{"StringLike", "aws:PrincipalArn", "arn:aws:iam::*:role/*"},
	{"ArnLike", "aws:PrincipalArn", "arn:aws:iam::111122223333:role/ops/*"},
	{"StringNotLike", "aws:PrincipalArn", "*Admin*"},
	{"ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::111122223333:user/${aws:username}"},
	{"StringEquals", "aws:PrincipalType", []string{"AssumedRole", "FederatedUser"}},
	{"StringNotEquals", "aws:PrincipalType", "User"},
	{"Null", "aws:username", "true"},
	{"StringNotLike", "aws:username", "k*"},
	{"StringNotLike", "aws:userid", []string{"AROAEXAMPLEEXAMPLE000:*", "AIDA*"}},
	{"StringNotLike", "aws:userid", "*:kim"},
	{"StringNotEquals", "aws:SourceVpce", endpoint},
	{"StringNotEqualsIfExists", "aws:SourceVpce", endpoint},
	{"Null", "aws:SourceIp", "true"},
	{"NotIpAddress", "aws:SourceIp", []string{"52.94.76.0/22", "2600:1f00::/24"}},
	{"IpAddress", "aws:SourceIp", []string{"0.0.0.0/1", "128.0.0.0/1", "::/0"}},
	{"NotIpAddress", "aws:VpcSourceIp", "10.0.0.0/8"},
	{"Bool", "aws:SecureTransport", "false"},
	{"Bool", "aws:MultiFactorAuthPresent", "false"},
	{"BoolIfExists", "aws:MultiFactorAuthPresent", "false"},
	{"NumericGreaterThanIfExists", "aws:MultiFactorAuthAge", "3600"},
	{"Null", "aws:MultiFactorAuthAge", "true"},
	{"DateLessThan", "aws:CurrentTime", dawn},
	{"DateLessThan", "aws:TokenIssueTime", "2020-01-01T00:00:00Z"},
	{"Null", "aws:TokenIssueTime", "true"},
	{"StringNotEquals", "aws:PrincipalTag/team", "red"},
	{"StringNotEquals", "aws:PrincipalTag/team", []string{"red", "blue"}},
	{"StringEqualsIgnoreCase", "aws:PrincipalTag/team", "RED"},
	{"StringNotEquals", "aws:PrincipalTag/team", "${aws:username}"},
	{"StringNotLike", "aws:UserAgent", "aws-cli/*"},
	{"Bool", "aws:ViaAWSService", "false"},
	{"StringNotEquals", "aws:SourceIdentity", "kim"},
	{"StringNotEqualsIfExists", "aws:RequestedRegion", []string{"eu-central-1", "us-east-1"}},
}

var bucketGates = []guard{
	{"NumericLessThan", "s3:TlsVersion", "1.3"},
	{"NumericGreaterThan", "s3:signatureAge", "600000"},
	{"StringNotEquals", "s3:authType", "REST-HEADER"},
}

// splits are guards of which each call meets one: in statements of their own they lock together, and no part of them
// does.
var splits = [][]guard{
	{{"Bool", "aws:SecureTransport", "true"}, {"Bool", "aws:SecureTransport", "false"}},
	{{"Bool", "aws:ViaAWSService", "true"}, {"Bool", "aws:ViaAWSService", "false"}},
	{{"Null", "aws:SourceIp", "true"}, {"IpAddress", "aws:SourceIp", []string{"0.0.0.0/1", "128.0.0.0/1", "::/0"}}},
	{{"NotIpAddress", "aws:SourceIp", "52.94.76.0/22"}, {"StringNotEquals", "aws:SourceVpce", endpoint}},
	{{"StringEquals", "aws:PrincipalType", "User"}, {"StringEquals", "aws:PrincipalType", "AssumedRole"},
		{"StringEquals", "aws:PrincipalType", "FederatedUser"}},
	{{"StringLike", "aws:PrincipalArn", "*:user/*"}, {"ArnLike", "aws:PrincipalArn", "arn:*:iam::*:role/*"},
		{"StringLike", "aws:PrincipalArn", "arn:aws:sts::*"}},
	{{"StringNotLike", "aws:PrincipalArn", "*/Admin"}, {"ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:*"},
		{"ArnEquals", "aws:PrincipalArn", "arn:aws:sts::*:*"}},
	{{"StringLike", "aws:username", "*"}, {"Null", "aws:username", "true"}},
	{{"StringLike", "aws:userid", "AIDA*"}, {"StringLike", "aws:userid", "AROA*:*"},
		{"StringLike", "aws:userid", "111122223333:*"}},
	{{"DateLessThan", "aws:CurrentTime", dawn}, {"NumericGreaterThanEquals", "aws:EpochTime", "1924992000"}},
	{{"StringEquals", "aws:PrincipalTag/team", "red"}, {"StringNotEqualsIfExists", "aws:PrincipalTag/team", "red"}},
	{{"StringLike", "aws:UserAgent", "aws-*"}, {"StringNotLike", "aws:UserAgent", "aws-*"}},
	{{"Null", "aws:MultiFactorAuthPresent", "true"}, {"Bool", "aws:MultiFactorAuthPresent", "true"},
		{"Bool", "aws:MultiFactorAuthPresent", "false"}},
	{{"NumericLessThan", "aws:MultiFactorAuthAge", "3600"}, {"NumericGreaterThanEqualsIfExists",
		"aws:MultiFactorAuthAge", "3600"}},
	{{"Null", "aws:TokenIssueTime", "true"}, {"Null", "aws:TokenIssueTime", "false"}},
}

// sets are guards on keys with several values. Each row holds some that meet all calls together.
var sets = [][]guard{
	{{"ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-a1b2c3d4e5/*"}},
	{{"ForAllValues:StringLike", "aws:CalledVia", []string{"*.amazonaws.com", "*.amazonaws.com.cn"}}},
	{{"ForAllValues:StringEquals", "aws:TagKeys", "team"}},
	{{"ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "*/ou-ab12-11111111/*"},
		{"ForAllValues:StringNotLike", "aws:PrincipalOrgPaths", "*/ou-ab12-11111111/*"}},
	{{"ForAnyValue:StringNotLike", "aws:PrincipalOrgPaths", "*/r-ab12/*"}, {"ForAllValues:StringLike",
		"aws:PrincipalOrgPaths", "*/r-ab12/*"}},
	{{"Null", "aws:CalledVia", "true"}, {"ForAnyValue:StringLike", "aws:CalledVia", "*"}},
	{{"ForAllValues:StringNotEquals", "aws:CalledVia", "cloudformation.amazonaws.com"},
		{"ForAnyValue:StringEquals", "aws:CalledVia", []string{"athena.amazonaws.com", "cloudformation.amazonaws.com"}}},
}

// A Trial is one policy on a bucket or a queue, and what the simulator says of the people's calls.
type Trial struct {
	ID       string          `json:"id"` // way/number
	Resource string          `json:"resource"`
	Matters  []string        `json:"administrators,omitempty"`
	Policy   json.RawMessage `json:"policy"`
	Answers  string          `json:"answers,omitempty"` // a letter for each call: see letters
}

// ways of making a policy, with how many of each are made.
var ways = []struct {
	name   string
	number int
	// how many in a hundred statements do not cover all that takes the policy off, or not everybody
	odd  int
	make func(g generator, bucket bool) [][]guard // the guards of each statement
}{
	{"one", 100, 20, func(g generator, bucket bool) [][]guard { return [][]guard{g.guards(bucket, 70, 1+g.IntN(3))} }},
	{"mixed", 160, 20, func(g generator, bucket bool) (made [][]guard) {
		for range 2 + g.IntN(4) {
			made = append(made, g.guards(bucket, 20, 1+g.IntN(2)))
		}
		return made
	}},
	{"together", 200, 2, together},
	{"forty", 20, 2, func(g generator, bucket bool) (made [][]guard) {
		made = together(g, bucket)
		for len(made) < 40 {
			made = append(made, g.guards(bucket, 1, 3))
		}
		return made
	}},
	{"patterns", 100, 2, func(g generator, _ bool) [][]guard { return g.patterns() }},
	{"sets", 60, 2, func(g generator, _ bool) (made [][]guard) {
		for _, one := range pick(g, sets...) {
			made = append(made, []guard{one})
		}
		if g.chance(40) {
			made = made[1:]
		}
		for len(made) < 2 {
			made = append(made, []guard{pick(g, pick(g, sets...)...), pick(g, gates...)})
		}
		return made
	}},
}

func trials() []Trial {
	var all []Trial
	for _, way := range ways {
		for n := range way.number {
			g := newGenerator("trial "+way.name, n)
			t := Trial{ID: fmt.Sprintf("%s/%d", way.name, n), Resource: pick(g, bucket, bucket, queue)}
			if g.chance(15) {
				t.Matters = pick(g, []string{admin}, []string{"arn:aws:iam::*:role/ops/*", admin},
					[]string{"arn:aws:iam::111122223333:user/*"})
			}
			var statements []map[string]any
			labelled := g.chance(50)
			for i, guards := range way.make(g, t.Resource == bucket) {
				s := g.denies(t.Resource, guards, way.odd)
				if labelled && g.chance(90) {
					s["Sid"] = fmt.Sprintf("Guard%d", i)
				}
				statements = append(statements, s)
			}
			text, err := json.Marshal(map[string]any{"Version": pick(g, "2012-10-17", "2012-10-17", "2012-10-17",
				"2008-10-17"), "Statement": statements})
			if err != nil {
				panic(err) // the maps above hold strings only
			}
			t.Policy = text
			all = append(all, t)
		}
	}
	return all
}

// guards are some walls, so many in a hundred, and gates. No two are about one operator and key.
func (g generator) guards(bucket bool, wall, number int) []guard {
	hard, soft := walls, gates
	if bucket {
		hard, soft = append(slices.Clone(walls), bucketWalls...), append(slices.Clone(gates), bucketGates...)
	}
	var chosen []guard
	for range number {
		from := soft
		if g.chance(wall) {
			from = hard
		}
		chosen = append(chosen, pick(g, from...))
	}
	return chosen
}

// together multiplies one or two splits, so that each statement has a guard of each; now and then one statement is
// missing, and there is a way out.
func together(g generator, bucket bool) [][]guard {
	made := [][]guard{nil}
	for range 1 + g.IntN(2) {
		var next [][]guard
		part := pick(g, splits...)
		for _, so := range made {
			for _, one := range part {
				next = append(next, append(slices.Clone(so), one))
			}
		}
		made = next
	}
	if g.chance(30) {
		i := g.IntN(len(made))
		made = slices.Delete(made, i, i+1)
	}
	if g.chance(20) {
		made = append(made, g.guards(bucket, 0, 2))
	}
	g.Shuffle(len(made), func(i, j int) { made[i], made[j] = made[j], made[i] })
	return made
}

// patterns let through only what is like one pattern, and then stop what is like another, which may or may not hold
// all of the first.
func (g generator) patterns() [][]guard {
	key := pick(g, "aws:PrincipalArn", "aws:PrincipalArn", "aws:PrincipalArn", "aws:UserAgent", "aws:PrincipalTag/team")
	like, base := "StringLike", pick(g, "arn:aws:iam::111122223333:role/Admin",
		"arn:aws:iam::111122223333:user/team/kim", "arn:aws:iam::111122223333:role/ops/Admin")
	switch {
	case key != "aws:PrincipalArn":
		base = pick(g, "terraform/1.9", "red-blue", "aaab")
	case g.chance(40):
		like = "ArnLike"
	}
	narrow := g.widened(base)
	made := [][]guard{{{strings.Replace(like, "Like", "NotLike", 1), key, []string{narrow}}}}
	for range 1 + g.IntN(3) {
		other := g.widened(narrow)
		if g.chance(60) { // less than all that the first lets through
			other = strings.Replace(other, pick(g, "*", "?"), pick(g, "", "a", "m", "?", "??*"), 1)
		}
		if like == "StringLike" || strings.Count(other, ":") >= 5 && strings.Count(narrow, ":") >= 5 {
			made = append(made, []guard{{like, key, other}})
		}
	}
	return made
}

// widened puts a wildcard into a text, in the place of some of it or between.
func (g generator) widened(v string) string {
	i := g.IntN(len(v))
	j := min(i+1+g.IntN(4), len(v))
	return pick(g, v[:i]+"*"+v[j:], v[:i]+"*"+v[j:], v[:i]+"?"+v[i+1:], v[:i]+"*"+v[i:], v[:i]+"??"+v[j:], v)
}

// denies is a Deny of what takes the policy off, and of more or less else.
func (g generator) denies(resource string, guards []guard, odd int) map[string]any {
	service, recovery := "s3", []string{"s3:PutBucketPolicy", "s3:DeleteBucketPolicy"}
	if resource == queue {
		service, recovery = "sqs", []string{"sqs:SetQueueAttributes", "sqs:RemovePermission"}
	}
	s := map[string]any{"Effect": "Deny", "Principal": pick[any](g, "*", "*", map[string]any{"AWS": "*"},
		map[string]any{"AWS": account})}
	switch g.IntN(5) {
	case 0:
		s["Action"] = recovery
	case 1:
		s["NotAction"] = pick(g, "s3:GetObject", "sqs:SendMessage")
	case 2:
		s["Action"] = strings.ToUpper(service) + ":*"
	default:
		s["Action"] = pick(g, service+":*", "*")
	}
	switch {
	case !g.chance(odd):
	case g.chance(50):
		delete(s, "NotAction")
		s["Action"] = recovery[:1] // the other one is left
	default:
		delete(s, "Principal")
		s["NotPrincipal"] = map[string]any{"AWS": pick(g, []string{"arn:aws:iam::111122223333:root"},
			[]string{account, admin},
			[]string{account, admin, "arn:aws:sts::111122223333:assumed-role/Admin/kim"},
			[]string{account, "arn:aws:iam::111122223333:user/kim"})}
	}
	s["Resource"] = pick[any](g, "*", resource, []string{resource, resource + "/*"}, resource[:len(resource)-2]+"*")
	conditions := map[string]map[string]any{}
	for _, c := range guards {
		if conditions[c.operator] == nil {
			conditions[c.operator] = map[string]any{}
		}
		conditions[c.operator][c.key] = c.values
	}
	if len(conditions) > 0 {
		s["Condition"] = conditions
	}
	return s
}
