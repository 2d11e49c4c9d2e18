package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"

	"locksmith/lambdas/remedy"
	"locksmith/lambdas/requests"
)

// A call is a request of HTTP on its way through a route.
type call struct {
	*http.Request
	who   requests.Caller
	query url.Values
	text  []byte // the body as it was sent, nil for none
	body  body
	key   string // of the Idempotency-Key, for the ids of requests; "" for none
}

// An answer is what a route says. Text, where it is set, is said instead of the value.
type answer struct {
	status int
	value  any
	kind   string // content type of Text
	text   []byte
	header http.Header
}

func ok(value any) *answer { return &answer{status: http.StatusOK, value: value} }

// ServeHTTP finds the route, checks what every route wants, and answers.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	began := a.Now()
	said, err := a.answer(w, r)
	status := 0
	if err != nil {
		p := problemOf(err)
		if status = p.Status; status >= http.StatusInternalServerError {
			a.Log.ErrorContext(r.Context(), "not answered", "method", r.Method, "path", r.URL.Path, "error",
				remedy.Scrub(err.Error()))
		}
		p.write(w)
	} else {
		status = said.status
		said.write(w, r)
	}
	who, _ := callerOf(r.Context())
	a.Log.InfoContext(r.Context(), "called", "by", who.ARN, "method", r.Method, "path", r.URL.Path, "status", status,
		"milliseconds", a.Now().Sub(began).Milliseconds())
}

// answer answers, or says why not. A panic ends this request alone, and its value is for nobody but the log.
func (a *API) answer(w http.ResponseWriter, r *http.Request) (said *answer, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	c := &call{Request: r}
	var verified bool
	if c.who, verified = callerOf(r.Context()); !verified {
		return nil, refuse(http.StatusForbidden, "nobody has verified who calls",
			"sign the request with Signature Version 4 for the service execute-api")
	}
	rt, allow := a.find(r)
	switch {
	case rt == nil && len(allow) > 0:
		p := refuse(http.StatusMethodNotAllowed, r.Method+" "+clip(r.URL.Path)+": this path knows "+
			strings.Join(allow, ", "), "GET /openapi.json describes all routes")
		p.allow = strings.Join(allow, ", ")
		return nil, p
	case rt == nil:
		return nil, refuse(http.StatusNotFound, clip(r.URL.Path)+": there is no such route",
			"GET /openapi.json describes all routes")
	}
	_, pattern := a.mux.Handler(r)
	setPathValues(r, pattern)
	if c.query, err = readQuery(r.URL.RawQuery, rt.query); err != nil {
		return nil, err
	}
	if r.Method != http.MethodPost {
		return rt.do(a, c)
	}
	if c.text, err = readBody(w, r); err != nil {
		return nil, err
	}
	if c.body, err = parse(c.text, rt.body); err != nil {
		return nil, err
	}
	return a.once(c, rt)
}

// setPathValues gives the request the values of a pattern's wildcards. The mux does so only where it serves.
func setPathValues(r *http.Request, pattern string) {
	_, path, _ := strings.Cut(pattern, " ")
	parts := strings.Split(r.URL.EscapedPath(), "/")
	for i, segment := range strings.Split(path, "/") {
		name, isWild := strings.CutPrefix(segment, "{")
		if !isWild || i >= len(parts) {
			continue
		}
		if value, err := url.PathUnescape(parts[i]); err == nil {
			r.SetPathValue(strings.TrimSuffix(name, "}"), value)
		}
	}
}

// readQuery reads the parameters that a route knows, each at most once.
func readQuery(raw string, known []string) (url.Values, error) {
	query, err := url.ParseQuery(raw)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "the query cannot be read: "+err.Error(), "escape it as RFC 3986 says")
	}
	for name, values := range query {
		if !slices.Contains(known, name) {
			hint := "this route takes no parameters"
			if len(known) > 0 {
				hint = "want some of " + strings.Join(known, ", ")
			}
			return nil, refuse(http.StatusBadRequest, fmt.Sprintf("%q: no such parameter", clip(name)), hint)
		}
		if len(values) > 1 {
			return nil, refuse(http.StatusBadRequest, fmt.Sprintf("parameter %q stands %d times", name, len(values)),
				"say it once")
		}
	}
	return query, nil
}

// write answers. HEAD has the headers alone.
func (s *answer) write(w http.ResponseWriter, r *http.Request) {
	kind, text := s.kind, s.text
	if text == nil {
		kind = "application/json"
		text = encode(s.value)
	}
	for name, values := range s.header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(s.status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(text) // a client that has gone needs no answer
	}
}

// encode is a value as JSON, in which policies can be read.
func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil { // texts, numbers and times: cannot happen
		return []byte("{}\n")
	}
	return b.Bytes()
}

// pageSize is how much a list shows at a time, and how much at most.
const (
	pageSize = 25
	maxPage  = 100
)
