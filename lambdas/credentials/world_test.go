package credentials_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"locksmith/lambdas/credentials"
	store "locksmith/lambdas/ledger/credentials"
	"locksmith/lambdas/pace"
	"locksmith/lambdas/remedy"
	"locksmith/policies/allowlist"
)

func same(t *testing.T, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// errDead is what everything answers whoever has been killed.
var errDead = errors.New("killed")

// errThrottled is what a service answers to what came too often.
var errThrottled = fmt.Errorf("throttling: rate exceeded: %w", pace.ErrThrottled)

// A world is an organization whose members' roots have credentials, and all that a custodian calls. All of it is in
// memory, and every call is a step, at which the worker may die.
type world struct {
	*credentials.Custodian
	mu sync.Mutex

	now     time.Time
	members []remedy.Account
	perPage int // accounts that the organization lists at once
	gone    []string
	roots   map[string]map[credentials.Kind][]string // ids by account
	made    map[string]time.Time                     // the passwords, by account
	fault   func(account, call string) error
	hangs   string                                   // the account that does not answer
	lists   func(call string, ids []string) []string // what a list shows instead
	between func(account, call string)               // called before each call, without the lock

	messages []message // of the audit's queue
	told     []remedy.Bulletin
	heard    [][]remedy.Channel // before each of them
	calls    map[string]int
	deaf     error // of the herald
	steps    int   // of the worker that is alive
	dies     int   // before this step, or after it; 0 never
	after    bool
}

type message struct {
	audit string
	at    time.Time
}

func newWorld(t testing.TB, members int) *world {
	t.Helper()
	w := &world{now: time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC), perPage: 20, made: map[string]time.Time{},
		roots: map[string]map[credentials.Kind][]string{}, calls: map[string]int{}}
	for i := range members {
		number := fmt.Sprintf("%012d", 100_000_000_000+i)
		w.members = append(w.members, remedy.Account{Name: "account " + number, State: remedy.Active,
			Account: allowlist.Account{Number: number, Known: true}})
	}
	w.Custodian = &credentials.Custodian{Root: w, Store: mortal{store.NewMemory(), w}, Accounts: w, Members: w, Herald: w,
		Queue: w, Turns: pace.Rate{PerSecond: 1e6, Burst: 1e6}.Adaptive(), ManagementAccount: manager, Now: w.clock,
		Pause: w.pause, Log: slog.New(slog.DiscardHandler)}
	return w
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

// pause passes the time, and waits for nothing.
func (w *world) pause(_ context.Context, d time.Duration) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
	return nil
}

// has sets what root of an account has.
func (w *world) has(account string, kind credentials.Kind, ids ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.roots[account] == nil {
		w.roots[account] = map[credentials.Kind][]string{}
	}
	w.roots[account][kind] = ids
}

func (w *world) all(account string) {
	w.has(account, credentials.AccessKey, "AKIA1", "AKIA2")
	w.has(account, credentials.Certificate, "CERT")
	w.has(account, credentials.Password, "")
	w.has(account, credentials.MFA, "arn:aws:iam::"+account+":mfa/root", "GAHT1")
}

// left is how many credentials root of an account has. Virtual devices that are nobody's do not count.
func (w *world) left(account string) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for kind, ids := range w.roots[account] {
		if kind != credentials.Virtual {
			n += len(ids)
		}
	}
	return n
}

// step counts what a worker does. It tells the worker's death before and after what it does.
func (w *world) step(do func() error) error {
	w.mu.Lock()
	if w.dies > 0 && w.steps+1 >= w.dies && (!w.after || w.steps >= w.dies) {
		w.steps++
		w.mu.Unlock()
		return errDead
	}
	w.steps++
	last := w.after && w.steps == w.dies
	w.mu.Unlock()
	err := do()
	if last {
		return errDead
	}
	return err
}

// call is a call of a service about an account.
func (w *world) call(account, name string, do func() error) error {
	if w.between != nil {
		w.between(account, name)
	}
	return w.step(func() error {
		w.mu.Lock()
		w.calls[name]++
		fault := w.fault
		w.mu.Unlock()
		if fault != nil {
			if err := fault(account, name); err != nil {
				return err
			}
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		return do()
	})
}

// Credentials implements credentials.Opener.
func (w *world) Credentials(ctx context.Context, _, account string, task credentials.Task) (credentials.Session,
	error) {
	if account == w.hangs {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return session{w, account, task}, w.call(account, "AssumeRoot", func() error {
		if slices.Contains(w.gone, account) {
			return &remedy.Refusal{Cause: remedy.NotDelegated, Err: errors.New("AssumeRoot: AccessDenied")}
		}
		return nil
	})
}

// Accounts implements credentials.Accounts.
func (w *world) Accounts(_ context.Context, token string) (page []remedy.Account, next string, err error) {
	err = w.call("", "ListAccounts", func() error {
		from := 0
		_, _ = fmt.Sscan(token, &from)
		page = w.members[from:min(len(w.members), from+w.perPage)]
		if from+w.perPage < len(w.members) {
			next = fmt.Sprint(from + w.perPage)
		}
		return nil
	})
	return page, next, err
}

// Account implements remedy.Directory.
func (w *world) Account(_ context.Context, number string) (remedy.Account, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := slices.IndexFunc(w.members, func(a remedy.Account) bool { return a.Number == number })
	if i < 0 || slices.Contains(w.gone, number) {
		return remedy.Account{}, remedy.ErrNoMember
	}
	return w.members[i], nil
}

// Fresh implements remedy.Directory.
func (w *world) Fresh(ctx context.Context, number string) (remedy.Account, error) {
	return w.Account(ctx, number)
}

// Announce implements remedy.Herald.
func (w *world) Announce(_ context.Context, b remedy.Bulletin, told []remedy.Channel) ([]remedy.Channel, error) {
	if w.deaf != nil {
		return []remedy.Channel{remedy.Alerts}, w.deaf
	}
	err := w.step(func() error {
		w.told, w.heard = append(w.told, b), append(w.heard, told)
		return nil
	})
	return append(told, remedy.Alerts, remedy.Pages), err
}

// Continue implements credentials.Queue, and hides that of the custodian: see [world.work].
func (w *world) Continue(_ context.Context, audit string, at time.Time) error {
	return w.step(func() error {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.messages = append(w.messages, message{audit, at})
		return nil
	})
}

// A session is root in one account of the world.
type session struct {
	*world
	account string
	task    credentials.Task
}

func (s session) ids(call string, kind credentials.Kind) (ids []string, err error) {
	err = s.call(s.account, call, func() error {
		ids = slices.Clone(s.roots[s.account][kind])
		if s.lists != nil {
			ids = s.lists(call, ids)
		}
		return nil
	})
	return ids, err
}

func (s session) Summary(context.Context) (has credentials.Summary, err error) {
	err = s.call(s.account, "GetAccountSummary", func() error {
		if s.task != credentials.ToAudit {
			return &remedy.Refusal{Cause: remedy.Unexpected, Err: errors.New("not allowed by the task policy")}
		}
		root := s.roots[s.account]
		has = credentials.Summary{Password: len(root[credentials.Password]) > 0,
			AccessKeys:   len(root[credentials.AccessKey]) > 0,
			Certificates: len(root[credentials.Certificate]) > 0, MFA: len(root[credentials.MFA]) > 0}
		return nil
	})
	return has, err
}

func (s session) Profile(context.Context) (time.Time, error) {
	ids, err := s.ids("GetLoginProfile", credentials.Password)
	if err == nil && len(ids) == 0 {
		err = remedy.ErrGone
	}
	return s.made[s.account], err
}

func (s session) LastLogin(context.Context) (time.Time, error) {
	_, err := s.ids("GetUser", credentials.Password)
	return time.Time{}, err
}

func (s session) Keys(context.Context) (keys []credentials.Key, err error) {
	ids, err := s.ids("ListAccessKeys", credentials.AccessKey)
	for _, id := range ids {
		keys = append(keys, credentials.Key{ID: id, Status: "Active"})
	}
	return keys, err
}

func (s session) KeyUsed(_ context.Context, k credentials.Key) (credentials.Key, error) {
	_, err := s.ids("GetAccessKeyLastUsed", credentials.AccessKey)
	return k, err
}

func (s session) Certificates(context.Context) (all []credentials.Signing, err error) {
	ids, err := s.ids("ListSigningCertificates", credentials.Certificate)
	for _, id := range ids {
		all = append(all, credentials.Signing{ID: id})
	}
	return all, err
}

func (s session) Devices(context.Context) (all []credentials.Device, err error) {
	ids, err := s.ids("ListMFADevices", credentials.MFA)
	for _, id := range ids {
		all = append(all, credentials.Device{Serial: id})
	}
	return all, err
}

func (s session) Create(context.Context) (time.Time, error) {
	err := s.call(s.account, "CreateLoginProfile", func() error {
		if len(s.roots[s.account][credentials.Password]) > 0 {
			return credentials.ErrThere
		}
		if s.roots[s.account] == nil {
			s.roots[s.account] = map[credentials.Kind][]string{}
		}
		s.roots[s.account][credentials.Password], s.made[s.account] = []string{""}, s.now
		return nil
	})
	return s.clock(), err
}

func (s session) Drop(_ context.Context, kind credentials.Kind, id string) error {
	return s.call(s.account, "Drop "+string(kind), func() error {
		root := s.roots[s.account]
		i := slices.Index(root[kind], id)
		if i < 0 {
			return remedy.ErrGone
		}
		root[kind] = slices.Delete(slices.Clone(root[kind]), i, i+1)
		if kind == credentials.MFA && id != "GAHT1" {
			root[credentials.Virtual] = append(root[credentials.Virtual], id)
		}
		return nil
	})
}

// A mortal store dies with the worker.
type mortal struct {
	credentials.Store
	w *world
}

func (m mortal) Keep(ctx context.Context, audit string, rows ...credentials.Row) error {
	return m.w.step(func() error { return m.Store.Keep(ctx, audit, rows...) })
}

func (m mortal) Record(ctx context.Context, a credentials.Audit, release bool) error {
	return m.w.step(func() error { return m.Store.Record(ctx, a, release) })
}

func (m mortal) Claim(ctx context.Context, id string, now, until time.Time) (a credentials.Audit, err error) {
	err = m.w.step(func() error {
		a, err = m.Store.Claim(ctx, id, now, until)
		return err
	})
	return a, err
}

func (m mortal) PutPage(ctx context.Context, id string, n int, members []credentials.Member, now time.Time) error {
	return m.w.step(func() error { return m.Store.PutPage(ctx, id, n, members, now) })
}

func (m mortal) PutDeletion(ctx context.Context, d credentials.Deletion, now time.Time) error {
	return m.w.step(func() error { return m.Store.PutDeletion(ctx, d, now) })
}

func (m mortal) PutCase(ctx context.Context, k credentials.Case) error {
	return m.w.step(func() error { return m.Store.PutCase(ctx, k) })
}

func (m mortal) Forget(ctx context.Context, audit string, before time.Time) (n int, err error) {
	err = m.w.step(func() error {
		n, err = m.Store.Forget(ctx, audit, before)
		return err
	})
	return n, err
}

// reborn is a worker that dies no more.
func (w *world) reborn() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.steps, w.dies = 0, 0
}

// mortally lets a worker die before or after its step.
func (w *world) mortally(step int, after bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.steps, w.dies, w.after = 0, step, after
}
