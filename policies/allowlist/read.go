package allowlist

// This file reads an allow list from JSON, and collects all that is wrong with it.

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"locksmith/policies"
)

// An Error is one thing that is wrong with an allow list.
type Error struct {
	policies.Problem
}

func (e *Error) Error() string { return e.Problem.String() }

// Read reads an allow list: one JSON object of at most 1 MiB. What it does not know it refuses: a field, a field that
// stands twice, a value that cannot be meant. The error joins one *[Error] for each thing that is wrong, in the order
// of the text.
func Read(text []byte) (*List, error) {
	root, err := policies.ReadJSON(text)
	if err != nil {
		if syntax := (*policies.SyntaxError)(nil); errors.As(err, &syntax) {
			syntax.Path = "allow list"
			syntax.Hint = cmp.Or(syntax.Hint, "want one JSON object in UTF-8")
			return nil, &Error{syntax.Problem}
		}
		return nil, err
	}
	r := &reader{}
	if l := r.list(root); len(r.wrong) == 0 {
		return l, nil
	}
	return nil, errors.Join(inOrder(r.wrong, text)...)
}

// A reader collects what is wrong, so that a person sees all of it at once.
type reader struct {
	wrong []*Error
}

// fail notes what is wrong, for now with its offset only: inOrder finds the lines.
func (r *reader) fail(at int, path, text, hint string) {
	problem := policies.Problem{At: policies.Position{Offset: at}, Path: path, Text: text, Hint: hint}
	r.wrong = append(r.wrong, &Error{problem})
}

// inOrder sorts errors by their place, and finds line and column of each in one walk through the text: a file can be
// wrong in every byte of a megabyte.
func inOrder(wrong []*Error, text []byte) []error {
	slices.SortStableFunc(wrong, func(a, b *Error) int { return a.At.Offset - b.At.Offset })
	line, start, walked := 1, 0, 0
	all := make([]error, len(wrong))
	for i, e := range wrong {
		for ; walked < e.At.Offset; walked++ {
			if text[walked] == '\n' {
				line, start = line+1, walked+1
			}
		}
		e.At.Line, e.At.Column = line, e.At.Offset-start+1
		all[i] = e
	}
	return all
}

// A field is how one name in an object is read.
type field struct {
	name    string
	example string // shown where a field that must be there is missing; "" for one that need not be
	read    func(v *policies.Value, path string)
}

// object reads an object by its fields.
func (r *reader) object(v *policies.Value, path string, fields []field) {
	if v.Type != policies.Object {
		where := cmp.Or(strings.TrimSuffix(path, "."), "allow list")
		r.fail(v.Start, where, is(v), fmt.Sprintf("want an object, {%q: …}", fields[0].name))
		return
	}
	seen := map[string]bool{}
	for _, m := range v.Members {
		i := slices.IndexFunc(fields, func(f field) bool { return f.name == m.Name })
		switch {
		case i < 0:
			r.fail(m.Start, path+oneLine(m.Name), "unknown field", hint(m.Name, fields))
		case seen[m.Name]:
			r.fail(m.Start, path+m.Name, "the same field twice", "keep one of them")
		default:
			fields[i].read(&m.Value, path+m.Name)
		}
		seen[m.Name] = true
	}
	for _, f := range fields {
		if f.example != "" && !seen[f.name] {
			r.fail(v.Start, path+f.name, "missing", fmt.Sprintf("such as %q: %s", f.name, f.example))
		}
	}
}

// is says what stands in the wrong place.
func is(v *policies.Value) string {
	switch v.Type {
	case policies.String:
		return fmt.Sprintf("this is the string %.100q", v.Text)
	case policies.Object:
		return "this is an object"
	case policies.List:
		return "this is a list"
	case policies.NullVal:
		return "this is null"
	}
	return fmt.Sprintf("this is the %s %.100s", v.Type, v.Text)
}

// oneLine is a field's name as it can stand in a path: escaped where it would break the message into lines, cut where
// it is long.
func oneLine(name string) string {
	quoted := fmt.Sprintf("%.100q", name)
	if name == "" {
		return quoted
	}
	return quoted[1 : len(quoted)-1]
}

// hint names the field that may be meant, or all there are.
func hint(name string, fields []field) string {
	var names []string
	for _, f := range fields {
		if near(f.name, name) || near(name, f.name) {
			return "did you mean " + f.name + "?"
		}
		names = append(names, f.name)
	}
	return "one of " + strings.Join(names, ", ")
}

// near tells whether a name is the other in another letter case, or its plural.
func near(name, of string) bool {
	return strings.EqualFold(name, of) || strings.EqualFold(name, of+"s")
}

func (r *reader) list(root *policies.Value) *List {
	l := &List{}
	r.object(root, "", []field{
		{"organization", `"o-a1b2c3d4e5"`, func(v *policies.Value, path string) {
			l.Organization = r.word(v, path, organization)
		}},
		{"never", "", func(v *policies.Value, path string) { l.Never = r.words(v, path, "", resourcePattern) }},
		{"deliberate", "", func(v *policies.Value, path string) { l.Deliberate = r.words(v, path, "", sidPattern) }},
		{"sealers", "", func(v *policies.Value, path string) { l.Sealers = r.words(v, path, "", principal) }},
		{"rules", "[{…}]", func(v *policies.Value, path string) { l.Rules = r.rules(v, path) }},
		{"desk", "", func(v *policies.Value, path string) { l.Desk = r.desk(v, path) }},
	})
	return l
}

// What to do about an empty list.
const (
	some       = "name at least one"
	someOrNone = "leave the field out, or name at least one"
)

func (r *reader) rules(v *policies.Value, path string) []Rule {
	if v.Type != policies.List {
		r.fail(v.Start, path, is(v), "want a list of rules, [{…}]")
		return nil
	}
	var rules []Rule
	names := map[string]bool{}
	for i := range v.Items {
		here := fmt.Sprintf("%s[%d]", path, i)
		rule := r.rule(&v.Items[i], here+".")
		r.once(names, &v.Items[i], here, rule.Name, "rule", "notices tell people which rule it was")
		rules = append(rules, rule)
	}
	return rules
}

// once refuses a name that another item of the list has too.
func (r *reader) once(names map[string]bool, item *policies.Value, path, name, what, why string) {
	if name != "" && names[name] {
		at := slices.IndexFunc(item.Members, func(m policies.Member) bool { return m.Name == "name" })
		r.fail(item.Members[at].Value.Start, path+".name", fmt.Sprintf("another %s is named %.100q too", what, name), why)
	}
	names[name] = true
}

func (r *reader) rule(v *policies.Value, path string) Rule {
	rule := Rule{Verdicts: []string{"lockout"}}
	words := func(into *[]string, empty string, check checker) func(*policies.Value, string) {
		return func(v *policies.Value, path string) { *into = r.words(v, path, empty, check) }
	}
	word := func(into *string, check checker) func(*policies.Value, string) {
		return func(v *policies.Value, path string) { *into = r.word(v, path, check) }
	}
	r.object(v, path, []field{
		{"name", `"sandboxes"`, word(&rule.Name, filled)},
		{"accounts", `["111122223333"]`, words(&rule.Accounts, some, account)},
		{"resources", `["arn:aws:s3:::name"]`, words(&rule.Resources, some, resourcePattern)},
		{"administrators", "", words(&rule.Administrators, someOrNone, policies.CheckAdministrator)},
		{"verdicts", "", words(&rule.Verdicts, someOrNone, oneOf("lockout", "sealed"))},
		{"action", `"delete", "repair", "restore" or "notify"`, func(v *policies.Value, path string) {
			rule.Action = Action(r.word(v, path, oneOf("delete", "repair", "restore", "notify")))
		}},
		{"owner", `"platform@example.com"`, word(&rule.Owner, filled)},
		{"reason", `"no data of record"`, word(&rule.Reason, filled)},
		{"expires", "", func(v *policies.Value, path string) {
			if day, err := time.Parse(time.DateOnly, r.word(v, path, date)); err == nil {
				rule.Expires = day.AddDate(0, 0, 1) // it covers to the end of that day, UTC
			}
		}},
	})
	return rule
}

// word reads a string, and reports what the checker has against it.
func (r *reader) word(v *policies.Value, path string, check checker) string {
	if v.Type != policies.String {
		h := "want a string"
		if v.Type == policies.Number {
			h = fmt.Sprintf("put it in quotes: %.100q", v.Text)
		}
		r.fail(v.Start, path, is(v), h)
		return ""
	}
	if h := check(v.Text); h != "" {
		r.fail(v.Start, path, fmt.Sprintf("%.100q", v.Text), h)
	}
	return v.Text
}

// words reads a list of strings. Empty is what to do about an empty list, "" where the list may be empty.
func (r *reader) words(v *policies.Value, path, empty string, check checker) []string {
	if v.Type != policies.List {
		r.fail(v.Start, path, is(v), `want a list of strings, ["…"]`)
		return nil
	}
	if empty != "" && len(v.Items) == 0 {
		r.fail(v.Start, path, "an empty list", empty)
	}
	var words []string
	for i := range v.Items {
		words = append(words, r.word(&v.Items[i], fmt.Sprintf("%s[%d]", path, i), check))
	}
	return words
}
