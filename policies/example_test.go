package policies_test

import (
	"fmt"

	"locksmith/policies"
)

func Example() {
	policy, err := policies.Parse([]byte(`{
	  "Version": "2012-10-17",
	  "Statement": {
	    "Sid": "OfficeOnly",
	    "Effect": "Deny",
	    "Principal": "*",
	    "Action": "s3:*",
	    "Resource": ["arn:aws:s3:::payroll", "arn:aws:s3:::payroll/*"],
	    "Condition": {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
	  }
	}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	request := policies.Request{
		Caller:   policies.Caller{Kind: policies.User, ARN: "arn:aws:iam::111122223333:user/ann"},
		Action:   "s3:DeleteBucketPolicy",
		Resource: "arn:aws:s3:::payroll",
		Context:  policies.Context{},
	}
	for _, address := range []string{"203.0.113.9", "198.51.100.7"} {
		request.Context.Set("aws:SourceIp", address)
		fmt.Println(address, policy.Evaluate(request).Effect)
	}
	// Output:
	// 203.0.113.9 not allowed
	// 198.51.100.7 denied
}

func ExampleParse() {
	policy, err := policies.Parse([]byte(`{"Statement": {
	  "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*",
	  "Condition": {"StringEqual": {"aws:userid": "x"}}
	}}`))
	if err != nil {
		fmt.Println(err) // no policy at all
		return
	}
	for _, problem := range policy.Statements[0].Conditions[0].Problems {
		fmt.Println(problem)
	}
	// Output:
	// 3:34: Statement[0].Condition.StringEqual.aws:userid: unknown operator "StringEqual" (did you mean StringEquals?)
}

func ExampleParse_refused() {
	_, err := policies.Parse([]byte(`{"Statement": [{"Effect": "DENY", "Action": "*"}]}`))
	fmt.Println(err)
	// Output:
	// 1:27: Statement[0].Effect: unknown effect "DENY" (did you mean Deny? Letter case counts)
}

func ExampleMatchARN() {
	const pattern = "arn:aws:iam::*:role/Ops"
	fmt.Println(policies.MatchARN(pattern, "arn:aws:iam::111122223333:role/Ops"))
	// the * would reach over a colon
	fmt.Println(policies.MatchARN(pattern, "arn:aws:iam::111122223333:user/:role/Ops"))
	// Output:
	// true
	// false
}

func ExampleIsAdministrator() {
	administrators := []string{"arn:aws:iam::*:role/*"}
	for _, arn := range []string{
		"arn:aws:iam::111122223333:role/ci/Deployer",
		"arn:aws:iam::111122223333:user/ann",
		"arn:aws:iam::111122223333:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig",
	} {
		fmt.Println(policies.IsAdministrator(administrators, arn))
	}
	// Output:
	// true
	// false
	// false
}

func ExampleStatement_MatchesAction() {
	policy, _ := policies.Parse(
		[]byte(`{"Statement": {"Effect": "Deny", "Action": ["S3:Put*", "sqs*"], "Resource": "*"}}`))
	for _, action := range []string{"s3:PutBucketPolicy", "s3:GetObject", "sqs:SendMessage"} {
		fmt.Println(action, policy.Statements[0].MatchesAction(action))
	}
	// What a wildcard covers without a colon is not documented.
	//
	// Output:
	// s3:PutBucketPolicy yes
	// s3:GetObject no
	// sqs:SendMessage unknown
}

func ExampleDocument_DenyCovers() {
	policy, _ := policies.Parse([]byte(`{"Statement": {"Effect": "Deny", "Principal": "*",
	  "NotAction": "s3:GetObject", "Resource": "arn:aws:s3:::payroll"}}`))
	fmt.Println(policy.DenyCovers("s3:GetObject")) // reading goes on
	fmt.Println(policy.DenyCovers("s3:PutObject"))
	// Output:
	// no
	// yes
}

func ExampleListingOf() {
	for _, key := range []string{"aws:SourceIp", "kms:ViaService", "saml:sub", "aws:SourceIpAddress"} {
		fmt.Printf("%s: %s\n", key, policies.ListingOf(key))
	}
	// Output:
	// aws:SourceIp: global, or of S3 or SQS
	// kms:ViaService: of another service
	// saml:sub: of an identity provider
	// aws:SourceIpAddress: in no reference
}

func ExampleWithoutStatements() {
	policy := `{"Version": "2012-10-17", "Statement": [
  {"Sid": "Lock", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"},
  {"Sid": "Readers", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}]}`
	rest, left, err := policies.WithoutStatements([]byte(policy), []int{0})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(left)
	fmt.Println(rest)
	// Output:
	// 1
	// {"Version": "2012-10-17", "Statement": [
	//   {"Sid": "Readers", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}]}
}
