package lockout

import (
	"slices"
	"strings"
	"time"

	"locksmith/policies"
)

// An outsider is what tells a world of requests from outside the owning account: who sends them, and whether the world is exact. An exact one holds only requests that are known to
// exist; together the others hold more requests than there are.
type outsider struct {
	change  *change
	sender  Sender
	kind    policies.Kind
	origin  bool // CloudFront, by an origin access identity
	exact   bool
	object  bool     // the action is on an object, not on the bucket or the queue itself
	private bool     // of an exact world: it comes through a VPC endpoint
	actions []action // of an exact world, all on objects or none, and all with the same keys
	demands map[int]demandsOf
}

// account tells whether the sender is a principal of another account.
func (o *outsider) account() bool { return o.sender == FromAccount }

// who names the sender for people.
func (o *outsider) who() string {
	return map[Sender]string{FromAnybody: "anybody without credentials", FromAccount: "other accounts", FromService: "AWS services"}[o.sender]
}

// doubtful are the keys of which it is not certain that such a request carries them.
func (o *outsider) doubtful() []string {
	switch {
	case o.kind == policies.Anonymous:
		return []string{"aws:principalaccount", "aws:principaltype", "aws:userid", "aws:viaawsservice"}
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
		o.change, o.sender, o.demands = c, sender, map[int]demandsOf{}
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
			for _, private := range c.ways(like) {
				add(outsider{kind: like.kind, origin: like.origin, object: like.object, exact: true, private: private, actions: group})
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

// ways tells whether requests through a VPC endpoint have to be told from others.
func (c *change) ways(like *outsider) []bool {
	if like.sender != FromService && c.mentions("aws:sourceip", "aws:sourcevpc", "aws:vpc") {
		return []bool{false, true}
	}
	return []bool{false}
}

// kindsOutside are the kinds of principals of a sender that the policies can tell apart: one stands for all where they speak of no principal.
func (c *change) kindsOutside(sender Sender) []outsider {
	named := slices.ContainsFunc(c.setting.denies, func(st *policies.Statement) bool {
		return st.Principal != nil && slices.ContainsFunc(st.Principal.Named, func(n policies.Named) bool {
			return n.Kind == "Federated" || n.Kind == "AWS" && n.Value != "*" && (st.Principal.Not || !anAccount(n))
		})
	})
	telling := append([]string{"aws:principalarn", "aws:principaltype", "aws:userid", "aws:username", "aws:tokenissuetime", "aws:multifactorauth"},
		ofSessions...)
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
	case key == "caller" && o.account(), key == "aws:principalaccount" && o.account(), key == "aws:username" && o.account() && o.kind == policies.User:
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

// outside makes the variable of a key on a request from outside.
func (w *world) outside(key string) *variable {
	o := w.outsider
	switch key {
	case "action":
		return w.actionVariable()
	case "resource":
		return w.resourceVariable()
	case "aws:currenttime":
		return &variable{points: w.instants(key, w.Now), dense: true, present: true}
	case "aws:resourceaccount", "s3:resourceaccount":
		return constant(w.Account)
	case "aws:resourceorgid":
		if w.Organization != "" {
			return constant(w.Organization)
		}
		return w.free(key)
	case "aws:requestedregion":
		if w.region != "" {
			return w.loose(constant(w.region))
		}
	case "aws:securetransport":
		v := &variable{points: []string{"1.3", "1.2", plainHTTP}, present: true}
		if !o.exact && o.kind != policies.Anonymous {
			v.points = append(v.points, "1.3 untold", "1.2 untold", "tls", "untold")
		}
		return v
	}
	if v := w.fromOutside(key); v != nil {
		return v
	}
	if v := w.routeOutside(key); v != nil {
		return v
	}
	switch {
	case begins(key, "s3:", "sqs:", "aws:requesttag/", "aws:tagkeys"):
		return w.carriedOutside(key)
	case o.exact && o.kind != policies.Role && begins(key, ofSessions...):
		return none()
	}
	return w.loose(w.free(key))
}

// loose lets a variable be absent where the world is not exact.
func (w *world) loose(v *variable) *variable {
	v.absent = v.absent || !w.outsider.exact
	return v
}

// onlyLoose is the variable of a key of which it is not documented that such a request carries it: anything where the world is not exact, else nothing.
func (w *world) onlyLoose(key string) *variable {
	if w.outsider.exact {
		return none()
	}
	v := w.free(key)
	v.absent, v.present = true, true
	return v
}

// fromOutside makes the variables of who calls, by
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principal-properties. It is nil for other keys.
func (w *world) fromOutside(key string) *variable {
	o := w.outsider
	switch {
	case key == "caller": // CloudFront's, since all others have a key of theirs
		id := concat(text("arn:"+w.partition+":iam::cloudfront:user/CloudFront Origin Access Identity "), some(upperNum))
		return &variable{base: language{id}, present: true}
	case key == "aws:principalisawsservice" && o.kind == policies.Service:
		return w.loose(constant("true"))
	case key == "aws:principalisawsservice" && o.kind == policies.Anonymous, key == "aws:principalisawsservice" && o.origin:
		return w.only("false")
	case key == "aws:principalisawsservice":
		return constant("false")
	case key == "aws:viaawsservice":
		v := w.loose(constant("false"))
		if !o.exact {
			v.points = append(v.points, "true")
		}
		return v
	case begins(key, "aws:calledvia"):
		return w.onlyLoose(key)
	}
	switch {
	case o.kind == policies.Anonymous:
		return w.anonymous(key)
	case o.account():
		return w.stranger(key)
	}
	return w.service(key)
}

// only is a key with one value, where the world is not exact, or none.
func (w *world) only(value string) *variable {
	if w.outsider.exact {
		return none()
	}
	return &variable{points: []string{value}, present: true, absent: true}
}

// ofCallers begin the keys that tell who calls, and by what credentials.
var ofCallers = []string{"aws:principal", "aws:userid", "aws:username", "aws:tokenissuetime", "aws:multifactorauth", "aws:assumedroot"}

// ofServices begin the keys that only a call by a service principal carries: on behalf of which resource, and by which service.
var ofServices = []string{"aws:sourcearn", "aws:sourceaccount", "aws:sourceorg", "aws:sourceowner", "aws:principalservicename"}

// ofPeople begin the keys that by their documented availability only principals of accounts have, which a service principal is not.
var ofPeople = []string{"aws:principalorg", "aws:principaltag/", "aws:username", "aws:tokenissuetime", "aws:multifactorauth", "aws:assumedroot"}

// anonymous makes the variables of an unsigned request.
func (w *world) anonymous(key string) *variable {
	switch {
	case key == "aws:principalaccount", key == "aws:userid":
		return w.loose(constant("anonymous"))
	case key == "aws:principaltype":
		return w.loose(constant("Anonymous"))
	case begins(key, ofCallers...), begins(key, ofServices...), begins(key, ofSessions...):
		return none()
	}
	return nil
}

// stranger makes the variables of a principal of another account.
func (w *world) stranger(key string) *variable {
	kind := w.outsider.kind
	switch {
	case begins(key, ofServices...):
		return none()
	case key == "aws:principalarn":
		return w.strangers()
	case key == "aws:principaltype":
		return constant(map[policies.Kind]string{policies.User: "User", policies.Role: "AssumedRole", policies.Federated: "FederatedUser",
			policies.Root: "Account"}[kind])
	case key == "aws:username":
		return none() // a user's is in its ARN
	case key == "aws:userid":
		return w.strangersID()
	case key == "aws:principalorgid":
		return &variable{base: language{organizations}, present: true, absent: true}
	case key == "aws:principalorgpaths":
		return &variable{base: language{concat(organizations, unitPath)}, plural: true, present: true, absent: true}
	case key == "aws:tokenissuetime":
		w.variableOf("aws:currenttime")
		exactly := w.outsider.exact && kind == policies.User
		return &variable{points: w.instants(key, time.Time{}), dense: true, present: !exactly, absent: true}
	case key == "aws:multifactorauthpresent":
		return &variable{points: []string{"false", "true"}, present: true, absent: true}
	case key == "aws:multifactorauthage":
		return &variable{points: w.numbers(key), dense: true, present: true, absent: true}
	case key == "aws:assumedroot":
		return w.onlyLoose(key)
	}
	return nil
}

// strangersName is the end of a made-up principal's ARN.
var strangersName = map[policies.Kind]string{policies.User: "user/stranger", policies.Role: "role/stranger", policies.Federated: "federated-user/stranger",
	policies.Root: "root"}

// strangers are the values of aws:PrincipalArn of principals of other accounts. That they are not the owner's is a clause: see bounds.
func (w *world) strangers() *variable {
	kind := w.outsider.kind
	start := concat(text("arn:"+w.partition+":"+w.outsider.of()+"::"), repeat(digits, 12, 12), text(":"))
	v := &variable{present: true}
	switch kind {
	case policies.Root:
		v.base = language{concat(start, text("root"))}
	case policies.Federated:
		v.base = language{concat(start, text("federated-user/"), repeat(nameSet, 2, 32))}
	default:
		start = concat(start, text(string(kind)+"/"))
		v.base = language{concat(start, repeat(nameSet, 1, 64)), concat(start, some(visible), text("/"), repeat(nameSet, 1, 64))}
	}
	for _, account := range []string{"210987654321", "345678901234"} {
		if account != w.Account {
			v.favour = append(v.favour, "arn:"+w.partition+":"+w.outsider.of()+"::"+account+":"+strangersName[kind])
		}
	}
	for _, name := range w.constants("aws:principalarn") {
		if name = instance(strings.Replace(name, "::*:", "::210987654321:", 1)); v.base.matches(name) {
			v.favour = append(v.favour, name)
		}
	}
	return v
}

// strangersID is the value of aws:userid of principals of other accounts.
func (w *world) strangersID() *variable {
	switch w.outsider.kind {
	case policies.User:
		return &variable{base: language{concat(text("AIDA"), repeat(upperNum, 12, 28))}, present: true, favour: []string{"AIDAWITNESSEXAMPLE000"}}
	case policies.Role:
		id := concat(text("AROA"), repeat(upperNum, 12, 28), text(":"), repeat(nameSet, 2, 64))
		return &variable{base: language{id}, present: true, favour: []string{"AROAWITNESSEXAMPLE000:witness"}}
	case policies.Root:
		return &variable{base: language{repeat(digits, 12, 12)}, present: true}
	}
	return &variable{base: language{concat(repeat(digits, 12, 12), text(":"), repeat(nameSet, 2, 32))}, present: true}
}

// service makes the variables of a service principal's call, and of CloudFront's by an origin access identity. What such a call shows of an account, of credentials
// or of a session is not documented; a principal of an account it does not show, since it is by none.
func (w *world) service(key string) *variable {
	o := w.outsider
	switch {
	case key == "aws:principalservicename" && !o.origin:
		v := &variable{base: language{some(visible)}, present: true, favour: []string{"sns.amazonaws.com"}}
		for _, st := range w.setting.denies {
			if st.Principal == nil {
				continue
			}
			for _, n := range st.Principal.Named {
				if n.Kind == "Service" && !strings.ContainsAny(n.Value, "*?") {
					v.favour = append(v.favour, n.Value)
				}
			}
		}
		return v
	case key == "aws:principalservicenameslist" && !o.origin:
		return w.loose(&variable{base: language{some(visible)}, plural: true, present: true})
	case key == "aws:sourcearn" && !o.origin:
		return &variable{base: language{arns}, present: true, absent: true, favour: w.sources()}
	case key == "aws:sourceaccount" && !o.origin, key == "aws:sourceowner" && !o.origin:
		return &variable{base: language{repeat(digits, 12, 12)}, present: true, absent: true, favour: []string{"210987654321", "345678901234"}}
	case key == "aws:sourceorgid" && !o.origin:
		return &variable{base: language{organizations}, present: true, absent: true}
	case key == "aws:sourceorgpaths" && !o.origin:
		return &variable{base: language{concat(organizations, unitPath)}, plural: true, present: true, absent: true}
	case begins(key, ofPeople...) && !o.origin:
		return none()
	case key == "aws:principalarn" && !o.exact:
		return &variable{base: language{some(anyButColon), concat(text("arn:"+w.partition+":iam::cloudfront:"), many(visible))}, present: true, absent: true}
	case begins(key, ofCallers...), begins(key, ofServices...), begins(key, ofSessions...):
		return w.onlyLoose(key)
	}
	return nil
}

// sources are ARNs of resources to try first: what the policies compare aws:SourceArn with, in the accounts that they compare aws:SourceAccount with.
func (w *world) sources() (all []string) {
	for _, pattern := range w.constants("aws:sourcearn") {
		parts := strings.SplitN(pattern, ":", 6)
		if len(parts) == 6 && strings.ContainsAny(parts[4], "*?") {
			for _, account := range append(w.constants("aws:sourceaccount"), "210987654321") {
				parts[4] = account
				all = append(all, instance(strings.Join(parts, ":")))
			}
		}
		all = append(all, instance(pattern))
	}
	return append(slices.DeleteFunc(all, func(t string) bool { return !arns.matches(t) }), "arn:"+w.partition+":sns:us-east-1:210987654321:topic")
}

// routeOutside makes the variables of where a call comes from. It is nil for other keys.
func (w *world) routeOutside(key string) *variable {
	o := w.outsider
	switch {
	case key == "aws:sourceip" && o.sender == FromService:
		if o.exact {
			return none()
		}
		return &variable{points: w.addresses(key, false), dense: true, present: true, absent: true}
	case key == "aws:sourceip":
		return &variable{points: w.addresses(key, true), dense: true, present: !o.private, absent: !o.exact || o.private}
	case key == "aws:vpcsourceip":
		return &variable{points: w.addresses(key, false), dense: true, present: !o.exact || o.private, absent: !o.exact || !o.private}
	case !begins(key, "aws:sourcevpc", "aws:vpce"):
		return nil
	case o.exact && !o.private:
		return none()
	case key == "aws:sourcevpce":
		return w.loose(carried.variable(language{concat(text("vpce-"), some(visible))}, "vpce-0fedcba9876543210"))
	case key == "aws:sourcevpc":
		return w.loose(carried.variable(language{concat(text("vpc-"), some(visible))}, "vpc-0fedcba9876543210"))
	}
	return w.loose(w.free(key))
}
