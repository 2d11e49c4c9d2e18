package oracle

// A subject is a condition key that generated policies speak of.
type subject struct {
	key     string
	several bool     // it holds several values
	holds   []string // what requests may hold
	asked   []string // what policies compare it with, besides what the request holds and variations of it
}

const (
	account = "111122223333"
	bucket  = "arn:aws:s3:::payroll"
	queue   = "arn:aws:sqs:eu-central-1:111122223333:jobs"
)

// calls are the actions with their resources, and what each carries besides the global keys.
var calls = []struct {
	action, resource string
	subjects         map[string][]subject // by family
}{
	{"s3:PutBucketPolicy", bucket, s3Keys},
	{"s3:DeleteBucketPolicy", bucket, s3Keys},
	{"s3:ListBucket", bucket, map[string][]subject{
		"strings": {{key: "s3:prefix", holds: []string{"home/kim/", "home/", "a.b+c", ""},
			asked: []string{"home/*", "*", "a?b*"}}, {key: "s3:delimiter", holds: []string{"/"}, asked: []string{"?"}}},
		"numbers": {{key: "s3:max-keys", holds: []string{"10", "1000", "0"}, asked: []string{"10", "10.0", "010", "1000",
			"-1"}}}}},
	{"s3:PutObject", bucket + "/reports/2026/q1.csv", map[string][]subject{
		"strings": {{key: "s3:x-amz-acl", holds: []string{"private", "public-read"}, asked: []string{"public-*", "Private"}}},
		"arns": {{key: "s3:x-amz-server-side-encryption-aws-kms-key-id",
			holds: []string{"arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"},
			asked: []string{"arn:aws:kms:*:111122223333:key/*"}}},
		"sets": {{key: "s3:RequestObjectTagKeys", several: true, holds: []string{"team", "cost", "Team"},
			asked: []string{"t*", "owner"}}}}},
	{"sqs:SetQueueAttributes", queue, nil},
	{"sqs:SendMessage", queue, nil},
}

var s3Keys = map[string][]subject{
	"strings": {{key: "s3:authType", holds: []string{"REST-HEADER", "REST-QUERY-STRING", "POST"},
		asked: []string{"REST-*"}}},
	"numbers": {{key: "s3:TlsVersion", holds: []string{"1.2", "1.3"}, asked: []string{"1.2", "1.20", "1", "1.25"}},
		{key: "s3:signatureAge", holds: []string{"0", "600000"}, asked: []string{"600000", "1e3"}}},
}

// global are the keys that any call may carry, by family. Those of the caller (see caller) are set with it.
var global = map[string][]subject{
	"strings": {
		{key: "aws:PrincipalTag/team", holds: []string{"red", "blue", "Red", "r*d", "re.d", ""},
			asked: []string{"r*", "*", "b?ue", "RED", "r[e]d", "r.d"}},
		{key: "aws:ResourceTag/team", holds: []string{"red", "blue"}, asked: []string{"?ed"}},
		{key: "aws:UserAgent", holds: []string{"aws-cli/2.17 (x)", "terraform"},
			asked: []string{"aws-*", "*(x)", "aws-cli/?.*"}},
		{key: "aws:SourceVpce", holds: []string{"vpce-1a2b3c4d", "vpce-0000aaaa"}, asked: []string{"vpce-1*", "vpce-*"}},
		{key: "aws:SourceIdentity", holds: []string{"kim", "zoe"}, asked: []string{"k?m", "K*"}},
		{key: "aws:RequestedRegion", holds: []string{"eu-central-1", "us-east-1"}, asked: []string{"eu-*", "us-*"}},
		{key: "aws:PrincipalOrgID", holds: []string{"o-a1b2c3d4e5"}, asked: []string{"o-zzzzzzzzzz", "o-*"}},
		{key: "aws:SourceAccount", holds: []string{account, "444455556666"}, asked: []string{"1111*"}},
		{key: "aws:Referer", holds: []string{"https://example.com/a?b", "line\nbreak"},
			asked: []string{"https://*", "*break", "line*"}},
	},
	"arns": {
		{key: "aws:SourceArn", holds: []string{"arn:aws:sns:eu-central-1:111122223333:t", "arn:aws:s3:::other",
			"arn:aws:logs:eu-central-1:111122223333:log-group:a:b"},
			asked: []string{"arn:aws:sns:*:*:*", "arn:*:*:*:*:*", "arn:aws:s3:::*", "arn:aws:logs:*:*:log-group:*",
				"arn:aws:sns:eu*:1111?2223333:?"}},
		{key: "aws:PrincipalArn", asked: []string{"arn:aws:iam::111122223333:role/*", "arn:aws:iam::*:user/k*",
			"arn:aws:iam::111122223333:root", "arn:aws:sts::111122223333:assumed-role/Admin/*",
			"arn:aws:iam::444455556666:role/Admin", "arn:aws:iam::111122223333:*", "arn:*:iam::*:*/Admin"}},
	},
	"addresses": {
		{key: "aws:SourceIp", holds: []string{"52.94.76.9", "198.51.99.7", "10.1.2.3", "2600:1f00::1", "2001:db8::42",
			"203.0.113.255"},
			asked: []string{"52.94.76.0/22", "10.0.0.0/8", "0.0.0.0/0", "::/0", "198.51.99.7", "2600::/12", "203.0.113.7/24",
				"203.0.113.254/31", "2001:0db8:0000::/48", "128.0.0.0/1", "2600:1f00::1/128", "2600:1f00:0::1/128"}},
		{key: "aws:VpcSourceIp", holds: []string{"10.1.2.3", "172.16.0.9"}, asked: []string{"10.0.0.0/8", "172.16.0.0/12",
			"10.1.2.3/32", "10.1.2.3"}},
	},
	"numbers": {{key: "aws:MultiFactorAuthAge", holds: []string{"0", "60", "3600"},
		asked: []string{"0", "60", "60.5", "3600", "-5", "+60", "100000000000000000000"}}},
	"dates": {
		{key: "aws:CurrentTime", holds: []string{"2026-11-21T12:00:00Z", "2026-11-21T12:00:00.500Z", "2031-01-01T00:00:00Z"},
			asked: []string{"2026-11-21T12:00:00Z", "2026-11-21T13:00:00+01:00", "2026-11-21", "2031-01",
				"2020-01-01T00:00:00Z", "2026-11-21T12:00Z", "1795262400"}},
		{key: "aws:TokenIssueTime", holds: []string{"2026-11-21T11:59:00Z", "2017-01-01T00:00:00Z"},
			asked: []string{"2026-11-21T11:59:00Z", "2020-01-01T00:00:00Z"}},
		{key: "aws:EpochTime", holds: []string{"1795262400", "1924992000"}, asked: []string{"1795262400", "1577836800",
			"2031-01-01T00:00:00Z"}},
	},
	"booleans": {
		{key: "aws:SecureTransport", holds: []string{"true", "false"}, asked: []string{"true", "false"}},
		{key: "aws:MultiFactorAuthPresent", holds: []string{"true", "false"}, asked: []string{"true", "false"}},
		{key: "aws:ViaAWSService", holds: []string{"true", "false"}, asked: []string{"true", "false"}},
	},
	"binaries": {{key: "aws:PrincipalTag/blob", holds: []string{"QmluYXJ5", "AAEC", ""},
		asked: []string{"QmluYXJ5", "AAEC", "AAED"}}},
	"sets": {
		{key: "aws:PrincipalOrgPaths", several: true, holds: []string{"o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/",
			"o-a1b2c3d4e5/r-ab12/", "o-zzzzzzzzzz/r-zz99/"},
			asked: []string{"o-a1b2c3d4e5/*", "o-*/r-ab12/*", "o-zzzzzzzzzz/r-zz99/"}},
		{key: "aws:CalledVia", several: true, holds: []string{"cloudformation.amazonaws.com", "athena.amazonaws.com",
			"dynamodb.amazonaws.com"}, asked: []string{"athena.*", "*.amazonaws.com", "kms.amazonaws.com"}},
		{key: "aws:TagKeys", several: true, holds: []string{"team", "cost", "Team"}, asked: []string{"team", "c*", "TEAM"}},
	},
}

// operators by family. Those of the negated kind are true of an absent key.
var operators = map[string][]string{
	"strings": {"StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike",
		"StringNotLike"},
	"arns":      {"ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike", "StringLike", "StringNotLike", "StringEquals"},
	"addresses": {"IpAddress", "NotIpAddress"},
	"numbers": {"NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan",
		"NumericGreaterThanEquals"},
	"dates": {"DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan",
		"DateGreaterThanEquals"},
	"booleans": {"Bool"},
	"binaries": {"BinaryEquals"},
	"sets": {"StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike",
		"StringNotLike"},
}
