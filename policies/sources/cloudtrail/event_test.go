package cloudtrail

import (
	"errors"
	"testing"
)

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
			_, err := Parse([]byte(row.event))
			if err == nil || errors.As(err, new(*NothingToDo)) {
				t.Fatalf("error %v, want a real one", err)
			}
			if err.Error() != row.want {
				t.Errorf("error %q\nwant  %q", err, row.want)
			}
		})
	}
}
