package lockout

import (
	"slices"
	"strings"

	"locksmith/policies"
)

// How one value of a condition on a text is read as a language, with its policy variables and its letter case.

// read reads one value of a condition on a text key: under is what it surely matches, over what it may match, and sure
// tells that they are the same.
func (w *world) read(c *policies.Condition, name, v string) (under, over language, sure bool) {
	as := readAs(c)
	if as.arn && strings.Count(v, ":") < 5 && !(w.Policy.Variables() && strings.Contains(v, "${")) {
		return nil, language{many(anything)}, false // it is no ARN, and what it matches is not documented
	}
	if !w.Policy.Variables() || !strings.Contains(v, "${") {
		under = w.view(name, w.compiled(v, as), as)
		if !as.fold || !foldsAbroad(v) || w.folding == narrow {
			return under, under, true
		}
		// Whether letters outside ASCII that Unicode takes for the same are the same here is not documented.
		as.wide = true
		over = w.view(name, w.compiled(v, as), as)
		if w.folding == wide {
			return over, over, true
		}
		return under, over, false
	}
	if strings.EqualFold(v, "${"+name+"}") || strings.EqualFold(v, "${"+sameAs[name]+"}") {
		l := language{many(anything)} // the key itself: every value is equal to it
		return l, l, true
	}
	expanded, state := w.expand(v, as)
	l := w.view(name, expanded, as)
	switch {
	case state == matchesNothing:
		return nil, nil, true
	case as.arn && state == known && expanded.fixed && strings.Count(expanded.literal, ":") < 5:
		return nil, language{many(anything)}, false // it is no ARN, and what it matches is not documented
	case state == free:
		return nil, l, false
	case as.fold:
		return nil, l, false
	}
	return l, l, true
}

// readAs says how the values of a condition on a text are read.
func readAs(c *policies.Condition) globAs {
	as := globAs{arn: c.Operator.Family() == policies.ARNs, fold: strings.Contains(string(c.Operator), "IgnoreCase")}
	as.plain = !as.arn && c.Operator != policies.StringLike && c.Operator != policies.StringNotLike
	return as
}

// sameAs are the keys that always hold the same as another.
var sameAs = map[string]string{"aws:principalorgid": "aws:resourceorgid", "aws:resourceorgid": "aws:principalorgid"}

// How letters outside ASCII are folded that Unicode takes for the same as others: no page says. Whatever AWS does, it
// does everywhere.
type folding int

const (
	unknownFolding folding = iota
	narrow                 // each is itself
	wide                   // they are the same
)

// foldsAbroad tells whether the policy has a text of which it matters.
func (s *setting) foldsAbroad() bool {
	return slices.ContainsFunc(s.mentioned, func(key string) bool {
		return slices.ContainsFunc(s.comparisons(key), func(c compared) bool { return c.fold && foldsAbroad(c.value) })
	})
}

// compiled is a value as a sequence. All worlds share it.
func (s *setting) compiled(v string, as globAs) sequence {
	key := reading{v, as}
	if found, made := s.sequences[key]; made {
		return found
	}
	if s.sequences == nil {
		s.sequences = map[reading]sequence{}
	}
	made := globOf(v, as)
	s.budget.hold(32*len(made.items) + 128)
	s.sequences[key] = made
	return made
}

// A reading is a value, and how it is read.
type reading struct {
	value string
	as    globAs
}

// A viewpoint tells how a key depends on its variable.
type viewpoint int

const (
	itself      viewpoint = iota
	lastPart              // of the variable, behind its last slash
	federatedID           // the account, and the name in the ARN of a federated user
)

func (w *world) viewpoint(name string) viewpoint {
	switch {
	case name == "aws:username" && w.kind == policies.User, name == "aws:sourcevpc" && w.route.oneVPC():
		return lastPart
	case name == "aws:userid" && w.kind == policies.Federated:
		return federatedID
	}
	return itself
}

// view turns what a key must match into what the variable must match that the key depends on.
func (w *world) view(name string, s sequence, as globAs) language {
	if w.outsider != nil && w.outsider.named(name) {
		return w.outsider.view(name, s)
	}
	switch w.viewpoint(name) {
	case lastPart:
		return language{concat(many(anything), text("/"), without(s, '/'))}
	case federatedID:
		prefix := text(strings.TrimSuffix(w.shape(policies.Federated), "?*"))
		var l language
		for _, rest := range s.rests(w.Account + ":") {
			l = append(l, concat(prefix, rest))
		}
		return l
	}
	return language{s}
}

// without keeps a character out of what the wildcards of a sequence match. A sequence that names it matches nothing
// then.
func without(s sequence, r rune) sequence {
	items := slices.Clone(s.path())
	for i := range items {
		switch it := &items[i]; {
		case it.set == anything && r == '/':
			it.set = anyButSlash
		case it.set != nil:
			it.set = it.set.without(r)
		case it.r == r:
			it.set = nothing
		}
	}
	return sequence{items: items}
}

// rests are the sequences for what follows a beginning that has been read.
func (s *sequence) rests(beginning string) []sequence {
	items, p := s.path(), s.after(beginning)
	var rests []sequence
	for i := 0; i <= len(items); i++ {
		if p.has(i) {
			rests = append(rests, sequence{items: items[i:]})
		}
	}
	return rests
}

// How far a value with policy variables could be read.
const (
	known = iota
	matchesNothing
	free
)

// expand reads a value with policy variables: those whose value is the same in every request of this world are put in,
// the others may be any text.
func (w *world) expand(v string, as globAs) (sequence, int) {
	s := sequence{fixed: true}
	state := known
	for {
		before, rest, found := strings.Cut(v, "${")
		s = concat(s, globOf(before, as))
		as.after += strings.Count(before, ":")
		if !found {
			return s, state
		}
		inner, rest, closed := strings.Cut(rest, "}")
		if !closed {
			return concat(s, many(anything)), free
		}
		v = rest
		if inner == "*" || inner == "?" || inner == "$" {
			s = concat(s, globOf(inner, globAs{plain: true, fold: as.fold}))
			continue
		}
		key, fallback, hasDefault, ok := policies.ParseVariable(inner)
		value, present, settled := "", false, false
		if ok {
			value, present, settled = w.settledValue(key)
		}
		if wild := "*?$"; !as.plain && (present && strings.ContainsAny(value, wild) ||
			hasDefault && strings.ContainsAny(fallback, wild)) {
			settled = false // whether a wildcard from a variable is one is not documented
		}
		switch {
		case !settled:
			s, state = concat(s, many(anything)), free
		case present:
			s = concat(s, globOf(value, globAs{plain: true, fold: as.fold}))
			as.after += strings.Count(value, ":")
		case hasDefault:
			s = concat(s, globOf(fallback, globAs{plain: true, fold: as.fold}))
		default:
			return s, matchesNothing
		}
	}
}

// settledValue is the value of a key that is the same in every request of this world.
func (w *world) settledValue(name string) (value string, present, settled bool) {
	if _, ok := policies.LookupKey(name); !ok {
		return "", false, false
	}
	v := w.variables[w.variableOf(name)]
	switch {
	case !v.present:
		return "", false, true
	case v.absent || v.plural:
		return "", false, false
	case v.base == nil && len(v.points) == 1:
		value, present = w.value(name, v.points[0])
		return value, present, true
	case len(v.base) == 1 && v.base[0].fixed:
		value, present = w.value(name, v.base[0].literal)
		return value, present, true
	}
	return "", false, false
}
