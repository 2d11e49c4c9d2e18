package lockout

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"locksmith/policies"
)

// A world is one way in which a request can come about: the kind of its sender and the few facts that decide which keys it carries. Taken
// together the worlds hold every real request.
type world struct {
	*setting
	kind     policies.Kind
	route    route
	session  session
	org      string    // the organization that the account is in, [anyOrganization], or "" for none
	ordinary bool      // only ordinary administrators' requests count
	outsider *outsider // the sender is of no principal of the owning account: see opens.go

	bound     *world            // this one, with some variables held at one value
	fixed     map[string]string // variables that are held at one value, for the sake of policy variables that speak of them
	variables []*variable
	index     map[string]int
	first     []*choice  // of each variable, before any clause has been looked at
	demands   [][]clause // of each Deny statement
	closed    []string   // the actions that nobody can perform, without any doubt
}

// A route is the way that a call takes, and which of the keys that tell of it the call carries. The zero route is a direct call from an address.
type route struct {
	endpoint presence // aws:SourceVpce
	vpc      presence // aws:SourceVpc
	vpcARN   presence // aws:SourceVpcArn
	service  bool     // a service calls on the sender's behalf, and keeps nothing of an endpoint
	single   bool     // and no other has called that
}

// private tells whether the call comes through a VPC endpoint, and so without an address.
func (r route) private() bool { return r.endpoint != missing || r.vpc != missing }

// oneVPC tells whether the call names its VPC twice, so that one variable stands for both.
func (r route) oneVPC() bool { return r.vpc == carried && r.vpcARN == carried }

// presence tells whether requests of a world carry a key.
type presence int

const (
	missing presence = iota
	either
	carried
)

// variable is the variable of a key with texts for values.
func (p presence) variable(base language, favour ...string) *variable {
	return &variable{base: base, absent: p != carried, present: p != missing, favour: favour}
}

// session is what kind of credentials a request is signed with.
type session int

const (
	longTerm    session = iota // a user's access key
	bare                       // a session that tells nothing of MFA
	unverified                 // a session without MFA
	verified                   // a session with MFA
	keyVerified                // a user's access key with MFA: no page says that there is such a thing, and none that there is not
)

// A variable is what a request may choose: the value of a condition key, or of several that hang together.
type variable struct {
	name    string
	base    language // the values of a text; nil for a variable with points
	points  []string // the values of one that has few, or of which a few stand for all
	dense   bool     // the points stand for values between and beyond them, as far as an operator of the key's own type can tell
	plural  bool     // the key is multivalued: a set of texts
	absent  bool     // it may be absent
	present bool     // it may be present
	favour  []string // texts to try first
}

// serviceNames are the names of services as principals.
var serviceNames = language{concat(some(hostSet), text(".amazonaws.com")), concat(some(hostSet), text(".amazonaws.com.cn"))}

// constant is a variable with one value.
func constant(value string) *variable { return &variable{points: []string{value}, present: true} }

// none is a variable that is never there.
func none() *variable { return &variable{absent: true} }

// variableOf is the variable that a key, in lower case, depends on.
func (w *world) variableOf(key string) int {
	name := key
	switch {
	case key == "aws:epochtime":
		name = "aws:currenttime"
	case key == "s3:tlsversion" && w.bucket():
		name = "aws:securetransport"
	case key == "aws:resourceorgid":
		name = "aws:principalorgid"
	case key == "aws:sourcevpc" && w.route.oneVPC():
		name = "aws:sourcevpcarn"
	case w.route.single && begins(key, "aws:calledvia"):
		name = "aws:calledviafirst"
	case key == "aws:username" && w.kind == policies.User, key == "aws:userid" && w.kind == policies.Federated:
		name = "aws:principalarn"
	}
	if w.outsider != nil {
		name = w.outsider.variableOf(key)
	}
	if i, ok := w.index[name]; ok {
		return i
	}
	v := w.variable(name)
	v.name = name
	if value, ok := w.fixed[name]; ok && v.base != nil {
		v.base, v.absent, v.present, v.favour = language{text(value)}, false, true, nil
	}
	w.index[name] = len(w.variables)
	w.variables = append(w.variables, v)
	return w.index[name]
}

// variable makes the variable of a key by the tables of what a real request carries.
func (w *world) variable(key string) *variable {
	if w.outsider != nil {
		return w.outside(key)
	}
	if v := w.principal(key); v != nil {
		return v
	}
	if v := w.network(key); v != nil {
		return v
	}
	if v := w.organization(key); v != nil {
		return v
	}
	if values, ok := w.settled(w.kind).Get(key); ok {
		return constant(values[0])
	}
	if _, known := policies.LookupKey(key); !known || w.absent(key, w.kind) {
		return none()
	}
	return w.free(key)
}

// principal makes the variables of who calls, and with what credentials.
func (w *world) principal(key string) *variable {
	switch key {
	case "aws:principalarn":
		return &variable{base: w.arns(w.kind), present: true, favour: w.names()}
	case "aws:userid":
		if w.kind == policies.User {
			id := concat(text("AIDA"), repeat(upperNum, 12, 28))
			return &variable{base: language{id}, present: true, favour: []string{"AIDAWITNESSEXAMPLE000"}}
		}
		id := concat(text("AROA"), repeat(upperNum, 12, 28), text(":"), repeat(nameSet, 2, 64))
		return &variable{base: language{id}, present: true, favour: []string{"AROAWITNESSEXAMPLE000:witness"}}
	case "aws:tokenissuetime":
		if w.session == longTerm || w.session == keyVerified {
			return none()
		}
		w.variableOf("aws:currenttime") // a token is not issued later than now, so the two have to be chosen together
		return &variable{points: w.shared(key+" any", func() []string { return w.instants(key, time.Time{}) }), dense: true, present: true}
	case "aws:multifactorauthpresent":
		switch w.session {
		case longTerm, bare:
			return none()
		case verified, keyVerified:
			return constant("true")
		}
		return constant("false")
	case "aws:multifactorauthage":
		if w.session != verified && w.session != keyVerified {
			return none()
		}
		return &variable{points: w.shared(key, func() []string { return w.numbers(key) }), dense: true, present: true}
	case "aws:calledvia":
		if !w.route.service {
			return none()
		}
		return &variable{base: serviceNames, plural: true, present: true, favour: []string{"cloudformation.amazonaws.com"}}
	case "aws:calledviafirst", "aws:calledvialast":
		if !w.route.service {
			return none()
		}
		return &variable{base: serviceNames, present: true, favour: []string{"cloudformation.amazonaws.com"}}
	case "aws:viaawsservice":
		return constant(strconv.FormatBool(w.route.service))
	case "aws:currenttime":
		if w.ordinary || w.aid != nil && !w.aid.later {
			return constant(w.now)
		}
		return &variable{points: w.shared(key+" now", func() []string { return w.instants(key, w.Now) }), dense: true, present: true}
	}
	return nil
}

// arns are the values of aws:PrincipalArn: names of 1 to 64 characters, of federated users 2 to 32, behind a path of any visible characters
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
func (s *setting) arns(k policies.Kind) language {
	if l, made := s.bases[k]; made {
		return l
	}
	prefix := text(strings.TrimSuffix(s.shape(k), "?*"))
	path := visible
	if s.tame {
		path = visibleButColon
	}
	l := language{concat(prefix, repeat(nameSet, 1, 64)), concat(prefix, some(path), text("/"), repeat(nameSet, 1, 64))}
	if k == policies.Federated {
		l = language{concat(prefix, repeat(nameSet, 2, 32))}
	}
	if s.bases == nil {
		s.bases = map[policies.Kind]language{}
	}
	s.bases[k] = l
	return l
}

// names are principals to try first.
func (w *world) names() []string {
	prefix := strings.TrimSuffix(w.shape(w.kind), "?*")
	var names []string
	for _, name := range []string{"Administrator", "ops-lead", "qz7", "Kim.Moreau"} {
		names = append(names, prefix+name)
	}
	patterns := w.Administrators
	if !w.ordinary {
		patterns = slices.Concat(patterns, w.constants("aws:principalarn"))
	}
	for _, pattern := range patterns[:min(len(patterns), likely)] {
		if name := instance(w.own(pattern)); w.arns(w.kind).matches(name) {
			names = append(names, name)
		}
	}
	return names
}

// network makes the variables of where a call comes from.
func (w *world) network(key string) *variable {
	switch key {
	case "aws:sourceip":
		if w.route.private() {
			return none()
		}
		return &variable{points: w.shared(key+" public", func() []string { return w.addresses(key, true) }), dense: true, present: true, absent: w.route.service}
	case "aws:vpcsourceip":
		if !w.route.private() {
			return none()
		}
		return &variable{points: w.shared(key+" private", func() []string { return w.addresses(key, false) }), dense: true, present: true, absent: true}
	case "aws:sourcevpce":
		return w.route.endpoint.variable(language{concat(text("vpce-"), some(resourceIDs))}, "vpce-0fedcba9876543210")
	case "aws:sourcevpc":
		return w.route.vpc.variable(language{vpcs}, "vpc-0fedcba9876543210")
	case "aws:sourcevpcarn":
		arn := concat(text("arn:"+w.partition+":ec2:"), some(regionSet), text(":"), repeat(digits, 12, 12), text(":vpc/"), vpcs)
		return w.route.vpcARN.variable(language{arn}, "arn:"+w.partition+":ec2:us-east-1:"+w.Account+":vpc/vpc-0fedcba9876543210")
	case "aws:vpceaccount":
		return &variable{base: language{repeat(digits, 12, 12)}, present: w.route.private(), absent: true, favour: []string{w.Account}}
	case "aws:vpceorgid":
		return &variable{base: language{organizations}, present: w.route.private(), absent: true}
	case "aws:vpceorgpaths":
		return &variable{base: unitPaths(organizations), plural: true, present: w.route.private(), absent: true}
	case "aws:securetransport":
		points := []string{"1.3", "1.2"}
		if !w.ordinary {
			points = append(points, plainHTTP)
		}
		if w.route.service {
			points = append(points, "1.3 untold", "1.2 untold", "tls", "untold")
		}
		return &variable{points: points, present: true}
	}
	return nil
}

// organization makes the variables of the organization, which the principal's and the resource's account share.
func (w *world) organization(key string) *variable {
	id := organizations
	if w.org != anyOrganization {
		id = text(w.org)
	}
	switch {
	case key == "aws:resourceorgid" || key == "aws:principalorgid":
		if w.org == "" {
			return none()
		}
		return &variable{base: language{id}, present: true}
	case key == "aws:principalorgpaths" || key == "aws:resourceorgpaths":
		if w.org == "" {
			return none()
		}
		return &variable{base: unitPaths(id), plural: true, present: true}
	}
	return nil
}

// organizations are their ids, and vpcs those of VPCs
// (https://docs.aws.amazon.com/organizations/latest/APIReference/API_Organization.html, https://docs.aws.amazon.com/vpc/latest/userguide/).
var (
	organizations = concat(text("o-"), repeat(lowerNum, 10, 32))
	vpcs          = concat(text("vpc-"), some(resourceIDs))
)

// unitPaths are the paths of accounts in an organization: its root, and the units below it, each with a slash behind it
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed-view-data-orgs.html#access_policies_last-accessed-viewing-orgs-entity-path).
func unitPaths(organization sequence) language {
	root := concat(organization, text("/r-"), repeat(lowerNum, 4, 32), text("/"))
	return language{root, concat(root, text("ou-"), some(unitSet), text("/"))}
}

// free makes the variable of a key that a request may or may not carry, with any value of its type.
func (w *world) free(key string) *variable {
	known, _ := policies.LookupKey(key)
	optional := !w.ordinary || key == "aws:useragent" || key == "aws:referer" || strings.HasPrefix(key, "aws:resourcetag/") ||
		strings.HasPrefix(key, "s3:buckettag/")
	switch {
	case key == "s3:authtype":
		return &variable{points: w.usual([]string{"REST-HEADER", "REST-QUERY-STRING", "POST"}), present: true}
	case key == "s3:signatureversion":
		return &variable{points: w.usual([]string{"AWS4-HMAC-SHA256", "AWS", "AWS4-ECDSA-P256-SHA256"}), present: true}
	case key == "s3:signatureage":
		return &variable{points: w.shared(key, func() []string { return w.numbers(key) }), dense: true, present: true}
	case key == "s3:x-amz-content-sha256":
		return &variable{base: language{many(visible)}, present: true, favour: []string{"UNSIGNED-PAYLOAD"}}
	case key == "aws:useragent":
		return &variable{base: language{many(anything)}, present: true, absent: true, favour: []string{"aws-cli/2"}}
	case key == "aws:requestedregion":
		region := concat(repeat(lowerLetters, 2, 4), text("-"), some(lettersAndDash), text("-"), repeat(digits, 1, 2))
		return &variable{base: language{region}, present: true, favour: []string{"us-east-1", "eu-central-1"}}
	case strings.HasPrefix(key, "aws:principaltag/"):
		return &variable{base: language{many(tagSet)}, present: optional, absent: true, favour: []string{"example"}}
	case known.Type == "Bool":
		return &variable{points: []string{"false", "true"}, present: optional, absent: true}
	case w.forms(key) != nil:
		return &variable{base: w.forms(key), present: optional, absent: true, favour: w.samples(key)}
	case known.Type == "Numeric":
		return &variable{points: w.shared(key, func() []string { return w.numbers(key) }), dense: true, present: optional, absent: true}
	case known.Type == "Date":
		return &variable{points: w.shared(key+" any", func() []string { return w.instants(key, time.Time{}) }), dense: true, present: optional, absent: true}
	case known.Type == "IPAddress":
		return &variable{points: w.shared(key+" private", func() []string { return w.addresses(key, false) }), dense: true, present: optional, absent: true}
	case known.Type == "ARN":
		return &variable{base: language{w.someARN()}, present: optional, absent: true, favour: w.samples(key)}
	}
	return &variable{base: language{many(anything)}, plural: known.Multivalued, present: optional, absent: true, favour: []string{"example"}}
}

// forms are the values of keys that have a form of their own, or nil.
func (w *world) forms(key string) language {
	switch key {
	case "aws:federatedprovider":
		return language{w.someARN(), some(hostSet)}
	case "aws:ec2instancesourcevpc":
		return language{vpcs}
	case "aws:sourceidentity": // https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
		return language{repeat(nameSet, 2, 64)}
	case "identitystore:userid": // https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_User.html
		return language{some(hexAndDash)}
	case "s3:dataaccesspointaccount":
		return language{repeat(digits, 12, 12)}
	case "s3:accesspointnetworkorigin": // https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html
		return language{text("Internet"), text("VPC")}
	}
	return nil
}

// someARN is the form of an ARN of the resource's partition. No name of a resource has a wildcard in it.
func (w *world) someARN() sequence {
	return concat(text("arn:"+w.partition+":"), some(lettersAndDigits), text(":"), many(regionSet), text(":"), many(digits), text(":"), some(resourceSet))
}

// samples are values of a key to try first, as they look.
func (w *world) samples(key string) []string {
	arn := func(service, rest string) []string {
		return []string{"arn:" + w.partition + ":" + service + ":us-east-1:" + w.Account + ":" + rest}
	}
	switch key {
	case "lambda:sourcefunctionarn":
		return arn("lambda", "function:example")
	case "ec2:sourceinstancearn", "ssm:sourceinstancearn":
		return arn("ec2", "instance/i-0fedcba9876543210")
	case "codebuild:buildarn":
		return arn("codebuild", "build/example:0fedcba9-8765-4321-0fed-cba987654321")
	case "codebuild:projectarn":
		return arn("codebuild", "project/example")
	case "s3:dataaccesspointarn":
		return arn("s3", "accesspoint/example")
	case "s3:accessgrantsinstancearn":
		return arn("s3", "access-grants/default")
	case "aws:federatedprovider":
		return []string{"arn:" + w.partition + ":iam::" + w.Account + ":saml-provider/example"}
	case "aws:ec2instancesourcevpc":
		return []string{"vpc-0fedcba9876543210"}
	case "s3:dataaccesspointaccount":
		return []string{w.Account}
	}
	return nil
}

// usual leaves the last of three ways to sign a request out of ordinary ones: forms are for uploads, and asymmetric signatures for Multi-Region Access Points.
func (w *world) usual(ways []string) []string {
	if w.ordinary {
		return ways[:2]
	}
	return ways
}

// plainHTTP is the point of the transport's variable that is no version of TLS. Of a service's call on somebody's behalf other points tell which of the two keys
// it leaves out: the transport (untold), the version (tls), or both.
const plainHTTP = "http"

// value is what a key shows when the variable that it depends on has a value.
func (w *world) value(key, of string) (value string, present bool) {
	if w.outsider != nil && w.outsider.named(key) {
		return w.outsider.value(key, of), true
	}
	switch {
	case key == "aws:securetransport":
		return strconv.FormatBool(of != plainHTTP), !strings.HasSuffix(of, "untold")
	case key == "s3:tlsversion" && w.bucket():
		version, _, _ := strings.Cut(of, " ")
		return version, strings.HasPrefix(of, "1.")
	case key == "aws:sourcevpc" && w.route.oneVPC():
		return of[strings.LastIndexByte(of, '/')+1:], true
	case key == "aws:epochtime":
		t, _ := parseDate(of)
		return strconv.FormatInt(t.Unix(), 10), true
	case key == "aws:username" && w.kind == policies.User:
		return of[strings.LastIndexByte(of, '/')+1:], true
	case key == "aws:userid" && w.kind == policies.Federated:
		return w.Account + ":" + of[strings.LastIndexByte(of, '/')+1:], true
	}
	return of, true
}

// maxEpoch is beyond the last second of the year 9999, which is the last that a date shows.
const maxEpoch = 253_402_300_800

// parseDate reads a date or a number of seconds since 1970, to the second below; ok is false for what it cannot read, and for times that no date shows.
func parseDate(v string) (time.Time, bool) {
	if f, err := strconv.ParseFloat(v, 64); err == nil && len(v) != 4 {
		return time.Unix(int64(math.Floor(f)), 0).UTC(), math.Abs(f) < maxEpoch
	}
	for _, form := range []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", "2006-01-02", "2006-01"} {
		if t, err := time.Parse(form, v); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}
