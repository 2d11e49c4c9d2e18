package lockout

import (
	"slices"
	"strings"

	"locksmith/policies"
)

// The worlds of requests from outside the owning account. It is what worlds.go is for the owner's own.

// An outsider is what tells a world of requests from outside the owning account: who sends them, and whether the world
// is exact. An exact one holds only requests that are known to exist; together the others hold more requests than there
// are.
type outsider struct {
	change  *change
	sender  Sender
	kind    policies.Kind
	origin  bool // CloudFront, by an origin access identity
	exact   bool
	object  bool     // the action is on an object, not on the bucket or the queue itself
	private bool     // of an exact world: it comes through a VPC endpoint
	actions []action // of an exact world, all on objects or none, and all with the same keys

	matching, passing map[int][]clause // of each statement that has been asked for
	denied            []clause         // of all Deny statements that follow
}

// account tells whether the sender is a principal of another account.
func (o *outsider) account() bool { return o.sender == FromAccount }

// who names the sender for people.
func (o *outsider) who() string {
	switch o.sender {
	case FromAnybody:
		return "anybody without credentials"
	case FromAccount:
		return "other accounts"
	}
	return "AWS services"
}

// doubtful are the keys of which it is not certain that such a request carries them.
func (o *outsider) doubtful() []string {
	switch {
	case o.kind == policies.Anonymous:
		return []string{"aws:principalaccount", "aws:viaawsservice"}
	case o.kind == policies.Service:
		return []string{"aws:viaawsservice", "aws:requestedregion", "aws:useragent"}
	case o.origin:
		return []string{"aws:principalarn", "aws:viaawsservice", "aws:requestedregion", "aws:useragent"}
	}
	return nil
}

// outsiders are the worlds of a sender's requests: all, or exact ones of a sender like another.
func (c *change) outsiders(sender Sender, like *outsider) []*world {
	key := worldsOf{sender: sender}
	if like != nil {
		key = worldsOf{sender: sender, kind: like.kind, origin: like.origin, object: like.object, exact: true}
	}
	if made, ok := c.worldsMade[key]; ok {
		return made
	}
	var all []*world
	add := func(o outsider) {
		o.change, o.sender, o.matching, o.passing = c, sender, map[int][]clause{}, map[int][]clause{}
		w := &world{setting: c.setting, outsider: &o, index: map[string]int{}}
		if o.kind == policies.User && !o.origin || o.kind == policies.Role {
			w.kind = o.kind
		}
		all = append(all, w)
	}
	if like == nil {
		for _, o := range c.kindsOutside(sender) {
			if c.bucket() {
				o.object = true
				add(o) // first, since it tells people more
			}
			o.object = false
			add(o)
		}
	} else {
		for _, group := range c.groups(like.object) {
			for _, private := range c.networks(like) {
				add(outsider{kind: like.kind, origin: like.origin, object: like.object, exact: true,
					private: private, actions: group})
			}
		}
	}
	c.worldsMade[key] = all
	return all
}

// worldsOf tells worlds that have been made apart.
type worldsOf struct {
	sender Sender
	kind   policies.Kind
	origin bool
	object bool
	exact  bool
}

// networks tells whether requests through a VPC endpoint have to be told from others.
func (c *change) networks(like *outsider) []bool {
	if like.sender != FromService && c.mentions("aws:sourceip", "aws:sourcevpc", "aws:vpc") {
		return []bool{false, true}
	}
	return []bool{false}
}

// kindsOutside are the kinds of principals of a sender that the policies can tell apart: one stands for all where they
// speak of no principal.
func (c *change) kindsOutside(sender Sender) []outsider {
	named := slices.ContainsFunc(c.setting.denies, func(st *policies.Statement) bool {
		return st.Principal != nil && slices.ContainsFunc(st.Principal.Named, func(n policies.Named) bool {
			return n.Kind == "Federated" || n.Kind == "AWS" && n.Value != "*" && !anAccount(n) || st.Principal.Not &&
				anAccount(n)
		})
	})
	telling := append([]string{"aws:principalarn", "aws:principaltype", "aws:userid", "aws:username",
		"aws:tokenissuetime",
		"aws:multifactorauth"}, ofSessions...)
	switch {
	case sender == FromAnybody:
		return []outsider{{kind: policies.Anonymous}}
	case sender == FromService && c.names(":cloudfront:"):
		return []outsider{{kind: policies.Service}, {kind: policies.User, origin: true}}
	case sender == FromService:
		return []outsider{{kind: policies.Service}}
	case !named && !c.mentions(telling...):
		return []outsider{{kind: policies.Role}}
	}
	return []outsider{{kind: policies.Role}, {kind: policies.User}, {kind: policies.Federated}, {kind: policies.Root}}
}

// names tells whether a principal of the policies has the text in it.
func (c *change) names(text string) bool {
	return slices.ContainsFunc(c.setting.denies, func(st *policies.Statement) bool {
		return st.Principal != nil && slices.ContainsFunc(st.Principal.Named, func(n policies.Named) bool {
			return strings.Contains(n.Value, text) || n.Kind == "CanonicalUser"
		})
	})
}

// variableOf is the name of the variable that a key depends on.
func (o *outsider) variableOf(key string) string {
	switch {
	case o.account() && (key == "caller" || key == "aws:principalaccount"),
		o.account() && o.kind == policies.User && key == "aws:username":
		return "aws:principalarn"
	case key == "caller" && o.kind == policies.Service:
		return "aws:principalservicename"
	case key == "aws:epochtime":
		return "aws:currenttime"
	case key == "s3:tlsversion" && strings.Contains(o.change.Resource, ":s3:"):
		return "aws:securetransport"
	}
	return key
}

// named tells whether the key is a part of another's value here: the account in the principal's ARN.
func (o *outsider) named(key string) bool { return key == "aws:principalaccount" && o.account() }

// value is the account in a principal's ARN.
func (o *outsider) value(_, arn string) string { return strings.SplitN(arn, ":", 6)[4] }

// view turns what the account must match into what the principal's ARN must.
func (o *outsider) view(_ string, s sequence) language {
	return language{concat(text("arn:"+o.change.partition+":"+o.of()+"::"), without(s, ':'), text(":"), many(anything))}
}

// of is the service in the ARNs of the sender.
func (o *outsider) of() string {
	if o.kind == policies.Federated {
		return "sts"
	}
	return "iam"
}
