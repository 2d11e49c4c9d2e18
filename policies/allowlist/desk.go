package allowlist

// This file reads the desk's entries: who may ask for which root tasks.

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"locksmith/policies"
)

// An Entry lets people ask for root tasks at the desk.
type Entry struct {
	Name       string
	Who        []string // ARN patterns of users, roles and sessions
	Tasks      []string // view, audit, operate, unlock, force, restore, create-password, delete-credentials
	Accounts   []string // as in a rule
	Approvals  int      // how many have to approve a task that acts
	Approvers  []string // ARN patterns of who may approve
	Hours      int      // how long a request stands; 0: as long as the desk's own default
	BreakGlass bool     // its people may run its tasks at once
}

func (r *reader) desk(v *policies.Value, path string) []Entry {
	if v.Type != policies.List {
		r.fail(v.Start, path, is(v), "want a list of entries, [{…}]")
		return nil
	}
	var entries []Entry
	names := map[string]bool{}
	for i := range v.Items {
		here := fmt.Sprintf("%s[%d]", path, i)
		e := r.entry(&v.Items[i], here+".")
		r.once(names, &v.Items[i], here, e.Name, "entry", "requests tell people which entry it was")
		entries = append(entries, e)
	}
	return entries
}

func (r *reader) entry(v *policies.Value, path string) Entry {
	e := Entry{}
	words := func(into *[]string, check checker) func(*policies.Value, string) {
		return func(v *policies.Value, path string) { *into = r.words(v, path, some, check) }
	}
	task := oneOf("view", "audit", "operate", "unlock", "force", "restore", "create-password", "delete-credentials")
	r.object(v, path, []field{
		{"name", `"on call"`, func(v *policies.Value, path string) { e.Name = r.word(v, path, filled) }},
		{"who", `["arn:aws:iam::*:role/Name"]`, words(&e.Who, principal)},
		{"tasks", `["view"]`, words(&e.Tasks, task)},
		{"accounts", `["111122223333"]`, words(&e.Accounts, account)},
		{"approvals", "", func(v *policies.Value, path string) { e.Approvals = r.number(v, path, 0, 10) }},
		{"approvers", "", words(&e.Approvers, principal)},
		{"hours", "", func(v *policies.Value, path string) { e.Hours = r.number(v, path, 1, 720) }},
		{"breakGlass", "", func(v *policies.Value, path string) { e.BreakGlass = r.truth(v, path) }},
	})
	named := slices.ContainsFunc(v.Members, func(m policies.Member) bool { return m.Name == "approvers" })
	if e.Approvals > 0 && !named {
		r.fail(v.Start, path+"approvers", "missing",
			fmt.Sprintf("%d has to approve, and nobody may: name at least one", e.Approvals))
	}
	return e
}

// number reads a whole number within bounds.
func (r *reader) number(v *policies.Value, path string, least, most int) int {
	if v.Type != policies.Number {
		r.fail(v.Start, path, is(v), fmt.Sprintf("want a number, %d or more", least))
		return 0
	}
	n, err := strconv.Atoi(v.Text)
	if err != nil || n < least || n > most {
		r.fail(v.Start, path, fmt.Sprintf("%.100s", v.Text), fmt.Sprintf("want a whole number from %d to %d", least, most))
		return 0
	}
	return n
}

func (r *reader) truth(v *policies.Value, path string) bool {
	if v.Type != policies.Boolean {
		r.fail(v.Start, path, is(v), "want true or false")
	}
	return v.Text == "true"
}

// principal wants the ARN of users, roles, federated users or sessions.
func principal(s string) string {
	parts := strings.SplitN(s, ":", 6)
	kind, name, _ := strings.Cut(parts[len(parts)-1], "/")
	if len(parts) < 6 || parts[2] != "sts" || kind != "assumed-role" {
		hint := policies.CheckAdministrator(s)
		return strings.Replace(hint, "iam user/… or sts federated-user/…",
			"iam user/…, sts federated-user/… or sts assumed-role/ROLE/SESSION", 1)
	}
	// Everything but the last part is checked as a role's is.
	parts[2], parts[5] = "iam", "role/Name"
	role, session, _ := strings.Cut(name, "/")
	switch hint := policies.CheckAdministrator(strings.Join(parts, ":")); {
	case hint != "":
		return hint
	case role == "" || session == "" || strings.Contains(session, "/"):
		return "want assumed-role/ROLE/SESSION, with * for any session"
	case strings.Trim(role, "*?") == "":
		return "name the role: whoever opens a session chooses the session's name"
	}
	return ""
}

// Sealer tells whether a caller may lock on purpose: whether a pattern of the list's sealers fits one of the caller's
// ARNs, each matched as [policies.MatchARN] does. A caller may have two: CloudTrail's ARN of a session, and the ARN of
// its role.
//
// The session arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION counts as its role, arn:aws:iam::ACCOUNT:role/NAME, too.
// CloudTrail leaves the role's path out of a session's ARN. A pattern with a path fits the role's own ARN only, so that
// a role of the same name in another path passes for nobody. The session's name counts for patterns of sessions alone:
// whoever opens a session chooses it.
func (l *List) Sealer(arns ...string) bool {
	for _, arn := range arns {
		for _, pattern := range l.Sealers {
			if policies.MatchARN(pattern, arn) || policies.MatchARN(pattern, roleOf(arn)) {
				return true
			}
		}
	}
	return false
}

// roleOf is the ARN of a session's role, without its path; "" for what is no session.
func roleOf(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 || parts[2] != "sts" {
		return ""
	}
	kind, rest, _ := strings.Cut(parts[5], "/")
	name, session, _ := strings.Cut(rest, "/")
	if kind != "assumed-role" || name == "" || session == "" {
		return ""
	}
	parts[2], parts[5] = "iam", "role/"+name
	return strings.Join(parts, ":")
}
