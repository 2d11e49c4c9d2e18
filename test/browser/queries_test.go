package browser

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"locksmith/lambdas/requests"
)

// history is how many requests there are before anybody looks at a page.
const history = 10_000

// TestOneQuery: each page is one request to the API, and one query or two reads of what it shows, whatever the history.
func TestOneQuery(t *testing.T) {
	w := newWorld(t)
	w.lock("payroll-exports")
	w.remember(t, history)
	get := reader(t, w)
	get("/?as=" + onCall)
	for _, row := range []struct{ page, invokes, query, says string }{
		{"/", "1", "1", "Nothing waits for your decision"},
		{"/requests", "1", "1", "/desk/pages/requests?from="},
		{"/requests?which=all", "1", "1", "/desk/pages/requests?from="},
		{"/requests/" + requestID(7), "1", "0", "The reason of number 7"},
		{"/new", "0", "0", "What is it about?"},
		{"/new?kind=bucket&account=" + account + "&name=payroll-exports", "1", "", "Ask for approval"},
		{"/incidents", "1", "1", "No incidents"},
		{"/incidents?open=yes", "1", "1", "Nothing is locked"},
		{"/root-credentials/" + account, "1", "0", "has no credentials"},
		{"/sweeps", "1", "0", "No sweep yet"},
		{"/preflight", "1", "0", "Preflight and coverage"},
	} {
		w.ResetCalls()
		text := get(row.page)
		calls := w.counted()
		if got := fmt.Sprint(calls["execute-api Invoke"]); got != row.invokes {
			t.Errorf("%s: %s requests to the API, want %s", row.page, got, row.invokes)
		}
		if got := fmt.Sprint(calls["dynamodb Query"]); row.query != "" && got != row.query {
			t.Errorf("%s: %s queries, want %s", row.page, got, row.query)
		}
		if calls["dynamodb Scan"] > 0 || calls["dynamodb GetItem"] > 3 {
			t.Errorf("%s: %v", row.page, calls)
		}
		if !strings.Contains(text, row.says) {
			t.Errorf("%s: no %q in\n%.3000s", row.page, row.says, text)
		}
		t.Logf("%-50s %s", row.page, told(calls))
	}
}

// reader is a browser without eyes, which keeps cookies: it gets a page's text.
func reader(t *testing.T, w *world) func(page string) string {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	return func(page string) string {
		t.Helper()
		answer, err := browser.Get(w.pages + page)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Errorf("%s: %d %v\n%.1000s", page, answer.StatusCode, err, text)
		}
		return string(text)
	}
}

// counted are the calls since the last reset, by service and action, but for the polling of queues.
func (w *world) counted() map[string]int {
	n := map[string]int{}
	for _, c := range w.Calls() {
		if c.Service != "sqs" {
			n[c.Service+" "+c.Action]++
		}
	}
	return n
}

func told(calls map[string]int) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(calls)) {
		parts = append(parts, fmt.Sprintf("%s %d", name, calls[name]))
	}
	return strings.Join(parts, ", ")
}

func requestID(n int) string { return fmt.Sprintf("r%019d", n) }

// remember enters requests of the past: of one person, all ended.
func (w *world) remember(t *testing.T, n int) {
	t.Helper()
	const kim = "arn:aws:sts::999988887777:assumed-role/AWSReservedSSO_OnCall_a1b2c3d4e5f60718/kim@example.com"
	begin := time.Now().Add(-time.Hour * time.Duration(n))
	var group sync.WaitGroup
	for part := range 8 {
		group.Go(func() {
			for i := part; i < n; i += 8 {
				at := begin.Add(time.Hour * time.Duration(i))
				r := requests.Request{ID: requestID(i), State: requests.Denied, Task: requests.Unlock, Account: account,
					Resource: "arn:aws:s3:::payroll-exports", Region: region, By: kim, Person: "kim@example.com",
					Reason: fmt.Sprintf("The reason of number %d", i), Entry: "on call", Needs: 1, Created: at,
					Expires: at.Add(time.Hour), Version: 1}
				if err := w.desk.Store.Create(t.Context(), r); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
}
