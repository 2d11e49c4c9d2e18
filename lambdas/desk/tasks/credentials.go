package tasks

import (
	"context"
	"errors"
	"fmt"
	"time"

	"locksmith/lambdas/credentials"
	"locksmith/lambdas/remedy"
	"locksmith/lambdas/requests"
)

// Credentials does the requests about root's own credentials: to let root recover its password, and to delete all that
// it has. It implements [requests.Work].
type Credentials struct {
	Custodian *credentials.Custodian
	Now       func() time.Time
}

// Look implements [requests.Work]. There is no policy to show. What cannot work is refused before anybody approves it;
// root is not opened for that.
func (c *Credentials) Look(ctx context.Context, r requests.Request) (requests.Sight, error) {
	if !aboutCredentials(r.Task) {
		return requests.Sight{}, notCredentials(r.Task)
	}
	if err := c.Custodian.Reachable(ctx, r.Account); err != nil {
		return requests.Sight{}, refusedCredentials(err)
	}
	return requests.Sight{Task: r.Task}, nil
}

// Do implements [requests.Work]. A deletion that had too little time goes on where it stopped: for it, [remedy.Later]
// says that the rest is not done.
func (c *Credentials) Do(ctx context.Context, r requests.Request) (requests.Outcome, error) {
	var o credentials.Outcome
	var err error
	switch r.Task {
	case requests.CreatePassword:
		o, err = c.Custodian.Create(ctx, credentials.Wish{Request: r.ID, Account: r.Account, By: r.By, Reason: r.Reason,
			Ticket: r.Ticket, Case: r.Case})
	case requests.DeleteCredentials:
		o, err = c.Custodian.Delete(ctx, r.ID, r.Account)
	default:
		err = notCredentials(r.Task)
	}
	out := requests.Outcome{Result: o.Result, Why: o.Why, At: c.Now().UTC(), Steps: steps(o.Items)}
	switch {
	case err != nil:
		return out, refusedCredentials(err)
	case o.Result == credentials.ResultFailed:
		return out, &requests.Refusal{Kind: requests.Blocked, Why: o.Why,
			Hint: "see to what the steps say, and ask again: what is deleted stays deleted"}
	}
	return out, nil
}

func aboutCredentials(t requests.Task) bool {
	return t == requests.CreatePassword || t == requests.DeleteCredentials
}

func notCredentials(t requests.Task) error {
	return &requests.Refusal{Kind: requests.Malformed, Why: fmt.Sprintf("task %q is not about root's credentials", t),
		Hint: "want " + requests.CreatePassword + " or " + requests.DeleteCredentials}
}

// refusedCredentials is an error in the words of the desk.
func refusedCredentials(err error) error {
	switch refusal := (*remedy.Refusal)(nil); {
	case errors.Is(err, remedy.ErrNoMember):
		return &requests.Refusal{Kind: requests.Absent, Why: "the organization has no such account"}
	case errors.As(err, &refusal) && refusal.Cause == credentials.Inactive:
		return &requests.Refusal{Kind: requests.Conflict, Why: refusal.Err.Error(),
			Hint: "root can be opened in active accounts only"}
	case errors.As(err, &refusal):
		return &requests.Refusal{Kind: requests.Blocked, Why: remedy.Scrub(refusal.Error())}
	}
	return err
}

// steps are the items of a deletion as the request's record has them.
func steps(items []credentials.Item) (all []requests.Step) {
	for _, it := range items {
		what := string(it.Kind)
		if it.ID != "" {
			what += " " + it.ID
		}
		all = append(all, requests.Step{What: what, Result: string(it.Result), Why: it.Why, Note: it.Note})
	}
	return all
}

var _ requests.Work = (*Credentials)(nil)
