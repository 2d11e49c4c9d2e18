package main

import (
	"testing"

	"go.yaml.in/yaml/v4"

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

// TestScalars: how YAML 1.1 reads what is not quoted (https://yaml.org/type/).
func TestScalars(t *testing.T) {
	for written, want := range map[string]policies.Type{
		"text": policies.String, "s3:*": policies.String, "2012-10-17": policies.String, "10.0.0.0/8": policies.String, "1.2.3": policies.String,
		"true": policies.Boolean, "False": policies.Boolean, "~": policies.NullVal, "null": policies.NullVal, "": policies.NullVal,
		"123": policies.Number, "-1.5": policies.Number, "111122223333": policies.Number,
		"yes": unknown, "Off": unknown, "0123": unknown, "012345678901": unknown, "1_000": unknown, "0x1F": unknown, "1:30": unknown, "1e3": unknown, ".5": unknown,
	} {
		if got, _ := scalar(&yaml.Node{Kind: yaml.ScalarNode, Value: written}); got != want {
			t.Errorf("%q is %s, want %s", written, got, want)
		}
	}
	if got, text := scalar(&yaml.Node{Kind: yaml.ScalarNode, Value: "012345678901", Style: yaml.DoubleQuotedStyle}); got != policies.String || text != "012345678901" {
		t.Errorf("a quoted account is %s %q", got, text)
	}
}

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

func TestPlaces(t *testing.T) {
	f := newFile("x", []byte("\ufeff{\"a\": \"\\n\\u00e9\\ud83d\\ude00é\\\"z\"}"))
	v, err := f.readJSON()
	if err != nil {
		t.Fatal(err)
	}
	inner := member(v, "a")
	if inner.Text != "\né😀é\"z" {
		t.Fatalf("%q", inner.Text)
	}
	at := f.inside(inner)
	for offset, want := range map[int]int{0: 7, 1: 9, 2: 9, 3: 15, 6: 15, 7: 27, 9: 29, 10: 31, 11: 32} {
		if got := at(offset); got != want {
			t.Errorf("byte %d of the string stands at %d, want %d", offset, got, want)
		}
	}
	if got := f.position(31); got.Line != 1 || got.Column != 32 || f.characters(got) != 31 {
		t.Errorf("%v, character %d", got, f.characters(got))
	}
}
