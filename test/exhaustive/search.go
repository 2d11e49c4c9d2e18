package exhaustive

import (
	"maps"
	"slices"
	"strings"
)

// A vector holds, two bits a Deny statement, whether each matches; statements are conjunctions, so vectors of
// independent factors are combined by "and". The highest bit says that everything so far is ordinary.
type vector uint64

const ordinaryBit vector = 1 << 63

// maxStatements is how many Deny statements fit a vector.
const maxStatements = 31

// A link is the last of the values that lead to a vector.
type link struct {
	before *link
	value  *value
}

// A test is one part of a statement, and the keys that decide it.
type test struct {
	statement int
	keys      []string
	holds     func(*Request) Truth
}

// Bounds of one search. Where one is reached, the search has sampled.
const (
	maxProduct = 20000
	maxVectors = 20000
)

// tests are the parts of all Deny statements, but for their actions.
func (u *universe) tests() (all []test) {
	for i, s := range u.deny {
		all = append(all, test{i, []string{"aws:principalarn"},
			func(r *Request) Truth { return s.namesCaller(r, u.q.Account) }})
		var keys []string
		for _, pattern := range s.Resources {
			if u.p.Live() {
				keys = append(keys, variablesIn(pattern)...)
			}
		}
		all = append(all, test{i, keys, func(r *Request) Truth { return s.coversResource(r, u.p.Live()) }})
		for j := range s.Conditions {
			c := &s.Conditions[j]
			keys := []string{strings.ToLower(c.Key)}
			if u.p.Live() {
				for _, v := range c.Values {
					keys = append(keys, variablesIn(v)...)
				}
			}
			all = append(all, test{i, keys, func(r *Request) Truth { return c.holds(r.Context, u.p.Live()) }})
		}
		if s.Strange || u.p.Strange {
			all = append(all, test{i, nil, func(*Request) Truth { return Maybe }})
		}
	}
	return all
}

// A search is the combination of one scene's factors.
type search struct {
	u       *universe
	factors []factor
	tests   [][]test // by factor: those that it decides by itself
	ties    []test   // those that hang on several factors
	fixed   vector   // what no factor decides
}

// reach finds every vector that the scene's requests can have, with a way to it.
func (u *universe) reach(s scene) map[vector]*link {
	r := &search{u: u, factors: u.factors(s), fixed: ordinaryBit | 1<<(2*len(u.deny)) - 1}
	r.distribute(u.tests())
	r.join()
	found := map[vector]*link{r.fixed: nil}
	for i := range r.factors {
		steps := r.vectors(i)
		next := make(map[vector]*link, len(found))
		for _, v := range slices.Sorted(maps.Keys(found)) {
			for _, w := range slices.Sorted(maps.Keys(steps)) {
				if _, ok := next[v&w]; ok {
					continue
				}
				next[v&w] = &link{found[v], steps[w]}
			}
			if len(next) > maxVectors {
				u.sampled = true
				break
			}
		}
		found = next
	}
	return found
}

// holder is the index of the factor that has the key, -1 where none does.
func (r *search) holder(key string) int {
	return slices.IndexFunc(r.factors, func(f factor) bool { return slices.Contains(f.keys, key) })
}

// distribute gives each test to the factor that decides it.
func (r *search) distribute(all []test) {
	r.tests, r.ties = make([][]test, len(r.factors)), nil
	for _, t := range all {
		var holders []int
		for _, k := range t.keys {
			if h := r.holder(k); h >= 0 {
				holders = append(holders, h)
			}
		}
		slices.Sort(holders)
		holders = slices.Compact(holders)
		switch len(holders) {
		case 0:
			r.fixed &^= vector(3&^t.holds(&Request{Resource: r.u.q.Resource,
				Context: map[string][]string{}})) << (2 * t.statement)
		case 1:
			r.tests[holders[0]] = append(r.tests[holders[0]], t)
		default:
			r.ties = append(r.ties, t)
		}
	}
}

// join multiplies out the factors that a test ties together.
func (r *search) join() {
	for len(r.ties) > 0 {
		var holders []int
		for _, k := range r.ties[0].keys {
			if h := r.holder(k); h >= 0 && !slices.Contains(holders, h) {
				holders = append(holders, h)
			}
		}
		if len(holders) < 2 {
			h := holders[0]
			r.tests[h] = append(r.tests[h], r.ties[0])
			r.ties = r.ties[1:]
			continue
		}
		a, b := min(holders[0], holders[1]), max(holders[0], holders[1])
		r.factors[a] = r.product(a, b)
		r.tests[a] = append(r.tests[a], r.tests[b]...)
		r.factors, r.tests = slices.Delete(r.factors, b, b+1), slices.Delete(r.tests, b, b+1)
	}
}

func (r *search) product(a, b int) factor {
	left, right := r.reduced(a), r.reduced(b)
	f := factor{keys: slices.Concat(r.factors[a].keys, r.factors[b].keys)}
	stride := len(left)*len(right)/maxProduct + 1
	r.u.sampled = r.u.sampled || stride > 1
	for n := 0; n < len(left)*len(right); n += stride {
		x, y := left[n/len(right)], right[n%len(right)]
		v := value{set: maps.Clone(x.set), id: x.id, ordinary: x.ordinary && y.ordinary}
		maps.Copy(v.set, y.set)
		if v.id == nil {
			v.id = y.id
		}
		f.values = append(f.values, v)
	}
	return f
}

// reduced are a factor's values, one of each that no test tells apart. What a tying test reads counts as told apart.
func (r *search) reduced(i int) (all []value) {
	seen := map[string]bool{}
	for _, v := range r.factors[i].values {
		var b strings.Builder
		n := r.vector(i, &v)
		for range 8 {
			b.WriteByte(byte(n))
			n >>= 8
		}
		for _, t := range r.ties {
			for _, k := range t.keys {
				b.WriteString(strings.Join(v.set[k], "\x01") + "\x00")
			}
		}
		if !seen[b.String()] {
			seen[b.String()] = true
			all = append(all, v)
		}
	}
	return all
}

// vector is what a factor's own tests say of one of its values.
func (r *search) vector(i int, v *value) vector {
	request := &Request{Resource: r.u.q.Resource, Context: v.set}
	if v.id != nil {
		request.Kind, request.ARN, request.Session = v.id.kind, v.id.arn, v.id.session
	}
	all := ^vector(0)
	for _, t := range r.tests[i] {
		all &^= vector(3&^t.holds(request)) << (2 * t.statement)
	}
	if !v.ordinary {
		all &^= ordinaryBit
	}
	return all
}

func (r *search) vectors(i int) map[vector]*value {
	if all, ok := r.u.told[r.factors[i].id]; ok {
		return all
	}
	all := map[vector]*value{}
	if id := r.factors[i].id; id != "" {
		r.u.told[id] = all
	}
	for j := range r.factors[i].values {
		v := &r.factors[i].values[j]
		if w := r.vector(i, v); all[w] == nil {
			all[w] = v
		}
	}
	return all
}

// request is the request that a link ends.
func (u *universe) request(l *link, action string) *Request {
	r := &Request{Action: action, Resource: u.q.Resource, Context: map[string][]string{}}
	for ; l != nil; l = l.before {
		maps.Copy(r.Context, l.value.set)
		if id := l.value.id; id != nil {
			r.Kind, r.ARN, r.Session = id.kind, id.arn, id.session
		}
	}
	u.complete(r)
	return r
}
