package pages

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
)

// maxForm is how many bytes a form may have. A reason has at most 1,000 characters.
const maxForm = 32 << 10

// guarded sets what a browser is to keep to, and refuses what another site sends.
func (s *site) guarded(next http.Handler) http.Handler {
	crossOrigin := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "+
			"base-uri 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin") // "no-referrer" would make the Origin of our own forms null
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
		h.Set("Cache-Control", "no-store")
		if s.Secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		if r.Body != nil {
			r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		}
		if Bounce(w, r) {
			return
		}
		if err := crossOrigin.Check(r); err != nil {
			s.visit(w, r).showProblem(&Problem{Title: "Sent by another site", Status: http.StatusForbidden,
				Detail: "the form was not sent from a page of the desk, so nothing was done",
				Hint:   "open the desk, and use its own form"})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Bounce answers whoever follows a link from another site, such as one in a mail. The browser sends a strict cookie
// only from the site itself, so the answer leads to the same page once more, from there. It tells whether it has
// answered.
func Bounce(w http.ResponseWriter, r *http.Request) bool {
	if r.Method != http.MethodGet || r.Header.Get("Sec-Fetch-Site") != "cross-site" ||
		r.Header.Get("Sec-Fetch-Mode") != "navigate" {
		return false
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write([]byte(`<!doctype html><html lang="en"><meta charset="utf-8"><title>Locksmith desk</title>` +
		`<meta http-equiv="refresh" content="0"><p>One moment.</p></html>`)) // without an address: the same page again
	return true
}

// cookieName has the prefix with which browsers take a cookie over TLS and from this host alone.
func (s *site) cookieName() string {
	if s.Secure {
		return "__Host-locksmith-desk"
	}
	return "locksmith-desk"
}

// session is the visitor's, which a cookie holds. It begins with the first page.
func (s *site) session(w http.ResponseWriter, r *http.Request) string {
	if c, err := r.Cookie(s.cookieName()); err == nil && len(c.Value) == len(random()) {
		return c.Value
	}
	value := random()
	http.SetCookie(w, &http.Cookie{Name: s.cookieName(), Value: value, Path: "/", HttpOnly: true, Secure: s.Secure,
		SameSite: http.SameSiteStrictMode})
	return value
}

// random is 128 bits that nobody can guess.
func random() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails: https://pkg.go.dev/crypto/rand#Read
	return base64.RawURLEncoding.EncodeToString(b)
}

// token is what each form of the visitor carries. Only who knows the secret can make it, for one session and person.
func (v *visit) token() string {
	mac := hmac.New(sha256.New, v.site.Secret)
	mac.Write([]byte("form\x00" + v.session + "\x00" + v.Visitor.ARN))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// checkForm reads a form that was sent, and refuses one that this visitor was not given.
func (v *visit) checkForm() error {
	if err := v.r.ParseForm(); err != nil {
		if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
			return &Problem{Title: "Too long", Status: http.StatusRequestEntityTooLarge,
				Detail: "what was sent is longer than the desk reads, so nothing was done", Hint: "shorten the reason"}
		}
		return &Problem{Title: "The form cannot be read", Status: http.StatusBadRequest,
			Detail: "what was sent is no form, so nothing was done", Hint: "go back, open the page again, and send it once more"}
	}
	if !hmac.Equal([]byte(v.r.PostForm.Get("token")), []byte(v.token())) {
		return &Problem{Title: "The form is out of date", Status: http.StatusForbidden,
			Detail: "the form was made for another session, or for somebody else, so nothing was done",
			Hint:   "go back, open the page again, and send it once more"}
	}
	return nil
}
