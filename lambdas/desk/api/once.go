package api

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"time"
)

// An Answered is what was answered to a request with an Idempotency-Key.
type Answered struct {
	Digest string    // of what was asked: method, path, query and body
	At     time.Time // when it was first asked
	Until  time.Time // until then somebody is at it, and has not answered
	Status int       // 0 while there is no answer
	Body   []byte
	Header map[string]string
}

// Answers remember what was answered, for a day.
type Answers interface {
	// Begin enters that somebody is at an answer. Where there is one already, or somebody is at it, that is returned, and
	// there is true.
	Begin(ctx context.Context, key string, a Answered) (was Answered, there bool, err error)
	// Finish keeps the answer.
	Finish(ctx context.Context, key string, a Answered) error
}

// For how long answers are kept, and how long one may take.
const (
	KeptFor = 24 * time.Hour
	taking  = 2 * time.Minute
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
	key := digest(person, c.key)
	now := a.Now().UTC()
	mine := Answered{Digest: digest(c.Method, c.URL.EscapedPath(), c.URL.RawQuery, string(c.text)), At: now,
		Until: now.Add(taking)}
	if a.Answers == nil {
		return nil, refuse(http.StatusNotImplemented, "this desk keeps no answers for an Idempotency-Key", "leave it out")
	}
	was, there, err := a.Answers.Begin(c.Context(), key, mine)
	switch {
	case err != nil:
		return nil, fmt.Errorf("idempotency key: %w", err)
	case there && was.Digest != mine.Digest:
		return nil, refuse(http.StatusUnprocessableEntity, "this Idempotency-Key was used for something else",
			"take another key for another request; the same request, byte for byte, may be repeated with its own")
	case there && was.Status == 0:
		return nil, refuse(http.StatusServiceUnavailable, "the first request with this Idempotency-Key is not answered yet",
			"ask again in a minute with the same key: nothing is done twice")
	case there:
		return was.answer(), nil
	}
	return a.keep(c, rt, key, mine)
}

// keep does what is asked, and keeps the answer. Where that cannot be kept, the answer is still right.
func (a *API) keep(c *call, rt *route, key string, mine Answered) (*answer, error) {
	said, err := rt.do(a, c)
	kept := mine
	switch {
	case err != nil:
		p := problemOf(err)
		if p.Status >= http.StatusInternalServerError {
			kept.Until = mine.At // whoever comes next may try
			break
		}
		kept.Status, kept.Body = p.Status, encode(p)
		kept.Header = map[string]string{"Content-Type": "application/problem+json"}
	default:
		kept.Status, kept.Body = said.status, encode(said.value)
		kept.Header = map[string]string{"Content-Type": "application/json"}
		if at := said.header.Get("Location"); at != "" {
			kept.Header["Location"] = at
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Context()), 5*time.Second)
	defer cancel()
	if failed := a.Answers.Finish(ctx, key, kept); failed != nil {
		a.Log.WarnContext(ctx, "answer not kept", "error", failed.Error())
	}
	return said, err
}

// answer is the answer again.
func (w Answered) answer() *answer {
	said := &answer{status: w.Status, text: w.Body, kind: w.Header["Content-Type"],
		header: http.Header{"Idempotency-Replayed": {"true"}}}
	if at := w.Header["Location"]; at != "" {
		said.header.Set("Location", at)
	}
	return said
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
