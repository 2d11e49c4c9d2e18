package remedy_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"locksmith/lambdas/remedy"
	"locksmith/policies/allowlist"
)

// others lets Locksmith touch nothing here by itself.
var others = strings.Replace(rules, `"111122223333","000011112222"`, `"222233334444"`, 1)

// wish is what a person asks for about the bucket, as it is now.
func (w *world) wish(id string, action allowlist.Action) remedy.Wish {
	return remedy.Wish{Resource: bucketARN, Account: account, Region: region, Shown: w.cloud.Policy(bucketARN),
		Force: true, By: remedy.Caller{ARN: "arn:aws:iam::999988887777:user/kim", Kind: "person"},
		Asked: remedy.Asked{Request: id, Action: action, Reason: "why not", Approved: []string{"sam"}}}
}

// granted grants a wish however often it is too early.
func (w *world) granted(f *remedy.Flow, wish remedy.Wish) (o remedy.Outcome, err error) {
	w.t.Helper()
	for range 40 {
		o, err = f.Grant(context.Background(), wish)
		later := (*remedy.Later)(nil)
		if !errors.As(err, &later) {
			return o, err
		}
		w.pass(max(later.Until.Sub(w.clock()), time.Second))
	}
	w.t.Fatalf("too early, forty times: %v", err)
	return o, err
}

// crashes calls something that dies at a place.
func crashes(place string, do func()) (died bool) {
	defer func() {
		if p := recover(); p != nil {
			if died = p == "crash "+place; !died {
				panic(p)
			}
		}
	}()
	do()
	return false
}

// grantPlaces are where a worker of a request can die.
var grantPlaces = []string{"after the claim", "before AssumeRoot", "before saved", "after saved", "before deleting",
	"after deleting", "before settled", "after settled", "before telling", "after telling", "before closed",
	"after closed"}

// TestAGrantThatCrashesActsOnce: whatever was done, it is done once, and known to the ledger; people are told of an
// act. The wish comes again, or only the reminder comes by.
func TestAGrantThatCrashesActsOnce(t *testing.T) {
	for _, place := range grantPlaces {
		for _, repeated := range []bool{true, false} {
			for _, policy := range []string{denyAll, harmless} {
				name := fmt.Sprintf("%s, repeated %t, forced %t", place, repeated, policy == harmless)
				t.Run(name, func(t *testing.T) {
					w := newWorld(t, others)
					w.cloud.SetPolicy(bucketARN, policy)
					w.crashedGrant(place, repeated)
				})
			}
		}
	}
}

func (w *world) crashedGrant(place string, repeated bool) {
	wish, one := w.wish("one", allowlist.Delete), *w.Flow
	c := &crash{Root: one.Root, Ledger: one.Ledger, Teller: one.Teller, at: place}
	one.Root, one.Ledger, one.Teller = c, c, c
	if !crashes(place, func() { _, _ = w.granted(&one, wish) }) {
		w.t.Fatal("it did not crash")
	}
	done := w.cloud.Policy(bucketARN) == ""
	if repeated {
		o, err := w.granted(w.Flow, wish)
		unrecorded := place == "after deleting" || place == "before settled"
		if done && (unrecorded != errors.As(err, new(*remedy.NotKnown)) || !unrecorded && o.Result != remedy.Unlocked) {
			w.t.Errorf("it was done, and repeated it is %+v, %v", o, err)
		}
		if (place == "after saved" || place == "before deleting") && (err == nil || w.cloud.Policy(bucketARN) == "") {
			w.t.Errorf("it was cut off after the save, and repeated it is done: %+v", o)
		}
		done = w.cloud.Policy(bucketARN) == ""
	}
	w.days(2)
	w.pass(32 * 24 * time.Hour)
	w.days(1)
	if len(w.changes()) > 1 || len(w.changes()) == 1 != done || done != (w.cloud.Policy(bucketARN) == "") {
		w.t.Errorf("changes %q", w.changes())
	}
	all := w.Incidents()
	if len(all) != 1 || all[0].State != remedy.Closed || all[0].Open {
		w.t.Fatalf("incidents %+v", all)
	}
	told := len(w.subjects())
	if done && (told == 0 || told > 2 || told == 2 && place != "after telling" && place != "before closed") ||
		!done && told > 0 && place != "after saved" && place != "before deleting" {
		w.t.Errorf("done %t, mails %q", done, w.subjects())
	}
	if e := w.find(all[0]); done && (!e.Outcome.Result.Opens() && !doubtful(e) || len(e.Copies) != 1) {
		w.t.Errorf("%+v", e)
	}
}

// lossy is a root whose sessions lose the reply to an act: it took effect, or it did not.
type lossy struct {
	remedy.Root
	effect bool
}

type lossySession struct {
	remedy.Session
	effect bool
}

func (l lossy) Open(ctx context.Context, c remedy.Change) (remedy.Session, error) {
	s, err := l.Root.Open(ctx, c)
	return lossySession{s, l.effect}, err
}

func (s lossySession) Delete(ctx context.Context) error {
	if s.effect {
		if err := s.Session.Delete(ctx); err != nil {
			return err
		}
	}
	return errors.New("connection reset by peer")
}

// TestTheReplyToAnActOfAGrantIsLost: what is seen is said, and nothing is done again.
func TestTheReplyToAnActOfAGrantIsLost(t *testing.T) {
	for _, effect := range []bool{true, false} {
		w := newWorld(t, others)
		w.cloud.SetPolicy(bucketARN, denyAll)
		f := *w.Flow
		f.Root = lossy{f.Root, effect}
		wish := w.wish("one", allowlist.Delete)
		for range 2 {
			o, err := w.granted(&f, wish)
			unknown := errors.As(err, new(*remedy.NotKnown))
			if effect && (err != nil || o.Result != remedy.Unlocked) || !effect && !unknown {
				t.Errorf("effect %t: %+v, %v", effect, o, err)
			}
		}
		w.days(3)
		if got := w.cloud.Policy(bucketARN) == ""; got != effect || len(w.subjects()) != 1 {
			t.Errorf("effect %t: policy %s, mails %q", effect, w.cloud.Policy(bucketARN), w.subjects())
		}
	}
}

// unreliable loses the reply to one record, which took effect, or did not.
type unreliable struct {
	remedy.Ledger
	state  remedy.State
	effect bool
	done   bool
}

func (l *unreliable) Record(ctx context.Context, e remedy.Entry) error {
	if e.State != l.state || l.done {
		return l.Ledger.Record(ctx, e)
	}
	if l.done = true; l.effect {
		if err := l.Ledger.Record(ctx, e); err != nil {
			return err
		}
	}
	return errors.New("connection reset by peer")
}

// TestTheReplyToARecordOfAGrantIsLost: after a save that may not have been, nothing is done. After the act, it was
// done.
func TestTheReplyToARecordOfAGrantIsLost(t *testing.T) {
	for _, state := range []remedy.State{remedy.Saved, remedy.Settled, remedy.Closed} {
		for _, effect := range []bool{true, false} {
			w := newWorld(t, others)
			w.cloud.SetPolicy(bucketARN, denyAll)
			f := *w.Flow
			f.Ledger = &unreliable{Ledger: f.Ledger, state: state, effect: effect}
			o, err := w.granted(&f, w.wish("one", allowlist.Delete))
			gone := w.cloud.Policy(bucketARN) == ""
			if (state == remedy.Saved) == gone || (err == nil) != gone {
				t.Errorf("%s, %t: %+v, %v, policy %s", state, effect, o, err, w.cloud.Policy(bucketARN))
			}
			w.days(2)
			w.pass(32 * 24 * time.Hour)
			w.days(1)
			all := w.Incidents()
			if len(all) != 1 || all[0].Open || all[0].State != remedy.Closed || gone != (w.cloud.Policy(bucketARN) == "") ||
				(gone || state == remedy.Saved && effect) != (len(w.subjects()) > 0) {
				t.Errorf("%s, %t: incidents %+v, mails %q", state, effect, all, w.subjects())
			}
		}
	}
}

// TestAnEventAndAGrantOfTheSameLock: each comes upon the other at every step of its work. One of them acts.
func TestAnEventAndAGrantOfTheSameLock(t *testing.T) {
	for _, place := range grantPlaces {
		for _, first := range []string{"request", "event"} {
			t.Run(first+" "+place, func(t *testing.T) {
				w := newWorld(t, rules)
				w.put(denyAll)
				event, wish := w.take(), w.wish("one", allowlist.Delete)
				w.pass(10 * time.Second)
				one, two := *w.Flow, *w.Flow
				c := &crash{Root: one.Root, Ledger: one.Ledger, Teller: one.Teller, at: place}
				one.Root, one.Ledger, one.Teller = c, c, c
				handle := func(f *remedy.Flow) {
					if err := f.Handle(context.Background(), remedy.Delivery{Event: []byte(event), Try: 1}); err != nil {
						w.cloud.Send(w.Queue, event)
					}
				}
				var granted error
				if first == "request" {
					c.does = func() { handle(&two) }
					_, granted = w.granted(&one, wish)
				} else {
					c.does = func() { _, granted = two.Grant(context.Background(), wish) }
					handle(&one)
					if errors.As(granted, new(*remedy.Later)) {
						_, granted = w.granted(&two, wish)
					}
				}
				w.settle()
				if got := w.cloud.Policy(bucketARN); got != "" || len(w.changes()) != 1 {
					t.Errorf("policy %s, changes %q", got, w.changes())
				}
				if granted != nil && !errors.Is(granted, remedy.ErrShown) {
					t.Error(granted)
				}
				w.days(2)
				for _, e := range w.Incidents() {
					if e.Change.Call != "request" && (e.Open || e.State != remedy.Closed) {
						t.Errorf("%+v", e)
					}
				}
			})
		}
	}
}

// TestSomebodyChangesItWhileAGrantIsAtWork: between the save and the look after it, nothing is done.
func TestSomebodyChangesItWhileAGrantIsAtWork(t *testing.T) {
	w := newWorld(t, others)
	w.cloud.SetPolicy(bucketARN, harmless)
	wish := w.wish("one", allowlist.Delete)
	f := *w.Flow
	other := strings.Replace(harmless, "TLS", "Other", 1)
	f.Ledger = &afterSave{f.Ledger, func() { w.cloud.SetPolicy(bucketARN, other) }}
	if o, err := w.granted(&f, wish); !errors.Is(err, remedy.ErrShown) || w.cloud.Policy(bucketARN) != other {
		t.Errorf("%+v, %v, policy %s", o, err, w.cloud.Policy(bucketARN))
	}
	if len(w.changes()) != 0 || len(w.subjects()) != 0 {
		t.Errorf("changes %q, mails %q", w.changes(), w.subjects())
	}
}

// TestAFindingOfWhatAPersonIsRefused: the request comes to nothing, and the sweep's finding of the same lock goes on.
func TestAFindingOfWhatAPersonIsRefused(t *testing.T) {
	w := newWorld(t, rules)
	w.cloud.SetPolicy(bucketARN, denyAll)
	finding := w.finding(denyAll)
	w.pass(time.Second)
	if _, err := w.granted(w.Flow, w.wish("one", allowlist.Restore)); !errors.As(err, new(*remedy.NotDone)) {
		t.Fatal(err)
	}
	w.cloud.Send(w.Queue, finding)
	w.settle()
	if w.cloud.Policy(bucketARN) != "" || len(w.subjects()) != 1 {
		t.Errorf("it stays locked; mails %q", w.subjects())
	}
}

// TestAGrantWithoutTimeIsNotBegun: whoever is cut off in the middle of an act cannot say what came of it.
func TestAGrantWithoutTimeIsNotBegun(t *testing.T) {
	w := newWorld(t, others)
	w.cloud.SetPolicy(bucketARN, denyAll)
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	if _, err := w.Flow.Grant(ctx, w.wish("one", allowlist.Delete)); !errors.As(err, new(*remedy.Later)) ||
		w.cloud.Policy(bucketARN) == "" {
		t.Errorf("%v", err)
	}
}

// flaky is a root that cannot be opened some times.
type flaky struct {
	remedy.Root
	times int
}

func (r *flaky) Open(ctx context.Context, c remedy.Change) (remedy.Session, error) {
	if r.times--; r.times >= 0 {
		return nil, errors.New("STS is out of reach")
	}
	return r.Root.Open(ctx, c)
}

// TestWhatMayPassDoesNotEndARequest: it is tried a few times, and no more.
func TestWhatMayPassDoesNotEndARequest(t *testing.T) {
	for _, times := range []int{4, 50} {
		w := newWorld(t, others)
		w.cloud.SetPolicy(bucketARN, denyAll)
		f := *w.Flow
		root := &flaky{f.Root, times}
		f.Root = root
		_, err := w.granted(&f, w.wish("one", allowlist.Delete))
		if done := w.cloud.Policy(bucketARN) == ""; done != (times == 4) || done != (err == nil) {
			t.Errorf("%d times: %v, policy %s", times, err, w.cloud.Policy(bucketARN))
		}
		if tried := times - root.times; tried > 5 {
			t.Errorf("%d tries", tried)
		}
		if e := w.Incidents()[0]; e.State != remedy.Closed || e.Open {
			t.Errorf("%+v", e)
		}
	}
}
