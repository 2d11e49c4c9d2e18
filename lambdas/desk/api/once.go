package api

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"time"

	"locksmith/lambdas/requests"
)

// once does what is asked, unless the Idempotency-Key says that it was asked before. Then it answers what it answered.
// What failed on our side is not kept: with the same key it may be tried again, and what was done is not done twice,
// since a request has its id from the key.
func (a *API) once(c *call, rt *route) (*answer, error) {
	given, there := c.Header["Idempotency-Key"]
	if !there {
		return rt.do(a, c)
	}
	if len(given) != 1 || !visible(given[0]) {
		return nil, refuse(http.StatusBadRequest, fmt.Sprintf("Idempotency-Key %.60q cannot be one", given),
			"want one of 1 to 200 visible characters, such as a UUID")
	}
	person, err := c.who.Person()
	if err != nil {
		return nil, err
	}
	c.key = given[0]
	if a.Keys == nil {
		return nil, refuse(http.StatusNotImplemented, "this desk keeps no answers for an Idempotency-Key", "leave it out")
	}
	asked := digest(c.Method, c.URL.EscapedPath(), c.URL.RawQuery, string(c.text))
	was, err := a.Keys.Begin(c.Context(), person, c.key, asked)
	switch {
	case errors.Is(err, requests.ErrOtherCall):
		return nil, refuse(http.StatusUnprocessableEntity, "this Idempotency-Key was used for something else",
			"take another key for another request; the same request, byte for byte, may be repeated with its own")
	case errors.Is(err, requests.ErrPending):
		return nil, refuse(http.StatusServiceUnavailable, "the first request with this Idempotency-Key is not answered yet",
			"ask again in a minute with the same key: nothing is done twice")
	case err != nil:
		return nil, fmt.Errorf("idempotency key: %w", err)
	case was != nil && was.Status != 0:
		return &answer{status: was.Status, kind: was.Type, text: was.Body,
			header: http.Header{"Idempotency-Replayed": {"true"}}}, nil
	}
	said, err := rt.do(a, c)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Context()), 5*time.Second)
	defer cancel()
	if failed := a.Keys.Finish(ctx, person, c.key, asked, replyOf(said, err)); failed != nil {
		a.Log.WarnContext(ctx, "answer not kept", "error", failed.Error()) // it is right all the same
	}
	return said, err
}

// replyOf is the answer as it is kept. One of the status 0 says that there was none, and that the call may be made
// again.
func replyOf(said *answer, err error) requests.Reply {
	if err == nil {
		return requests.Reply{Status: said.status, Type: "application/json", Body: encode(said.value)}
	}
	p := problemOf(err)
	if p.Status >= http.StatusInternalServerError && p.Request == nil {
		return requests.Reply{}
	}
	return requests.Reply{Status: p.Status, Type: "application/problem+json", Body: encode(p)}
}

func visible(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return len(s) > 0 && len(s) <= 200
}

// digest is of several texts, none of which can pass for a part of another.
func digest(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}
