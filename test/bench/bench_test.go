package main

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

func labelled(t *testing.T) []Case {
	t.Helper()
	cases, err := readCases("cases.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	return cases
}

// TestCases holds our answers against those that a person gave.
func TestCases(t *testing.T) {
	for _, one := range labelled(t) {
		t.Run(one.ID, func(t *testing.T) {
			if said := verdict(one); said != one.Label {
				t.Errorf("%s, want %s: %s", said, one.Label, one.Why)
			}
		})
	}
}

// TestBalance keeps the benchmark worth something: enough of either kind, each with its reason and source.
func TestBalance(t *testing.T) {
	cases := labelled(t)
	count, seen := map[string]int{}, map[string]string{}
	number := regexp.MustCompile(`:(\d{11,13})[:"]`)
	samples := []string{owner, "444455556666", "999988887777", "111122223338", "11112222333"}
	for _, one := range cases {
		count[one.Label]++
		policy := one.Resource + string(one.Policy) + strings.Join(one.Administrators, " ")
		for _, same := range []string{"id " + one.ID, "policy " + policy} {
			if other := seen[same]; other != "" {
				t.Errorf("%s: the same %.20s as %s", one.ID, same, other)
			}
			seen[same] = one.ID
		}
		if !strings.HasSuffix(one.Why, ".") || !strings.HasPrefix(one.Source, "https://") {
			t.Errorf("%s: reason %q, source %q", one.ID, one.Why, one.Source)
		}
		for _, found := range number.FindAllStringSubmatch(policy, -1) {
			if !slices.Contains(samples, found[1]) {
				t.Errorf("%s: account %s is no sample account", one.ID, found[1])
			}
		}
	}
	bad, good := count["lockout"]+count["sealed"], count["open"]+count["restricted"]
	if bad < 75 || good < 75 || bad+good+count["undecided"] != len(cases) || count["undecided"] > len(cases)/20 {
		t.Errorf("%v of %d cases: one kind is too rare, or a label is unknown", count, len(cases))
	}
}

// TestRecording wants an answer of every contender to every case, and the table in the README to be what they give.
// Our own answers may have become right since.
func TestRecording(t *testing.T) {
	cases := labelled(t)
	recorded, err := readRecording("recorded.jsonl", cases)
	if err != nil {
		t.Fatal(err)
	}
	if len(recorded.Contenders) != 4 {
		t.Fatalf("%d contenders, want 4", len(recorded.Contenders))
	}
	for n, c := range recorded.Contenders {
		if c.Asked == "" {
			t.Errorf("%s: nothing says how it was asked", c.Name)
		}
		for i, a := range c.Answers {
			if a.Said == "" {
				t.Errorf("%s: no answer to %s (go run ./test/bench -record)", c.Name, cases[i].ID)
			}
			if now := verdict(cases[i]); n == 0 && a.Said != inShort(now) && now != cases[i].Label {
				t.Errorf("%s: we said %q and say %q now, which is not its label", cases[i].ID, a.Said, now)
			}
		}
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), tableBegins+recorded.table(cases)+tableEnds) {
		t.Errorf("the README has another table than the recorded answers give:\n%s", recorded.table(cases))
	}
}

func TestTable(t *testing.T) {
	var cases []Case
	for _, label := range []string{"lockout", "sealed", "open", "restricted", "undecided"} {
		cases = append(cases, Case{Label: label})
	}
	const us, ms = time.Microsecond, time.Millisecond
	r := Recording{Platform: "here", Contenders: []Contender{
		{Name: "ours", Answers: []Answer{
			{locked, 10 * us}, {locked, 10 * us}, {notLocked, 4 * us}, {notLocked, 400 * us}, {"undecided", us}}},
		{Name: "theirs", Answers: []Answer{
			{locked, ms}, {notLocked, ms}, {locked, 3 * ms}, {"unknown", time.Hour}, {locked, time.Hour}}},
		{Name: "recorded", Answers: []Answer{{Said: notLocked}, {}, {}, {}, {}}},
		{Name: "missing"},
	}, Corpus: Corpus{Policies: 7, Times: []Time{{"ours", 2.5, 40, 1}, {"theirs", 250, 12345, 99.6}}}}
	want := `| program | right | precision | recall | no answer | median | 99th percentile | times ours |
|---|---:|---:|---:|---:|---:|---:|---:|
| ours | 4 of 4 | 2 of 2 | 2 of 2 | 0 | 10 µs | 400 µs | 1 |
| theirs | 1 of 4 | 1 of 2 | 1 of 2 | 1 | 1000 µs | 3000 µs | 208 |
| recorded | 0 of 4 | none | 0 of 2 | 3 |  |  |  |

| the same work: 7 published policies | median | 99th percentile | times ours |
|---|---:|---:|---:|
| ours | 2.5 µs | 40 µs | 1 |
| theirs | 250 µs | 12 ms | 100 |

Measured on here.
`
	if got := r.table(cases); got != want { // 5 ms on three cases that cost us 24 µs
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestStandIn(t *testing.T) {
	cases := []Case{{ID: "a"}, {ID: "b"}}
	file := filepath.Join(t.TempDir(), "recorded.jsonl")
	first := Contender{Name: "one 1.0", Asked: "so", Answers: []Answer{{locked, 1500}, {notLocked, 2500}}}
	if err := (Recording{Platform: "here", Contenders: []Contender{first}}).write(file, cases); err != nil {
		t.Fatal(err)
	}
	r, err := readRecording(file, append([]Case{{ID: "new"}}, cases...))
	want := []Answer{{}, {locked, 1500}, {notLocked, 2500}}
	if err != nil || r.Platform != "here" || !slices.Equal(r.Contenders[0].Answers, want) {
		t.Fatalf("%+v, %v", r, err)
	}
	if r, err = readRecording(file, cases); err != nil {
		t.Fatal(err)
	}
	changed := first
	changed.Answers = []Answer{{locked, 1}, {locked, 1}}
	rows := []struct {
		now     Contender
		answers []Answer
		note    string
	}{
		{first, first.Answers, ""},
		{changed, changed.Answers, "one 1.0 answers otherwise than recorded: b"},
		{Contender{Name: "one 1.0", Missing: errors.New("gone")}, []Answer{{Said: locked}, {Said: notLocked}},
			"one 1.0 could not be asked, its answers are the recorded ones: gone"},
		{Contender{Name: "two 2.0", Missing: errors.New("gone")}, nil, "two 2.0 is left out: gone"},
	}
	for _, row := range rows {
		c, notes := r.standIn(row.now, cases)
		if strings.Join(notes, "") != row.note || !slices.Equal(c.Answers, row.answers) {
			t.Errorf("%v, %q; want %v, %q", c.Answers, notes, row.answers, row.note)
		}
	}
}

func TestWriteReadme(t *testing.T) {
	file := filepath.Join(t.TempDir(), "README.md")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("before\n" + tableBegins + "old\n" + tableEnds + "after\n")
	if err := writeReadme(file, "new\n"); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if want := "before\n" + tableBegins + "new\n" + tableEnds + "after\n"; err != nil || string(text) != want {
		t.Errorf("%q, %v; want %q", text, err, want)
	}
	write("nothing here\n")
	if err := writeReadme(file, "new\n"); err == nil {
		t.Error("a README without a place for the table was written")
	}
}

func TestOptions(t *testing.T) {
	var text strings.Builder
	if _, err := options([]string{"-h"}, &text); !errors.Is(err, flag.ErrHelp) || text.String() != usage {
		t.Errorf("-h: %v, %q", err, text.String())
	}
	if _, err := options([]string{"file"}, &text); err == nil {
		t.Error("a stray argument was taken")
	}
	if record, err := options([]string{"-record"}, &text); err != nil || !record {
		t.Errorf("-record: %v, %v", record, err)
	}
}

func TestAdministratorsCall(t *testing.T) {
	for pattern, want := range map[string]string{
		"arn:aws:iam::*:role/OrganizationAccountAccessRole": "arn:aws:iam::111122223333:role/OrganizationAccountAccessRole",
		"arn:aws:iam::111122223333:user/ops-*":              "arn:aws:iam::111122223333:user/ops-x",
	} {
		if got := anyOf(pattern, owner); got != want {
			t.Errorf("%s: %s, want %s", pattern, got, want)
		}
	}
}
