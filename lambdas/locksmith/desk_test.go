package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"locksmith/test/cloud/gateway"
	"locksmith/test/cloud/place"
)

const emptyList = `{"requests": [], "hidden": 0}`

// deskAt runs the command against an API that says who has called it, and tells what it printed.
func deskAt(t *testing.T) (printed string, calls chan string) {
	t.Helper()
	p := place.New(t)
	p.Time = time.Now()
	p.CheckSignatures("open sesame")
	calls = make(chan string, 100)
	p.ServeAPI(place.Central, "us-east-1", "/desk", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, _ := gateway.CallerOf(r.Context())
		body, _ := io.ReadAll(r.Body)
		calls <- fmt.Sprintf("%s %s%s %s %s", r.Method, r.URL.Path, r.URL.RawQuery, who.ARN, body)
		fmt.Fprint(w, emptyList)
	}))
	for name, value := range map[string]string{"AWS_REGION": "eu-central-1", "AWS_ENDPOINT_URL": p.URL,
		"AWS_ACCESS_KEY_ID": place.Central + ".role.OnCall.kim@example.com", "AWS_SECRET_ACCESS_KEY": "open sesame"} {
		t.Setenv(name, value)
	}
	ctx, stop := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	ended := make(chan int, 1)
	var errs strings.Builder
	go func() {
		ended <- run(ctx, []string{"desk", "-url", p.URL + "/desk", "-region", "us-east-1", "-open", "/requests?which=all",
			"-no-browser"}, strings.NewReader(""), writer, &errs)
		_ = writer.Close()
	}()
	t.Cleanup(func() {
		stop()
		if status := <-ended; status != 0 {
			t.Errorf("exit %d: %s", status, errs.String())
		}
	})
	text := make([]byte, 4096)
	n, err := reader.Read(text)
	if err != nil {
		t.Fatalf("%v: %s", err, errs.String())
	}
	return string(text[:n]), calls
}

// A tab is one of a browser, which keeps cookies and follows no redirects.
type tab struct {
	t *testing.T
	http.Client
}

func newTab(t *testing.T) *tab {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &tab{t, http.Client{Jar: jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// ask sends a request with headers, names and values in turn; "Host" is the host.
func (b *tab) ask(method, address, form string, headers ...string) (int, string, http.Header) {
	b.t.Helper()
	r, err := http.NewRequest(method, address, strings.NewReader(form))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i+1 < len(headers); i += 2 {
		if r.Header.Set(headers[i], headers[i+1]); headers[i] == "Host" {
			r.Host = headers[i+1]
		}
	}
	answer, err := b.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer.StatusCode, string(text), answer.Header
}

// TestDesk: the address opens the page once, for one browser, and each page is asked for as the person.
func TestDesk(t *testing.T) {
	printed, calls := deskAt(t)
	const kim = "arn:aws:sts::999988887777:assumed-role/OnCall/kim@example.com"
	if !strings.Contains(printed, "as "+kim) {
		t.Error(printed)
	}
	address := regexp.MustCompile(`http://127\.0\.0\.1:\d+/enter\S+`).FindString(printed)
	at, err := url.Parse(address)
	if err != nil || address == "" {
		t.Fatalf("%v in\n%s", err, printed)
	}
	base := "http://" + at.Host
	stranger, person := newTab(t), newTab(t)
	if status, _, _ := stranger.ask("GET", base+"/", ""); status != http.StatusForbidden {
		t.Errorf("without the token: %d", status)
	}
	wrong := strings.Replace(address, "token=", "token=x", 1)
	if status, _, _ := stranger.ask("GET", wrong, ""); status != http.StatusForbidden {
		t.Errorf("a wrong token: %d", status)
	}
	if status, _, _ := stranger.ask("POST", address, ""); status != http.StatusMethodNotAllowed {
		t.Errorf("a POST of the token: %d", status)
	}
	status, _, header := person.ask("GET", address, "")
	cookie := header.Get("Set-Cookie")
	if status != http.StatusSeeOther || header.Get("Location") != "/requests?which=all" ||
		!strings.Contains(cookie, "HttpOnly; SameSite=Strict") {
		t.Fatalf("%d, to %q, %q", status, header.Get("Location"), cookie)
	}
	if status, text, _ := stranger.ask("GET", address, ""); status != http.StatusForbidden ||
		!strings.Contains(text, "Start locksmith desk again") {
		t.Errorf("the token again: %d %s", status, text)
	}
	status, text, _ := person.ask("GET", base+"/requests?which=all", "")
	if status != 200 || !strings.Contains(text, "Nobody has asked for anything yet") ||
		!strings.Contains(text, "kim@example.com") || strings.Contains(text, "open sesame") {
		t.Errorf("%d\n%s", status, text)
	}
	if got := <-calls; got != "GET /desk/requests "+kim+" " || len(calls) > 0 {
		t.Errorf("called: %q, and %d more", got, len(calls))
	}
}

// TestDeskIsNobodyElses: no other name that leads here, no other site and no other method gets through.
func TestDeskIsNobodyElses(t *testing.T) {
	printed, calls := deskAt(t)
	address := regexp.MustCompile(`http://127\.0\.0\.1:\d+/enter\S+`).FindString(printed)
	base, _, _ := strings.Cut(address, "/enter")
	host := strings.TrimPrefix(base, "http://")
	person := newTab(t)
	person.ask("GET", address, "")
	_, text, _ := person.ask("GET", base+"/sweeps", "")
	<-calls
	token := regexp.MustCompile(`name="token" value="([^"]+)"`).FindStringSubmatch(text)
	if token == nil {
		t.Fatal(text)
	}
	form := url.Values{"token": {token[1]}, "key": {"k1"}, "tasks": {"s3"}}.Encode()
	for _, row := range []struct {
		name, method, path, form string
		headers                  []string
		status                   int
	}{
		{"rebound name", "GET", "/", "", []string{"Host", "evil.example:" + host}, 421},
		{"localhost", "GET", "/", "", []string{"Host", strings.Replace(host, "127.0.0.1", "localhost", 1)}, 421},
		{"rebound name, POST", "POST", "/sweeps", form, []string{"Host", "evil.example"}, 421},
		{"another site", "POST", "/sweeps", form, []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"another port", "POST", "/sweeps", form, []string{"Sec-Fetch-Site", "same-site"}, 403},
		{"another origin", "POST", "/sweeps", form, []string{"Origin", "http://127.0.0.1:1"}, 403},
		{"no token", "POST", "/sweeps", "tasks=s3", nil, 403},
		{"wrong method", "PUT", "/sweeps", form, nil, 405},
		{"wrong method", "DELETE", "/requests/x", "", nil, 405},
		{"an address elsewhere", "GET", "/enter?token=x&to=//evil.example", "", nil, 303},
	} {
		status, text, header := person.ask(row.method, base+row.path, row.form, row.headers...)
		if status != row.status || status == 303 && header.Get("Location") != "/" {
			t.Errorf("%s: %d, to %q\n%.300s", row.name, status, header.Get("Location"), text)
		}
	}
	if len(calls) > 0 {
		t.Errorf("the API was called: %s", <-calls)
	}
	status, _, header := person.ask("POST", base+"/sweeps", form, "Origin", base, "Sec-Fetch-Site", "same-origin")
	if got := <-calls; status != 303 || header.Get("Location") != "/sweeps?said=started" ||
		!strings.HasPrefix(got, "POST /desk/sweeps arn:") || !strings.HasSuffix(got, ` {"tasks":["s3"]}`) {
		t.Errorf("our own form: %d, to %q, %s", status, header.Get("Location"), got)
	}
}

// TestDeskWithoutCredentials: what is wrong with the credentials is said at the start.
func TestDeskWithoutCredentials(t *testing.T) {
	p := place.New(t)
	p.Time = time.Now()
	p.CheckSignatures("open sesame")
	for name, value := range map[string]string{"AWS_ENDPOINT_URL": p.URL, "AWS_ACCESS_KEY_ID": place.Central,
		"AWS_SECRET_ACCESS_KEY": "wrong", "AWS_SESSION_TOKEN": "", "AWS_PROFILE": ""} {
		t.Setenv(name, value)
	}
	var out, errs strings.Builder
	status := run(t.Context(), []string{"desk", "-no-browser", "-url", "https://a.execute-api.us-east-1.amazonaws.com"},
		strings.NewReader(""), &out, &errs)
	if status != 1 || !strings.Contains(errs.String(), "your AWS credentials are of no use") || out.Len() > 0 {
		t.Errorf("exit %d: %s%s", status, out.String(), errs.String())
	}
}
