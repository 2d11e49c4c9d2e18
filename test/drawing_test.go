package test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "draw the floor plan anew in .github/CONTRIBUTING.md")

// Where the plan is drawn, and between which lines.
const (
	drawn = "../.github/CONTRIBUTING.md"
	begin = "<!-- floor plan: drawn by go test ./test -update -->\n"
	end   = "<!-- end of the floor plan -->\n"
)

// drawing is the floor plan as a table.
func drawing() string {
	var b strings.Builder
	b.WriteString("| folder | may import besides the standard library | because |\n|---|---|---|\n")
	for _, r := range rooms() {
		may := "nothing"
		if len(r.may) > 0 {
			may = "`" + strings.Join(r.may, "`, `") + "`"
		}
		b.WriteString("| `" + r.folder + "` | " + strings.ReplaceAll(may, "`./", "`") + " | " + r.why + " |\n")
	}
	return b.String()
}

// TestDrawnPlanIsThePlan keeps the plan that people read the one that is enforced.
func TestDrawnPlanIsThePlan(t *testing.T) {
	text, err := os.ReadFile(drawn)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(text), begin)
	plan, after, ends := strings.Cut(rest, end)
	if !begins || !ends {
		t.Fatalf("%s: want the lines %q and %q", drawn, begin, end)
	}
	if *update {
		if err := os.WriteFile(drawn, []byte(before+begin+drawing()+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(drawing(), plan); diff != "" {
		t.Errorf("%s draws another plan than the one that holds (go test ./test -update draws it anew):\n%s", drawn, diff)
	}
}
