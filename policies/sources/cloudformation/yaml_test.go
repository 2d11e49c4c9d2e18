package cloudformation

import (
	"testing"

	"go.yaml.in/yaml/v4"

	"locksmith/policies"
	"locksmith/policies/lockout/partial"
)

// TestScalars: how YAML 1.1 reads what is not quoted (https://yaml.org/type/).
func TestScalars(t *testing.T) {
	for written, want := range map[string]policies.Type{
		"text": policies.String, "s3:*": policies.String, "2012-10-17": policies.String, "10.0.0.0/8": policies.String,
		"1.2.3": policies.String, "true": policies.Boolean, "False": policies.Boolean,
		"~": policies.NullVal, "null": policies.NullVal, "": policies.NullVal,
		"123": policies.Number, "-1.5": policies.Number, "111122223333": policies.Number,
		"yes": partial.Unknown, "Off": partial.Unknown, "0123": partial.Unknown, "012345678901": partial.Unknown,
		"1_000": partial.Unknown, "0x1F": partial.Unknown, "1:30": partial.Unknown, "1e3": partial.Unknown,
		".5": partial.Unknown,
	} {
		if got, _ := scalar(&yaml.Node{Kind: yaml.ScalarNode, Value: written}); got != want {
			t.Errorf("%q is %s, want %s", written, got, want)
		}
	}
	quoted := &yaml.Node{Kind: yaml.ScalarNode, Value: "012345678901", Style: yaml.DoubleQuotedStyle}
	if got, text := scalar(quoted); got != policies.String || text != "012345678901" {
		t.Errorf("a quoted account is %s %q", got, text)
	}
}
