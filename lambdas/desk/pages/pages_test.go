package pages_test

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

func copyAll(w io.Writer, r *http.Response) (int64, error) { return io.Copy(w, r.Body) }

const bucketPath = "/unlock-s3-bucket/111122223333/payroll-exports"

// A looked is a page's address, the one request that it makes, what answers, and what the page says.
type looked struct {
	page, asks, answers string
	status              int
	says                []string
}

// looks are all pages.
func looks() []looked {
	return []looked{
		{"/", "/requests?waiting=true", "waiting", 200, []string{"<h1>Waiting for me</h1>", "2 requests wait", "OPS-4711",
			"1 of 2", "Look and decide", "kim@example.com", "OnCall", `aria-current="page">Waiting for me`,
			"in 3 hours", "1 more is not shown here"}},
		{"/", "/requests?waiting=true", "empty", 200, []string{"Nothing waits for your decision", "Ask for something"}},
		{"/requests", "/requests?mine=true", "requests", 200, []string{"<h1>My requests</h1>", "running", "break glass",
			"/desk/pages/requests?from=eyJpZCI6IngifQ", "40 minutes ago", "3 days ago"}},
		{"/requests?which=all&from=x", "/requests?from=x", "requests", 200, []string{"<h1>All requests</h1>",
			"/desk/pages/requests?from=eyJpZCI6IngifQ&amp;which=all"}},
		{"/requests", "/requests?mine=true", "empty", 200, []string{"You have asked for nothing yet", "New request"}},
		{"/requests/k3", "/requests/k3", "request", 200, []string{"Force-unlock bucket payroll-exports", "1 approval to go",
			"The policy has changed", ">Approve<", ">Deny<", "DenyAllAccess", "Looked at it with Kim", "Who may approve",
			"anybody as Security", "AWSReservedSSO_Security_*"}},
		{"/requests/k3", "/requests/k3", "request-own", 200, []string{"Cancel the request",
			"You have asked for this yourself"}},
		{"/requests/k3", "/requests/k3", "request-done", 200, []string{"Outcome: deleted", "a note, no failure",
			"Who did not answer", "AKIA111122223333AAAA"}},
		{"/requests/k3", "/requests/k3", "request-glass", 200, []string{"Break glass.", "explicit deny in a service control",
			"/desk/pages/incidents/request-g1h2j3k4l5q6w7e8r9t0~arn:aws:sqs:us-east-1:111122223333:orders"}},
		{"/new?kind=bucket&account=1111+2222+3333&name=payroll-exports&region=", bucketPath, "sight", 200, []string{
			"Proved: nobody of the account", "DenyAllAccess denies every action to everybody", "Delete the policy",
			"Not possible: The last good policy lets in account", "<del>-     &#34;Sid&#34;: &#34;DenyInsecure&#34;,</del>",
			"One other person has", "Ask for approval", `maxlength="1000" required`}},
		{"/new?kind=queue&account=111122223333&name=orders&region=us-east-1",
			"/unlock-sqs-queue/111122223333/orders?region=us-east-1", "sight-open", 200, []string{"There is no policy",
				"You cannot ask for it"}},
		{"/new?kind=bucket&account=111122223333&name=payroll-exports", bucketPath, "sight-force", 200, []string{
			"Break the glass and do it now", "not proved to be locked", `name="force" value="yes" required`}},
		{"/new?kind=bucket&account=111122223333&name=payroll-exports", bucketPath, "403 problem", 403, []string{
			"Not permitted.", "No entry of the desk lets you force anything", `value="payroll-exports"`}},
		{"/incidents", "/incidents", "incidents", 200, []string{"still locked", "legal-hold-2026", "deliberate"}},
		{"/incidents", "/incidents", "empty", 200, []string{"No incidents"}},
		{"/incidents?open=yes", "/incidents?open=true", "bare", 200, []string{"There are older ones", "Show older ones"}},
		{"/requests", "/requests?mine=true", "bare", 200, []string{"There are older ones", "Show older ones"}},
		{"/", "/requests?waiting=true", "bare", 200, []string{"There are older ones", "Show older ones"}},
		{"/root-credentials", "/root-credentials", "bare", 200, []string{"There are more"}},
		{"/incidents?open=yes", "/incidents?open=true", "empty", 200, []string{"Nothing is locked"}},
		{"/incidents?open=yes&from=a", "/incidents?from=a&open=true", "incidents", 200, []string{
			"/desk/pages/incidents?from=abc&amp;open=yes"}},
		{"/incidents/1~arn:aws:s3:::payroll-exports", "/incidents/1~arn:aws:s3:::payroll-exports", "incident", 200, []string{
			"Bucket payroll-exports", "Put a copy back", "The policy that was taken off", "Seen to be open",
			"k3v9q2m7x1c8b5n4z6a0",
			"/desk/pages/new?account=111122223333&amp;kind=bucket&amp;name=payroll-exports&amp;region=eu-central-1"}},
		{"/root-credentials?has=password", "/root-credentials?has=password", "credentials", 200, []string{
			"5 of 110 accounts", "service control policy", "/desk/pages/root-credentials.csv?has=password",
			`<option value="password" selected>`}},
		{"/root-credentials", "/root-credentials", "empty", 200, []string{"No account was audited yet"}},
		{"/root-credentials/111122223333", "/root-credentials/111122223333", "account", 200, []string{
			"AKIA111122223333AAAA", "Ask to delete all of it", "No entry of the desk lets you create a root password"}},
		{"/root-credentials/333344445555", "/root-credentials/333344445555", "account-refused", 200, []string{"Refused.",
			"What root has there is not known"}},
		{"/sweeps", "/sweeps", "sweeps", 200, []string{"137 of 220", "Start a sweep"}},
		{"/sweeps", "/sweeps", "empty", 200, []string{"No sweep yet"}},
		{"/sweeps/2026-11-21T03-00-00", "/sweeps/2026-11-21T03-00-00", "sweep", 200, []string{">Stop<",
			`<progress id="visits" max="220" value="137">62%</progress>`, "about $0.0123"}},
		{"/preflight", "/preflight", "preflight", 200, []string{"DenyRoot", "acquired-company", "out of reach",
			"Who is subscribed to the topics"}},
	}
}

// TestPages: each page makes one request, and says what it is to say.
func TestPages(t *testing.T) {
	for _, row := range looks() {
		api := &answers{files: map[string]string{"GET " + row.asks: row.answers}}
		b := &browser{t: t, base: site(t, api).URL + "/desk/pages"}
		status, text, header := b.get(row.page)
		if status != row.status {
			t.Errorf("%s: status %d", row.page, status)
		}
		for _, part := range row.says {
			if !strings.Contains(text, strings.ReplaceAll(part, "&nbsp;", " ")) {
				t.Errorf("%s, %s: no %q in\n%s", row.page, row.answers, part, body(text))
			}
		}
		if calls := api.asked(); len(calls) != 1 {
			t.Errorf("%s: %d requests", row.page, len(calls))
		}
		if strings.Contains(text, "<script") || strings.Contains(text, " style=") || strings.Contains(text, "ZgotmplZ") {
			t.Errorf("%s: script, style or what a template refuses", row.page)
		}
		if csp := header.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'; style-src 'self'; ") {
			t.Errorf("%s: %q", row.page, csp)
		}
	}
}

// body is the text without its frame.
func body(text string) string {
	_, main, _ := strings.Cut(text, "<main")
	return main
}

// TestWhoDecides: without a word of the API, who asked or has decided is not asked again, in whatever session.
func TestWhoDecides(t *testing.T) {
	const session = "arn:aws:sts::999988887777:assumed-role/AWSReservedSSO_"
	for arn, want := range map[string]string{
		kim: "You have asked for this yourself", "kim@example.com": "You have asked for this yourself",
		session + "Security_0/Kim@example.com":                                     "You have asked for this yourself",
		session + "OnCall_0/ana@example.com":                                       "You have approved it",
		session + "Security_0/lee@example.com":                                     "Your decision",
		session + "Developers_0/lee@example.com":                                   "You are not among those",
		"lee@example.com":                                                          "Your decision",
		"arn:aws:iam::999988887777:role/BreakGlassApprovers":                       "Your decision",
		"arn:aws:sts::999988887777:assumed-role/AWSReservedSSO/Security_/lee":      "You are not among those",
		"arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Security_0/lee@e.f": "You are not among those",
	} {
		api := &answers{arn: arn, files: map[string]string{"GET /requests/k3": "request-plain"}}
		b := &browser{t: t, base: site(t, api).URL + "/desk/pages"}
		if _, text, _ := b.get("/requests/k3"); !strings.Contains(text, want) {
			t.Errorf("%s: no %q in\n%s", arn, want, body(text))
		}
	}
}

// TestRefresh: a page on which something runs comes back by itself, until somebody stops it.
func TestRefresh(t *testing.T) {
	for _, row := range []struct{ page, asks, answers, want string }{
		{"/requests/m1", "/requests/m1", "request-running", "4; url=/desk/pages/requests/m1"},
		{"/requests/m1?still=yes", "/requests/m1", "request-running", ""},
		{"/requests/m1", "/requests/m1", "request", ""},
		{"/requests", "/requests?mine=true", "requests", "4; url=/desk/pages/requests"},
		{"/sweeps/s", "/sweeps/s", "sweep", "4; url=/desk/pages/sweeps/s"},
		{"/root-credentials?has=any", "/root-credentials?has=any", "credentials",
			"4; url=/desk/pages/root-credentials?has=any"},
	} {
		api := &answers{files: map[string]string{"GET " + row.asks: row.answers}}
		b := &browser{t: t, base: site(t, api).URL + "/desk/pages"}
		_, text, header := b.get(row.page)
		if got := header.Get("Refresh"); got != row.want {
			t.Errorf("%s: Refresh %q", row.page, got)
		}
		if strings.Contains(text, "Stop that") != (row.want != "") {
			t.Errorf("%s: the link that stops it", row.page)
		}
	}
}

var hidden = regexp.MustCompile(`name="(token|key)" value="([^"]+)"`)

// form is what the first form of a page carries unseen.
func form(t *testing.T, text string) url.Values {
	t.Helper()
	f := url.Values{}
	for _, m := range hidden.FindAllStringSubmatch(text, 2) {
		f.Set(m[1], m[2])
	}
	if len(f) != 2 {
		t.Fatalf("no form in\n%s", body(text))
	}
	return f
}

// An act is a page, what its form sends where, what the API is asked, and where the browser is led.
type act struct{ page, asks, file, act, form, does, answers, want, leads string }

func acts() []act {
	return []act{
		{"/requests/k3", "/requests/k3", "request", "/requests/k3/approve", "reason=&digest=x", "/requests/k3/approve",
			"request-done", `{"digest":"x"}`, "/requests/k3?said=approved"},
		{"/requests/k3", "/requests/k3", "request", "/requests/k3/deny", "reason=no", "/requests/k3/deny", "request-done",
			`{"reason":"no"}`, "/requests/k3?said=denied"},
		{"/requests/k3", "/requests/k3", "request-own", "/requests/k3/cancel", "", "/requests/k3/cancel", "request-done",
			`{}`, "/requests/k3?said=cancelled"},
		{"/new?kind=bucket&account=111122223333&name=payroll-exports", bucketPath, "sight", "/new",
			"kind=bucket&account=111122223333&name=payroll-exports&reason=+why+&ticket=T1&action=repair", bucketPath,
			"202 request", `{"reason":"why","ticket":"T1","action":"repair"}`, "/requests/k3v9q2m7x1c8b5n4z6a0?said=asked"},
		{"/new?kind=bucket&account=111122223333&name=payroll-exports", bucketPath, "sight", "/new",
			"kind=bucket&account=111122223333&name=payroll-exports&reason=why&force=yes", bucketPath, "409 failed",
			`{"reason":"why","force":true}`, "/requests/k3v9q2m7x1c8b5n4z6a0"},
		{"/requests/k3", "/requests/k3", "request", "/requests/k3/approve", "", "/requests/k3/approve", "502 failed", `{}`,
			"/requests/k3"},
		{"/incidents/1~r", "/incidents/1~r", "incident", "/incidents/1~r/restore", "copy=1&reason=why&force=yes",
			"/incidents/1~r/restore", "202 request", `{"reason":"why","copy":1,"force":true}`,
			"/requests/k3v9q2m7x1c8b5n4z6a0?said=asked"},
		{"/root-credentials/111122223333", "/root-credentials/111122223333", "account",
			"/root-credentials/111122223333/delete", "reason=why", "/delete-root-login-profile/111122223333", "202 request",
			`{"reason":"why"}`, "/requests/k3v9q2m7x1c8b5n4z6a0?said=asked"},
		{"/root-credentials/111122223333", "/root-credentials/111122223333", "account",
			"/root-credentials/111122223333/create", "reason=why&case=yes", "/create-root-login-profile/111122223333",
			"202 request", `{"reason":"why","case":true}`, "/requests/k3v9q2m7x1c8b5n4z6a0?said=asked"},
		{"/sweeps", "/sweeps", "sweeps", "/sweeps", "accounts=111122223333,+222233334444&tasks=s3", "/sweeps", "202 sweep",
			`{"accounts":["111122223333","222233334444"],"tasks":["s3"]}`, "/sweeps/2026-11-21T03-00-00?said=started"},
		{"/sweeps/s", "/sweeps/s", "sweep", "/sweeps/s/stop", "", "/sweeps/s/stop", "sweep", `{}`, "/sweeps/s?said=stopped"},
	}
}

// TestActs: each form does one POST with its key, and sends the browser on.
func TestActs(t *testing.T) {
	for _, row := range acts() {
		api := &answers{files: map[string]string{"GET " + row.asks: row.file, "POST " + row.does: row.answers}}
		b := &browser{t: t, base: site(t, api).URL + "/desk/pages"}
		_, text, _ := b.get(row.page)
		f := form(t, text)
		more, err := url.ParseQuery(row.form)
		if err != nil {
			t.Fatal(err)
		}
		for name, values := range more {
			f[name] = values
		}
		api.asked()
		status, text, header := b.post(row.act, f)
		if got := header.Get("Location"); status != http.StatusSeeOther || got != "/desk/pages"+row.leads {
			t.Errorf("%s: %d, to %q\n%s", row.act, status, got, body(text))
		}
		calls := api.asked()
		if len(calls) != 1 || string(calls[0].Body) != row.want || calls[0].Key != f.Get("key") || calls[0].Key == "" {
			t.Errorf("%s: %d calls, %+v", row.act, len(calls), calls)
		}
	}
}

// TestForgedForms: what was not sent from a page of this session does nothing.
func TestForgedForms(t *testing.T) {
	api := &answers{files: map[string]string{"GET /requests/k3": "request"}}
	s := site(t, api)
	b := &browser{t: t, base: s.URL + "/desk/pages"}
	_, text, _ := b.get("/requests/k3")
	good := form(t, text)
	good.Set("reason", "no")
	api.asked()
	stranger := &browser{t: t, base: b.base}
	const deny = "/requests/k3/deny"
	refuses := func(name string, who *browser, f url.Values, headers ...string) {
		t.Helper()
		if status, text, _ := who.post(deny, f, headers...); status != http.StatusForbidden ||
			!strings.Contains(text, "so nothing was done") {
			t.Errorf("%s: %d\n%s", name, status, body(text))
		}
	}
	refuses("no token", b, url.Values{"reason": {"no"}})
	refuses("another session", stranger, good)
	refuses("another site", b, good, "Sec-Fetch-Site", "cross-site")
	refuses("another port", b, good, "Sec-Fetch-Site", "same-site")
	refuses("another origin", b, good, "Origin", "https://evil.example")
	refuses("the null origin", b, good, "Origin", "null")
	large := url.Values{"token": good["token"], "reason": {strings.Repeat("a", 40_000)}}
	if status, _, _ := b.post(deny, large); status != http.StatusRequestEntityTooLarge {
		t.Errorf("a large form: %d", status)
	}
	good.Set("reason", " ")
	if status, text, _ := b.post(deny, good); status != 400 || !strings.Contains(text, "A reason is missing") {
		t.Errorf("no reason: %d", status)
	}
	if calls := api.asked(); len(calls) != 0 {
		t.Errorf("the API was asked: %+v", calls)
	}
}

// TestProblems: what goes wrong is a page of its own, which says what to do.
func TestProblems(t *testing.T) {
	api := &answers{files: map[string]string{"GET /requests/none": "403 problem", "GET /requests/k3": "request"}}
	b := &browser{t: t, base: site(t, api).URL + "/desk/pages"}
	for path, want := range map[string]string{
		"/requests/none": "No entry of the desk lets you force anything", "/nowhere": "There is no such page",
		"/requests/k3/approve": "This page takes no GET",
	} {
		status, text, header := b.get(path)
		if status < 400 || !strings.Contains(text, want) || !strings.Contains(text, "What to do:") {
			t.Errorf("%s: %d\n%s", path, status, body(text))
		}
		if allow := header.Get("Allow"); status == 405 && allow != "POST" {
			t.Errorf("%s: Allow %q", path, allow)
		}
	}
	_, text, _ := b.get("/requests/k3")
	api.files["POST /requests/k3/approve"] = "409 failed"
	if status, text, _ := b.post("/requests/k3/approve", form(t, text)); status != 409 ||
		!strings.Contains(text, "See the request") || !strings.Contains(text, `href="/desk/pages/requests/k3">Open the page`) {
		t.Errorf("%d\n%s", status, body(text))
	}
	api.err = errors.New("the SSO session has ended; aws sso login --profile desk begins another")
	if status, text, _ := b.get("/"); status != 502 || !strings.Contains(text, "aws sso login --profile desk") {
		t.Errorf("%d\n%s", status, body(text))
	}
}

// TestBounce: a link from another site leads to the same page, which then comes with its cookies.
func TestBounce(t *testing.T) {
	api := &answers{}
	s := site(t, api)
	r, err := http.NewRequest(http.MethodGet, s.URL+"/desk/pages/requests/k3", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	r.Header.Set("Sec-Fetch-Mode", "navigate")
	b := &browser{t: t}
	if status, text, _ := b.do(r); status != 200 || !strings.Contains(text, `http-equiv="refresh" content="0"`) ||
		len(b.cookies) > 0 {
		t.Errorf("%d %v\n%s", status, b.cookies, text)
	}
}

// TestCSV: the file has all pages of the list, and the names of the columns once.
func TestCSV(t *testing.T) {
	const list = "GET /root-credentials?"
	api := &answers{files: map[string]string{
		list + "format=csv&has=any&limit=100":        "text account,state\r\n1,complete\r\n|1",
		list + "format=csv&from=1&has=any&limit=100": "text account,state\r\n2,refused\r\n|2",
		list + "format=csv&from=2&has=any&limit=100": "text account,state\r\n3,complete\r\n",
		list + "format=csv&limit=100":                "text account,state\r\n1,complete\r\n|1",
		list + "format=csv&from=1&limit=100":         "502 problem",
	}}
	b := &browser{t: t, base: site(t, api).URL + "/desk/pages"}
	_, text, header := b.get("/root-credentials.csv?has=any")
	if text != "account,state\r\n1,complete\r\n2,refused\r\n3,complete\r\n" ||
		!strings.HasPrefix(header.Get("Content-Disposition"), "attachment") {
		t.Errorf("%q %v", text, header)
	}
	if status, text, _ := b.get("/root-credentials.csv"); status != 502 || strings.Contains(text, "complete") {
		t.Errorf("%d %q", status, body(text))
	}
}

// TestHostile: what others have written stays text, and no address leads away.
func TestHostile(t *testing.T) {
	api := &answers{files: map[string]string{"GET /requests/k3": "hostile"}}
	b := &browser{t: t, base: site(t, api).URL + "/desk/pages"}
	_, text, _ := b.get("/requests/k3")
	for _, part := range []string{"<script", "<img src=x", `"javascript:`, `"ZgotmplZ`, `"><b>`} {
		if strings.Contains(body(text), part) {
			t.Errorf("%s in\n%s", part, body(text))
		}
	}
	if !strings.Contains(text, "&lt;script&gt;alert(1)&lt;/script&gt;") {
		t.Errorf("the reason is not shown:\n%s", body(text))
	}
}
