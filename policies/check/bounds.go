package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"locksmith/policies"
	"locksmith/policies/lockout"
)

// A bounder makes a policy without unknown parts of one that has some: one that denies at most what that one denies, whatever the unknown values are, or one that denies
// at least that. Only Deny statements count for the verdict, so whatever an Allow says is of no matter.
type bounder struct {
	*symbols
	arn     string   // of the bucket or queue, with holes
	most    bool     // deny at least as much, rather than at most
	anyone  bool     // whoever can get in counts, not only certain administrators
	doubts  []part   // what made a difference
	renamed []string // old and new: made-up names, and what people read in their place
}

// Where a statement's member is replaced, its fate says by what.
type fate int

const (
	kept   fate = iota // by the new value
	always             // by nothing: it holds for every request
	never              // the statement holds for no request
)

// stranger is a Region that stands for one that is not known.
const stranger = "unknown-region"

// resource is the ARN for the question. No bucket or queue can be named so, and its holes clash with nothing that the policy says: covers has settled Resource already.
func (b *bounder) resource() string {
	parts := strings.SplitN(b.arn, ":", 6)
	if len(parts) == 6 && parts[2] == "sqs" && holed(parts[3]) {
		parts[3] = stranger
	}
	return b.shown(strings.Join(parts, ":"))
}

// plain takes the stand-ins out of what people read.
func (b *bounder) plain(v lockout.Verdict) lockout.Verdict {
	names := b.renamed
	if !b.regionKnown() {
		names = append(names, stranger, b.shown(strings.SplitN(b.arn, ":", 6)[3]))
	}
	shown := strings.NewReplacer(names...)
	for i := range v.Reasons {
		v.Reasons[i] = shown.Replace(v.Reasons[i])
	}
	if v.Witness != nil && !b.regionKnown() {
		v.Witness.Resource = shown.Replace(v.Witness.Resource)
		delete(v.Witness.Context, "aws:requestedregion")
	}
	return v
}

// regionKnown is true of a bucket too: its ARN tells no Region, and the prover takes any.
func (b *bounder) regionKnown() bool {
	parts := strings.SplitN(b.arn, ":", 6)
	return len(parts) < 6 || !holed(parts[3])
}

// doubt notes the unknown parts of a text because of which a choice was made.
func (b *bounder) doubt(v *policies.Value) {
	each(v, func(v *policies.Value) { b.doubtText(v.Text) })
}

func (b *bounder) doubtText(text string) {
	for _, p := range b.in(text) {
		if !slices.ContainsFunc(b.doubts, func(q part) bool { return q.why == p.why }) {
			b.doubts = append(b.doubts, p)
		}
	}
}

// why names the doubts and their places.
func (b *bounder) why(f *file) string {
	slices.SortStableFunc(b.doubts, func(x, y part) int { return cmp.Compare(x.at, y.at) })
	var named []string
	for _, p := range b.doubts {
		named = append(named, fmt.Sprintf("%s at %s", p.why, f.position(p.at)))
	}
	return "it depends on " + strings.Join(named, " and ") + ", which the file does not tell"
}

// policy bounds a policy document.
func (b *bounder) policy(v *policies.Value) policies.Value {
	out := policies.Value{Type: policies.Object, Start: v.Start, End: v.End}
	if b.most && b.anyone {
		spared := b.spare(v)
		v = &spared
	}
	if isHole(v) || member(v, "Version") != nil && isHole(member(v, "Version")) {
		b.doubt(v)
		out.Members = []policies.Member{{Name: "Statement", Start: v.Start, Value: b.something(v)}}
		return out
	}
	if v.Type != policies.Object {
		return *v
	}
	for _, m := range v.Members {
		switch statement := m.Name == "Statement"; {
		case statement && isHole(&m.Value):
			b.doubt(&m.Value)
			m.Value = b.something(&m.Value)
		case statement && m.Value.Type == policies.List:
			items := make([]policies.Value, len(m.Value.Items))
			for i := range items {
				items[i] = b.statement(&m.Value.Items[i])
			}
			m.Value.Items = items
		case statement:
			m.Value = b.statement(&m.Value)
		default:
			m.Value = b.spelled(&m.Value)
		}
		out.Members = append(out.Members, m)
	}
	return out
}

func isHole(v *policies.Value) bool {
	return v.Type == unknown || v.Type == policies.String && holed(v.Text)
}

// spelled is a value of no matter with its holes shown.
func (b *bounder) spelled(v *policies.Value) policies.Value {
	out := *v
	if isHole(v) {
		out.Type, out.Text = policies.String, b.shown(v.Text)
	}
	out.Items = make([]policies.Value, len(v.Items))
	for i := range v.Items {
		out.Items[i] = b.spelled(&v.Items[i])
	}
	out.Members = make([]policies.Member, len(v.Members))
	for i := range v.Members {
		out.Members[i] = v.Members[i]
		out.Members[i].Value = b.spelled(&v.Members[i].Value)
	}
	return out
}

// something stands for an unknown statement: one that denies nothing, or everything.
func (b *bounder) something(v *policies.Value) policies.Value {
	if b.most {
		return whole(v, policies.Deny, "")
	}
	return whole(v, policies.Allow, "")
}

// whole is a statement about everyone and everything. As an Allow it keeps a statement's place among the others, and decides nothing.
func whole(v *policies.Value, effect policies.Effect, sid string) policies.Value {
	out := policies.Value{Type: policies.Object, Start: v.Start, End: v.End}
	for _, m := range [][2]string{{"Sid", sid}, {"Effect", string(effect)}, {"Principal", "*"}, {"Action", "*"}, {"Resource", "*"}} {
		if m[1] != "" {
			out.Members = append(out.Members, named(m[0], text(v, m[1])))
		}
	}
	return out
}

func named(name string, v policies.Value) policies.Member {
	return policies.Member{Name: name, Start: v.Start, Value: v}
}

// statement bounds a statement.
func (b *bounder) statement(v *policies.Value) policies.Value {
	switch effect := member(v, "Effect"); {
	case isHole(v):
		b.doubt(v)
		return b.something(v)
	case v.Type != policies.Object || !anyHole(v) && !holed(b.arn):
		return *v
	case effect != nil && effect.Type == policies.String && effect.Text == string(policies.Allow) && anyHole(v):
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

func (b *bounder) sid(v *policies.Value) string { return b.shown(textAt(v, "Sid")) }

// member bounds a member of a statement.
func (b *bounder) member(m policies.Member) (policies.Member, fate) {
	switch m.Name {
	case "Effect":
		if isHole(&m.Value) {
			b.doubt(&m.Value)
			m.Value = text(&m.Value, string(policies.Deny))
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

// items are those of a list; another value is a list of one.
func items(v *policies.Value) []policies.Value {
	if v.Type == policies.List {
		return v.Items
	}
	return []policies.Value{*v}
}

// parted parts a value, scalar or list, into what is known of it and what is not.
func parted(v *policies.Value) (known policies.Value, holes []policies.Value) {
	known = policies.Value{Type: policies.List, Start: v.Start, End: v.End}
	for _, item := range items(v) {
		if isHole(&item) {
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
	everything := named("Action", text(&m.Value, "*"))
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
	everyone := named("Principal", text(&m.Value, "*"))
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
	if len(holes) == 0 && !holed(b.arn) {
		return m, kept
	}
	covered := policies.No
	for _, item := range append(known.Items, holes...) {
		if item.Type != policies.String && item.Type != unknown {
			return m, kept // a mistake that the parser tells
		}
		covered = max(covered, covering(item.Text, b.arn))
	}
	if covered == policies.Unknown {
		b.doubt(&m.Value)
		b.doubtText(b.arn)
		return named("Resource", text(&m.Value, "*")), b.either(kept, never)
	}
	if (covered == policies.Yes) == (m.Name == "Resource") {
		return named("Resource", text(&m.Value, "*")), kept
	}
	return m, never
}
