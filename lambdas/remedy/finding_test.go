package remedy_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"locksmith/lambdas/remedy"
)

const found = `{"source":"locksmith","detail-type":"Finding","detail":{"eventId":"sweep-20261121-0123456789abcdef",` +
	`"call":"Sweep","resource":"arn:aws:s3:::payroll","account":"111122223333","region":"eu-central-1",` +
	`"time":"2026-11-21T08:15:30.25Z","policy":"{\"Statement\":[]}","living":true}}`

func TestParseFinding(t *testing.T) {
	want := remedy.Change{EventID: "sweep-20261121-0123456789abcdef", Call: "Sweep", Resource: "arn:aws:s3:::payroll",
		Account: "111122223333", Region: "eu-central-1", Time: time.Date(2026, 11, 21, 8, 15, 30, 250_000_000, time.UTC),
		Policy: `{"Statement":[]}`, Living: true}
	got, err := remedy.Parse([]byte(found))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if text := string(remedy.Finding(want)); text != found {
		t.Errorf("got\n%s\nwant\n%s", text, found)
	}
}

// TestABrokenFindingIsAnError: it never looks like an event, nor like one that asks for nothing, and what can be read
// of it is there.
func TestABrokenFindingIsAnError(t *testing.T) {
	for _, row := range []struct{ name, from, to, want string }{
		{"no id", "sweep-20261121-0123456789abcdef", "", "eventId"},
		{"a call of S3", `"Sweep"`, `"PutBucketPolicy"`, `call "PutBucketPolicy"`},
		{"no account", "111122223333", "root", `account "root"`},
		{"no region", "eu-central-1", "//evil.example", `region "//evil.example"`},
		{"no resource", "s3:::payroll", "iam::111122223333:role/r", "want the ARN of a bucket or queue"},
		{"a queue elsewhere", "s3:::payroll", "sqs:eu-west-1:111122223333:q", "is not in account 111122223333 and Region"},
		{"a queue of others", "s3:::payroll", "sqs:eu-central-1:444455556666:q", "is not in account 111122223333"},
		{"no time", `"2026-11-21T08:15:30.25Z"`, `"0001-01-01T00:00:00Z"`, "time: want when"},
		{"another type", `"2026-11-21T08:15:30.25Z"`, `12`, "finding: "},
		{"no policy", `{\"Statement\":[]}`, "", "policy: want its text"},
	} {
		text := strings.Replace(found, row.from, row.to, 1)
		c, err := remedy.Parse([]byte(text))
		if err == nil || errors.As(err, new(*remedy.NothingToDo)) || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v, want %q", row.name, err, row.want)
		}
		if row.name != "no id" && c.EventID != "sweep-20261121-0123456789abcdef" || !c.Found() {
			t.Errorf("%s: %+v", row.name, c)
		}
		if row.name == "another type" && (c.Resource != "arn:aws:s3:::payroll" || c.Account != "111122223333") {
			t.Errorf("%s: %+v", row.name, c)
		}
	}
}
