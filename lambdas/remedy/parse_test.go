package remedy_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"locksmith/lambdas/remedy"
)

func TestParseChange(t *testing.T) {
	event := []byte(`{"version":"0","id":"e","detail-type":"AWS API Call via CloudTrail","source":"aws.s3","account":"111122223333","region":"eu-central-1","resources":[],
	 "detail":{"eventVersion":"1.11","eventID":"8a2f","eventTime":"2026-11-21T08:15:30Z","eventSource":"s3.amazonaws.com","eventName":"PutBucketPolicy","awsRegion":"eu-central-1",
	  "sourceIPAddress":"198.51.99.7","userAgent":"aws-cli/2","recipientAccountId":"111122223333","responseElements":null,
	  "userIdentity":{"type":"AssumedRole","arn":"arn:aws:sts::111122223333:assumed-role/Admin/kim","accountId":"111122223333","invokedBy":"cloudformation.amazonaws.com"},
	  "requestParameters":{"bucketName":"payroll","Host":"payroll.s3.eu-central-1.amazonaws.com","policy":"","bucketPolicy":{"Statement":[]}},
	  "resources":[{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::payroll/x"},{"accountId":"111122223333","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::payroll"}]}}`)
	got, err := remedy.Parse(event)
	if err != nil {
		t.Fatal(err)
	}
	want := remedy.Change{EventID: "8a2f", Call: "PutBucketPolicy", Resource: "arn:aws:s3:::payroll", Account: "111122223333", Region: "eu-central-1",
		Time: time.Date(2026, 11, 21, 8, 15, 30, 0, time.UTC),
		By: remedy.Caller{ARN: "arn:aws:sts::111122223333:assumed-role/Admin/kim", Kind: "AssumedRole", Address: "198.51.99.7", Agent: "aws-cli/2",
			Via: "cloudformation.amazonaws.com"},
		Policy: `{"Statement":[]}`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestParseErrorsNameWhatIsWrong: a record that cannot be understood must never look like one that asks for nothing.
func TestParseErrorsNameWhatIsWrong(t *testing.T) {
	base := func(parameters, rest string) string {
		return `{"eventVersion":"1.08","eventID":"e1","eventTime":"2026-11-21T08:15:30Z","eventSource":"sqs.amazonaws.com","eventName":"SetQueueAttributes",
		"awsRegion":"us-east-2","recipientAccountId":"111122223333","requestParameters":` + parameters + rest + `}`
	}
	for _, row := range []struct{ name, event, want string }{
		{"no object", `[]`, `event is not a JSON object of CloudTrail's shape ("[]")`},
		{"another envelope", `{"detail-type":"Scheduled Event","detail":{}}`, `detail-type is not "AWS API Call via CloudTrail"`},
		{"no record", `{"a":1}`, "eventName or eventSource missing: this is no CloudTrail record"},
		{"no parameters", base(`null`, ``), "SetQueueAttributes e1: requestParameters missing or not an object (CloudTrail leaves them out over 100 KB)"},
		{"no queue URL", base(`{"attributes":{"Policy":"{}"}}`, ``), `SetQueueAttributes e1: queue URL "": want https://HOST/ACCOUNT/NAME`},
		{"a strange queue URL", base(`{"queueUrl":"https://sqs.us-east-2.amazonaws.com/orders","attributes":{"Policy":"{}"}}`, ``),
			`SetQueueAttributes e1: queue URL "https://sqs.us-east-2.amazonaws.com/orders": want https://HOST/ACCOUNT/NAME`},
		{"a short account", base(`{"queueUrl":"https://sqs.us-east-2.amazonaws.com/1234/orders","attributes":{"Policy":"{}"}}`, ``),
			`SetQueueAttributes e1: owner account "1234": want twelve digits`},
		{"a policy that is a number", base(`{"queueUrl":"https://sqs.us-east-2.amazonaws.com/111122223333/orders","attributes":{"Policy":7}}`, ``),
			"SetQueueAttributes e1: requestParameters.attributes.Policy is neither object nor string: 7"},
		{"attributes that are a list", base(`{"queueUrl":"https://sqs.us-east-2.amazonaws.com/111122223333/orders","attributes":[]}`, ``),
			"SetQueueAttributes e1: requestParameters.attributes is not an object: []"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := remedy.Parse([]byte(row.event))
			if err == nil || errors.As(err, new(*remedy.NothingToDo)) {
				t.Fatalf("error %v, want a real one", err)
			}
			if err.Error() != row.want {
				t.Errorf("error %q\nwant  %q", err, row.want)
			}
		})
	}
}
