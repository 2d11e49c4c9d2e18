package lockout

import (
	"slices"
	"strings"

	"locksmith/policies"
)

// Which condition keys a call by the owner's own principals carries: always the same, never, or perhaps.

// settled holds the keys whose value is the same in every request by a principal of the kind. What is neither settled
// nor absent varies.
func (s *setting) settled(kind policies.Kind) policies.Context {
	if made, there := s.sameFor[kind]; there {
		return made
	}
	c := policies.Context{}
	if s.sameFor == nil {
		s.sameFor = map[policies.Kind]policies.Context{}
	}
	s.sameFor[kind] = c
	c.Set("aws:PrincipalAccount", s.Account)
	c.Set("aws:ResourceAccount", s.Account)
	c.Set("aws:PrincipalIsAWSService", "false")
	c.Set("aws:PrincipalType", principalTypes[kind])
	if s.Organization != "" {
		c.Set("aws:PrincipalOrgID", s.Organization)
		c.Set("aws:ResourceOrgID", s.Organization)
	}
	if s.region != "" {
		c.Set("aws:RequestedRegion", s.region)
	}
	if s.bucket() {
		c.Set("s3:ResourceAccount", s.Account)
	}
	return c
}

// principalTypes are the values of aws:PrincipalType.
var principalTypes = map[policies.Kind]string{policies.User: "User", policies.Role: "AssumedRole",
	policies.Federated: "FederatedUser"}

func (s *setting) bucket() bool { return strings.Contains(s.Resource, ":s3:") }

// absent tells whether no request by a principal of the kind carries the key. The keys of S3 and SQS that the Service
// Authorization Reference does not list for an action are not there when it is called
// (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html). Only calls by services on
// behalf of a resource carry its source
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html).
func (s *setting) absent(key string, kind policies.Kind) bool {
	key = strings.ToLower(key)
	known, ok := policies.LookupKey(key)
	switch {
	case !ok:
		return false
	case begins(key, ofListings...):
		return !s.bucket() || !s.listing
	case strings.HasPrefix(key, "s3:"):
		return !s.bucket() || !slices.Contains(ofEveryCall, key) && !strings.HasPrefix(key, "s3:buckettag/")
	case begins(key, ofSessions...):
		return kind == policies.User
	case strings.HasPrefix(key, "sqs:"), strings.HasPrefix(key, "aws:requesttag/"):
		return true
	case key == "aws:username":
		return kind != policies.User
	}
	return slices.Contains(never, known.Name)
}

// ofEveryCall are the s3: keys that every call on a bucket carries, or may.
var ofEveryCall = []string{"s3:authtype", "s3:resourceaccount", "s3:signatureage", "s3:signatureversion",
	"s3:tlsversion", "s3:x-amz-content-sha256"}

// ofListings begin the s3: keys that a listing may carry besides: a call through an access point names it
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html), one with access grants their
// instance.
var ofListings = []string{"s3:accessgrantsinstancearn", "s3:accesspointnetworkorigin", "s3:accesspointtag/",
	"s3:dataaccesspointaccount", "s3:dataaccesspointarn"}

// ofSessions begin the keys that describe a session: how it came about and what it runs in. A user's own calls carry
// none of them
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-role-session).
var ofSessions = []string{"aws:sourceidentity", "aws:federatedprovider", "aws:chatbotsourcearn",
	"aws:ec2instancesource", "aws:signinsessionarn", "codebuild:", "ec2:", "glue:", "identitystore:", "lambda:", "ssm:"}

// begins tells whether a key, in lower case, begins with one of the prefixes.
func begins(key string, prefixes ...string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(key, p) })
}

// never are the global keys that no call by a user or role on its own behalf carries.
var never = []string{"aws:SourceArn", "aws:SourceAccount", "aws:SourceOrgID", "aws:SourceOrgPaths", "aws:SourceOwner",
	"aws:TagKeys", "aws:AssumedRoot", "aws:PrincipalServiceName", "aws:PrincipalServiceNamesList"}
