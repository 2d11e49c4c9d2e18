package sweeper_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"locksmith/lambdas/ledger/sweeps"
	"locksmith/lambdas/pace"
	"locksmith/lambdas/remedy"
	"locksmith/lambdas/sweeper"
	"locksmith/policies/allowlist"
)

const (
	covered   = "111122223333"
	uncovered = "444455556666"
	home      = "eu-central-1"
	far       = "us-east-1"
	manager   = "000011112222"
)

const allow = `{"organization": "o-a1b2c3d4e5", "never": ["arn:aws:s3:::trail"], "rules": [{"name": "sandboxes",
	"accounts": ["ou-a1b2-11111111"], "resources": ["arn:aws:s3:::*", "arn:aws:sqs:*:*:*"],
	"administrators": ["arn:aws:iam::*:role/Admin"], "action": "delete", "owner": "a@example.com", "reason": "tests"}]}`

// The policies, for any bucket or queue.
const (
	open    = `{"Statement": {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}}`
	locked  = `{"Statement": {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}}`
	spares  = `{"Statement": {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*", "Condition": {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/Pipeline"}}}}`
	garbage = `{"Statement": `
)

// errDead is what everything answers whoever has been killed.
var errDead = errors.New("killed")

// A world is an organization, all that a sweep calls, and its queue. All of it is in memory.
type world struct {
	*sweeper.Sweeper
	t  *testing.T
	mu sync.Mutex

	now      time.Time
	accounts []remedy.Account
	perPage  int // accounts
	policies map[string]map[sweeper.Resource]string
	listed   int              // resources a page
	faults   map[string]error // by call and ARN, account or Region
	life     time.Duration    // of a session

	messages []*delivered
	findings []remedy.Change
	good     []remedy.Good
	told     []remedy.Bulletin
	reports  []sweeper.Report
	calls    map[string]int // all of them, by call and what it is about
	steps    int            // of the process that is alive
	dies     int            // before this step, or after it; 0 never
	after    bool
	deafness error // of the herald
}

type delivered struct {
	body     string
	id       string
	receives int
	visible  time.Time
}

func newWorld(t *testing.T) *world {
	list, err := allowlist.Read([]byte(allow))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, now: time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC), perPage: 2, listed: 1000, life: time.Hour,
		policies: map[string]map[sweeper.Resource]string{}, faults: map[string]error{}, calls: map[string]int{}}
	w.Sweeper = &sweeper.Sweeper{Allow: list, Accounts: w, Directory: accountKeeper{w}, Root: w,
		Store: mortal{sweeps.NewMemory(), w}, Queue: w,
		Keeper: policyKeeper{w}, Herald: w, Turns: pace.Rate{PerSecond: 1e6, Burst: 1e6}.Adaptive(), Own: "own", Work: "work",
		Regions: []string{home, far}, ManagementAccount: manager, Tries: 3, Now: w.clock,
		Log: slog.New(slog.DiscardHandler), Report: func(r sweeper.Report) { w.reports = append(w.reports, r) }}
	w.account(covered, "ou-a1b2-11111111")
	return w
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func (w *world) account(number, unit string) {
	w.accounts = append(w.accounts, remedy.Account{Name: "account " + number, State: remedy.Active,
		Account: allowlist.Account{Number: number, Units: []string{"r-a1b2", unit}, Known: true}})
}

func (w *world) put(account string, r sweeper.Resource, policy string) {
	if w.policies[account] == nil {
		w.policies[account] = map[sweeper.Resource]string{}
	}
	w.policies[account][r] = policy
}

func bucket(name string) sweeper.Resource {
	return sweeper.Resource{ARN: "arn:aws:s3:::" + name, Region: far}
}

func queue(account, region, name string) sweeper.Resource {
	return sweeper.Resource{ARN: "arn:aws:sqs:" + region + ":" + account + ":" + name, Region: region}
}

// step counts what the process does, and kills it at its time: nothing that it does has any effect from then on.
func (w *world) step(call string, do func() error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.steps++
	if w.dies > 0 && (w.steps > w.dies || w.steps == w.dies && !w.after) {
		return errDead
	}
	w.calls[call]++
	err := do()
	if w.steps == w.dies {
		return errDead
	}
	return err
}

// Accounts lists the organization.
func (w *world) Accounts(_ context.Context, token string) (page []remedy.Account, next string, err error) {
	err = w.step("ListAccounts "+token, func() error {
		from, _ := strconv.Atoi(token)
		to := min(from+w.perPage, len(w.accounts))
		if page = w.accounts[from:to]; to < len(w.accounts) {
			next = strconv.Itoa(to)
		}
		return w.faults["ListAccounts"]
	})
	return page, next, err
}

// Visit opens a session.
func (w *world) Visit(_ context.Context, _, account string, task sweeper.Task) (sweeper.Session, error) {
	s := &session{world: w, account: account, task: task}
	err := w.step("AssumeRoot "+account+" "+string(task), func() error {
		s.ends = w.now.Add(w.life)
		return w.faults["AssumeRoot "+account]
	})
	return s, err
}

type session struct {
	*world
	account string
	task    sweeper.Task
	ends    time.Time
}

func (s *session) Ends() time.Time { return s.ends }

func (s *session) List(_ context.Context, region, token string) (page []sweeper.Resource, next string, err error) {
	err = s.step(fmt.Sprintf("List %s %s %s %s", s.account, s.task, region, token), func() error {
		if fault := s.faults["List "+s.account+region]; fault != nil {
			return fault
		}
		var all []sweeper.Resource
		for r := range s.policies[s.account] {
			if r.Region == region || region == "" && strings.Contains(r.ARN, ":s3:") {
				all = append(all, r)
			}
		}
		ours := ":" + string(s.task) + ":"
		all = slices.DeleteFunc(all, func(r sweeper.Resource) bool { return !strings.Contains(r.ARN, ours) })
		slices.SortFunc(all, func(a, b sweeper.Resource) int { return strings.Compare(a.ARN, b.ARN) })
		from, _ := strconv.Atoi(token)
		to := min(from+s.listed, len(all))
		if page = all[from:to]; to < len(all) {
			next = strconv.Itoa(to)
		}
		return nil
	})
	return page, next, err
}

func (s *session) Policy(_ context.Context, r sweeper.Resource) (policy string, err error) {
	err = s.step("Read "+r.ARN, func() error {
		if fault := s.faults["Read "+r.ARN]; fault != nil {
			return fault
		}
		policy = s.policies[s.account][r]
		return s.faults["Read "+s.account]
	})
	return policy, err
}

// Send puts messages on a queue.
func (w *world) Send(_ context.Context, queue string, bodies ...[]byte) error {
	return w.step("Send "+queue, func() error {
		for _, b := range bodies {
			if queue == "work" {
				c, err := remedy.Parse(b)
				if err != nil {
					return err
				}
				w.findings = append(w.findings, c)
				continue
			}
			w.messages = append(w.messages, &delivered{body: string(b), id: fmt.Sprint(len(w.calls), len(w.messages), w.steps)})
		}
		return nil
	})
}

// Delay has a message come again at another time.
func (w *world) Delay(_ context.Context, _, receipt string, d time.Duration) error {
	return w.step("Delay", func() error {
		for _, m := range w.messages {
			if m.id == receipt {
				m.visible = w.now.Add(d)
			}
		}
		return nil
	})
}

func (w *world) Done(context.Context, string, string) error { return nil }

// Keep keeps good policies.
func (w *world) keep(page []remedy.Good) error {
	return w.step("Keep", func() error { w.good = append(w.good, page...); return nil })
}

func (w *world) Announce(_ context.Context, b remedy.Bulletin, told []remedy.Channel) ([]remedy.Channel, error) {
	err := w.step("Announce", func() error { w.told = append(w.told, b); return w.deafness })
	return append(told, remedy.Alerts), err
}

const visibility = 10 * time.Minute

// deliver hands one visible message to the function. It tells whether there was one.
func (w *world) deliver(ctx context.Context) bool {
	now := w.clock()
	for i, m := range w.messages {
		if now.Before(m.visible) || m.receives >= w.Tries {
			continue
		}
		m.receives++
		m.visible = now.Add(visibility)
		answer, err := w.Batch(ctx, events.SQSEvent{Records: []events.SQSMessage{{MessageId: m.id, ReceiptHandle: m.id,
			Body: m.body, EventSourceARN: "own", Attributes: map[string]string{
				"ApproximateReceiveCount": strconv.Itoa(m.receives)}}}})
		if err != nil {
			w.t.Fatal(err)
		}
		if dead := w.dies > 0 && w.steps >= w.dies; len(answer.BatchItemFailures) == 0 && !dead {
			w.messages = slices.Delete(w.messages, i, i+1)
		}
		return true
	}
	return false
}

// run delivers until nothing is left, and lets time pass where all messages are hidden.
func (w *world) run() {
	w.t.Helper()
	for range 10_000 {
		if w.deliver(context.Background()) {
			continue
		}
		waiting := slices.ContainsFunc(w.messages, func(m *delivered) bool { return m.receives < w.Tries })
		if !waiting {
			return
		}
		w.pass(10 * time.Second)
	}
	w.t.Fatal("it comes to no end")
}

func (w *world) start(r sweeper.Request) sweeper.Sweep {
	w.t.Helper()
	if r.By == "" {
		r.By = "a test"
	}
	s, err := w.Start(context.Background(), r)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// sweep makes a whole sweep.
func (w *world) sweep() sweeper.Summary {
	w.t.Helper()
	s := w.start(sweeper.Request{})
	w.run()
	return w.summary(s.ID)
}

func (w *world) summary(id string) sweeper.Summary {
	w.t.Helper()
	sum, err := w.Summary(context.Background(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return sum
}

// read is how often each resource was read.
func (w *world) read(r sweeper.Resource) int { return w.calls["Read "+r.ARN] }

func (w *world) found() (all []string) {
	for _, c := range w.findings {
		all = append(all, c.Resource)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// refusal is one, with a text.
func refusal(cause remedy.Cause, text string) error {
	return &remedy.Refusal{Cause: cause, Err: errors.New(text)}
}
