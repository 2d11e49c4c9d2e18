package linter

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"locksmith/policies/lockout"
)

// A drawn template names its parameters in places of every kind; the same template with values for them has nothing
// unknown.
type drawn struct {
	*rapid.T
	used map[string]bool
}

// text is a text in which a part may be a parameter.
func (d drawn) text(kind string, known ...string) any {
	if rapid.IntRange(0, 3).Draw(d.T, kind+" is unknown") > 0 {
		return rapid.SampledFrom(known).Draw(d.T, kind)
	}
	name := rapid.SampledFrom([]string{"A", "B"}).Draw(d.T, kind+" parameter")
	d.used[name] = true
	if rapid.Bool().Draw(d.T, kind+" whole") {
		return map[string]any{"Ref": name}
	}
	word := rapid.SampledFrom(known).Draw(d.T, kind+" around")
	at := rapid.IntRange(0, len(word)).Draw(d.T, kind+" at")
	end := rapid.IntRange(at, len(word)).Draw(d.T, kind+" end")
	return map[string]any{"Fn::Sub": word[:at] + "${" + name + "}" + word[end:]}
}

func (d drawn) texts(kind string, known ...string) any {
	one := rapid.Custom(func(t *rapid.T) any { return drawn{t, d.used}.text(kind, known...) })
	return rapid.SliceOfN(one, 1, 3).Draw(d.T, kind+"s")
}

var (
	principals = []string{"*", "111122223333", "arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:role/Admin",
		"arn:aws:iam::444455556666:role/Admin"}
	arns = []string{"arn:aws:iam::111122223333:role/Admin", "arn:aws:iam::111122223333:role/*",
		"arn:aws:iam::444455556666:role/Admin", "arn:aws:sts::111122223333:assumed-role/Admin/x",
		"arn:aws:iam::111122223333:user/Ann", "*"}
	comparisons = []string{"StringEquals", "StringNotEquals", "StringLike", "StringNotLike",
		"ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike",
		"StringEqualsIfExists", "StringNotEqualsIfExists", "StringNotEqualsIgnoreCase",
		"ForAnyValue:StringEquals", "ForAllValues:StringEquals", "ForAnyValue:StringNotLike",
		"Null", "IpAddress", "NotIpAddress", "Bool"}
)

func (d drawn) test() (operator, key string, values any) {
	operator = rapid.SampledFrom(comparisons).Draw(d.T, "operator")
	switch {
	case operator == "Null":
		key = rapid.SampledFrom([]string{"aws:SourceArn", "aws:SourceVpce", "aws:PrincipalArn"}).Draw(d.T, "key")
		return operator, key, d.texts("null", "true", "false")
	case operator == "Bool":
		key = rapid.SampledFrom([]string{"aws:SecureTransport", "aws:ViaAWSService"}).Draw(d.T, "key")
		return operator, key, d.text("bool", "true", "false")
	case strings.HasSuffix(operator, "IpAddress"):
		return operator, "aws:SourceIp", d.texts("address", "10.0.0.0/8", "203.0.114.0/24", "0.0.0.0/0")
	case strings.HasPrefix(operator, "For"):
		return operator, "aws:PrincipalOrgPaths", d.texts("path", "o-a1b2c3d4e5/r-ab12/*", "o-zzzzzzzzzz/r-1/*")
	}
	key = rapid.SampledFrom([]string{"aws:PrincipalArn", "aws:SourceArn", "aws:SourceVpce", "aws:userid",
		"aws:PrincipalAccount"}).Draw(d.T, "key")
	return operator, key, d.texts(key, arns...)
}

func (d drawn) statement() any {
	effects := []any{"Deny", "Deny", "Deny", "Allow", ref("A")}
	st := map[string]any{"Effect": rapid.SampledFrom(effects).Draw(d.T, "effect")}
	if rapid.IntRange(0, 2).Draw(d.T, "not these actions") == 0 {
		st["NotAction"] = d.texts("spared action", "s3:GetObject", "s3:PutObject", "s3:GetObject", "s3:PutBucketPolicy")
	} else {
		st["Action"] = d.texts("action", "s3:*", "*", "s3:*", "s3:GetObject")
	}
	if rapid.IntRange(0, 2).Draw(d.T, "not these resources") == 0 {
		st["NotResource"] = d.texts("spared resource", "arn:aws:s3:::other", "arn:aws:s3:::payroll/*", "arn:aws:s3:::payroll")
	} else {
		st["Resource"] = d.texts("resource", "arn:aws:s3:::payroll", "*", "arn:aws:s3:::payroll/*")
	}
	switch rapid.IntRange(0, 4).Draw(d.T, "who") {
	case 0:
		st["Principal"] = map[string]any{"AWS": d.texts("principal", principals...)}
	case 1:
		st["NotPrincipal"] = map[string]any{"AWS": d.texts("principal", principals...)}
	default:
		st["Principal"] = "*"
	}
	conditions := map[string]any{}
	for range rapid.IntRange(0, 2).Draw(d.T, "tests") {
		operator, key, values := d.test()
		conditions[operator] = map[string]any{key: values}
	}
	if len(conditions) > 0 {
		st["Condition"] = conditions
	}
	return st
}

// The parts of a template.

func ref(name string) any { return map[string]any{"Ref": name} }

func sub(text string) any { return map[string]any{"Fn::Sub": text} }

func resource(kind string, properties map[string]any) any {
	return map[string]any{"Type": kind, "Properties": properties}
}

func parameters(names ...string) any {
	all := map[string]any{}
	for _, name := range names {
		all[name] = map[string]any{"Type": "String"}
	}
	return all
}

// verdictOf is the verdict on the one policy of a template, "" where the policy cannot be read.
func verdictOf(t *testing.T, template string, args ...string) lockout.Answer {
	var report struct {
		Policies []struct{ Verdict lockout.Answer }
	}
	args = append(args, "-json", "-account", "111122223333", "-now", "2026-11-21T00:00:00Z", "-")
	_, out, _ := check(t, template, args...)
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatal(err)
	}
	if len(report.Policies) == 0 {
		return ""
	}
	return report.Policies[0].Verdict
}

// TestUnknownHoldsForEveryValue: a verdict on a template with unknown parts is that of the same template with values
// in their place, whatever they are.
func TestUnknownHoldsForEveryValue(t *testing.T) {
	values := append([]string{"payroll", "Deny", "*", "other", "Admin", "s3:", "Allow", "true", "10.0.0.0/8", "", "?",
		"arn:aws:s3:::payroll", "1", ":", "/", "${aws:username}"}, arns...)
	rapid.Check(t, func(r *rapid.T) {
		d := drawn{r, map[string]bool{}}
		one := rapid.Custom(func(t *rapid.T) any { return drawn{t, d.used}.statement() })
		statements := rapid.SliceOfN(one, 1, 3).Draw(r, "statements")
		bucket := rapid.SampledFrom([]any{"payroll", "payroll", ref("B")}).Draw(r, "bucket")
		version := rapid.SampledFrom([]string{"2012-10-17", "2008-10-17"}).Draw(r, "version")
		whole, err := json.Marshal(map[string]any{"Parameters": parameters("A", "B"),
			"Resources": map[string]any{"P": resource("AWS::S3::BucketPolicy", map[string]any{"Bucket": bucket,
				"PolicyDocument": map[string]any{"Version": version, "Statement": statements}})}})
		if err != nil {
			r.Fatal(err)
		}
		unknown := verdictOf(t, string(whole))
		for i := range 4 {
			var args []string
			for _, name := range []string{"A", "B"} {
				args = append(args, "-parameter", name+"="+rapid.SampledFrom(values).Draw(r, fmt.Sprint(name, i)))
			}
			known := verdictOf(t, string(whole), args...)
			if known == lockout.Undecided && strings.Contains(strings.Join(args, ""), "$") {
				continue // against the rules in the front of a resource's ARN; nobody means that by a parameter
			}
			if !agrees(unknown, known) {
				r.Fatalf("unknown: %s; with %q: %s\n%s", unknown, args, known, whole)
			}
		}
	})
}

// TestMadeNamesHoldForEveryName: the same for names that CloudFormation makes up, and for the Region: what is said
// without them is so with them.
func TestMadeNamesHoldForEveryName(t *testing.T) {
	arn := func(id string) any { return map[string]any{"Fn::GetAtt": []string{id, "Arn"}} }
	known := []any{"arn:aws:iam::111122223333:role/Admin", "arn:aws:iam::111122223333:role/A*",
		"arn:aws:iam::111122223333:user/Ann", "arn:aws:iam::444455556666:role/Admin"}
	rapid.Check(t, func(r *rapid.T) {
		statement := func(t *rapid.T) any {
			all := append(known, arn("Role"), arn("Role"), arn("Role"), arn("Other"), sub("${Role.Arn}*"))
			principals := rapid.SliceOfN(rapid.SampledFrom(all), 1, 3).Draw(t, "principals")
			resources := []any{"*", arn("Queue"), sub("${Queue.Arn}*"), "arn:aws:sqs:eu-*:*:jobs"}
			st := map[string]any{"Effect": "Deny", "Principal": "*", "Action": "sqs:*",
				"Resource": rapid.SampledFrom(resources).Draw(t, "resource")}
			tests := map[string]any{}
			if rapid.IntRange(0, 9).Draw(t, "by name") > 0 {
				operator := rapid.SampledFrom([]string{"StringNotEquals", "ArnNotEquals", "ArnNotLike", "StringNotLike",
					"StringNotEquals", "ArnNotEquals", "ArnEquals", "StringNotEqualsIfExists"}).Draw(t, "operator")
				tests[operator] = map[string]any{"aws:PrincipalArn": principals}
			}
			if rapid.IntRange(0, 3).Draw(t, "by Region") == 0 {
				operator := rapid.SampledFrom([]string{"StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase",
					"ForAnyValue:StringEquals"}).Draw(t, "operator")
				regions := []any{"eu-west-1", []string{"eu-central-1", "eu-west-1"}, ref("AWS::Region")}
				tests[operator] = map[string]any{"aws:RequestedRegion": rapid.SampledFrom(regions).Draw(t, "Region")}
			}
			if len(tests) > 0 {
				st["Condition"] = tests
			}
			return st
		}
		statements := rapid.SliceOfN(rapid.Custom(statement), 1, 3).Draw(r, "statements")
		whole, err := json.Marshal(map[string]any{"Parameters": parameters("A", "B", "C"), "Resources": map[string]any{
			"Role":  resource("AWS::IAM::Role", map[string]any{"RoleName": sub("${A}")}),
			"Other": resource("AWS::IAM::Role", map[string]any{"RoleName": sub("${B}")}),
			"Queue": resource("AWS::SQS::Queue", map[string]any{"QueueName": sub("${C}")}),
			"P": resource("AWS::SQS::QueuePolicy", map[string]any{"Queues": []any{ref("Queue")},
				"PolicyDocument": map[string]any{"Statement": statements}})}})
		if err != nil {
			r.Fatal(err)
		}
		unknown := verdictOf(t, string(whole))
		for i := range 4 {
			draw := func(what string, from ...string) string {
				return what + "=" + rapid.SampledFrom(from).Draw(r, fmt.Sprint(what, i))
			}
			args := []string{"-parameter", draw("A", "Admin", "Pipeline", "A1"),
				"-parameter", draw("B", "Admin", "Pipeline", "x"), "-parameter", draw("C", "jobs", "jobs2"),
				"-parameter", draw("AWS::Region", "eu-west-1", "eu-central-1", "us-east-1")}
			if known := verdictOf(t, string(whole), args...); !agrees(unknown, known) {
				r.Fatalf("unknown: %s; with %q: %s\n%s", unknown, args, known, whole)
			}
		}
	})
}

// agrees tells whether what was said of all values can be true where this is said of one. With some values a policy
// cannot be read at all.
func agrees(unknown, known lockout.Answer) bool {
	switch unknown {
	case lockout.Lockout, lockout.Sealed:
		return known == "" || (known == lockout.Lockout || known == lockout.Sealed)
	case lockout.Open, lockout.Restricted:
		return known == "" || known == lockout.Open || known == lockout.Restricted
	}
	return true
}
