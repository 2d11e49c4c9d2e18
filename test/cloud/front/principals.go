package front

import (
	"strings"
	"time"

	"locksmith/policies"
)

// Principals are the users and roles that there are. They are asked under the lock.
type Principals interface {
	// Find finds a user or role by its name.
	Find(account string, kind policies.Kind, name string) (Principal, bool)
	// Called finds the one whose key calls. One that nobody has made comes into being; one that was deleted is not
	// found.
	Called(account string, kind policies.Kind, name string) (Principal, bool)
}

// A Principal is a user or a role.
type Principal struct {
	ARN string // with the path
	ID  string // the unique id, AIDA… or AROA…
	// Permissions are its identity policies; with none at all it may do everything.
	Permissions []*policies.Document
	Trust       string        // a role's trust policy
	Longest     time.Duration // that a role's session may last
}

// SetPrincipals sets who knows the users and roles. It is called once, before the first request.
func (f *Front) SetPrincipals(p Principals) { f.principals = p }

// Role finds a role by its ARN. It is called under the lock.
func (f *Front) Role(arn string) (Principal, bool) {
	_, rest, isRole := strings.Cut(arn, ":role/")
	account := strings.TrimSuffix(strings.TrimPrefix(arn, "arn:aws:iam::"), ":role/"+rest)
	p, ok := f.principals.Find(account, policies.Role, rest[strings.LastIndexByte(rest, '/')+1:])
	return p, ok && isRole && p.ARN == arn
}

// everybody are the principals of an AWS without IAM: whoever is named exists.
type everybody struct{}

func (e everybody) Find(account string, kind policies.Kind, name string) (Principal, bool) {
	return Principal{ARN: "arn:aws:iam::" + account + ":" + string(kind) + "/" + name, ID: UniqueID(kind, name, 0)}, true
}

func (e everybody) Called(account string, kind policies.Kind, name string) (Principal, bool) {
	return e.Find(account, kind, name)
}

// UniqueID is the unique id of a user or role, made up from its name. Each time the name is used again it is another.
func UniqueID(kind policies.Kind, name string, again int) string {
	id := strings.ToUpper(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return 'X'
	}, name))
	id = (id + "EXAMPLEEXAMPLEEXA")[:17]
	if again > 0 {
		id = id[:16] + string("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[again%32])
	}
	if kind == policies.Role {
		return "AROA" + id
	}
	return "AIDA" + id
}

// OpenRole opens a session of a role. It is called under the lock.
func (f *Front) OpenRole(account string, role Principal, name string, lifetime time.Duration) *Session {
	s := f.open(account, lifetime)
	s.Role, s.RoleID, s.Name = role.ARN, role.ID, name
	return s
}

// permitted asks the caller's own identity policies. A caller without any holds every permission.
func (r *Request) permitted(question policies.Request) (effect string, err *Error) {
	if len(r.Caller.Permissions) == 0 {
		return policies.Allowed, nil
	}
	effect = policies.NotAllowed
	for _, doc := range r.Caller.Permissions {
		d := doc.Evaluate(question)
		switch {
		case d.Effect == policies.Denied:
			return "", r.denied(question, "with an explicit deny in an identity-based policy")
		case d.Effect == policies.Unsettled:
			return "", cannot("tell what an identity policy says: " + strings.Join(d.Reasons, "; "))
		case d.Effect == policies.Allowed:
			effect = policies.Allowed
		}
	}
	return effect, nil
}

// Trusted asks a role's trust policy, whose statements have no resource: they are about the role. It is called under
// the lock.
func (r *Request) Trusted(trust string, t Target) (effect string, err *Error) {
	doc, broken := policies.Parse([]byte(trust))
	if broken != nil {
		return "", cannot("read the trust policy: " + broken.Error())
	}
	for i := range doc.Statements {
		if doc.Statements[i].Resource == nil {
			doc.Statements[i].Resource = &policies.Patterns{Values: []string{"*"}}
		}
	}
	d := doc.Evaluate(r.question(t))
	if d.Effect == policies.Unsettled {
		return "", cannot("tell what the trust policy says: " + strings.Join(d.Reasons, "; "))
	}
	return d.Effect, nil
}
