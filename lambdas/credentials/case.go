package credentials

import (
	"context"
	"errors"
	"fmt"
	"time"

	"locksmith/lambdas/remedy"
)

// A Case is the loop for what only a real login of root can open: a login profile is created, a person does it, and the
// credentials are deleted. From an hour on it pages, each hour, as long as an audit finds something left.
type Case struct {
	ID      string    `json:"id"` // of the request that it began with
	Account string    `json:"account"`
	By      string    `json:"by"`
	Reason  string    `json:"reason"`
	Ticket  string    `json:"ticket,omitempty"`
	Opened  time.Time `json:"opened"`
	Due     time.Time `json:"due"` // when it is looked at next
	Pages   int       `json:"pages"`
	Left    string    `json:"left,omitempty"` // what the last audit saw
	Ended   time.Time `json:"ended,omitzero"`
	Why     string    `json:"why,omitempty"` // how it ended

	News    *remedy.Bulletin `json:"news,omitempty"` // that people have not all heard of
	Told    []remedy.Channel `json:"told,omitempty"` // who have
	Version int              `json:"version"`
}

// Over tells whether nothing is left to do for the case.
func (k Case) Over() bool { return !k.Ended.IsZero() && k.News == nil }

// hour is how long a person has, and how often the pager is called after that.
const hour = time.Hour

// openCase opens a case, or finds the one of the same request.
func (c *Custodian) openCase(ctx context.Context, w Wish) (Case, error) {
	now := c.Now().UTC()
	k := Case{ID: w.Request, Account: w.Account, By: w.By, Reason: w.Reason, Ticket: w.Ticket, Opened: now,
		Due: now.Add(hour), Version: 1}
	err := c.Store.PutCase(ctx, k)
	if errors.Is(err, ErrChanged) {
		return c.Store.Case(ctx, w.Request)
	}
	return k, err
}

// endCase ends a case without news: whoever ends it says so.
func (c *Custodian) endCase(ctx context.Context, id, why string) error {
	k, err := c.Store.Case(ctx, id)
	if err != nil || !k.Ended.IsZero() {
		return err
	}
	k.Ended, k.Why, k.Version = c.Now().UTC(), why, k.Version+1
	return c.Store.PutCase(ctx, k)
}

// atOnce is how many cases are looked at in one go.
const atOnce = 200

// endCases ends the cases of an account. One that somebody else writes at that moment is ended by its next audit.
func (c *Custodian) endCases(ctx context.Context, account, why string) error {
	open, err := c.Store.Open(ctx, atOnce)
	for _, k := range open {
		if k.Account != account || !k.Ended.IsZero() {
			continue
		}
		if ended := c.endCase(ctx, k.ID, why); !errors.Is(ended, ErrChanged) {
			err = errors.Join(err, ended)
		}
	}
	return err
}

// Tend looks at the cases that are due, and tells people. It is for the schedule of a function that may open root to
// audit, every few minutes. One case that fails stops no other, and is tended again the next time.
func (c *Custodian) Tend(ctx context.Context) error {
	open, err := c.Store.Open(ctx, atOnce)
	problems := []error{err}
	for _, k := range open {
		err := c.tend(ctx, k)
		if err != nil && !errors.Is(err, ErrChanged) { // another worker tends it
			problems = append(problems, fmt.Errorf("case %s: %w", k.ID, err))
		}
	}
	return errors.Join(problems...)
}

// tend tells what was not told, and then looks where it is time. What is to be told is written before it is told.
func (c *Custodian) tend(ctx context.Context, k Case) error {
	k, err := c.tell(ctx, k)
	if err != nil || !k.Ended.IsZero() || c.Now().Before(k.Due) {
		return err
	}
	row, err := c.Look(ctx, k.ID, k.Account)
	k.Told = nil
	switch {
	case errors.Is(err, remedy.ErrNoMember):
		k.Ended, k.Why = c.Now().UTC(), "the account has left the organization"
		k.News = c.lost(k)
	case err != nil:
		return err
	case row.Nothing():
		k.Ended, k.Why, k.Left = c.Now().UTC(), "an audit found nothing left", ""
		k.News = c.over(k)
	default:
		k.Pages, k.Left = k.Pages+1, row.Left()
		k.News = c.page(k, row)
		for !k.Due.After(c.Now()) {
			k.Due = k.Due.Add(hour)
		}
	}
	k.Version++
	if err := c.Store.PutCase(ctx, k); err != nil {
		return err
	}
	_, err = c.tell(ctx, k)
	return err
}

// tell tells the case's news on the channels that have not taken it, and writes which have.
func (c *Custodian) tell(ctx context.Context, k Case) (Case, error) {
	if k.News == nil {
		return k, nil
	}
	told, err := c.Herald.Announce(ctx, *k.News, k.Told)
	k.Told, k.Version = told, k.Version+1
	if err == nil {
		k.News = nil
	}
	return k, errors.Join(err, c.Store.PutCase(ctx, k))
}

// bulletin is what all that is told of a case begins with. What people wrote stands in facts.
func (c *Custodian) bulletin(k Case) *remedy.Bulletin {
	facts := []remedy.Fact{{Name: "asked by", Value: k.By}, {Name: "reason", Value: k.Reason}}
	if k.Ticket != "" {
		facts = append(facts, remedy.Fact{Name: "ticket", Value: k.Ticket})
	}
	return &remedy.Bulletin{Kind: "credentials", ID: fmt.Sprintf("credentials-%s-%d", k.ID, k.Version),
		Account: k.Account, At: c.Now().UTC(), Link: "/requests/" + k.ID,
		Facts: append(facts, remedy.Fact{Name: "since", Value: k.Opened.Format(time.RFC3339)})}
}

func (c *Custodian) page(k Case, row Row) *remedy.Bulletin {
	b := c.bulletin(k)
	hours := int(c.Now().Sub(k.Opened) / hour)
	b.Page, b.Title = true, fmt.Sprintf("Root's credentials are still there after %d h", hours)
	b.Text = []string{"A login of root was prepared in this account, for something that only root itself can do. It was " +
		"to be over within an hour, and root still has credentials. You are told again each hour."}
	b.Facts = append(b.Facts, remedy.Fact{Name: "root has", Value: row.Left()})
	b.Action = "Finish what root was needed for, and ask the desk to delete root's credentials."
	if row.State != Complete {
		b.Title = fmt.Sprintf("Nobody can look at root's credentials, %d h after a login was prepared", hours)
		b.Facts = append(b.Facts, remedy.Fact{Name: "cause", Value: string(row.Cause)},
			remedy.Fact{Name: "said", Value: row.Why})
	}
	return b
}

func (c *Custodian) over(k Case) *remedy.Bulletin {
	b := c.bulletin(k)
	b.Title = "Root's credentials are gone, and the case is over"
	b.Text = []string{"A login of root was prepared in this account. An audit has found that root has no credentials " +
		"any more."}
	return b
}

func (c *Custodian) lost(k Case) *remedy.Bulletin {
	b := c.bulletin(k)
	b.Page, b.Title = true, "The account has left the organization, with a login of root prepared"
	b.Text = []string{"A login of root was prepared in this account. Nobody can open its root from here any more, so " +
		"what root has now is not known. You are not told again."}
	b.Action = "Find out who has the account, and whether root's password is theirs."
	return b
}
