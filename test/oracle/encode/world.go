package encode

import (
	"fmt"
	"slices"
	"strings"
)

// A world is a call by one kind of sender, as far as it has been spoken of.
type world struct {
	Question
	kind          string
	principalType string
	declared      []string
	lines         []string
}

// A variable is a condition key: its sort, its value and whether it is there, in SMT-LIB. Sort Address is made of bit vectors (address.go).
type variable struct{ sort, value, present string }

// newWorld asserts what every call has.
func newWorld(q Question, kind, principalType string) *world {
	w := &world{Question: q, kind: kind, principalType: principalType}
	for _, b := range []string{"endpoint", "temporary", "mfa", "tls", "via"} {
		w.declare(b, "Bool")
	}
	w.declare("now", "Int")
	w.assert(fmt.Sprintf("(>= now %d)", q.Now.Unix()))
	if kind != "user" {
		w.assert("temporary") // only users have long-term credentials
	}
	w.declare("arn", "String")
	w.assert(in("arn", sequence("(str.to_re "+literal(w.prefix())+")", w.path(), names)))
	if len(q.Administrators) > 0 {
		var patterns []string
		for _, pattern := range q.Administrators {
			matches, _ := like("arn", pattern, false)
			patterns = append(patterns, matches)
		}
		w.assert(or(patterns...))
	}
	return w
}

// The alphabets of names and paths (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
const (
	names = `(re.+ (re.union (re.range "a" "z") (re.range "A" "Z") (re.range "0" "9") (str.to_re "_") (str.to_re "+") (str.to_re "=") (str.to_re ",") (str.to_re ".") (str.to_re "@") (str.to_re "-")))`
	paths = `(re.opt (re.++ (re.+ (re.range "!" "~")) (str.to_re "/")))`
	ids   = `(re.+ (re.union (re.range "A" "Z") (re.range "0" "9")))`
)

// prefix is where the ARN of such a sender begins.
func (w *world) prefix() string {
	partition, service := strings.Split(w.Resource, ":")[1], "iam"
	if w.kind == "federated-user" {
		service = "sts"
	}
	return "arn:" + partition + ":" + service + "::" + w.Account + ":" + w.kind + "/"
}

func (w *world) path() string {
	if w.kind == "federated-user" {
		return `(str.to_re "")`
	}
	return paths
}

// name is the last part of the sender's ARN, declared when it is needed: equations of strings are hard.
func (w *world) name() string {
	if w.declare("name", "String") {
		w.declare("path", "String")
		w.assert(in("name", names))
		w.assert(in("path", w.path()))
		w.assert("(= arn (str.++ " + literal(w.prefix()) + " path name))")
	}
	return "name"
}

// session is the name of a role's session.
func (w *world) session() string {
	if w.declare("session", "String") {
		w.assert(in("session", names))
		w.assert("(>= (str.len session) 2)")
	}
	return "session"
}

// userid is the value of aws:userid. For a role, tie binds it to the session.
func (w *world) userid() string {
	if !w.declare("userid", "String") {
		return "userid"
	}
	switch w.kind {
	case "user":
		w.assert(in("userid", sequence(`(str.to_re "AIDA")`, ids)))
	case "role":
		w.assert(in("userid", sequence(`(str.to_re "AROA")`, ids, `(str.to_re ":")`, names, names)))
	default:
		w.assert("(= userid (str.++ " + literal(w.Account+":") + " " + w.name() + "))")
	}
	return "userid"
}

// tie binds what has been declared apart.
func (w *world) tie() {
	if w.kind == "role" && slices.Contains(w.declared, "userid") && slices.Contains(w.declared, "session") {
		w.declare("role-id", "String")
		w.assert(in("role-id", sequence(`(str.to_re "AROA")`, ids)))
		w.assert(`(= userid (str.++ role-id ":" session))`)
	}
}

// declare tells whether the constant is new.
func (w *world) declare(name, sort string) bool {
	if slices.Contains(w.declared, name) {
		return false
	}
	w.declared = append(w.declared, name)
	w.lines = append(w.lines, "(declare-const "+name+" "+sort+")")
	return true
}

func (w *world) assert(fact string) {
	if fact != "true" {
		w.lines = append(w.lines, "(assert "+fact+")")
	}
}

func (w *world) text() string { return strings.Join(w.lines, "\n") + "\n" }
