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
				heavy(t, resource, policy)
			})
		}
	}
}

func heavy(t *testing.T, resource, policy string) {
	t.Helper()
	d, err := policies.Parse([]byte(policy))
	if err != nil {
		t.Fatal(err)
	}
	now, _ := time.Parse(time.RFC3339, noon)
	q := lockout.Question{Policy: d, Resource: resource, Account: "111122223333", Now: now}
	for gone := range min(len(d.Statements), 3) {
		after := less(t, policy, []int{gone})
		var before, behind runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		start := time.Now()
		o := lockout.Opens(q, after)
		runtime.ReadMemStats(&behind)
		t.Logf("less %d: %s in %v, %d MB allocated %.200q", gone, o.Outside, time.Since(start), (behind.TotalAlloc-before.TotalAlloc)>>20, o.Reasons)
	}
}
