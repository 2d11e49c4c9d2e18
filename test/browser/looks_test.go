package browser

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"locksmith/lambdas/desk/pages"
)

const kim = "arn:aws:sts::999988887777:assumed-role/AWSReservedSSO_OnCall_a1b2c3d4e5f60718/kim@example.com"

// recorded answers with what is written down for an address: pages with everything on them that there can be.
type recorded map[string]string

func (r recorded) Do(_ context.Context, c pages.Call) (pages.Answer, error) {
	file, status := r[c.Path], http.StatusOK
	if file == "" {
		file, status = "problem", http.StatusForbidden
	}
	body, err := os.ReadFile("../../lambdas/desk/pages/testdata/" + file + ".json")
	return pages.Answer{Status: status, Body: body}, err
}

// A shown is a page, with what the API answers to it.
type shown struct{ name, page, asks, answer string }

// gallery are all pages, in all the states that look different.
func gallery() []shown {
	const see = "/new?kind=bucket&account=111122223333&name=payroll-exports"
	const bucket = "/unlock-s3-bucket/111122223333/payroll-exports"
	return []shown{
		{"waiting", "/", "/requests?waiting=true", "waiting"},
		{"waiting-empty", "/", "/requests?waiting=true", "empty"},
		{"requests", "/requests", "/requests?mine=true", "requests"},
		{"requests-empty", "/requests?which=all", "/requests", "empty"},
		{"new", "/new", "", ""},
		{"new-locked", see, bucket, "sight"},
		{"new-force", see, bucket, "sight-force"},
		{"new-open", "/new?kind=queue&account=111122223333&name=orders",
			"/unlock-sqs-queue/111122223333/orders", "sight-open"},
		{"new-problem", "/new?kind=queue&account=111122223333&name=orders", "", ""},
		{"request", "/requests/k3?said=asked", "/requests/k3", "request"},
		{"request-running", "/requests/k3", "/requests/k3", "request-running"},
		{"request-done", "/requests/k3", "/requests/k3", "request-done"},
		{"request-glass", "/requests/k3", "/requests/k3", "request-glass"},
		{"incidents", "/incidents", "/incidents", "incidents"},
		{"incident", "/incidents/1~r", "/incidents/1~r", "incident"},
		{"credentials", "/root-credentials", "/root-credentials", "credentials"},
		{"account", "/root-credentials/111122223333", "/root-credentials/111122223333", "account"},
		{"account-refused", "/root-credentials/333344445555", "/root-credentials/333344445555", "account-refused"},
		{"sweeps", "/sweeps", "/sweeps", "sweeps"},
		{"sweep", "/sweeps/s", "/sweeps/s", "sweep"},
		{"preflight", "/preflight", "/preflight", "preflight"},
		{"problem", "/requests/none", "", ""},
	}
}

// TestLooks: every page can be read by all, wide and narrow, light and dark, and nothing sticks out of it.
func TestLooks(t *testing.T) {
	ctx := open(t)
	axe := axe(t)
	for _, row := range gallery() {
		answers := recorded{}
		if row.asks != "" {
			answers[row.asks] = row.answer
		}
		now := func() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) }
		h, err := pages.New(pages.Options{Base: "/desk/pages", Secret: []byte("s"), Now: now,
			Visit: func(*http.Request) pages.Visitor { return pages.Visitor{Client: answers, ARN: kim} }})
		if err != nil {
			t.Fatal(err)
		}
		s := httptest.NewServer(h)
		for _, l := range looks() {
			examine(t, ctx, axe, row.name, s.URL+"/desk/pages"+row.page, l)
		}
		s.Close()
	}
}

// examine opens a page, takes its picture, and says what is wrong with it.
func examine(t *testing.T, ctx context.Context, axe, name, address string, l look) {
	t.Helper()
	if err := l.set(ctx); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(ctx, chromedp.Navigate(address)); err != nil {
		t.Fatalf("%s: %v", address, err)
	}
	wide, err := chromedp.Run(ctx, chromedp.Evaluate[int64](`document.documentElement.scrollWidth`))
	if err != nil {
		t.Fatal(err)
	}
	missing, err := chromedp.Run(ctx, chromedp.Evaluate[int](`[...document.images].filter(i => !i.naturalWidth).length +
		(document.styleSheets.length == 1 ? 0 : 1)`))
	if err != nil {
		t.Fatal(err)
	}
	if err := l.keep(ctx, name); err != nil {
		t.Error(err)
	}
	if wide > l.width || missing > 0 {
		t.Errorf("%s, %v: %d pixels wide, %d files missing", name, l, wide, missing)
	}
	if axe == "" {
		return
	}
	found, err := violations(ctx, axe)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range found {
		for _, n := range v.Nodes {
			t.Errorf("%s, %v: %s (%s): %s\n\t%.200s\n\t%.300s", name, l, v.ID, v.Impact, v.Help, n.HTML, n.Why)
		}
	}
}
