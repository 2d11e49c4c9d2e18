package lockout_test

import (
	"testing"

	"locksmith/policies/lockout"
)

// Policies that are easily judged wrong, each with its answer by hand.

// TestHardCases holds what is easily called a lockout and is none, or not for certain, and a few that are easily
// missed. The expectations are written by hand.
func TestHardCases(t *testing.T) {
	on := func(resource string) string { return statement(everyone, allS3, resource) }
	for _, row := range []struct {
		name, policy   string
		administrators []string
		want           lockout.Answer
	}{
		{"a variable in NotResource", on(`"NotResource":"arn:aws:s3:::${aws:username}"`), nil, lockout.Restricted},
		{"an unknown variable in NotResource", on(`"NotResource":"arn:aws:s3:::${foo:bar}"`), nil, lockout.Undecided},
		{"an unknown variable in Resource", on(`"Resource":"arn:aws:s3:::${foo:bar}"`), nil, lockout.Undecided},
		{"a variable in Resource that cannot be this bucket", on(`"Resource":"arn:aws:s3:::payroll/${aws:username}/*"`),
			nil, lockout.Open},
		{"a variable beside the bucket itself",
			on(`"Resource":["arn:aws:s3:::payroll","arn:aws:s3:::${aws:username}"]`), nil, lockout.Lockout},
		{"a settled variable in Resource",
			`{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"s3:*","NotResource":"arn:aws:s3:::${aws:PrincipalAccount}-logs"}}`, nil, lockout.Lockout},

		{"until a time with a fraction", denies(`{"NumericLessThan":{"aws:EpochTime":"1924992000.5"}}`), nil,
			lockout.Restricted},
		{"until the last year", denies(`{"DateLessThan":{"aws:CurrentTime":"9999-12-31T23:59:59Z"}}`), nil,
			lockout.Restricted},
		{"until a time that no date shows", denies(`{"NumericLessThan":{"aws:EpochTime":"999999999999"}}`), nil,
			lockout.Undecided},

		{"the first public IPv6 addresses left",
			denies(`{"IpAddressIfExists":{"aws:SourceIp":["0.0.0.0/0","2001::/16","2002::/15","2004::/14","2008::/13","2010::/12","2020::/11","2040::/10","2080::/9","2100::/8","2200::/7","2400::/6","2800::/5","3000::/4"]}}`), nil, lockout.Restricted},
		{"the first addresses of a VPC left",
			denies(`{"IpAddressIfExists":{"aws:VpcSourceIp":["8.0.0.0/5","16.0.0.0/4","32.0.0.0/3","64.0.0.0/2","128.0.0.0/1","::/0"]}}`), nil, lockout.Restricted},
		{"the same, and no call without one",
			denies(`{"IpAddressIfExists":{"aws:VpcSourceIp":["8.0.0.0/5","16.0.0.0/4","32.0.0.0/3","64.0.0.0/2","128.0.0.0/1","::/0"]}}`, `{"Null":{"aws:VpcSourceIp":"true"}}`), nil, lockout.Restricted},
		{"three quarters of the public addresses",
			denies(`{"NotIpAddress":{"aws:SourceIp":["0.0.0.0/1","192.0.0.0/2"]}}`), nil, lockout.Restricted},
		{"an IPv4 range written as IPv6", denies(`{"NotIpAddressIfExists":{"aws:SourceIp":"::ffff:52.94.76.0/118"}}`),
			nil, lockout.Undecided},

		{"a default without a blank",
			denies(`{"StringNotLike":{"aws:PrincipalArn":"arn:aws:iam::${aws:SourceAccount,'444455556666'}:role/x"}}`),
			nil, lockout.Undecided},
		{"a default without quotes",
			denies(`{"StringNotLike":{"aws:PrincipalArn":"arn:aws:iam::${aws:SourceAccount, 444455556666}:role/x"}}`),
			nil, lockout.Undecided},
		{"a wildcard in a default",
			denies(`{"StringNotLike":{"aws:PrincipalArn":"arn:aws:iam::${aws:SourceAccount, '*'}:role/x"}}`), nil,
			lockout.Undecided},
		{"blanks in a variable", denies(`{"StringNotEquals":{"aws:PrincipalArn":"${ aws:PrincipalAccount }"}}`), nil,
			lockout.Undecided},
		{"a multivalued key in a variable", denies(`{"StringNotEquals":{"aws:PrincipalTag/x":"${aws:TagKeys}"}}`), nil,
			lockout.Undecided},
		{"an Arn pattern that is none once it is expanded",
			denies(`{"ArnNotEquals":{"aws:PrincipalArn":"${aws:PrincipalAccount}"}}`), nil, lockout.Undecided},

		{"a session with a star in NotPrincipal",
			statement(`"NotPrincipal":{"AWS":["arn:aws:iam::111122223333:root","arn:aws:iam::111122223333:role/R","arn:aws:sts::111122223333:assumed-role/R/*"]}`, allS3, both), nil, lockout.Undecided},
		{"another partition in NotPrincipal",
			statement(`"NotPrincipal":{"AWS":["arn:aws-cn:iam::111122223333:root","arn:aws:iam::111122223333:user/u"]}`,
				allS3, both), nil, lockout.Undecided},
		{"CloudFront's identity in NotPrincipal",
			statement(`"NotPrincipal":{"AWS":["arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1","arn:aws:iam::111122223333:root"]}`, allS3, both), nil, lockout.Lockout},

		{"one administrator that nobody can be", statement(everyone, allS3, both),
			[]string{"arn:aws:iam::111122223333:role/Ops", "arn:aws:sts::111122223333:assumed-role/Break/*"},
			lockout.Undecided},
		{"one administrator of another account", statement(everyone, allS3, both),
			[]string{"arn:aws:iam::111122223333:role/Ops", "arn:aws:iam::444455556666:role/Ops"}, lockout.Lockout},

		{"an empty value and ForAnyValue", denies(`{"Null":{"aws:PrincipalTag/a":"true"}}`,
			`{"ForAnyValue:StringLike":{"aws:PrincipalTag/a":"*"}}`), nil, lockout.Undecided},
		{"letter case outside ASCII", denies(`{"StringNotEquals":{"aws:PrincipalTag/a":"`+"\u212a"+`"}}`,
			`{"StringEqualsIgnoreCase":{"aws:PrincipalTag/a":"k"}}`), nil, lockout.Undecided},
		{"letter case in ASCII", denies(`{"StringNotEquals":{"aws:PrincipalTag/a":"K"}}`,
			`{"StringEqualsIgnoreCase":{"aws:PrincipalTag/a":"k"}}`), nil, lockout.Lockout},

		{"umlauts", denies(`{"StringNotEquals":{"aws:PrincipalTag/a":"Ä"}}`,
			`{"StringEqualsIgnoreCase":{"aws:PrincipalTag/a":"ä"}}`), nil, lockout.Undecided},
		{"a role behind a variable",
			denies(`{"StringNotEquals":{"aws:PrincipalArn":"arn:aws:iam::${aws:PrincipalAccount}:role/Ops"}}`), nil,
			lockout.Restricted},
		{"a tag compared with itself", denies(`{"StringNotEquals":{"aws:PrincipalTag/a":"${aws:PrincipalTag/a}"}}`),
			nil, lockout.Restricted},
		{"a key of an endpoint that is not there", denies(`{"Null":{"aws:SourceVpce":"false"}}`,
			`{"StringNotEquals":{"aws:PrincipalTag/a":"${aws:VpceAccount}"}}`), nil, lockout.Restricted},
		{"every path of the organization",
			denies(`{"ForAnyValue:StringNotLike":{"aws:PrincipalOrgPaths":"o-a1b2c3d4e5/*"}}`), nil, lockout.Open},
		{"an effect twice",
			`{"Statement":{"Effect":"Allow","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}}`, nil,
			lockout.Undecided},
		{"a key that only a listing carries", denies(`{"Null":{"s3:AccessGrantsInstanceArn":"true"}}`), nil,
			lockout.Sealed},
		{"services that called one after the other",
			denies(`{"StringNotEquals":{"aws:CalledViaFirst":"athena.amazonaws.com"}}`,
				`{"ForAnyValue:StringEquals":{"aws:CalledVia":"athena.amazonaws.com"}}`), nil, lockout.Lockout},
		{"one service called", denies(`{"StringNotEquals":{"aws:CalledViaFirst":"athena.amazonaws.com"}}`,
			`{"ForAllValues:StringNotEquals":{"aws:CalledVia":"athena.amazonaws.com"}}`), nil, lockout.Restricted},
		{"a VPC's id for an endpoint's", denies(`{"StringNotEquals":{"aws:SourceVpce":"vpc-1a2b3c4d"}}`), nil,
			lockout.Lockout},
	} {
		t.Run(row.name, func(t *testing.T) {
			if v := judge(t, bucket, row.policy, row.administrators...); v.Answer != row.want {
				t.Errorf("%s %q %+v, want %s", v.Answer, v.Reasons, v.Witness, row.want)
			}
		})
	}
}

// TestOrganizationsAreOne: without a known organization, the id and the paths are still of one.
func TestOrganizationsAreOne(t *testing.T) {
	doc := parse(t, denies(`{"StringNotEquals":{"aws:PrincipalOrgID":"o-bbbbbbbbbb"}}`,
		`{"ForAllValues:StringNotLike":{"aws:PrincipalOrgPaths":"o-aaaaaaaaaa/*"}}`))
	if v := lockout.Judge(lockout.Question{Policy: doc, Resource: bucket, Account: account,
		Now: now}); v.Answer != lockout.Undecided {
		t.Errorf("%s %q %+v", v.Answer, v.Reasons, v.Witness)
	}
}
