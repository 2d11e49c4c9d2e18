package cloudtrail_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"locksmith/policies/sources/cloudtrail"
	cloud "locksmith/test/cloud/events"
	"locksmith/test/engines"
	"locksmith/test/events"
)

// A watchedRow is an event, and whether the rules that feed the work queue let it through.
type watchedRow struct{ name, event, want string }

// letThrough are the files of test/events that the rules let through, by hand: calls that took effect and wrote a
// policy with a Deny, and one that has lost its parameters.
var letThrough = []string{"01-s3-record.json", "02-s3-deny-all.json", "03-s3-deny-all-except-pipeline.json",
	"04-s3-tls-only.json", "05-s3-2019-arrays.json", "06-s3-policy-string.json", "07-s3-object-first.json",
	"08-s3-by-cloudformation.json", "09-s3-gov.json", "10-s3-gov-no-resources.json", "11-s3-cn.json",
	"12-s3-cn-no-resources.json", "13-s3-repair-by-root.json", "19-s3-no-parameters.json", "20-s3-no-event-id.json",
	"21-s3-bad-time.json", "22-s3-version-2.json", "23-sqs-deny-all.json", "24-sqs-2019.json",
	"25-sqs-policy-object.json", "26-sqs-legacy-url-2018.json", "27-sqs-legacy-url-regional.json",
	"28-sqs-legacy-url-global.json", "29-sqs-url-cn.json", "30-sqs-url-gov.json", "34-sqs-bad-url.json",
	"35-sqs-create-attribute.json", "36-sqs-create-attributes.json", "37-sqs-create-no-answer.json"}

// files are the events of test/events. A bare record is put into the envelope that EventBridge gives it.
func files(t *testing.T) (rows []watchedRow) {
	t.Helper()
	names, err := fs.Glob(events.Files, "*.json")
	if err != nil || len(names) < 44 {
		t.Fatalf("%d events, %v", len(names), err)
	}
	for _, name := range names {
		text, err := events.Files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var record struct{ EventSource string }
		if json.Unmarshal(text, &record) == nil && record.EventSource != "" {
			service, _, _ := strings.Cut(record.EventSource, ".")
			text = []byte(event(service, string(text)))
		}
		want := fmt.Sprint(slices.Contains(letThrough, name))
		if name == "42-not-an-object.json" || name == "43-not-json.json" {
			want = "ERROR"
		}
		rows = append(rows, watchedRow{name, string(text), want})
	}
	return rows
}

func event(service, record string) string {
	return `{"source":"aws.` + service + `","detail-type":"AWS API Call via CloudTrail","detail":` + record + `}`
}

func s3(parameters string) string {
	return event("s3", `{"eventName":"PutBucketPolicy","requestParameters":`+parameters+`}`)
}

func sqs(call, parameters string) string {
	return event("sqs", `{"eventName":"`+call+`","requestParameters":`+parameters+`}`)
}

// written are events by hand, in shapes that no file has.
var written = []watchedRow{
	{"one statement", s3(`{"bucketName":"b","bucketPolicy":{"Statement":{"Effect":"Deny"}}}`), "true"},
	{"the second statement", s3(`{"bucketName":"b","bucketPolicy":{"Statement":[{"Effect":"Allow"},
		{"Effect":"Deny"}]}}`), "true"},
	{"statements in two lists", s3(`{"bucketName":"b","bucketPolicy":{"Statement":[[{"Effect":"Deny"}]]}}`), "true"},
	{"Allow", s3(`{"bucketName":"b","bucketPolicy":{"Statement":[{"Effect":"Allow","Sid":"Deny"}]}}`), "false"},
	{"no effect that IAM knows", s3(`{"bucketName":"b","bucketPolicy":{"Statement":{"Effect":"deny"}}}`), "false"},
	{"Deny with an escape", s3(`{"bucketName":"b","bucketPolicy":{"Statement":{"Effect":"\u0044eny"}}}`), "true"},
	{"a policy as a string with an escape", s3(`{"bucketName":"b","bucketPolicy":"{\"Effect\":\"De\\u006ey\"}"}`),
		"true"},
	{"a queue's with an escape", sqs("SetQueueAttributes",
		`{"queueUrl":"u","attributes":{"Policy":"{\"Effect\":\"\\u0044eny\"}"}}`), "true"},
	{"a queue's without Deny", sqs("SetQueueAttributes",
		`{"queueUrl":"u","attributes":{"Policy":"{\"Effect\":\"Allow\"}"}}`), "false"},
	{"a queue's parameters lost", event("sqs", `{"eventName":"CreateQueue"}`), "true"},
	{"a queue's parameters null", sqs("SetQueueAttributes", `null`), "true"},
	{"a bucket's parameters lost, and refused", event("s3",
		`{"eventName":"PutBucketPolicy","errorCode":"AccessDenied"}`), "false"},
	{"no error, in so many words", event("s3", `{"eventName":"PutBucketPolicy","errorCode":null,
		"requestParameters":null}`), "false"},
	{"another call", event("s3", `{"eventName":"PutBucketAcl","requestParameters":{"bucketPolicy":"Deny"}}`), "false"},
	{"another service", event("sns", `{"eventName":"PutBucketPolicy"}`), "false"},
	{"another kind of event", strings.ReplaceAll(s3(`null`), "API Call", "Service Event"), "false"},
}

// spelled are queue policies of a few letters that chance puts together, in each call and place that may hold one.
// Those with Deny or \u in them go through. There are many, for event-ruler may lose an alternative now and then
// (https://github.com/aws/event-ruler/pull/140).
func spelled() (rows []watchedRow) {
	letters := []string{"D", "e", "n", "y", "De", "eny", "Deny", `\`, `\u`, "u", `"`, "*"}
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		var text strings.Builder
		for range random.IntN(5) {
			text.WriteString(letters[random.IntN(len(letters))])
		}
		policy := text.String()
		quoted, _ := json.Marshal(policy) // a string can always be written
		value, want := string(quoted), strings.Contains(policy, "Deny") || strings.Contains(policy, `\u`)
		if random.IntN(3) == 0 { // the policy as an object, with this for its effect
			value, want = `{"Statement":[{"Effect":`+value+`}]}`, policy == "Deny"
		}
		call := []string{"SetQueueAttributes", "CreateQueue"}[random.IntN(2)]
		place := []string{"attribute", "attributes"}[random.IntN(2)]
		parameters := `{"queueUrl":"u","queueName":"q","` + place + `":{"Policy":` + value + `}}`
		rows = append(rows, watchedRow{call + " " + place + " " + policy, sqs(call, parameters), fmt.Sprint(want)})
	}
	return rows
}

// TestWhatTheRulesLetThrough: the event pattern, matched by test/cloud and by event-ruler, says what is expected.
func TestWhatTheRulesLetThrough(t *testing.T) {
	rows := slices.Concat(files(t), written, spelled())
	pattern := cloudtrail.EventPattern()
	if len(pattern) > 2048 { // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
		t.Errorf("the pattern has %d characters", len(pattern))
	}
	compare := func(t *testing.T, answers []string) {
		for i, row := range rows {
			if got, _, _ := strings.Cut(answers[i], " "); got != row.want {
				t.Errorf("%s: %s, want %s\n%s", row.name, answers[i], row.want, row.event)
			}
		}
	}
	t.Run("test/cloud", func(t *testing.T) {
		compiled, err := cloud.CompilePattern(pattern)
		if err != nil {
			t.Fatal(err)
		}
		var answers []string
		for _, row := range rows {
			matches, err := compiled.Match([]byte(row.event))
			answer := fmt.Sprint(matches)
			if err != nil {
				answer = "ERROR " + err.Error()
			}
			answers = append(answers, answer)
		}
		compare(t, answers)
	})
	t.Run("event-ruler", func(t *testing.T) {
		var questions []engines.Question
		for _, row := range rows {
			questions = append(questions, engines.Question{Pattern: string(pattern), Event: row.event})
		}
		answers, err := engines.Match(questions)
		if errors.Is(err, engines.ErrMissing) {
			t.Skipf("the event pattern is not tried on event-ruler: %v", err)
		}
		if err != nil {
			t.Fatal(err)
		}
		compare(t, answers)
	})
}
