package partial

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"locksmith/policies"
	"locksmith/policies/lockout"
)

// A bounder makes a policy without unknown parts of one that has some. Its policy denies at most what that one denies,
// whatever the unknown values are, or at least that. Only Deny statements count for the verdict, so whatever an Allow
// says is of no matter.
type bounder struct {
	*Unknowns
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

// resource is the ARN for the question. No bucket or queue can be named so. Its holes clash with nothing that the
// policy says, since [bounder.resources] has settled Resource already.
func (b *bounder) resource() string {
	parts := strings.SplitN(b.arn, ":", 6)
	if len(parts) == 6 && parts[2] == "sqs" && Holed(parts[3]) {
		parts[3] = stranger
	}
	return b.Shown(strings.Join(parts, ":"))
}

// plain takes the stand-ins out of what people read.
func (b *bounder) plain(v lockout.Verdict) lockout.Verdict {
	names := b.renamed
	if !b.regionKnown() {
		names = append(names, stranger, b.Shown(strings.SplitN(b.arn, ":", 6)[3]))
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
	return len(parts) < 6 || !Holed(parts[3])
}

// doubt notes the unknown parts of a text because of which a choice was made.
func (b *bounder) doubt(v *policies.Value) {
	v.Each(func(v *policies.Value) { b.doubtText(v.Text) })
}

func (b *bounder) doubtText(text string) {
	for _, p := range b.in(text) {
		if !slices.ContainsFunc(b.doubts, func(q part) bool { return q.why == p.why }) {
			b.doubts = append(b.doubts, p)
		}
	}
}

// why names the doubts and their places.
func (b *bounder) why(place func(int) policies.Position) string {
	slices.SortStableFunc(b.doubts, func(x, y part) int { return cmp.Compare(x.at, y.at) })
	var named []string
	for _, p := range b.doubts {
		named = append(named, fmt.Sprintf("%s at %s", p.why, place(p.at)))
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
	if IsHole(v) || v.Find("Version") != nil && IsHole(v.Find("Version")) {
		b.doubt(v)
		out.Members = []policies.Member{{Name: "Statement", Start: v.Start, Value: b.something(v)}}
		return out
	}
	if v.Type != policies.Object {
		return *v
	}
	for _, m := range v.Members {
		switch statement := m.Name == "Statement"; {
		case statement && IsHole(&m.Value):
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

// spelled is a value of no matter with its holes shown.
func (b *bounder) spelled(v *policies.Value) policies.Value {
	out := *v
	if IsHole(v) {
		out.Type, out.Text = policies.String, b.Shown(v.Text)
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

// whole is a statement about everyone and everything. As an Allow it keeps a statement's place among the others, and
// decides nothing.
func whole(v *policies.Value, effect policies.Effect, sid string) policies.Value {
	out := policies.Value{Type: policies.Object, Start: v.Start, End: v.End}
	members := [][2]string{{"Sid", sid}, {"Effect", string(effect)}, {"Principal", "*"}, {"Action", "*"},
		{"Resource", "*"}}
	for _, m := range members {
		if m[1] != "" {
			out.Members = append(out.Members, named(m[0], v.Becomes(m[1])))
		}
	}
	return out
}

func named(name string, v policies.Value) policies.Member {
	return policies.Member{Name: name, Start: v.Start, Value: v}
}
