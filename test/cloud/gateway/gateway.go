// Package gateway is API Gateway's front door in one process: what is signed for execute-api, and by whom
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control-iam.html).
//
// A handler that is served under a path gets the requests whose signature fits, with their caller. All others are
// refused here: who has not signed, whom nobody knows, who is root, whose request is out of date. What API Gateway
// itself answers is its {"message":"Forbidden"}, here with the members of application/problem+json beside it.
package gateway

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"

	"locksmith/policies"
	"locksmith/test/cloud/front"
)

const service = "execute-api"

// Gateway are the APIs of one AWS.
type Gateway struct {
	mu   sync.RWMutex
	apis []api // in the order in which they were served
}

// An api is a handler under a path.
type api struct {
	account, region, path string
	handler               http.Handler
}

// New makes an API Gateway without APIs behind a front.
func New(f *front.Front) *Gateway {
	g := &Gateway{}
	f.Register(front.Service{Name: service, Serve: g.serve, Reject: reject,
		Owns: func(path string) bool { return g.find(path) != nil },
		Words: front.Words{Denied: "AccessDeniedException", BadSignature: "InvalidSignatureException",
			Unsigned: front.Error{Code: "MissingAuthenticationTokenException", Status: http.StatusForbidden,
				Message: "the request is not signed: sign it with Signature Version 4 for the service execute-api"}}})
	return g
}

// ServeAPI has a handler answer what is below a path such as /desk. The account owns the API, which is in one Region.
func (g *Gateway) ServeAPI(account, region, path string, h http.Handler) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.apis = append(g.apis, api{account, region, path, h})
}

// find finds the API that a path is below.
func (g *Gateway) find(path string) *api {
	g.mu.RLock()
	defer g.mu.RUnlock()
	for i, a := range g.apis {
		if path == a.path || strings.HasPrefix(path, a.path+"/") {
			return &g.apis[i] // never changed once it is there
		}
	}
	return nil
}

// A Caller is who has signed a request.
type Caller struct {
	ARN, Account, UserID, AccessKey string
}

type callerKey struct{}

// CallerOf is who has signed the request of a context; false where the request did not come through here.
func CallerOf(ctx context.Context) (Caller, bool) {
	c, ok := ctx.Value(callerKey{}).(Caller)
	return c, ok
}

func (g *Gateway) serve(r *front.Request) {
	a := g.find(r.URL.Path)
	switch {
	case a == nil:
		r.Reject(front.Refuse("NotFoundException", "there is no API at "+r.URL.Path, http.StatusNotFound))
		return
	case r.Caller.Kind == policies.Root:
		r.Reject(front.Refuse("AccessDeniedException", "root calls no API: call as a user or a role", http.StatusForbidden))
		return
	case r.SignedFor != service || r.Region != a.region:
		r.Reject(front.Refuse("InvalidSignatureException", "the request is signed for "+r.SignedFor+" in "+r.Region+
			": want "+service+" in "+a.region, http.StatusForbidden))
		return
	}
	rest := strings.TrimPrefix(r.URL.Path, a.path)
	arn := "arn:aws:execute-api:" + a.region + ":" + a.account + ":desk/$default/" + r.Method + rest
	r.Perform("Invoke", arn, func() (func(), *front.Error) {
		if err := r.Ceilings(front.Target{Action: "execute-api:Invoke", ARN: arn, Owner: a.account}); err != nil {
			return nil, err
		}
		who := Caller{r.Caller.Identity(), r.Caller.Account, r.Caller.UserID(), r.Caller.AccessKey}
		ctx := context.WithValue(r.Context(), callerKey{}, who)
		return func() { a.handler.ServeHTTP(r.Writer(), r.WithContext(ctx)) }, nil
	})
}

// reject answers as a problem, of which message is the member that API Gateway has.
func reject(r *front.Request, e *front.Error) {
	body, _ := json.Marshal(struct { // strings and a number: never fails
		Type    string `json:"type"`
		Title   string `json:"title"`
		Status  int    `json:"status"`
		Detail  string `json:"detail"`
		Message string `json:"message"`
	}{"about:blank", http.StatusText(e.Status), e.Status, e.Message, http.StatusText(e.Status)})
	r.SetHeader("Cache-Control", "no-store")
	r.SetHeader("X-Content-Type-Options", "nosniff")
	r.SetHeader("X-Amzn-Errortype", e.Code)
	r.Send(e.Status, "application/problem+json", body)
}
