package front_test

import (
	"strings"
	"testing"

	"locksmith/test/cloud"
	"locksmith/test/cloud/place"
)

// TestFaults: before the work, after it, and with no answer at all.
func TestFaults(t *testing.T) {
	for _, row := range []struct {
		what  string
		fault cloud.Fault
		code  string
		done  bool
	}{
		{"before", cloud.Fault{Code: "SlowDown", Message: "Please reduce your request rate.", Status: 503}, "SlowDown",
			false},
		{"no status", cloud.Fault{Code: "InternalError"}, "InternalError", false},
		{"after", cloud.Fault{Code: "InternalError", Status: 500, AfterEffect: true}, "InternalError", true},
		{"no answer", cloud.Fault{DropReply: true}, "EOF", true},
	} {
		p := place.New(t)
		p.Fail(func(c cloud.Call) *cloud.Fault {
			if c.Action == "PutBucketPolicy" && c.N == 1 && c.Resource == "arn:aws:s3:::b" {
				return &row.fault
			}
			return nil
		})
		if got := place.Code(place.PutBucketPolicy(p.As(owner, region), lock)); !strings.HasSuffix(got, row.code) {
			t.Errorf("%s: %s", row.what, got)
		}
		if done := p.Policy("arn:aws:s3:::b") != ""; done != row.done || len(p.Events()) > 0 != row.done {
			t.Errorf("%s: done %t, events %d", row.what, done, len(p.Events()))
		}
		if err := place.DeleteBucketPolicy(p.Root(t, "S3UnlockBucketPolicy"), owner); err != nil {
			t.Errorf("%s: another call: %v", row.what, err)
		}
		calls := p.Calls()
		if len(calls) != 3 || calls[1].Action != "AssumeRoot" ||
			calls[1].Resource != "arn:aws:iam::111122223333:root" ||
			calls[2].Caller != "arn:aws:iam::111122223333:root" {
			t.Errorf("%s: calls %+v", row.what, calls)
		}
	}
}
