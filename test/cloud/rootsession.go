package cloud

import (
	"net/http"
	"time"

	"locksmith/policies"
)

// A session is a root session by sts:AssumeRoot.
type session struct {
	account, accessKey, secret, token string
	ceiling                           *policies.Document
	issued, expires                   time.Time
}

// check refuses a session that has ended, or whose token does not come with its key. S3 has words of its own for both
// (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html).
func (s *session) check(token string, now time.Time, service string) *apiError {
	ended := !now.Before(s.expires)
	switch {
	case token == "" || token != s.token && service != "s3":
		return unknownKey(service)
	case token != s.token:
		return &apiError{"InvalidToken", "The provided token is malformed or otherwise invalid.", http.StatusBadRequest}
	case ended && service == "s3":
		return &apiError{"ExpiredToken", "The provided token has expired.", http.StatusBadRequest}
	case ended:
		return &apiError{"ExpiredToken", "The security token included in the request is expired", http.StatusForbidden}
	}
	return nil
}

// Secrets are the credentials of all root sessions, so that a test can look for them where they must not be.
func (c *Cloud) Secrets() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var secrets []string
	for _, s := range c.sessions {
		secrets = append(secrets, s.accessKey, s.secret, s.token)
	}
	return secrets
}

// taskPolicies are the managed policies for root tasks, word for word as AWS publishes them (arn:aws:iam::aws:policy/root-task/…, v1 of 2024-11-06). They hold
// Deny statements only: what they do not deny, root may do by right.
var taskPolicies = map[string]string{
	"S3UnlockBucketPolicy": `{"Version":"2012-10-17","Statement":[
 {"Sid":"DenyAllOtherActionsOnAnyResource","Effect":"Deny","NotAction":["s3:DeleteBucketPolicy","s3:PutBucketPolicy","s3:GetBucketPolicy","s3:ListAllMyBuckets"],"Resource":"*"},
 {"Sid":"DenyManagingBucketPolicyForNonRootCallers","Effect":"Deny","Action":["s3:DeleteBucketPolicy","s3:PutBucketPolicy","s3:GetBucketPolicy","s3:ListAllMyBuckets"],"Resource":"*","Condition":{"StringNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:root"}}}]}`,
	"SQSUnlockQueuePolicy": `{"Version":"2012-10-17","Statement":[
 {"Sid":"DenyAllOtherActionsOnAnyResource","Effect":"Deny","NotAction":["sqs:SetQueueAttributes","sqs:GetQueueAttributes","sqs:ListQueues","sqs:GetQueueUrl"],"Resource":"*"},
 {"Sid":"DenyGettingQueueAttributesOnNonOwnQueue","Effect":"Deny","Action":["sqs:GetQueueAttributes"],"Resource":"arn:aws:sqs:*:*:*","Condition":{"StringNotEqualsIfExists":{"aws:ResourceAccount":["${aws:PrincipalAccount}"]}}},
 {"Sid":"DenyActionsForNonRootUser","Effect":"Deny","Action":["sqs:SetQueueAttributes","sqs:GetQueueAttributes","sqs:ListQueues","sqs:GetQueueUrl"],"Resource":"*","Condition":{"StringNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:root"}}}]}`,
	"IAMAuditRootUserCredentials": `{"Version":"2012-10-17","Statement":[
 {"Effect":"Deny","NotAction":["iam:ListAccessKeys","iam:ListSigningCertificates","iam:GetLoginProfile","iam:ListMFADevices","iam:GetAccountSummary","iam:GetUser","iam:GetAccessKeyLastUsed"],"Resource":"*"},
 {"Effect":"Deny","Action":["iam:ListAccessKeys","iam:ListSigningCertificates","iam:GetLoginProfile","iam:ListMFADevices","iam:GetUser","iam:GetAccessKeyLastUsed"],"NotResource":"arn:aws:iam::*:root"}]}`,
	"IAMCreateRootUserPassword": `{"Version":"2012-10-17","Statement":[
 {"Effect":"Deny","NotAction":["iam:CreateLoginProfile","iam:GetLoginProfile"],"Resource":"*"},
 {"Effect":"Deny","Action":["iam:CreateLoginProfile","iam:GetLoginProfile"],"NotResource":"arn:aws:iam::*:root"}]}`,
	"IAMDeleteRootUserCredentials": `{"Version":"2012-10-17","Statement":[
 {"Effect":"Deny","NotAction":["iam:DeleteAccessKey","iam:DeleteSigningCertificate","iam:DeleteLoginProfile","iam:DeactivateMFADevice","iam:DeleteVirtualMFADevice","iam:ListAccessKeys","iam:ListSigningCertificates","iam:GetLoginProfile","iam:ListMFADevices","iam:GetUser","iam:GetAccessKeyLastUsed"],"Resource":"*"},
 {"Effect":"Deny","Action":["iam:DeleteAccessKey","iam:DeleteSigningCertificate","iam:DeleteLoginProfile","iam:DeactivateMFADevice","iam:DeleteVirtualMFADevice","iam:ListAccessKeys","iam:ListSigningCertificates","iam:GetLoginProfile","iam:ListMFADevices","iam:GetUser","iam:GetAccessKeyLastUsed"],"NotResource":"arn:aws:iam::*:root"}]}`,
}

// byRight are the actions that the owner's root may perform whatever the resource's policy says
// (https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html, https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user.html).
var byRight = map[string]bool{"s3:GetBucketPolicy": true, "s3:PutBucketPolicy": true, "s3:DeleteBucketPolicy": true, "sqs:GetQueueAttributes": true, "sqs:SetQueueAttributes": true}
