package lockout

import (
	"slices"
)

// The search for a request that satisfies all clauses of a world. Read clause.go and world.go first. The values of
// texts come from domain.go, and what ties two keys together is in relation.go.

// A choice is what is still open about one variable, and the value that it has for now.
type choice struct {
	absent, present bool // whether it may be absent, or present, still
	text            textDomain
	points          []bool     // of a variable with points: which are left
	every           []language // of a plural variable: what every value has to be in, and
	never           []language // in none of, and what
	some            []textDomain
	gone            bool     // its value for now: it is absent
	values          []string // or these
	tied            *link    // it is made of another, and has no domain of its own
	differs         []*difference
	near            []*nearness // patterns around others that it may match
}

// A search looks for a request that takes a way of every clause.
type search struct {
	*world
	clauses []clause
	action  string
	doubts  bool // uncertain ways count too; nothing is checked, since nothing could be shown
	spare   int  // how many statements may be left out of account, for the smallest set
	without []int
	budget  *budget
	doubt   string // a request that the search took for one that is not denied, and the evaluator did not
	witness *candidate
	finish  func([]*choice) bool // where other requests are looked for: whether this is one
	final   []*choice            // with doubts: the request that was found
}

// run tells whether there is such a request.
func (s *search) run() bool {
	if s.spare == 0 && slices.ContainsFunc(s.clauses, func(c clause) bool {
		return !slices.ContainsFunc(c.ways, s.counts)
	}) {
		return false // a clause that no request satisfies
	}
	return s.step(make([]*choice, len(s.variables)))
}

// order puts the ways first whose variables have been asked for the least. Where one way is as good as another, it is
// the cheaper one. So forty statements with a way each of their own need not agree on one variable.
func (s *search) order(ways []way, choices []*choice) []way {
	load := func(w way) (n int) {
		for _, k := range w.constraints {
			if c := choices[k.variable]; c != nil {
				n += len(c.text.in) + len(c.text.out) + len(c.every) + len(c.never) + len(c.some)
			}
		}
		return n
	}
	usable := slices.DeleteFunc(slices.Clone(ways), func(w way) bool { return !s.counts(w) })
	slices.SortStableFunc(usable, func(a, b way) int { return load(a) - load(b) })
	return usable
}

// counts tells whether a way may be taken.
func (s *search) counts(w way) bool { return w.uncertain == "" || s.doubts }

// at is the choice about a variable: the first, where no way has been taken that says more. It is nil where the
// variable can have no value at all, so that there is no request in this world.
func (s *search) at(choices []*choice, i int) *choice {
	if choices[i] != nil {
		return choices[i]
	}
	s.first = append(s.first, make([]*choice, len(s.variables)-len(s.first))...)
	c := s.first[i]
	if c == nil {
		if c = s.begin(i); !s.budget.out { // else a value that was not found may be there
			s.first[i] = c
		}
	}
	if c.gone || len(c.values) > 0 {
		return c
	}
	return nil
}

// begin is the choice about a variable before any way has been taken.
func (s *search) begin(i int) *choice {
	v := s.variables[i]
	c := &choice{absent: v.absent, present: v.present, text: textDomain{base: v.base}}
	if v.base == nil {
		c.points = slices.Repeat([]bool{true}, len(v.points))
	}
	if i == s.index["aws:principalarn"] {
		s.limit(c)
	} else if v.base != nil && !fixed(v.base) && (s.ordinary || s.aid != nil && !s.aid.texts && written(v.name)) {
		c.text.out, c.never = append(c.text.out, s.named(v.name)), append(c.never, s.named(v.name))
	}
	if !s.choose(i, c) {
		c.gone, c.values = false, nil
	}
	return c
}

// step looks for a clause that the values for now do not satisfy, and tries its ways. A way that has been taken stays
// taken, so each branch ends after as many steps as there are clauses.
func (s *search) step(choices []*choice) bool {
	if !s.budget.spend(1 + len(s.clauses)) {
		return false
	}
	i := slices.IndexFunc(s.clauses, func(c clause) bool {
		return !slices.Contains(s.without, c.statement) && !s.satisfied(c, choices)
	})
	if i < 0 {
		return s.leaf(choices)
	}
	for _, w := range s.order(s.clauses[i].ways, choices) {
		if next, ok := s.take(choices, w); ok && s.step(next) {
			return true
		}
	}
	if s.spare == 0 {
		return false
	}
	s.without, s.spare = append(s.without, s.clauses[i].statement), s.spare-1
	if s.step(choices) {
		return true
	}
	s.without, s.spare = s.without[:len(s.without)-1], s.spare+1
	return false
}

func (s *search) satisfied(c clause, choices []*choice) bool {
	return slices.ContainsFunc(c.ways, func(w way) bool {
		return s.counts(w) && !slices.ContainsFunc(w.constraints, func(k constraint) bool {
			return !s.holds(k, choices)
		})
	})
}

// holds tells whether the value for now fits a constraint.
func (s *search) holds(k constraint, choices []*choice) bool {
	c := s.at(choices, k.variable)
	switch {
	case c == nil, k.differ != nil && !s.differs(k.differ, choices):
		return false
	case k.differ != nil && len(c.near) > 0 && !slices.Contains(c.differs, k.differ):
		return false // the value for now may not be what it has to be near to
	case c.gone:
		return k.absent
	case !k.present:
		return false
	case k.link != nil:
		return s.holdsLink(k.link, choices)
	case k.pin != nil:
		return s.pinned(k.pin, choices).matches(c.values[0])
	case k.near != nil && !s.isNear(k.near, c, choices):
		return false
	case k.points != nil:
		return k.points[slices.Index(s.variables[k.variable].points, c.values[0])]
	}
	weight := k.in.weight() + k.out.weight()
	fits := func(v string) bool {
		return s.budget.spend(effort(weight, v)-1) && (k.in == nil || k.in.matches(v)) && !k.out.matches(v)
	}
	if !s.variables[k.variable].plural {
		return fits(c.values[0])
	}
	if k.every {
		return !slices.ContainsFunc(c.values, func(v string) bool { return !fits(v) })
	}
	return slices.ContainsFunc(c.values, fits)
}

// take adds a way's constraints, and finds new values where the old ones do not fit.
func (s *search) take(choices []*choice, w way) ([]*choice, bool) {
	next := slices.Clone(choices)
	s.budget.spend(2) // what is copied for each way is many times what looking at a clause costs
	for _, k := range w.constraints {
		first := s.at(next, k.variable)
		switch {
		case first == nil:
			return nil, false
		case k.link != nil:
			if !s.tie(next, *k.link) {
				return nil, false
			}
		case k.pin != nil:
			if !s.holdPin(next, k) {
				return nil, false
			}
		case first.tied != nil:
			if !k.present || !s.pass(next, k, first) {
				return nil, false
			}
		default:
			c := *first
			s.budget.spend((len(c.text.in) + len(c.text.out)) / 4)
			c.narrow(k, s.variables[k.variable])
			if !s.choose(k.variable, &c) {
				return nil, false
			}
			next[k.variable] = &c
		}
		if k.near != nil {
			c := *next[k.variable]
			c.near = append(slices.Clone(c.near), k.near)
			next[k.variable] = &c
		}
		if k.differ != nil {
			c := *next[k.variable]
			c.differs = append(slices.Clone(c.differs), k.differ)
			next[k.variable] = &c
		}
	}
	if !s.follow(next) || s.tooFar(next) || !s.spread(next) {
		return nil, false
	}
	return next, true
}

// narrow adds a constraint to a choice.
func (c *choice) narrow(k constraint, v *variable) {
	c.absent, c.present = c.absent && k.absent, c.present && k.present
	switch {
	case k.points != nil:
		c.points = slices.Clone(c.points)
		for i := range c.points {
			c.points[i] = c.points[i] && k.points[i]
		}
	case v.plural && k.every:
		if k.in != nil {
			c.every = append(slices.Clone(c.every), k.in)
		} else {
			c.never = append(slices.Clone(c.never), k.out)
		}
	case v.plural:
		d := textDomain{base: v.base}
		if k.in != nil {
			d.in = []language{k.in}
		} else {
			d.out = []language{k.out}
		}
		c.some = append(slices.Clone(c.some), d)
	case k.in != nil:
		c.text.in = append(slices.Clone(c.text.in), k.in)
	case k.out != nil:
		c.text.out = append(slices.Clone(c.text.out), k.out)
	}
}

// choose gives a variable a value: absent where that is possible, else the first that fits.
func (s *search) choose(i int, c *choice) bool {
	v := s.variables[i]
	if c.gone = c.absent; c.absent {
		return true
	}
	if !c.present {
		return false
	}
	switch {
	case v.base == nil:
		at := slices.Index(c.points, true)
		if at < 0 {
			return false
		}
		c.values = []string{v.points[at]}
		return true
	case v.plural:
		return s.chooseSet(v, c)
	}
	value, ok := c.text.sample(v.favour, s.budget)
	c.values = []string{value}
	return ok
}

// chooseSet finds one value that is all that some value has to be; or else one for each.
func (s *search) chooseSet(v *variable, c *choice) bool {
	base := textDomain{base: v.base, in: c.every, out: c.never}
	all := base
	for _, d := range c.some {
		all.in, all.out = slices.Concat(all.in, d.in), slices.Concat(all.out, d.out)
	}
	if value, ok := all.sample(v.favour, s.budget); ok {
		c.values = []string{value}
		return true
	}
	c.values = nil
	for _, d := range c.some {
		value, ok := (&textDomain{base: v.base, in: slices.Concat(c.every, d.in),
			out: slices.Concat(c.never, d.out)}).sample(v.favour, s.budget)
		if !ok {
			return false
		}
		c.values = append(c.values, value)
	}
	return len(c.values) > 0
}
