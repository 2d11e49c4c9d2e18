package remedy_test

import (
	"context"
	"io"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"locksmith/lambdas/remedy"
	"locksmith/policies/allowlist"
)

// tlsOnly is the most common policy with a Deny: the event that nearly every call of the function is about.
const tlsOnly = `{"version":"0","id":"b5f0","detail-type":"AWS API Call via CloudTrail","source":"aws.s3",
	"account":"111122223333","time":"2026-11-21T08:15:30Z","region":"eu-central-1","resources":[],
"detail":{"eventVersion":"1.11","eventID":"8a2f0f6c-1d1c-4c59-9a1b-0c7f7f1a8f11","eventTime":"2026-11-21T08:15:30Z",
 "eventSource":"s3.amazonaws.com","eventName":"PutBucketPolicy","awsRegion":"eu-central-1",
"sourceIPAddress":"198.51.99.7","userAgent":"[aws-cli/2.30.1]","recipientAccountId":"111122223333",
 "responseElements":null,"requestID":"PR6ZGT0VKVR5TKCJ","readOnly":false,"managementEvent":true,
 "eventType":"AwsApiCall","eventCategory":"Management",
"userIdentity":{"type":"AssumedRole","principalId":"AROAEXAMPLEEXAMPLE000:kim",
 "arn":"arn:aws:sts::111122223333:assumed-role/Admin/kim","accountId":"111122223333",
 "accessKeyId":"ASIAEXAMPLEEXAMPLE00",
 "sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLEEXAMPLE000",
 "arn":"arn:aws:iam::111122223333:role/Admin","accountId":"111122223333","userName":"Admin"},
 "attributes":{"creationDate":"2026-11-21T08:00:00Z","mfaAuthenticated":"false"}}},
"requestParameters":{"bucketName":"payroll","Host":"payroll.s3.eu-central-1.amazonaws.com","policy":"",
 "bucketPolicy":{"Version":"2012-10-17","Statement":[{"Sid":"RequireTLS","Effect":"Deny","Principal":"*",
 "Action":"s3:*",
 "Resource":["arn:aws:s3:::payroll","arn:aws:s3:::payroll/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}},
"additionalEventData":{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":416,
 "AuthenticationMethod":"AuthHeader","x-amz-id-2":"ZDch","bytesTransferredOut":0},
"resources":[{"accountId":"111122223333","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::payroll"}],
"tlsDetails":{"cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"payroll.s3.eu-central-1.amazonaws.com",
 "tlsVersion":"TLSv1.3"}}}`

func sampleAllowList(tb testing.TB) *allowlist.List {
	tb.Helper()
	text, err := os.ReadFile("../../policies/allowlist.json")
	if err != nil {
		tb.Fatal(err)
	}
	list, err := allowlist.Read(text)
	if err != nil {
		tb.Fatal(err)
	}
	return list
}

// BenchmarkPassingEvent leads one event that is no lockout through the handler, the log included. It makes no call: the
// flow has nobody to call.
func BenchmarkPassingEvent(b *testing.B) {
	flow := &remedy.Flow{Allow: sampleAllowList(b), Now: time.Now, Log: slog.New(slog.NewJSONHandler(io.Discard, nil)),
		Tries: 5}
	batch := events.SQSEvent{Records: []events.SQSMessage{{MessageId: "m", Body: tlsOnly}}}
	b.ReportAllocs()
	for b.Loop() {
		answer, err := flow.Batch(context.Background(), batch)
		if err != nil || len(answer.BatchItemFailures) != 0 {
			b.Fatal(answer, err)
		}
	}
}
