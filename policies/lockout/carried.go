package lockout

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"locksmith/policies"
)

// What real requests carry: the variable of each condition key in a world, by the documentation of AWS. The values
// are languages (language.go) or points (points.go).

// serviceNames are the names of services as principals.
var serviceNames = language{concat(some(hostSet), text(".amazonaws.com")),
	concat(some(hostSet), text(".amazonaws.com.cn"))}

// principal makes the variables of who calls, and when.
func (w *world) principal(key string) *variable {
	switch key {
	case "aws:principalarn":
		return &variable{base: w.arns(w.kind), present: true, favour: w.names()}
	case "aws:userid":
		if w.alone != nil && w.alone.ID != "" {
			return w.alone.userID(w.kind)
		}
		if w.kind == policies.User {
			return &variable{base: userIDs, present: true, favour: []string{"AIDAWITNESSEXAMPLE000"}}
		}
		return &variable{base: sessionIDs, present: true, favour: []string{"AROAWITNESSEXAMPLE000:witness"}}
	case "aws:currenttime":
		if w.ordinary || w.aid != nil && !w.aid.later {
			return constant(w.now)
		}
		return &variable{points: w.shared(key+" now", func() []string {
			return w.instants(key, w.Now)
		}), dense: true, present: true}
	}
	return nil
}

// credentials makes the variables of what the sender signs with: an access key or a session, with MFA or without.
func (w *world) credentials(key string) *variable {
	switch key {
	case "aws:tokenissuetime":
		if w.session == longTerm || w.session == keyVerified {
			return none()
		}
		w.variableOf("aws:currenttime") // a token is not issued later than now, so the two have to be chosen together
		return &variable{points: w.shared(key+" any", func() []string {
			return w.instants(key, time.Time{})
		}), dense: true, present: true}
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
	}
	return nil
}

// onBehalf makes the variables of which services call for the sender.
func (w *world) onBehalf(key string) *variable {
	switch key {
	case "aws:calledvia":
		if !w.route.service {
			return none()
		}
		return &variable{base: serviceNames, plural: true, present: true,
			favour: []string{"cloudformation.amazonaws.com"}}
	case "aws:calledviafirst", "aws:calledvialast":
		if !w.route.service {
			return none()
		}
		return &variable{base: serviceNames, present: true, favour: []string{"cloudformation.amazonaws.com"}}
	case "aws:viaawsservice":
		return constant(strconv.FormatBool(w.route.service))
	}
	return nil
}

// arns are the values of aws:PrincipalArn: names of 1 to 64 characters, of federated users 2 to 32, behind a path of
// any visible characters (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
func (s *setting) arns(k policies.Kind) language {
	if l, made := s.bases[k]; made {
		return l
	}
	prefix := text(strings.TrimSuffix(s.shape(k), "?*"))
	path := visible
	if s.tame {
		path = visibleButColon
	}
	l := language{concat(prefix, anyName), concat(prefix, some(path), text("/"), anyName)}
	if k == policies.Federated {
		l = language{concat(prefix, repeat(nameSet, 2, 32))}
	}
	if s.bases == nil {
		s.bases = map[policies.Kind]language{}
	}
	s.bases[k] = l
	return l
}

// anyName is the name of a user or role.
var anyName = repeat(nameSet, 1, 64)

// userIDs and sessionIDs are the values of aws:userid of users and of roles' sessions
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids).
var (
	userIDs    = language{concat(text("AIDA"), repeat(upperNum, 12, 28))}
	sessionIDs = language{concat(text("AROA"), repeat(upperNum, 12, 28), text(":"), repeat(nameSet, 2, 64))}
)

// names are principals to try first.
func (w *world) names() []string {
	key := person{w.kind, w.ordinary}
	if made, there := w.favourites[key]; there {
		return made
	}
	names := w.makeNames()
	if w.favourites == nil {
		w.favourites = map[person][]string{}
	}
	w.favourites[key] = names
	return names
}

// A person is a kind of principal, of all requests or of ordinary ones.
type person struct {
	kind     policies.Kind
	ordinary bool
}

func (w *world) makeNames() []string {
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
		name := instance(w.own(pattern))
		last, inside := strings.CutPrefix(name, prefix)
		if inside && (w.kind != policies.Federated && plainName(last) || w.arns(w.kind).matches(name)) {
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
		return &variable{points: w.shared(key+" public", func() []string {
			return w.addresses(key, true)
		}), dense: true, present: true, absent: w.route.service}
	case "aws:vpcsourceip":
		if !w.route.private() {
			return none()
		}
		return &variable{points: w.shared(key+" private", func() []string {
			return w.addresses(key, false)
		}), dense: true, present: true, absent: true}
	case "aws:sourcevpce":
		return w.route.endpoint.variable(language{concat(text("vpce-"), some(resourceIDs))}, "vpce-0fedcba9876543210")
	case "aws:sourcevpc":
		return w.route.vpc.variable(language{vpcs}, "vpc-0fedcba9876543210")
	case "aws:sourcevpcarn":
		arn := concat(text("arn:"+w.partition+":ec2:"), some(regionSet), text(":"), repeat(digits, 12, 12),
			text(":vpc/"), vpcs)
		return w.route.vpcARN.variable(language{arn},
			"arn:"+w.partition+":ec2:us-east-1:"+w.Account+":vpc/vpc-0fedcba9876543210")
	case "aws:vpceaccount":
		return &variable{base: language{repeat(digits, 12, 12)}, present: w.route.private(), absent: true,
			favour: []string{w.Account}}
	case "aws:vpceorgid":
		return &variable{base: language{organizations}, present: w.route.private(), absent: true}
	case "aws:vpceorgpaths":
		return &variable{base: unitPaths(organizations), plural: true, present: w.route.private(), absent: true}
	case "aws:securetransport":
		points := transports[:3]
		if w.ordinary {
			points = transports[:2]
		}
		if w.route.service {
			points = transports
		}
		return &variable{points: points, present: true}
	}
	return nil
}

// transports are the points of the transport's variable. A service's call has all of them, a direct one the first
// three, and an ordinary one the first two.
var transports = []string{"1.3", "1.2", plainHTTP, "1.3 untold", "1.2 untold", "tls", "untold"}

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
// (https://docs.aws.amazon.com/organizations/latest/APIReference/API_Organization.html,
// https://docs.aws.amazon.com/vpc/latest/userguide/).
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
	optional := !w.ordinary || key == "aws:useragent" || key == "aws:referer" ||
		strings.HasPrefix(key, "aws:resourcetag/") ||
		strings.HasPrefix(key, "s3:buckettag/")
	switch {
	case key == "s3:authtype":
		return &variable{points: w.usual(authentications), present: true}
	case key == "s3:signatureversion":
		return &variable{points: w.usual(signatures), present: true}
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
		return &variable{points: booleans, present: optional, absent: true}
	case w.forms(key) != nil:
		return &variable{base: w.forms(key), present: optional, absent: true, favour: w.samples(key)}
	case known.Type == "Numeric":
		return &variable{points: w.shared(key, func() []string {
			return w.numbers(key)
		}), dense: true, present: optional, absent: true}
	case known.Type == "Date":
		return &variable{points: w.shared(key+" any", func() []string {
			return w.instants(key, time.Time{})
		}), dense: true, present: optional, absent: true}
	case known.Type == "IPAddress":
		return &variable{points: w.shared(key+" private", func() []string {
			return w.addresses(key, false)
		}), dense: true, present: optional, absent: true}
	case known.Type == "ARN":
		return &variable{base: language{w.someARN()}, present: optional, absent: true, favour: w.samples(key)}
	}
	return &variable{base: language{many(anything)}, plural: known.Multivalued, present: optional, absent: true,
		favour: []string{"example"}}
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
	return concat(text("arn:"+w.partition+":"), some(lettersAndDigits), text(":"), many(regionSet), text(":"),
		many(digits), text(":"), some(resourceSet))
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

// The values of keys that have few.
var (
	booleans        = []string{"false", "true"}
	authentications = []string{"REST-HEADER", "REST-QUERY-STRING", "POST"}
	signatures      = []string{"AWS4-HMAC-SHA256", "AWS", "AWS4-ECDSA-P256-SHA256"}
)

// usual leaves the last of three kinds of signatures out of ordinary requests: forms are for uploads, and asymmetric
// signatures for Multi-Region Access Points.
func (w *world) usual(signatures []string) []string {
	if w.ordinary {
		return signatures[:2]
	}
	return signatures
}
