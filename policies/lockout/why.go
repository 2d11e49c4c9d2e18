package lockout

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"locksmith/policies"
)

// Why a condition or a Principal element of a locking statement holds for every request, in words, most telling
// first.

// A speaker says why what a statement demands holds for everybody that matters. That it does has been proved before
// it is asked; what it claims beyond that, it asks of the prover.
type speaker struct {
	*setting
	statement *policies.Statement
	requests  string // whose requests it speaks of
}

func (s *setting) speaker(st *policies.Statement, requests string) speaker {
	return speaker{setting: s, statement: st, requests: requests}
}

// whys are the reasons, one for the Principal element where it does not mean everybody, and one for each condition.
func (s speaker) whys() []string {
	var all []string
	whole := func(n policies.Named) bool { return n.Kind == "AWS" && s.whole(n.Value) }
	switch p := s.statement.Principal; {
	case p == nil:
	case p.Not:
		all = append(all, s.notSpared(p))
	case !everybody(p) && !slices.ContainsFunc(p.Named, whole):
		all = append(all, "its Principal names them")
	}
	for i := range s.statement.Conditions {
		all = append(all, s.why(&s.statement.Conditions[i]))
	}
	return all
}

// notSpared says what is missing in a NotPrincipal, of which nobody that matters is spared.
func (s speaker) notSpared(p *policies.Principals) string {
	var people, sessions, others []string
	for _, n := range p.Named {
		switch {
		case n.Kind == "AWS" && s.whole(n.Value):
		case n.Kind != "AWS" || s.another(n.Value):
			others = append(others, s.short(n.Value))
		case strings.Contains(n.Value, ":assumed-role/"):
			sessions = append(sessions, n.Value)
		default:
			people = append(people, s.short(n.Value))
		}
	}
	role := func(name string) bool { return strings.HasPrefix(name, "role/") }
	switch {
	case len(people) == 0 && len(sessions) == 0 && len(others) == 0:
		return "its NotPrincipal lists the account, but none of its users and roles"
	case len(people) == 0 && len(sessions) == 0:
		return "its NotPrincipal lists nobody of account " + s.Account
	case len(people) == 0:
		return "its NotPrincipal lists " + and(sessions) + ", but not the role itself"
	case !slices.ContainsFunc(people, func(name string) bool { return !role(name) }) && len(sessions) == 0:
		return "its NotPrincipal lists " + and(people) +
			", but no session of it, and spares no session that it does not list"
	}
	return "its NotPrincipal lists none of them with role and session, or as a user: it lists " +
		and(append(people, sessions...))
}

// why says why a condition holds for every request that counts.
func (s speaker) why(c *policies.Condition) string {
	name := strings.ToLower(c.Key)
	for _, say := range []func(c *policies.Condition, name string) string{s.notCarried, s.noSuchPrincipal,
		s.noSuchAddress,
		s.noSuchNetwork, s.passed, s.noMFA, s.literalStar, s.settledKey, s.otherOrganization, s.noSuchValue} {
		if text := say(c, name); text != "" {
			return text
		}
	}
	return fmt.Sprintf("its condition %s on %s (%s) holds for all of %s", c.Written, c.Key, and(unique(c.Values)),
		s.requests)
}

// notCarried is for a key that no request carries.
func (s speaker) notCarried(c *policies.Condition, name string) string {
	if !s.never(inquiry{and: func(w *world) [][]way { return [][]way{w.carries(name)} }}) {
		return ""
	}
	everybodys := !slices.ContainsFunc(everyKind, func(k policies.Kind) bool { return !s.absent(name, k) })
	switch {
	case !everybodys:
		return "none of " + s.requests + " carries " + c.Key + s.fromIdentityCenter(name)
	case begins(name, ofUploads...):
		return c.Key + " comes with uploads, and no request that changes the policy carries it"
	case begins(name, "s3:prefix", "s3:delimiter", "s3:max-keys"):
		return c.Key + " comes with listings, and no request that changes the policy carries it"
	case begins(name, "aws:sourcearn", "aws:sourceaccount", "aws:sourceorg", "aws:sourceowner"):
		return c.Key + " comes with calls by AWS services for one of their resources, never with a person's"
	case begins(name, "aws:requesttag/", "aws:tagkeys"):
		return c.Key + " comes with calls that set tags, and no request that changes the policy carries it"
	}
	return "no request that changes the policy carries " + c.Key
}

// ofUploads begin keys that come with objects when they are written.
var ofUploads = []string{"s3:x-amz-server-side-encryption", "s3:x-amz-storage-class", "s3:x-amz-acl", "s3:x-amz-grant-",
	"s3:x-amz-copy-source", "s3:x-amz-metadata-directive", "s3:x-amz-website-redirect-location", "s3:requestobjecttag",
	"s3:object-lock-", "s3:if-none-match"}

// noSuchPrincipal is for principals that nobody is, and what is wrong with them.
func (s speaker) noSuchPrincipal(c *policies.Condition, name string) string {
	if name != "aws:principalarn" || !c.Operator.Negated() || c.Set != policies.Single {
		return ""
	}
	var wrongs []string
	for _, v := range c.Values {
		if wrong := s.wrongWith(c, v); !slices.Contains(wrongs, wrong) {
			wrongs = append(wrongs, wrong)
		}
	}
	list, _ := s.asRead(and(unique(c.Values)), c.Values, c)
	if len(wrongs) == 1 && wrongs[0] != "" {
		return "it spares only " + and(unique(c.Values)) + ", and " + wrongs[0]
	}
	if len(s.Administrators) > 0 {
		return "it spares only " + list + ", and no administrator that the allow list names has such an ARN"
	}
	return "it spares only " + list + ", and nobody in account " + s.Account + " has such an ARN"
}

// wrongWith says what is wrong with the ARN of a principal that nobody that matters is.
func (s speaker) wrongWith(c *policies.Condition, v string) string {
	parts := strings.SplitN(v, ":", 6)
	switch {
	case s.Policy.Variables() && strings.Contains(v, "${"):
		return ""
	case len(parts) < 6:
		return "an ARN has six parts, with a colon between"
	case strings.HasPrefix(parts[5], "assumed-role/"):
		return "aws:PrincipalArn never holds the ARN of a session, but that of its role"
	case !s.globs(c) && strings.ContainsAny(v, "*?"):
		return string(c.Operator) + " takes wildcards literally, and no name has them"
	case !strings.ContainsAny(parts[1], "*?") && parts[1] != s.partition:
		return fmt.Sprintf("that is partition %s, and the owner is in %s", parts[1], s.partition)
	case isAccount(parts[4]) && parts[4] != s.Account:
		return fmt.Sprintf("account %s is not the owner, which is %s", parts[4], s.Account)
	case parts[4] != "" && strings.Trim(parts[4], "0123456789") == "" && len(parts[4]) != 12:
		return fmt.Sprintf("%s has %d digits, and an account's number 12", parts[4], len(parts[4]))
	case parts[3] != "" && !strings.Contains(parts[3], "*"):
		return "the ARN of a principal has no Region"
	case parts[2] != "iam" && parts[2] != "sts" && !strings.ContainsAny(parts[2], "*?"):
		return "that is no ARN of a user or role"
	case parts[5] != "root" && !strings.ContainsAny(parts[5], "/*?"):
		return "the ARN of a principal has user/ or role/ before its name"
	case parts[5] == "root":
		return "that is the root user alone, not the account"
	case len(s.Administrators) > 0 && s.canBe([]string{v}):
		return "no administrator that the allow list names has such an ARN"
	}
	return ""
}

// canBe tells whether some principal of the account, administrator or not, can match one of the patterns.
func (s *setting) canBe(patterns []string) bool {
	return slices.ContainsFunc(everyKind, func(k policies.Kind) bool { return s.possible(k, patterns) })
}

// everyKind are all kinds of principals that an account has.
var everyKind = []policies.Kind{policies.User, policies.Role, policies.Federated}

// noSuchAddress is for ranges from which no call arrives.
func (s speaker) noSuchAddress(c *policies.Condition, name string) string {
	if name != "aws:sourceip" || c.Operator != policies.NotIPAddress || !unreachable(c.Values) {
		return ""
	}
	within := func(ranges []netip.Prefix) bool {
		return !slices.ContainsFunc(c.Values, func(v string) bool {
			p, _ := readPrefix(v)
			holds := func(r netip.Prefix) bool { return r.Contains(p.Addr()) && r.Bits() <= p.Bits() }
			return !slices.ContainsFunc(ranges, holds)
		})
	}
	one, more := " is no public range", " are no public ranges"
	switch {
	case within(private):
		one, more = " is a private range", " are private ranges"
	case within(documentation):
		one, more = " is a range for examples in documentation", " are ranges for examples in documentation"
	}
	if len(c.Values) > 1 {
		one = more
	}
	return "aws:SourceIp is a public address or absent, and " + and(unique(c.Values)) + one
}

var (
	private       = prefixes("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
	documentation = prefixes("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20")
)

// unreachable tells whether no call can arrive from any of the ranges.
func unreachable(values []string) bool {
	return !slices.ContainsFunc(values, func(v string) bool {
		p, ok := readPrefix(v)
		holds := func(s netip.Prefix) bool { return s.Contains(p.Addr()) && s.Bits() <= p.Bits() }
		return !ok || !slices.ContainsFunc(special, holds)
	})
}

// noSuchNetwork is for the id of an endpoint where that of a VPC belongs, and the reverse.
func (s speaker) noSuchNetwork(c *policies.Condition, name string) string {
	if !c.Operator.Negated() {
		return ""
	}
	all := func(prefix string) bool {
		return !slices.ContainsFunc(c.Values, func(v string) bool { return !strings.HasPrefix(v, prefix) })
	}
	switch {
	case name == "aws:sourcevpce" && all("vpc-"):
		return "aws:SourceVpce holds ids that begin with vpce-, never " + or(unique(c.Values)) +
			", for which there is aws:SourceVpc"
	case name == "aws:sourcevpc" && all("vpce-"):
		return "aws:SourceVpc holds ids that begin with vpc-, never " + or(unique(c.Values)) +
			", for which there is aws:SourceVpce"
	}
	return ""
}

// passed is for a date that has passed.
func (s speaker) passed(c *policies.Condition, name string) string {
	if name != "aws:currenttime" && name != "aws:epochtime" || len(c.Values) != 1 {
		return ""
	}
	at, ok := parseDate(c.Values[0])
	if !ok || at.After(s.Now) {
		return ""
	}
	if strings.Trim(c.Values[0], "0123456789") == "" {
		return c.Values[0] + ", which is " + at.Format(time.RFC3339) + ", has passed"
	}
	return c.Values[0] + " has passed"
}

// noMFA is for administrators whose sessions never tell of MFA.
func (s speaker) noMFA(c *policies.Condition, name string) string {
	if name != "aws:multifactorauthpresent" || c.Operator != policies.Bool || len(s.Administrators) == 0 {
		return ""
	}
	verified := func(w *world) bool { return w.session == verified || w.session == keyVerified }
	if !s.never(inquiry{in: verified}) {
		return ""
	}
	return "aws:MultiFactorAuthPresent is never true in " + s.requests + s.fromIdentityCenter(name)
}

// fromIdentityCenter says of MFA's keys why sessions do not carry them, where all administrators are IAM Identity
// Center's.
func (s speaker) fromIdentityCenter(name string) string {
	others := slices.ContainsFunc(s.Administrators, func(a string) bool {
		return !strings.Contains(a, ":role/aws-reserved/sso.amazonaws.com/")
	})
	if !begins(name, "aws:multifactorauth") || len(s.Administrators) == 0 || others {
		return ""
	}
	return ", since sessions of IAM Identity Center do not tell of MFA"
}

// literalStar is for a wildcard where there are none.
func (s speaker) literalStar(c *policies.Condition, name string) string {
	equals := c.Operator == policies.StringNotEquals || c.Operator == policies.StringNotEqualsIgnoreCase
	wild := func(v string) bool { return strings.ContainsAny(v, "*?") && !strings.Contains(v, "${") }
	if !equals || c.Set != policies.Single || slices.ContainsFunc(c.Values, func(v string) bool { return !wild(v) }) {
		return ""
	}
	return fmt.Sprintf("%s takes the wildcards in %s literally, and %s never holds that; StringNotLike knows wildcards",
		c.Operator, and(unique(c.Values)), c.Key)
}

// settledKey is for a key that has one value in every request.
func (s speaker) settledKey(c *policies.Condition, name string) string {
	values, settled := s.settled(s.kinds[0]).Get(name)
	if !settled || name == "aws:principaltype" && len(s.kinds) > 1 {
		return ""
	}
	known, _ := policies.LookupKey(name)
	text := known.Name + " is " + values[0] + " in all of " + s.requests
	variable := func(v string) bool { return strings.Contains(v, "${") }
	if c.Operator.Negated() && c.Set == policies.Single && !slices.ContainsFunc(c.Values, variable) {
		text += ", never " + or(unique(c.Values))
	}
	return text
}

// otherOrganization is for paths in an organization that is not the owner's.
func (s speaker) otherOrganization(c *policies.Condition, name string) string {
	if name != "aws:principalorgpaths" && name != "aws:resourceorgpaths" || s.Organization == "" ||
		!c.Operator.Negated() {
		return ""
	}
	if slices.ContainsFunc(c.Values, func(v string) bool {
		id, _, _ := strings.Cut(v, "/")
		return id == s.Organization || strings.ContainsAny(id, "*?$")
	}) {
		return ""
	}
	return fmt.Sprintf("%s begins with %s/ in all of %s, never as in %s", c.Key, s.Organization, s.requests,
		or(unique(c.Values)))
}

// noSuchValue is for values that no request has.
func (s speaker) noSuchValue(c *policies.Condition, name string) string {
	if !c.Operator.Negated() || c.Set != policies.Single {
		return ""
	}
	list, wild := s.choice(c.Values, c)
	if wild {
		list = "like " + list
	}
	text := fmt.Sprintf("none of %s has %s %s", s.requests, c.Key, list)
	if strings.HasPrefix(name, "aws:principaltag/") && !wild {
		text += "; tags take letters, digits, spaces and _.:/=+-@"
	}
	return text
}
