package policies_test

import (
	"testing"

	"locksmith/policies"
)

func TestWithoutStatements(t *testing.T) {
	const three = "{ \"Version\":\"2012-10-17\",\n \"Odd\" : [1.0, true],\n \"Statement\": [\n  {\"Sid\":\"A\"},\n  " +
		"{\"Sid\":\"B\", \"X\" : \"]\"},\n  {\"Sid\":\"C\"}\n ] }\n"
	for _, row := range []struct {
		name, text string
		remove     []int
		want       string
		left       int
	}{
		{"the first", three, []int{0},
			"{ \"Version\":\"2012-10-17\",\n \"Odd\" : [1.0, true],\n \"Statement\": [\n  {\"Sid\":\"B\", \"X\" : " +
				"\"]\"},\n  {\"Sid\":\"C\"}\n ] }\n", 2},
		{"the middle one", three, []int{1},
			"{ \"Version\":\"2012-10-17\",\n \"Odd\" : [1.0, true],\n \"Statement\": [\n  {\"Sid\":\"A\"},\n  " +
				"{\"Sid\":\"C\"}\n ] }\n", 2},
		{"the last", three, []int{2},
			"{ \"Version\":\"2012-10-17\",\n \"Odd\" : [1.0, true],\n \"Statement\": [\n  {\"Sid\":\"A\"},\n  " +
				"{\"Sid\":\"B\", \"X\" : \"]\"}\n ] }\n", 2},
		{"two", three, []int{2, 0},
			"{ \"Version\":\"2012-10-17\",\n \"Odd\" : [1.0, true],\n \"Statement\": [\n  {\"Sid\":\"B\", \"X\" : " +
				"\"]\"}\n ] }\n", 1},
		{"none", three, nil, three, 3},
		{"all", three, []int{0, 1, 2}, "", 0},
		{"the only one, by itself", `{"Statement":{"Sid":"A"}}`, []int{0}, "", 0},
		{"on one line", `{"Statement":[{"Sid":"A"},{"Sid":"B"}],"Id":"x"}`, []int{0},
			`{"Statement":[{"Sid":"B"}],"Id":"x"}`, 1},
	} {
		got, left, err := policies.WithoutStatements([]byte(row.text), row.remove)
		if err != nil || got != row.want || left != row.left {
			t.Errorf("%s: %q, %d, %v\nwant %q, %d", row.name, got, left, err, row.want, row.left)
		}
	}
	for _, text := range []string{``, `[]`, `{}`, `{"Statement":[{}]}`} {
		if got, _, err := policies.WithoutStatements([]byte(text), []int{1}); err == nil {
			t.Errorf("%s: %q, and no error", text, got)
		}
	}
}
