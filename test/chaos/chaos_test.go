package chaos

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

var (
	seed   = flag.Uint64("seed", 0, "run this world only")
	worlds = flag.Int("worlds", 40, "how many worlds")
	first  = flag.Bool("first", false, "begin no world after the first that breaks an invariant")
	from   = flag.Uint64("from", 1, "the first world's seed")
)

// run lets one world happen, and says which invariants broke, and the story.
func run(seed uint64) (broken, story []string, err error) {
	w, end, err := newWorld(seed)
	if err != nil {
		return nil, nil, err
	}
	defer end()
	for range 40 + w.IntN(40) {
		w.act()
	}
	w.settle()
	w.check()
	return w.broken, w.story, nil
}

func TestWorlds(t *testing.T) {
	if *seed != 0 {
		broken, story, err := run(*seed)
		t.Logf("%s", strings.Join(story, "\n"))
		if err != nil || len(broken) > 0 {
			t.Fatalf("%v\n%s", err, strings.Join(broken, "\n"))
		}
		return
	}
	count := *worlds
	if testing.Short() {
		count /= 10
	}
	var failed atomic.Bool
	for i := range uint64(count) {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			if *first && failed.Load() {
				return
			}
			broken, _, err := run(*from + i)
			if err != nil || len(broken) > 0 {
				failed.Store(true)
				t.Fatalf("-seed %d: %v\n%s", *from+i, err, strings.Join(broken, "\n"))
			}
		})
	}
}

// A mutation breaks the product on purpose.
type mutation struct {
	name, file string
	edits      [][2]string
	caught     string // part of what an invariant says
}

var mutations = []mutation{
	{"skip the second look", "lambdas/remedy/rescue.go",
		[][2]string{{"v := f.judge(e.Change, live, ruling) // 6: judge the live copy", "v := e.Verdict"}},
		"no policy that does not lock is changed"},
	{"save after acting", "lambdas/remedy/rescue.go",
		[][2]string{{"if err := f.Ledger.Record(ctx, *e); err != nil {\n\t\t*e = unsaved",
			"if err := error(nil); err != nil {\n\t\t*e = unsaved"}},
		"preceded by a saved copy"},
	{"act on undecided", "lambdas/remedy/decide.go",
		[][2]string{{"case v.Answer == lockout.Undecided:", "case false:"},
			{"!ruling.Rule.ActsOn(string(v.Answer)):", "false:"}},
		"no policy that does not lock is changed"},
	{"tell before acting", "lambdas/remedy/flow.go",
		[][2]string{{"err = f.settle(ctx, e, ruling)",
			"f.Teller.Tell(ctx, Notice{Change: e.Change, Verdict: e.Verdict, " +
				"Outcome: Outcome{Result: Unlocked}}, nil)\n\terr = f.settle(ctx, e, ruling)"}},
		"nobody is told of what was not done"},
	{"act without the allow list", "lambdas/remedy/decide.go",
		[][2]string{{"case ruling.Rule.Action == allowlist.Notify:", "case false:"}},
		"that the allow list does not cover"},
	{"believe a stale copy", "lambdas/remedy/rescue.go",
		[][2]string{{"f.Now().Before(until) {\n\t\treturn \"\", false, &Later",
			"f.Now().Before(until) && false {\n\t\treturn \"\", false, &Later"}},
		"every lockout that a rule covers is unlocked"},
	{"forget what is closed", "lambdas/remedy/flow.go",
		[][2]string{{"if e.State == Closed {", "if e.Told = nil; false {"}}, "duplicates tell nobody twice"},
	{"drop what fails", "lambdas/remedy/batch.go",
		[][2]string{{"failed[i] = f.message(ctx, batch.Records[i]) != nil\n",
			"failed[i] = f.message(ctx, batch.Records[i]) != nil && false\n"}}, "every"},
}

// TestBrokenBuildsAreCaught builds the product with one thing broken at a time, and lets worlds happen until an
// invariant breaks.
func TestBrokenBuildsAreCaught(t *testing.T) {
	if testing.Short() {
		t.Skip("the product is not built in -short: that broken builds are caught is not tested")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range mutations {
		t.Run(m.name, func(t *testing.T) {
			path := filepath.Join(root, m.file)
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			broken := string(text)
			for _, edit := range m.edits {
				if strings.Count(broken, edit[0]) != 1 {
					t.Fatalf("%s has %d times %q, want it once", m.file, strings.Count(broken, edit[0]), edit[0])
				}
				broken = strings.Replace(broken, edit[0], edit[1], 1)
			}
			folder := t.TempDir()
			replaced, overlay := filepath.Join(folder, "broken.go"), filepath.Join(folder, "overlay.json")
			text, err = json.Marshal(map[string]any{"Replace": map[string]string{path: replaced}})
			if err == nil {
				err = os.WriteFile(overlay, text, 0o600)
			}
			if err == nil {
				err = os.WriteFile(replaced, []byte(broken), 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			c := exec.Command("go", "test", "-vet=off", "-overlay", overlay, "-run", "^TestWorlds$", "-worlds",
				fmt.Sprint(*worlds/3), ".")
			out, err := c.CombinedOutput()
			if err == nil || !strings.Contains(string(out), m.caught) {
				t.Errorf("%v, want a world that says %q\n%s", err, m.caught, last(string(out), 2000))
			}
		})
	}
}

func last(text string, n int) string { return text[max(0, len(text)-n):] }
