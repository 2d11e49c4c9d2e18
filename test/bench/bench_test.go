package main

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// TestCases holds our answers against those that a person gave.
func TestCases(t *testing.T) {
	cases, err := readCases(casesText)
	if err != nil {
		t.Fatal(err)
	}
	seen, lockedUp := map[string]bool{}, 0
	for _, one := range cases {
		want := notLocked
		if one.Locked {
			want = locked
			lockedUp++
		}
		if said := judge(one); said != want {
			t.Errorf("%s: %s, want %s: %s", one.ID, said, want, one.Why)
		}
		if seen[one.ID] || one.Why == "" {
			t.Errorf("%s: the id stands twice, or the reason is missing", one.ID)
		}
		seen[one.ID] = true
	}
	if len(cases) < 40 || lockedUp < 15 || len(cases)-lockedUp < 15 {
		t.Errorf("%d cases, %d of them locked: too few to compare by", len(cases), lockedUp)
	}
}

func TestTable(t *testing.T) {
	cases := []Case{{Locked: true}, {Locked: true}, {Locked: false}, {Locked: false}}
	ours := Contender{Name: "ours", Answers: []Answer{{locked, 10 * time.Microsecond}, {locked, 10 * time.Microsecond}, {notLocked, 4 * time.Microsecond}, {notLocked, 400 * time.Microsecond}}}
	theirs := Contender{Name: "theirs", Answers: []Answer{{locked, time.Millisecond}, {notLocked, time.Millisecond}, {locked, 3 * time.Millisecond}, {"unknown", time.Hour}}}
	var text strings.Builder
	if err := table(&text, cases, []Contender{ours, theirs, {Name: "third", Missing: errors.New("not there")}}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| ours | 4 of 4 | 0 | 0 | 0 | 10 µs | 106 µs | 1 |\n",
		"| theirs | 1 of 4 | 1 | 1 | 1 | 1000 µs | 1667 µs | 208 |\n", // 5 ms on three cases that cost us 24 µs
		"\nthird is left out: not there\n",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in\n%s", want, text.String())
		}
	}
}
