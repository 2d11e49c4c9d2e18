package policies_test

import (
	"strings"
	"testing"

	"locksmith/policies"
)

// conditionTruth asks whether the first condition of an element holds. The context is written "key=value"; a key
// several times has several values, "key" alone has none.
func conditionTruth(t *testing.T, condition string, context ...string) policies.Truth {
	t.Helper()
	d := parse(t, `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Condition":{`+condition+`}}}`)
	c := policies.Context{}
	for _, pair := range context {
		key, value, has := strings.Cut(pair, "=")
		values, _ := c.Get(key)
		if has {
			values = append(values, value)
		}
		c.Set(key, values...)
	}
	return d.Statements[0].Conditions[0].Matches(c, true)
}

type conditionRow struct {
	condition, context string
	want               policies.Truth
}

func testConditions(t *testing.T, rows []conditionRow) {
	t.Helper()
	for _, row := range rows {
		var context []string
		if row.context != "" {
			context = strings.Split(row.context, "; ")
		}
		if got := conditionTruth(t, row.condition, context...); got != row.want {
			t.Errorf("%s on %q: %v, want %v", row.condition, row.context, got, row.want)
		}
	}
}

func TestStrings(t *testing.T) {
	testConditions(t, []conditionRow{
		{`"StringEquals":{"k":"a"}`, "k=a", yes},
		{`"StringEquals":{"k":"a"}`, "k=A", no},
		{`"StringEquals":{"k":"a"}`, "", no},
		{`"StringEquals":{"k":"a*"}`, "k=ab", no},
		{`"StringEquals":{"k":"a*"}`, "k=a*", yes},
		{`"StringEquals":{"k":["a","b"]}`, "k=b", yes},
		{`"StringEquals":{"K":"a"}`, "k=a", yes},
		{`"StringEquals":{"k":""}`, "k=", yes},
		{`"StringEquals":{"k":5}`, "k=5", yes},
		{`"StringEquals":{"k":5.0}`, "k=5", no},
		{`"StringEquals":{"k":true}`, "k=true", yes},
		{`"StringNotEquals":{"k":"a"}`, "k=b", yes},
		{`"StringNotEquals":{"k":["a","b"]}`, "k=b", no},
		{`"StringNotEquals":{"k":"a"}`, "", yes},
		{`"StringEqualsIgnoreCase":{"k":"aB"}`, "k=Ab", yes},
		{`"StringEqualsIgnoreCase":{"k":"a*"}`, "k=ab", no},
		{`"StringEqualsIgnoreCase":{"k":"Ä"}`, "k=ä", unknown},
		{`"StringEqualsIgnoreCase":{"k":"K"}`, "k=\u212a", unknown}, // the Kelvin sign
		{`"StringNotEqualsIgnoreCase":{"k":"a"}`, "k=A", no},
		{`"StringNotEqualsIgnoreCase":{"k":"a"}`, "k=b", yes},
		{`"StringLike":{"k":"a*c"}`, "k=abc", yes},
		{`"StringLike":{"k":"a*c"}`, "k=aBC", no},
		{`"StringLike":{"k":"a?"}`, "k=a", no},
		{`"StringLike":{"k":"arn:aws:iam::*:role/x"}`, "k=arn:aws:iam::1:user/y:role/x", yes},
		{`"StringLike":{"k":"*"}`, "", no},
		{`"StringNotLike":{"k":["a*","b*"]}`, "k=cd", yes},
		{`"StringNotLike":{"k":["a*","b*"]}`, "k=bd", no},
		{`"StringNotLike":{"k":"*"}`, "", yes},
	})
}

func TestNumbers(t *testing.T) {
	testConditions(t, []conditionRow{
		{`"NumericEquals":{"k":"10"}`, "k=10.0", yes},
		{`"NumericEquals":{"k":10}`, "k=10", yes},
		{`"NumericEquals":{"k":"0.1"}`, "k=0.10000000000000000001", no},
		{`"NumericEquals":{"k":"9007199254740993"}`, "k=9007199254740992", no},
		{`"NumericNotEquals":{"k":"10"}`, "k=11", yes},
		{`"NumericNotEquals":{"k":["10","11"]}`, "k=11", no},
		{`"NumericNotEquals":{"k":"10"}`, "", yes},
		{`"NumericLessThan":{"k":"1.2"}`, "k=1.1", yes},
		{`"NumericLessThan":{"k":"1.2"}`, "k=1.2", no},
		{`"NumericLessThan":{"k":"1.2"}`, "k=1.10", yes},
		{`"NumericLessThan":{"k":"1.2"}`, "", no},
		{`"NumericLessThanEquals":{"k":"1.2"}`, "k=1.2", yes},
		{`"NumericLessThanEquals":{"k":"1.2"}`, "k=1.3", no},
		{`"NumericGreaterThan":{"k":"-5"}`, "k=-4", yes},
		{`"NumericGreaterThan":{"k":"-5"}`, "k=-5", no},
		{`"NumericGreaterThanEquals":{"k":"300"}`, "k=300", yes},
		{`"NumericGreaterThanEquals":{"k":"300"}`, "k=299.99", no},
		{`"NumericGreaterThanIfExists":{"aws:MultiFactorAuthAge":"3600"}`, "", yes},
		{`"NumericLessThan":{"aws:EpochTime":"1900000000"}`, "aws:EpochTime=1795000000", yes},
		{`"NumericLessThan":{"aws:CurrentTime":"1900000000"}`, "aws:CurrentTime=2026-11-21T00:00:00Z", unknown},
		{`"NumericEquals":{"k":"10"}`, "k=ten", unknown},
		{`"NumericNotEquals":{"k":"10"}`, "k=", unknown},
		{`"NumericEquals":{"k":"1e1"}`, "k=10", unknown},
		{`"NumericEquals":{"k":1e1}`, "k=10", unknown},
		{`"NumericEquals":{"k":"1_0"}`, "k=10", unknown},
		{`"NumericEquals":{"k":"0x10"}`, "k=16", unknown},
		{`"NumericEquals":{"k":"1/2"}`, "k=0.5", unknown},
		{`"NumericEquals":{"k":"${k}"}`, "k=10", unknown},
		{`"NumericNotEquals":{"k":"ten"}`, "k=10", unknown},
	})
}

func TestDates(t *testing.T) {
	testConditions(t, []conditionRow{
		{`"DateEquals":{"k":"2026-11-21T10:00:00Z"}`, "k=2026-11-21T12:00:00+02:00", yes},
		{`"DateEquals":{"k":"2026-11-21T10:00:00Z"}`, "k=2026-11-21T10:00:00.5Z", no},
		{`"DateEquals":{"k":"2026-11-21T10:00Z"}`, "k=2026-11-21T10:00:00Z", yes},
		{`"DateEquals":{"k":"2026-11"}`, "k=2026-11-01T00:00:00Z", yes},
		{`"DateEquals":{"k":"1795255200"}`, "k=2026-11-21T10:00:00Z", yes},
		{`"DateEquals":{"k":1795255200}`, "k=1795255200", yes},
		{`"DateNotEquals":{"k":"2026-11-21"}`, "k=2026-11-21T00:00:00Z", no},
		{`"DateNotEquals":{"k":"2026-11-21"}`, "", yes},
		{`"DateLessThan":{"k":"2026-11-21T10:00:00Z"}`, "k=2026-11-21T09:59:59Z", yes},
		{`"DateLessThan":{"k":"2026-11-21T10:00:00Z"}`, "k=2026-11-21T10:00:00Z", no},
		{`"DateLessThanEquals":{"k":"2026-11-21T10:00:00Z"}`, "k=2026-11-21T10:00:00Z", yes},
		{`"DateLessThanEquals":{"k":"2026-11-21T10:00:00Z"}`, "k=2026-11-21T10:00:01Z", no},
		{`"DateGreaterThan":{"k":"2026-11-21T10:00:00Z"}`, "k=2026-11-21T10:00:01Z", yes},
		{`"DateGreaterThan":{"k":"2026-11-21T10:00:00Z"}`, "k=2026-11-21T10:00:00Z", no},
		{`"DateGreaterThanEquals":{"k":"2026-11-21T10:00:00Z"}`, "k=2026-11-21T10:00:00Z", yes},
		{`"DateGreaterThanEquals":{"k":"2026-11-21T10:00:00Z"}`, "k=2026-11-21T09:59:59Z", no},
		{`"DateGreaterThan":{"k":"2026-11-21"}`, "", no},
		{`"DateGreaterThan":{"aws:EpochTime":"2026-01-01T00:00:00Z"}`, "aws:EpochTime=1795255200", yes},
		// A year could be a number of seconds; eight digits could be a date.
		{`"DateGreaterThan":{"k":"2026"}`, "k=2026-11-21T10:00:00Z", unknown},
		{`"DateGreaterThan":{"k":"20261121"}`, "k=2026-11-21T10:00:00Z", unknown},
		{`"DateGreaterThan":{"k":"1795255200000"}`, "k=2026-11-21T10:00:00Z", unknown},
		{`"DateGreaterThan":{"k":"2026-11-21T10:00:00"}`, "k=2026-11-21T10:00:00Z", unknown},
		{`"DateGreaterThan":{"k":"2026-11-21T1:00:00Z"}`, "k=2026-11-21T10:00:00Z", unknown},
		{`"DateGreaterThan":{"k":"2026-02-30"}`, "k=2026-11-21T10:00:00Z", unknown},
		{`"DateGreaterThan":{"k":"2026-*"}`, "k=2026-11-21T10:00:00Z", unknown},
		{`"DateGreaterThan":{"k":"2026-11-21"}`, "k=soon", unknown},
	})
}

func TestBooleansAndBinaries(t *testing.T) {
	testConditions(t, []conditionRow{
		{`"Bool":{"k":"true"}`, "k=true", yes},
		{`"Bool":{"k":false}`, "k=true", no},
		{`"Bool":{"k":false}`, "k=false", yes},
		{`"Bool":{"k":["true","false"]}`, "k=false", yes},
		{`"Bool":{"k":"false"}`, "", no},
		{`"BoolIfExists":{"k":"false"}`, "", yes},
		{`"Bool":{"k":"0"}`, "k=false", unknown},
		{`"Bool":{"k":"${k}"}`, "k=true", unknown},
		{`"Bool":{"k":"true"}`, "k=TRUE", unknown},
		{`"BinaryEquals":{"k":"QmluYXJ5"}`, "k=QmluYXJ5", yes},
		{`"BinaryEquals":{"k":"QmluYXJ5"}`, "k=QmluYXJ6", no},
		{`"BinaryEquals":{"k":"QmluYXJ5"}`, "", no},
		{`"BinaryEquals":{"k":"QmluYXJ5"}`, "k=Binary!", unknown},
		{`"BinaryEquals":{"k":"QR=="}`, "k=QQ==", unknown}, // bits left over
		{`"BinaryEquals":{"k":"Qmlu\nYXJ5"}`, "k=QmluYXJ5", unknown},
	})
}

func TestAddresses(t *testing.T) {
	testConditions(t, []conditionRow{
		{`"IpAddress":{"k":"203.0.113.0/24"}`, "k=203.0.113.255", yes},
		{`"IpAddress":{"k":"203.0.113.0/24"}`, "k=203.0.114.0", no},
		{`"IpAddress":{"k":"203.0.113.5/24"}`, "k=203.0.113.200", yes},
		{`"IpAddress":{"k":"203.0.113.5"}`, "k=203.0.113.5", yes},
		{`"IpAddress":{"k":"203.0.113.5"}`, "k=203.0.113.6", no},
		{`"IpAddress":{"k":["10.0.0.0/8","203.0.113.5/32"]}`, "k=203.0.113.5", yes},
		{`"IpAddress":{"k":"0.0.0.0/0"}`, "k=2001:db8::1", no},
		{`"IpAddress":{"k":"::/0"}`, "k=203.0.113.5", no},
		{`"IpAddress":{"k":"2001:DB8:1234:5678::/64"}`, "k=2001:db8:1234:5678::9", yes},
		{`"IpAddress":{"k":"2001:DB8:1234:5678::/64"}`, "k=2001:db8:1234:5679::9", no},
		{`"IpAddress":{"k":"2001:db8::1"}`, "k=2001:0db8:0:0::0001", yes},
		{`"IpAddress":{"k":"2001:db8::1"}`, "k=2001:db8::2", unknown},
		{`"IpAddress":{"k":"2001:db8::1"}`, "k=2001:db9::1", no},
		{`"IpAddress":{"k":"10.0.0.0/8"}`, "", no},
		{`"NotIpAddress":{"k":["10.0.0.0/8","203.0.113.0/24"]}`, "k=198.51.100.7", yes},
		{`"NotIpAddress":{"k":["10.0.0.0/8","203.0.113.0/24"]}`, "k=203.0.113.7", no},
		{`"NotIpAddress":{"k":"10.0.0.0/8"}`, "", yes},
		{`"NotIpAddressIfExists":{"k":"10.0.0.0/8"}`, "", yes},
		{`"IpAddress":{"k":"10.0.0.0/8"}`, "k=host.example.com", unknown},
		{`"IpAddress":{"k":"fe80::/10"}`, "k=fe80::1%eth0", unknown},
		{`"IpAddress":{"k":"10.0.0"}`, "k=10.0.0.1", unknown},
		{`"IpAddress":{"k":"010.0.0.0/8"}`, "k=10.0.0.1", unknown},
		{`"NotIpAddress":{"k":"10.*"}`, "k=10.0.0.1", unknown},
	})
}

func TestARNs(t *testing.T) {
	testConditions(t, []conditionRow{
		{`"ArnEquals":{"k":"arn:aws:iam::*:role/*"}`, "k=arn:aws:iam::111122223333:role/a/b", yes},
		{`"ArnLike":{"k":"arn:aws:iam::*:role/*"}`, "k=arn:aws:iam::111122223333:role/a/b", yes},
		{`"ArnLike":{"k":"arn:aws:iam::*:role/*"}`, "k=arn:aws:iam::111122223333:user/a", no},
		{`"ArnLike":{"k":"arn:aws:iam::*:Role/*"}`, "k=arn:aws:iam::111122223333:role/a", no},
		{`"ArnLike":{"k":"arn:aws:iam::*:role/a*"}`, "k=arn:aws:iam::1:b:role/a", no}, // the wildcard stays in its part
		{`"ArnLike":{"k":"arn:aws:x:*:1:f/*"}`, "k=arn:aws:x:us:9:store/a:1:f/d", no},
		{`"ArnLike":{"k":"arn:aws:sns:*:*:*"}`, "k=arn:aws:sns:eu-central-1:111122223333:t:sub", yes},
		{`"ArnLike":{"k":["arn:aws:s3:::a","arn:aws:s3:::b"]}`, "k=arn:aws:s3:::b", yes},
		{`"ArnLike":{"k":"arn:aws:s3:::a"}`, "", no},
		{`"ArnNotEquals":{"k":"arn:aws:s3:::a*"}`, "k=arn:aws:s3:::ab", no},
		{`"ArnNotLike":{"k":"arn:aws:s3:::a*"}`, "k=arn:aws:s3:::b", yes},
		{`"ArnNotLike":{"k":"arn:aws:s3:::a*"}`, "", yes},
		{`"ArnLike":{"k":"arn:aws:s3:::a"}`, "k=a", unknown},
		{`"ArnLike":{"k":"*"}`, "k=arn:aws:s3:::a", unknown},
		{`"ArnNotLike":{"k":"arn:aws:s3:*"}`, "k=arn:aws:s3:::a", unknown},
	})
}

// TestSets holds the modifiers: aws:TagKeys and aws:CalledVia are listed as multivalued, aws:username is not, and k
// is in no list.
func TestSets(t *testing.T) {
	testConditions(t, []conditionRow{
		{`"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]}`, "aws:TagKeys=a; aws:TagKeys=b", yes},
		{`"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]}`, "aws:TagKeys=a; aws:TagKeys=c", no},
		{`"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]}`, "", yes},
		{`"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]}`, "aws:TagKeys", yes},
		{`"ForAllValues:StringEquals":{"aws:TagKeys":"a"}`, "aws:TagKeys=", unknown},
		{`"ForAllValues:StringLike":{"aws:TagKeys":"*"}`, "aws:TagKeys=", yes},
		{`"ForAllValues:StringNotEquals":{"aws:TagKeys":"a"}`, "aws:TagKeys=b; aws:TagKeys=c", yes},
		{`"ForAllValues:StringNotEquals":{"aws:TagKeys":"a"}`, "aws:TagKeys=b; aws:TagKeys=a", no},
		{`"ForAllValues:StringNotEquals":{"aws:TagKeys":"a"}`, "", yes},
		{`"ForAllValues:StringLikeIfExists":{"aws:username":"a*"}`, "aws:username=ann", yes},
		{`"ForAllValues:StringLike":{"aws:username":"a*"}`, "aws:username=bob", no},
		{`"ForAnyValue:StringEquals":{"aws:TagKeys":["a","b"]}`, "aws:TagKeys=c; aws:TagKeys=b", yes},
		{`"ForAnyValue:StringEquals":{"aws:TagKeys":["a","b"]}`, "aws:TagKeys=c", no},
		{`"ForAnyValue:StringEquals":{"aws:TagKeys":"a"}`, "", no},
		{`"ForAnyValue:StringEquals":{"aws:TagKeys":"a"}`, "aws:TagKeys", no},
		{`"ForAnyValue:StringEquals":{"aws:TagKeys":"a"}`, "aws:TagKeys=", no},
		{`"ForAnyValue:StringLike":{"aws:TagKeys":"*"}`, "aws:TagKeys=", unknown},
		{`"ForAnyValue:StringNotEquals":{"aws:TagKeys":["a","b"]}`, "aws:TagKeys=a; aws:TagKeys=c", yes},
		{`"ForAnyValue:StringNotEquals":{"aws:TagKeys":["a","b"]}`, "aws:TagKeys=a; aws:TagKeys=b", no},
		{`"ForAnyValue:StringNotEquals":{"aws:TagKeys":"a"}`, "", no},
		{`"ForAnyValue:StringEqualsIfExists":{"aws:TagKeys":"a"}`, "aws:TagKeys=a", yes},
		{`"ForAnyValue:StringEqualsIfExists":{"aws:TagKeys":"a"}`, "", unknown},
		{`"ForAnyValue:StringEqualsIfExists":{"aws:TagKeys":"a"}`, "aws:TagKeys", unknown},
		{`"ForAnyValue:NumericEquals":{"k":"1"}`, "k=one; k=1", yes},
		{`"ForAnyValue:NumericEquals":{"k":"1"}`, "k=one; k=2", unknown},
		{`"ForAllValues:NumericEquals":{"k":"1"}`, "k=one; k=2", no},
		// Without a modifier a key with several values is not settled.
		{`"StringEquals":{"aws:CalledVia":"a"}`, "aws:CalledVia=a", unknown},
		{`"StringNotEquals":{"aws:CalledVia":"a"}`, "aws:CalledVia=b", unknown},
		{`"StringNotEquals":{"aws:CalledVia":"a"}`, "", yes},
		{`"StringEquals":{"aws:CalledVia":"a"}`, "", no},
		{`"StringEquals":{"k":"a"}`, "k=a; k=a", unknown},
		{`"StringNotEquals":{"k":"a"}`, "k", unknown},
	})
}

func TestNullAndIfExists(t *testing.T) {
	testConditions(t, []conditionRow{
		{`"Null":{"k":"true"}`, "", yes},
		{`"Null":{"k":"true"}`, "k=x", no},
		{`"Null":{"k":"false"}`, "", no},
		{`"Null":{"k":false}`, "k=x", yes},
		{`"Null":{"k":["true","false"]}`, "k=x", yes},
		{`"Null":{"aws:TagKeys":"false"}`, "aws:TagKeys=a; aws:TagKeys=b", yes},
		{`"Null":{"k":"false"}`, "k=", yes},
		{`"Null":{"k":"false"}`, "k", unknown},
		{`"Null":{"k":"True"}`, "", unknown},
		{`"StringEqualsIfExists":{"k":"a"}`, "", yes},
		{`"StringEqualsIfExists":{"k":"a"}`, "k=b", no},
		{`"StringNotEqualsIfExists":{"k":"a"}`, "", yes},
		{`"StringNotEqualsIfExists":{"k":"a"}`, "k=a", no},
		{`"ArnLikeIfExists":{"k":"arn:aws:s3:::a"}`, "", yes},
		{`"NullIfExists":{"k":"true"}`, "", unknown},
		{`"ForAllValues:Null":{"k":"true"}`, "", unknown},
		{`"StringEqual":{"k":"a"}`, "k=a", unknown},
		{`"StringEquals":{"k":[]}`, "", unknown},
		{`"Bool":{"k":true,"K":true}`, "k=false", unknown},
		{`"Bool":{"k":true},"Bool":{"k":true}`, "k=false", unknown},
	})
}

// TestConditionByHand holds that a condition that Parse has not read is never taken for one that is settled.
func TestConditionByHand(t *testing.T) {
	for _, values := range [][]string{{"a"}, nil} {
		c := policies.Condition{Written: "StringNotEquals", Operator: policies.StringNotEquals, Key: "k",
			Values: values}
		if got := c.Matches(policies.Context{}, true); got != unknown {
			t.Errorf("values %q: %v, want unknown", values, got)
		}
	}
}

// TestVariablesAreTextOnRequest holds that the caller can have variables read as text, as they are in a document of
// an older version.
func TestVariablesAreTextOnRequest(t *testing.T) {
	d := parse(t,
		`{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*",`+
			`"Condition":{"StringEquals":{"k":"${aws:username}"}}}}`)
	for value, want := range map[string]policies.Truth{"ann": no, "${aws:username}": yes} {
		if got := d.Statements[0].Conditions[0].Matches(policies.Context{"aws:username": {"ann"}, "k": {value}},
			false); got != want {
			t.Errorf("%s: %v, want %v", value, got, want)
		}
	}
}

// variableContext is a request's context up to the value of the key k.
const variableContext = "aws:username=ann; aws:PrincipalTag/team=red*; aws:PrincipalTag/cost=a$b; " +
	"s3:prefix=home/ann; aws:TagKeys=x; two=a; two=b; k="

func with(value string) string { return variableContext + value }

func TestVariables(t *testing.T) {
	testConditions(t, []conditionRow{
		{`"StringEquals":{"k":"${aws:username}"}`, with("ann"), yes},
		{`"StringEquals":{"k":"home/${AWS:UserName}/${aws:username}"}`, with("home/ann/ann"), yes},
		{`"StringEquals":{"k":"${aws:username}"}`, with("bob"), no},
		{`"StringNotEquals":{"k":"${aws:username}"}`, with("ann"), no},
		{`"StringNotEqualsIgnoreCase":{"k":"${aws:username}"}`, with("ANN"), no},
		{`"StringLike":{"k":"home/${aws:username}/*"}`, with("home/ann/x"), yes},
		{`"StringLike":{"k":"${s3:prefix}*"}`, with("home/annex"), yes},
		{`"ArnEquals":{"k":"arn:aws:iam::111122223333:user/${aws:username}"}`,
			with("arn:aws:iam::111122223333:user/ann"), yes},
		{`"ArnNotLike":{"k":"arn:aws:iam::111122223333:user/${aws:username}"}`,
			with("arn:aws:iam::111122223333:user/bob"), yes},
		{`"ArnLike":{"k":"${s3:prefix}"}`, with("arn:aws:s3:::a"), unknown},
		{`"ArnLike":{"k":"${aws:SourceArn}"}`, "aws:SourceArn=arn:aws:s3:::a; k=arn:aws:s3:::a", yes},
		// A variable without a value matches nothing.
		{`"StringEquals":{"k":"${aws:userid}"}`, with(""), no},
		{`"StringLike":{"k":"*${aws:userid}"}`, with("a"), no},
		{`"StringNotEquals":{"k":"${aws:userid}"}`, with("a"), yes},
		{`"StringNotLike":{"k":["${aws:userid}","a"]}`, with("a"), no},
		{`"StringEquals":{"k":["${aws:userid}","a"]}`, with("a"), yes},
		{`"StringEqualsIfExists":{"k":"${aws:userid}"}`, with("a"), no},
		{`"StringEquals":{"k":"${aws:userid, 'nobody'}"}`, with("nobody"), yes},
		{`"StringEquals":{"k":"${aws:username, 'nobody'}"}`, with("nobody"), no},
		{`"StringEquals":{"k":"${aws:userid, ''}"}`, with(""), yes},
		{`"StringLike":{"k":"${aws:userid, 'a b'}*"}`, with("a bc"), yes},
		{`"StringLike":{"k":"${aws:userid, 'a*'}"}`, with("abc"), unknown},
		{`"StringEquals":{"k":"${aws:userid, 'a*'}"}`, with("a*"), yes},
		// The escapes.
		{`"StringEquals":{"k":"${*}${?}${$}"}`, with("*?$"), yes},
		{`"StringLike":{"k":"a${*}"}`, with("ab"), no},
		{`"StringLike":{"k":"a${*}"}`, with("a*"), yes},
		{`"StringLike":{"k":"${?}*"}`, with("?b"), yes},
		{`"StringLike":{"k":"${?}*"}`, with("ab"), no},
		{`"StringLike":{"k":"${$}{aws:username}"}`, with("${aws:username}"), yes},
		{`"StringEquals":{"k":"$aws:username}"}`, with("$aws:username}"), yes},
		// What the documentation leaves open.
		{`"StringLike":{"k":"${aws:PrincipalTag/team}"}`, with("redder"), unknown},
		{`"StringLike":{"k":"${aws:PrincipalTag/cost}"}`, with("a$b"), unknown},
		{`"StringEquals":{"k":"${aws:PrincipalTag/team}"}`, with("red*"), yes},
		{`"StringEquals":{"k":"${aws:PrincipalTag/cost}"}`, with("a$b"), yes},
		{`"StringEquals":{"k":"${aws:TagKeys}"}`, with("x"), unknown},
		{`"StringEquals":{"k":"${two}"}`, with("a"), unknown},
		{`"StringEquals":{"k":"${aws:username"}`, with("ann"), unknown},
		{`"StringEquals":{"k":"${}"}`, with(""), unknown},
		{`"StringEquals":{"k":"${ aws:username }"}`, with("ann"), unknown},
		{`"StringEquals":{"k":"${aws:userid,'x'}"}`, with("x"), unknown},
		{`"StringEquals":{"k":"${aws:userid, x}"}`, with("x"), unknown},
		{`"StringEquals":{"k":"${aws:userid, 'it's'}"}`, with("it's"), unknown},
		{`"StringEquals":{"k":"${aws:${aws:username}}"}`, with("ann"), unknown},
		{`"StringNotEquals":{"k":"${aws:username"}`, with("ann"), unknown},
	})
}

func TestVariablesOfOldVersionsAreText(t *testing.T) {
	for _, version := range []string{"", `"Version":"2008-10-17",`} {
		d := parse(t,
			`{`+version+`"Statement":{"Effect":"Deny","Action":"*",`+
				`"Condition":{"StringLike":{"k":"${aws:username}"}}}}`)
		c := d.Statements[0].Conditions[0]
		for value, want := range map[string]policies.Truth{"ann": no, "${aws:username}": yes} {
			if got := c.Matches(policies.Context{"aws:username": {"ann"}, "k": {value}}, d.Variables()); got != want {
				t.Errorf("%s %s: %v, want %v", version, value, got, want)
			}
		}
	}
}
