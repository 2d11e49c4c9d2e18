package report

import (
	"io"
	"strings"
	"testing"

	"locksmith/policies/lockout"
)

// found is a report with one of each.
func found() *Report {
	return &Report{
		Findings: []Finding{
			{Place{"a b.json", 3, 9, 7}, "Exports", "arn:aws:s3:::exports", "111122223333",
				lockout.Verdict{Answer: lockout.Lockout, Statements: []int{1},
					Reasons: []string{"statement All <denies>", "and more"}}, []string{"beware"}},
			{Place{"a b.json", 8, 1, 1}, "", "arn:aws:s3:::b", "", lockout.Verdict{Answer: lockout.Open}, nil},
		},
		Idle:   []Idle{{Place{"event.json", 1, 1, 1}, "the policy was removed"}},
		Lists:  []List{{"list.json", 1, []string{"rule a covers nothing"}}},
		Faults: []Fault{{Place{"bad.json", 2, 5, 4}, "not JSON", "a comma?"}, {Place{File: "gone.json"}, "no such file", ""}},
	}
}

// TestForms: each form says the same, and holds back what the others would not show.
func TestForms(t *testing.T) {
	for name, row := range map[string]struct {
		write func(io.Writer) error
		want  string
	}{
		"text": {found().Text, `a b.json:3:9: Exports: arn:aws:s3:::exports: lockout
  statement All <denies>
  and more
  warning: beware
a b.json:8:1: arn:aws:s3:::b: open
event.json:1:1: nothing to do: the policy was removed
list.json: allow list in order, 1 rule
list.json: warning: rule a covers nothing
2 policies: 1 lockout, 1 open
`},
		"JSON": {found().JSON, `{"policies":[{"file":"a b.json","line":3,"column":9,"name":"Exports",` +
			`"resource":"arn:aws:s3:::exports","account":"111122223333","verdict":"lockout","statements":[1],` +
			`"reasons":["statement All <denies>","and more"],"warnings":["beware"]},` +
			`{"file":"a b.json","line":8,"column":1,"resource":"arn:aws:s3:::b","verdict":"open"}],` +
			`"nothingToDo":[{"file":"event.json","line":1,"column":1,"why":"the policy was removed"}],` +
			`"allowLists":[{"file":"list.json","rules":1,"warnings":["rule a covers nothing"]}],` +
			`"errors":[{"file":"bad.json","line":2,"column":5,"error":"not JSON","hint":"a comma?"},` +
			`{"file":"gone.json","error":"no such file"}]}` + "\n"},
		"JSON of nothing": {(&Report{}).JSON, `{"policies":[],"nothingToDo":[],"allowLists":[],"errors":[]}` + "\n"},
		"text of nothing": {(&Report{}).Text, "0 policies\n"},
	} {
		var out strings.Builder
		if err := row.write(&out); err != nil || out.String() != row.want {
			t.Errorf("%s: %v\n%s\nwant\n%s", name, err, out.String(), row.want)
		}
	}
}

// TestSARIF: results are what is locked or undecided, at columns of characters; faults are notifications.
func TestSARIF(t *testing.T) {
	var out strings.Builder
	if err := found().SARIF(&out); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{
		`"invocations":[{"executionSuccessful":false,"toolExecutionNotifications":[{"level":"error",` +
			`"message":{"text":"not JSON (a comma?)"},"locations":[{"physicalLocation":{"artifactLocation":{"uri":"bad.json"},` +
			`"region":{"startLine":2,"startColumn":4}}}]},` +
			`{"level":"error","message":{"text":"no such file"},` +
			`"locations":[{"physicalLocation":{"artifactLocation":{"uri":"gone.json"}}}]}]}]`,
		`"columnKind":"unicodeCodePoints","results":[{"ruleId":"lockout","ruleIndex":0,"level":"error",` +
			`"message":{"text":"Exports: arn:aws:s3:::exports: lockout: statement All <denies>; and more"},` +
			`"locations":[{"physicalLocation":{"artifactLocation":{"uri":"a%20b.json"},` +
			`"region":{"startLine":3,"startColumn":7}}}]},{"ruleId":"suffix","ruleIndex":3,"level":"warning",` +
			`"message":{"text":"Exports: arn:aws:s3:::exports: suffix: beware"},` +
			`"locations":[{"physicalLocation":{"artifactLocation":{"uri":"a%20b.json"},` +
			`"region":{"startLine":3,"startColumn":7}}}]}]`,
	} {
		if !strings.Contains(out.String(), part) {
			t.Errorf("no\n%s\nin\n%s", part, out.String())
		}
	}
	if fault := found().Faults[0].String(); fault != "bad.json:2:5: not JSON (a comma?)" {
		t.Error(fault)
	}
}
