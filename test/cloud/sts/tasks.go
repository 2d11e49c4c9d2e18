package sts

// taskPolicies are the managed policies for root tasks, word for word as AWS publishes them
// (arn:aws:iam::aws:policy/root-task/…, v1 of 2024-11-06). They hold Deny statements only: what they do not deny, root
// may do by right.
var taskPolicies = map[string]string{
	"S3UnlockBucketPolicy": `{"Version":"2012-10-17","Statement":[
 {"Sid":"DenyAllOtherActionsOnAnyResource","Effect":"Deny","NotAction":["s3:DeleteBucketPolicy",
   "s3:PutBucketPolicy","s3:GetBucketPolicy","s3:ListAllMyBuckets"],"Resource":"*"},
 {"Sid":"DenyManagingBucketPolicyForNonRootCallers","Effect":"Deny","Action":["s3:DeleteBucketPolicy",
   "s3:PutBucketPolicy","s3:GetBucketPolicy","s3:ListAllMyBuckets"],"Resource":"*",
   "Condition":{"StringNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:root"}}}]}`,
	"SQSUnlockQueuePolicy": `{"Version":"2012-10-17","Statement":[
 {"Sid":"DenyAllOtherActionsOnAnyResource","Effect":"Deny","NotAction":["sqs:SetQueueAttributes",
   "sqs:GetQueueAttributes","sqs:ListQueues","sqs:GetQueueUrl"],"Resource":"*"},
 {"Sid":"DenyGettingQueueAttributesOnNonOwnQueue","Effect":"Deny","Action":["sqs:GetQueueAttributes"],
   "Resource":"arn:aws:sqs:*:*:*",
   "Condition":{"StringNotEqualsIfExists":{"aws:ResourceAccount":["${aws:PrincipalAccount}"]}}},
 {"Sid":"DenyActionsForNonRootUser","Effect":"Deny","Action":["sqs:SetQueueAttributes","sqs:GetQueueAttributes",
   "sqs:ListQueues","sqs:GetQueueUrl"],"Resource":"*",
   "Condition":{"StringNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:root"}}}]}`,
	"IAMAuditRootUserCredentials": `{"Version":"2012-10-17","Statement":[
 {"Effect":"Deny","NotAction":["iam:ListAccessKeys","iam:ListSigningCertificates","iam:GetLoginProfile",
   "iam:ListMFADevices","iam:GetAccountSummary","iam:GetUser","iam:GetAccessKeyLastUsed"],"Resource":"*"},
 {"Effect":"Deny","Action":["iam:ListAccessKeys","iam:ListSigningCertificates","iam:GetLoginProfile",
   "iam:ListMFADevices","iam:GetUser","iam:GetAccessKeyLastUsed"],"NotResource":"arn:aws:iam::*:root"}]}`,
	"IAMCreateRootUserPassword": `{"Version":"2012-10-17","Statement":[
 {"Effect":"Deny","NotAction":["iam:CreateLoginProfile","iam:GetLoginProfile"],"Resource":"*"},
 {"Effect":"Deny","Action":["iam:CreateLoginProfile","iam:GetLoginProfile"],
   "NotResource":"arn:aws:iam::*:root"}]}`,
	"IAMDeleteRootUserCredentials": `{"Version":"2012-10-17","Statement":[
 {"Effect":"Deny","NotAction":["iam:DeleteAccessKey","iam:DeleteSigningCertificate","iam:DeleteLoginProfile",
   "iam:DeactivateMFADevice","iam:DeleteVirtualMFADevice","iam:ListAccessKeys","iam:ListSigningCertificates",
   "iam:GetLoginProfile","iam:ListMFADevices","iam:GetUser","iam:GetAccessKeyLastUsed"],"Resource":"*"},
 {"Effect":"Deny","Action":["iam:DeleteAccessKey","iam:DeleteSigningCertificate","iam:DeleteLoginProfile",
   "iam:DeactivateMFADevice","iam:DeleteVirtualMFADevice","iam:ListAccessKeys","iam:ListSigningCertificates",
   "iam:GetLoginProfile","iam:ListMFADevices","iam:GetUser","iam:GetAccessKeyLastUsed"],
   "NotResource":"arn:aws:iam::*:root"}]}`,
}
