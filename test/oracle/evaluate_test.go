package oracle

import (
	"strings"
	"testing"

	"locksmith/policies"
)

// TestEvaluate holds the evaluator against the recording. Where the two differ, the same question in other words has
// to get our answer (see difference), and every row of that table has to be needed. What the evaluator calls
// unsettled is counted and not compared.
func TestEvaluate(t *testing.T) {
	_, pairs := open[Pair](t, recording)
	answers := map[string]string{}
	for _, p := range pairs {
		answers[p.ID] = p.Answer
	}
	counts, explained := map[string]int{}, map[string]int{}
	for _, p := range pairs {
		if strings.HasSuffix(p.ID, "+") {
			continue
		}
		ours, said := evaluate(t, p), answers[p.ID+"+"]
		_, names := otherwise(p)
		switch {
		case ours == policies.Unsettled:
			counts["unsettled"]++
			continue
		case said == "" && ours != p.Answer, said != "" && ours != said:
			t.Errorf("%s: ours %s, simulator %q, in other words %q %v\n%s\n%+v", p.ID, ours, p.Answer, said, names, p.Policy,
				p.Request)
		case ours != p.Answer:
			counts["explained"]++
			if len(names) == 1 {
				explained[names[0]]++
			}
		}
		counts[ours]++
	}
	for _, d := range differences {
		if explained[d.name] == 0 {
			t.Errorf("no pair shows the difference %q (%s, %s%s): it need not be in the table", d.name, d.rule, userGuide,
				d.page)
		}
	}
	t.Logf("%v; explained: %v", counts, explained)
	if counts[denied] < 1000 || counts[notDenied] < 1000 || counts["unsettled"]*20 > len(pairs) {
		t.Errorf("the pairs decide too little: %v", counts)
	}
}

// evaluate is our answer in the simulator's words, or [policies.Unsettled].
func evaluate(t *testing.T, p Pair) string {
	t.Helper()
	doc, err := policies.Parse(p.Policy)
	if err != nil {
		t.Fatalf("%s: %v\n%s", p.ID, err, p.Policy)
	}
	switch effect := doc.Evaluate(p.Request.ours()).Effect; effect {
	case policies.Unsettled:
		return effect
	case policies.Denied:
		return denied
	}
	return notDenied
}
