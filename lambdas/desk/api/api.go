// Package api answers the desk's routes over HTTP.
//
// Who calls is what the verified signature says, and comes in the request's context by [WithCaller] alone: no header
// and no parameter names anybody. Names are checked before anything is called, and errors are problems (RFC 9457) from
// every route. What the routes do is behind the small interfaces of [Config]. The description of the API in OpenAPI 3
// is the file openapi.json, which the API serves, and which its tests hold against it in both directions.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"locksmith/lambdas/credentials"
	"locksmith/lambdas/desk/tasks"
	"locksmith/lambdas/readiness"
	"locksmith/lambdas/requests"
	"locksmith/lambdas/sweeper"
	"locksmith/policies/allowlist"
)

// A Part is which routes a function serves. Each has a role of its own, with the task policies that its routes need.
type Part string

// The parts.
const (
	View    Part = "view"
	Unlock  Part = "unlock" // and force, and restore
	Audit   Part = "audit"
	Create  Part = "create"
	Delete  Part = "delete"
	Operate Part = "operate" // what opens no root session: requests, incidents, sweeps, the preflight
	All     Part = "all"
)

// Parts are the parts that a function of its own serves.
func Parts() []Part { return []Part{View, Unlock, Audit, Create, Delete, Operate} }

// A Desk keeps requests. Errors that are a *[requests.Refusal] are for the person who asks.
type Desk interface {
	// Submit enters a request, and does it where it needs no approval. Where it has failed, both are returned.
	Submit(ctx context.Context, who requests.Caller, w requests.Wish) (requests.Request, error)
	Get(ctx context.Context, who requests.Caller, id string) (requests.Request, error)
	List(ctx context.Context, who requests.Caller, which requests.Ask) (requests.Page, error)
	Approve(ctx context.Context, who requests.Caller, id string, says requests.Answer) (requests.Request, error)
	Deny(ctx context.Context, who requests.Caller, id string, says requests.Answer) (requests.Request, error)
	Cancel(ctx context.Context, who requests.Caller, id string, says requests.Answer) (requests.Request, error)
	// Leave is the entry that lets somebody ask for a task in an account.
	Leave(ctx context.Context, who requests.Caller, task requests.Task, account string) (allowlist.Entry, error)
	// Sees tells whether somebody may see what concerns an account.
	Sees(ctx context.Context, who requests.Caller, account string) bool
}

// A Viewer looks at a bucket or a queue, and changes nothing. Of a bucket the Region may be "", and is found.
type Viewer interface {
	View(ctx context.Context, who requests.Caller, account, resource, region string) (tasks.View, error)
}

// Incidents are those of the ledger.
type Incidents interface {
	// Incidents is one query: a page of at most n, the newest first, and where the next page begins, "" at the end.
	Incidents(ctx context.Context, which tasks.Listing, n int, from string) ([]tasks.Line, string, error)
	// Incident is one by its id at the desk. Without one the error is a *[requests.Refusal].
	Incident(ctx context.Context, id string) (tasks.Incident, error)
}

// Sweeps are the sweeps of the organization.
type Sweeps interface {
	Start(ctx context.Context, r sweeper.Request) (sweeper.Sweep, error)
	Stop(ctx context.Context, id string) (sweeper.Sweep, error)
	Summary(ctx context.Context, id string) (sweeper.Summary, error)
	List(ctx context.Context, n int) ([]sweeper.Sweep, error)
}

// A Preflight knows what the last preflight reported.
type Preflight interface {
	Last(ctx context.Context) (readiness.Kept, error)
}

// Credentials are what root of the accounts has, as it is looked at.
type Credentials interface {
	// Look audits one account now.
	Look(ctx context.Context, event, account string) (credentials.Row, error)
	// Survey begins an audit of the organization where the last one began longer ago than age, and does as much of it as
	// there is time. It tells how far it has come.
	Survey(ctx context.Context, age time.Duration) (credentials.Audit, error)
}

// Rows are what audits saw last.
type Rows interface {
	// List is one query: at most n rows after an account, and after which the next page begins, "" at the end.
	List(ctx context.Context, f credentials.Filter, n int, after string) ([]credentials.Row, string, error)
}

// Config is what an API stands on. What a part does not need may be nil.
type Config struct {
	Part        Part
	Region      string // the desk's, in which queues are unless a parameter says otherwise
	Allow       *allowlist.List
	Desk        Desk
	Viewer      Viewer
	Incidents   Incidents
	Sweeps      Sweeps
	Preflight   Preflight
	Credentials Credentials
	Rows        Rows
	AuditAge    time.Duration // how old an audit may be that is listed; an older one is begun anew
	Keys        requests.Keys // nil: an Idempotency-Key is refused
	Now         func() time.Time
	Log         *slog.Logger
}

// An API is the handler. Make it with [New].
type API struct {
	Config
	routes []route
	mux    *http.ServeMux // of the part's routes
	all    *http.ServeMux // of all parts': what a path knows is the same whichever function is asked
}

// A route is one method and path, and what answers them.
type route struct {
	method, path string
	part         Part
	query        []string // the parameters that it knows
	body         []string // the fields of the body that it knows
	do           func(*API, *call) (*answer, error)
}

// New makes the API of a part, or of all.
func New(c Config) *API {
	a := &API{Config: c, mux: http.NewServeMux(), all: http.NewServeMux()}
	for _, r := range routes() {
		a.all.Handle(r.method+" "+r.path, handlerOf(0))
		if c.Part != All && r.part != c.Part {
			continue
		}
		a.routes = append(a.routes, r)
		a.mux.Handle(r.method+" "+r.path, handlerOf(len(a.routes)-1))
	}
	return a
}

// handlerOf is only the number of a route: the mux finds, and does not serve.
type handlerOf int

func (handlerOf) ServeHTTP(http.ResponseWriter, *http.Request) {}

// find is the route of a request; nil where there is none, with the methods that the path knows.
func (a *API) find(r *http.Request) (found *route, allow []string) {
	p := r.URL.Path
	unclean := slices.ContainsFunc([]string{"//", "/./", "/../"}, func(s string) bool { return strings.Contains(p, s) })
	if !strings.HasPrefix(p, "/") || unclean {
		return nil, nil // the mux would redirect
	}
	if h, pattern := a.mux.Handler(r); pattern != "" {
		return &a.routes[h.(handlerOf)], nil
	}
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
		other := *r
		other.Method = method
		if _, pattern := a.all.Handler(&other); pattern != "" {
			allow = append(allow, method)
		}
	}
	if slices.Contains(allow, r.Method) {
		return nil, nil // another part's
	}
	return nil, allow
}

// Routes are the methods and paths that the API answers, such as "GET /requests/{id}".
func (a *API) Routes() (all []string) {
	for _, r := range a.routes {
		all = append(all, r.method+" "+r.path)
	}
	slices.Sort(all)
	return all
}
