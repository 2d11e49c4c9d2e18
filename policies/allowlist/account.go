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
	Why    string            // why they are not known, such as "the organization has no account 111122223333"; or ""
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

// LooksUp tells whether some rule, or some entry of the desk, names a unit, a root or a tag, so that accounts have to
// be looked up.
func (l *List) LooksUp() bool {
	return slices.ContainsFunc(l.Rules, func(r Rule) bool { return len(r.groups()) > 0 }) ||
		slices.ContainsFunc(l.Desk, func(e Entry) bool { return len(e.groups()) > 0 })
}

// NamesTags tells whether some rule or entry names a tag: tags are looked up by a call of their own.
func (l *List) NamesTags() bool {
	return slices.ContainsFunc(l.Rules, func(r Rule) bool { return slices.ContainsFunc(r.Accounts, isTag) }) ||
		slices.ContainsFunc(l.Desk, func(e Entry) bool { return slices.ContainsFunc(e.Accounts, isTag) })
}

func isTag(account string) bool { return strings.HasPrefix(account, "tag:") }
