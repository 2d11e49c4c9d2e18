package terraform

import "testing"

func TestWithoutKeys(t *testing.T) {
	for address, want := range map[string]string{
		"aws_sqs_queue.q":                    "aws_sqs_queue.q",
		"aws_sqs_queue.q[0]":                 "aws_sqs_queue.q",
		`module.a["x"].aws_sqs_queue.q["y"]`: "module.a.aws_sqs_queue.q",
		`module.a["]\"]["].module.b[1].r.q`:  "module.a.module.b.r.q",
		`a["`:                                "a",
		`a[`:                                 "a",
	} {
		if got := withoutKeys(address); got != want {
			t.Errorf("%s becomes %s, want %s", address, got, want)
		}
	}
}
