package partial

import (
	"testing"

	"locksmith/policies"
)

func TestCovering(t *testing.T) {
	const one, two = "\x000\x00", "\x001\x00"
	for _, row := range []struct {
		pattern, arn string
		want         policies.Truth
	}{
		{"*", "arn:aws:s3:::" + one, policies.Yes},
		{"arn:aws:s3:::*", "arn:aws:s3:::" + one, policies.Yes},
		{"arn:*", "arn:aws:s3:::" + one, policies.Yes},
		{"arn:aws:s3:::" + one, "arn:aws:s3:::" + one, policies.Yes},
		{"arn:aws:s3:::" + one + "*", "arn:aws:s3:::" + one + "-logs", policies.Yes},
		{"arn:aws:s3:::x-*-logs", "arn:aws:s3:::x-" + one + "-logs", policies.Yes},
		{"arn:aws:sqs:*:*:" + two, "arn:aws:sqs:" + one + ":111122223333:" + two, policies.Yes},
		{"arn:aws:s3:::" + two, "arn:aws:s3:::" + one, policies.Unknown},
		{"arn:aws:s3:::?", "arn:aws:s3:::" + one, policies.Unknown}, // a name may be one letter here
		{"arn:aws:s3:::prod-*", "arn:aws:s3:::" + one, policies.Unknown},
		{"arn:aws:s3:::" + one, "arn:aws:s3:::prod", policies.Unknown},
		{one, "arn:aws:s3:::prod", policies.Unknown},
		{"*" + one, "arn:aws:s3:::" + one, policies.Unknown},      // a wildcard over colons
		{"arn:*:" + one, "arn:aws:s3:::" + one, policies.Unknown}, // the same
		{"arn:aws:s3:::${aws:x}", "arn:aws:s3:::" + one, policies.Unknown},
		{"arn:aws:s3:::" + one + "/*", "arn:aws:s3:::" + one, policies.No},
		{one + "/*", "arn:aws:s3:::" + two, policies.No},
		{"arn:aws:s3:::test-" + one, "arn:aws:s3:::prod-" + one, policies.No},
		{"arn:aws:s3:::" + one + "-test", "arn:aws:s3:::" + one + "-prod", policies.No},
		{"arn:aws:sqs:eu-west-1:*", "arn:aws:s3:::" + one, policies.No},
		// A digit between two holes is none of theirs.
		{"*\x002\x00", "arn:aws:s3:::" + one + "2" + two, policies.Unknown},
	} {
		if got := covering(row.pattern, row.arn); got != row.want {
			t.Errorf("covering(%q, %q) = %v, want %v", row.pattern, row.arn, got, row.want)
		}
	}
}
