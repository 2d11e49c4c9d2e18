// Package pages shows the desk to people: what waits for them, what they may ask for, and what came of it.
//
// It is a client of the desk's API and nothing else. Each page is one request to the API, made as the person who looks,
// and says who that is, what is true, and what they can do next. There is no script: what acts is a form, and what runs
// is shown again every few seconds for as long as it runs.
package pages

import (
	"context"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"
)

// A Client does one request to the API, as the person who looks at the page. An error is that the API was not reached.
type Client interface {
	Do(ctx context.Context, c Call) (Answer, error)
}

// A Call is one request to the API.
type Call struct {
	Method string
	Path   string // with the query, such as /requests?mine=true
	Key    string // the Idempotency-Key, or ""
	Body   []byte // JSON, or none
}

// An Answer is what the API says.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// A Visitor is the person who looks, and who speaks to the API for them.
type Visitor struct {
	Client Client
	ARN    string // as the API sees it; "" where nobody knows
}

// Options are what differs between those who serve the pages.
type Options struct {
	Base   string // path that all pages begin with, such as /desk/pages; "" for none
	Visit  func(*http.Request) Visitor
	Secret []byte // what the tokens of forms are made with: the same for all who serve one site
	// Secure says that people come over TLS, and has the cookie named so that no other site can set it.
	Secure bool
	// SignOut is the path, below Base, of a POST that signs the person out; "" where nobody is signed in.
	SignOut string
	Now     func() time.Time
}

//go:embed templates style.css icon.svg
var files embed.FS

// A site is the pages as somebody serves them.
type site struct {
	Options
	templates map[string]*template.Template
	style     string // the stylesheet's address, which changes with its text
}

// A route is what answers at a path: with a GET, with a POST, or with both.
type route struct {
	path      string
	get, post func(*visit) error
}

// New makes the pages. An error is a mistake in a template.
func New(o Options) (http.Handler, error) {
	s := &site{Options: o}
	s.Base = strings.TrimSuffix(s.Base, "/")
	if err := s.load(); err != nil {
		return nil, fmt.Errorf("pages: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/style.css", s.asset("style.css", "text/css; charset=utf-8"))
	mux.HandleFunc("/icon.svg", s.asset("icon.svg", "image/svg+xml"))
	for _, r := range routes() {
		mux.HandleFunc(r.path, s.serve(r))
	}
	mux.HandleFunc("/", s.serve(route{get: noSuchPage, post: noSuchPage}))
	return http.StripPrefix(s.Base, s.guarded(mux)), nil
}

func routes() []route {
	return []route{
		{"/{$}", waiting, nil},
		{"/requests", listRequests, nil},
		{"/requests/{id}", showRequest, nil},
		{"/requests/{id}/approve", nil, decide},
		{"/requests/{id}/deny", nil, decide},
		{"/requests/{id}/cancel", nil, decide},
		{"/new", newRequest, submit},
		{"/incidents", listIncidents, nil},
		{"/incidents/{id}", showIncident, nil},
		{"/incidents/{id}/restore", nil, restore},
		{"/root-credentials", listCredentials, nil},
		{"/root-credentials.csv", exportCredentials, nil},
		{"/root-credentials/{account}", showCredentials, nil},
		{"/root-credentials/{account}/create", nil, createPassword},
		{"/root-credentials/{account}/delete", nil, deleteCredentials},
		{"/sweeps", listSweeps, startSweep},
		{"/sweeps/{id}", showSweep, nil},
		{"/sweeps/{id}/stop", nil, stopSweep},
		{"/preflight", showPreflight, nil},
	}
}

// serve answers at a route by the method, and shows the person whatever is wrong.
func (s *site) serve(r route) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		v := s.visit(w, req)
		do := map[string]func(*visit) error{http.MethodGet: r.get, http.MethodHead: r.get, http.MethodPost: r.post}
		var err error
		switch act := do[req.Method]; {
		case act == nil:
			var allowed []string
			for method, act := range do {
				if act != nil {
					allowed = append(allowed, method)
				}
			}
			slices.Sort(allowed)
			w.Header().Set("Allow", strings.Join(allowed, ", "))
			err = &Problem{Title: "Nothing is done this way", Status: http.StatusMethodNotAllowed,
				Detail: "this page takes no " + req.Method, Hint: "open it from the menu, and use its forms"}
		case req.Method == http.MethodPost:
			if err = v.checkForm(); err == nil {
				err = act(v)
			}
		default:
			err = act(v)
		}
		if err != nil {
			v.showProblem(err)
		}
	}
}

// asset serves one file of the site. Its address has its digest, so that it can be kept for long.
func (s *site) asset(name, kind string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		text, err := files.ReadFile(name)
		if err != nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", kind)
		w.Header().Set("Cache-Control", "public, max-age=86400")
		_, _ = w.Write(text) // a browser that has gone has nobody to be told
	}
}

func noSuchPage(v *visit) error {
	return &Problem{Title: "There is no such page", Status: http.StatusNotFound,
		Detail: fmt.Sprintf("%q is no address of the desk", v.r.URL.Path), Hint: "take one from the menu"}
}
