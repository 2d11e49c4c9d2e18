package partial

import "locksmith/policies"

// statement bounds a statement.
func (b *bounder) statement(v *policies.Value) policies.Value {
	switch {
	case IsHole(v):
		b.doubt(v)
		return b.something(v)
	case v.Type != policies.Object || !anyHole(v) && !Holed(b.arn):
		return *v
	case v.FindText("Effect") == string(policies.Allow) && anyHole(v):
		return whole(v, policies.Allow, b.sid(v))
	}
	out := policies.Value{Type: policies.Object, Start: v.Start, End: v.End}
	for _, m := range v.Members {
		switch bounded, fate := b.member(m); fate {
		case never:
			return whole(v, policies.Allow, b.sid(v))
		case kept:
			out.Members = append(out.Members, bounded)
		}
	}
	return out
}

func (b *bounder) sid(v *policies.Value) string { return b.Shown(v.FindText("Sid")) }

// member bounds a member of a statement.
func (b *bounder) member(m policies.Member) (policies.Member, fate) {
	switch m.Name {
	case "Effect":
		if IsHole(&m.Value) {
			b.doubt(&m.Value)
			m.Value = m.Value.Becomes(string(policies.Deny))
			return m, b.either(kept, never)
		}
	case "Principal", "NotPrincipal":
		return b.principals(m)
	case "Action", "NotAction":
		return b.actions(m)
	case "Resource", "NotResource":
		return b.resources(m)
	case "Condition":
		return b.conditions(m)
	default:
		m.Value = b.spelled(&m.Value)
	}
	return m, kept
}

// either is one fate where at least as much is to be denied, another where at most.
func (b *bounder) either(most, least fate) fate {
	if b.most {
		return most
	}
	return least
}

// parted parts a value, scalar or list, into what is known of it and what is not.
func parted(v *policies.Value) (known policies.Value, holes []policies.Value) {
	known = policies.Value{Type: policies.List, Start: v.Start, End: v.End}
	for _, item := range v.OneOrMany() {
		if IsHole(&item) {
			holes = append(holes, item)
		} else {
			known.Items = append(known.Items, item)
		}
	}
	return known, holes
}

// actions bounds Action and NotAction.
func (b *bounder) actions(m policies.Member) (policies.Member, fate) {
	known, holes := parted(&m.Value)
	if len(holes) == 0 {
		return m, kept
	}
	b.doubt(&m.Value)
	everything := named("Action", m.Value.Becomes("*"))
	switch not := m.Name == "NotAction"; {
	case not && !b.most: // the unknown action may be *, so that nothing is left
		return m, never
	case not && len(known.Items) > 0, !not && !b.most && len(known.Items) > 0:
		m.Value = known
		return m, kept
	case b.most:
		return everything, kept
	}
	return m, never
}

// principals bounds Principal and NotPrincipal. NotPrincipal spares the fewer the less it lists.
func (b *bounder) principals(m policies.Member) (policies.Member, fate) {
	if !anyHole(&m.Value) {
		return m, kept
	}
	b.doubt(&m.Value)
	everyone := named("Principal", m.Value.Becomes("*"))
	not := m.Name == "NotPrincipal"
	if m.Value.Type != policies.Object || not != b.most {
		return everyone, b.either(kept, never)
	}
	left := policies.Value{Type: policies.Object, Start: m.Value.Start, End: m.Value.End}
	for _, kind := range m.Value.Members {
		if known, _ := parted(&kind.Value); len(known.Items) > 0 {
			kind.Value = known
			left.Members = append(left.Members, kind)
		}
	}
	if m.Value = left; len(left.Members) > 0 {
		return m, kept
	}
	return everyone, b.either(kept, never)
}

// resources settles Resource and NotResource, where they or the ARN have holes, for the one resource that counts.
func (b *bounder) resources(m policies.Member) (policies.Member, fate) {
	known, holes := parted(&m.Value)
	if len(holes) == 0 && !Holed(b.arn) {
		return m, kept
	}
	covered := policies.No
	for _, item := range append(known.Items, holes...) {
		if item.Type != policies.String && item.Type != Unknown {
			return m, kept // a mistake that the parser tells
		}
		covered = max(covered, covering(item.Text, b.arn))
	}
	if covered == policies.Unknown {
		b.doubt(&m.Value)
		b.doubtText(b.arn)
		return named("Resource", m.Value.Becomes("*")), b.either(kept, never)
	}
	if (covered == policies.Yes) == (m.Name == "Resource") {
		return named("Resource", m.Value.Becomes("*")), kept
	}
	return m, never
}
