package lockout

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"locksmith/policies"
)

// Which principals exist. A policy that spares only a role that was deleted reads as one that spares a role. Who knows
// the users and roles of the account can ask about those alone.

// A Principal is a user or role that exists.
type Principal struct {
	ARN string `json:"arn"` // with its path, as aws:PrincipalArn shows it
	// ID is its unique id, AIDA… or AROA…. In a policy, AWS shows that of a principal that was deleted
	// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html).
	ID string `json:"id"`
}

// JudgeLiving answers the question for the users and roles that exist: these are all that the account has. Federated
// users count where there is a user, since only users' keys make them
// (https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html).
//
// A principal that may exist later is not counted either. So a [Lockout] says that nobody gets in today. Whoever may
// create a role with a name that is spared could get in by that.
//
// Where the answer is Lockout or Sealed, the statements are a set without which each of the principals gets in. It need
// not be the smallest.
func JudgeLiving(q Question, living []Principal) Verdict {
	representatives, err := q.classes(living)
	switch {
	case err != nil:
		return undecided(err.Error())
	case len(representatives) == 0:
		return undecided("account " + q.Account + " has no user or role that matters: there is nobody to be locked out")
	}
	locked := Verdict{}
	var doubt, narrow *Verdict
	for _, p := range representatives {
		one := q
		one.Administrators, one.alone = []string{p.ARN}, &p
		switch v := Judge(one); v.Answer {
		case Open:
			return v
		case Restricted:
			narrow = &v
		case Undecided:
			doubt = &v
		default:
			locked.merge(v)
		}
	}
	switch {
	case narrow != nil:
		return *narrow
	case doubt != nil:
		return *doubt
	}
	slices.Sort(locked.Statements)
	locked.Reasons = q.sayLiving(living)
	return locked
}

// merge takes what locks one more principal to what locks those before. What is a seal for one is no deny-all.
func (v *Verdict) merge(one Verdict) {
	if v.Answer != Sealed {
		v.Answer = one.Answer
	}
	for _, i := range one.Statements {
		if !slices.Contains(v.Statements, i) {
			v.Statements = append(v.Statements, i)
		}
	}
}

// sayLiving says of a policy that keeps out everybody who exists whom it spares instead.
func (q Question) sayLiving(living []Principal) (reasons []string) {
	for _, name := range Dead(Spared(q.Policy, q.Account), living) {
		reasons = append(reasons, name+" is spared, and account "+q.Account+" has nobody of that name")
	}
	who := fmt.Sprintf("none of the %d users and roles of account %s", len(living), q.Account)
	if len(q.Administrators) > 0 {
		who += " that the allow list names as administrators"
	}
	return append(reasons, who+" can take the policy off")
}

// userID is the variable of aws:userid of this one principal.
func (p Principal) userID(kind policies.Kind) *variable {
	if kind == policies.User {
		return constant(p.ID)
	}
	return &variable{base: language{concat(text(p.ID+":"), repeat(nameSet, 2, 64))}, present: true,
		favour: []string{p.ID + ":witness"}}
}

// mostClasses bounds how many principals are asked about, one by one.
const mostClasses = 64

// classes are the principals that matter, one for each way in which the policy can tell them apart. All federated users
// are one, by a pattern that stands for all.
func (q Question) classes(living []Principal) (one []Principal, err error) {
	tests, seen, users := q.nameTests(), map[string]bool{}, false
	for _, p := range living {
		users = users || strings.Contains(p.ARN, ":user/")
		if !policies.IsAdministrator(q.Administrators, p.ARN) {
			continue
		}
		if class := tests.class(p); !seen[class] {
			seen[class] = true
			one = append(one, p)
		}
	}
	if users {
		one = append(one, q.federated()...)
	}
	if len(one) > mostClasses {
		return nil, fmt.Errorf("the policy tells %d principals of the account apart, and at most %d are asked about",
			len(one), mostClasses)
	}
	return one, nil
}

// federated are the patterns of the federated users that matter.
func (q Question) federated() (all []Principal) {
	if len(q.Administrators) == 0 {
		partition := "aws"
		if parts := strings.SplitN(q.Resource, ":", 3); len(parts) == 3 {
			partition = parts[1]
		}
		return []Principal{{ARN: "arn:" + partition + ":sts::" + q.Account + ":federated-user/*"}}
	}
	for _, pattern := range q.Administrators {
		if strings.Contains(pattern, ":federated-user/") {
			all = append(all, Principal{ARN: pattern})
		}
	}
	return all
}

// nameTests are what a policy's Deny statements compare the names and ids of principals with.
type nameTests struct {
	values []string
	each   bool // they may tell every principal from every other
}

func (q Question) nameTests() nameTests {
	t := nameTests{}
	for _, st := range onlyDenies(q.Policy, nil).Statements {
		for _, name := range namesOf(st.Principal) {
			t.see(name)
		}
		for _, c := range st.Conditions {
			for _, v := range c.Values {
				if slices.Contains(ofNames, strings.ToLower(c.Key)) {
					t.see(v)
				}
				t.speaks(v)
			}
		}
		if st.Resource != nil {
			for _, v := range st.Resource.Values {
				t.speaks(v)
			}
		}
	}
	return t
}

// ofNames are the keys that tell one principal from another of its kind.
var ofNames = []string{"aws:principalarn", "aws:userid", "aws:username"}

func (t *nameTests) see(v string) {
	id, _, _ := strings.Cut(v, ":")
	start, rest, wild := cutWild(id)
	if wild && !strings.HasPrefix(v, "arn:") && start != "" && strings.Trim(rest, "*") != "" {
		t.each = true // a wildcard within an id, or one that may reach over the colon
	}
	t.values = append(t.values, v)
}

// speaks notes the policy variables of a value.
func (t *nameTests) speaks(v string) {
	for _, key := range variablesIn(v) {
		t.each = t.each || slices.Contains(ofNames, key)
	}
}

// cutWild cuts a pattern before its first wildcard.
func cutWild(pattern string) (start, rest string, wild bool) {
	if i := strings.IndexAny(pattern, "*?"); i >= 0 {
		return pattern[:i], pattern[i:], true
	}
	return pattern, "", false
}

// class is the same for principals that the policy cannot tell apart: of one kind, alike before every value that names
// are compared with, and both or neither of Identity Center.
func (t nameTests) class(p Principal) string {
	if t.each {
		return p.ARN
	}
	user, name := strings.Contains(p.ARN, ":user/"), p.ARN[strings.LastIndexByte(p.ARN, '/')+1:]
	bits := []bool{user, strings.Contains(p.ARN, ":role/aws-reserved/sso.amazonaws.com/")}
	for _, v := range t.values {
		id, _, _ := strings.Cut(v, ":")
		parts := strings.Split(v, "/") // of a session's ARN the second is the role
		bits = append(bits, policies.MatchARN(v, p.ARN), policies.Glob(id, p.ID), len(parts) > 1 && parts[1] == name)
		for _, of := range []string{p.ARN, p.ID, name} {
			bits = append(bits, v == of, strings.EqualFold(v, of), policies.Glob(v, of),
				policies.Glob(strings.ToLower(v), strings.ToLower(of)))
		}
	}
	return fmt.Sprint(bits)
}

// Spared are the names that a policy's Deny statements spare, as it writes them: ARNs and patterns of the account's
// users and roles under a negated operator or in NotPrincipal, unique ids, and users' names as user/NAME. Where account
// is "", those of every account count.
func Spared(d *policies.Document, account string) []string {
	var all []string
	add := func(name string) {
		parts := strings.SplitN(name, ":", 6)
		if parts[0] == "arn" && (len(parts) < 6 || account != "" && !policies.Glob(parts[4], account)) {
			return
		}
		if !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	for _, st := range d.Statements {
		if st.Effect != policies.Deny {
			continue
		}
		if p := st.Principal; p != nil && p.Not {
			for _, n := range p.Named {
				if n.Kind == "AWS" && (isUniqueID(n.Value) || ofUserOrRole(n.Value)) {
					add(n.Value)
				}
			}
		}
		for _, c := range st.Conditions {
			if !c.Operator.Negated() {
				continue
			}
			for _, v := range c.Values {
				switch strings.ToLower(c.Key) {
				case "aws:principalarn":
					if ofUserOrRole(v) {
						add(v)
					}
				case "aws:userid":
					id, _, _ := strings.Cut(v, ":")
					add(id)
				case "aws:username":
					add("user/" + v)
				}
			}
		}
	}
	return all
}

// ofUserOrRole tells whether an ARN, or a pattern, can be that of a user or role.
func ofUserOrRole(v string) bool {
	parts := strings.SplitN(v, ":", 6)
	return len(parts) == 6 && (strings.HasPrefix(parts[5], "role/") || strings.HasPrefix(parts[5], "user/"))
}

// Dead are those of the spared names that belong to nobody who exists.
func Dead(spared []string, living []Principal) (dead []string) {
	for _, name := range spared {
		if !slices.ContainsFunc(living, func(p Principal) bool { return Names(name, p) }) {
			dead = append(dead, name)
		}
	}
	return dead
}

// Names tells whether a name that a policy spares may be that of a principal.
func Names(spared string, p Principal) bool {
	fold := strings.ToLower // an operator may ignore letter case
	switch {
	case strings.HasPrefix(spared, "arn:"):
		return policies.Glob(fold(spared), fold(p.ARN))
	case strings.HasPrefix(spared, "user/"):
		i := strings.LastIndexByte(p.ARN, '/')
		return strings.Contains(p.ARN, ":user/") && policies.Glob(fold(spared), fold("user/"+p.ARN[i+1:]))
	}
	return policies.Glob(fold(spared), fold(p.ID))
}

// Suffixed are those of the spared names that are of a role of Identity Center with its suffix. Such a role is deleted
// with the account's last assignment, and the next one has another suffix. AWS advises to write a * for it
// (https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html).
func Suffixed(spared []string) []string {
	return slices.DeleteFunc(slices.Clone(spared), func(name string) bool { return !suffixed.MatchString(name) })
}

// SuffixWarning says what is wrong with a name that [Suffixed] gives, and what to write.
func SuffixWarning(name string) string {
	lasting := name[:strings.LastIndexByte(name, '_')] + "_*"
	return name + " is spared with its suffix. IAM Identity Center deletes that role with the account's last assignment " +
		"of the permission set, and gives the next one another suffix: write ArnNotLike with " + lasting
}

var suffixed = regexp.MustCompile(`[/*]AWSReservedSSO_[^/]+_[0-9a-f]{16}$`)
