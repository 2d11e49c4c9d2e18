package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// A deskAPI stands in for the desk's behind its JWT authorizer: it answers to one token, and redirects to a stranger.
type deskAPI struct {
	*httptest.Server
	token string
	calls []string
}

func newDeskAPI(t *testing.T, token string) *deskAPI {
	t.Helper()
	a := &deskAPI{token: token}
	a.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.calls = append(a.calls, r.Method+" "+r.URL.RequestURI())
		switch {
		case r.Header.Get("Authorization") != "Bearer "+a.token:
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"message":"Unauthorized"}`)
		case strings.HasPrefix(r.URL.Path, "/requests/moved"):
			http.Redirect(w, r, "https://stranger.example.com/", http.StatusTemporaryRedirect)
		default:
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, `{"requests":[],"hidden":0}`)
		}
	}))
	t.Cleanup(a.Close)
	return a
}

// idToken is an unsigned token of a made-up issuer, good for an hour.
func idToken() string {
	text, _ := json.Marshal(map[string]any{"iss": "https://login.example.com", "aud": "desk", "sub": "00u1",
		"exp": time.Now().Add(time.Hour).Unix(), "email": "alice@example.com"})
	return "e30." + base64.RawURLEncoding.EncodeToString(text) + ".c2ln"
}

func pagesSettings(api string) func(string) string {
	return func(name string) string {
		return map[string]string{"LOCKSMITH_DESK_URL": "https://desk.example.com/pages", "LOCKSMITH_DESK_API": api,
			"LOCKSMITH_DESK_ISSUER": "https://login.example.com", "LOCKSMITH_DESK_CLIENT": "desk"}[name]
	}
}

// visit asks for a page, with a token in its cookie, or without.
func visit(h http.Handler, path, token string, header map[string]string) (int, http.Header, string) {
	r := httptest.NewRequest(http.MethodGet, "https://desk.example.com"+path, nil)
	for name, value := range header {
		r.Header.Set(name, value)
	}
	if token != "" {
		r.AddCookie(&http.Cookie{Name: "__Host-locksmith", Value: token})
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	text, _ := io.ReadAll(w.Result().Body)
	return w.Code, w.Result().Header, string(text)
}

// TestPagesForPeopleWhoSignIn: the token goes to the API with each call, and nowhere else.
func TestPagesForPeopleWhoSignIn(t *testing.T) {
	token := idToken()
	api := newDeskAPI(t, token)
	client := api.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	h, err := publicPages(pagesSettings(api.URL), client)
	if err != nil {
		t.Fatal(err)
	}
	status, header, text := visit(h, "/pages/requests", token, nil)
	if status != http.StatusOK || !strings.Contains(text, "alice@example.com") || strings.Contains(text, token) {
		t.Errorf("%d %.300s", status, text)
	}
	for name, want := range map[string]string{"Content-Security-Policy": "default-src 'none'",
		"Cache-Control": "no-store"} {
		if !strings.Contains(header.Get(name), want) {
			t.Errorf("%s: %q", name, header.Get(name))
		}
	}
	for _, c := range header.Values("Set-Cookie") {
		if !strings.HasPrefix(c, "__Host-") || !strings.Contains(c, "Secure") || !strings.Contains(c, "SameSite=Strict") {
			t.Errorf("cookie %.60s", c)
		}
	}
	if status, _, text := visit(h, "/pages/requests/moved", token, nil); status == http.StatusOK {
		t.Errorf("followed the API elsewhere: %d %.200s", status, text)
	}
	if len(api.calls) != 2 || !strings.HasPrefix(api.calls[0], "GET /requests?") {
		t.Errorf("calls %q", api.calls)
	}
}

// TestPagesForStrangers: who has no token signs in first, and a token that the API does not take shows nothing.
func TestPagesForStrangers(t *testing.T) {
	api := newDeskAPI(t, "another")
	h, err := publicPages(pagesSettings(api.URL), api.Client())
	if err != nil {
		t.Fatal(err)
	}
	if status, header, _ := visit(h, "/pages/requests", "", nil); status != http.StatusSeeOther ||
		header.Get("Location") != "/pages/sign-in?to=%2Fpages%2Frequests" {
		t.Errorf("%d %q", status, header.Get("Location"))
	}
	if len(api.calls) != 0 {
		t.Errorf("calls %q", api.calls)
	}
	if status, _, text := visit(h, "/pages/requests", idToken(), nil); status != http.StatusUnauthorized {
		t.Errorf("%d %.200s", status, text)
	}
	fromMail := map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
	if status, _, text := visit(h, "/pages/requests/r1", "", fromMail); status != http.StatusOK ||
		!strings.Contains(text, `http-equiv="refresh"`) {
		t.Errorf("from a mail: %d %.200s", status, text)
	}
}

func TestPagesNeedTheirSettings(t *testing.T) {
	for name, value := range map[string]string{"LOCKSMITH_DESK_URL": "http://desk.example.com/pages",
		"LOCKSMITH_DESK_API": "", "LOCKSMITH_DESK_ISSUER": "login", "LOCKSMITH_DESK_CLIENT": ""} {
		get := pagesSettings("https://api.example.com")
		_, err := publicPages(func(n string) string {
			if n == name {
				return value
			}
			return get(n)
		}, http.DefaultClient)
		if err == nil || !strings.Contains(err.Error(), "want") {
			t.Errorf("%s=%q: %v", name, value, err)
		}
	}
}
