package encode

import (
	"fmt"
	"slices"
	"strings"
)

// A world is a call by one kind of sender, as far as it has been spoken of.
type world struct {
	Question
	policy        policy
	action        string
	kind          string
	principalType string
	declared      []string
	lines         []string
}

// A variable is a condition key: its sort, its value and whether it is there, in SMT-LIB. Sort Address is made of
// bit vectors (address.go), sort Set of members.
type variable struct {
	sort, value, present string
	arn                  bool       // it is an ARN
	begins, rest         string     // the value, where its beginning is known; else ""
	members              []variable // of a set
}

// doubt is a test of which it is open whether it holds.
func (w *world) doubt() string { return map[bool]string{false: "false", true: "true"}[w.Doubts] }

func (w *world) partition() string { return strings.Split(w.Resource, ":")[1] }

// sender asserts what the ARN of every sender is: of the kind, of one that matters, and of no service-linked role.
// What follows the ARN's fixed beginning is the constant who: short texts are easier to solve.
func (w *world) sender() error {
	w.declare("who", "String")
	form := sequence(w.path(), w.names())
	if w.kind == "role" { // one membership is solved much faster than two
		form = "(re.diff " + form + " " + beginning("aws-service-role/") + ")"
	}
	w.assert(in("who", form))
	var matter []string
	for _, pattern := range w.Administrators {
		if strings.Count(pattern, ":") < 5 {
			return beyond("the administrator %q", pattern)
		}
		matter = append(matter, w.arn().like(pattern, true))
	}
	if matter != nil {
		w.assert(or(matter...))
	}
	return nil
}

// arn is the value of aws:PrincipalArn.
func (w *world) arn() variable {
	value := "(str.++ " + literal(w.prefix()) + " who)"
	return variable{sort: "String", value: value, present: "true", arn: true, begins: w.prefix(), rest: "who"}
}

// The alphabets of names, paths and ids
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
const (
	letters = `(re.range "a" "z") (re.range "A" "Z") (re.range "0" "9")`
	names   = `(re.+ (re.union ` + letters + ` (str.to_re "_") (str.to_re "+") (str.to_re "=") (str.to_re ",")` +
		` (str.to_re ".") (str.to_re "@") (str.to_re "-")))`
	paths = `(re.opt (re.++ (re.+ (re.range "!" "~")) (str.to_re "/")))`
	ids   = `(re.+ (re.union (re.range "A" "Z") (re.range "0" "9")))`
)

// names of federated users have two characters at least.
func (w *world) names() string {
	if w.kind == "federated-user" {
		return sequence(names, names)
	}
	return names
}

// prefix is where the ARN of such a sender begins.
func (w *world) prefix() string {
	service := "iam"
	if w.kind == "federated-user" {
		service = "sts"
	}
	return "arn:" + w.partition() + ":" + service + "::" + w.Account + ":" + w.kind + "/"
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
		w.assert(in("name", w.names()))
		w.assert(in("path", w.path()))
		w.assert("(= who (str.++ path name))")
	}
	return "name"
}

// session is the name of a role's session.
func (w *world) session() string {
	if w.declare("session", "String") {
		w.assert(in("session", sequence(names, names)))
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
	if w.kind == "role" && w.has("userid") && w.has("session") {
		w.declare("role-id", "String")
		w.assert(in("role-id", sequence(`(str.to_re "AROA")`, ids)))
		w.assert(`(= userid (str.++ role-id ":" session))`)
	}
	if w.has("|aws:sourcevpc|") && w.has("|aws:sourcevpcarn|") { // they name one VPC
		w.assert(or(not(and("|aws:sourcevpc is there|", "|aws:sourcevpcarn is there|")),
			`(str.suffixof (str.++ ":vpc/" |aws:sourcevpc|) |aws:sourcevpcarn|)`))
	}
}

func (w *world) has(name string) bool { return slices.Contains(w.declared, name) }

// declare tells whether the constant is new.
func (w *world) declare(name, sort string) bool {
	if w.has(name) {
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

// free is a text that can be anything of a form, and can be missing where the key is optional. Without a form it
// can be any text.
func (w *world) free(key, form string, optional bool) variable {
	name := "|" + key + "|"
	if w.declare(name, "String") && form != "" {
		w.assert(in(name, form))
	}
	v := variable{sort: "String", value: name, present: "true"}
	if optional {
		v.present = "|" + key + " is there|"
		w.declare(v.present, "Bool")
	}
	return v
}

// several is a key with several values of a form. The members are enough for each condition on the key to have one
// that it needs, so nothing is lost. The first of them is always there.
func (w *world) several(key, form, present string) variable {
	v := variable{sort: "Set", present: present}
	needed := 1
	for _, s := range w.policy.denies {
		for _, c := range s.conditions {
			if strings.EqualFold(c.key, key) {
				needed++
			}
		}
	}
	for i := range needed {
		v.members = append(v.members, w.free(fmt.Sprintf("%s %d", key, i), form, i > 0))
	}
	return v
}
