package watcher

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"locksmith/lambdas/remedy"
	"locksmith/policies/sources/cloudtrail"
)

// tell tells people of a use as its grade says, and tells how they heard. An event that comes twice is told once.
func (w *Watch) tell(ctx context.Context, u cloudtrail.Use, s Session, g grade) (Level, bool, error) {
	news, err := w.Book.Begin(ctx, newsID(u))
	if err != nil || news.Done {
		return Silent, news.Done, bookError(err)
	}
	others := []*News{}
	if g.level == Page && lasting(u) && u.Call != "CreateAccessKey" {
		today, err := w.Book.Begin(ctx, "root-"+u.Key+"-"+u.Time.Format("2006-01-02"))
		if err != nil {
			return Silent, false, bookError(err)
		}
		if others = append(others, &today); today.Done {
			g.level = Daily // it has paged today
		}
	}
	if g.level >= Mail && len(news.Told) == 0 {
		if g.level, err = w.bounded(ctx, u, g); err != nil {
			return Silent, false, bookError(err)
		}
	}
	if g.level >= Mail {
		return g.level, false, w.announce(ctx, w.bulletin(u, s, g), append(others, &news)...)
	}
	if err := w.Book.Add(ctx, Day(w.Now()), lineOf(u, g)); err != nil {
		return Daily, false, bookError(err)
	}
	return Daily, false, w.end(ctx, true, append(others, &news)...)
}

// lasting tells whether root called with an access key that lasts.
func lasting(u cloudtrail.Use) bool {
	return u.Kind == cloudtrail.Calls && strings.HasPrefix(u.Key, "AKIA")
}

// announce sends a bulletin, and notes its news as told. The last of them knows which channels took it.
func (w *Watch) announce(ctx context.Context, b remedy.Bulletin, news ...*News) error {
	last := news[len(news)-1]
	told, err := w.Herald.Announce(ctx, b, last.Told)
	last.Told = told
	if noted := w.end(ctx, err == nil, news...); err == nil {
		return noted
	}
	return fmt.Errorf("bulletin: %w", err)
}

// end gives news back, done or not.
func (w *Watch) end(ctx context.Context, done bool, news ...*News) error {
	var failed []error
	for _, n := range news {
		n.Done = n.Done || done
		failed = append(failed, w.Book.End(ctx, *n))
	}
	return bookError(errors.Join(failed...))
}

func bookError(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("book: %w", err)
}

// newsID is the same for the same news. A session is opened once, in however many accounts CloudTrail tells of it.
func newsID(u cloudtrail.Use) string {
	if u.Kind == cloudtrail.Opens && u.Refused == "" {
		return "root-" + u.Key
	}
	return "root-" + u.ID
}

// bounded is the level that is left of a grade. An account has some pages and some mails in an hour. What is beyond is
// in the day's digest, and a page's also in one of the hour, which pages when the hour is over. So nobody can use up
// what would call people.
func (w *Watch) bounded(ctx context.Context, u cloudtrail.Use, g grade) (Level, error) {
	free, err := w.Book.Take(ctx, u.Account, g.level)
	if err != nil || free {
		return g.level, err
	}
	if g.level == Page {
		err = w.Book.Add(ctx, Hour(w.Now()), lineOf(u, g))
	}
	return Daily, err
}

// bulletin is what people read of a use. Its words are ours, and whatever comes from outside is in the facts.
func (w *Watch) bulletin(u cloudtrail.Use, s Session, g grade) remedy.Bulletin {
	b := remedy.Bulletin{Kind: "root", ID: newsID(u), Title: g.title, Page: g.level == Page, Account: u.Account,
		At: u.Time, Text: []string{g.text}, Action: g.action}
	fact := func(name, value string) {
		if value != "" {
			b.Facts = append(b.Facts, remedy.Fact{Name: name, Value: value})
		}
	}
	fact("Call", u.Call)
	fact("Who", u.By.ARN)
	fact("Role", u.Role)
	if s.By != "" && s.By != u.By.ARN {
		fact("Opened by", s.By)
	}
	fact("From", u.By.Address)
	fact("With", u.By.Agent)
	if u.From != u.Account {
		fact("In account", u.From)
	}
	fact("Region", u.Region)
	if u.Kind == cloudtrail.Opens {
		fact("Task", u.Task)
	} else if s.Task != "" {
		fact("Task", s.Task)
	}
	for _, a := range u.Asked {
		fact(a.Name, a.Value)
	}
	fact("Key", u.Key)
	fact("Event", u.ID)
	if w.Owners != nil {
		fact("Owner", strings.Join(w.Owners(u.Account), " "))
	}
	return b
}
