package lockout_test

import (
	"fmt"
	"strings"
	"time"

	"locksmith/policies"
	"locksmith/policies/lockout"
)

// A bucket policy that spares one role, whose account number was mistyped.
func ExampleJudge() {
	doc, err := policies.Parse([]byte(`{
		"Version": "2012-10-17",
		"Statement": {
			"Sid": "OnlyPipeline", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
			"Resource": ["arn:aws:s3:::payroll", "arn:aws:s3:::payroll/*"],
			"Condition": {"StringNotEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223334:role/Pipeline"}}
		}
	}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	verdict := lockout.Judge(lockout.Question{Policy: doc, Resource: "arn:aws:s3:::payroll", Account: "111122223333",
		Now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)})
	fmt.Println(verdict.Answer, verdict.Statements)
	lines := strings.NewReplacer(" to every", "\nto every", ": ", ":\n", ", and", ",\nand")
	for _, reason := range verdict.Reasons {
		fmt.Println(lines.Replace(reason))
	}
	// Output:
	// lockout [0]
	// statement OnlyPipeline denies s3:PutBucketPolicy and s3:DeleteBucketPolicy
	// to every user and role of account 111122223333:
	// it spares only arn:aws:iam::111122223334:role/Pipeline,
	// and account 111122223334 is not the owner, which is 111122223333
}

// The same policy for an owner who names the roles that must stay in control, and did not name the pipeline's.
func ExampleJudge_administrators() {
	doc, err := policies.Parse([]byte(`{
		"Version": "2012-10-17",
		"Statement": {
			"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*",
			"Condition": {"StringNotEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/Pipeline"}}
		}
	}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	q := lockout.Question{Policy: doc, Resource: "arn:aws:s3:::payroll", Account: "111122223333",
		Now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}
	everyone := lockout.Judge(q)
	fmt.Println(everyone.Answer, "by", everyone.Witness.Principal)
	q.Administrators = []string{"arn:aws:iam::*:role/OrganizationAccountAccessRole"}
	fmt.Println(lockout.Judge(q).Answer)
	// Output:
	// restricted by arn:aws:iam::111122223333:role/Pipeline
	// lockout
}
