package remedy_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestPeopleAreToldAMonthBeforeARuleRunsOut: once a month, and again when it has run out. Where the mail could not be
// sent, the next reminder sends it.
func TestPeopleAreToldAMonthBeforeARuleRunsOut(t *testing.T) {
	w := newWorld(t, strings.Replace(rules, "2027-06-30", "2026-12-24", 1)) // the world begins on 2026-11-21
	remind := func(d time.Duration) []string {
		w.pass(d)
		w.Remind()
		w.settle()
		return w.subjects()
	}
	if got := remind(0); len(got) != 0 {
		t.Errorf("more than a month before: %q", got)
	}
	one := []string{"[Locksmith] ALLOW LIST"}
	if diff := cmp.Diff(one, remind(4*24*time.Hour)); diff != "" {
		t.Errorf("less than a month before:\n%s", diff)
	}
	if diff := cmp.Diff(one, remind(time.Hour)); diff != "" {
		t.Errorf("an hour later:\n%s", diff)
	}
	two := append(one, one...)
	if diff := cmp.Diff(two, remind(7*24*time.Hour)); diff != "" {
		t.Errorf("in December:\n%s", diff)
	}
	if diff := cmp.Diff(append(two, one...), remind(23*24*time.Hour)); diff != "" {
		t.Errorf("when it has run out:\n%s", diff)
	}
	mails := w.cloud.Inbox(w.Topics.Alerts)
	for i, want := range []string{"rule sandboxes runs out on 2026-12-24", "rule sandboxes runs out on 2026-12-24",
		"rule sandboxes ran out on 2026-12-24"} {
		if text := strings.ToLower(unwrap(mails[i].For("email"))); !strings.Contains(text, want) {
			t.Errorf("mail %d lacks %q:\n%s", i, want, text)
		}
	}
	if len(w.pages()) != 0 {
		t.Errorf("pages %q", w.pages())
	}
}

// TestWhoLooksNobodyUpSaysSo: rules that name units cover nothing then.
func TestWhoLooksNobodyUpSaysSo(t *testing.T) {
	w := newWorld(t, rulesFor(sandboxes))
	w.Remind()
	w.settle()
	if len(w.subjects()) != 0 {
		t.Errorf("with a directory: %q", w.subjects())
	}
	w.Flow.Directory = nil
	w.Remind()
	w.settle()
	if mails := w.cloud.Inbox(w.Topics.Alerts); len(mails) != 1 ||
		!strings.Contains(unwrap(mails[0].For("email")), "this deployment looks no account up") {
		t.Errorf("without one: %v", mails)
	}
}
