package lockout_test

import (
	"fmt"
	"strings"
	"time"

	"locksmith/policies"
	"locksmith/policies/lockout"
)

// A bucket whose objects everyone may read is closed by a Deny of all addresses but private ones, which locks its
// owners out, too. Taking that statement off would make the bucket public.
func ExampleOpens() {
	const text = `{"Version": "2012-10-17", "Statement": [
		{"Sid": "Public", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
		 "Resource": "arn:aws:s3:::payroll/*"},
		{"Sid": "Office", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
		 "Resource": ["arn:aws:s3:::payroll", "arn:aws:s3:::payroll/*"],
		 "Condition": {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}]}`
	inForce, err := policies.Parse([]byte(text))
	if err != nil {
		fmt.Println(err)
		return
	}
	q := lockout.Question{Policy: inForce, Resource: "arn:aws:s3:::payroll", Account: "111122223333",
		Now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}
	repaired := *inForce
	repaired.Statements = inForce.Statements[:1]

	o := lockout.Opens(q, &repaired)
	fmt.Println("repaired:", o.Outside)
	fmt.Println(strings.Replace(o.Reasons[0], ": ", ":\n", 1))
	fmt.Println("deleted:", lockout.Opens(q, nil).Outside)
	for _, loss := range lockout.Losses(q, nil, []int{1}) {
		fmt.Println(loss.Sentence)
	}
	fmt.Println(lockout.Corrected(q, text, []int{1}).Reason[:57])
	// Output:
	// repaired: opens
	// anybody, without credentials, can call s3:GetObject on arn:aws:s3:::payroll/example.txt:
	// statement Public allows it, and statement Office, which denies it now, goes
	// deleted: nothing
	// Public: allowed s3:GetObject on arn:aws:s3:::payroll/* to everyone
	// without those statements it lets in somebody from outside
}
