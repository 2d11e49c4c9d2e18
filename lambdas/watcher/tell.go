package watcher

import (
	"context"
	"fmt"
	"strings"

	"locksmith/lambdas/remedy"
	"locksmith/policies/sources/cloudtrail"
)

// tell tells people of a use as its grade says, and tells how they heard. An event that comes twice is told once.
func (w *Watch) tell(ctx context.Context, u cloudtrail.Use, s Session, g grade) (Level, bool, error) {
	news, err := w.Book.Begin(ctx, newsID(u))
	if err != nil {
		return Silent, false, fmt.Errorf("book: %w", err)
	}
	if news.Done {
		return Silent, true, nil
	}
	level, err := w.bounded(ctx, u, g, news)
	if err != nil {
		return level, false, fmt.Errorf("book: %w", err)
	}
	if level == Daily {
		if err := w.Book.Add(ctx, Day(u.Time), lineOf(u, g)); err != nil {
			return level, false, fmt.Errorf("book: %w", err)
		}
	} else if news.Told, err = w.Herald.Announce(ctx, w.bulletin(u, s, g, level), news.Told); err != nil {
		w.giveBack(ctx, news)
		return level, false, fmt.Errorf("bulletin: %w", err)
	}
	news.Done = true
	if err := w.Book.End(ctx, news); err != nil {
		return level, false, fmt.Errorf("book: %w", err)
	}
	return level, false, nil
}

// giveBack notes which channels took a bulletin that another one refused. Where that fails, they take it again.
func (w *Watch) giveBack(ctx context.Context, n News) {
	if err := w.Book.End(ctx, n); err != nil {
		w.Log.WarnContext(ctx, "told channels not noted", "news", n.ID, "error", remedy.Scrub(err.Error()))
	}
}

// newsID is the same for the same news. A session is opened once, in however many accounts CloudTrail tells of it.
func newsID(u cloudtrail.Use) string {
	if u.Kind == cloudtrail.Opens && u.Refused == "" {
		return "root-" + u.Key
	}
	return "root-" + u.ID
}

// bounded is the level that is left of a grade. An account has some pages and some mails in an hour. What is beyond is
// in a digest: a page's at the end of the hour, which pages, and a mail's at the end of the day. So nobody can use up
// what would call people. Root's own access key pages once a day.
func (w *Watch) bounded(ctx context.Context, u cloudtrail.Use, g grade, n News) (Level, error) {
	if g.level < Mail || len(n.Told) > 0 {
		return g.level, nil
	}
	if g.level == Page && strings.HasPrefix(u.Key, "AKIA") && u.Call != "CreateAccessKey" {
		first, err := w.first(ctx, "root-"+u.Key+"-"+u.Time.Format("2006-01-02"))
		if err != nil || !first {
			return Daily, err
		}
	}
	free, err := w.Book.Take(ctx, u.Account, g.level)
	if err != nil || free {
		return g.level, err
	}
	if g.level == Page {
		if err := w.Book.Add(ctx, Hour(w.Now()), lineOf(u, g)); err != nil {
			return Daily, err
		}
	}
	return Daily, nil
}

// first tells whether something happens for the first time.
func (w *Watch) first(ctx context.Context, id string) (bool, error) {
	n, err := w.Book.Begin(ctx, id)
	if err != nil || n.Done {
		return false, err
	}
	n.Done = true
	return true, w.Book.End(ctx, n)
}

// bulletin is what people read of a use. Its words are ours, and whatever comes from outside is in the facts.
func (w *Watch) bulletin(u cloudtrail.Use, s Session, g grade, l Level) remedy.Bulletin {
	b := remedy.Bulletin{Kind: "root", ID: newsID(u), Title: g.title, Page: l == Page, Account: u.Account, At: u.Time,
		Text: []string{g.text}, Action: g.action}
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
