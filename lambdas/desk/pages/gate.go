package pages

import (
	"crypto/subtle"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// A Gate stands before pages that act with one person's credentials on that person's own machine. It lets in the
// browser that has opened the address with the token, and nobody else: no other user of the machine, no other site.
//
// The Host has to be the address itself, so that no name that leads here (DNS rebinding) passes for it. The token is
// good for once, and is exchanged for a cookie. Browsers send a cookie to every port of a host, so a server of somebody
// else on this machine could read it, if the person opened a page there: it is good only until the process ends.
type Gate struct {
	host   string // such as 127.0.0.1:49152
	cookie string // its name, which has the port
	value  string

	mu    sync.Mutex
	token string // "" once it was used
}

// NewGate makes a gate for an address, which is of the loopback interface.
func NewGate(host string) *Gate {
	_, port, _ := net.SplitHostPort(host)
	return &Gate{host: host, cookie: "locksmith-desk-" + port, value: random() + random(), token: random() + random()}
}

// Address opens a page once.
func (g *Gate) Address(page string) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return "http://" + g.host + "/enter?" + url.Values{"token": {g.token}, "to": {page}}.Encode()
}

// Guard lets through who has come in.
func (g *Gate) Guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Host != g.host:
			refuse(w, http.StatusMisdirectedRequest, "This is the desk at http://"+g.host+", and no other host.")
		case r.URL.Path == "/enter":
			g.enter(w, r)
		case g.knows(r):
			next.ServeHTTP(w, r)
		case Bounce(w, r):
		default:
			refuse(w, http.StatusForbidden, "The desk is open to the browser alone that has opened the address that "+
				"locksmith desk prints. That address works once. Start locksmith desk again for another.")
		}
	})
}

func (g *Gate) knows(r *http.Request) bool {
	c, err := r.Cookie(g.cookie)
	return err == nil && subtle.ConstantTimeCompare([]byte(c.Value), []byte(g.value)) == 1
}

// enter exchanges the token for the cookie, and leads to the page. Who has the cookie needs no token any more.
func (g *Gate) enter(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		w.Header().Set("Allow", http.MethodGet)
		refuse(w, http.StatusMethodNotAllowed, "Open this address, and send nothing to it.")
		return
	}
	g.mu.Lock()
	given := r.URL.Query().Get("token")
	right := g.token != "" && subtle.ConstantTimeCompare([]byte(given), []byte(g.token)) == 1
	if right {
		g.token = ""
	}
	g.mu.Unlock()
	if !right && !g.knows(r) {
		refuse(w, http.StatusForbidden, "This address has been used, or is not the one that locksmith desk prints. "+
			"Start locksmith desk again for another.")
		return
	}
	to := r.URL.Query().Get("to")
	if !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\r\n\t") {
		to = "/"
	}
	http.SetCookie(w, &http.Cookie{Name: g.cookie, Value: g.value, Path: "/", HttpOnly: true,
		SameSite: http.SameSiteStrictMode})
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// refuse answers in plain text: who is not let in gets no page.
func refuse(w http.ResponseWriter, status int, why string) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	w.Header().Set("Cross-Origin-Resource-Policy", "same-origin")
	http.Error(w, why, status)
}
