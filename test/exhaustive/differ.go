package exhaustive

import (
	"maps"
	"slices"

	"locksmith/policies"
)

// Differ compares the two evaluators on requests of the search: one for every way, at most, in which the statements
// can be matched.
func (t *Truths) Differ(document *policies.Document, most int) (*Request, string) {
	for _, s := range t.scenes {
		vectors := slices.Sorted(maps.Keys(s))
		for i := 0; i < len(vectors); i += len(vectors)/most + 1 {
			for _, action := range t.u.q.recoveryActions() {
				r := t.u.request(s[vectors[i]], action)
				mine := t.u.p.Denied(r, t.u.q.Account)
				theirs := document.Evaluate(policies.Request{
					Caller: policies.Caller{Kind: policies.Kind(r.Kind), ARN: r.ARN, Session: r.Session},
					Action: r.Action, Resource: r.Resource, Context: r.Context})
				if effects[theirs.Effect] != mine {
					return r, theirs.Effect + ", denied here: " + mine.String()
				}
			}
		}
	}
	return nil, ""
}

var effects = map[string]Truth{policies.Denied: Yes, policies.Unsettled: Maybe, policies.Allowed: No,
	policies.NotAllowed: No}
