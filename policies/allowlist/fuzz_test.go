package allowlist_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"locksmith/policies/allowlist"
)

// FuzzRead: a list that reads means the same after it has been written again, holds nothing that its fields forbid,
// and its never holds. What does not read is told line by line, in order, with a place in the text and a hint.
func FuzzRead(f *testing.F) {
	f.Add(sound)
	f.Add(several)
	f.Add(with(7, `  "accounts": ["1", 2, null], "accounts": {},`))
	f.Add(with(5, `  "expires": "0000-12-31", "x\ny": "\ud83d\ude00",`))
	f.Add(`{"organization": "o-a1b2c3d4e5", "rules": [{"name": "a"}, {"name": "a"}, 7, "\\"]}`)
	f.Add(desk(0, ""))
	f.Add("[\xff]")
	f.Fuzz(func(t *testing.T, text string) {
		l, err := allowlist.Read([]byte(text))
		if err != nil {
			told(t, text, err)
			return
		}
		again, err := allowlist.Read(write(t, l))
		if diff := cmp.Diff(l, again); diff != "" || err != nil {
			t.Errorf("written again: %v\n%s", err, diff)
		}
		for _, r := range l.Rules {
			if len(r.Accounts) == 0 || len(r.Resources) == 0 || len(r.Verdicts) == 0 || r.Name == "" || r.Owner == "" ||
				r.Reason == "" {
				t.Errorf("rule %+v lacks something", r)
			}
			// A pattern without a wildcard is also the ARN of what it matches.
			for _, never := range l.Never {
				got := l.Find(never, allowlist.Account{Number: r.Accounts[0]}, time.Time{})
				if got.Standing != allowlist.Forbidden {
					t.Errorf("%s: %s", never, got.Standing)
				}
			}
			for _, a := range r.Accounts {
				digits := len(a) == 12 && strings.Trim(a, "0123456789") == ""
				got := l.Find(r.Resources[0], allowlist.Account{Number: a}, time.Time{})
				if covered := got.Standing == allowlist.Covered; covered && !digits || covered != (got.Rule != nil) {
					t.Errorf("account %q, %s: %s", a, r.Resources[0], got.Standing)
				}
			}
		}
	})
}

// told checks what is said about a list that does not read.
func told(t *testing.T, text string, err error) {
	all := []error{err}
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		all = several.Unwrap()
	}
	last := 0
	for _, err := range all {
		e := (*allowlist.Error)(nil)
		switch {
		case !errors.As(err, &e):
			t.Fatalf("%T: %v", err, err)
		case e.At.Offset < last || e.At.Offset > len(text):
			t.Errorf("%v: out of order or out of the text", e)
		case e.Path == "" || e.Text == "" || e.Hint == "" || strings.Contains(e.Error(), "\n"):
			t.Errorf("%q: want path, text and hint on one line", e.Error())
		}
		last = e.At.Offset
	}
}

// write writes a list as JSON, so that Read has to find the same in it.
func write(t *testing.T, l *allowlist.List) []byte {
	rules := []map[string]any{}
	for _, r := range l.Rules {
		rule := map[string]any{"name": r.Name, "accounts": r.Accounts, "resources": r.Resources, "verdicts": r.Verdicts,
			"action": r.Action, "owner": r.Owner, "reason": r.Reason}
		if len(r.Administrators) > 0 {
			rule["administrators"] = r.Administrators
		}
		if !r.Expires.IsZero() {
			rule["expires"] = r.Expires.Add(-time.Nanosecond).Format(time.DateOnly)
		}
		rules = append(rules, rule)
	}
	list := map[string]any{"organization": l.Organization, "rules": rules}
	if len(l.Never) > 0 {
		list["never"] = l.Never
	}
	if len(l.Deliberate) > 0 {
		list["deliberate"] = l.Deliberate
	}
	if len(l.Sealers) > 0 {
		list["sealers"] = l.Sealers
	}
	var desk []map[string]any
	for _, e := range l.Desk {
		entry := map[string]any{"name": e.Name, "who": e.Who, "tasks": e.Tasks, "accounts": e.Accounts,
			"approvals": e.Approvals, "breakGlass": e.BreakGlass}
		if len(e.Approvers) > 0 {
			entry["approvers"] = e.Approvers
		}
		if e.Hours > 0 {
			entry["hours"] = e.Hours
		}
		desk = append(desk, entry)
	}
	if len(desk) > 0 {
		list["desk"] = desk
	}
	text, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
