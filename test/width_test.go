package test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// widest is how many columns a line of Go may have; a tab counts as one.
const widest = 120

// mayBeWide are lines that cannot be broken without changing what they say: an address, a text between backquotes.
var mayBeWide = regexp.MustCompile("https?://|`")

// tooWide lists the numbers of the lines that are too wide.
func tooWide(text string) (lines []int) {
	for i, line := range strings.Split(text, "\n") {
		if utf8.RuneCountInString(line) > widest && !mayBeWide.MatchString(line) {
			lines = append(lines, i+1)
		}
	}
	return lines
}

func TestLinesEndAt120Columns(t *testing.T) {
	for _, f := range sources(t) {
		text, err := os.ReadFile(filepath.Join("..", f.path))
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range tooWide(string(text)) {
			t.Errorf("%s:%d: more than %d columns", f.path, line, widest)
		}
	}
}

// TestWideLinesAreSeen shows that the rule above can fail.
func TestWideLinesAreSeen(t *testing.T) {
	wide := strings.Repeat("é", widest+1)
	text := strings.Join([]string{wide[2:], wide, "// https://" + wide, "`" + wide + "`", "\t" + wide}, "\n")
	if got := tooWide(text); !slices.Equal(got, []int{2, 5}) {
		t.Errorf("lines %v, want 2 and 5", got)
	}
}
