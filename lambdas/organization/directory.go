package organization

import (
	"context"
	"errors"
	"log/slog"
	"regexp"
	"sync"
	"time"

	"locksmith/lambdas/remedy"
)

// How long what is known of an account serves.
const (
	OfThisDay = 26 * time.Hour   // the sweep reads all accounts each day
	recent    = 2 * time.Minute  // for an act
	unknown   = 5 * time.Minute  // that the organization has no such account, or that nobody may look it up
	failing   = 10 * time.Second // that asking failed
)

// most is how many accounts a directory remembers by itself. What is more it asks the store for again.
const most = 4096

// A Store keeps what was found out about accounts, for all that ask.
type Store interface {
	// Member is what was last kept of an account, and when it was found out; the zero time where nothing was.
	Member(ctx context.Context, number string) (a remedy.Account, at time.Time, err error)
	// Keep replaces what is kept of the accounts.
	Keep(ctx context.Context, at time.Time, accounts ...remedy.Account) error
}

// A Directory knows the accounts of the organization: by itself, from the store, or from Organizations, whichever is
// the first that is recent enough. Many who ask for one account at a time cause one lookup.
type Directory struct {
	client *Client
	store  Store
	now    func() time.Time
	log    *slog.Logger

	mu    sync.Mutex
	known map[string]*member
}

// A member is what a directory knows of one account.
type member struct {
	turn    chan struct{} // holds one token, which who looks the account up has taken
	account remedy.Account
	err     error
	at      time.Time // when it was found out
}

// NewDirectory makes a directory that knows nothing by itself yet.
func NewDirectory(client *Client, store Store, now func() time.Time, log *slog.Logger) *Directory {
	return &Directory{client: client, store: store, now: now, log: log, known: map[string]*member{}}
}

// Account implements [remedy.Directory].
func (d *Directory) Account(ctx context.Context, number string) (remedy.Account, error) {
	return d.within(ctx, number, OfThisDay)
}

// Fresh implements [remedy.Directory].
func (d *Directory) Fresh(ctx context.Context, number string) (remedy.Account, error) {
	return d.within(ctx, number, recent)
}

var twelveDigits = regexp.MustCompile(`^[0-9]{12}$`)

// within is what is known of the account, if that is no older than age, or else what is found out now.
func (d *Directory) within(ctx context.Context, number string, age time.Duration) (remedy.Account, error) {
	if !twelveDigits.MatchString(number) {
		return remedy.Account{}, remedy.ErrNoMember
	}
	m := d.member(number)
	select {
	case <-m.turn:
	case <-ctx.Done():
		return remedy.Account{}, ctx.Err()
	}
	defer func() { m.turn <- struct{}{} }()
	if d.now().Sub(m.at) < m.serves(age) {
		return m.account, m.err
	}
	if account, at, err := d.store.Member(ctx, number); err != nil {
		d.log.WarnContext(ctx, "directory not read", "account", number, "error", remedy.Scrub(err.Error()))
	} else if d.now().Sub(at) < age && (!d.client.Tags || account.Tags != nil || account.State != remedy.Active) {
		m.account, m.err, m.at = account, nil, at
		return account, nil
	}
	return d.lookUp(ctx, number, m)
}

// serves is how long what is known serves whoever wants it no older than age.
func (m *member) serves(age time.Duration) time.Duration {
	refusal := (*remedy.Refusal)(nil)
	switch {
	case m.err == nil:
		return age
	case errors.Is(m.err, remedy.ErrNoMember), errors.As(m.err, &refusal):
		return unknown
	}
	return failing
}

// lookUp asks Organizations, and keeps its answer. What could not be kept is known here all the same.
func (d *Directory) lookUp(ctx context.Context, number string, m *member) (remedy.Account, error) {
	account, err := d.client.Account(ctx, number)
	if ctx.Err() != nil {
		return account, err // whoever asked has no time left: that says nothing of the account
	}
	m.account, m.err, m.at = account, err, d.now()
	if err != nil {
		return remedy.Account{}, err
	}
	if err := d.store.Keep(ctx, m.at, account); err != nil {
		d.log.WarnContext(ctx, "account not kept", "account", number, "error", remedy.Scrub(err.Error()))
	}
	return account, nil
}

// member is the directory's own entry of an account. Where there are too many, it forgets what it can ask for again.
func (d *Directory) member(number string) *member {
	d.mu.Lock()
	defer d.mu.Unlock()
	m, ok := d.known[number]
	if !ok {
		if len(d.known) >= most {
			clear(d.known)
		}
		m = &member{turn: make(chan struct{}, 1)}
		m.turn <- struct{}{}
		d.known[number] = m
	}
	return m
}
