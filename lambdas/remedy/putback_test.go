package remedy_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"locksmith/lambdas/remedy"
	"locksmith/policies/allowlist"
	"locksmith/test/cloud"
)

// askedBack is a request for a policy of an entry, without what locked.
func askedBack(id string) remedy.Undo {
	return remedy.Undo{Repaired: true, By: remedy.Caller{ARN: "arn:aws:iam::999988887777:user/kim", Kind: "person"},
		Asked: &remedy.Asked{Request: id, Reason: "it was good"}}
}

// putBack puts back however often it is too early.
func (w *world) putBack(f *remedy.Flow, of remedy.Entry, u remedy.Undo) (o remedy.Outcome, err error) {
	w.t.Helper()
	for range 40 {
		o, err = f.PutBack(context.Background(), of, u)
		later := (*remedy.Later)(nil)
		if !errors.As(err, &later) {
			return o, err
		}
		w.pass(max(later.Until.Sub(w.clock()), time.Second))
	}
	w.t.Fatalf("too early, forty times: %v", err)
	return o, err
}

// TestARequestPutsAPolicyBack: by the rules of an undo, in two looks with nobody waiting between them.
func TestARequestPutsAPolicyBack(t *testing.T) {
	w, entry := undone(t, rules, lockedInTheMiddle)
	w.pass(time.Hour)
	before := w.clock()
	if _, err := w.Flow.PutBack(context.Background(), entry, askedBack("b1")); !errors.As(err, new(*remedy.Later)) {
		t.Fatal(err)
	}
	if !w.clock().Equal(before) || len(w.changes()) != 1 {
		t.Errorf("it waited, or did something: %q", w.changes())
	}
	for range 2 { // and once more
		o, err := w.putBack(w.Flow, entry, askedBack("b1"))
		if err != nil || o.Result != remedy.Restored || !same(t, w.cloud.Policy(bucketARN), repairedInTheMiddle) {
			t.Fatalf("%+v, %v, policy %s", o, err, w.cloud.Policy(bucketARN))
		}
	}
	mails := w.subjects()
	if len(w.changes()) != 2 || len(mails) != 2 || !strings.Contains(mails[1], "RESTORED") {
		t.Errorf("changes %q, mails %q", w.changes(), mails)
	}
	e, err := w.Ledger.Find(context.Background(), "request-b1", bucketARN)
	if err != nil || e.Change.Asked == nil || e.Change.Asked.Of != entry.Change.EventID || e.Open {
		t.Errorf("%+v, %v", e, err)
	}
}

// TestARequestToPutBackIsRefused: as an undo is, and by never.
func TestARequestToPutBackIsRefused(t *testing.T) {
	w, entry := undone(t, rules, lockedInTheMiddle)
	w.pass(time.Hour)
	whole := askedBack("whole")
	whole.Repaired = false
	_, err := w.putBack(w.Flow, entry, whole)
	if !errors.As(err, new(*remedy.NotDone)) || !strings.Contains(err.Error(), "would be lockout again") {
		t.Error(err)
	}
	w.cloud.SetPolicy(bucketARN, harmless)
	if _, err = w.putBack(w.Flow, entry, askedBack("over")); err == nil ||
		!strings.Contains(err.Error(), "another policy by now") || w.cloud.Policy(bucketARN) != harmless {
		t.Error(err)
	}
	w.cloud.SetPolicy(bucketARN, "")
	w.Flow.Allow = listOf(t, strings.Replace(rules, "org-trail-*", "pay*", 1))
	if _, err = w.putBack(w.Flow, entry, askedBack("never")); !errors.Is(err, remedy.ErrNever) {
		t.Error(err)
	}
	if len(w.changes()) != 1 || len(w.subjects()) != 1 {
		t.Errorf("changes %q, mails %q", w.changes(), w.subjects())
	}
}

// TestARequestToPutBackThatCrashes: it is put once, if at all; and people are told if it was.
func TestARequestToPutBackThatCrashes(t *testing.T) {
	for _, place := range []string{"after the claim", "before AssumeRoot", "before saved", "after saved", "before putting",
		"after putting", "before settled", "after settled", "before telling", "after telling", "before closed",
		"after closed"} {
		for _, repeated := range []bool{true, false} {
			w, entry := undone(t, rules, lockedInTheMiddle)
			w.pass(time.Hour)
			one := *w.Flow
			c := &crash{Root: one.Root, Ledger: one.Ledger, Teller: one.Teller, at: place}
			one.Root, one.Ledger, one.Teller = c, c, c
			if !crashes(place, func() { _, _ = w.putBack(&one, entry, askedBack("b1")) }) {
				t.Fatalf("%s: it did not crash", place)
			}
			if repeated {
				_, err := w.putBack(w.Flow, entry, askedBack("b1"))
				unrecorded := place == "after putting" || place == "before settled"
				if there := w.cloud.Policy(bucketARN) != ""; (there && !unrecorded) != (err == nil) {
					t.Errorf("%s: there %t, %v", place, there, err)
				}
			}
			there := w.cloud.Policy(bucketARN) != ""
			w.days(2)
			w.pass(32 * 24 * time.Hour)
			w.days(1)
			all := w.Incidents()
			last := all[len(all)-1]
			if len(all) != 2 || last.State != remedy.Closed || last.Open || there != (len(w.changes()) == 2) ||
				(there || place == "after saved" || place == "before putting") != (len(w.subjects()) > 1) ||
				there != (w.cloud.Policy(bucketARN) != "") {
				t.Errorf("%s, repeated %t, there %t: %+v, changes %q, mails %q", place, repeated, there, last, w.changes(),
					w.subjects())
			}
		}
	}
}

// TestAGrantAfterAnActOfOursWaits: what shows may be what was there before that.
func TestAGrantAfterAnActOfOursWaits(t *testing.T) {
	w := newWorld(t, rules)
	w.put(denyAll)
	w.settle()
	w.cloud.SetPolicy(bucketARN, denyAll)
	later := (*remedy.Later)(nil)
	if _, err := w.Flow.Grant(context.Background(), w.wish("one", allowlist.Delete)); !errors.As(err, &later) ||
		later.Until.Sub(w.clock()) < 30*time.Second {
		t.Errorf("%v", err)
	}
}

// TestAGrantThatIsCutOffClaimsNothing: the policy is there as it was. Nobody knows whether it was taken off and put
// back meanwhile, and that is said.
func TestAGrantThatIsCutOffClaimsNothing(t *testing.T) {
	for _, repeated := range []bool{true, false} {
		for _, place := range []string{"after saved", "after deleting"} {
			w := newWorld(t, others)
			w.cloud.SetPolicy(bucketARN, denyAll)
			wish, one := w.wish("one", allowlist.Delete), *w.Flow
			c := &crash{Root: one.Root, Ledger: one.Ledger, Teller: one.Teller, at: place}
			one.Root, one.Ledger, one.Teller = c, c, c
			crashes(c.at, func() { _, _ = w.granted(&one, wish) })
			w.cloud.SetPolicy(bucketARN, denyAll)
			w.pass(10 * time.Minute)
			if repeated {
				if _, err := w.granted(w.Flow, wish); !errors.As(err, new(*remedy.NotKnown)) {
					t.Error(err)
				}
			}
			w.days(2)
			e := w.Incidents()[0]
			if e.State != remedy.Closed || e.Outcome.Removed != denyAll || len(w.subjects()) != 1 ||
				!strings.Contains(e.Outcome.Why, "nothing was done, or somebody has put it back since") {
				t.Errorf("%+v, mails %q", e, w.subjects())
			}
			if w.cloud.Policy(bucketARN) != denyAll {
				t.Error("it was acted on again")
			}
		}
	}
}

// TestWhatIsPutAtTheMomentOfAForcedActIsKept: on a bucket that no rule covers, which anybody may change.
func TestWhatIsPutAtTheMomentOfAForcedActIsKept(t *testing.T) {
	for _, allow := range []string{others, rules} {
		w := newWorld(t, allow)
		w.Flow.People = true
		w.put(harmless)
		w.settle()
		w.pass(time.Hour)
		other := strings.Replace(harmless, "TLS", "Other", 1)
		f := *w.Flow
		f.Root = &between{Root: f.Root, before: func() { w.put(other) }}
		if _, err := w.granted(&f, w.wish("one", allowlist.Delete)); err != nil {
			t.Fatal(err)
		}
		w.settle()
		kept := false
		for _, e := range w.Incidents() {
			for _, k := range w.find(e).Copies {
				kept = kept || e.Outcome.Result == remedy.Overtaken && same(t, k.Policy, other)
			}
		}
		if !kept || len(w.pages()) == 0 {
			t.Errorf("it went, and nobody knows: %+v, pages %q", w.Incidents(), w.pages())
		}
	}
}

// TestAPutBackThatWasUndoneIsNotPutAgain: its worker died after putting it, and somebody took it off.
func TestAPutBackThatWasUndoneIsNotPutAgain(t *testing.T) {
	w, entry := undone(t, rules, lockedInTheMiddle)
	w.pass(time.Hour)
	one := *w.Flow
	c := &crash{Root: one.Root, Ledger: one.Ledger, Teller: one.Teller, at: "after putting"}
	one.Root, one.Ledger, one.Teller = c, c, c
	crashes(c.at, func() { _, _ = w.putBack(&one, entry, askedBack("b1")) })
	w.cloud.SetPolicy(bucketARN, "")
	w.pass(10 * time.Minute)
	if _, err := w.putBack(w.Flow, entry, askedBack("b1")); !errors.As(err, new(*remedy.NotKnown)) ||
		w.cloud.Policy(bucketARN) != "" {
		t.Errorf("%v, policy %s", err, w.cloud.Policy(bucketARN))
	}
}

// TestTheServiceRefusesToPutBack: nothing was done, and nobody is told that something was.
func TestTheServiceRefusesToPutBack(t *testing.T) {
	w, entry := undone(t, rules, lockedInTheMiddle)
	w.pass(time.Hour)
	w.cloud.Fail(func(c cloud.Call) *cloud.Fault {
		if c.Action == "PutBucketPolicy" && strings.HasSuffix(c.Caller, ":root") {
			return &cloud.Fault{Code: "MalformedPolicy", Message: "no", Status: 400}
		}
		return nil
	})
	if _, err := w.putBack(w.Flow, entry, askedBack("b1")); !errors.As(err, new(*remedy.Refusal)) {
		t.Error(err)
	}
	w.days(2)
	if e := w.Incidents()[1]; e.State != remedy.Closed || e.Open || len(w.subjects()) != 1 {
		t.Errorf("%+v, mails %q", e, w.subjects())
	}
}

// TestARequestThatWaitsLong: it was too early, then shown anew and approved the next day. Reminders leave it alone.
func TestARequestThatWaitsLong(t *testing.T) {
	w := newWorld(t, others)
	w.cloud.SetPolicy(bucketARN, harmless)
	if _, err := w.Flow.Grant(context.Background(), w.wish("one", allowlist.Delete)); !errors.As(err, new(*remedy.Later)) {
		t.Fatal(err)
	}
	w.days(3)
	if o, err := w.granted(w.Flow, w.wish("one", allowlist.Delete)); err != nil || w.cloud.Policy(bucketARN) != "" ||
		o.Corrected.Text != "" {
		t.Errorf("%+v, %v", o, err)
	}
}
