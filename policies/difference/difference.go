// Package difference holds two policies against each other, line by line.
package difference

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// Bounds on the work. What is beyond them is not laid out, or differs as a whole.
const (
	maxPolicy  = 100_000   // bytes; S3 allows 20 KB, SQS 8 KB
	maxNesting = 40        // brackets in brackets; a policy has about eight
	maxCells   = 4_000_000 // lines of the one policy times lines of the other that are held against each other
)

// An Op says of which policy a line is.
type Op string

// The marks of a line.
const (
	Both   Op = "="
	First  Op = "-" // of the first policy alone
	Second Op = "+" // of the second
)

// A Line is one line of two policies.
type Line struct {
	Op   Op     `json:"op"`
	Text string `json:"text"`
}

// Of is how the second policy differs from the first: all lines of both, in their order. The keys of each are put in
// one order before, since no service gives them back as they were written. No policy is "".
func Of(first, second string) []Line { return Compare(LayOut(first), LayOut(second)) }

// LayOut breaks a policy into lines by its structure, with its keys in one order.
func LayOut(policy string) []string { return Lines(inOrder(policy)) }

// TooMuch tells whether a text is too long, or its brackets are nested too deep, to be laid out: the indents of ten
// thousand brackets would fill a hundred megabytes.
func TooMuch(text string) bool { return len(text) > maxPolicy || nesting(text) > maxNesting }

// Lines breaks a text into lines, JSON by its structure. What is no JSON, or too much, keeps its own lines.
func Lines(text string) (lines []string) {
	if !TooMuch(text) {
		var b bytes.Buffer
		if json.Indent(&b, []byte(strings.TrimSpace(text)), "", "  ") == nil {
			text = b.String()
		}
	}
	for line := range strings.Lines(text) {
		lines = append(lines, strings.TrimRight(line, "\r\n"))
	}
	return lines
}

// nesting is how deep brackets stand in brackets. Those in strings count too, so it may say more than there is.
func nesting(text string) int {
	depth, deepest := 0, 0
	for i := range len(text) {
		switch text[i] {
		case '[', '{':
			depth++
			deepest = max(deepest, depth)
		case ']', '}':
			depth--
		}
	}
	return deepest
}

// inOrder writes a policy's keys in one order: CloudTrail does not give them in the order of the call. A text that is
// no JSON, or nested too deep, stays as it is.
func inOrder(text string) string {
	var v any
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if TooMuch(text) || d.Decode(&v) != nil || d.More() {
		return text
	}
	var b strings.Builder
	writeInOrder(&b, v)
	return b.String()
}

func writeInOrder(b *strings.Builder, v any) {
	comma := func(i int) {
		if i > 0 {
			b.WriteString(",")
		}
	}
	switch v := v.(type) {
	case []any:
		b.WriteString("[")
		for i, part := range v {
			comma(i)
			writeInOrder(b, part)
		}
		b.WriteString("]")
	case map[string]any:
		b.WriteString("{")
		for i, name := range slices.SortedFunc(maps.Keys(v), byPlace) {
			comma(i)
			b.WriteString(encode(name) + ":")
			writeInOrder(b, v[name])
		}
		b.WriteString("}")
	default:
		b.WriteString(encode(v))
	}
}

// byPlace compares names by where people are used to find them in a policy.
func byPlace(a, b string) int {
	places := []string{"Version", "Id", "Statement", "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction",
		"Resource", "NotResource", "Condition"}
	place := func(name string) int {
		if i := slices.Index(places, name); i >= 0 {
			return i
		}
		return len(places)
	}
	return cmp.Or(place(a)-place(b), strings.Compare(a, b))
}

// encode writes a name or a value as it stands in a policy. What JSON was read from always encodes.
func encode(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v)
	return strings.TrimSuffix(b.String(), "\n")
}

// Compare holds the lines of two texts against each other.
func Compare(a, b []string) (marked []Line) {
	start := 0
	for start < min(len(a), len(b)) && a[start] == b[start] {
		marked = append(marked, Line{Both, a[start]})
		start++
	}
	end := 0
	for end < min(len(a), len(b))-start && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	marked = append(marked, between(a[start:len(a)-end], b[start:len(b)-end])...)
	for _, line := range a[len(a)-end:] {
		marked = append(marked, Line{Both, line})
	}
	return marked
}

// between holds against each other what two texts have between their common beginning and end. Where that would take
// too long, all lines count as different.
func between(a, b []string) (marked []Line) {
	common := lengths(a, b)
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case common != nil && i < len(a) && j < len(b) && a[i] == b[j]:
			marked = append(marked, Line{Both, a[i]})
			i, j = i+1, j+1
		case i < len(a) && (common == nil || j == len(b) || common[i+1][j] >= common[i][j+1]):
			marked = append(marked, Line{First, a[i]})
			i++
		default:
			marked = append(marked, Line{Second, b[j]})
			j++
		}
	}
	return marked
}

// lengths are how many lines the rests of two texts have in common, from each pair of lines on; nil where there are too
// many.
func lengths(a, b []string) [][]uint32 {
	if len(a)*len(b) > maxCells {
		return nil
	}
	common := make([][]uint32, len(a)+1)
	for i := range common {
		common[i] = make([]uint32, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if common[i][j] = max(common[i+1][j], common[i][j+1]); a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			}
		}
	}
	return common
}
