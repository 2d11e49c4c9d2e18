package partial

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"locksmith/policies"
	"locksmith/policies/lockout"
)

// A Template is a policy with unknown parts, or with several forms: what a file says before somebody applies it.
type Template struct {
	At         int      // byte offset of the policy
	Owners     Owners   // whose resource it may be
	Partitions []string // where it may be applied; at least one
	Place      func(offset int) policies.Position
	// In says what the template comes to in one world.
	In func(*Unknowns, World) Case
}

// A Case is what a template comes to in one world.
type Case struct {
	Placed []Placed     // none where the policy is not made there, several where it is on several queues
	Open   []Comparison // what the world would have to settle first; the rest of the case then does not count
	Err    error
}

// Placed is a policy on a bucket or queue. Both can have holes.
type Placed struct {
	ARN      string
	Document policies.Value
}

// What a verdict counts for among the steps of a policy: so many, and one for so many bytes.
const (
	stepsOfVerdict = 1000
	bytesOfStep    = 8
)

// A branch is a world in which nothing is left open, and the verdict there.
type branch struct {
	World
	Ruling
}

// JudgeTemplate judges a template in every world that it leaves possible. The answer is "" where no policy is made in
// any of them. The error is one of the template's own, or a *[policies.SyntaxError] with its place in the file.
func (q Question) JudgeTemplate(t Template) (Ruling, error) {
	u := newUnknowns()
	q.Resource = ""
	var failed error
	o := t.owners(q)
	v := o.each(func(account string) Ruling {
		var branches []branch
		for _, partition := range t.Partitions {
			more, err := q.branches(t, u, World{Account: account, Partition: partition})
			failed = cmp.Or(failed, err)
			branches = append(branches, more...)
		}
		v := agree(branches)
		if account == o.standIn {
			v = v.withoutStandIn(account)
		}
		return v
	})
	if u.steps < 0 {
		v.Resource = cmp.Or(v.Resource, "{unknown}")
		v.Verdict = undecided("it is too much to resolve and judge in every case; -account and -parameter leave fewer")
	}
	return v, failed
}

func (t Template) owners(q Question) Owners {
	if q.Account != "" {
		return known(q.Account)
	}
	return t.Owners
}

// AtLeast is the template without what is unknown in it: a policy that denies no more than it does in its first world.
// It serves to see which bucket or queue the policy may be for.
func (q Question) AtLeast(t Template) Whole {
	u := newUnknowns()
	text := []byte("null")
	place := t.Place
	made := t.In(u, World{Account: t.owners(q).accounts[0], Partition: t.Partitions[0]})
	if len(made.Placed) > 0 {
		bounded := (&bounder{Unknowns: u}).policy(&made.Placed[0].Document)
		r := render(&bounded)
		text, place = r.text, r.place(t.Place)
	}
	return Whole{Text: text, Place: place}
}

// withoutStandIn names an account that stands for all those that the policy does not name by what a template calls it.
// The witness keeps it, since it can be replayed so.
func (r Ruling) withoutStandIn(account string) Ruling {
	r.Resource = strings.ReplaceAll(r.Resource, account, "{AccountId}")
	r.Reasons = slices.Clone(r.Reasons)
	for i := range r.Reasons {
		r.Reasons[i] = strings.ReplaceAll(r.Reasons[i], account, "{AccountId}")
	}
	return r
}

// branches settles one comparison after the other both ways until none is open, and judges what there is then.
func (q Question) branches(t Template, u *Unknowns, start World) (all []branch, err error) {
	for todo := []World{start}; len(todo) > 0 && u.steps >= 0; {
		w := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		made := t.In(u, w)
		switch {
		case len(made.Open) > 0 && len(w.settled) < mostComparisons:
			todo = append(todo, w.with(made.Open[0], false), w.with(made.Open[0], true))
			continue
		case len(made.Open) > 0:
			made = Case{Placed: []Placed{anywhere(u, w, t.At)}}
		}
		if made.Err != nil {
			return nil, made.Err
		}
		for _, p := range made.Placed {
			v, err := q.judgePlaced(t, u, p, w)
			if err != nil {
				return nil, err
			}
			v.Resource = u.Shown(p.ARN)
			all = append(all, branch{w, v})
		}
	}
	return all, nil
}

// anywhere stands for a template with too many open comparisons: a policy on a bucket, of both of which nothing is
// known.
func anywhere(u *Unknowns, w World, at int) Placed {
	h := u.Hole("open conditions", fmt.Sprintf("more than %d conditions that are open", mostComparisons), at)
	return Placed{"arn:" + w.Partition + ":s3:::" + h, policies.Value{Type: Unknown, Text: h, Start: at, End: at}}
}

// judgePlaced judges a policy with unknown parts: once denying as little as they can make it deny, once as much.
func (q Question) judgePlaced(t Template, u *Unknowns, p Placed, w World) (Ruling, error) {
	ask := func(b *bounder) (Ruling, error) {
		bounded := b.policy(&p.Document)
		r := render(&bounded)
		u.steps -= stepsOfVerdict + len(r.text)/bytesOfStep
		inner := q
		inner.Resource, inner.Account = b.resource(), ""
		if inner.owner() == "" { // the ARN of a queue elsewhere names another account
			inner.Account = w.Account
		}
		v, err := inner.Judge(Whole{Text: r.text, Place: r.place(t.Place)})
		v.Verdict = b.plain(v.Verdict)
		return v, err
	}
	bounds := &bounder{Unknowns: u, arn: p.ARN}
	least, err := ask(bounds)
	if err != nil || len(bounds.doubts) == 0 {
		return least, err
	}
	most, err := ask(&bounder{Unknowns: u, arn: p.ARN, most: true, anyone: len(q.Administrators) == 0})
	if err != nil {
		return Ruling{}, err
	}
	return between(least, most, bounds.why(t.Place)), nil
}

// between is the verdict on a policy that denies no less than one and no more than another. That denying more never
// loosens is a property of package lockout.
func between(least, most Ruling, why string) Ruling {
	switch {
	case least.Answer == lockout.Lockout || least.Answer == most.Answer && most.Answer != lockout.Undecided:
		return least
	case least.Answer == lockout.Sealed:
		least.Reasons = append(slices.Clip(least.Reasons), "other access may be gone too: "+why)
		return least
	case most.Answer == lockout.Open || most.Answer == lockout.Restricted && least.Answer == lockout.Open:
		return most
	}
	v := Ruling{Verdict: undecided(why), Places: least.Places, Account: least.Account}
	for _, end := range []Ruling{least, most} {
		if end.Answer == lockout.Undecided {
			v.Reasons = append(v.Reasons, end.Reasons...)
		}
	}
	if least.Answer != most.Answer {
		v.Reasons[0] += fmt.Sprintf("; it is %s at best, %s at worst", least.Answer, most.Answer)
	}
	return v
}

// agree is the verdict where the file leaves several cases open: the one that all of them share. Where the policy is
// made in none of them there is none.
func agree(branches []branch) Ruling {
	if len(branches) == 0 {
		return Ruling{}
	}
	worst, best := branches[0], branches[0]
	for _, b := range branches[1:] {
		if openness(b.Answer) < openness(worst.Answer) {
			worst = b
		}
		if openness(b.Answer) > openness(best.Answer) {
			best = b
		}
	}
	v := worst.Ruling
	switch {
	case worst.Answer == best.Answer:
		return branches[0].Ruling
	case locked(best.Answer): // both are: nobody can take it off in any case
		v = best.Ruling
	case locked(worst.Answer):
		v.Verdict = undecided()
		if best.Answer == lockout.Undecided {
			v.Reasons = best.Reasons
		}
	}
	differ := fmt.Sprintf("it is %s where %s, and %s where %s",
		worst.Answer, worst.where(best), best.Answer, best.where(worst))
	v.Reasons = append(slices.Clip(v.Reasons), differ)
	return v
}

// where says in which case a branch is, as against another.
func (b branch) where(other branch) string {
	var cases []string
	for _, o := range b.settled {
		cases = append(cases, o.String())
	}
	switch {
	case b.Partition != other.Partition:
		cases = append(cases, "the partition is "+b.Partition)
	case b.Resource != other.Resource:
		cases = append(cases, "it is on "+b.Resource)
	}
	return strings.Join(cases, " and ")
}
