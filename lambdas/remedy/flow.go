package remedy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

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
	Past   Past  // nil: what was there before a lock is not known
	Queue  Queue // nil: what is too early comes back by its visibility timeout
	// Principals is nil where members have no role to list them with. Then a policy that spares a name spares somebody.
	Principals Principals
	// Directory is asked where a rule names units or tags; nil: nothing is covered then.
	Directory Directory

	Now       func() time.Time
	Wait      func(context.Context, time.Duration) error // sleeps; an error where the context ends first
	LookAgain []time.Duration                            // see [Pauses]
	// Observe does everything but act. Root is opened and the live copy judged, nothing is changed, and people are told
	// what would have been done.
	Observe bool
	// People says that people may have Locksmith act at a desk. Then each change of a policy is noted, a write each: what
	// somebody puts at the moment of such an act is kept, and told.
	People bool
	// Instant says that this AWS shows every change at once, so that no copy is stale. It is for the local runtime: AWS
	// itself may show an old policy.
	Instant bool
	// Tries is how often the queue delivers an event before it goes to the dead letters, too early ones included. When
	// as many have failed as [patience], or the last one, people are told.
	Tries int

	Log    *slog.Logger
	Report func(Report) // called once for each delivery of an event; may be nil

	living *existing // see [Flow.knowing]
}

// Pauses are the pauses before each look at what we have done, five seconds in all. SQS may take 60
// (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html): what cannot be
// seen by then is looked at by a later delivery of the same message.
func Pauses() []time.Duration {
	return []time.Duration{0, time.Second, 2 * time.Second, 2 * time.Second}
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

	claimed, warned bool      // there is an entry; people were told already that the event takes many tries
	laters          int       // how many deliveries came too early
	told            []Channel // the channels that took the notice about the outcome
}

// Handle leads one event through the ten steps of the design. A nil error means that the event is finished, any other
// that it has to come again. A panic is such an error, and its stack goes to the log.
func (f *Flow) Handle(ctx context.Context, d Delivery) error {
	r := Report{At: f.Now()}
	if err := f.attempt(ctx, d, &r); err != nil {
		r.Err = scrubbed{err}
		f.lastNotice(ctx, d, &r)
	}
	f.report(ctx, &r)
	return r.Err
}

// report writes of one delivery to the log, and to whoever counts.
func (f *Flow) report(ctx context.Context, r *Report) {
	r.Took = f.Now().Sub(r.At)
	f.log(ctx, *r)
	if f.Report != nil {
		f.Report(*r)
	}
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
			err = panicked(ctx, f.Log, p)
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
		return f.unreadable(ctx, d, r, err)
	}
	c := r.Change
	if f, err = f.knowing(ctx, c); err != nil {
		return err
	}
	f.warnUnjudged(ctx, d, r)
	ruling, over, err := f.firstRuling(ctx, r)
	if over || err != nil {
		return f.unsettled(ctx, d, r, err)
	}
	r.Verdict = f.judge(c, c.Policy, ruling)            // 2: judge the event's copy
	outcome := f.decide(c, c.Policy, r.Verdict, ruling) // 3: ask the allow list
	if over, err := f.passed(ctx, r, &outcome, ruling); over || err != nil {
		return err
	}
	if err := f.early(c, outcome, ruling); err != nil {
		return err
	}
	e, joined, err := f.claim(ctx, r, outcome) // 4: claim
	switch {
	case err != nil:
		return err
	case joined:
		return nil
	case e.State == Closed:
		r.Verdict, r.Outcome, r.Repeated = e.Verdict, e.Outcome, true
		return nil
	}
	f.begin(ctx, d, r, &e, outcome)
	return f.finish(ctx, r, &e, ruling)
}

// begin readies an entry that was claimed. An entry that somebody else's policy may have gone with is looked at, even
// where the event's own would not be touched.
func (f *Flow) begin(ctx context.Context, d Delivery, r *Report, e *Entry, outcome Outcome) {
	if e.State == Claimed {
		e.Verdict, e.Outcome = r.Verdict, outcome
		if overtaken(*e) {
			e.Outcome = Outcome{Rule: outcome.Rule}
		}
	}
	r.claimed, r.laters, r.warned = true, e.Laters, e.Warned
	f.warnUnexplained(ctx, d, r, e)
}

// finish brings a claimed entry to its end: steps 5 to 10.
func (f *Flow) finish(ctx context.Context, r *Report, e *Entry, ruling allowlist.Ruling) (err error) {
	err = f.settle(ctx, e, ruling) // 5 to 9: open, judge again, weigh, save, act, look again
	if e.State == Settled || e.State == Acted || err == nil {
		r.Verdict, r.Outcome = e.Verdict, e.Outcome // known, even where it could not be recorded
	}
	if err != nil {
		return f.giveBack(ctx, r, *e, err)
	}
	err = f.tell(ctx, e, ruling) // 10: tell, and close the entry
	if r.Quiet, r.told = e.Quiet, e.Told; err != nil {
		return f.giveBack(ctx, r, *e, err)
	}
	return nil
}

// panicked is the error of a panic. Its value is scrubbed like any error, since it may hold what a service has said.
func panicked(ctx context.Context, log *slog.Logger, p any) error {
	err := scrubbed{fmt.Errorf("panic: %v", p)}
	log.ErrorContext(ctx, "panic", "error", err.Error(), "stack", Scrub(string(debug.Stack())))
	return err
}

// log writes one line about each delivery.
func (f *Flow) log(ctx context.Context, r Report) {
	line := []slog.Attr{slog.String("eventId", r.Change.EventID), slog.String("resource", r.Change.Resource),
		slog.String("verdict", string(r.Verdict.Answer))}
	switch {
	case isLater(r.Err):
		line = append(line, slog.String("why", r.Err.Error()))
		f.Log.LogAttrs(ctx, slog.LevelInfo, "too early", line...)
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
