package oracle

import (
	"fmt"

	"locksmith/policies"
)

// people are calls that the owning account's principals can really make on the resource: those that take the policy
// off first, then further ones. They follow what AWS documents of each key
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html), and hold what the guards
// speak of more often than chance would have it. The number of calls that take the policy off is the second result.
func people(resource string) ([]Request, int) {
	recovery, further := []string{"s3:PutBucketPolicy", "s3:DeleteBucketPolicy"},
		[]string{"s3:GetBucketPolicy", "s3:ListBucket"}
	if resource == queue {
		recovery, further = []string{"sqs:SetQueueAttributes", "sqs:RemovePermission"}, []string{"sqs:GetQueueAttributes"}
	}
	var calls []Request
	for n := range 44 {
		g := newGenerator("people "+resource, n)
		action := recovery[n%len(recovery)]
		if n >= 36 {
			action = further[n%len(further)]
		}
		calls = append(calls, g.call(action, resource))
	}
	return calls, 36
}

// call is one of them.
func (g generator) call(action, resource string) Request {
	r := Request{Action: action, Resource: resource, Account: account, Context: map[string]any{}}
	sometimes := func(key string, values ...string) {
		if g.chance(60) {
			r.Context[key] = pick(g, values...)
		}
	}
	g.sender(&r)
	r.Context["aws:PrincipalOrgID"], r.Context["aws:ResourceOrgID"], r.Context["aws:ResourceAccount"] = organization,
		organization, account
	r.Context["aws:PrincipalOrgPaths"] = pick(g, []string{"o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/"},
		[]string{"o-a1b2c3d4e5/r-ab12/"}, []string{"o-a1b2c3d4e5/r-zz99/ou-zz99-22222222/"})
	r.Context["aws:SecureTransport"] = pick(g, "true", "true", "true", "false")
	g.network(&r)
	if action == "s3:ListBucket" && g.chance(30) { // through an access point
		r.Context["s3:DataAccessPointAccount"] = account
	}
	clock := pick(g, [2]string{"2026-11-21T12:00:00Z", "1795262400"}, [2]string{"2031-01-01T00:00:00Z", "1924992000"},
		[2]string{"2040-06-01T08:00:00Z", "2222150400"})
	r.Context["aws:CurrentTime"], r.Context["aws:EpochTime"] = clock[0], clock[1]
	sometimes("aws:PrincipalTag/team", "red", "blue", "kim", "Red", "Admin")
	sometimes("aws:UserAgent", "aws-cli/2.17", "terraform", "a", "")
	r.Context["aws:RequestedRegion"] = "eu-central-1"
	if resource == bucket {
		r.Context["s3:authType"], r.Context["s3:signatureversion"] = pick(g, "REST-HEADER", "REST-QUERY-STRING"),
			"AWS4-HMAC-SHA256"
		r.Context["s3:signatureAge"], r.Context["s3:ResourceAccount"] = pick(g, "0", "900000"), account
		if r.Context["aws:SecureTransport"] == "true" {
			r.Context["s3:TlsVersion"] = pick(g, "1.2", "1.3")
		}
	}
	g.behalf(&r)
	return r
}

// behalf makes some calls those of a service for the sender. It keeps the endpoint's keys of none of them, and may
// keep the address and the connection.
func (g generator) behalf(r *Request) {
	r.Context["aws:ViaAWSService"] = "false"
	if !g.chance(20) {
		return
	}
	r.Context["aws:ViaAWSService"] = "true"
	r.Context["aws:CalledVia"] = pick(g, []string{"cloudformation.amazonaws.com"}, []string{"athena.amazonaws.com"},
		[]string{"cloudformation.amazonaws.com", "kms.amazonaws.com"})
	for _, key := range []string{"aws:SourceVpce", "aws:SourceVpc", "aws:VpcSourceIp"} {
		delete(r.Context, key)
	}
	for _, key := range []string{"aws:SourceIp", "aws:SecureTransport", "s3:TlsVersion"} {
		if g.chance(50) {
			delete(r.Context, key)
		}
	}
}

// sender is who calls, with long-term or with temporary credentials, with MFA or without.
func (g generator) sender(r *Request) {
	name := pick(g, "Admin", "kim", "zoe")
	temporary := true
	switch r.Kind = pick(g, policies.User, policies.Role, policies.Role, policies.Federated); r.Kind {
	case policies.User:
		r.Principal = "arn:aws:iam::111122223333:user/" + pick(g, "", "team/") + name
		r.Context["aws:username"], r.Context["aws:userid"], r.Context["aws:PrincipalType"] = name, "AIDAEXAMPLEEXAMPLE000",
			"User"
		temporary = g.chance(50)
	case policies.Role:
		r.Principal, r.Session = "arn:aws:iam::111122223333:role/"+pick(g, "", "ops/")+name, pick(g, "kim", "ci")
		r.Context["aws:userid"], r.Context["aws:PrincipalType"] = fmt.Sprintf("AROAEXAMPLEEXAMPLE%03d:%s", g.IntN(2),
			r.Session), "AssumedRole"
	default:
		r.Principal = "arn:aws:sts::111122223333:federated-user/" + name
		r.Context["aws:userid"], r.Context["aws:PrincipalType"] = account+":"+name, "FederatedUser"
	}
	r.Context["aws:PrincipalArn"], r.Context["aws:PrincipalAccount"],
		r.Context["aws:PrincipalIsAWSService"] = r.Principal, account, "false"
	if r.Kind != policies.User && g.chance(40) {
		r.Context["aws:SourceIdentity"] = pick(g, "kim", "zoe")
	}
	if !temporary {
		return
	}
	r.Context["aws:TokenIssueTime"] = pick(g, "2026-11-21T11:30:00Z", "2019-05-01T00:00:00Z")
	switch mfa := pick(g, "true", "true", "false", ""); {
	case mfa == "" && r.Kind != policies.User: // users have it with temporary credentials
	case mfa != "true", r.Kind == policies.Federated:
		r.Context["aws:MultiFactorAuthPresent"] = "false"
	default:
		r.Context["aws:MultiFactorAuthPresent"] = "true"
		r.Context["aws:MultiFactorAuthAge"] = pick(g, "60", "7200")
	}
}

// network is the internet, or a VPC endpoint. Of the endpoint's keys each may be missing, but not both of the first.
func (g generator) network(r *Request) {
	if g.chance(65) {
		r.Context["aws:SourceIp"] = pick(g, "52.94.76.9", "9.9.9.9", "193.0.6.139", "2600:1f00::1", "2a00:1450::7")
		return
	}
	vpce, vpc := pick(g, endpoint, "vpce-0000aaaa"), "vpc-1a2b3c4d"
	named := pick(g, "both", "both", "endpoint", "network")
	if named != "network" {
		r.Context["aws:SourceVpce"] = vpce
	}
	if named != "endpoint" {
		r.Context["aws:SourceVpc"] = vpc
	}
	if g.chance(70) {
		r.Context["aws:VpcSourceIp"] = pick(g, "10.1.2.3", "172.16.0.9")
	}
}
