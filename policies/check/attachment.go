package main

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"locksmith/policies"
	"locksmith/policies/lockout"
)

// An attachment is what a template or a plan does: it gives a bucket or a queue a policy.
type attachment struct {
	name string // logical id or address
	at   int    // byte offset of the policy
	// partitions are those in which it may be made; none: those of the whole file.
	partitions []string
	// in says what it comes to in one world: nothing, where it is not made there, or more than one where a list of queues is not spelled out.
	in func(r *resolver) ([]placed, *fault)
}

// Placed is a policy on a bucket or queue. Both can have holes.
type placed struct {
	arn      string
	document policies.Value
}

// stepsOfVerdict is what a verdict counts for among the steps of a policy, and one step for so many bytes of it.
const (
	stepsOfVerdict = 1000
	bytesOfStep    = 8
)

// A branch is a world in which nothing is left open, and the verdict there.
type branch struct {
	world
	ruling
}

// judge judges an attachment in every world that the template leaves possible.
func (o *options) judge(t *template, a attachment, r *report) {
	symbols := &symbols{steps: mostSteps}
	var failed *fault
	s := o.settings
	s.resource = ""
	partitions := a.partitions
	if len(partitions) == 0 {
		partitions = t.partitions
	}
	v := t.owners.each(func(account string) ruling {
		var branches []branch
		for _, partition := range partitions {
			more, fault := s.branches(t, symbols, a, world{account: account, partition: partition})
			if failed == nil {
				failed = fault
			}
			branches = append(branches, more...)
		}
		v := agree(branches)
		if account == t.owners.standIn {
			v = v.withoutStandIn(account)
		}
		return v
	})
	if symbols.steps < 0 {
		v.resource = cmp.Or(v.resource, "{unknown}")
		v.Verdict = lockout.Verdict{Answer: lockout.Undecided, Reasons: []string{"it is too much to resolve and judge in every case; -account and -parameter leave fewer"}}
	}
	switch {
	case failed != nil:
		r.wrong(failed)
	case v.Answer == "":
		r.idle = append(r.idle, idle{t.name, t.position(a.at), a.name + " is made under a condition that never holds"})
	default:
		r.add(t.file, a.at, a.name, v.resource, v)
	}
}

// withoutStandIn names an account that stands for all those that the policy does not name by what a template calls it. The witness keeps it: it can be replayed so.
func (v ruling) withoutStandIn(account string) ruling {
	v.resource = strings.ReplaceAll(v.resource, account, "{AccountId}")
	v.Reasons = slices.Clone(v.Reasons)
	for i := range v.Reasons {
		v.Reasons[i] = strings.ReplaceAll(v.Reasons[i], account, "{AccountId}")
	}
	return v
}

// branches settles one comparison after the other both ways until none is open, and judges what there is then.
func (s settings) branches(t *template, symbols *symbols, a attachment, start world) (all []branch, wrong *fault) {
	for todo := []world{start}; len(todo) > 0 && symbols.steps >= 0; {
		w := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		r := newResolver(t, symbols, w)
		made, fault := a.in(r)
		switch {
		case len(r.open) > 0 && len(w.settled) < mostComparisons:
			todo = append(todo, w.with(r.open[0], false), w.with(r.open[0], true))
			continue
		case len(r.open) > 0:
			made, fault = r.anywhere(a.at, "AWS::S3::BucketPolicy", "open conditions", fmt.Sprintf("more than %d conditions that are open", mostComparisons))
		}
		if fault != nil {
			return nil, fault
		}
		for _, p := range made {
			v, err := s.judgePlaced(t.file, symbols, p, w)
			if err != nil {
				return nil, t.syntax(err)
			}
			v.resource = symbols.shown(p.arn)
			all = append(all, branch{w, v})
		}
	}
	return all, nil
}

// judgePlaced judges a policy with unknown parts: once denying as little as they can make it deny, once as much.
func (s settings) judgePlaced(f *file, symbols *symbols, p placed, w world) (ruling, error) {
	document, err := f.embedded(&p.document)
	if err != nil {
		return ruling{}, err
	}
	ask := func(b *bounder) (ruling, error) {
		bounded := b.policy(document)
		text := render(&bounded)
		symbols.steps -= stepsOfVerdict + len(text.text)/bytesOfStep
		subject := subject{settings: s, text: text.text, place: text.place(f)}
		subject.resource, subject.account = b.resource(), ""
		if subject.ownerOf(subject.resource) == "" { // the ARN of a queue elsewhere names another account
			subject.account = w.account
		}
		v, err := subject.judge()
		v.Verdict = b.plain(v.Verdict)
		return v, err
	}
	bounds := &bounder{symbols: symbols, arn: p.arn}
	least, err := ask(bounds)
	if err != nil || len(bounds.doubts) == 0 {
		return least, err
	}
	most, err := ask(&bounder{symbols: symbols, arn: p.arn, most: true, anyone: len(s.administrators) == 0})
	if err != nil {
		return ruling{}, err
	}
	return between(least, most, bounds.why(f)), nil
}

// between is the verdict on a policy that denies no less than one and no more than another. That denying more never loosens is a property of package lockout.
func between(least, most ruling, why string) ruling {
	switch {
	case least.Answer == lockout.Lockout || least.Answer == most.Answer && most.Answer != lockout.Undecided:
		return least
	case least.Answer == lockout.Sealed:
		least.Reasons = append(slices.Clip(least.Reasons), "other access may be gone too: "+why)
		return least
	case most.Answer == lockout.Open || most.Answer == lockout.Restricted && least.Answer == lockout.Open:
		return most
	}
	v := ruling{places: least.places, account: least.account}
	v.Answer = lockout.Undecided
	v.Reasons = []string{why}
	for _, end := range []ruling{least, most} {
		if end.Answer == lockout.Undecided {
			v.Reasons = append(v.Reasons, end.Reasons...)
		}
	}
	if least.Answer != most.Answer {
		v.Reasons[0] += fmt.Sprintf("; it is %s at best, %s at worst", least.Answer, most.Answer)
	}
	return v
}

// agree is the verdict where the file leaves several cases open: the one that all of them share. Where the policy is made in none there is none.
func agree(branches []branch) ruling {
	if len(branches) == 0 {
		return ruling{}
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
	v := worst.ruling
	switch {
	case worst.Answer == best.Answer:
		return branches[0].ruling
	case locked(best.Answer): // both are: nobody can take it off in any case
		v = best.ruling
	case locked(worst.Answer):
		v.Verdict = lockout.Verdict{Answer: lockout.Undecided}
		if best.Answer == lockout.Undecided {
			v.Reasons = best.Reasons
		}
	}
	differ := fmt.Sprintf("it is %s where %s, and %s where %s", worst.Answer, worst.where(best), best.Answer, best.where(worst))
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
	case b.partition != other.partition:
		cases = append(cases, "the partition is "+b.partition)
	case b.resource != other.resource:
		cases = append(cases, "it is on "+b.resource)
	}
	return strings.Join(cases, " and ")
}

var partitionInARN = regexp.MustCompile(`\barn:(aws|aws-cn|aws-us-gov|aws-eusc|aws-iso(?:-[a-z])?):`)

// partitions are those in which a policy may be applied: the one that is given, or those of the ARNs that the text spells out. With several, the verdict has to hold in each.
func partitions(text []byte, given map[string]string) (all []string) {
	region := given["AWS::Region"]
	switch {
	case given["AWS::Partition"] != "":
		return []string{given["AWS::Partition"]}
	case strings.HasPrefix(region, "cn-"):
		return []string{"aws-cn"}
	case strings.HasPrefix(region, "us-gov-"):
		return []string{"aws-us-gov"}
	}
	for _, m := range partitionInARN.FindAllSubmatch(text, -1) {
		if p := string(m[1]); !slices.Contains(all, p) {
			all = append(all, p)
		}
	}
	return all
}
