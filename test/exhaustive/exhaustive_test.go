package exhaustive

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	worlds = flag.Int("worlds", 1000, "how many policies to make up")
	from   = flag.Int("from", 0, "the first seed")
	kinds  = flag.String("class", "", "report only findings whose class contains this")
	shown  = flag.Int("show", 3, "how many findings of a class to print")
	file   = flag.String("policies", "",
		"a file of policies, JSON lines with resource, account and policy, to check instead")
)

// A tally counts what was found, and shows the first of each class.
type tally struct {
	t                        *testing.T
	e                        *explorer
	answers, counts, reasons map[string]int
}

func newTally(t *testing.T) *tally {
	return &tally{t, &explorer{}, map[string]int{}, map[string]int{}, map[string]int{}}
}

func (n *tally) check(name string, q Question) {
	v, all := Check(&q, n.e, *kinds == "" || strings.Contains(Sentence, *kinds))
	n.answers[string(v.Answer)]++
	done := map[string]bool{}
	for _, f := range all {
		if done[f.Class] || !strings.Contains(f.Class, *kinds) {
			continue
		}
		done[f.Class] = true
		n.counts[f.Class]++
		if f.Class == Undecided {
			n.reasons[f.Why]++
		}
		if n.counts[f.Class] > *shown {
			continue
		}
		small, g := Minimize(q, f.Class, n.e)
		say := n.t.Logf
		if Faults(f.Class) {
			say = n.t.Errorf
		}
		say("%s: %s\n    %s\n    resource %s org %q administrators %v", name, &g, small.Policy, small.Resource,
			small.Organization,
			small.Administrators)
	}
}

func (n *tally) report() {
	n.t.Log("answers:", counted(n.answers))
	n.t.Log("findings:", counted(n.counts))
	n.t.Log("undecided:", counted(n.reasons))
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

func TestWorlds(t *testing.T) {
	n := newTally(t)
	for seed := *from; seed < *from+*worlds; seed++ {
		n.check(fmt.Sprint("seed ", seed), Generate(seed))
	}
	n.report()
}

// TestPolicies checks the policies of a file, each as it is and for named administrators.
func TestPolicies(t *testing.T) {
	if *file == "" {
		return
	}
	f, err := os.Open(*file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := newTally(t)
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var line struct {
			ID, Resource, Account string
			Policy                json.RawMessage
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		q := Question{Policy: string(line.Policy), Resource: line.Resource, Account: line.Account,
			Now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}
		if !strings.Contains(q.Policy, `"Deny"`) {
			continue
		}
		n.check(line.ID, q)
		q.Administrators = []string{"arn:aws:iam::*:role/OrganizationAccountAccessRole"}
		n.check(line.ID+" for administrators", q)
	}
	n.report()
}
