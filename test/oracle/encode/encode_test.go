package encode

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

// question is one Deny of everything on a bucket, with more elements.
func question(elements string) Question {
	return Question{
		Policy:       []byte(`{"Version":"2012-10-17","Statement":{"Effect":"Deny",` + elements + `}}`),
		Resource:     "arn:aws:s3:::payroll",
		Account:      "111122223333",
		Organization: "o-a1b2c3d4e5",
		Now:          time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC),
	}
}

const all = `"Principal":"*","Action":"s3:*","Resource":"*"`

// TestScript: what the script asserts of a Deny, for a user and for a role. Nothing is asserted where it matches none.
func TestScript(t *testing.T) {
	when := func(operator, key, values string) string {
		return all + `,"Condition":{"` + operator + `":{"` + key + `":` + values + `}}`
	}
	except := func(listed string) string {
		return `"NotPrincipal":{"AWS":[` + listed + `]},"Action":"*","Resource":"*"`
	}
	const role, session = `"arn:aws:iam::111122223333:role/Admin"`, `"arn:aws:sts::111122223333:assumed-role/Admin/kim"`
	const impossible = "(assert false)"
	endpoint := `(assert (not (or (and |aws:sourcevpce is there| (not (or (= |aws:sourcevpce| "a") ` +
		`(= |aws:sourcevpce| "b")))) (not |aws:sourcevpce is there|))))`
	for _, row := range []struct{ name, elements, user, role string }{
		{"everybody", all, impossible, impossible},
		{"another action", `"Principal":"*","Action":"s3:GetObject","Resource":"*"`, "", ""},
		{"but one action", `"Principal":"*","NotAction":"S3:deletebucketpolicy","Resource":"*"`, "", ""},
		{"a key that is never there", when("StringEquals", "aws:SourceAccount", `"111122223333"`), "", ""},
		{"its value decides nothing", when("NumericLessThan", "s3:max-keys", `"a${b"`), "", ""},
		{"nor if inverted", when("StringNotLike", "s3:prefix", `"home/${aws:nonsense}/*"`), impossible, impossible},
		{"inverted values are none of", when("StringNotEquals", "aws:SourceVpce", `["a","b"]`), endpoint, endpoint},
		{"users have names", when("Null", "aws:username", `"true"`), "", impossible},
		{"ForAnyValue wants a value", when("ForAnyValue:StringNotEquals", "aws:username", `"kim"`),
			`(assert (not (not (= name "kim"))))`, ""},
		{"users have no session", when("StringNotEquals", "aws:SourceIdentity", `"kim"`), impossible,
			`(assert (not (or (and |aws:sourceidentity is there| (not (= |aws:sourceidentity| "kim"))) ` +
				`(not |aws:sourceidentity is there|))))`},
		{"a set", when("ForAllValues:StringEquals", "aws:CalledVia", `"a"`),
			`(assert (not (or (and via (and (= |aws:calledvia 0| "a") (= |aws:calledvia last| "a") ` +
				`(or (not |aws:calledvia 1 is there|) (= |aws:calledvia 1| "a")))) (not via))))`,
			`(assert (not (or (and via (and (= |aws:calledvia 0| "a") (= |aws:calledvia last| "a") ` +
				`(or (not |aws:calledvia 1 is there|) (= |aws:calledvia 1| "a")))) (not via))))`},
		{"parts of an ARN", when("ArnLike", "aws:PrincipalArn", `"arn:aws:iam::*:role/A?"`), "",
			`(assert (not (str.in_re who (re.++ (str.to_re "A") re.allchar))))`},
		{"a wildcard over the parts", when("StringLike", "aws:PrincipalArn", `"arn:*:role/A"`),
			`(assert (not (str.in_re who (re.++ (re.* re.allchar) (str.to_re ":role/A")))))`,
			`(assert (not (or (str.in_re who (re.++ (re.* re.allchar) (str.to_re ":role/A"))) (= who "A"))))`},
		{"a listed role", `"Principal":{"AWS":` + role + `},"Action":"*","Resource":"*"`, "",
			`(assert (not (= who "Admin")))`},
		{"a service", `"Principal":{"Service":"s3.amazonaws.com"},"Action":"*","Resource":"*"`, "", ""},
		{"a role without its session", except(`"111122223333",` + role), impossible, impossible},
		{"a role's session without the role", except(`"111122223333",` + session), impossible, impossible},
		{"a role with its session", except(`"111122223333",` + role + "," + session), impossible,
			`(assert (not (not (and (= who "Admin") (and (= name "Admin") (= session "kim"))))))`},
	} {
		checks := checks(t, question(row.elements), "s3:DeleteBucketPolicy")
		for i, want := range []string{row.user, row.role} {
			if got := last(checks[i]); got != want {
				t.Errorf("%s, %s:\n%s\nwant %s", row.name, kinds[i].name, got, want)
			}
		}
	}
}

// checks are the parts of a script for one action, one for each kind of sender.
func checks(t *testing.T, q Question, action string) []string {
	t.Helper()
	script, err := q.Script([]string{action})
	checks := strings.Split(script, "(check-sat)\n")
	if err != nil || len(checks) != len(kinds)+1 || checks[len(kinds)] != "" {
		t.Fatalf("%s: %v\n%s", q.Policy, err, script)
	}
	return checks
}

// last is what is asserted of the policy. What is asserted of its keys ends otherwise.
func last(check string) string {
	lines := strings.Split(strings.TrimSpace(check), "\n")
	if line := lines[len(lines)-1]; line == "(assert false)" || strings.HasPrefix(line, "(assert (not (") {
		return line
	}
	return ""
}

// TestDoubts: where the documentation leaves it open, a denial is left out, and with [Question.Doubts] is made.
func TestDoubts(t *testing.T) {
	const impossible = "(assert false)"
	const user = `"arn:aws:iam::111122223333:user/kim"`
	spared := `(assert (not (not (= who "kim"))))`
	for _, row := range []struct{ name, elements, without, with string }{
		{"a canonical user", `"Principal":{"CanonicalUser":"79a59d"},"Action":"*","Resource":"*"`, "", impossible},
		{"a provider", `"Principal":{"Federated":"a.example"},"Action":"*","Resource":"*"`, "", ""},
		{"the account is not listed", `"NotPrincipal":{"AWS":` + user + `},"Action":"*","Resource":"*"`, spared, impossible},
		{"nor the user", `"NotPrincipal":{"AWS":"444455556666"},"Action":"*","Resource":"*"`, impossible, impossible},
		{"an unknown key", all + `,"Condition":{"StringNotEquals":{"aws:Nonsense":"a"}}`, "", impossible},
		{"no ARN", all + `,"Condition":{"ArnLike":{"aws:PrincipalArn":"a*"}}`, "", impossible},
		{"no ARN, inverted", all + `,"Condition":{"ArnNotLike":{"aws:PrincipalArn":"a*"}}`, "", impossible},
		{"a plain operator on a set", all + `,"Condition":{"StringEquals":{"aws:PrincipalOrgPaths":"a"}}`, "", impossible},
		{"absent, and IfExists", all + `,"Condition":{"ForAnyValue:StringEqualsIfExists":{"aws:TagKeys":"a"}}`, "",
			impossible},
		{"another letter case", all + `,"Condition":{"stringnotequals":{"aws:SourceArn":"a"}}`, "", impossible},
		{"a Bool in another", all + `,"Condition":{"Bool":{"aws:PrincipalIsAWSService":"False"}}`, "", impossible},
		{"which decides nothing", all + `,"Condition":{"Bool":{"aws:PrincipalIsAWSService":"True"}}`, "", ""},
	} {
		q := question(row.elements)
		for _, want := range []string{row.without, row.with} {
			if got := last(checks(t, q, "s3:DeleteBucketPolicy")[0]); got != want {
				t.Errorf("%s, doubts %t:\n%s\nwant %s", row.name, q.Doubts, got, want)
			}
			q.Doubts = true
		}
	}
}

// TestLabels: RemovePermission is of no use where a statement without a Sid denies SetQueueAttributes.
func TestLabels(t *testing.T) {
	for elements, want := range map[string]string{
		`"Action":"sqs:SetQueueAttributes"`:              "(assert false)",
		`"Action":"sqs:SetQueueAttributes","Sid":""`:     "(assert false)",
		`"Action":"sqs:SetQueueAttributes","Sid":"a"`:    "",
		`"Action":"sqs:RemovePermission","Sid":"a"`:      "(assert false)",
		`"Action":"sqs:GetQueueAttributes"`:              "",
		`"NotAction":"sqs:SetQueueAttributes","Sid":"a"`: "(assert false)",
	} {
		q := question(`"Principal":"*","Resource":"*",` + elements)
		q.Resource = "arn:aws:sqs:eu-central-1:111122223333:jobs"
		if got := last(checks(t, q, "sqs:RemovePermission")[0]); got != want {
			t.Errorf("%s: %s, want %s", elements, got, want)
		}
	}
}

// TestLeavesUse: only the Action element counts, and of all Deny statements.
func TestLeavesUse(t *testing.T) {
	for elements, want := range map[string]bool{
		`"Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::payroll"`:      false,
		`"Principal":{"AWS":"444455556666"},"Action":"*","Resource":"*"`:         false,
		`"Principal":"*","Action":"s3:*Bucket*","Resource":"*"`:                  true,
		`"Principal":"*","NotAction":"s3:GetObject","Resource":"*"`:              true,
		`"Principal":"*","NotAction":"s3:GetObjectAcl","Resource":"*"`:           false,
		`"Principal":"*","Action":["S3:getobject","s3:Put*"],"NotResource":"a"`:  false,
		`"Principal":"*","Action":["s3:GetObject*","s3:PutB*"],"Resource":"a"`:   true,
		all + `,"Condition":{"StringNotEquals":{"s3:x-amz-acl":"bucket-owner"}}`: false,
	} {
		left, err := question(elements).LeavesUse([]string{"s3:GetObject", "s3:PutObject"})
		if err != nil || left != want {
			t.Errorf("%s: %t, %v; want %t", elements, left, err, want)
		}
	}
}

// TestPresence: which keys are there, by kind and circumstances.
func TestPresence(t *testing.T) {
	const there, never = "true", "false"
	for _, row := range []struct{ key, action, user, role, federated string }{
		{"aws:MultiFactorAuthPresent", "", "(or temporary mfa)", "|mfa is there|", "|mfa is there|"},
		{"aws:MultiFactorAuthAge", "", "(and mfa (or temporary mfa))", "(and mfa |mfa is there|)", never},
		{"aws:TokenIssueTime", "", "temporary", there, there},
		{"aws:SourceIp", "", "(or (and via |address is there|) (and (not via) (not endpoint)))",
			"(or (and via |address is there|) (and (not via) (not endpoint)))",
			"(or (and via |address is there|) (and (not via) (not endpoint)))"},
		{"aws:SourceVpcArn", "", "|aws:sourcevpcarn is there|", "|aws:sourcevpcarn is there|",
			"|aws:sourcevpcarn is there|"},
		{"lambda:SourceFunctionArn", "", never, "|lambda:sourcefunctionarn is there|",
			"|lambda:sourcefunctionarn is there|"},
		{"aws:CalledViaFirst", "", "via", "via", "via"},
		{"aws:TagKeys", "", never, never, never},
		{"s3:prefix", "s3:ListBucket", never, never, never},
		{"s3:DataAccessPointArn", "s3:GetBucketPolicy", never, never, never},
		{"s3:DataAccessPointArn", "s3:ListBucket", "|s3:dataaccesspointarn is there|",
			"|s3:dataaccesspointarn is there|", "|s3:dataaccesspointarn is there|"},
	} {
		for i, want := range []string{row.user, row.role, row.federated} {
			w := world{Question: question(all), action: row.action, kind: kinds[i].name}
			if v, err := w.lookup(row.key); err != nil || v.present != want {
				t.Errorf("%s of a %s: there %s, %v; want %s", row.key, w.kind, v.present, err, want)
			}
		}
	}
}

// TestRemaining: what is left of a pattern behind a known beginning.
func TestRemaining(t *testing.T) {
	for _, row := range []struct {
		pattern, text string
		arn           bool
		want          []string
	}{
		{"abc", "ab", false, []string{"c"}},
		{"abc", "abd", false, nil},
		{"a*", "ab", false, []string{"*"}},
		{"a*b*c", "abb", false, []string{"*b*c", "*c"}},
		{"?b", "a", false, []string{"b"}},
		{"*:c", "a:b:", false, []string{"*:c", "c"}},
		{"*:*:c", "a:b:", true, []string{"c"}},
		{"*:c", "a:b:", true, nil},
		{"?", ":", true, nil},
	} {
		got := remaining(row.pattern, row.text, row.arn)
		slices.Sort(got)
		slices.Sort(row.want)
		if !slices.Equal(got, row.want) {
			t.Errorf("%s behind %s: %q, want %q", row.pattern, row.text, got, row.want)
		}
	}
}

func TestBeyond(t *testing.T) {
	for name, elements := range map[string]string{
		"unsupported key":          all + `,"Condition":{"Bool":{"aws:ViaAWSMCPService":"true"}}`,
		"unknown element":          all + `,"Conditions":{}`,
		"no value":                 all + `,"Condition":{"StringEquals":{"aws:UserAgent":[]}}`,
		"unknown operator":         all + `,"Condition":{"StringEqualz":{"aws:PrincipalArn":"a"}}`,
		"unknown relation":         all + `,"Condition":{"NumericNearly":{"s3:signatureAge":"1"}}`,
		"unknown set":              all + `,"Condition":{"ForSomeValue:StringEquals":{"aws:PrincipalArn":"a"}}`,
		"no address":               all + `,"Condition":{"IpAddress":{"aws:SourceIp":"a"}}`,
		"no number":                all + `,"Condition":{"NumericEquals":{"s3:signatureAge":"1e3"}}`,
		"no time":                  all + `,"Condition":{"DateEquals":{"aws:CurrentTime":"soon"}}`,
		"variable in a pattern":    all + `,"Condition":{"StringLike":{"aws:PrincipalArn":"*${aws:username}*"}}`,
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
		{"", "", true}, {"*", "", true}, {"?", "", false}, {"a*c", "abbc", true}, {"a*c", "ac", true},
		{"a*c", "acb", false}, {"a?c", "abc", true}, {"a?c", "ac", false}, {"*b*", "abc", true}, {"a", "ab", false},
		{"ab", "a", false}, {"**a", "aa", true},
	} {
		if glob(row.pattern, row.value) != row.want {
			t.Errorf("%q, %q: want %t", row.pattern, row.value, row.want)
		}
	}
}
