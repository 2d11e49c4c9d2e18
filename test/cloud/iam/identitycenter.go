package iam

import (
	"strings"
	"time"

	"locksmith/policies"
	"locksmith/test/cloud/front"
)

// centerPath is where Identity Center makes its roles, where it is at home in us-east-1
// (https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html).
const centerPath = "/aws-reserved/sso.amazonaws.com/"

// Assign lets Identity Center make the role of a permission set in an account, with a suffix that it has not used
// before. It returns the role's name.
func (s *Identities) Assign(account, permissionSet string) string {
	s.front.Lock()
	defer s.front.Unlock()
	i := s.put(&identity{kind: policies.Role, account: account, path: centerPath, longest: 3600,
		name: "AWSReservedSSO_" + permissionSet + "_" + front.RandomID(8),
		trust: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::` + account +
			`:saml-provider/AWSSSO_0000000000000000_DO_NOT_DELETE"},"Action":["sts:AssumeRoleWithSAML",` +
			`"sts:TagSession"],"Condition":{"StringEquals":{"SAML:aud":"https://signin.aws.amazon.com/saml"}}}]}`})
	s.byCenter(i, "CreateRole", map[string]any{"roleName": i.name, "path": i.path,
		"assumeRolePolicyDocument": i.trust, "maxSessionDuration": i.longest}, shown{of: i}.recorded())
	return i.name
}

// Unassign lets Identity Center delete such a role, as it does with the last assignment of its permission set.
func (s *Identities) Unassign(account, role string) {
	s.front.Lock()
	defer s.front.Unlock()
	if i := s.here(account, policies.Role, role); i != nil {
		s.remove(i)
		s.byCenter(i, "DeleteRole", map[string]any{"roleName": i.name}, nil)
	}
}

// byCenter records a call that Identity Center made by its service-linked role
// (https://docs.aws.amazon.com/singlesignon/latest/userguide/slrconcept.html).
func (s *Identities) byCenter(i *identity, call string, parameters, response any) {
	const name, service = "AWSServiceRoleForSSO", "sso.amazonaws.com"
	now := s.front.Now().UTC().Format(time.RFC3339)
	linked := s.here(i.account, policies.Role, name)
	if linked == nil {
		linked = s.put(&identity{kind: policies.Role, account: i.account, path: "/aws-service-role/" + service + "/",
			name: name, longest: 3600, trust: strings.Replace(ownTrust(i.account),
				`{"AWS":"arn:aws:iam::`+i.account+`:root"}`, `{"Service":"`+service+`"}`, 1)})
	}
	s.front.Tell(front.Event{Service: "iam", DetailType: "AWS API Call via CloudTrail", Account: i.account,
		Region: "us-east-1", Record: map[string]any{"eventType": "AwsApiCall", "eventName": call,
			"requestID": front.UUID(), "requestParameters": parameters, "responseElements": response,
			"sourceIPAddress": service, "userAgent": service,
			"userIdentity": map[string]any{"type": "AssumedRole", "invokedBy": service, "accountId": i.account,
				"principalId": linked.id + ":AWS-SSO",
				"arn":         "arn:aws:sts::" + i.account + ":assumed-role/" + name + "/AWS-SSO",
				"sessionContext": map[string]any{
					"attributes": map[string]any{"creationDate": now, "mfaAuthenticated": "false"},
					"sessionIssuer": map[string]any{"type": "Role", "principalId": linked.id, "arn": linked.arn(),
						"accountId": i.account, "userName": name}}}}})
}
