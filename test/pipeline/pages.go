package pipeline

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"

	"locksmith/lambdas/awsroot"
	"locksmith/lambdas/desk/pages"
)

// PagesPath is the path that the desk's pages are below.
const PagesPath = DeskPath + "/pages"

// asCookie holds the access key that somebody looks as. It is no secret here, where any key may be used by anybody.
const asCookie = "as"

// An audience are those who look at the pages, each by an access key.
type audience struct {
	pipeline *Pipeline
	base     string // of that AWS

	mu   sync.Mutex
	seen map[string]pages.Visitor // by access key
}

// Pages shows the desk's pages of that AWS, which listens at an address. Who looks is the holder of the access key that
// the parameter "as" names, and a cookie then keeps; without one it is the delegated administrator's. What is not below
// their path is left to another handler.
func (p *Pipeline) Pages(base string, next http.Handler) (http.Handler, error) {
	a := &audience{pipeline: p, base: base, seen: map[string]pages.Visitor{}}
	shown, err := pages.New(pages.Options{Base: PagesPath, Secret: []byte(base), Now: time.Now, Visit: a.visitor})
	if err != nil {
		return nil, err
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == PagesPath:
			http.Redirect(w, r, PagesPath+"/", http.StatusSeeOther)
		case !strings.HasPrefix(r.URL.Path, PagesPath+"/"):
			next.ServeHTTP(w, r)
		case r.Method == http.MethodGet && r.URL.Query().Has("as"):
			turnInto(w, r)
		default:
			shown.ServeHTTP(w, r)
		}
	}), nil
}

// turnInto keeps who somebody wants to be, and leads to the same page without saying so.
func turnInto(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	http.SetCookie(w, &http.Cookie{Name: asCookie, Value: q.Get("as"), Path: PagesPath, HttpOnly: true,
		SameSite: http.SameSiteStrictMode})
	q.Del("as")
	to := *r.URL
	to.RawQuery = q.Encode()
	http.Redirect(w, r, to.RequestURI(), http.StatusSeeOther)
}

// visitor is who looks, with the way to the API that is signed as they are.
func (a *audience) visitor(r *http.Request) pages.Visitor {
	key := a.pipeline.cloud.Config().DelegatedAdministrator
	if c, err := r.Cookie(asCookie); err == nil && c.Value != "" {
		key = c.Value
	}
	a.mu.Lock()
	known, ok := a.seen[key]
	a.mu.Unlock()
	if ok {
		return known
	}
	cfg := a.pipeline.config.Copy()
	cfg.Credentials = credentials.NewStaticCredentialsProvider(key, a.pipeline.secret, "")
	api, err := awsroot.NewAPI(cfg, a.base+DeskPath, Region)
	if err != nil {
		return pages.Visitor{Client: unreached{err}}
	}
	v := pages.Visitor{Client: signing{api}}
	if v.ARN, err = api.Caller(r.Context()); err != nil {
		return v // the API says what is wrong with the key
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.seen[key] = v
	return v
}

// unreached is a way to an API that is none.
type unreached struct{ err error }

func (u unreached) Do(context.Context, pages.Call) (pages.Answer, error) {
	return pages.Answer{}, u.err
}

// signing is a way to the API as the holder of a key.
type signing struct{ api *awsroot.API }

func (s signing) Do(ctx context.Context, c pages.Call) (pages.Answer, error) {
	header := http.Header{}
	if c.Body != nil {
		header.Set("Content-Type", "application/json")
	}
	if c.Key != "" {
		header.Set("Idempotency-Key", c.Key)
	}
	answer, body, err := s.api.Do(ctx, c.Method, c.Path, header, c.Body)
	if err != nil {
		return pages.Answer{}, err
	}
	return pages.Answer{Status: answer.StatusCode, Header: answer.Header, Body: body}, nil
}
