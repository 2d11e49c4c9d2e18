package exhaustive

// A guard is a key, with operators and values that policies put on it: right ones, wrong ones, and some that look
// right.
type guard struct {
	key       string
	operators []string
	values    []string
}

var (
	texts = []string{"StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase",
		"StringNotEqualsIgnoreCase"}
	globs = []string{"StringLike", "StringNotLike"}
	arns  = []string{"ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike", "StringLike", "StringNotLike",
		"StringEquals", "StringNotEquals"}
	nets  = []string{"IpAddress", "NotIpAddress", "NotIpAddress"}
	dates = []string{"DateLessThan", "DateGreaterThan", "DateLessThanEquals", "DateGreaterThanEquals", "DateEquals",
		"DateNotEquals"}
	numerics = []string{"NumericLessThan", "NumericGreaterThan", "NumericLessThanEquals", "NumericGreaterThanEquals",
		"NumericEquals",
		"NumericNotEquals"}
	flags = []string{"Bool", "Bool", "Bool", "StringEquals", "StringNotEquals"}
	lists = []string{"ForAnyValue:StringEquals", "ForAllValues:StringEquals", "ForAnyValue:StringLike",
		"ForAllValues:StringLike",
		"ForAnyValue:StringNotEquals", "ForAllValues:StringNotEquals", "ForAnyValue:StringNotLike",
		"ForAllValues:StringNotLike"}
	booleans = []string{"true", "false"}
)

var guards = []guard{
	{"aws:PrincipalArn", arns, []string{"arn:aws:iam::111122223333:role/Ops", "arn:aws:iam::111122223333:role/Admin",
		"arn:aws:iam::111122223333:role/team-*",
		"arn:aws:iam::111122223333:role/*", "arn:aws:iam::111122223333:user/alice", "arn:aws:iam::111122223333:user/*",
		"arn:aws:iam::111122223334:role/Ops", "arn:aws:sts::111122223333:assumed-role/Admin/*",
		"arn:aws:iam::111122223333:root",
		"arn:aws:iam::*:role/Ops", "arn:aws:iam::111122223333:role/*/Deploy?", "*:role/Ops",
		"arn:aws:sts::111122223333:federated-user/bob",
		"arn:aws:iam::111122223333:role/aws-service-role/*",
		"arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_Admin_*",
		"arn:*:iam::111122223333:*", "*"}},
	{"aws:PrincipalAccount", texts, []string{"111122223333", "999988887777", "1111*"}},
	{"aws:ResourceAccount", texts, []string{"111122223333", "999988887777"}},
	{"aws:PrincipalOrgID", texts, []string{"o-a1b2c3d4e5", "o-zzzzzzzzzz", "o-*"}},
	{"aws:ResourceOrgID", texts, []string{"o-a1b2c3d4e5", "o-zzzzzzzzzz"}},
	{"aws:PrincipalOrgPaths", lists, []string{"o-a1b2c3d4e5/*", "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/*",
		"o-a1b2c3d4e5/r-ab12/", "o-zzzzzzzzzz/*"}},
	{"aws:PrincipalType", texts, []string{"User", "AssumedRole", "FederatedUser", "Account", "*User"}},
	{"aws:userid", texts, []string{"AROACKCEVSQ6C2EXAMPLE:*", "AROACKCEVSQ6C2EXAMPLE", "AIDACKCEVSQ6C2EXAMPLE",
		"*:deploy", "111122223333:bob", "111122223333", "AIDA*", "AROA*"}},
	{"aws:username", texts, []string{"alice", "svc-*", "*", "*-admin", "alice?"}},
	{"aws:PrincipalTag/team", texts, []string{"ops", "dev-*", "*", "Ops", "a$b", ""}},
	{"aws:PrincipalTag/breakglass", texts, []string{"true", "yes"}},
	{"aws:PrincipalIsAWSService", flags, booleans},
	{"aws:ViaAWSService", flags, booleans},
	{"aws:CalledVia", lists, []string{"cloudformation.amazonaws.com", "athena.amazonaws.com",
		"*formation.amazonaws.com"}},
	{"aws:CalledViaFirst", texts, []string{"cloudformation.amazonaws.com", "athena.amazonaws.com"}},
	{"aws:CalledViaLast", texts, []string{"cloudformation.amazonaws.com", "kms.amazonaws.com"}},
	{"aws:SourceIp", nets, []string{"52.94.76.0/24", "10.0.0.0/8", "203.0.113.0/24", "0.0.0.0/0", "::/0", "8.8.8.8",
		"2600:1f00::/24", "0.0.0.0/1",
		"128.0.0.0/1", "192.0.0.0/24", "fd00::/8", "54.0.0.0/8"}},
	{"aws:SourceVpce", texts, []string{"vpce-1a2b3c4d", "vpce-0aa", "vpce-*", "vpc-1a2b3c4d", "*"}},
	{"aws:SourceVpc", texts, []string{"vpc-1a2b3c4d", "vpc-0bb", "vpc-*", "vpce-1a2b3c4d"}},
	{"aws:SourceVpcArn", arns, []string{"arn:aws:ec2:us-east-1:*:vpc/vpc-1a2b3c4d",
		"arn:aws:ec2:us-east-1:111122223333:vpc/vpc-0bb", "arn:aws:ec2:*:*:vpc/*"}},
	{"aws:VpcSourceIp", nets, []string{"10.0.0.0/8", "10.1.0.0/16", "0.0.0.0/0"}},
	{"aws:VpceAccount", texts, []string{"111122223333", "999988887777"}},
	{"aws:VpceOrgID", texts, []string{"o-a1b2c3d4e5"}},
	{"aws:SecureTransport", flags, booleans},
	{"s3:TlsVersion", numerics, []string{"1.2", "1.3", "1.1"}},
	{"aws:CurrentTime", dates, []string{"2031-01-01T00:00:00Z", "2020-01-01T00:00:00Z", "2026-11-21T12:00:00Z",
		"2027-01-01T00:00:00Z"}},
	{"aws:EpochTime", append(numerics, dates...), []string{"1924992000", "1577836800", "1795262400"}},
	{"aws:TokenIssueTime", dates, []string{"2031-01-01T00:00:00Z", "2020-01-01T00:00:00Z", "2026-11-21T12:00:00Z"}},
	{"aws:MultiFactorAuthPresent", flags, booleans},
	{"aws:MultiFactorAuthAge", numerics, []string{"3600", "300", "0"}},
	{"aws:SourceArn", arns, []string{"arn:aws:sns:eu-west-1:111122223333:topic", "arn:aws:s3:::*"}},
	{"aws:SourceAccount", texts, []string{"111122223333"}},
	{"aws:SourceOrgID", texts, []string{"o-a1b2c3d4e5"}},
	{"aws:UserAgent", texts, []string{"*aws-cli*", "curl/8", "*"}},
	{"aws:Referer", texts, []string{"https://example.com/*", "*", "secret"}},
	{"aws:RequestedRegion", texts, []string{"eu-west-1", "us-east-1", "eu-*"}},
	{"s3:authType", texts, []string{"REST-HEADER", "REST-QUERY-STRING"}},
	{"s3:signatureversion", texts, []string{"AWS4-HMAC-SHA256", "AWS"}},
	{"s3:signatureAge", numerics, []string{"600000", "0"}},
	{"s3:prefix", texts, []string{"home/*", "", "home/${aws:username}/*"}},
	{"s3:x-amz-server-side-encryption", texts, []string{"aws:kms", "AES256"}},
	{"s3:DataAccessPointAccount", texts, []string{"111122223333", "999988887777"}},
	{"s3:AccessPointNetworkOrigin", texts, []string{"VPC", "Internet"}},
	{"aws:ResourceTag/stage", texts, []string{"prod", "dev"}},
	{"aws:ResourceTag/stage", globs, []string{"prod", "dev-*", "*"}},
	{"s3:BucketTag/stage", globs, []string{"prod", "*"}},
	{"aws:SourceIdentity", texts, []string{"alice", "*", "svc-*"}},
	{"aws:FederatedProvider", texts, []string{"arn:aws:iam::111122223333:saml-provider/corp", "accounts.google.com",
		"*"}},
	{"lambda:SourceFunctionArn", arns, []string{"arn:aws:lambda:eu-west-1:111122223333:function:deploy",
		"arn:aws:lambda:*:*:function:*"}},
	{"aws:Ec2InstanceSourceVpc", texts, []string{"vpc-1a2b3c4d"}},
	{"aws:RequestTag/team", texts, []string{"ops"}},
	{"aws:TagKeys", lists, []string{"team"}},
	{"aws:AssumedRoot", flags, booleans},
	{"aws:PrincipalServiceName", texts, []string{"logging.s3.amazonaws.com"}},
	{"aws:PrincipalServiceNamesList", lists, []string{"logging.s3.amazonaws.com"}},
	{"aws:Nonsense", texts, []string{"x"}},
}

// ties are conditions with variables.
var ties = []Condition{
	on("StringNotEquals", "aws:PrincipalTag/team", "${aws:ResourceTag/team}"),
	on("StringEquals", "aws:PrincipalTag/team", "${aws:ResourceTag/team}"),
	on("StringNotEquals", "aws:ResourceTag/team", "${aws:PrincipalTag/team}"),
	on("StringNotEqualsIfExists", "aws:ResourceTag/team", "${aws:PrincipalTag/team, 'none'}"),
	on("StringNotLike", "aws:ResourceTag/team", "${aws:PrincipalTag/team}-*"),
	on("StringLike", "aws:ResourceTag/team", "*${aws:PrincipalTag/team}*"),
	on("StringEqualsIgnoreCase", "aws:ResourceTag/team", "${aws:PrincipalTag/team}"),
	on("StringNotEquals", "aws:PrincipalTag/owner", "${aws:username}"),
	on("StringEquals", "aws:username", "${aws:PrincipalTag/owner}"),
	on("StringNotLike", "aws:PrincipalArn", "arn:aws:iam::111122223333:user/${aws:PrincipalTag/owner}"),
	on("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::111122223333:role/${aws:PrincipalTag/team}-*"),
	on("ArnNotEquals", "aws:PrincipalArn", "arn:aws:iam::${aws:PrincipalAccount}:role/Ops"),
	on("ArnNotEquals", "aws:PrincipalArn", "arn:aws:iam::${aws:ResourceAccount}:user/${aws:username}"),
	on("StringNotEquals", "aws:ResourceAccount", "${aws:PrincipalAccount}"),
	on("StringNotEquals", "aws:PrincipalOrgID", "${aws:ResourceOrgID}"),
	on("StringNotEquals", "aws:SourceIdentity", "${aws:username}"),
	on("StringNotEquals", "aws:SourceIdentity", "${aws:PrincipalTag/owner}"),
	on("StringNotLike", "aws:userid", "*:${aws:SourceIdentity}"),
	on("StringEquals", "aws:PrincipalTag/team", "${aws:PrincipalTag/owner}", "ops"),
	on("StringNotEquals", "aws:SourceVpc", "${aws:PrincipalTag/vpc}"),
	on("StringNotEquals", "aws:Ec2InstanceSourceVpc", "${aws:SourceVpc}"),
	on("StringNotEquals", "aws:UserAgent", "${aws:Referer}"),
	on("StringEquals", "aws:PrincipalTag/team", "${*}", "${$}"),
	on("StringNotLike", "s3:prefix", "home/${aws:username}/*"),
	on("StringNotEquals", "aws:PrincipalTag/team", "${aws:SourceAccount}"),
	on("StringNotEquals", "aws:VpceOrgID", "${aws:PrincipalOrgID}"),
	on("StringNotEquals", "aws:VpceAccount", "${aws:PrincipalAccount}"),
}
