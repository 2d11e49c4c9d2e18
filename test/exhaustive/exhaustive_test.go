package exhaustive

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
)

var (
	worlds = flag.Int("worlds", 2000, "how many policies to make up")
	from   = flag.Int("from", 0, "the first seed")
	kinds  = flag.String("class", "", "report only findings whose class contains this")
	shown  = flag.Int("show", 3, "how many findings of a class to print")
)

func TestWorlds(t *testing.T) {
	e := &explorer{}
	answers, counts := map[string]int{}, map[string]int{}
	reasons := map[string]int{}
	for seed := *from; seed < *from+*worlds; seed++ {
		q := Generate(seed)
		v, err := Judge(&q)
		if err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, q.Policy)
		}
		answers[string(v.Answer)]++
		done := map[string]bool{}
		for _, f := range Check(&q, e) {
			if done[f.Class] || !strings.Contains(f.Class, *kinds) {
				continue
			}
			done[f.Class] = true
			counts[f.Class]++
			if f.Class == Undecided {
				reasons[f.Why]++
			}
			if counts[f.Class] > *shown {
				continue
			}
			small, g := Minimize(q, f.Class, e)
			t.Errorf("seed %d: %s\n    %s\n    resource %s org %q administrators %v", seed, &g, small.Policy, small.Resource, small.Organization, small.Administrators)
		}
	}
	t.Log(*worlds, "policies:", counted(answers))
	t.Log("findings:", counted(counts))
	t.Log("undecided:", counted(reasons))
}

func counted(m map[string]int) string {
	var all []string
	for k, n := range m {
		all = append(all, fmt.Sprintf("%6d %s", n, k))
	}
	slices.Sort(all)
	slices.Reverse(all)
	return "\n" + strings.Join(all, "\n")
}
