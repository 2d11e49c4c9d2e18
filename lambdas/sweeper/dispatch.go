package sweeper

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"locksmith/lambdas/remedy"
	"locksmith/policies/allowlist"
)

// dispatch lists the organization, and sends a message for each account and task. The messages of a page are sent
// before the page is recorded: what is cut off in between sends them again, and a visit is made once all the same.
// Where the time runs short, a message of its own goes on.
func (s *Sweeper) dispatch(ctx context.Context, o order) error {
	sweep, err := s.Store.Sweep(ctx, o.Sweep)
	if err != nil {
		return err
	}
	if o.Resume && sweep.State == Running {
		if err := s.sendAgain(ctx, sweep); err != nil {
			return err
		}
	}
	for sweep.State == Running && !sweep.Dispatched {
		if s.short(ctx) {
			return s.send(ctx, order{Do: toDispatch, Sweep: sweep.ID})
		}
		if err := s.dispatchPage(ctx, sweep); err != nil {
			return err
		}
		if sweep, err = s.Store.Sweep(ctx, sweep.ID); err != nil {
			return err
		}
	}
	if sweep.State == Running && sweep.finished() {
		return s.finish(ctx, sweep)
	}
	return nil
}

// dispatchPage sends the messages of the sweep's next page, and records it.
func (s *Sweeper) dispatchPage(ctx context.Context, sweep Sweep) error {
	accounts, next, err := s.Accounts.Accounts(ctx, sweep.Token)
	if refusal := (*remedy.Refusal)(nil); errors.As(err, &refusal) {
		return s.unlisted(ctx, sweep, refusal)
	}
	if err != nil {
		return fmt.Errorf("accounts of the organization: %w", err)
	}
	if s.Directory != nil {
		if err := s.Directory.Keep(ctx, s.Now(), accounts...); err != nil {
			s.Log.WarnContext(ctx, "accounts not kept", "error", remedy.Scrub(err.Error()))
		}
	}
	page := Page{Number: sweep.Pages, Next: next, Last: next == ""}
	var orders []order
	for _, a := range accounts {
		if asked := sweep.Request.Accounts; len(asked) > 0 && !slices.Contains(asked, a.Number) {
			continue
		}
		listed := Listed{Account: a.Number, Name: a.Name, Skipped: s.skipped(a)}
		page.Accounts = append(page.Accounts, listed)
		if listed.Skipped != "" {
			continue
		}
		for _, task := range sweep.Request.tasks() {
			orders = append(orders, order{Do: toVisit, Sweep: sweep.ID, Account: &a, Task: task})
		}
	}
	if err := s.send(ctx, orders...); err != nil {
		return err
	}
	return s.Store.Dispatch(ctx, sweep.ID, page, len(orders), s.Now())
}

// unlisted ends a sweep that nobody may list the accounts for, and has somebody called: nothing is swept.
func (s *Sweeper) unlisted(ctx context.Context, sweep Sweep, refusal *remedy.Refusal) error {
	if mine, err := s.Store.Finish(ctx, sweep.ID, s.Now()); err != nil {
		return err
	} else if !mine {
		return s.finishing(ctx, sweep.ID)
	}
	told, err := s.Herald.Announce(ctx, remedy.Bulletin{Kind: "sweep", ID: "sweep-" + sweep.ID, At: s.Now(), Page: true,
		Title: "Sweep: the accounts of the organization cannot be listed",
		Text:  []string{"Nothing is swept, and lockouts that no event tells of go unseen. The next sweep tries again."},
		Facts: []remedy.Fact{{Name: "cause", Value: string(refusal.Cause)},
			{Name: "said", Value: remedy.Scrub(refusal.Err.Error())}},
		Action: "Let the sweep's role list the accounts: this account has to be a delegated administrator."}, sweep.Told)
	if err != nil {
		return errors.Join(err, s.Store.Tell(ctx, sweep.ID, told, false, "", s.Now()))
	}
	return s.Store.Tell(ctx, sweep.ID, told, true, "unlisted", s.Now())
}

// skipped says why an account is not visited.
func (s *Sweeper) skipped(a remedy.Account) string {
	switch {
	case a.Number == s.ManagementAccount:
		return string(remedy.ManagementAccount)
	case a.State != remedy.Active:
		return "the account is " + a.State
	case s.Named && !slices.ContainsFunc(s.Allow.Rules, func(r allowlist.Rule) bool {
		return slices.Contains(r.Accounts, a.Number)
	}):
		return "the allow list does not name the account, and the deployment's reach is the allow list"
	}
	return ""
}

// sendAgain sends messages for the visits that were dispatched and have not ended. Those that are still on the queue
// come twice, and are made once.
func (s *Sweeper) sendAgain(ctx context.Context, sweep Sweep) error {
	// A page is listed again for what a message needs to know of the account, and it need not be the same page by now.
	token := ""
	for number := range sweep.Pages {
		recorded, err := s.Store.Page(ctx, sweep.ID, number)
		if err != nil {
			return err
		}
		accounts, _, err := s.Accounts.Accounts(ctx, token)
		if err != nil {
			return fmt.Errorf("accounts of the organization: %w", err)
		}
		if err := s.sendPageAgain(ctx, sweep, recorded, accounts); err != nil {
			return err
		}
		token = recorded.Next
	}
	return nil
}

func (s *Sweeper) sendPageAgain(ctx context.Context, sweep Sweep, recorded Page, accounts []remedy.Account) error {
	tasks := sweep.Request.tasks()
	numbers := recorded.visited()
	visits, err := s.Store.Visits(ctx, sweep.ID, numbers, tasks)
	if err != nil {
		return err
	}
	var orders []order
	for i, v := range visits {
		if !v.Ended.IsZero() {
			continue
		}
		number := numbers[i/len(tasks)]
		account := remedy.Account{State: remedy.Active} // of units and tags nothing is known, and so nothing is covered
		account.Number = number
		if n := slices.IndexFunc(accounts, func(a remedy.Account) bool { return a.Number == number }); n >= 0 {
			account = accounts[n]
		}
		orders = append(orders, order{Do: toVisit, Sweep: sweep.ID, Account: &account, Task: tasks[i%len(tasks)]})
	}
	return s.send(ctx, orders...)
}

// visited are the accounts of a page that are not skipped.
func (p Page) visited() (numbers []string) {
	for _, a := range p.Accounts {
		if a.Skipped == "" {
			numbers = append(numbers, a.Account)
		}
	}
	return numbers
}
