package pages_test

import (
	"cmp"
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"locksmith/lambdas/desk/pages"
)

// kim is who looks at the pages here.
const kim = "arn:aws:sts::999988887777:assumed-role/AWSReservedSSO_OnCall_a1b2c3d4e5f60718/kim@example.com"

// answers answers as the contract says the API does, by method and path, and keeps what it was asked.
type answers struct {
	t     *testing.T
	files map[string]string // by method and path: a file of testdata, with a status before it where it is not 200
	err   error
	arn   string // who looks; kim by default

	mu    sync.Mutex
	calls []pages.Call
}

func (a *answers) Do(_ context.Context, c pages.Call) (pages.Answer, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls = append(a.calls, c)
	file, ok := a.files[c.Method+" "+c.Path]
	if a.err != nil || !ok {
		if a.err == nil {
			a.t.Errorf("asked for %s %s", c.Method, c.Path)
		}
		return pages.Answer{}, a.err
	}
	status := http.StatusOK
	header := http.Header{}
	if text, ok := strings.CutPrefix(file, "text "); ok { // and after a bar what the next page begins with
		text, next, _ := strings.Cut(text, "|")
		header.Set("X-Locksmith-Next", next)
		return pages.Answer{Status: status, Header: header, Body: []byte(text)}, nil
	}
	if number, rest, found := strings.Cut(file, " "); found {
		file, status = rest, map[string]int{"202": 202, "403": 403, "409": 409, "502": 502}[number]
	}
	body, err := os.ReadFile("testdata/" + file + ".json")
	if err != nil {
		a.t.Error(err)
	}
	return pages.Answer{Status: status, Header: header, Body: body}, nil
}

// asked are the calls since it was last asked.
func (a *answers) asked() []pages.Call {
	a.mu.Lock()
	defer a.mu.Unlock()
	calls := a.calls
	a.calls = nil
	return calls
}

func now() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) }

// site serves the pages under /desk/pages until the test ends.
func site(t *testing.T, api *answers) *httptest.Server {
	t.Helper()
	api.t = t
	h, err := pages.New(pages.Options{Base: "/desk/pages", Secret: []byte("secret"), Now: now,
		Visit: func(*http.Request) pages.Visitor { return pages.Visitor{Client: api, ARN: cmp.Or(api.arn, kim)} }})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

// A browser keeps cookies, and follows no redirects.
type browser struct {
	t       *testing.T
	base    string
	cookies []*http.Cookie
}

func (b *browser) do(r *http.Request) (status int, text string, header http.Header) {
	b.t.Helper()
	for _, c := range b.cookies {
		r.AddCookie(c)
	}
	recorded, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer recorded.Body.Close()
	b.cookies = append(b.cookies, recorded.Cookies()...)
	var body strings.Builder
	if _, err := copyAll(&body, recorded); err != nil {
		b.t.Fatal(err)
	}
	return recorded.StatusCode, body.String(), recorded.Header
}

func (b *browser) get(path string) (status int, text string, header http.Header) {
	b.t.Helper()
	r, err := http.NewRequest(http.MethodGet, b.base+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.do(r)
}

func (b *browser) post(path string, form url.Values, headers ...string) (status int, text string, header http.Header) {
	b.t.Helper()
	r, err := http.NewRequest(http.MethodPost, b.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return b.do(r)
}
