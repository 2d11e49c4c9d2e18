package sweep

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// harmless is a policy that locks nobody out, or none.
func harmless(r *rand.Rand, service, arn string) string {
	deny := func(action, resource, condition string) string { return statement("*", action, resource, condition) }
	switch n := r.IntN(100); {
	case n < 70:
		return ""
	case n < 80: // TLS only
		return deny(service+":*", arn, `{"Bool":{"aws:SecureTransport":"false"}}`)
	case n < 85: // of the data alone
		if service == "sqs" {
			return deny("sqs:SendMessage", arn, "")
		}
		return deny("s3:*", arn+"/*", "")
	case n < 90: // all but the administrators
		return deny(service+":*", arn, `{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/OrganizationAccountAccessRole"}}`)
	case n < 95: // another organization's
		return deny(service+":*", arn, `{"StringNotEqualsIfExists":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}`)
	}
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},`+
		`"Action":"%s:%s","Resource":%q}]}`, service, map[string]string{"s3": "GetObject", "sqs": "SendMessage"}[service],
		map[string]string{"s3": arn + "/*", "sqs": arn}[service])
}

func statement(principal, action, resource, condition string) string {
	if condition != "" {
		condition = `,"Condition":` + condition
	}
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Sid":"Lock","Effect":"Deny","Principal":%q,"Action":%q,`+
		`"Resource":%q%s}]}`, principal, action, resource, condition)
}

// A lock is a kind of policy that locks all administrators out.
type lock struct {
	name   string
	policy func(service, arn, account string) string
}

// byRule is the kind that locks only where a rule names its administrators.
const byRule = "everybody but a pipeline"

// locks are of many kinds: by hand, each as people write them.
func locks() []lock {
	all := func(condition string) func(service, arn, account string) string {
		return func(service, arn, account string) string {
			return statement("*", service+":*", arn, strings.ReplaceAll(condition, "ACCOUNT", account))
		}
	}
	return []lock{
		{"everybody", all("")},
		{byRule, all(`{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::ACCOUNT:role/Pipeline"}}`)},
		{"everybody but a session, which no key ever is",
			all(`{"StringNotLike":{"aws:PrincipalArn":"arn:aws:sts::ACCOUNT:assumed-role/OrganizationAccountAccessRole/*"}}`)},
		{"a star that is literal",
			all(`{"StringNotEquals":{"aws:PrincipalArn":"arn:aws:iam::ACCOUNT:role/*"}}`)},
		{"everybody but a role that was deleted",
			all(`{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::ACCOUNT:role/Admin-2"}}`)},
		{"everybody but roles of a name that nobody has any more",
			all(`{"ArnNotLike":{"aws:PrincipalArn":["arn:aws:iam::*:role/Admin-old-*","arn:aws:iam::ACCOUNT:role/Admin-3"]}}`)},
		{"everybody but the root user", all(`{"ArnNotEquals":{"aws:PrincipalArn":"arn:aws:iam::ACCOUNT:root"}}`)},
		{"by two statements", func(service, arn, _ string) string {
			one := func(sid, operator string) string {
				return fmt.Sprintf(`{"Sid":%q,"Effect":"Deny","Principal":"*","Action":"%s:*","Resource":%q,"Condition":{%q:`+
					`{"aws:PrincipalArn":"arn:aws:iam::*:role/*"}}}`, sid, service, arn, operator)
			}
			return `{"Version":"2012-10-17","Statement":[` + one("A", "ArnLike") + "," + one("B", "ArnNotLike") + `]}`
		}},
		{"by NotAction", func(_, arn, _ string) string {
			return fmt.Sprintf(`{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":{"AWS":"*"},`+
				`"NotAction":"iam:*","Resource":%q}}`, arn)
		}},
		{"with an Allow beside it", func(service, arn, account string) string {
			return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":`+
				`"arn:aws:iam::%s:root"},"Action":"%s:*","Resource":%q},{"Effect":"Deny","Principal":"*","Action":"*",`+
				`"Resource":"*"}]}`, account, service, arn)
		}},
		{"for all values of a key that nobody has",
			all(`{"ForAllValues:StringNotEquals":{"aws:PrincipalOrgPaths":["o-zzzzzzzzzz/*"]},` +
				`"StringNotEquals":{"aws:PrincipalArn":"nobody"}}`)},
	}
}
