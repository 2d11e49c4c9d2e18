package signin_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"locksmith/lambdas/desk/signin"
)

// An issuer speaks as much of OpenID Connect as a public client needs: discovery, the code flow with PKCE, and ID
// tokens, whose third part is no signature, since the door leaves that to the API.
type issuer struct {
	*httptest.Server
	challenge, nonce string
	spoil            func(claims map[string]any) // what the next token says
	refuse           bool                        // the person was not signed in
	down             bool
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	i := &issuer{}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		if i.down {
			http.Error(w, "down", http.StatusServiceUnavailable)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]string{"issuer": i.URL, "authorization_endpoint": i.URL + "/authorize",
			"token_endpoint": i.URL + "/token"})
	})
	mux.HandleFunc("GET /authorize", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		back := url.Values{"state": {q.Get("state")}, "code": {"the-code"}}
		if i.refuse {
			back = url.Values{"state": {q.Get("state")}, "error": {"access_denied"}, "error_description": {"<b>not you</b>"}}
		}
		i.challenge, i.nonce = q.Get("code_challenge"), q.Get("nonce")
		http.Redirect(w, r, q.Get("redirect_uri")+"?"+back.Encode(), http.StatusFound)
	})
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
		if r.PostFormValue("code") != "the-code" || base64.RawURLEncoding.EncodeToString(sum[:]) != i.challenge {
			http.Error(w, `{"error":"invalid_grant"}`, http.StatusBadRequest)
			return
		}
		claims := map[string]any{"iss": i.URL, "aud": "desk", "exp": now.Add(time.Hour).Unix(), "nonce": i.nonce,
			"email": "alice@example.com"}
		if i.spoil != nil {
			i.spoil(claims)
		}
		_ = json.NewEncoder(w).Encode(map[string]string{"id_token": token(claims)})
	})
	i.Server = httptest.NewTLSServer(mux)
	t.Cleanup(i.Close)
	return i
}

func token(claims map[string]any) string {
	text, _ := json.Marshal(claims)
	return "e30." + base64.RawURLEncoding.EncodeToString(text) + ".c2ln"
}

var now = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// A world is a door, its issuer and a person's browser.
type world struct {
	*testing.T
	*issuer
	base    string // of the pages
	browser *http.Client
	clock   time.Time
	posted  int
}

func open(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, issuer: newIssuer(t), clock: now}
	var door http.Handler
	server := httptest.NewTLSServer(http.HandlerFunc(func(a http.ResponseWriter, r *http.Request) {
		door.ServeHTTP(a, r)
	}))
	t.Cleanup(server.Close)
	w.base = server.URL + "/pages"
	pages := http.HandlerFunc(func(a http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			w.posted++
		}
		_, _ = io.WriteString(a, "the page "+r.URL.RequestURI())
	})
	client := w.issuer.Client()
	door, err := signin.New(signin.Options{Issuer: w.issuer.URL, ClientID: "desk", Home: w.base, Client: client,
		Now: func() time.Time { return w.clock }}, pages)
	if err != nil {
		t.Fatal(err)
	}
	jar, _ := cookiejar.New(nil)
	w.browser = &http.Client{Jar: jar, Transport: client.Transport}
	w.browser.Transport.(*http.Transport).TLSClientConfig.InsecureSkipVerify = true // two test servers, two certificates
	return w
}

func (w *world) get(path string) (int, http.Header, string) {
	w.Helper()
	answer, err := w.browser.Get(w.base + path)
	if err != nil {
		w.Fatal(err)
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	return answer.StatusCode, answer.Header, string(text)
}

func TestSigningIn(t *testing.T) {
	w := open(t)
	status, header, text := w.get("/requests/r1?x=2")
	if status != 200 || !strings.Contains(text, "You are signed in") {
		t.Fatal(status, text)
	}
	if to := header.Get("Refresh"); to != "0; url=/pages/requests/r1?x=2" {
		t.Errorf("then to %q", to)
	}
	cookie := header.Get("Set-Cookie")
	for _, c := range header.Values("Set-Cookie") {
		if strings.HasPrefix(c, "__Host-locksmith=") {
			cookie = c
		}
	}
	for _, part := range []string{"Path=/", "Max-Age=3600", "HttpOnly", "Secure", "SameSite=Strict"} {
		if !strings.Contains(cookie, part) {
			t.Errorf("the cookie %.40s… has no %s", cookie, part)
		}
	}
	if strings.Contains(text, "e30.") {
		t.Error("the page shows the token")
	}
	if status, _, text := w.get("/requests/r1"); status != 200 || text != "the page /pages/requests/r1" {
		t.Errorf("%d %s", status, text)
	}
	w.clock = now.Add(time.Hour) // the token has run out: the issuer is asked again, and gives one as old
	if status, _, text := w.get("/requests/r1"); status != http.StatusBadGateway || !strings.Contains(text, "run out") {
		t.Errorf("%d %s", status, text)
	}
}

// TestTokensThatAreNotForUs: what the issuer gives has to be from it, for these pages, and for this sign-in.
func TestTokensThatAreNotForUs(t *testing.T) {
	for name, spoil := range map[string]func(map[string]any){
		"iss":   func(c map[string]any) { c["iss"] = "https://other.example.com" },
		"aud":   func(c map[string]any) { c["aud"] = []string{"mail", "wiki"} },
		"nonce": func(c map[string]any) { c["nonce"] = "another" },
		"exp":   func(c map[string]any) { c["exp"] = now.Unix() },
	} {
		w := open(t)
		w.spoil = spoil
		if status, _, text := w.get("/"); status != http.StatusBadGateway || !strings.Contains(text, name) {
			t.Errorf("%s: %d %s", name, status, text)
		}
		if status, _, _ := w.get("/"); status == http.StatusOK {
			t.Errorf("%s: signed in all the same", name)
		}
	}
}

// TestAnswersOfOthers: a code that this browser did not ask for signs nobody in.
func TestAnswersOfOthers(t *testing.T) {
	w := open(t)
	for _, query := range []string{"", "?code=the-code&state=", "?code=the-code&state=theirs"} {
		path := "/signed-in" + query
		if status, _, text := w.get(path); status != http.StatusBadRequest || !strings.Contains(text, "not an answer") {
			t.Errorf("%s: %d %s", path, status, text)
		}
	}
	w.refuse = true
	if status, _, text := w.get("/"); status != http.StatusForbidden ||
		!strings.Contains(text, "access_denied &lt;b&gt;") {
		t.Errorf("%d %s", status, text)
	}
	w.refuse, w.down = false, true
	if status, _, text := w.get("/"); status != http.StatusBadGateway || !strings.Contains(text, "does not answer") {
		t.Errorf("%d %s", status, text)
	}
}

// TestOnlyWithinThePages: signing in leads nowhere else.
func TestOnlyWithinThePages(t *testing.T) {
	for _, to := range []string{"https://evil.example.com/", "//evil.example.com/pages/", `/\evil.example.com`, "/other",
		`/pages/\..\..`, "javascript:alert(1)", ""} {
		w := open(t)
		_, header, _ := w.get("/sign-in?to=" + url.QueryEscape(to))
		if got := header.Get("Refresh"); got != "0; url=/pages/" {
			t.Errorf("%q leads to %q", to, got)
		}
	}
}

// TestWhoIsNotSignedInChangesNothing: nor does who says so from another site sign anybody out.
func TestWhoIsNotSignedInChangesNothing(t *testing.T) {
	w := open(t)
	answer, err := w.browser.Post(w.base+"/requests", "application/x-www-form-urlencoded", strings.NewReader("a=b"))
	if err != nil || answer.StatusCode != http.StatusUnauthorized || w.posted != 0 {
		t.Error(answer.StatusCode, w.posted, err)
	}
	w.get("/")
	r, _ := http.NewRequest(http.MethodPost, w.base+"/sign-out", nil)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	if answer, err := w.browser.Do(r); err != nil || answer.StatusCode != http.StatusForbidden {
		t.Error(answer.StatusCode, err)
	}
	if status, _, text := w.get("/x"); status != http.StatusOK || text != "the page /pages/x" {
		t.Error("signed out by another site:", text)
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if answer, err := w.browser.Do(r); err != nil || answer.StatusCode != http.StatusOK {
		t.Error(answer.StatusCode, err)
	}
	if _, _, text := w.get("/x"); !strings.Contains(text, "You are signed in") { // anew, by the issuer
		t.Error(text)
	}
}

func TestOptions(t *testing.T) {
	for _, o := range []signin.Options{
		{Issuer: "http://issuer.example.com", ClientID: "desk", Home: "https://desk.example.com/pages"},
		{Issuer: "https://issuer.example.com", Home: "https://desk.example.com/pages"},
		{Issuer: "https://issuer.example.com", ClientID: "desk", Home: "http://desk.example.com/pages"},
		{Issuer: "https://issuer.example.com", ClientID: "desk", Home: "https://desk.example.com/pages/"},
	} {
		if _, err := signin.New(o, nil); err == nil || !strings.Contains(err.Error(), "want") {
			t.Errorf("%+v: %v", o, err)
		}
	}
}
