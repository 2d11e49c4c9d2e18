package pages

import (
	"bytes"
	"errors"
	"net/http"
	"strconv"
)

// A visit is one page for one person.
type visit struct {
	site    *site
	w       http.ResponseWriter
	r       *http.Request
	Visitor Visitor
	session string
}

func (s *site) visit(w http.ResponseWriter, r *http.Request) *visit {
	return &visit{site: s, w: w, r: r, Visitor: s.Visit(r), session: s.session(w, r)}
}

// A page is what every template gets.
type page struct {
	Title string
	Menu  string // the entry of the menu that it belongs to: a path
	Base  string
	Style string
	Out   string // where the person signs out, or ""
	Who   who
	Said  string // what the form before has done
	Token string
	// Every is after how many seconds the page is shown again; 0 for never. Still is the address that stops it, and
	// Lively the one that lets it go on.
	Every         int
	Still, Lively string
	Body          any
}

// Key is what one form is sent with, so that it is done once.
func (page) Key() string { return random() }

// interval is how often a page is shown again while something runs, in seconds.
const interval = 4

// show writes a page. A page on which something runs comes back by itself, unless the address says still.
func (v *visit) show(status int, name string, p page, runs bool) error {
	p.Base, p.Style, p.Token, p.Who = v.site.Base, v.site.style, v.token(), whoIs(v.Visitor.ARN)
	if v.site.SignOut != "" {
		p.Out = v.site.Base + v.site.SignOut
	}
	p.Said = said(v.r.URL.Query().Get("said"))
	if runs {
		v.progress(&p)
	}
	var b bytes.Buffer
	if err := v.site.templates[name].ExecuteTemplate(&b, "page", p); err != nil {
		return &Problem{Title: "The page cannot be shown", Status: http.StatusInternalServerError, Detail: err.Error(),
			Hint: "this is a fault of the pages: the API still works"}
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.WriteHeader(status)
	_, _ = v.w.Write(b.Bytes()) // a browser that has gone has nobody to be told
	return nil
}

// progress has the page come back. It does so by a header, and the page has a link that stops it, for whoever needs
// longer to read.
func (v *visit) progress(p *page) {
	q := v.r.URL.Query()
	q.Del("said")
	still := q.Get("still") != ""
	q.Set("still", "yes")
	p.Still = v.site.Base + v.r.URL.EscapedPath() + "?" + q.Encode()
	q.Del("still")
	p.Lively = v.site.Base + v.r.URL.EscapedPath()
	if len(q) > 0 {
		p.Lively += "?" + q.Encode()
	}
	if !still {
		p.Every = interval
		v.w.Header().Set("Refresh", strconv.Itoa(interval)+"; url="+p.Lively)
	}
}

// turn sends the browser to the page that shows what a form has done.
func (v *visit) turn(path string) error {
	v.w.Header().Set("Location", v.site.Base+path)
	v.w.WriteHeader(http.StatusSeeOther)
	return nil
}

// showProblem shows what was wrong, and what to do.
func (v *visit) showProblem(err error) {
	p := &Problem{}
	if !errors.As(err, &p) {
		p = &Problem{Title: "Something went wrong", Status: http.StatusInternalServerError, Detail: err.Error()}
	}
	if p.Title == "" {
		p.Title = http.StatusText(p.Status)
	}
	back := ""
	if v.r.Method == http.MethodPost {
		back = v.before()
	}
	body := struct {
		*Problem
		Back string
	}{p, back}
	if v.show(p.Status, "problem", page{Title: p.Title, Body: body}, false) != nil {
		http.Error(v.w, p.Error(), p.Status)
	}
}

// before is the page that a form is on: the one above the form's own address.
func (v *visit) before() string {
	p := v.r.URL.Path
	for _, end := range []string{"/approve", "/deny", "/cancel", "/restore", "/create", "/delete", "/stop"} {
		if n := len(p) - len(end); n > 0 && p[n:] == end {
			return p[:n]
		}
	}
	return p
}

// said is what a form has done, in a sentence. Only words from here are ever shown.
func said(word string) string {
	return map[string]string{
		"asked":     "Your request is recorded.",
		"approved":  "Your approval is recorded.",
		"denied":    "You have denied the request. It is over, and those concerned are told.",
		"cancelled": "The request is cancelled. Nothing was done.",
		"started":   "The sweep has begun.",
		"stopped":   "The sweep stops at the end of the pages that are being read.",
	}[word]
}
