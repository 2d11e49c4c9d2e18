package exhaustive

import (
	"fmt"
	"slices"
	"strings"

	"locksmith/policies/lockout"
)

// A Truths is what the search knows of one question.
type Truths struct {
	u       *universe
	scenes  []map[vector]*link // of the calls that take the policy off
	listing []map[vector]*link // of listings through an access point
	Mistake string             // an administrator that is no principal of the account
	TooMany bool               // more Deny statements than the search can hold
}

// Ask derives the universe of a question and searches it.
func Ask(q *Question, e *explorer) (*Truths, error) {
	p, err := Read([]byte(q.Policy))
	if err != nil {
		return nil, err
	}
	u := newUniverse(q, p, e)
	t := &Truths{u: u, Mistake: u.mistaken()}
	u.deny = slices.DeleteFunc(u.deny, func(s *Statement) bool { return !u.concerns(s) })
	if len(u.deny) > maxStatements {
		t.TooMany = true
		return t, nil
	}
	for _, c := range senders {
		for _, m := range []mode{direct, endpoint, service} {
			t.scenes = append(t.scenes, u.reach(scene{c, m, false}))
			for key := range u.mentions {
				if info, _ := lookup(key); info.carrier == listing {
					t.listing = append(t.listing, u.reach(scene{c, m, true}))
					break
				}
			}
		}
	}
	return t, nil
}

// concerns tells whether a statement can matter to any action that is asked of.
func (u *universe) concerns(s *Statement) bool {
	return slices.ContainsFunc(slices.Concat(u.q.recoveryActions(), u.q.furtherActions()), s.coversAction)
}

// stands tells whether a Deny statement stands in the way of an action. A statement without a Sid that denies
// SetQueueAttributes stands in the way of RemovePermission too, which names the statement that it removes.
func stands(s *Statement, action string) bool {
	return s.coversAction(action) || action == "sqs:RemovePermission" && s.Sid == "" &&
		s.coversAction("sqs:SetQueueAttributes")
}

// mask covers the statements that stand in the way of an action; those that are taken off do not.
func (t *Truths) mask(action string, without []int) (m vector) {
	for i, s := range t.u.deny {
		if stands(s, action) && !slices.Contains(without, i) {
			m |= 3 << (2 * i)
		}
	}
	return m
}

// escapes tells whether a vector escapes the statements of a mask: certainly where all are No, possibly where none is
// Yes.
func escapes(v, mask vector, certainly bool) bool {
	v &= mask
	if certainly {
		return v == 0
	}
	return v&(v>>1)&0x1555555555555555 == 0
}

// find looks for a request by which one of the actions is possible.
func (t *Truths) find(actions []string, ordinary, certainly bool, without []int) *Request {
	for _, a := range actions {
		m := t.mask(a, without)
		scenes := t.scenes
		if a == "s3:ListBucket" && len(t.listing) > 0 {
			scenes = slices.Concat(t.scenes, t.listing)
		}
		for _, s := range scenes {
			var best vector
			found := false
			for v := range s {
				if (v&ordinaryBit != 0 || !ordinary) && escapes(v, m, certainly) && (!found || v > best) {
					best, found = v, true
				}
			}
			if found {
				return t.u.request(s[best], a)
			}
		}
	}
	return nil
}

// Recovery finds a request that takes the policy off; certainly so, or possibly.
func (t *Truths) Recovery(ordinary, certainly bool) *Request {
	return t.find(t.u.q.recoveryActions(), ordinary, certainly, nil)
}

// Further finds another action of a deny-all that is possible.
func (t *Truths) Further(certainly bool) *Request {
	return t.find(t.u.q.furtherActions(), false, certainly, nil)
}

// InsideLeft names an action on what is inside that no Deny statement's actions cover, "" where all are covered.
func (t *Truths) InsideLeft() string {
	for _, a := range t.u.q.insideActions() {
		covered := slices.ContainsFunc(t.u.p.Statements, func(s Statement) bool {
			return s.Effect == "Deny" &&
				s.coversAction(a)
		})
		if !covered {
			return a
		}
	}
	return ""
}

// Smallest is the smallest set of statements, by their places in the document, without which a request certainly takes
// the policy off; the earliest among equals.
func (t *Truths) Smallest() []int {
	n := len(t.u.deny)
	for size := 0; size <= n; size++ {
		for _, set := range subsets(n, size) {
			if t.find(t.u.q.recoveryActions(), false, true, set) != nil {
				return t.places(set)
			}
		}
	}
	return nil
}

// places turns indices among the Deny statements into places in the document.
func (t *Truths) places(set []int) (all []int) {
	for _, i := range set {
		for j := range t.u.p.Statements {
			if &t.u.p.Statements[j] == t.u.deny[i] {
				all = append(all, j)
			}
		}
	}
	return all
}

// subsets are all sets of the size out of n, the earliest first.
func subsets(n, size int) [][]int {
	if size == 0 {
		return [][]int{nil}
	}
	var all [][]int
	for _, s := range subsets(n, size-1) {
		from := 0
		if len(s) > 0 {
			from = s[len(s)-1] + 1
		}
		for i := from; i < n; i++ {
			all = append(all, append(slices.Clone(s), i))
		}
	}
	return all
}

// sure checks a request that the search found by evaluating it as a whole. What it says is a defect of this package.
func (t *Truths) sure(r *Request) error {
	if wrong := t.u.q.Unreal(r); len(wrong) > 0 {
		return fmt.Errorf("the search made a request that is not real: %s\n%s", strings.Join(wrong, "; "), r)
	}
	if d := t.u.escapeOf(r); d != No {
		return fmt.Errorf("the search says that a request escapes, the evaluator says %s: it is denied\n%s", d, r)
	}
	return nil
}

// escapeOf says whether something stands in the way of a request.
func (u *universe) escapeOf(r *Request) Truth {
	d := u.p.Denied(r, u.q.Account)
	if r.Action == "sqs:RemovePermission" {
		other := *r
		other.Action = "sqs:SetQueueAttributes"
		for _, s := range u.deny {
			if s.Sid == "" {
				d |= u.p.Denies(s, &other, u.q.Account)
			}
		}
	}
	return d
}

// Answers are the answers that the search leaves possible. Where something is not settled these are several.
func (t *Truths) Answers() []lockout.Answer {
	switch {
	case t.Mistake != "":
		return []lockout.Answer{lockout.Undecided}
	case t.Recovery(true, true) != nil:
		return []lockout.Answer{lockout.Open}
	case t.Recovery(false, true) != nil && t.Recovery(true, false) == nil:
		return []lockout.Answer{lockout.Restricted}
	case t.Recovery(false, true) != nil:
		return []lockout.Answer{lockout.Restricted, lockout.Undecided}
	case t.Recovery(false, false) != nil:
		return []lockout.Answer{lockout.Undecided}
	case t.InsideLeft() != "" || t.Further(true) != nil:
		return []lockout.Answer{lockout.Sealed}
	case t.Further(false) != nil:
		return []lockout.Answer{lockout.Sealed, lockout.Undecided}
	}
	return []lockout.Answer{lockout.Lockout}
}
