package api_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"locksmith/lambdas/credentials"
	"locksmith/lambdas/desk/api"
	"locksmith/lambdas/desk/tasks"
	"locksmith/lambdas/ledger/requests"
	"locksmith/lambdas/readiness"
	desk "locksmith/lambdas/requests"
	"locksmith/lambdas/sweeper"
	"locksmith/policies/allowlist"
	"locksmith/policies/difference"
	"locksmith/policies/reach"
)

const (
	kim    = "arn:aws:sts::999988887777:assumed-role/AWSReservedSSO_OnCall_0123456789abcdef/kim@example.com"
	member = "111122223333"
	id     = "k3v9x2m4q7w8e1r5t6y0"
)

// now is the time of all tests here.
func now() time.Time { return time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC) }

// A world is an API over services that answer what they are told to, or fail.
type world struct {
	t      testing.TB
	err    error // of all services
	state  desk.State
	panics bool
	wishes []desk.Wish
	log    bytes.Buffer
	api    *api.API
	doc    *openapi3.T
	seen   map[string]bool // "METHOD PATH STATUS" of what was answered, as the description has it
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, state: desk.Requested, seen: map[string]bool{}}
	list := &allowlist.List{Desk: []allowlist.Entry{{Name: "on call", Who: []string{kim}, Accounts: []string{"r-a1b2"},
		Tasks: []string{"view", "audit", "operate", "unlock"}}}}
	keys := requests.NewMemory()
	w.api = api.New(api.Config{Part: api.All, Region: "us-east-1", Allow: list, Desk: deskOf{w}, Viewer: w, Incidents: w,
		Sweeps: sweeps{w}, Preflight: preflight{w}, Credentials: root{w}, Rows: rows{w}, Keys: keys, Now: now,
		Log: slog.New(slog.NewTextHandler(&w.log, nil))})
	doc, err := openapi3.NewLoader().LoadFromFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	w.doc = doc
	return w
}

// fail is the error that all services answer with, or their panic.
func (w *world) fail() error {
	if w.panics {
		panic("AKIAIOSFODNN7EXAMPLE")
	}
	return w.err
}

func (w *world) request() desk.Request {
	r := desk.Request{ID: id, State: w.state, Task: desk.Unlock, Account: member, Resource: "arn:aws:s3:::payroll",
		Region: "eu-central-1", By: kim, Person: "kim@example.com", Reason: "r", Entry: "on call", Created: now(),
		Expires: now().Add(time.Hour), Digest: "d", History: []desk.Event{{At: now(), State: desk.Requested, By: kim}}}
	if w.state == desk.Done || w.state == desk.Failed {
		r.Outcome = &desk.Outcome{Result: string(w.state), Why: "so it is", At: now(),
			Steps: []desk.Step{{What: "the policy", Result: "deleted", Note: true}}}
	}
	return r
}

// deskOf answers as a desk does.
type deskOf struct{ *world }

func (d deskOf) Submit(_ context.Context, _ desk.Caller, w desk.Wish) (desk.Request, error) {
	d.wishes = append(d.wishes, w)
	return d.request(), d.fail()
}
func (d deskOf) Get(context.Context, desk.Caller, string) (desk.Request, error) {
	return d.request(), d.fail()
}
func (d deskOf) List(context.Context, desk.Caller, desk.Ask) (desk.Page, error) {
	return desk.Page{Requests: []desk.Request{d.request()}, Next: "n", Hidden: 2}, d.fail()
}
func (d deskOf) Approve(context.Context, desk.Caller, string, desk.Answer) (desk.Request, error) {
	return d.request(), d.fail()
}
func (d deskOf) Deny(context.Context, desk.Caller, string, desk.Answer) (desk.Request, error) {
	return d.request(), d.fail()
}
func (d deskOf) Cancel(context.Context, desk.Caller, string, desk.Answer) (desk.Request, error) {
	return d.request(), d.fail()
}
func (d deskOf) Leave(_ context.Context, c desk.Caller, _ desk.Task, _ string) (allowlist.Entry, error) {
	if c.ARN != kim {
		return allowlist.Entry{}, &desk.Refusal{Kind: desk.NotPermitted, Why: "no entry is for " + c.ARN}
	}
	return allowlist.Entry{}, d.fail()
}
func (d deskOf) Sees(_ context.Context, _ desk.Caller, account string) bool { return account == member }

func lines() []difference.Line { return []difference.Line{{Op: "-", Text: "{}"}} }

func (w *world) View(_ context.Context, _ desk.Caller, account, resource, region string) (tasks.View, error) {
	return tasks.View{Account: account, Resource: resource, Region: region, Policy: "{}", Verdict: "lockout",
		Statements: []int{0}, Reasons: []string{"r"}, Locked: true, Task: desk.Unlock,
		Actions: []tasks.Action{{Action: "delete", Result: "unlocked", Inside: []string{"i"}}},
		Before:  &tasks.Before{At: now(), Verdict: "open", Difference: lines()},
		MayAsk:  &tasks.MayAsk{Task: desk.Unlock, Entry: "on call"}}, w.fail()
}

func (w *world) line(account string) tasks.Line {
	return tasks.Line{ID: "8a2f~arn:aws:s3:::payroll", Event: "8a2f", Resource: "arn:aws:s3:::payroll", Account: account,
		Region: "eu-central-1", Result: "unlocked", Verdict: "lockout", State: "closed", At: now(), Call: "PutBucketPolicy"}
}

func (w *world) Incidents(context.Context, tasks.Listing, int, string) ([]tasks.Line, string, error) {
	return []tasks.Line{w.line(member), w.line("444455556666")}, "n", w.fail()
}

func (w *world) Incident(context.Context, string) (tasks.Incident, error) {
	return tasks.Incident{Line: w.line(member), Difference: lines(), Steps: []tasks.Step{{At: now(), What: "w"}},
		Told: []string{"alerts"}, Requests: []string{id},
		Copies: []tasks.Copy{{Number: 1, At: now(), Why: "w", Verdict: "lockout", Policy: "{}"}}}, w.fail()
}

type sweeps struct{ *world }

func (s sweeps) sweep() sweeper.Sweep {
	return sweeper.Sweep{ID: "20261121T080000Z", State: sweeper.Running, Started: now(), Request: sweeper.Request{By: kim}}
}
func (s sweeps) Start(context.Context, sweeper.Request) (sweeper.Sweep, error) {
	return s.sweep(), s.fail()
}
func (s sweeps) Stop(context.Context, string) (sweeper.Sweep, error) { return s.sweep(), s.fail() }
func (s sweeps) Summary(context.Context, string) (sweeper.Summary, error) {
	return sweeper.Summary{Sweep: s.sweep()}, s.fail()
}
func (s sweeps) List(context.Context, int) ([]sweeper.Sweep, error) {
	return []sweeper.Sweep{s.sweep()}, s.fail()
}

type preflight struct{ *world }

func (p preflight) Last(context.Context) (readiness.Kept, error) {
	if p.state == "" {
		return readiness.Kept{}, p.fail()
	}
	return readiness.Kept{Report: &readiness.Report{At: now(), Until: now(), Organization: "o-a1b2c3d4e5",
		State: "blocked", Findings: []readiness.Finding{{ID: "f", Kind: "policy", State: "blocked", What: "w", Do: "d"}},
		Accounts: []readiness.Account{{Number: member, Name: "n", State: "blocked", Services: []readiness.Service{
			{Service: "s3", State: "blocked", Listing: "reachable",
				Regions: map[string]reach.State{"us-east-1": "blocked"}}}}}}}, p.fail()
}

type root struct{ *world }

func row(account string) credentials.Row {
	return credentials.Row{Account: account, Name: "=1+1", State: credentials.Complete, At: now(), Password: true,
		Has:           []string{"password"},
		PasswordSince: now(), AccessKeys: []credentials.Key{{ID: "AKIA1", Status: "Active", Since: now()}},
		Certificates: []credentials.Signing{}, MFA: []credentials.Device{{Serial: "s", Since: now()}}, MFAEnabled: true}
}

func (r root) Look(_ context.Context, _, account string) (credentials.Row, error) {
	return row(account), r.fail()
}
func (r root) Survey(context.Context, time.Duration) (credentials.Audit, error) {
	return credentials.Audit{ID: "audit-1", Started: now(), Done: 1, Of: 2}, r.fail()
}

type rows struct{ *world }

func (r rows) List(context.Context, credentials.Filter, int, string) ([]credentials.Row, string, error) {
	return []credentials.Row{row(member), row("444455556666")}, member, r.fail()
}

// An ask is a request of HTTP. The zero values stand for kim, and for JSON.
type ask struct {
	method, path, body, kind, key string
	by                            string
	accept                        string
}

// do does a request, and holds the answer against the description.
func (w *world) do(a ask) (int, string, http.Header) {
	w.t.Helper()
	r := httptest.NewRequest(a.method, "https://desk.example.com"+a.path, strings.NewReader(a.body))
	if a.kind == "" {
		a.kind = "application/json"
	}
	r.Header.Set("Content-Type", a.kind)
	if a.key != "" {
		r.Header.Set("Idempotency-Key", a.key)
	}
	if a.accept != "" {
		r.Header.Set("Accept", a.accept)
	}
	switch a.by {
	case "":
		r = r.WithContext(api.WithCaller(r.Context(), desk.Caller{ARN: kim}))
	case "nobody":
	default:
		r = r.WithContext(api.WithCaller(r.Context(), desk.Caller{ARN: a.by}))
	}
	out := httptest.NewRecorder()
	w.api.ServeHTTP(out, r)
	text, _ := io.ReadAll(out.Body)
	w.conform(r, out.Code, out.Header(), text)
	return out.Code, string(text), out.Header()
}

// conform holds an answer against the description, where it knows the route.
func (w *world) conform(r *http.Request, status int, header http.Header, text []byte) {
	w.t.Helper()
	if header.Get("Cache-Control") != "no-store" || header.Get("X-Content-Type-Options") != "nosniff" {
		w.t.Errorf("%s %s: %v", r.Method, r.URL, header)
	}
	path := w.described(r.URL.Path)
	item := w.doc.Paths.Value(path)
	if item == nil || item.GetOperation(r.Method) == nil {
		if status != http.StatusNotFound && status != http.StatusMethodNotAllowed && status != http.StatusForbidden &&
			r.Method != http.MethodHead {
			w.t.Errorf("%s %s answers %d and is not described", r.Method, r.URL.Path, status)
		}
		return
	}
	w.seen[r.Method+" "+path+" "+http.StatusText(status)] = true
	in := &openapi3filter.RequestValidationInput{Request: r, Route: &routers.Route{Spec: w.doc, Path: path, PathItem: item,
		Method: r.Method, Operation: item.GetOperation(r.Method)}}
	err := openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: status, Header: header, Body: io.NopCloser(bytes.NewReader(text)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true}})
	if err != nil {
		w.t.Errorf("%s %s: %d is not as described: %.1500v\n%s", r.Method, r.URL.Path, status, err, text)
	}
}

// described is the path of the description that a path is of, or "".
func (w *world) described(path string) string {
	parts := strings.Split(path, "/")
	for known := range w.doc.Paths.Map() {
		same := strings.Split(known, "/")
		if len(same) != len(parts) {
			continue
		}
		fits := true
		for i, s := range same {
			fits = fits && (s == parts[i] || strings.HasPrefix(s, "{") && parts[i] != "")
		}
		if fits {
			return known
		}
	}
	return ""
}
