package lockout_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"locksmith/policies"
	"locksmith/policies/lockout"
)

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
			return start.ReplaceAllString(text, fmt.Sprintf(`"Statement":[{"Effect":"%s","Principal":"*","Action":"%s:*","Resource":"*"},`, effect, service))
		}
		with := add("Allow", string(text))
		turned := add("Deny", regexp.MustCompile(`"Effect": ?"Deny"`).ReplaceAllString(string(text), `"Effect":"Allow"`))
		for name, policy := range map[string]string{"behind an Allow": with, "as Allows": turned} {
			t.Run(filepath.Base(file)+" "+name, func(t *testing.T) {
				takenOff(t, resource, policy)
			})
		}
	}
}

// TestOpensManyStatements asks for a change of as many statements as a policy can hold, of which nothing certain can be said.
func TestOpensManyStatements(t *testing.T) {
	var statements, denies []string
	for i := range 65 {
		statements = append(statements, fmt.Sprintf(`{"Effect":"Allow","Principal":"*","Action":"s3:G*","Resource":"*","Condition":{"StringLike":{"x:y":"a%d"}}}`, i))
		denies = append(denies, fmt.Sprintf(`{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"StringLike":{"aws:Referer":"*a%db*"}}}`, i))
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

// takenOff takes each of the first statements off a policy.
func takenOff(t *testing.T, resource, policy string) {
	t.Helper()
	d, err := policies.Parse([]byte(policy))
	if err != nil {
		t.Fatal(err)
	}
	at, _ := time.Parse(time.RFC3339, noon)
	for gone := range min(len(d.Statements), 3) {
		cost(t, lockout.Question{Policy: d, Resource: resource, Account: "111122223333", Now: at}, less(t, policy, []int{gone}))
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
