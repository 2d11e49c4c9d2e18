package encode

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// question is one Deny of everything on a bucket, with more elements.
func question(elements string) Question {
	return Question{Policy: []byte(`{"Version":"2012-10-17","Statement":{"Effect":"Deny",` + elements + `}}`), Resource: "arn:aws:s3:::payroll", Account: "111122223333",
		Organization: "o-a1b2c3d4e5", Now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}
}

const all = `"Principal":"*","Action":"s3:*","Resource":"*"`

// TestScript: what the script asserts of a Deny, for a user and for a role.
func TestScript(t *testing.T) {
	for _, row := range []struct{ name, elements, user, role string }{
		{"everybody", all, "(assert false)", "(assert false)"},
		{"another action", `"Principal":"*","Action":"s3:GetObject","Resource":"*"`, "", ""},
		{"but one action", `"Principal":"*","NotAction":"S3:deletebucketpolicy","Resource":"*"`, "", ""},
		{"a test of a key that is always there", all + `,"Condition":{"Bool":{"aws:SecureTransport":"false"}}`, "(assert (not (not tls)))", "(assert (not (not tls)))"},
		{"an inverted test of a key that is never there", all + `,"Condition":{"StringNotEquals":{"aws:SourceAccount":"111122223333"}}`, "(assert false)", "(assert false)"},
		{"a test of a key that is never there", all + `,"Condition":{"StringEquals":{"aws:SourceAccount":"111122223333"}}`, "", ""},
		{"inverted values are none of", all + `,"Condition":{"StringNotEquals":{"aws:SourceVpce":["a","b"]}}`,
			`(assert (not (or (not endpoint) (not (or (= |aws:sourcevpce| "a") (= |aws:sourcevpce| "b"))))))`,
			`(assert (not (or (not endpoint) (not (or (= |aws:sourcevpce| "a") (= |aws:sourcevpce| "b"))))))`},
		{"two keys", all + `,"Condition":{"Null":{"aws:SourceIp":"true"},"Bool":{"aws:ViaAWSService":"false"}}`,
			"(assert (not (and (not via) (not (not endpoint)))))", "(assert (not (and (not via) (not (not endpoint)))))"},
		{"users have names", all + `,"Condition":{"Null":{"aws:username":"true"}}`, "", "(assert false)"},
		{"ForAnyValue wants a value", all + `,"Condition":{"ForAnyValue:StringNotEquals":{"aws:username":"kim"}}`, `(assert (not (not (= name "kim"))))`, ""},
		{"time", all + `,"Condition":{"DateLessThan":{"aws:CurrentTime":"2031-01-01T00:00:00Z"}}`, "(assert (not (< now 1924992000)))", "(assert (not (< now 1924992000)))"},
		{"parts of an ARN", all + `,"Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/A?"}}`,
			`(assert (not (str.in_re arn (re.++ (str.to_re "arn:aws:iam::") (re.* (re.union (re.range " " "9") (re.range ";" "~"))) (str.to_re ":role/A") re.allchar))))`,
			`(assert (not (str.in_re arn (re.++ (str.to_re "arn:aws:iam::") (re.* (re.union (re.range " " "9") (re.range ";" "~"))) (str.to_re ":role/A") re.allchar))))`},
		{"a listed role", `"Principal":{"AWS":"arn:aws:iam::111122223333:role/Admin"},"Action":"*","Resource":"*"`, "", `(assert (not (= arn "arn:aws:iam::111122223333:role/Admin")))`},
		{"a role without its session", `"NotPrincipal":{"AWS":["111122223333","arn:aws:iam::111122223333:role/Admin"]},"Action":"*","Resource":"*"`, "(assert false)", "(assert false)"},
	} {
		script, err := question(row.elements).Script([]string{"s3:DeleteBucketPolicy"})
		checks := strings.Split(script, "(check-sat)\n")
		if err != nil || len(checks) != 4 || checks[3] != "" {
			t.Errorf("%s: %v\n%s", row.name, err, script)
			continue
		}
		for i, want := range []string{row.user, row.role} {
			lines := strings.Split(strings.TrimSpace(checks[i]), "\n")
			last := lines[len(lines)-1]
			if own := "arn:aws:iam::111122223333:" + kinds[i].name + "/\""; strings.Contains(last, own) {
				last = "" // the form of the sender's own ARN: nothing is asserted of the policy
			}
			if last != want {
				t.Errorf("%s, %s:\n%s\nwant %s", row.name, kinds[i].name, last, want)
			}
		}
	}
}

func TestBeyond(t *testing.T) {
	for name, elements := range map[string]string{
		"unknown key":              all + `,"Condition":{"StringEquals":{"aws:Nonsense":"a"}}`,
		"key with several values":  all + `,"Condition":{"ForAnyValue:StringEquals":{"aws:CalledVia":"a"}}`,
		"unknown operator":         all + `,"Condition":{"StringEqualz":{"aws:PrincipalArn":"a"}}`,
		"unknown relation":         all + `,"Condition":{"NumericNearly":{"s3:signatureAge":"1"}}`,
		"unknown set":              all + `,"Condition":{"ForSomeValue:StringEquals":{"aws:PrincipalArn":"a"}}`,
		"no ARN":                   all + `,"Condition":{"ArnLike":{"aws:PrincipalArn":"a*"}}`,
		"no address":               all + `,"Condition":{"IpAddress":{"aws:SourceIp":"a"}}`,
		"no number":                all + `,"Condition":{"NumericEquals":{"s3:signatureAge":"1e3"}}`,
		"no time":                  all + `,"Condition":{"DateEquals":{"aws:CurrentTime":"soon"}}`,
		"variable in a pattern":    all + `,"Condition":{"StringLike":{"aws:PrincipalArn":"*${aws:username}"}}`,
		"variable in a resource":   `"Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::${aws:username}"`,
		"both an element and Not":  `"Principal":"*","Action":"s3:*","NotAction":"s3:*","Resource":"*"`,
		"principal with wildcards": `"Principal":{"AWS":"arn:aws:iam::111122223333:role/*"},"Action":"s3:*","Resource":"*"`,
	} {
		if script, err := question(elements).Script([]string{"s3:DeleteBucketPolicy"}); !errors.Is(err, errBeyond) {
			t.Errorf("%s: %v\n%s", name, err, script)
		}
	}
}

func TestWithin(t *testing.T) {
	for text, want := range map[string]string{
		"0.0.0.0/0":     "ip-is4",
		"::/0":          "(not ip-is4)",
		"128.0.0.0/1":   "(and ip-is4 (= ((_ extract 31 31) ip-4) #b1))",
		"10.1.0.0/12":   "(and ip-is4 (= ((_ extract 31 20) ip-4) #b000010100000))",
		"52.94.76.9":    "(and ip-is4 (= ((_ extract 31 0) ip-4) #b00110100010111100100110000001001))",
		"2600::/12":     "(and (not ip-is4) (= ((_ extract 127 116) ip-6) #b001001100000))",
		"2600:1f00::/8": "(and (not ip-is4) (= ((_ extract 127 120) ip-6) #b00100110))",
	} {
		if got, err := within("ip", text); err != nil || got != want {
			t.Errorf("%s: %s, %v; want %s", text, got, err, want)
		}
	}
}

func TestGlob(t *testing.T) {
	for _, row := range []struct {
		pattern, value string
		want           bool
	}{
		{"", "", true}, {"*", "", true}, {"?", "", false}, {"a*c", "abbc", true}, {"a*c", "ac", true}, {"a*c", "acb", false}, {"a?c", "abc", true}, {"a?c", "ac", false},
		{"*b*", "abc", true}, {"a", "ab", false}, {"ab", "a", false}, {"**a", "aa", true},
	} {
		if glob(row.pattern, row.value) != row.want {
			t.Errorf("%q, %q: want %t", row.pattern, row.value, row.want)
		}
	}
}
