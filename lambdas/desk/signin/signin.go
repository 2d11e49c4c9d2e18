// Package signin signs people in to the desk's pages with any OpenID Connect issuer, for the door that needs no AWS
// credentials.
//
// It is the code flow with PKCE, as a public client: there is no secret to keep
// (https://openid.net/specs/openid-connect-core-1_0.html#CodeFlowAuth, https://www.rfc-editor.org/rfc/rfc7636). What
// the issuer says of the person, the ID token, is in a cookie that only this host gets, over TLS and from its own pages
// alone. Nothing is kept here. Nothing is trusted here either: the token goes with each call to the API, whose JWT
// authorizer verifies it. Whoever made one up would see pages that say so.
package signin

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Cookie is the name of the cookie with the ID token. The prefix has browsers refuse it from any other host, and
// without TLS (https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Set-Cookie#cookie_prefixes).
const Cookie = "__Host-locksmith"

// begun is the cookie between the way to the issuer and the way back. It comes back with a navigation from the issuer's
// host, and so it is Lax.
const begun = "__Host-locksmith-signin"

// patience is how long signing in may take.
const patience = 10 * time.Minute

// biggest is how much of an answer of the issuer is read.
const biggest = 1 << 20

// Options say who signs people in.
type Options struct {
	Issuer   string // https://…, without a slash at the end
	ClientID string
	Home     string // the pages' address, such as https://desk.example.com/pages
	Client   *http.Client
	Now      func() time.Time
}

// A Door lets through to the pages who is signed in.
type Door struct {
	options Options
	home    *url.URL
	pages   http.Handler
}

// New makes a door in front of the pages. It answers under the path of Home: sign-in, signed-in, and sign-out.
func New(o Options, pages http.Handler) (*Door, error) {
	home, err := url.Parse(o.Home)
	if err != nil || home.Scheme != "https" || home.Host == "" || strings.HasSuffix(home.Path, "/") {
		return nil, fmt.Errorf("pages %q: want an https:// address without a slash at the end", o.Home)
	}
	issuer, err := url.Parse(o.Issuer)
	if err != nil || issuer.Scheme != "https" || issuer.Host == "" {
		return nil, fmt.Errorf("issuer %q: want an https:// address", o.Issuer)
	}
	if o.ClientID == "" {
		return nil, errors.New(`client id "": want what the issuer calls these pages`)
	}
	return &Door{options: o, home: home, pages: pages}, nil
}

// Token is the ID token of a request's cookie, or "". It has not been verified.
func Token(r *http.Request) string {
	c, err := r.Cookie(Cookie)
	if err != nil {
		return ""
	}
	return c.Value
}

// Name is what a token says of whom it is for, for the page to show. It has not been verified.
func Name(token string) string {
	c, err := claimsOf(token)
	if err != nil {
		return ""
	}
	return cmp.Or(c.Email, c.Preferred, c.Subject)
}

// ServeHTTP lets people through who have a token that has not run out, and sends the others to sign in.
func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	get := r.Method == http.MethodGet || r.Method == http.MethodHead
	switch path := strings.TrimPrefix(r.URL.Path, d.home.Path); {
	case path == "/sign-in" && get:
		d.begin(w, r)
	case path == "/signed-in" && get:
		d.end(w, r)
	case path == "/sign-out" && r.Method == http.MethodPost:
		d.forget(w, r)
	case d.current(Token(r)) || path == "/style.css":
		d.pages.ServeHTTP(w, r)
	case get:
		http.Redirect(w, r, d.home.Path+"/sign-in?to="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
	default:
		d.say(w, http.StatusUnauthorized, "You are not signed in", "Nothing was done. Sign in, and try again.")
	}
}

// current tells whether the token claims to be for these pages, and not to have run out. It verifies nothing.
func (d *Door) current(token string) bool {
	c, err := claimsOf(token)
	return err == nil && d.check(c) == nil
}

// What is kept between the two ways.
type passage struct {
	State    string `json:"state"`
	Verifier string `json:"verifier"`
	Nonce    string `json:"nonce"`
	To       string `json:"to"`
}

// begin sends the person to the issuer.
func (d *Door) begin(w http.ResponseWriter, r *http.Request) {
	at, err := d.discover(r.Context())
	if err != nil {
		d.say(w, http.StatusBadGateway, "The issuer does not answer", err.Error())
		return
	}
	p := passage{State: random(), Verifier: random(), Nonce: random(), To: d.within(r.URL.Query().Get("to"))}
	text, _ := json.Marshal(p) // strings
	http.SetCookie(w, d.cookie(begun, base64.RawURLEncoding.EncodeToString(text), patience, http.SameSiteLaxMode))
	challenge := sha256.Sum256([]byte(p.Verifier))
	query := url.Values{"response_type": {"code"}, "client_id": {d.options.ClientID}, "redirect_uri": {d.back()},
		"scope": {"openid email"}, "state": {p.State}, "nonce": {p.Nonce}, "code_challenge_method": {"S256"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(challenge[:])}}
	joint := "?"
	if strings.Contains(at.Authorize, "?") {
		joint = "&"
	}
	http.Redirect(w, r, at.Authorize+joint+query.Encode(), http.StatusSeeOther)
}

// back is where the issuer sends the person.
func (d *Door) back() string { return d.options.Home + "/signed-in" }

// within is a path of the pages, whatever was asked for. It is where the person goes after signing in.
func (d *Door) within(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "" || u.Host != "" || strings.Contains(to, `\`) ||
		!strings.HasPrefix(u.Path, d.home.Path+"/") {
		return d.home.Path + "/"
	}
	return u.RequestURI()
}

// end takes the person back from the issuer, and turns the code into a token.
func (d *Door) end(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, d.cookie(begun, "", -time.Second, http.SameSiteLaxMode))
	p, err := passageOf(r)
	query := r.URL.Query()
	switch {
	case err != nil || p.State == "" || query.Get("state") != p.State:
		d.say(w, http.StatusBadRequest, "This is not an answer to a sign-in of this browser",
			"Signing in may take ten minutes, in one browser. Try again.")
		return
	case query.Get("code") == "":
		d.say(w, http.StatusForbidden, "The issuer did not sign you in",
			query.Get("error")+" "+query.Get("error_description"))
		return
	}
	token, until, err := d.exchange(r.Context(), query.Get("code"), p)
	if err != nil {
		d.say(w, http.StatusBadGateway, "The issuer's answer cannot be used", err.Error())
		return
	}
	http.SetCookie(w, d.cookie(Cookie, token, until.Sub(d.options.Now()), http.SameSiteStrictMode))
	// A redirect would still be part of the navigation from the issuer's host, with which a Strict cookie does not go.
	w.Header().Set("Refresh", "0; url="+p.To)
	d.say(w, http.StatusOK, "You are signed in", "This page leads on by itself.")
}

func passageOf(r *http.Request) (p passage, err error) {
	c, err := r.Cookie(begun)
	if err != nil {
		return p, err
	}
	text, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil {
		return p, err
	}
	return p, json.Unmarshal(text, &p)
}

// forget signs the person out here. The issuer may still know them.
func (d *Door) forget(w http.ResponseWriter, r *http.Request) {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" {
		d.say(w, http.StatusForbidden, "This came from another site", "Nothing was done.")
		return
	}
	http.SetCookie(w, d.cookie(Cookie, "", -time.Second, http.SameSiteStrictMode))
	d.say(w, http.StatusOK, "You are signed out", "The issuer may still know you in this browser.")
}

func (d *Door) cookie(name, value string, lasts time.Duration, site http.SameSite) *http.Cookie {
	return &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: int(lasts / time.Second), Secure: true,
		HttpOnly: true, SameSite: site}
}

// endpoints are the issuer's (https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata).
type endpoints struct {
	Issuer    string `json:"issuer"`
	Authorize string `json:"authorization_endpoint"`
	Token     string `json:"token_endpoint"`
}

func (d *Door) discover(ctx context.Context) (at endpoints, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, d.options.Issuer+"/.well-known/openid-configuration", nil)
	if err != nil {
		return at, err
	}
	if err := d.ask(r, &at); err != nil {
		return at, err
	}
	for _, address := range []string{at.Authorize, at.Token} {
		if !strings.HasPrefix(address, "https://") {
			return at, fmt.Errorf("endpoint %q of issuer %s: want an https:// address", address, d.options.Issuer)
		}
	}
	if at.Issuer != d.options.Issuer {
		return at, fmt.Errorf("issuer %q: it calls itself %q", d.options.Issuer, at.Issuer)
	}
	return at, nil
}

// exchange turns a code into an ID token. It comes from the issuer itself, over TLS, so that its claims may be looked
// at here (https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation, 6).
func (d *Door) exchange(ctx context.Context, code string, p passage) (token string, until time.Time, err error) {
	at, err := d.discover(ctx)
	if err != nil {
		return "", until, err
	}
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {d.back()},
		"client_id": {d.options.ClientID}, "code_verifier": {p.Verifier}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, at.Token, strings.NewReader(form.Encode()))
	if err != nil {
		return "", until, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	var answer struct {
		ID string `json:"id_token"`
	}
	if err := d.ask(r, &answer); err != nil {
		return "", until, err
	}
	c, err := claimsOf(answer.ID)
	if err == nil {
		err = d.check(c)
	}
	if err == nil && c.Nonce != p.Nonce {
		err = errors.New("nonce: it is not the one of this sign-in")
	}
	if err != nil {
		return "", until, fmt.Errorf("id token: %w", err)
	}
	return answer.ID, time.Unix(c.Expires, 0), nil
}

// ask reads a JSON answer. The error holds neither the code nor a token.
func (d *Door) ask(r *http.Request, into any) error {
	r.Header.Set("Accept", "application/json")
	answer, err := d.options.Client.Do(r)
	if err != nil {
		return fmt.Errorf("%s: no answer", r.URL.Host)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, biggest))
	if err == nil && answer.StatusCode == http.StatusOK {
		err = json.Unmarshal(text, into)
	}
	if err != nil || answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: status %d, or no JSON", r.URL.Host+r.URL.Path, answer.StatusCode)
	}
	return nil
}

// claims are what of an ID token matters here.
type claims struct {
	Issuer   string   `json:"iss"`
	Audience audience `json:"aud"`
	Expires  int64    `json:"exp"`
	Nonce    string   `json:"nonce"`

	Email     string `json:"email"`
	Preferred string `json:"preferred_username"`
	Subject   string `json:"sub"`
}

// audience is one name, or several.
type audience []string

// UnmarshalJSON implements [json.Unmarshaler].
func (a *audience) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*a = audience{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(a))
}

func claimsOf(token string) (c claims, err error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return c, errors.New("want three parts, with a dot between")
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return c, err
	}
	return c, json.Unmarshal(text, &c)
}

func (d *Door) check(c claims) error {
	switch {
	case c.Issuer != d.options.Issuer:
		return fmt.Errorf("iss %q: want %q", c.Issuer, d.options.Issuer)
	case !slices.Contains(c.Audience, d.options.ClientID):
		return fmt.Errorf("aud %q: want %q", c.Audience, d.options.ClientID)
	case !d.options.Now().Before(time.Unix(c.Expires, 0)):
		return errors.New("exp: it has run out")
	}
	return nil
}

// random is a text that nobody guesses.
func random() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails: see crypto/rand
	return base64.RawURLEncoding.EncodeToString(b)
}
