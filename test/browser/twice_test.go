package browser

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"testing"

	"locksmith/lambdas/requests"
)

var unseen = regexp.MustCompile(`name="(token|key)" value="([^"]+)"`)

// TestTwice: a form that is sent twice leads to the same request, and there is one.
func TestTwice(t *testing.T) {
	w := newWorld(t)
	w.lock("payroll-exports")
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	get := func(page string) string {
		answer, err := browser.Get(w.pages + page)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	get("/?as=" + onCall)
	form := url.Values{"kind": {"bucket"}, "account": {account}, "name": {"payroll-exports"}, "reason": {"It fails."},
		"action": {"delete"}}
	for _, m := range unseen.FindAllStringSubmatch(get("/new?kind=bucket&account="+account+"&name=payroll-exports"), 2) {
		form.Set(m[1], m[2])
	}
	var led []string
	for range 2 {
		answer, err := browser.PostForm(w.pages+"/new", form)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		led = append(led, answer.Header.Get("Location"))
	}
	if led[0] == "" || led[0] != led[1] {
		t.Errorf("led to %q", led)
	}
	all, _, err := w.desk.Store.List(t.Context(), requests.Listing{}, 10, "")
	if err != nil || len(all) != 1 {
		t.Errorf("%d requests, %v", len(all), err)
	}
}
