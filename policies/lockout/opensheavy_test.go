package lockout_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"locksmith/policies"
	"locksmith/policies/lockout"
)

// What the question about a change may cost.

// TestOpensHeavy asks for changes of policies that were made to wear a prover down.
func TestOpensHeavy(t *testing.T) {
	files, err := filepath.Glob("../../../shared/hostile/*.json")
	if err != nil || len(files) == 0 {
		t.Logf("no hostile policies beside the project: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(text), "{") {
			t.Fatalf("%s is no policy: %.40s", file, text)
		}
		resource := "arn:aws:s3:::payroll"
		if strings.Contains(string(text), "sqs:") {
			resource = mailQueue
		}
		service := "s3"
		if resource == mailQueue {
			service = "sqs"
		}
		// Its Denies stay or go behind an Allow of everything; or they are Allows behind a Deny of everything.
		start := regexp.MustCompile(`"Statement": ?\[`)
		add := func(effect, text string) string {
			return start.ReplaceAllString(text,
				fmt.Sprintf(`"Statement":[{"Effect":"%s","Principal":"*","Action":"%s:*","Resource":"*"},`, effect,
					service))
		}
		with := add("Allow", string(text))
		turned := add("Deny", regexp.MustCompile(`"Effect": ?"Deny"`).ReplaceAllString(string(text),
			`"Effect":"Allow"`))
		for name, policy := range map[string]string{"behind an Allow": with, "as Allows": turned} {
			t.Run(filepath.Base(file)+" "+name, func(t *testing.T) {
				takenOff(t, resource, policy)
			})
		}
	}
}

// TestOpensManyStatements asks for a change of as many statements as a policy can hold, of which nothing certain can be
// said.
func TestOpensManyStatements(t *testing.T) {
	var statements, denies []string
	for i := range 65 {
		statements = append(statements,
			fmt.Sprintf(`{"Effect":"Allow","Principal":"*","Action":"s3:G*","Resource":"*","Condition":{"StringLike":{"x:y":"a%d"}}}`, i))
		denies = append(denies,
			fmt.Sprintf(`{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"StringLike":{"aws:Referer":"*a%db*"}}}`, i))
	}
	policy := `{"Version":"2012-10-17","Statement":[` + strings.Join(append(statements, denies...), ",") + `]}`
	d, err := policies.Parse([]byte(policy))
	if err != nil {
		t.Fatal(err)
	}
	at, _ := time.Parse(time.RFC3339, noon)
	after := *d
	after.Statements = after.Statements[:len(statements)]
	cost(t, lockout.Question{Policy: d, Resource: "arn:aws:s3:::payroll", Account: "111122223333", Now: at}, &after)
}

// TestOpensManyAddresses asks for a change of a policy with as many ranges as one can hold.
func TestOpensManyAddresses(t *testing.T) {
	var ranges []string
	for i := range 900 {
		ranges = append(ranges, fmt.Sprintf(`"52.%d.%d.0/28"`, i/200, i%200))
	}
	for _, operator := range []string{"IpAddress", "NotIpAddress"} {
		q, text := questionOf(t, "arn:aws:s3:::payroll", fmt.Sprintf(`{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*",
			"Condition":{"IpAddress":{"aws:SourceIp":[%[1]s]}}},{"Effect":"Deny","Principal":"*","Action":"s3:*",
			 "Resource":"*",
			"Condition":{"%[2]s":{"aws:SourceIp":[%[1]s]}}}`, strings.Join(ranges[:450], ","), operator))
		cost(t, q, less(t, text, []int{1}))
	}
}

// takenOff takes each of the first statements off a policy.
func takenOff(t *testing.T, resource, policy string) {
	t.Helper()
	d, err := policies.Parse([]byte(policy))
	if err != nil {
		t.Fatal(err)
	}
	at, _ := time.Parse(time.RFC3339, noon)
	for gone := range min(len(d.Statements), 3) {
		cost(t, lockout.Question{Policy: d, Resource: resource, Account: "111122223333", Now: at},
			less(t, policy, []int{gone}))
	}
}

// cost asks one question, and looks at what it costs. The time is only told, since machines differ.
func cost(t *testing.T, q lockout.Question, after *policies.Document) {
	t.Helper()
	var before, behind runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	o := lockout.Opens(q, after)
	took := time.Since(start)
	runtime.ReadMemStats(&behind)
	allocated := (behind.TotalAlloc - before.TotalAlloc) >> 20
	if allocated > 256 {
		t.Errorf("%d MB allocated in all", allocated)
	}
	if o.Defect != "" || o.Outside != lockout.Nothing && len(o.Reasons) == 0 {
		t.Errorf("%+v", o)
	}
	t.Logf("%s in %v, %d MB allocated in all: %.200q", o.Outside, took, allocated, o.Reasons)
}

// BenchmarkOpens takes the lock off a bucket policy of 20 KB with usual statements: shares with other accounts and
// services, and guards.
func BenchmarkOpens(b *testing.B) {
	var statements []string
	add := func(form string, values ...any) { statements = append(statements, fmt.Sprintf(form, values...)) }
	add(`{"Sid":"Lock","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::payroll","arn:aws:s3:::payroll/*"],
		"Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::111122223334:role/Ops"},"Bool":{"aws:PrincipalIsAWSService":"false"}}}`)
	add(`{"Sid":"Org","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::payroll","arn:aws:s3:::payroll/*"],
		"Condition":{"StringNotEqualsIfExists":{"aws:PrincipalOrgID":"o-a1b2c3d4e5",
			"aws:PrincipalAccount":"111122223333"},
		"BoolIfExists":{"aws:PrincipalIsAWSService":"false"}}}`)
	for i := range 28 {
		add(`{"Sid":"Team%d","Effect":"Allow","Principal":{"AWS":["arn:aws:iam::111122223333:role/Team%d","arn:aws:iam::111122223333:role/Lead%d"]},
			"Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::payroll/team%d/*"}`, i, i, i, i)
		add(`{"Sid":"Trail%d","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":
			"arn:aws:s3:::payroll/t%d/*","Condition":{"StringEquals":{"aws:SourceArn":"arn:aws:cloudtrail:us-east-1:111122223333:trail/t%d"}}}`, i, i, i)
		add(`{"Sid":"Guard%d","Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::payroll/team%d/*",
			"Condition":{"StringNotEquals":{"s3:x-amz-server-side-encryption":"aws:kms"}}}`, i, i)
	}
	open := slices.Clone(statements)
	open = append(open, `{"Sid":"Share","Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::payroll/share/*",
		"Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}}`)
	for name, c := range map[string]struct {
		statements []string
		want       lockout.Access
	}{"nothing": {statements, lockout.Nothing}, "opens": {open, lockout.Something}} {
		text := `{"Version":"2012-10-17","Statement":[` + strings.Join(c.statements, ",") + `]}`
		d, err := policies.Parse([]byte(text))
		if err != nil {
			b.Fatal(err)
		}
		q := lockout.Question{Policy: d, Resource: "arn:aws:s3:::payroll", Account: "111122223333", Now: now}
		after := *d
		after.Statements = d.Statements[1:]
		b.Run(fmt.Sprintf("%s/%dKB", name, len(text)>>10), func(b *testing.B) {
			for b.Loop() {
				if o := lockout.Opens(q, &after); o.Outside != c.want {
					b.Fatal(o.Outside, o.Reasons)
				}
			}
		})
	}
}
