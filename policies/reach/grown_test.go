package reach_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"

	"locksmith/test/cloud/front"
	"locksmith/test/cloud/place"
)

// What statements are made of.
var (
	someActions = []any{"*", "s3:*", "sqs:*", "sts:*", "s3:*BucketPolicy", "s3:PutBucketPolicy", "s3:Delete*", "S3:get*",
		"sqs:SetQueueAttributes", "sqs:Get*", "sqs:List*", "s3:ListAllMyBuckets", "sts:AssumeRoot", "ec2:*",
		[]string{"s3:PutBucketPolicy", "sqs:SetQueueAttributes"}, []string{"s3:*", "sqs:*", "sts:*"}}
	someResources = []any{"*", "*", "*", "*", "arn:aws:s3:::*", "arn:aws:s3:::finance-*", "arn:aws:s3:::*/*",
		"arn:aws:s3:::team-?-*", "arn:aws:s3:::???*", "arn:aws:sqs:*:*:*", "arn:aws:sqs:eu-*:111122223333:*",
		"arn:aws:sqs:*:*:finance-*", "arn:aws:sqs:*:*:?", "arn:aws:iam::111122223333:root", "arn:aws:iam::*:root",
		"arn:aws:s3:::${aws:PrincipalAccount}-*", []string{"arn:aws:s3:::abc-*", "arn:aws:sqs:*:444455556666:*"}}
	operators = []string{"StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "ArnLike", "ArnNotLike",
		"StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"}
	someKeys = map[string][]any{
		"aws:PrincipalArn": {"arn:aws:iam::*:root", "arn:aws:iam::111122223333:root", "arn:aws:iam::*:role/*",
			"arn:aws:iam::*:role/Locksmith", "arn:aws:iam::999988887777:*", "arn:*:iam::1*:root"},
		"aws:PrincipalOrgID":       {organization, "o-zzzzzzzzzz", "o-*", "${aws:ResourceOrgID}"},
		"aws:ResourceOrgID":        {organization, "o-zzzzzzzzzz", "${aws:PrincipalOrgID}"},
		"aws:PrincipalAccount":     {place.Owner, place.Central, "${aws:ResourceAccount}", "4*"},
		"aws:ResourceAccount":      {place.Owner, "444455556666", "${aws:PrincipalAccount}"},
		"aws:RequestedRegion":      {"eu-central-1", home, "eu-*", []string{"eu-central-1", home}, []string{"us-east-1"}},
		"aws:PrincipalType":        {"Account", "AssumedRole", "User"},
		"aws:userid":               {place.Owner, "AROA*", "*"},
		"aws:username":             {"admin", "*"},
		"aws:SourceVpc":            {"vpc-11112222", "vpc-*", "*"},
		"aws:SourceVpce":           {"vpce-1a2b3c4d", []string{"vpce-1", "vpce-2"}},
		"aws:PrincipalTag/team":    {"core", "*"},
		"aws:ResourceTag/env":      {"prod", "*"},
		"aws:SourceIdentity":       {"kim", "*"},
		"aws:SourceAccount":        {place.Owner, "${aws:ResourceAccount}"},
		"aws:UserAgent":            {"curl*", "*"},
		"aws:Referer":              {"https://example.com/*"},
		"sts:TaskPolicyArn":        {"arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy", "*SQSUnlockQueuePolicy"},
		"s3:authType":              {"REST-HEADER", "POST"},
		"s3:signatureversion":      {"AWS4-HMAC-SHA256", "AWS"},
		"s3:prefix":                {"home/*", "home/${aws:username}"},
		"s3:x-amz-acl":             {"private"},
		"s3:ResourceAccount":       {place.Owner, "${aws:PrincipalAccount}"},
		"kms:ViaService":           {"s3.us-east-1.amazonaws.com"},
		"lambda:SourceFunctionArn": {"arn:aws:lambda:*:*:function:*"},
		"made:Up":                  {"x"},
	}
	wholeConditions = []string{
		`{"Null":{"aws:AssumedRoot":"true"}}`, `{"Null":{"aws:AssumedRoot":"false"}}`, `{"Bool":{"aws:AssumedRoot":"true"}}`,
		`{"BoolIfExists":{"aws:AssumedRoot":"false"}}`, `{"Bool":{"aws:SecureTransport":"false"}}`,
		`{"Bool":{"aws:SecureTransport":"true"}}`, `{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}`,
		`{"Bool":{"aws:MultiFactorAuthPresent":"false"}}`, `{"Bool":{"aws:PrincipalIsAWSService":"false"}}`,
		`{"Bool":{"aws:ViaAWSService":"true"}}`, `{"IpAddress":{"aws:SourceIp":"198.51.99.0/24"}}`,
		`{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}}`, `{"NotIpAddressIfExists":{"aws:SourceIp":"203.0.113.0/24"}}`,
		`{"DateGreaterThan":{"aws:CurrentTime":"2020-01-01T00:00:00Z"}}`,
		`{"DateLessThan":{"aws:CurrentTime":"2026-11-21T08:30:00Z"}}`,
		`{"DateLessThan":{"aws:TokenIssueTime":"2026-11-21T07:30:00Z"}}`,
		`{"DateGreaterThan":{"aws:EpochTime":"1600000000"}}`, `{"NumericLessThan":{"s3:TlsVersion":"1.2"}}`,
		`{"NumericLessThan":{"s3:signatureAge":"600000"}}`, `{"Null":{"aws:SourceVpce":"true"}}`,
		`{"Null":{"aws:SourceIp":"true"}}`, `{"Null":{"aws:UserAgent":"true"}}`, `{"StringEqualz":{"aws:PrincipalArn":"x"}}`,
		`{"stringequals":{"aws:PrincipalAccount":"111122223333"}}`, `{"Bool":{"aws:AssumedRoot":"True"}}`,
		`{"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-a1b2c3d4e5/r-a1b2/ou-a1b2-11111111/*"}}`,
		`{"ForAllValues:StringNotLike":{"aws:PrincipalOrgPaths":"o-a1b2c3d4e5/r-a1b2/ou-a1b2-33333333/*"}}`,
		`{"ForAnyValue:StringEquals":{"aws:ResourceOrgPaths":"o-a1b2c3d4e5/r-a1b2/ou-a1b2-11111111/ou-a1b2-22222222/"}}`,
		`{"StringLike":{"aws:PrincipalOrgPaths":"o-a1b2c3d4e5/*"}}`, `{"ForAllValues:StringEquals":{"aws:TagKeys":["a"]}}`,
		`{"ForAnyValue:StringEquals":{"aws:CalledVia":"cloudformation.amazonaws.com"}}`,
	}
)

func pick[T any](random *rand.Rand, from []T) T { return from[random.IntN(len(from))] }

// grown is a policy of one to three statements, most of which deny.
func grown(random *rand.Rand, kind string, n int) string {
	var statements []map[string]any
	for i := range random.IntN(2) + 1 {
		s := map[string]any{"Sid": fmt.Sprintf("S%d%d", n, i), "Effect": "Deny"}
		s[pick(random, []string{"Action", "Action", "Action", "NotAction"})] = pick(random, someActions)
		s[pick(random, []string{"Resource", "Resource", "Resource", "NotResource"})] = pick(random, someResources)
		if kind == front.RCP {
			s["Principal"] = "*"
		} else if random.IntN(5) == 0 {
			s["Effect"] = "Allow"
		}
		if c := conditions(random); len(c) > 0 {
			s["Condition"] = c
		}
		statements = append(statements, s)
	}
	return written(statements)
}

// allows is an allow-list of services, which may leave one out or be for some resources.
func allows(random *rand.Rand) string {
	s := map[string]any{"Sid": "List", "Effect": "Allow", "Action": pick(random, someActions),
		"Resource": pick(random, someResources)}
	if random.IntN(3) == 0 {
		s["Condition"] = conditions(random)
	}
	return written([]map[string]any{s,
		{"Effect": "Allow", "NotAction": pick(random, someActions), "Resource": "*"}})
}

func written(statements []map[string]any) string {
	text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
	if err != nil {
		panic(err)
	}
	return string(text)
}

// conditions are none to two.
func conditions(random *rand.Rand) map[string]any {
	all := map[string]any{}
	names := slices.Sorted(func(yield func(string) bool) {
		for name := range someKeys {
			if !yield(name) {
				return
			}
		}
	})
	for range random.IntN(3) {
		if random.IntN(2) == 0 {
			var whole map[string]any
			_ = json.Unmarshal([]byte(pick(random, wholeConditions)), &whole)
			for operator, keys := range whole {
				all[operator] = keys
			}
			continue
		}
		key, operator := pick(random, names), pick(random, operators)
		value := pick(random, someKeys[key])
		switch random.IntN(6) {
		case 0:
			operator += "IfExists"
		case 1:
			operator, value = "Null", pick(random, []any{"true", "false"})
		}
		if at, ok := all[operator].(map[string]any); ok {
			at[key] = value
		} else {
			all[operator] = map[string]any{key: value}
		}
	}
	return all
}
