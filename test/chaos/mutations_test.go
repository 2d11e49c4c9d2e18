package chaos

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var (
	broken = flag.Bool("broken", false, "try every broken build, and not the first few alone")
	builds = flag.Int("builds", 200, "how many worlds a broken build may take to be caught")
)

// To believe a stale copy is none of them: the next sweep finds the lock, and so the worlds end well. That is caught by
// TestAStaleCopyIsNoReasonToStandDown of lambdas/remedy.

// few is how many broken builds are tried where nobody asks for all: each takes half a minute.
const few = 3

// A mutation breaks the product on purpose.
type mutation struct {
	name, file string
	edits      [][2]string
	caught     string // part of what an invariant says
	noise      bool   // it takes a noisy account
}

var mutations = []mutation{
	{"skip the second look", "lambdas/remedy/rescue.go",
		[][2]string{{"v := f.judge(e.Change, live, ruling) // 6: judge the live copy", "v := e.Verdict"}},
		"no policy that does not lock is changed", false},
	{"save after acting", "lambdas/remedy/rescue.go",
		[][2]string{{"if err := f.Ledger.Record(ctx, *e); err != nil {\n\t\t*e = unsaved",
			"if err := error(nil); err != nil {\n\t\t*e = unsaved"}},
		"preceded by a saved copy", false},
	{"act on undecided", "lambdas/remedy/decide.go",
		[][2]string{{"case v.Answer == lockout.Undecided:", "case false:"},
			{"!ruling.Rule.ActsOn(string(v.Answer)):", "false:"}},
		"no policy that does not lock is changed", false},
	{"tell before acting", "lambdas/remedy/flow.go",
		[][2]string{{"err = f.settle(ctx, e, ruling)",
			"f.Teller.Tell(ctx, Notice{Change: e.Change, Verdict: e.Verdict, " +
				"Outcome: Outcome{Result: Unlocked}}, nil)\n\terr = f.settle(ctx, e, ruling)"}},
		"nobody is told of what was not done", false},
	{"act without the allow list", "lambdas/remedy/decide.go",
		[][2]string{{"case ruling.Rule.Action == allowlist.Notify:", "case false:"}},
		"that the allow list does not cover", false},
	{"forget what is closed", "lambdas/remedy/flow.go",
		[][2]string{{"case e.State == Closed:", "case func() bool { e.Told = nil; return false }():"}},
		"duplicates tell nobody twice", false},
	{"drop what fails", "lambdas/remedy/batch.go",
		[][2]string{{"failed[i] = f.message(ctx, batch.Records[i]) != nil\n",
			"failed[i] = f.message(ctx, batch.Records[i]) != nil && false\n"}}, "every", false},
	{"repair without weighing", "lambdas/remedy/weigh.go",
		[][2]string{{"case opening.Outside == lockout.Something:", "case false:"},
			{"case opening.Outside != lockout.Nothing:", "case false:"}}, "nobody from outside is let in", false},
	{"restore without weighing", "lambdas/remedy/past.go",
		[][2]string{{"case opening.Outside == lockout.Something:", "case false:"},
			{"case opening.Outside != lockout.Nothing:", "case false:"}}, "nobody from outside is let in", false},
	{"a finding is always an incident of its own", "lambdas/remedy/join.go",
		[][2]string{{"case !alike(c.Policy, last),", "case true || !alike(c.Policy, last),"}},
		"event and sweep are one incident", false},
	{"an event belongs to whatever was found", "lambdas/remedy/join.go",
		[][2]string{{"case !alike(c.Policy, last),", "case false,"}},
		"every lockout that a rule covers is unlocked", false},
	{"told of one lock is told of all", "lambdas/remedy/tell.go",
		[][2]string{{"last.Of != t.Of ||", "last.Of == \"\" ||"}}, "nobody heard of event", false},
	{"no second read after the save", "lambdas/remedy/rescue.go",
		[][2]string{{"case err == nil && same(again, live):", "case err == nil && (true || same(again, live)):"}},
		"no policy that does not lock is changed", false},
	{"keep the tokens of a stand-down", "lambdas/remedy/rescue.go",
		[][2]string{{"e.State, e.Saved, e.Returns = Claimed, \"\", e.Token", "e.State, e.Saved = Claimed, \"\""}},
		"a stand-down uses up no token", false},
	{"held is final", "lambdas/remedy/tell.go",
		[][2]string{{"e.State, e.Open = Closed, e.Outcome.stays()",
			"e.State, e.Open = Closed, e.Outcome.stays() && e.Outcome.Result != Held"}},
		"held back no longer than a day", false},
	{"sleep for a stale copy", "lambdas/remedy/rescue.go",
		[][2]string{{"f.Now().Before(until) {\n\t\treturn \"\", false, &Later",
			"f.Now().Before(until) && f.Wait(ctx, until.Sub(f.Now())) != nil {\n\t\treturn \"\", false, &Later"}},
		"no worker sleeps", false},
	{"told by text", "lambdas/remedy/tell.go",
		[][2]string{{"meaning(n.Policy(), n.Verdict.Statements))", "n.Policy())"}}, "the same is told once", true},
	{"undo what is there by now", "lambdas/remedy/undo.go",
		[][2]string{{"return &NotDone{Why: of.Change.Resource + \" has another policy by now",
			"return nil\n\treturn &NotDone{Why: of.Change.Resource + \" has another policy by now"}},
		"an undo overwrites nothing that somebody has put since", false},
	{"keep nothing that went with an act", "lambdas/remedy/copies.go",
		[][2]string{{"if !overtaken(*e) {", "if !overtaken(*e) || true {"}}, "every policy that went with an act is kept",
		false},
	{"no share of an account", "lambdas/ledger/tokens.go",
		[][2]string{{"if d.limits.PerAccount > 0 {", "if false {"}, {":limit\"] = integer(int64(d.limits.PerAccount))",
			":other\"] = integer(int64(d.limits.PerAccount))"}},
		"one account's noise delays no other account's rescue", true},
	{"pages without end", "lambdas/remedy/tell.go",
		[][2]string{{"if !free {", "if !free && false {"}}, "one account's noise pages nobody without end", true},
}

// TestBrokenBuildsAreCaught builds the product with one thing broken at a time, and lets worlds happen until the
// invariant breaks that is about it.
func TestBrokenBuildsAreCaught(t *testing.T) {
	if testing.Short() {
		t.Skip("the product is not built in -short: that broken builds are caught is not tested")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	tried := mutations
	if !*broken {
		tried = mutations[:few]
		t.Logf("%d of %d broken builds are tried: -broken tries all, as the checks before a change lands do", few,
			len(mutations))
	}
	for _, m := range tried {
		t.Run(m.name, func(t *testing.T) {
			path, edited := filepath.Join(root, m.file), m.breaks(t, root)
			folder := t.TempDir()
			replaced, overlay := filepath.Join(folder, "broken.go"), filepath.Join(folder, "overlay.json")
			text, err := json.Marshal(map[string]any{"Replace": map[string]string{path: replaced}})
			if err == nil {
				err = os.WriteFile(overlay, text, 0o600)
			}
			if err == nil {
				err = os.WriteFile(replaced, []byte(edited), 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			test := "^TestWorlds$"
			if m.noise {
				test = "^TestNoise$"
			}
			c := exec.Command("go", "test", "-vet=off", "-ldflags=-s -w", "-overlay", overlay, "-run", test,
				"-until", m.caught, "-worlds", fmt.Sprint(*builds), ".")
			out, err := c.CombinedOutput()
			if err == nil || !strings.Contains(string(out), m.caught) {
				t.Errorf("%v, want a world that says %q\n%s", err, m.caught, last(string(out), 2000))
			}
		})
	}
}

// breaks is the text of the mutation's file, edited.
func (m mutation) breaks(t *testing.T, root string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, m.file))
	if err != nil {
		t.Fatal(err)
	}
	edited := string(text)
	for _, edit := range m.edits {
		if strings.Count(edited, edit[0]) != 1 {
			t.Errorf("%s: %s has %d times %q, want it once", m.name, m.file, strings.Count(edited, edit[0]), edit[0])
		}
		edited = strings.Replace(edited, edit[0], edit[1], 1)
	}
	return edited
}

// TestEveryBrokenBuildCanBeMade: the text that each one edits is there, also those that are seldom tried.
func TestEveryBrokenBuildCanBeMade(t *testing.T) {
	for _, m := range mutations {
		m.breaks(t, filepath.Join("..", ".."))
	}
}

func last(text string, n int) string { return text[max(0, len(text)-n):] }
