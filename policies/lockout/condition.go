package lockout

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"locksmith/policies"
)

// The ways in which one condition fails, or holds. Points are asked one by one; values of texts are read in
// values.go, and those that compare two keys in relation.go. Read clause.go first.

// out are the ways in which a condition fails, so that its statement does not match.
func (w *world) out(c *policies.Condition) []way {
	if ways, made := w.outs[c]; made {
		return ways
	}
	ways := w.settle(c, policies.No)
	if w.budget.out {
		return ways // some may be missing
	}
	if w.outs == nil {
		w.outs = map[*policies.Condition][]way{}
	}
	w.outs[c] = ways
	return ways
}

// settle are the ways in which a condition fails, where want is No, or holds, where it is Yes. One in the wrong letter
// case may be what was meant, or a condition that never holds.
func (w *world) settle(c *policies.Condition, want policies.Truth) []way {
	ways := w.asMeant(c, want)
	if !c.Miscased {
		return ways
	}
	if want == policies.No {
		return append(ways, way{uncertain: c.Problems[0].String()})
	}
	for i := range ways {
		ways[i].uncertain = c.Problems[0].String()
	}
	return ways
}

// asMeant are the ways in which a condition fails, or holds, where its letter case is what was meant.
func (w *world) asMeant(c *policies.Condition, want policies.Truth) []way {
	name := strings.ToLower(c.Key)
	unsettled := []way{{uncertain: "the condition " + c.Written + " on " + c.Key + " cannot be settled"}}
	known, ok := policies.LookupKey(name)
	i := w.variableOf(name)
	v := w.variables[i]
	switch {
	case c.Operator == "":
		return []way{{uncertain: c.Problems[0].String()}}
	case !ok: // no call is documented to carry it, and none not to
		return append(w.onlyAbsent(c, i, want), way{uncertain: unlisted(c.Key)})
	case !v.present: // values, and variables in them, decide nothing about a key that is not there
		return append(w.onlyAbsent(c, i, want), w.doubtful(c, i)...)
	case !c.Understood():
		return append(w.onlyAbsent(c, i, want), way{uncertain: notUnderstood(c)})
	case v.base == nil:
		return w.settlePoints(c, name, i, want)
	case c.Operator == policies.Null:
		k := constraint{variable: i, absent: c.Matches(nil, false) == want,
			present: c.Matches(policies.Context{name: {"x"}}, false) == want}
		return certain(k)
	case c.Operator.Family() != policies.Strings && c.Operator.Family() != policies.ARNs:
		return append(w.onlyAbsent(c, i, want), unsettled...)
	case c.Operator.Family() == policies.ARNs && known.Type != "ARN":
		return append(w.onlyAbsent(c, i, want), unsettled...)
	case known.Multivalued && c.Set == policies.Single:
		return append(w.onlyAbsent(c, i, want), unsettled...)
	}
	return w.settleTexts(c, name, i, want)
}

// unlisted says of a key that is not in the tables why it decides nothing here.
func unlisted(key string) string {
	switch policies.ListingOf(key) {
	case policies.Elsewhere:
		return key + " belongs to another service, and whether a call to this one carries it is not documented"
	case policies.Claim:
		return key + " comes from an identity provider, and whether a later call carries it is not documented"
	}
	return "no reference lists the key " + key
}

// notUnderstood says of a condition what is wrong with it, with the parser's hint.
func notUnderstood(c *policies.Condition) string {
	if len(c.Problems) > 0 {
		return c.Problems[0].String()
	}
	return "the condition " + c.Written + " on " + c.Key + " is not understood"
}

// doubtful is the way of a request without the key, where the condition says nothing certain about it.
func (w *world) doubtful(c *policies.Condition, i int) []way {
	if c.Matches(policies.Context{}, w.Policy.Variables()) != policies.Unknown {
		return nil
	}
	return []way{{[]constraint{{variable: i, absent: true}}, "what the condition " + c.Written + " on " + c.Key +
		" means where the key is absent is not documented"}}
}

// onlyAbsent is the way that a condition leaves to a request without the key.
func (w *world) onlyAbsent(c *policies.Condition, i int, want policies.Truth) []way {
	if c.Matches(policies.Context{}, w.Policy.Variables()) == want {
		return certain(constraint{variable: i, absent: true})
	}
	return nil
}

// settlePoints asks for each value that the key can have.
func (w *world) settlePoints(c *policies.Condition, name string, i int, want policies.Truth) []way {
	v := w.variables[i]
	others, unsettled := w.settledIn(c.Values)
	sure := constraint{variable: i, present: true}
	perhaps := sure
	if v.absent {
		t := c.Matches(others, w.Policy.Variables())
		sure.absent, perhaps.absent = t == want && !unsettled, t == policies.Unknown || unsettled
	}
	key := sorting{condition: c, want: want, n: len(v.points)}
	switch {
	case len(others) > 0 || unsettled || len(v.points) == 0 || w.outsider != nil && !v.dense:
		key.n = 0
	case len(v.points) == 1 && !v.dense:
		key.only = v.points[0]
	default:
		key.first = &v.points[0]
	}
	found, made := w.sorted[key]
	if !made {
		if !w.budget.spend(len(v.points)*len(c.Values)/32) || !w.budget.hold(2*len(v.points)) {
			return nil
		}
		found = w.sort(c, name, v, others, unsettled, want)
		if key.n > 0 {
			w.keepSorted(key, found)
		}
	}
	sure.points, perhaps.points = found.sure, found.perhaps
	if !perhaps.absent && !slices.Contains(perhaps.points, true) {
		return certain(sure)
	}
	return append(certain(sure), way{[]constraint{perhaps}, w.unsettledOn(c)})
}

// unsettledOn says of a condition why it cannot be settled, with the parser's hint where there is one.
func (w *world) unsettledOn(c *policies.Condition) string {
	if len(c.Problems) > 0 {
		return notUnderstood(c)
	}
	return "the condition " + c.Written + " on " + c.Key + " cannot be settled"
}

// A sorting is what the points of a variable were asked, and sortedPoints which of them answered as is wanted, surely
// or perhaps. Lists of points that worlds share are the same where they have the same first point in memory.
type sorting struct {
	condition *policies.Condition
	want      policies.Truth
	first     *string
	only      string // the point, where there is but one, which stands for no others
	n         int    // how many
}

type sortedPoints struct{ sure, perhaps []bool }

func (s *setting) keepSorted(key sorting, found sortedPoints) {
	if s.sorted == nil {
		s.sorted = map[sorting]sortedPoints{}
	}
	s.sorted[key] = found
}

// sort asks the condition about each point.
func (w *world) sort(c *policies.Condition, name string, v *variable, others policies.Context, unsettled bool,
	want policies.Truth) sortedPoints {
	found := sortedPoints{make([]bool, len(v.points)), make([]bool, len(v.points))}
	for p, point := range v.points {
		if value, present := w.value(name, point); present {
			others.Set(name, value)
		}
		t := c.Matches(others, w.Policy.Variables())
		found.sure[p], found.perhaps[p] = t == want && !unsettled, t == policies.Unknown || unsettled
		delete(others, name)
	}
	if v.dense && (c.Operator.Family() == policies.Strings ||
		c.Operator != policies.Null && !w.pointed(name, c.Values)) {
		// The points do not tell apart what the condition does.
		found.perhaps = slices.Repeat([]bool{true}, len(v.points))
	}
	return found
}

// pointed tells whether there are points for all the values that a dense variable is compared with.
func (w *world) pointed(name string, values []string) bool {
	return !slices.ContainsFunc(values, func(v string) bool {
		known, _ := policies.LookupKey(name)
		switch f, err := strconv.ParseFloat(v, 64); known.Type {
		case "Numeric":
			return err != nil || math.Abs(f) >= maxNumber
		case "Date":
			_, ok := parseDate(v)
			return !ok
		case "IPAddress":
			_, ok := readPrefix(v)
			return !ok
		}
		return false
	})
}

// settledIn are the keys that values speak of as policy variables, where they are the same in every request of this
// world; unsettled tells whether others are there too.
func (w *world) settledIn(values []string) (context policies.Context, unsettled bool) {
	context = policies.Context{}
	if !w.Policy.Variables() {
		return context, false
	}
	for _, v := range values {
		for _, key := range variablesIn(v) {
			if key == "*" || key == "?" || key == "$" {
				continue
			}
			value, present, settled := w.settledValue(key)
			unsettled = unsettled || !settled
			if present {
				context.Set(key, value)
			}
		}
	}
	return context, unsettled
}

// settleTexts reads the values as languages. Those with policy variables that the request chooses may match more, or
// nothing: under is what they match in any case, over what they may match. Of those, some are related to another key in
// a way that can be searched.
func (w *world) settleTexts(c *policies.Condition, name string, i int, want policies.Truth) []way {
	r := w.readAll(c, name)
	fails := want == policies.No
	without := c.Matches(policies.Context{}, w.Policy.Variables())
	build := func(in, out language) constraint {
		k := constraint{variable: i, absent: w.variables[i].absent && without == want, present: true}
		if c.Operator.Negated() == fails {
			if k.in = in; in == nil {
				k.in = language{} // in nothing is not the same as anywhere
			}
		} else {
			k.out = out
		}
		// ForAllValues fails where some value does not fit, ForAnyValue where every value does not.
		k.every = w.variables[i].plural && (c.Set == policies.ForAnyValue) == fails
		return k
	}
	ways := certain(build(r.under, r.over))
	if c.Operator.Negated() == fails {
		ways = append(ways, r.related...)
	} else if apart := w.apart(c, build(r.under, r.settled), want); apart != nil {
		ways = append(ways, *apart)
	}
	switch {
	case r.sure:
	case c.Operator.Negated() == fails:
		for _, p := range r.perhaps {
			p.constraints[0].every = w.variables[i].plural && (c.Set == policies.ForAnyValue) == fails
			ways = append(ways, way{p.constraints, w.whyUnsure(c)})
		}
	default:
		ways = append(ways, w.perhapsApart(c, build(r.over, r.under), want))
	}
	if c.Set != policies.Single && w.variables[i].present && w.variables[i].base.matches("") &&
		(c.Set == policies.ForAnyValue) == fails {
		empty := constraint{variable: i, present: true, in: language{text("")}, every: true}
		ways = append(ways, way{[]constraint{empty}, "whether " + c.Written + " takes an empty value of " + c.Key +
			" for none is not documented"})
	}
	if w.variables[i].absent {
		ways = append(ways, w.doubtful(c, i)...)
	}
	return w.chained(name, ways)
}

// chained asks of the first and the last service in a chain what is asked of every one.
func (w *world) chained(name string, ways []way) []way {
	if name != "aws:calledvia" || w.route.single || !w.mentions("aws:calledviafirst", "aws:calledvialast") {
		return ways
	}
	for n := range ways {
		k := ways[n].constraints[0]
		if !k.every || !k.present {
			continue
		}
		for _, end := range []string{"aws:calledviafirst", "aws:calledvialast"} {
			one := constraint{variable: w.variableOf(end), present: true, in: k.in, out: k.out}
			ways[n].constraints = append(ways[n].constraints, one)
		}
	}
	return ways
}

// whyUnsure says why it is not known what a condition matches.
func (w *world) whyUnsure(c *policies.Condition) string {
	if len(c.Problems) > 0 {
		return notUnderstood(c)
	}
	return "what the condition " + c.Written + " on " + c.Key +
		" matches depends on more than that key, or is not documented"
}

// A reach is what the values of a condition match: under in any case, over perhaps. Settled is what those values match
// that depend on no other key. Related are the ways in which the key is what the others say. Sure tells that nothing
// else is possible.
type reach struct {
	under, over, settled language
	related              []way
	perhaps              []way // of values that are not sure: to be what they may match
	sure                 bool
}

// readAll reads the values of a condition. What is the same in all worlds is read once.
func (w *world) readAll(c *policies.Condition, name string) reach {
	key := seen{c, w.viewpoint(name), w.folding}
	if found, made := w.reaches[key]; made {
		return found
	}
	if w.outsider != nil || w.Policy.Variables() && slices.ContainsFunc(c.Values, func(v string) bool {
		return strings.Contains(v, "${")
	}) {
		return w.readEach(c, name)
	}
	r := w.readEach(c, name)
	if r.sure {
		if w.reaches == nil {
			w.reaches = map[seen]reach{}
		}
		w.reaches[key] = r
	}
	return r
}

// A seen is a condition, and as what its key is seen in a world.
type seen struct {
	condition *policies.Condition
	as        viewpoint
	folding   folding
}

func (w *world) readEach(c *policies.Condition, name string) reach {
	r := reach{sure: true}
	for _, v := range c.Values {
		under, over, known := w.read(c, name, v)
		r.under, r.over = append(r.under, under...), append(r.over, over...)
		ways, exact := []way(nil), known
		if !known && w.Policy.Variables() && strings.Contains(v, "${") {
			ways, exact = w.related(c, name, v)
		}
		if ways == nil {
			r.settled = append(r.settled, over...)
		}
		if !exact {
			r.perhaps = append(r.perhaps, w.atMost(c, name, v, over))
		}
		r.related, r.sure = append(r.related, ways...), r.sure && exact
	}
	return r
}

// atMost is the way to be what a value may match. A policy variable without a value matches nothing, and one with
// patterns around it nothing that is shorter than its value.
func (w *world) atMost(c *policies.Condition, name, v string, over language) way {
	self := constraint{variable: w.variableOf(name), present: true, in: append(language{}, over...)}
	if !w.Policy.Variables() || !strings.Contains(v, "${") {
		return way{constraints: []constraint{self}}
	}
	l, fallback, ok := w.linkOf(c, name, v)
	if !ok || fallback != nil || w.variables[w.variableOf(l.of)].plural {
		return way{constraints: []constraint{self}}
	}
	j := w.variableOf(l.of)
	if w.wild(c, v) && w.variables[j].base != nil && !w.mayBeAmbiguous(c, l) {
		self.near = &nearness{l, c, v}
	}
	if j == self.variable {
		return way{constraints: []constraint{self}}
	}
	return way{constraints: []constraint{self, {variable: j, present: true}}}
}
