package lockout

import (
	"slices"
	"strings"
	"time"

	"locksmith/policies"
)

// Which condition keys a request from outside the owning account carries. It is what carried.go is for the owner's
// own.

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

// onlyLoose is the variable of a key of which it is not documented that such a request carries it: anything where the
// world is not exact, else nothing.
func (w *world) onlyLoose(key string) *variable {
	if w.outsider.exact {
		return none()
	}
	v := w.free(key)
	v.absent, v.present = true, true
	return v
}

// fromOutside makes the variables of who calls, by
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principal-properties.
// It is nil for other keys.
func (w *world) fromOutside(key string) *variable {
	o := w.outsider
	switch {
	case key == "caller": // CloudFront's, since all others have a key of theirs
		name := text("arn:" + w.partition + ":iam::cloudfront:user/CloudFront Origin Access Identity ")
		id := concat(name, some(upperNum))
		return &variable{base: language{id}, present: true}
	case key == "aws:principalisawsservice" && o.kind == policies.Service:
		return w.loose(constant("true"))
	case key == "aws:principalisawsservice" && (o.kind == policies.Anonymous || o.origin):
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
var ofCallers = []string{"aws:principal", "aws:userid", "aws:username", "aws:tokenissuetime", "aws:multifactorauth",
	"aws:assumedroot"}

// ofServices begin the keys that only a call by a service principal carries: on behalf of which resource, and by which
// service.
var ofServices = []string{"aws:sourcearn", "aws:sourceaccount", "aws:sourceorg", "aws:sourceowner",
	"aws:principalservicename"}

// ofPeople begin the keys that by their documented availability only principals of accounts have, which a service
// principal is not.
var ofPeople = []string{"aws:principalorg", "aws:principaltag/", "aws:username", "aws:tokenissuetime",
	"aws:multifactorauth", "aws:assumedroot"}

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
		return constant(principalType[kind])
	case key == "aws:username":
		return none() // a user's is in its ARN
	case key == "aws:userid":
		return w.strangersID()
	case key == "aws:principalorgid":
		return &variable{base: language{organizations}, present: true, absent: true}
	case key == "aws:principalorgpaths":
		return &variable{base: unitPaths(organizations), plural: true, present: true, absent: true}
	case key == "aws:tokenissuetime":
		w.variableOf("aws:currenttime")
		exactly := w.outsider.exact && kind == policies.User
		return &variable{points: w.instants(key, time.Time{}), dense: true, present: !exactly, absent: true}
	case key == "aws:multifactorauthpresent":
		return &variable{points: []string{"false", "true"}, present: true, absent: true}
	case key == "aws:multifactorauthage":
		return &variable{points: w.shared(key, func() []string {
			return w.numbers(key)
		}), dense: true, present: true, absent: true}
	case key == "aws:assumedroot":
		return w.onlyLoose(key)
	}
	return nil
}

// principalType are the values of aws:PrincipalType.
var principalType = map[policies.Kind]string{policies.User: "User", policies.Role: "AssumedRole",
	policies.Federated: "FederatedUser", policies.Root: "Account"}

// strangersName is the end of a made-up principal's ARN.
var strangersName = map[policies.Kind]string{policies.User: "user/stranger", policies.Role: "role/stranger",
	policies.Federated: "federated-user/stranger", policies.Root: "root"}

// strangers are the values of aws:PrincipalArn of principals of other accounts. That they are not the owner's is a
// clause: see bounds.
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
		name := repeat(nameSet, 1, 64)
		v.base = language{concat(start, name), concat(start, some(visible), text("/"), name)}
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
		id := concat(text("AIDA"), repeat(upperNum, 12, 28))
		return &variable{base: language{id}, present: true, favour: []string{"AIDAWITNESSEXAMPLE000"}}
	case policies.Role:
		id := concat(text("AROA"), repeat(upperNum, 12, 28), text(":"), repeat(nameSet, 2, 64))
		return &variable{base: language{id}, present: true, favour: []string{"AROAWITNESSEXAMPLE000:witness"}}
	case policies.Root:
		return &variable{base: language{repeat(digits, 12, 12)}, present: true}
	}
	return &variable{base: language{concat(repeat(digits, 12, 12), text(":"), repeat(nameSet, 2, 32))}, present: true}
}

// service makes the variables of a service principal's call, and of CloudFront's by an origin access identity. What
// such a call shows of an account, of credentials or of a session is not documented. It shows no principal of an
// account, since it is by none.
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
		account := repeat(digits, 12, 12)
		return &variable{base: language{account}, present: true, absent: true, favour: []string{"210987654321"}}
	case key == "aws:sourceorgid" && !o.origin:
		return &variable{base: language{organizations}, present: true, absent: true}
	case key == "aws:sourceorgpaths" && !o.origin:
		return &variable{base: unitPaths(organizations), plural: true, present: true, absent: true}
	case begins(key, ofPeople...) && !o.origin:
		return none()
	case key == "aws:principalarn" && !o.exact:
		cloudfront := concat(text("arn:"+w.partition+":iam::cloudfront:"), many(visible))
		return &variable{base: language{some(anyButColon), cloudfront}, present: true, absent: true}
	case begins(key, ofCallers...), begins(key, ofServices...), begins(key, ofSessions...):
		return w.onlyLoose(key)
	}
	return nil
}

// arns are the texts that are ARNs, of any partition.
var arns = concat(text("arn:"), many(visibleButColon), text(":"), many(visibleButColon), text(":"),
	many(visibleButColon), text(":"), many(visibleButColon), text(":"), many(visible))

// sources are ARNs of resources to try first: what the policies compare aws:SourceArn with, in the accounts that they
// compare aws:SourceAccount with.
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
	all = slices.DeleteFunc(all, func(t string) bool { return !arns.matches(t) })
	return append(all, "arn:"+w.partition+":sns:us-east-1:210987654321:topic")
}

// routeOutside makes the variables of where a call comes from. It is nil for other keys.
func (w *world) routeOutside(key string) *variable {
	o := w.outsider
	switch {
	case key == "aws:sourceip" && o.sender == FromService:
		if o.exact {
			return none()
		}
		return &variable{points: w.reached(key, false), dense: true, present: true, absent: true}
	case key == "aws:sourceip":
		public := w.reached(key, true)
		return &variable{points: public, dense: true, present: !o.private, absent: !o.exact || o.private}
	case key == "aws:vpcsourceip":
		any := w.reached(key, false)
		return &variable{points: any, dense: true, present: !o.exact || o.private, absent: !o.exact || !o.private}
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

// reached are the addresses of a key, made once for all worlds.
func (w *world) reached(key string, public bool) []string {
	name := key + " outside"
	if public {
		name += ", public"
	}
	return w.shared(name, func() []string { return w.addresses(key, public) })
}
