package policies_test

import (
	"testing"

	"locksmith/policies"
)

// guarded is a bucket policy of usual size.
const guarded = `{
  "Version": "2012-10-17",
  "Statement": [
    {"Sid": "DenyPlainHTTP", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
     "Resource": ["arn:aws:s3:::payroll", "arn:aws:s3:::payroll/*"],
     "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
    {"Sid": "DenyOldTLS", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
     "Resource": ["arn:aws:s3:::payroll", "arn:aws:s3:::payroll/*"],
     "Condition": {"NumericLessThan": {"s3:TlsVersion": "1.2"}}},
    {"Sid": "DenyUnencrypted", "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject",
     "Resource": "arn:aws:s3:::payroll/*",
     "Condition": {"StringNotEquals": {"s3:x-amz-server-side-encryption": ["aws:kms", "AES256"]}}},
    {"Sid": "OfficeOrPipeline", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
     "Resource": ["arn:aws:s3:::payroll", "arn:aws:s3:::payroll/*"],
     "Condition": {"NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24", "198.51.100.0/24"]},
                   "ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/ci/*"}}},
    {"Sid": "Readers", "Effect": "Allow",
     "Principal": {"AWS": ["arn:aws:iam::111122223333:root", "arn:aws:iam::444455556666:role/Auditor"]},
     "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": ["arn:aws:s3:::payroll", "arn:aws:s3:::payroll/*"]}
  ]
}`

func BenchmarkParse(b *testing.B) {
	text := []byte(guarded)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := policies.Parse(text); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEvaluate(b *testing.B) {
	d := parse(b, guarded)
	context := policies.Context{}
	context.Set("aws:SecureTransport", "true")
	context.Set("s3:TlsVersion", "1.3")
	context.Set("aws:SourceIp", "203.0.113.9")
	context.Set("aws:PrincipalArn", ann.ARN)
	r := request("s3:ListBucket", "arn:aws:s3:::payroll", context)
	b.ReportAllocs()
	for b.Loop() {
		if got := d.Evaluate(r); got.Effect != policies.Allowed {
			b.Fatal(got.Effect)
		}
	}
}
