package remedy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"locksmith/policies"
	"locksmith/policies/allowlist"
	"locksmith/policies/lockout"
)

// A Flow leads events to their end. Its fields are set once, before the first event. A Flow may then be used by several
// goroutines.
type Flow struct {
	Allow  *allowlist.List
	Root   Root
	Ledger Ledger
	Teller Teller

	Now       func() time.Time
	Wait      func(context.Context, time.Duration) error // sleeps; an error where the context ends first
	LookAgain []time.Duration                            // see [Pauses]
	// Observe does everything but act. Root is opened and the live copy judged, nothing is changed, and people are told
	// what would have been done.
	Observe bool
	// Instant says that this AWS shows every change at once, so that no copy is stale. It is for the local runtime: AWS
	// itself may show an old policy.
	Instant bool
	// Tries is how often the queue delivers an event before it goes to the dead letters. When the last delivery has
	// failed, people are told.
	Tries int

	Log    *slog.Logger
	Report func(Report) // called once for each delivery of an event; may be nil
}

// Pauses are the pauses before each look at whether the policy is gone. They are 63 seconds in all, since SQS says that
// a change may take 60 to show
// (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html).
func Pauses() []time.Duration {
	return []time.Duration{
		0, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 32 * time.Second,
	}
}

// Sleep waits for d. Where the context ends first, the error is the context's.
func Sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// A Delivery is one event as the work queue hands it over.
type Delivery struct {
	Event []byte
	Try   int // how often it has been delivered, this time included
}

// A Report is what became of one delivery.
type Report struct {
	Change  Change
	Verdict lockout.Verdict
	// Outcome has the Result "" where nothing had to be done, or nothing is known yet. With Err it may be neither
	// recorded nor told.
	Outcome  Outcome
	Nothing  string    // why nothing had to be done, if so
	Repeated bool      // an earlier delivery had already ended the work
	Quiet    string    // why nobody was told, if so
	Err      error     // why the event is not finished
	Last     bool      // and it was the last try: the outcome is what people were told
	At       time.Time // when the delivery came
	Took     time.Duration

	told []Channel // the channels that took the notice about the outcome
}

// Handle leads one event through the ten steps of the design. A nil error means that the event is finished, any other
// that it has to come again. A panic is such an error, and its stack goes to the log.
func (f *Flow) Handle(ctx context.Context, d Delivery) error {
	r := Report{At: f.Now()}
	if err := f.attempt(ctx, d, &r); err != nil {
		r.Err = scrubbed{err}
		f.lastNotice(ctx, d, &r)
	}
	r.Took = f.Now().Sub(r.At)
	f.log(ctx, r)
	if f.Report != nil {
		f.Report(r)
	}
	return r.Err
}

// What is kept back of the deadline for what follows a try that failed.
const (
	forLease  = 4 * time.Second // giving the lease back
	forNotice = 5 * time.Second // the last notice
)

// attempt is one try. It ends early enough for the lease and the last notice.
func (f *Flow) attempt(ctx context.Context, d Delivery, r *Report) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
			f.Log.ErrorContext(ctx, "panic", "error", err, "stack", string(debug.Stack()))
		}
	}()
	if deadline, ok := ctx.Deadline(); ok {
		if f.Now().Add(2 * margin).After(deadline) {
			return fmt.Errorf("no time left for this event: %w", context.DeadlineExceeded)
		}
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-margin))
		defer cancel()
	}
	return f.handle(ctx, d, r)
}

func (f *Flow) handle(ctx context.Context, d Delivery, r *Report) (err error) {
	r.Change, err = Parse(d.Event) // 1: parse
	if n := (*NothingToDo)(nil); errors.As(err, &n) {
		r.Nothing = n.Why
		return nil
	} else if err != nil {
		return err
	}
	c := r.Change
	ruling := f.Allow.Find(c.Resource, c.Account, f.Now())
	r.Verdict = f.judge(c, c.Policy, ruling) // 2: judge the event's copy
	if passes(r.Verdict) {
		r.Nothing = "the policy is " + string(r.Verdict.Answer)
		return nil
	}
	outcome := f.decide(c.Policy, r.Verdict, ruling) // 3: ask the allow list

	// 4: claim
	e, err := f.Ledger.Claim(ctx, Incident{Change: c, Verdict: r.Verdict, Acts: outcome.Result == "" && !f.Observe})
	if err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	if e.State == Closed {
		r.Verdict, r.Outcome, r.Repeated = e.Verdict, e.Outcome, true
		return nil
	}
	if e.State == Claimed {
		e.Outcome = outcome
	}
	err = f.settle(ctx, &e, ruling) // 5 to 9: open, judge again, save, act, look again
	if e.State == Settled || err == nil {
		r.Verdict, r.Outcome = e.Verdict, e.Outcome // known, even where it could not be recorded
	}
	if err != nil {
		return f.giveBack(ctx, e, err)
	}
	err = f.tell(ctx, &e, ruling) // 10: tell, and close the entry
	if r.Quiet, r.told = e.Quiet, e.Told; err != nil {
		return f.giveBack(ctx, e, err)
	}
	return nil
}

// judge asks the prover about one copy of the policy.
func (f *Flow) judge(c Change, policy string, ruling allowlist.Ruling) lockout.Verdict {
	doc, err := policies.Parse([]byte(policy))
	if err != nil {
		return lockout.Verdict{Answer: lockout.Undecided,
			Reasons: []string{fmt.Sprintf("the policy cannot be read: %v", err)}}
	}
	q := lockout.Question{Policy: doc, Resource: c.Resource, Account: c.Account, Organization: f.Allow.Organization,
		Now: f.Now()}
	if ruling.Rule != nil {
		q.Administrators = ruling.Rule.Administrators
	}
	return lockout.Judge(q)
}

func passes(v lockout.Verdict) bool {
	return v.Answer == lockout.Open || v.Answer == lockout.Restricted
}

// decide says how a change ends that must not be touched. An Outcome without a Result means that the allow list permits
// Locksmith to act on it.
func (f *Flow) decide(policy string, v lockout.Verdict, ruling allowlist.Ruling) Outcome {
	o := Outcome{At: f.Now()}
	if ruling.Rule != nil {
		o.Rule = ruling.Rule.Name
	}
	sid, pattern := f.marked(policy)
	switch {
	case v.Answer == lockout.Undecided:
		o.Result, o.Why = Undecided, "whether this policy locks everybody out could not be settled"
	case sid != "":
		o.Result, o.Why = Deliberate,
			fmt.Sprintf("statement %s is marked as meant (the allow list's deliberate pattern %s)", sid, pattern)
	case v.Answer == lockout.Sealed && (ruling.Rule == nil || !ruling.Rule.ActsOn(string(v.Answer))):
		o.Result, o.Why = Sealed, "nobody can change this policy, but other access remains, so it may be meant "+
			"as a seal"
	case ruling.Rule == nil:
		o.Result, o.Why = NotCovered, ruling.Sentence()
	case !ruling.Rule.ActsOn(string(v.Answer)):
		o.Result, o.Why = NotifyOnly, fmt.Sprintf("rule %s does not act on the verdict %s", o.Rule, v.Answer)
	case ruling.Rule.Action == allowlist.Notify:
		o.Result, o.Why = NotifyOnly, fmt.Sprintf("rule %s says to tell people and touch nothing", o.Rule)
	}
	return o
}

// marked finds a Deny statement whose Sid says that it is meant. It need not be one that the verdict names. Several
// sets of statements may lock, and deleting the policy would take all of them away.
func (f *Flow) marked(policy string) (sid, pattern string) {
	doc, err := policies.Parse([]byte(policy))
	if err != nil {
		return "", ""
	}
	for i := range doc.Statements {
		st := &doc.Statements[i]
		if pattern, ok := f.Allow.Marked(st.Sid); ok && st.Effect == policies.Deny {
			return st.Sid, pattern
		}
	}
	return "", ""
}

// giveBack ends a try that failed. It returns the lease, so that the next try need not wait for it to run out. The
// event is not finished, so the error goes back to the queue.
func (f *Flow) giveBack(ctx context.Context, e Entry, cause error) error {
	if errors.Is(cause, ErrBusy) {
		return cause // the lease is another worker's, and so is the rest of the work
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), forLease)
	defer cancel()
	e.Release = true
	if err := f.Ledger.Record(ctx, e); err != nil {
		return errors.Join(cause, fmt.Errorf("ledger: %w", err))
	}
	return cause
}

// lastNotice runs when the last delivery has failed. It tells people what is known: the lockout that remains, the event
// that could not be read, or the act whose notice did not go out. The event goes to the dead letters all the same.
// Played again from there, it goes on where it stopped.
func (f *Flow) lastNotice(ctx context.Context, d Delivery, r *Report) {
	if f.Tries == 0 || d.Try < f.Tries || passes(r.Verdict) {
		return
	}
	r.Last = true
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), forNotice)
	defer cancel()
	why := fmt.Sprintf("gave up after %d tries: %v", d.Try, r.Err)
	if errors.Is(r.Err, ErrBusy) {
		why += "; it may be open by now"
	}
	switch {
	case r.Change.Resource == "":
		r.Outcome = Outcome{Result: Unreadable, At: f.Now(), Why: why}
	case r.Outcome.Result == "":
		r.Outcome = Outcome{Result: Failed, Cause: Unexpected, At: f.Now(), Why: why}
	}
	_, err := f.Teller.Tell(ctx, Notice{Change: r.Change, Verdict: r.Verdict, Outcome: r.Outcome}, r.told)
	if err != nil {
		r.Err = errors.Join(r.Err, scrubbed{err})
	}
}

// log writes one line about each delivery.
func (f *Flow) log(ctx context.Context, r Report) {
	line := []slog.Attr{slog.String("eventId", r.Change.EventID), slog.String("resource", r.Change.Resource),
		slog.String("verdict", string(r.Verdict.Answer))}
	switch {
	case r.Err != nil:
		line = append(line, slog.String("error", r.Err.Error()), slog.String("call", r.Change.Call))
		f.Log.LogAttrs(ctx, slog.LevelError, "not finished", line...)
	case r.Nothing != "":
		line = append(line, slog.String("why", r.Nothing))
		f.Log.LogAttrs(ctx, slog.LevelInfo, "nothing to do", line...)
	default:
		line = append(line, slog.String("result", string(r.Outcome.Result)), slog.String("why", r.Outcome.Why),
			slog.String("rule", r.Outcome.Rule), slog.Any("statements", r.Verdict.Statements),
			slog.Bool("repeated", r.Repeated), slog.String("quiet", r.Quiet))
		f.Log.LogAttrs(ctx, slog.LevelInfo, "settled", line...)
	}
}
