package browser

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"locksmith/lambdas/desk/pages"
)

// TestGate: the address that locksmith desk prints opens the pages in this browser, from then on also for links from
// elsewhere. Once more it opens nothing for another.
func TestGate(t *testing.T) {
	p := person{t: t, ctx: open(t)}
	h, err := pages.New(pages.Options{Secret: []byte("s"), Now: time.Now, Visit: func(*http.Request) pages.Visitor {
		return pages.Visitor{ARN: kim, Client: recorded{"/requests": "empty", "/sweeps": "empty"}}
	}})
	if err != nil {
		t.Fatal(err)
	}
	var guarded http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		guarded.ServeHTTP(w, r)
	}))
	defer server.Close()
	gate := pages.NewGate(strings.TrimPrefix(server.URL, "http://"))
	guarded = gate.Guard(h)
	address := gate.Address("/requests?which=all")
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `<title>Mail</title><main><a href="%s/sweeps">Look</a></main>`, server.URL)
	}))
	defer elsewhere.Close()
	other := strings.Replace(elsewhere.URL, "127.0.0.1", "localhost", 1) // another site than the pages'
	refused := func() {
		t.Helper()
		text, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](`document.body.innerText`))
		if err != nil || !strings.Contains(text, "Start locksmith desk again") {
			t.Errorf("not refused: %v\n%s", err, text)
		}
	}
	p.do(chromedp.Navigate(server.URL))
	refused()
	p.do(chromedp.Navigate(address))
	p.sees("Nobody has asked for anything yet")
	p.do(chromedp.Navigate(other))
	p.presses("Look")
	p.sees("No sweep yet")
	p.do(chromedp.Navigate(strings.Replace(server.URL, "127.0.0.1", "localhost", 1)))
	text, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](`document.body.innerText`))
	if err != nil || !strings.Contains(text, "and no other host") {
		t.Errorf("another name: %v\n%s", err, text)
	}
	q := person{t: t, ctx: open(t)}
	q.do(chromedp.Navigate(address))
	p = q
	refused()
}
