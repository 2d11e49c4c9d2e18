package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"locksmith/lambdas/remedy"
	"locksmith/lambdas/requests"
	"locksmith/lambdas/sweeper"
)

// A problem is an error as a client reads it (https://www.rfc-editor.org/rfc/rfc9457).
type problem struct {
	Type    string   `json:"type"`
	Title   string   `json:"title"`
	Status  int      `json:"status"`
	Detail  string   `json:"detail"`
	Hint    string   `json:"hint,omitempty"`    // what to do now
	Request *request `json:"request,omitempty"` // what became of the request, where there is one

	allow string // of the header Allow
}

func (p *problem) Error() string { return p.Detail }

// refuse makes a problem.
func refuse(status int, detail, hint string) *problem {
	return &problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail, Hint: hint}
}

// statusOf is what a kind of refusal comes to.
func statusOf(k requests.Kind) int {
	switch k {
	case requests.Malformed:
		return http.StatusBadRequest
	case requests.NotPermitted:
		return http.StatusForbidden
	case requests.Absent:
		return http.StatusNotFound
	case requests.Conflict:
		return http.StatusConflict
	case requests.Blocked:
		return http.StatusBadGateway
	}
	return http.StatusInternalServerError
}

// problemOf says an error to a client. What nobody has foreseen stays in the log: it may hold what is not for them.
func problemOf(err error) *problem {
	var (
		p       *problem
		refusal *requests.Refusal
		blocked *remedy.Refusal
		later   *remedy.Later
	)
	switch {
	case errors.As(err, &p):
		return p
	case errors.As(err, &refusal):
		return refuse(statusOf(refusal.Kind), remedy.Scrub(refusal.Why), remedy.Scrub(refusal.Hint))
	case errors.Is(err, remedy.ErrNoMember):
		return refuse(http.StatusNotFound, remedy.Scrub(err.Error()), "the desk is for accounts of its own organization")
	case errors.As(err, &blocked):
		return refuse(http.StatusBadGateway, "AWS refuses: "+remedy.Scrub(blocked.Error()),
			"GET /preflight says what stands in the way, and what to do")
	case errors.As(err, &later):
		return refuse(http.StatusServiceUnavailable, "it is too early: "+remedy.Scrub(later.Why), "try again in a minute")
	case errors.Is(err, remedy.ErrBusy):
		return refuse(http.StatusServiceUnavailable, "somebody is busy with this resource now", "try again in a minute")
	case errors.Is(err, requests.ErrNone):
		return refuse(http.StatusNotFound, "there is no such request", "GET /requests lists those that there are")
	case errors.Is(err, requests.ErrChanged):
		return refuse(http.StatusConflict, "the request was changed by somebody else meanwhile",
			"look at it again, and decide again")
	case errors.Is(err, sweeper.ErrNoSweep):
		return refuse(http.StatusNotFound, "there is no such sweep", "GET /sweeps lists the last ones")
	case errors.Is(err, sweeper.ErrRunning):
		return refuse(http.StatusConflict, remedy.Scrub(err.Error()), "wait for its end, or stop it")
	case errors.Is(err, context.DeadlineExceeded):
		return refuse(http.StatusGatewayTimeout, "it took too long",
			"try again: nothing is done twice with an Idempotency-Key")
	}
	return refuse(http.StatusInternalServerError, "the desk could not do it, and has written down why",
		"try again; where that does not help, whoever runs the desk finds it in the log")
}

// write answers with the problem.
func (p *problem) write(w http.ResponseWriter) {
	body, err := json.Marshal(p)
	if err != nil { // texts, numbers and times: cannot happen
		body = []byte(`{"type":"about:blank","title":"Internal Server Error","status":500,"detail":"no answer"}`)
	}
	if p.allow != "" {
		w.Header().Set("Allow", p.allow)
	}
	if p.Status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "60")
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(cmp.Or(p.Status, http.StatusInternalServerError))
	_, _ = w.Write(append(body, '\n')) // a client that has gone needs no answer
}
