package cloudformation

import (
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"

	"locksmith/policies"
	"locksmith/policies/lockout/partial"
)

var (
	plainNumber = regexp.MustCompile(`^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?$`)
	// What YAML 1.1 also takes for a number and may spell anew: octal, grouped, hexadecimal, sexagesimal, with an
	// exponent (https://yaml.org/type/int.html).
	rewritten = regexp.MustCompile(`^[-+]?(?:[0-9][0-9_]*|0[xbo][0-9a-f_]+|[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?|` +
		`(?:[0-9][0-9_]*)?\.[0-9_]+(?:e[-+]?[0-9]+)?|[0-9][0-9_]*\.?[0-9_]*(?:e[-+]?[0-9]+)?|\.inf|\.nan)$`)
)

// scalar reads a scalar by YAML 1.1, as CloudFormation does. What it would spell in a way that is not documented is
// unknown. A date stays the text that it is, as CloudFormation has no timestamps.
func scalar(n *yaml.Node) (policies.Type, string) {
	quoted := n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0
	if quoted || strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!") {
		return policies.String, n.Value
	}
	lower := strings.ToLower(n.Value)
	switch {
	case lower == "true" || lower == "false":
		return policies.Boolean, lower
	case lower == "" || lower == "~" || lower == "null":
		return policies.NullVal, "null"
	case lower == "yes" || lower == "no" || lower == "on" || lower == "off":
		return partial.Unknown, "the unquoted " + n.Value + ", a boolean in YAML 1.1,"
	case plainNumber.MatchString(n.Value):
		return policies.Number, n.Value
	case rewritten.MatchString(lower):
		return partial.Unknown, "the unquoted number " + n.Value
	}
	return policies.String, n.Value
}
