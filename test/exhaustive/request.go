package exhaustive

import (
	"fmt"
	"slices"
	"strings"
)

// Kinds of principal.
const (
	user      = "user"
	role      = "role"
	federated = "federated"
)

// A Request is one complete request. A key that is not in Context is absent; names are in lower case.
type Request struct {
	Kind, ARN, Session string
	Action, Resource   string
	Context            map[string][]string
}

func (r *Request) get(key string) string {
	if v := r.Context[key]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// name is the principal's name, without its path.
func (r *Request) name() string { return r.ARN[strings.LastIndexByte(r.ARN, '/')+1:] }

func (r *Request) String() string {
	keys := make([]string, 0, len(r.Context))
	for k := range r.Context {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	var b strings.Builder
	fmt.Fprintf(&b, "%s on %s by %s %s", r.Action, r.Resource, r.Kind, r.ARN)
	if r.Session != "" {
		fmt.Fprintf(&b, " session %s", r.Session)
	}
	for _, k := range keys {
		fmt.Fprintf(&b, "; %s=%s", k, strings.Join(r.Context[k], " | "))
	}
	return b.String()
}

// Denies says of one statement whether it matches the request.
func (p *Policy) Denies(s *Statement, r *Request, account string) Truth {
	t := truth(s.coversAction(r.Action))
	t &= s.coversResource(r, p.Live())
	t &= s.namesCaller(r, account)
	for i := range s.Conditions {
		t &= s.Conditions[i].holds(r.Context, p.Live())
	}
	if s.Strange || p.Strange {
		t &= Maybe
	}
	return t
}

// Denied says whether any Deny statement matches the request.
func (p *Policy) Denied(r *Request, account string) Truth {
	t := No
	for i := range p.Statements {
		if s := &p.Statements[i]; s.Effect == "Deny" {
			t |= p.Denies(s, r, account)
		}
	}
	return t
}
