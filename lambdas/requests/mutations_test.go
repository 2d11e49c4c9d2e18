package requests_test

import (
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var broken = flag.Bool("broken", false, "try every broken build, and not the first few alone")

// few is how many broken builds are tried where nobody asks for all: each takes some seconds.
const few = 3

// A mutation breaks the desk on purpose: in one file, by edits each of which fits once.
type mutation struct {
	name, file string
	edits      [][2]string
	caught     string // part of what an invariant says
}

// asker breaks the second of the two places in which who asks is kept from deciding.
var asker = mutation{"", "persons.go", [][2]string{{"dec.Person != r.Person && allowlist", "allowlist"}}, ""}

const approvals = "nothing is done without its approvals"

var mutations = []mutation{
	{"who asks may approve", "decide.go", [][2]string{{"case dec.Person == r.Person:", "case false:"}}, approvals},
	{"two sessions are two persons", "persons.go",
		[][2]string{{"return strings.ToLower(session), nil", "return c.ARN, nil"}}, approvals},
	{"approvals outlast the policy", "run.go", [][2]string{{"\tr.Decisions = []Decision{}\n", ""}}, approvals},
	{"invented names are persons", "persons.go", [][2]string{
		{`return strings.Join([]string{parts[0], parts[1], "iam", "", parts[4], "role/" + name}, ":"), nil`,
			"return c.ARN, nil"}}, approvals},
	{"whoever approved once may for ever", "persons.go",
		[][2]string{{"dec.Person != r.Person && allowlist.Fits(e.Approvers, dec.By)", "dec.Person != r.Person"}}, approvals},
	{"the allow list of yesterday", "run.go", [][2]string{{"case !approved(*r, e):", "case false:"}}, approvals},
	{"never is not over everything", "persons.go", [][2]string{{"; forbidden {", "; forbidden && false {"}}, approvals},
	{"an approval is for whatever is there", "decide.go", [][2]string{{"case seen != r.Digest:", "case false:"}},
		approvals},
	{"an approval lasts for ever", "state.go", [][2]string{{"case r.State == Approved && !now.Before(r.Expires):",
		"case false:"}}, approvals},
	{"fewer are enough", "submit.go", [][2]string{{"case !enough(e.Approvers, e.Approvals, person):", "case false:"}},
		"enough others could approve"},
	{"root is opened for everybody", "submit.go", [][2]string{
		{"if err := d.mayLook(ctx, c, w); err != nil {", "if err := d.mayLook(ctx, c, w); err != nil && false {"}},
		"root is opened for nobody who may ask for nothing"},
	{"whoever loses the race runs too", "run.go", [][2]string{{"r.Worker != mine {", "false {"}},
		"nothing is done twice"},
	{"what is not known is tried again", "state.go",
		[][2]string{{"r.turn(Unknown, r.Until,", "r.turn(Approved, r.Until,"}},
		"nothing is done twice"},
	{"denied while it runs", "decide.go", [][2]string{
		{"case r.State != Requested && r.State != Approved:\n\t\t\treturn r.conflict(\"it cannot be denied",
			"case false:\n\t\t\treturn r.conflict(\"it cannot be denied"}}, "an end is an end"},
	{"cancelled while it runs", "decide.go", [][2]string{
		{"case r.State != Requested && r.State != Approved:\n\t\t\treturn r.conflict(\"it cannot be cancelled",
			"case false:\n\t\t\treturn r.conflict(\"it cannot be cancelled"}}, "an end is an end"},
	{"told, whoever heard", "tend.go", [][2]string{{"now.Told, now.Untold = heard, err != nil",
		"now.Told, now.Untold = heard, false"}}, "every waiting and every end is told"},
	{"nobody tells what a crash left", "tend.go", [][2]string{{"if r.Untold && now.Sub", "if false && now.Sub"}},
		"every waiting and every end is told"},
	{"a message that is lost is lost", "tend.go", [][2]string{{"if r.State == Approved && !now.Before(r.After)",
		"if false && !now.Before(r.After)"}}, "none is lost"},
	{"nobody looks at the clocks", "tend.go", [][2]string{{"if r.settle(now) {", "if false {"}},
		"clocks that have run out take effect"},
	{"break glass in silence", "words.go", [][2]string{{"return r.BreakGlass || ", "return "}},
		"break glass is always told"},
	{"every key is a new request", "submit.go", [][2]string{{"id = keyed(person, w.Key)", "id = d.NewID()"}},
		"a key stands for one request"},
	{"nobody was silent", "state.go", [][2]string{{"\t\tr.Silent = r.silent()\n", ""}},
		"the record says who did not answer"},
}

// TestBrokenDesksAreCaught builds the desk with one thing broken at a time, and lets worlds happen until the invariant
// breaks that is about it.
func TestBrokenDesksAreCaught(t *testing.T) {
	if testing.Short() {
		t.Skip("the desk is not built in -short: that broken desks are caught is not tested")
	}
	tried := mutations
	if !*broken {
		tried = mutations[:few]
		t.Logf("%d of %d broken desks are tried: -broken tries all, as the checks before a change lands do", few,
			len(mutations))
	}
	for _, m := range tried {
		t.Run(m.name, func(t *testing.T) {
			files := map[string]string{}
			m.breaks(t, files)
			if m.name == mutations[0].name {
				asker.breaks(t, files)
			}
			overlay := overlay(t, files)
			c := exec.Command("go", "test", "-vet=off", "-ldflags=-s -w", "-overlay", overlay, "-run", "^TestWorlds$",
				"-until", m.caught, "-worlds", "20000", ".")
			out, err := c.CombinedOutput()
			if err == nil || !strings.Contains(string(out), m.caught) {
				t.Errorf("%v, want a world that says %q\n%s", err, m.caught, out[max(0, len(out)-2000):])
			}
		})
	}
}

// breaks writes the broken file, and notes which one it is for.
func (m mutation) breaks(t *testing.T, files map[string]string) {
	t.Helper()
	path, err := filepath.Abs(m.file)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	edited := string(text)
	for _, edit := range m.edits {
		if strings.Count(edited, edit[0]) != 1 {
			t.Fatalf("%s has %d times %q, want it once", m.file, strings.Count(edited, edit[0]), edit[0])
		}
		edited = strings.Replace(edited, edit[0], edit[1], 1)
	}
	files[path] = filepath.Join(t.TempDir(), "broken.go")
	if err := os.WriteFile(files[path], []byte(edited), 0o600); err != nil {
		t.Fatal(err)
	}
}

// overlay is what has Go build some files in the place of others.
func overlay(t *testing.T, files map[string]string) string {
	t.Helper()
	text, err := json.Marshal(map[string]any{"Replace": files})
	path := filepath.Join(t.TempDir(), "overlay.json")
	if err == nil {
		err = os.WriteFile(path, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}
