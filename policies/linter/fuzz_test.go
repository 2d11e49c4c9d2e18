package linter

import (
	"io"
	"strings"
	"testing"
	"time"

	"locksmith/policies/lockout/partial"
	"locksmith/policies/sources"
)

// FuzzTemplate: whatever a file holds, it gets a report or an error, and the same one every time.
func FuzzTemplate(f *testing.F) {
	for _, seed := range []string{
		denyAll,
		`{"Resources":{"P":{"Type":"AWS::S3::BucketPolicy","Properties":{"Bucket":{"Ref":"B"},"PolicyDocument":` + denyAll + `}},"B":{"Type":"AWS::S3::Bucket"}}}`,
		"Resources:\n  P: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: !Ref B, PolicyDocument: {Statement: " +
			"[!If [C, !Ref X, {Effect: Deny, Principal: '*', Action: !Ref A, Resource: !Sub '${B}*'}]]}}}\n",
		"Resources:\n" +
			"  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !Join ['-', [a, !Select [0, !Split ['-', b-c]]]]}}\n" +
			"  P: {Type: AWS::SQS::QueuePolicy, Properties: {Queues: [!Ref Q], PolicyDocument: {Statement: " +
			"{Effect: Deny, NotPrincipal: {AWS: !GetAtt R.Arn}, Action: 'sqs:*', Resource: !GetAtt Q.Arn,\n" +
			"    Condition: {ArnNotLike: {aws:PrincipalArn: !FindInMap [M, !Ref X, y]}, " +
			"StringNotEquals: {aws:RequestedRegion: eu-west-1}}}}}}\n  R: {Type: AWS::IAM::Role}\n",
		"a: &a [x]\nResources: {<<: *a, P: *a}\n---\nStatement: []\n",
		`{"format_version":"1.2","planned_values":{"root_module":{"resources":[{"address":"p","type":"aws_s3_bucket_policy","values":{"bucket":"b","policy":"{\"Statement\":\u005b]}"}}]}},"resource_changes":[]}`,
		`{"Records":[{"eventVersion":"1.11","eventSource":"s3.amazonaws.com","eventName":"PutBucketPolicy"}]}`,
		"Conditions: {C: !Not [!Equals [!Ref A, b]]}\nTransform: X\nResources: {Fn::ForEach::L: [x, [a], " +
			"{'P${x}': {Type: AWS::S3::BucketPolicy, Condition: C, " +
			"Properties: {Bucket: !Ref x, PolicyDocument: !ImportValue y}}}]}\n",
	} {
		f.Add(seed, true)
		f.Add(seed, false)
	}
	f.Fuzz(func(t *testing.T, text string, yaml bool) {
		if len(text) > 1<<14 {
			return
		}
		name := "x.json"
		if yaml {
			name = "x.yaml"
		}
		report := func() (int, string) {
			now := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
			r := run{Options: Options{Question: partial.Question{Resource: "arn:aws:s3:::b", Now: now}}}
			r.file(sources.NewFile(name, []byte(text)), nil, false)
			var out strings.Builder
			for _, write := range []func(io.Writer) error{r.report.Text, r.report.JSON, r.report.SARIF} {
				if err := write(&out); err != nil {
					t.Fatal(err)
				}
			}
			return Status(&r.report), out.String()
		}
		code, first := report()
		if again, second := report(); code != again || first != second {
			t.Errorf("exit %d\n%s\nand then exit %d\n%s", code, first, again, second)
		}
		if strings.Contains(first, "\x00") || strings.Contains(first, `\u0000`) {
			t.Errorf("a hole is shown:\n%s", first)
		}
	})
}
