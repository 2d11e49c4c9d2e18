package lockout

import (
	"fmt"
	"strings"

	"locksmith/policies"
)

// The request that shows what a change opens: found in an exact world, and confirmed by the evaluator.

// show looks for the request itself among those that are known to exist.
func (c *change) show(like *world, allow, deny *policies.Statement) (*Entry, string) {
	sender := like.outsider.sender
	for _, w := range c.outsiders(sender, like.outsider) {
		s := w.opening(allow, deny)
		var found *policies.Request
		s.finish = func(choices []*choice) bool {
			request := w.compose(s, choices)
			if !coherent(request) || !c.confirmed(w, request, allow, deny) {
				return false
			}
			found = &request
			return true
		}
		if s.run() {
			by := found.Caller
			e := &Entry{Sender: sender, Witness: Witness{Principal: by.ARN, Kind: by.Kind, Session: by.Session,
				Action: found.Action, Resource: found.Resource, Context: Context(found.Context)}}
			return e, c.told(e, allow, deny)
		}
	}
	return nil, ""
}

// told says of a request that is let in what lets it in.
func (c *change) told(e *Entry, allow, deny *policies.Statement) string {
	who := e.Principal
	switch {
	case e.Sender == FromAnybody:
		who = "anybody, without credentials,"
	case e.Sender == FromAccount:
		who = "another account, such as by " + e.Principal + ","
	case e.Kind == policies.Service:
		who = "the service principal " + e.Principal
	}
	why := "no statement that is in force allows it"
	if deny != nil {
		why = "statement " + deny.Label() + ", which denies it now, goes"
	}
	return fmt.Sprintf("%s can call %s on %s: statement %s allows it, and %s",
		who, e.Action, e.Resource, allow.Label(), why)
}

// confirmed asks the evaluator: what follows allows the request, what is in force does not, and that by these very
// statements. Where it is not documented whether such a request carries a key, both readings have to agree.
func (c *change) confirmed(w *world, r policies.Request, allow, deny *policies.Statement) bool {
	passes := func(r policies.Request) bool {
		if c.after.Evaluate(r).Effect != policies.Allowed {
			return false
		}
		if e := c.before.Evaluate(r).Effect; e != policies.Denied && e != policies.NotAllowed {
			return false
		}
		matches, _ := allow.Matches(r, c.Policy.Variables())
		if deny == nil || matches != policies.Yes {
			return matches == policies.Yes
		}
		matches, _ = deny.Matches(r, c.Policy.Variables())
		return matches == policies.Yes
	}
	if !passes(r) {
		return false
	}
	for _, key := range w.outsider.doubtful() {
		values, present := r.Context[key]
		if !present {
			continue
		}
		delete(r.Context, key)
		same := passes(r)
		r.Context[key] = values
		if !same {
			return false
		}
	}
	return true
}

// coherent tells whether the keys of a request that depend on each other agree.
func coherent(r policies.Request) bool {
	first := func(key string) string {
		if v := r.Context[key]; len(v) > 0 {
			return v[0]
		}
		return ""
	}
	for _, of := range []string{"aws:principalorg", "aws:resourceorg", "aws:sourceorg"} {
		id := first(of + "id")
		for _, path := range r.Context[of+"paths"] {
			if in, _, _ := strings.Cut(path, "/"); in != id {
				return false
			}
		}
	}
	if parts := strings.Split(first("aws:sourcearn"), ":"); len(parts) > 5 && parts[4] != "" {
		if of := first("aws:sourceaccount"); of != "" && of != parts[4] {
			return false
		}
	}
	of, vpc := first("aws:sourcevpcarn"), first("aws:sourcevpc")
	if of != "" && vpc != "" && !strings.HasSuffix(of, "/"+vpc) {
		return false
	}
	if first("aws:multifactorauthage") != "" && first("aws:multifactorauthpresent") != "true" {
		return false
	}
	parts := strings.SplitN(r.Caller.ARN, ":", 6)
	switch r.Caller.Kind {
	case policies.Federated:
		return first("aws:userid") == parts[4]+":"+strings.TrimPrefix(parts[5], "federated-user/")
	case policies.Root:
		return first("aws:userid") == parts[4]
	}
	return true
}
