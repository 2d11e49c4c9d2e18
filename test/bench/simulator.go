package main

import (
	"strconv"
	"strings"
)

// simulated asks for one call of an ordinary administrator, or of one of those who are named. Denied, it says locked:
// that is as much as one evaluation can tell.
func simulated(cases []Case) Contender { return simulatedFor(cases, 30) }

// simulatedFor times so many rounds for each policy, each time round.
func simulatedFor(cases []Case, rounds int) Contender {
	c := Contender{Name: "iam-simulate 0.1.173", Asked: "one ordinary administrator's call; denied counts as locked"}
	var folder string
	if folder, c.Missing = installed("test/oracle/install.sh"); c.Missing != nil {
		return c
	}
	var questions []any
	for _, one := range cases {
		questions = append(questions, map[string]any{"id": one.ID, "policy": one.Policy, "request": ordinary(one)})
	}
	c.Answers, c.Missing = fastest(func() ([]Answer, error) {
		return timed(questions, "node", "test/oracle/simulate.mjs", folder, strconv.Itoa(rounds))
	})
	for i, a := range c.Answers {
		if said, ok := map[string]string{"denied": locked, "not denied": notLocked}[a.Said]; ok {
			c.Answers[i].Said = said
		}
	}
	return c
}

// ordinary is a call over TLS, from the internet, with MFA where that kind of principal can have it. The caller is the
// first administrator who is named, or a session of the role Admin.
func ordinary(one Case) map[string]any {
	context := map[string]any{
		"aws:PrincipalAccount": one.Account, "aws:PrincipalOrgID": organization, "aws:PrincipalIsAWSService": "false",
		"aws:ViaAWSService": "false", "aws:SourceIp": "9.9.9.9", "aws:SecureTransport": "true",
		"aws:CurrentTime": "2026-11-21T12:00:00Z", "aws:EpochTime": "1795262400", "aws:UserAgent": "aws-cli/2.17",
		"aws:TokenIssueTime": "2026-11-21T11:30:00Z", "aws:ResourceAccount": one.Account,
		"aws:ResourceOrgID": organization, "aws:PrincipalOrgPaths": []string{organization + "/r-a1b2/"},
	}
	action := "s3:DeleteBucketPolicy"
	if strings.HasPrefix(one.Resource, "arn:aws:sqs:") {
		action = "sqs:SetQueueAttributes"
		context["aws:RequestedRegion"] = strings.Split(one.Resource, ":")[3]
	} else {
		context["s3:TlsVersion"], context["s3:authType"] = "1.3", "REST-HEADER"
		context["s3:signatureversion"] = "AWS4-HMAC-SHA256"
	}
	principal := "arn:aws:iam::" + one.Account + ":role/Admin"
	if len(one.Administrators) > 0 {
		principal = anyOf(one.Administrators[0], one.Account)
	}
	kind := "role"
	if strings.Contains(principal, ":user/") {
		kind = "user"
		context["aws:PrincipalType"], context["aws:userid"] = "User", "AIDAEXAMPLEEXAMPLE000"
		context["aws:username"] = principal[strings.LastIndex(principal, "/")+1:]
	} else {
		context["aws:PrincipalType"], context["aws:userid"] = "AssumedRole", "AROAEXAMPLEEXAMPLE000:zoe"
	}
	if !strings.Contains(principal, ":role/aws-reserved/") { // Identity Center's sessions never carry these
		context["aws:MultiFactorAuthPresent"], context["aws:MultiFactorAuthAge"] = "true", "60"
	}
	context["aws:PrincipalArn"] = principal
	return map[string]any{"kind": kind, "principal": principal, "session": "zoe", "action": action,
		"resource": one.Resource, "account": one.Account, "context": context}
}

// anyOf makes an ARN that the pattern covers.
func anyOf(pattern, account string) string {
	parts := strings.SplitN(pattern, ":", 6)
	if len(parts) == 6 && strings.Contains(parts[4], "*") {
		parts[4] = account
	}
	return strings.NewReplacer("*", "x", "?", "x").Replace(strings.Join(parts, ":"))
}
