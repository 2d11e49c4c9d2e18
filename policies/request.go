package policies

// This file holds what is asked, a request, and what is answered, a decision.

import "strings"

// Kind is the kind of principal that makes a request.
type Kind string

// The kinds of principal.
const (
	User      Kind = "user"      // an IAM user
	Role      Kind = "role"      // a session of an IAM role
	Federated Kind = "federated" // a federated user (sts:GetFederationToken)
	Root      Kind = "root"      // the root user of an account, or a session of it by sts:AssumeRoot
	Service   Kind = "service"   // an AWS service; Caller.ARN then holds its name, such as "sns.amazonaws.com"
	Anonymous Kind = "anonymous" // an unsigned request
)

// A Caller is who makes a request.
type Caller struct {
	Kind    Kind
	ARN     string // the value of aws:PrincipalArn: for a role session the role's ARN, with its path
	Session string // the session's name, for a role session
}

// A Request is everything a policy can ask about one call.
type Request struct {
	Caller   Caller
	Action   string // such as "s3:PutBucketPolicy"
	Resource string // the ARN of the bucket, queue or object
	Context  Context
}

// Context holds the condition keys of a request by their names in lower case (see [Context.Set]). A key that is not
// in the map is absent; that is not the same as present with an empty value.
type Context map[string][]string

// Set puts a key, whatever the letter case of its name.
func (c Context) Set(key string, values ...string) { c[strings.ToLower(key)] = values }

// Get looks a key up, whatever the letter case of its name.
func (c Context) Get(key string) (values []string, present bool) {
	values, present = c[strings.ToLower(key)]
	return
}

// The effects of a decision.
const (
	Allowed    = "allowed"     // an Allow matches and no Deny can
	Denied     = "denied"      // a Deny matches
	NotAllowed = "not allowed" // nothing matches: the implicit deny
	Unsettled  = "unsettled"   // it depends on something unknown
)

// A Decision is what a policy says about one request, together with why.
type Decision struct {
	Effect     string   // Allowed, Denied, NotAllowed or Unsettled
	Statements []int    // the statements that decided: the Denies that match, the Allows, or those unsettled
	Reasons    []string // for Unsettled: what could not be settled, naming statement and key
}
