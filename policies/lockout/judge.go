package lockout

import (
	"fmt"
	"slices"
	"strings"

	"locksmith/policies"
)

// The verdict, step by step: whether an ordinary request takes the policy off, then any request, then what else
// remains. Start here. How requests are found is in search.go, the worlds they come from in worlds.go.

// Judge answers the question. It takes a bounded number of steps and holds some megabytes at most, whatever the policy.
// It never panics: a defect of the prover is Undecided, with [Verdict.Defect] set. It may be called from many
// goroutines at once.
func Judge(q Question) (v Verdict) {
	defer func() {
		if defect := recover(); defect != nil {
			v = undecided("the prover failed on this policy: a defect of this program, which its makers should see")
			v.Defect = fmt.Sprint(defect)
		}
	}()
	s, err := newSetting(q)
	if err != nil {
		return undecided(err.Error())
	}
	if len(q.Policy.Problems) > 0 {
		return undecided(q.Policy.Problems[0].String())
	}
	defer s.memory.release()
	if err := s.matter(); err != nil {
		return undecided(err.Error())
	}
	if w := s.quick(); w != nil {
		return Verdict{Answer: Open, Witness: w}
	}
	if found := s.escape(s.recovery, true); found != nil {
		return Verdict{Answer: Open, Witness: s.witness(*found.witness, found.action)}
	}
	if found := s.escape(s.recovery, false); found != nil {
		return Verdict{Answer: Restricted, Reasons: s.particulars(found),
			Witness: s.witness(*found.witness, found.action)}
	}
	if reasons := s.openQuestions(s.recovery); len(reasons) > 0 {
		return undecided(reasons...)
	}
	remains, reasons := s.remains()
	if len(reasons) > 0 {
		const what = "nobody can take the policy off, but what else is possible could not be settled"
		return undecided(append([]string{what}, reasons...)...)
	}
	v = Verdict{Answer: Lockout}
	v.Statements, v.Reasons = s.blame()
	if remains != "" {
		v.Answer = Sealed
		v.Reasons = append(v.Reasons, remains+", so this may be a deliberate seal")
	}
	return v
}

// remains is what a policy that nobody can take off leaves possible, or "" where it is a deny-all. The reasons say why
// that could not be settled.
func (s *setting) remains() (what string, reasons []string) {
	what, unsettled := s.used()
	if what != "" {
		return what, nil
	}
	for _, action := range s.distinct(s.others) {
		one := s
		if action == listBucket && s.mentions(ofListings...) {
			one = &setting{}
			*one = *s
			one.listing, one.everywhere = true, nil
		}
		one.budget = s.fresh()
		if found := one.escape([]string{action}, false); found != nil {
			return found.action + " is still possible", nil
		}
		reasons = append(reasons, one.openQuestions([]string{action})...)
	}
	return "", append(reasons, unsettled...)
}

// used tells whether the use of what is inside was left to everybody: a further action of which no Deny statement
// speaks, whomever it names and wherever.
func (s *setting) used() (what string, unsettled []string) {
	for _, action := range s.inside {
		switch s.Policy.DenyCovers(action) {
		case policies.No:
			return "no statement denies " + action, nil
		case policies.Unknown:
			unsettled = append(unsettled, "whether a statement denies "+action+" cannot be settled")
		}
	}
	return "", unsettled
}

func undecided(reasons ...string) Verdict { return Verdict{Answer: Undecided, Reasons: reasons} }

// escape looks for a request that is not denied. Where its sender has a path that nobody would choose, it looks for one
// whose sender has not. Where nobody is named as administrator, an ordinary one bears no name that the policy names.
func (s *setting) escape(actions []string, ordinary bool) *search {
	found := s.through(actions, ordinary)
	if found != nil && ordinary && len(s.Administrators) == 0 && s.bears(found.witness.arn) {
		strict := s.again()
		strict.strict = true
		found = strict.through(actions, ordinary)
	}
	if found == nil || strings.Count(found.witness.arn, ":") == 5 {
		return found
	}
	tame := s.again()
	tame.tame, tame.strict = true, ordinary
	if nicer := tame.through(actions, ordinary); nicer != nil {
		return nicer
	}
	return found
}

// again is the setting for another search, in worlds of its own.
func (s *setting) again() *setting {
	other := *s
	other.bases, other.namedHere, other.everywhere, other.ordinaries, other.budget = nil, nil, nil, nil, s.fresh()
	return &other
}

// through tries all worlds.
func (s *setting) through(actions []string, ordinary bool) *search {
	for _, w := range s.worlds(ordinary) {
		for _, action := range s.distinct(actions) {
			plain := w.search(action, nil)
			if plain.run() {
				return plain
			}
			if plain.sure() {
				w.closed = append(w.closed, action)
			}
			if bound := w.searchBound(action, nil); bound != nil && bound.run() {
				return bound
			}
		}
	}
	return nil
}

// openQuestions are why nobody can say that the actions are closed. There are none where the search finds nothing over
// all requests, and over all that the policy may mean.
func (s *setting) openQuestions(actions []string) []string {
	reasons := s.doubts(actions)
	if len(reasons) == 0 || s.folding != unknownFolding || !s.foldsAbroad() {
		return reasons
	}
	for _, folding := range []folding{narrow, wide} {
		one := *s
		one.folding, one.everywhere, one.budget = folding, nil, s.fresh()
		if len(one.doubts(actions)) > 0 {
			return reasons
		}
	}
	return nil // it is closed whichever of the two holds
}

// doubts are the uncertain ways that are left to the actions.
func (s *setting) doubts(actions []string) []string {
	var reasons []string
	for _, w := range s.worlds(false) {
		for _, action := range s.distinct(actions) {
			if slices.Contains(w.closed, action) {
				continue
			}
			search := w.search(action, nil)
			search.doubts = true
			if !s.budget.out && search.run() {
				reasons = append(reasons, search.uncertainties()...)
			}
		}
	}
	if s.budget.out {
		return []string{"the search came to its bound before it was complete"}
	}
	slices.Sort(reasons)
	return slices.Compact(reasons)
}

// sure tells whether a search that found nothing would find nothing either if all that is uncertain counted.
func (s *search) sure() bool {
	return s.doubt == "" && !s.budget.out && !slices.ContainsFunc(s.clauses, func(c clause) bool {
		return slices.ContainsFunc(c.ways, func(w way) bool { return w.uncertain != "" })
	})
}

// uncertainties are why it is not known whether the request that was found is denied: the uncertain ways that it takes
// past statements of which it takes no certain one.
func (s *search) uncertainties() []string {
	taken := func(w way) bool {
		return !slices.ContainsFunc(w.constraints, func(k constraint) bool { return !s.holds(k, s.final) })
	}
	var all []string
	for _, c := range s.clauses {
		if slices.ContainsFunc(c.ways, func(w way) bool { return w.uncertain == "" && taken(w) }) {
			continue
		}
		for _, w := range c.ways {
			if w.uncertain == "" || !taken(w) {
				continue
			}
			reason := w.uncertain
			if !strings.HasPrefix(reason, "statement ") {
				reason = "statement " + s.Policy.Statements[c.statement].Label() + ": " + reason
			}
			all = append(all, reason)
		}
	}
	if len(all) == 0 {
		all = append(all, "some request seems to get through, but none could be confirmed")
	}
	return all
}

// blame is the smallest set of statements without which somebody can take the policy off, and why nobody escapes them.
func (s *setting) blame() (statements []int, reasons []string) {
	s.budget = s.fresh() // a new one: the verdict is settled
	statements = s.smallest()
	proved := !s.budget.out
	s.budget = s.forReasons()
	reasons = s.explain(statements)
	if !proved {
		reasons = append(reasons, "fewer statements may do: the search for the smallest set came to its bound")
	}
	return statements, reasons
}

// smallest is the smallest set of statements without which somebody can take the policy off. Among equals it is the
// earliest in the document.
func (s *setting) smallest() []int {
	var all []int
	for _, st := range s.denies {
		if slices.ContainsFunc(s.recovery, func(action string) bool {
			return s.covered(action)[st.Index] != policies.No
		}) {
			all = append(all, st.Index)
		}
	}
	for size := 1; size < len(all) && !s.budget.out; size++ {
		if !s.opensWithout(nil, size) {
			continue
		}
		var set []int
		for _, i := range all {
			if len(set) < size && s.opensWithout(append(slices.Clone(set), i), size-len(set)-1) {
				set = append(set, i)
			}
		}
		if len(set) == size {
			return set
		}
	}
	return all // that all of them together are enough is sure
}

// opensWithout tells whether somebody can take the policy off once the statements, and as many more as spare says, are
// gone.
func (s *setting) opensWithout(without []int, spare int) bool {
	for _, w := range s.worlds(false) {
		for _, action := range s.distinct(s.recovery) {
			for _, search := range []*search{w.search(action, without), w.searchBound(action, without)} {
				if search == nil {
					continue
				}
				if search.spare = spare; search.run() {
					return true
				}
			}
		}
	}
	return false
}
