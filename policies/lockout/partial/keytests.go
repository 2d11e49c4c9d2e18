package partial

import (
	"slices"
	"strings"

	"locksmith/policies"
)

// A test is one key under one operator of a Condition element.
type test struct {
	written  string // the operator as written
	operator policies.Operator
	set      bool // under ForAllValues: or ForAnyValue:
	ifExists bool
	key      policies.Member // the key and its values
}

func newTest(written string, key policies.Member) test {
	t := test{written: written, key: key}
	name := written
	if i := strings.IndexByte(name, ':'); i >= 0 {
		t.set, name = true, name[i+1:]
	}
	name, t.ifExists = strings.CutSuffix(name, "IfExists")
	t.operator = policies.Operator(name)
	return t
}

// conditions bounds a Condition element. All its tests have to hold, so each is bounded by itself.
func (b *bounder) conditions(m policies.Member) (policies.Member, fate) {
	if IsHole(&m.Value) {
		b.doubt(&m.Value)
		return m, b.either(always, never)
	}
	out := policies.Value{Type: policies.Object, Start: m.Value.Start, End: m.Value.End}
	for _, operator := range m.Value.Members {
		if IsHole(&operator.Value) {
			b.doubt(&operator.Value)
			if !b.most {
				return m, never
			}
			continue
		}
		for _, key := range operator.Value.Members {
			t, fate := b.test(newTest(operator.Name, key))
			if fate == kept && !put(&out, t) {
				fate = b.either(always, never)
			}
			if fate == never {
				return m, never
			}
		}
	}
	if len(out.Members) == 0 && m.Value.Type == policies.Object {
		return m, always
	}
	if m.Value.Type == policies.Object {
		m.Value = out
	}
	return m, kept
}

// put adds a test to a Condition element. It is false where a changed test has the place of another: the same key
// under the same operator.
func put(condition *policies.Value, t test) bool {
	for i := range condition.Members {
		operator := &condition.Members[i]
		if operator.Name != t.written {
			continue
		}
		for _, key := range operator.Value.Members {
			if strings.EqualFold(key.Name, t.key.Name) {
				return false
			}
		}
		operator.Value.Members = append(operator.Value.Members, t.key)
		return true
	}
	at := t.key.Start
	inner := policies.Value{Type: policies.Object, Start: at, End: at, Members: []policies.Member{t.key}}
	condition.Members = append(condition.Members, policies.Member{Name: t.written, Start: at, Value: inner})
	return true
}

// test bounds one test. A positive operator holds for any one of its values, so fewer of them deny less. A negated one
// holds for none of them, and for a key that is absent.
func (b *bounder) test(t test) (test, fate) {
	known, holes := b.values(t)
	if len(holes) == 0 {
		return t, kept
	}
	b.doubt(&t.key.Value)
	regional := slices.ContainsFunc(holes, func(v policies.Value) bool { return !IsHole(&v) })
	if regional {
		b.doubtText(strings.SplitN(b.arn, ":", 6)[3])
	}
	family, negated := t.operator.Family(), t.operator.Negated()
	switch patterns, plain := t.stars(); {
	case t.set, t.ifExists && !negated, family != policies.Strings && !t.comparesARNs():
		return t, b.either(always, never) // a value of the wrong form would unsettle the whole test
	case negated != b.most && plain:
		return t.widened(patterns, !regional), kept
	case negated != b.most:
		return t, b.either(always, never)
	case len(known.Items) > 0:
		// The known values alone: fewer of a positive operator, or of a negated one that is to deny more.
		t.key.Value = known
		return t, kept
	}
	return t, b.either(always, never)
}

// values parts a test's values. Where the Region is not known, so is what aws:RequestedRegion holds.
func (b *bounder) values(t test) (known policies.Value, holes []policies.Value) {
	known, holes = parted(&t.key.Value)
	if b.regionKnown() {
		return known, holes
	}
	if strings.EqualFold(t.key.Name, "aws:RequestedRegion") {
		return policies.Value{Type: policies.List}, append(holes, known.Items...)
	}
	sure := known.Items[:0:0]
	for _, item := range known.Items {
		if strings.Contains(strings.ToLower(item.Text), "aws:requestedregion") {
			holes = append(holes, item)
		} else {
			sure = append(sure, item)
		}
	}
	known.Items = sure
	return known, holes
}

// widened is a test that holds wherever a positive test with unknown values can hold, or fails wherever a negated one
// can fail. The key is like one of the values with a star in the place of each hole. Where no pattern says that, the
// key is there at all.
func (t test) widened(patterns []policies.Value, exact bool) test {
	at, negated := t.key.Value, t.operator.Negated()
	if exact && patterns != nil {
		t.written = string(policies.StringLike)
		if negated {
			t.written = string(policies.StringNotLike)
		}
		t.key.Value = policies.Value{Type: policies.List, Items: patterns, Start: at.Start, End: at.End}
		return t
	}
	t.written, t.key.Value = string(policies.Null), at.Becomes("false")
	if negated {
		t.key.Value.Text = "true"
	}
	return t
}

// comparesARNs tells whether a key that holds an ARN is compared with ARNs, whatever the unknown parts are. What an Arn
// operator makes of other texts is not documented.
func (t test) comparesARNs() bool {
	key, _ := policies.LookupKey(t.key.Name)
	other := func(v policies.Value) bool {
		return !strings.HasPrefix(v.Text, "arn:") || strings.Count(hole.ReplaceAllString(v.Text, ""), ":") < 5
	}
	return t.operator.Family() == policies.ARNs && key.Type == "ARN" &&
		!slices.ContainsFunc(t.key.Value.OneOrMany(), other)
}

// stars are the values as patterns of StringLike, each hole a star, or nil where the operator has none. They are not
// plain where an unknown part may become a policy variable.
func (t test) stars() (patterns []policies.Value, plain bool) {
	like := !strings.HasSuffix(string(t.operator), "IgnoreCase")
	literal := t.operator == policies.StringEquals || t.operator == policies.StringNotEquals
	for _, v := range t.key.Value.OneOrMany() {
		fixed := hole.ReplaceAllString(v.Text, "")
		if strings.Contains(fixed, "$") {
			return nil, false
		}
		like = like && (!literal || !strings.ContainsAny(fixed, "*?"))
		patterns = append(patterns, v.Becomes(hole.ReplaceAllString(v.Text, "*")))
	}
	if !like {
		patterns = nil
	}
	return patterns, true
}
