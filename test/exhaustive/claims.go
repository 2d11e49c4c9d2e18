package exhaustive

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// A claim is one way that a sentence speaks of: the requests for which all conditions hold, or with inverse those for
// which the one condition does not.
type claim struct {
	conditions []Condition
	inverse    bool
}

func one(conditions ...Condition) []claim { return []claim{{conditions: conditions}} }

var (
	saysOnly  = regexp.MustCompile(`^(?:to call (\S+), )?only (.+)$`)
	saysWays  = regexp.MustCompile(`^in one of [0-9]+ ways: (.+)$`)
	saysWhere = regexp.MustCompile(`^where (\S+) on (\S+) \(([^()]*)\) does not hold`)
	saysKey   = regexp.MustCompile(`^(with|without) ([a-z0-9]+:[^\s,]+)(?: (.+))?$`)
)

// claims reads what follows "only"; not ok where a form is not known here.
func (u *universe) claims(text string) (all []claim, ok bool) {
	if m := saysWays.FindStringSubmatch(text); m != nil {
		text = m[1]
	}
	for _, w := range strings.Split(text, ", or ") {
		some := u.way(w)
		if some == nil {
			return nil, false
		}
		all = append(all, some...)
	}
	return all, true
}

func (u *universe) way(w string) []claim {
	if m := saysKey.FindStringSubmatch(w); m != nil {
		return u.keyWay(m[1] == "with", m[2], m[3])
	}
	if m := saysWhere.FindStringSubmatch(w); m != nil {
		return []claim{{[]Condition{on(m[1], m[2], listed(m[3])...)}, true}}
	}
	later := func(operator, t string) []claim {
		if _, err := time.Parse(time.RFC3339, t); err != nil {
			return nil
		}
		return one(on(operator, "aws:CurrentTime", t))
	}
	first, rest, _ := strings.Cut(w, " ")
	switch {
	case strings.HasPrefix(w, "as a federated user"):
		return one(on("StringEquals", "aws:PrincipalType", "FederatedUser"))
	case w == "over plain HTTP":
		return one(on("Bool", "aws:SecureTransport", "false"))
	case strings.HasPrefix(w, "at a later time"):
		return later("DateGreaterThan", u.q.Now.Format(time.RFC3339))
	case first == "after":
		return later("DateGreaterThan", rest)
	case first == "from" && strings.HasSuffix(w, " on"):
		return later("DateGreaterThanEquals", strings.TrimSuffix(rest, " on"))
	case first == "from":
		return u.fromWay(rest)
	case first == "through":
		return throughWay(rest)
	case first == "for":
		return u.forWay(rest)
	}
	return nil
}

// listed are the values of "a, b or c" and of "a, b and c".
func listed(text string) []string {
	return strings.Split(strings.NewReplacer(" or ", ", ", " and ", ", ").Replace(text), ", ")
}

// valued takes the remark on letters and wildcards off a list of values.
func valued(text string) (values []string, operator string) {
	operator = "Equals"
	if rest, ok := strings.CutSuffix(text, ", in any letter case"); ok {
		text, operator = rest, "EqualsIgnoreCase"
	}
	text = strings.TrimSuffix(text, ", taken literally")
	if rest, ok := strings.CutPrefix(text, "like "); ok {
		text, operator = rest, "Like"
	}
	return listed(text), operator
}

// compared are conditions that compare a key with values, by each operator that may be meant.
func compared(key string, values []string, operator string, negated bool) (all []Condition) {
	info, _ := lookup(key)
	no := ""
	if negated {
		no = "Not"
	}
	switch info.kind {
	case "IP":
		return []Condition{on(no+"IpAddress", key, values...)}
	case "Numeric":
		return []Condition{on("Numeric"+no+"Equals", key, values...)}
	case "Date":
		return []Condition{on("Date"+no+"Equals", key, values...)}
	}
	all = []Condition{on("String"+no+operator, key, values...)}
	if operator == "Like" && info.kind == "ARN" {
		all = append(all, on("Arn"+no+"Like", key, values...))
	}
	return all
}

// keyWay is "with KEY …" and "without KEY …".
func (u *universe) keyWay(with bool, key, text string) (all []claim) {
	info, known := lookup(key)
	there := on("Null", key, "false")
	rest, present := strings.CutPrefix(text, "present")
	switch {
	case !with && text == "":
		return one(on("Null", key, "true"))
	case with && text == "present":
		return one(there)
	case !known || info.many:
		return nil
	}
	negated := !with
	if present {
		text, negated = strings.TrimPrefix(rest, ", and not "), true
	} else if other, ok := strings.CutPrefix(text, "other than "); ok {
		text, negated = other, true
	}
	values, operator := valued(text)
	for _, c := range compared(key, values, operator, negated) {
		conditions := []Condition{c}
		if with {
			conditions = append(conditions, there)
		}
		all = append(all, claim{conditions: conditions})
	}
	return all
}

func (u *universe) fromWay(rest string) []claim {
	if rest == "an IPv6 address" || strings.HasPrefix(rest, "an IPv6 address,") {
		return one(on("IpAddress", "aws:SourceIp", "::/0"))
	}
	if vpcs, ok := strings.CutPrefix(rest, "the VPC "); ok {
		values, operator := valued(vpcs)
		all := one(on("String"+operator, "aws:SourceVpc", values...))
		for _, v := range values {
			all = append(all, one(on("ArnLike", "aws:SourceVpcArn", "arn:*:ec2:*:*:vpc/"+v))...)
		}
		return all
	}
	operator := "IpAddress"
	if other, ok := strings.CutPrefix(rest, "elsewhere than "); ok {
		rest, operator = other, "NotIpAddress"
	}
	values := listed(rest)
	for _, v := range values {
		if _, ok := readNetwork(v); !ok {
			return nil
		}
	}
	return one(on(operator, "aws:SourceIp", values...))
}

func throughWay(rest string) []claim {
	if strings.HasPrefix(rest, "an AWS service that calls") {
		return one(on("Bool", "aws:ViaAWSService", "true"))
	}
	if rest == "a VPC endpoint" {
		return append(one(on("Null", "aws:SourceVpce", "false")), one(on("Null", "aws:SourceVpc", "false"))...)
	}
	if ids, ok := strings.CutPrefix(rest, "the VPC endpoint "); ok {
		values, operator := valued(ids)
		return one(on("String"+operator, "aws:SourceVpce", values...))
	}
	return nil
}

// forWay is "for user/x", "for principals like role/y*" and "for others than …".
func (u *universe) forWay(rest string) (all []claim) {
	if strings.Contains(rest, " in session ") {
		return u.sessionWays(rest)
	}
	rest, negated := strings.CutPrefix(rest, "others than ")
	rest, like := strings.CutPrefix(rest, "principals like ")
	values, operator := valued(rest)
	if like {
		operator = "Like"
	}
	for i, v := range values {
		switch {
		case strings.HasPrefix(v, "user/") || strings.HasPrefix(v, "role/"):
			values[i] = "arn:" + u.q.partition() + ":iam::" + u.q.Account + ":" + v
		case !strings.HasPrefix(v, "arn:"):
			return nil
		}
	}
	for _, c := range compared("aws:PrincipalArn", values, operator, negated) {
		all = append(all, claim{conditions: []Condition{c}})
	}
	return all
}

// sessionWays is "for role/x in session y or role/z in session w".
func (u *universe) sessionWays(rest string) (all []claim) {
	for _, item := range listed(rest) {
		name, session, ok := strings.Cut(item, " in session ")
		if !ok || !strings.HasPrefix(name, "role/") {
			return nil
		}
		all = append(all, one(on("StringLike", "aws:PrincipalArn", u.prefix(role)+strings.TrimPrefix(name, "role/")),
			on("StringLike", "aws:userid", "*:"+session))...)
	}
	return all
}

// outside finds a request that passes and is none that the claims speak of.
func (c *comparison) outside(claims []claim, actions []string, statements []Statement) (*Request, *Truths) {
	all := slices.Clone(statements)
	for _, one := range claims {
		all = append(all, everybody(one.conditions...))
	}
	t := c.with(c.t.u.p.Version, all)
	if t == nil || t.u.sampled || len(t.u.deny) < len(claims) {
		return nil, nil
	}
	var not, yes vector
	n := len(t.u.deny) - len(claims)
	for i, one := range claims {
		if one.inverse {
			yes |= 3 << (2 * (n + i))
		} else {
			not |= 3 << (2 * (n + i))
		}
	}
	inverse := make([]int, 0, len(claims))
	for i := range claims {
		inverse = append(inverse, n+i)
	}
	for _, a := range actions {
		m := t.mask(a, inverse) | not
		for _, s := range t.scenes {
			for v, l := range s {
				if escapes(v, m, true) && v&yes == yes {
					return t.u.request(l, a), t
				}
			}
		}
	}
	return nil, t
}
