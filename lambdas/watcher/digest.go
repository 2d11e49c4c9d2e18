package watcher

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"locksmith/lambdas/remedy"
	"locksmith/policies/sources/cloudtrail"
)

// A Line is what a digest says of one use.
type Line struct {
	What    string
	Who     string
	Account string
}

// A Group is all lines of a digest that say the same of somebody, in any account.
type Group struct {
	What     string   `json:"what"`
	Who      string   `json:"who"`
	Count    int      `json:"count"`
	Accounts []string `json:"accounts"`       // the first of them
	More     bool     `json:"more,omitempty"` // there are other accounts
}

// A Digest is what people read of an hour or a day in one bulletin.
type Digest struct {
	Groups []Group `json:"groups"`
	Rest   int     `json:"rest,omitempty"` // lines for which there was no room
	Closed bool    `json:"-"`
}

// The bounds of a digest. What is more is counted. Whoever calls chooses the name of their session, so a few names of
// each kind have a group, and the others one together: nobody can push out what is of another kind.
const (
	maxGroups   = 150
	maxNamed    = 4 // groups that say the same, each of somebody
	maxAccounts = 5
	maxWho      = 300
	maxAccount  = 64 // an account has twelve digits, but what is refused may name anything
	others      = "others"
)

// Add adds a line.
func (d *Digest) Add(l Line) {
	l.Who, l.Account = l.Who[:min(len(l.Who), maxWho)], l.Account[:min(len(l.Account), maxAccount)]
	i := d.find(l)
	if i < 0 && d.named(l.What) >= maxNamed {
		l.Who = others
		i = d.find(l)
	}
	if i < 0 && len(d.Groups) >= maxGroups {
		d.Rest++
		return
	}
	if i < 0 {
		i = len(d.Groups)
		d.Groups = append(d.Groups, Group{What: l.What, Who: l.Who})
	}
	g := &d.Groups[i]
	g.Count++
	switch {
	case slices.Contains(g.Accounts, l.Account):
	case len(g.Accounts) < maxAccounts:
		g.Accounts = append(g.Accounts, l.Account)
	default:
		g.More = true
	}
}

func (d *Digest) find(l Line) int {
	return slices.IndexFunc(d.Groups, func(g Group) bool { return g.What == l.What && g.Who == l.Who })
}

// named is how many groups say the same.
func (d *Digest) named(what string) (n int) {
	for _, g := range d.Groups {
		if g.What == what {
			n++
		}
	}
	return n
}

// count is how many lines a digest has had.
func (d Digest) count() int {
	n := d.Rest
	for _, g := range d.Groups {
		n += g.Count
	}
	return n
}

func lineOf(u cloudtrail.Use, g grade) Line {
	return Line{What: g.title, Who: u.By.ARN, Account: u.Account}
}

// Day and Hour name the digests.
func Day(t time.Time) string  { return "day-" + t.UTC().Format("2006-01-02") }
func Hour(t time.Time) string { return "hour-" + t.UTC().Format("2006-01-02T15") }

// How far back digests are looked for that nobody has sent. Where the schedule stands still for longer, its alarm has
// paged.
const (
	hoursBack = 24
	daysBack  = 7
)

// Digests sends the digests of the hours and days that are over. A day is sent an hour late, with its last hour.
func (w *Watch) Digests(ctx context.Context) error {
	now := w.Now().UTC()
	for i := hoursBack; i >= 1; i-- {
		if err := w.digest(ctx, Hour(now.Add(-time.Duration(i)*time.Hour)), true); err != nil {
			return err
		}
	}
	for i := daysBack; i >= 1; i-- {
		if err := w.digest(ctx, Day(now.Add(-time.Hour).AddDate(0, 0, -i)), false); err != nil {
			return err
		}
	}
	return nil
}

func (w *Watch) digest(ctx context.Context, name string, page bool) error {
	d, err := w.Book.Digest(ctx, name)
	if err != nil || d.count() == 0 {
		return bookError(err)
	}
	news, err := w.Book.Begin(ctx, "root-"+name)
	if err != nil || news.Done {
		return bookError(err)
	}
	if !d.Closed {
		if err := w.Book.Close(ctx, name); err != nil {
			return bookError(err)
		}
		if d, err = w.Book.Digest(ctx, name); err != nil {
			return bookError(err)
		}
	}
	return w.announce(ctx, digestOf(name, d, page, w.Now()), &news)
}

// digestOf is a digest as a bulletin.
func digestOf(name string, d Digest, page bool, now time.Time) remedy.Bulletin {
	_, when, _ := strings.Cut(name, "-")
	b := remedy.Bulletin{Kind: "root", ID: "root-" + name, Page: page, At: now}
	if page {
		b.Title = fmt.Sprintf("Root: more alarms in one hour than are paged, %d of them", d.count())
		b.Text = []string{"In the hour from " + when + ":00 UTC, accounts had more alarms than are paged one by one. " +
			"These are the rest."}
		b.Action = "Look at each: CloudTrail has the events."
	} else {
		b.Title = "Root on " + when
		b.Text = []string{"What was asked of root on this day and calls for nobody by itself, and what was too much " +
			"to be told one by one. What Locksmith did is not in it."}
	}
	for _, g := range d.Groups {
		accounts := strings.Join(g.Accounts, ", ")
		if g.More {
			accounts += " and others"
		}
		times := "once"
		if g.Count > 1 {
			times = fmt.Sprint(g.Count, " times")
		}
		b.Facts = append(b.Facts, remedy.Fact{Name: g.What, Value: times + ", by " + g.Who + ", in " + accounts})
	}
	if d.Rest > 0 {
		b.Text = append(b.Text, fmt.Sprintf("There were %d more, for which there is no room here.", d.Rest))
	}
	return b
}
