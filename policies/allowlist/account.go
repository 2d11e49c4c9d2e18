package allowlist

import (
	"slices"
	"strings"
)

// An Account is what a rule asks of the account that owns a resource.
type Account struct {
	Number string            // twelve digits
	Units  []string          // the root and the organizational units above it: r-a1b2, ou-a1b2-11111111
	Tags   map[string]string // its own tags in the organization
	Known  bool              // whether units and tags were looked up; without that they are empty
}

// in tells whether the account is, or is below, what a rule names: a number, a unit or root, or a tag.
func (a Account) in(named string) bool {
	if tag, ok := strings.CutPrefix(named, "tag:"); ok {
		key, value, _ := strings.Cut(tag, "=")
		has, ok := a.Tags[key]
		return a.Known && ok && has == value
	}
	return named == a.Number || a.Known && slices.Contains(a.Units, named)
}

// LooksUp tells whether some rule names a unit, a root or a tag, so that accounts have to be looked up.
func (l *List) LooksUp() bool {
	return slices.ContainsFunc(l.Rules, func(r Rule) bool { return len(r.groups()) > 0 })
}
