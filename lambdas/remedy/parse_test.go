package remedy_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"locksmith/lambdas/remedy"
)

func TestParseChange(t *testing.T) {
	event := []byte(`{"version":"0","id":"e","detail-type":"AWS API Call via CloudTrail","source":"aws.s3","account":"111122223333","region":"eu-central-1","resources":[],
	 "detail":{"eventVersion":"1.11","eventID":"8a2f","eventTime":"2026-11-21T08:15:30Z","eventSource":"s3.amazonaws.com",
	  "eventName":"PutBucketPolicy","awsRegion":"eu-central-1",
	  "sourceIPAddress":"198.51.99.7","userAgent":"aws-cli/2","recipientAccountId":"111122223333","responseElements":null,
	  "userIdentity":{"type":"AssumedRole","arn":"arn:aws:sts::111122223333:assumed-role/Admin/kim",
	  "accountId":"111122223333",
	  "invokedBy":"cloudformation.amazonaws.com"},
	  "requestParameters":{"bucketName":"payroll","Host":"payroll.s3.eu-central-1.amazonaws.com","policy":"",
	  "bucketPolicy":{"Statement":[]}},
	  "resources":[{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::payroll/x"},{"accountId":"111122223333","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::payroll"}]}}`)
	got, err := remedy.Parse(event)
	if err != nil {
		t.Fatal(err)
	}
	want := remedy.Change{EventID: "8a2f", Call: "PutBucketPolicy", Resource: "arn:aws:s3:::payroll",
		Account: "111122223333", Region: "eu-central-1",
		Time: time.Date(2026, 11, 21, 8, 15, 30, 0, time.UTC),
		By: remedy.Caller{ARN: "arn:aws:sts::111122223333:assumed-role/Admin/kim", Kind: "AssumedRole",
			Address: "198.51.99.7", Agent: "aws-cli/2",
			Via: "cloudformation.amazonaws.com"},
		Policy: `{"Statement":[]}`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
