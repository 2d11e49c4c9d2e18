package requests

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"locksmith/policies/allowlist"
)

// A Wish is what somebody asks for.
type Wish struct {
	Task     Task // Unlock, Restore, CreatePassword or DeleteCredentials; Unlock becomes Force where it has to
	Force    bool // Unlock what is not proved locked, too
	Account  string
	Resource string // an ARN; "" for tasks about credentials, and where Work.Look finds it
	Region   string
	Action   string // delete, repair or restore, or "" for what the allow list says
	Incident string
	Copy     int
	Anyway   bool
	Case     bool
	Reason   string
	Ticket   string
	Key      string // the same key of the same person stands for the same request, however often it comes; or ""
}

// The longest reason and ticket, in characters.
const (
	longestReason = 1000
	longestTicket = 100
)

// check is the refusal of a wish that makes no sense.
func (w Wish) check() error {
	bad := func(why, hint string) error { return &Refusal{Kind: Malformed, Why: why, Hint: hint} }
	switch {
	case !slices.Contains([]Task{Unlock, Restore, CreatePassword, DeleteCredentials}, w.Task):
		return bad(fmt.Sprintf("%q is no task to ask for", w.Task), "")
	case !slices.Contains([]string{"", "delete", "repair", "restore"}, w.Action):
		return bad(fmt.Sprintf("the action is %.20q", w.Action), "want delete, repair or restore")
	case strings.TrimSpace(w.Reason) == "":
		return bad("there is no reason", "say why in \"reason\": everybody who hears of it will ask")
	case !utf8.ValidString(w.Reason + w.Ticket):
		return bad("the reason or the ticket is no UTF-8", "")
	}
	return cmp.Or(tooLong("reason", w.Reason, longestReason), tooLong("ticket", w.Ticket, longestTicket))
}

func tooLong(what, text string, longest int) error {
	if n := utf8.RuneCountInString(text); n > longest {
		return &Refusal{Kind: Malformed, Why: fmt.Sprintf("the %s has %d characters", what, n),
			Hint: fmt.Sprintf("at most %d", longest)}
	}
	return nil
}

// NewID is an id that nobody can guess: 20 lower case letters and digits.
func NewID() string { return strings.ToLower(rand.Text()[:20]) }

// keyed is the id of the request that a person's key stands for.
func keyed(person, key string) string {
	return fmt.Sprintf("%x", sha256.Sum256(fmt.Appendf(nil, "%q %q", person, key)))[:20]
}

// Submit takes a wish. Where nobody has to approve, it is run before Submit returns. Otherwise it waits, or goes on
// waiting for what stood in its way.
func (d *Desk) Submit(ctx context.Context, c Caller, w Wish) (Request, error) {
	person, err := c.Person()
	if err == nil {
		err = w.check()
	}
	if err != nil {
		return Request{}, err
	}
	id := d.NewID()
	if w.Key != "" {
		id = keyed(person, w.Key)
		if r, err := d.again(ctx, id, person, w); !errors.Is(err, ErrNone) {
			return r, err
		}
	}
	r, err := d.draw(ctx, c, person, w, id)
	if err != nil {
		return Request{}, err
	}
	err = d.Store.Create(ctx, r)
	if errors.Is(err, ErrThere) { // ours: by the same key, or where the answer to the first try was lost
		return d.again(ctx, id, person, w)
	}
	if err != nil {
		return Request{}, fmt.Errorf("request %s: %w", id, err)
	}
	return d.begin(ctx, r), nil
}

// begin tells of a new request, and runs it where it may.
func (d *Desk) begin(ctx context.Context, r Request) Request {
	if r.State != Requested && !r.BreakGlass {
		return d.inline(ctx, r)
	}
	r = d.tell(ctx, r)
	if r.State == Requested {
		return r
	}
	return d.inline(ctx, r)
}

// inline runs a request while who asks waits. What fails now is tried again without them.
func (d *Desk) inline(ctx context.Context, r Request) Request {
	ran, err := d.Run(ctx, r.ID)
	if err != nil {
		d.Log.Warn("a request cannot run yet", "request", r.ID, "error", err)
		d.queue(context.WithoutCancel(ctx), r)
		return r
	}
	return ran
}

// again is the request that a key stands for already. The error is ErrNone where there is none.
func (d *Desk) again(ctx context.Context, id, person string, w Wish) (Request, error) {
	r, err := d.Store.Get(ctx, id)
	if err != nil {
		return Request{}, err
	}
	same := r.Person == person && r.Account == w.Account && r.Reason == w.Reason && r.Ticket == w.Ticket &&
		(r.Task == w.Task || r.Task == Force && w.Task == Unlock) && (w.Resource == "" || r.Resource == w.Resource) &&
		r.Action == w.Action && r.Incident == w.Incident && r.Copy == w.Copy && r.Anyway == w.Anyway && r.Case == w.Case
	if !same {
		return Request{}, &Refusal{Kind: Conflict, Why: "the same key stood for another request, " + r.ID,
			Hint: "give each request a key of its own"}
	}
	if r.State == Approved {
		return d.inline(ctx, r), nil
	}
	r.settle(d.now())
	return r, nil
}

// draw makes a request of a wish: it looks, finds the entry, and makes sure that enough people could approve.
func (d *Desk) draw(ctx context.Context, c Caller, person string, w Wish, id string) (Request, error) {
	if err := d.mayLook(ctx, c, w); err != nil {
		return Request{}, err
	}
	at := d.now()
	r := Request{ID: id, Task: w.Task, Account: w.Account, Resource: w.Resource, Region: w.Region, Action: w.Action,
		Incident: w.Incident, Copy: w.Copy, Anyway: w.Anyway, Case: w.Case, By: c.ARN, Person: person,
		Reason: w.Reason, Ticket: w.Ticket, Created: at, Version: 1, Decisions: []Decision{}}
	sight, err := d.Work.Look(ctx, r)
	if err != nil {
		return r, err
	}
	r.Resource, r.Region = cmp.Or(sight.Resource, r.Resource), cmp.Or(sight.Region, r.Region)
	if w.Resource != "" && r.Resource != w.Resource {
		return r, fmt.Errorf("looked at %s, and found %s", w.Resource, r.Resource)
	}
	if w.Task == Unlock && sight.Task != Unlock {
		if r.Task = Force; !w.Force {
			return r, &Refusal{Kind: Conflict, Why: "it is not locked: " + cmp.Or(sight.Why, "nothing proves it"),
				Hint: `"force": true acts all the same, for those whom an entry of the desk lets force`}
		}
	}
	e, err := d.standing(ctx, r)
	if err != nil {
		return r, err
	}
	r.Shown, r.Entry, r.Needs, r.MayApprove = sight.Policy, e.Name, e.Approvals, slices.Clone(e.Approvers)
	r.Digest, r.Waits, r.Expires = digest(r), at.Add(waiting(e)), at.Add(waiting(e))
	switch r.BreakGlass = e.BreakGlass; {
	case e.BreakGlass:
		r.approve(at, "break glass: nobody was asked")
	case e.Approvals == 0:
		r.approve(at, "entry "+e.Name+" asks for no approval")
	case !enough(e.Approvers, e.Approvals, person):
		return r, &Refusal{Kind: Conflict, Why: fmt.Sprintf("%d have to approve, and fewer can", e.Approvals),
			Hint: "who asks never counts, and these may approve: " + strings.Join(e.Approvers, ", ")}
	default:
		r.turn(Requested, at, r.By, r.Reason)
	}
	return r, d.fits(r)
}

// mayLook is the refusal where somebody may ask for nothing that a wish can come to: root is not opened for them.
func (d *Desk) mayLook(ctx context.Context, c Caller, w Wish) error {
	_, err := d.Leave(ctx, c, w.Task, w.Account)
	refused := (*Refusal)(nil)
	if w.Task == Unlock && w.Force && errors.As(err, &refused) && refused.Kind == NotPermitted {
		_, err = d.Leave(ctx, c, Force, w.Account)
	}
	if err != nil {
		return err
	}
	return d.forbidden(w.Task, w.Resource)
}

// approve lets the request run, for as long as leave to do so lasts.
func (r *Request) approve(at time.Time, why string) {
	r.turn(Approved, at, "", why)
	r.Expires = at.Add(Validity)
}

// waiting is how long a request waits for people.
func waiting(e allowlist.Entry) time.Duration {
	return cmp.Or(time.Duration(e.Hours)*time.Hour, Waiting)
}

// longest is how many bytes of text a request may begin with, so that with all that comes to it a table can hold it.
const longest = 120_000

// fits is the refusal of a request that is too long to be kept.
func (d *Desk) fits(r Request) error {
	n := len(r.Shown) + len(r.Reason) + len(r.Incident) + len(r.Resource)
	for _, p := range r.MayApprove {
		n += 3 * len(p) // also as silent, and as somebody's who approves
	}
	if n <= longest {
		return nil
	}
	return &Refusal{Kind: Conflict, Why: fmt.Sprintf("the request has %d bytes", n),
		Hint: fmt.Sprintf("at most %d can be kept: name fewer approvers in entry %s", longest, r.Entry)}
}
