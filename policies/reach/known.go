package reach

// This file says what is known of each condition key before the call is made.

import (
	"fmt"
	"strings"
	"time"

	"locksmith/policies"
)

// A fact is what is known of one key in all the requests that a question stands for.
type fact struct {
	can   [][]string // each value that it can have; nil in it stands for a key that is absent
	other bool       // it may have any other value, too
	there bool       // it is there in each request, whatever its value
	clock bool       // can holds the first and the last moment that it can show
	alien string     // it may also name something of AWS's own, written like this
	texts *language  // it is one of these
	what  string     // for people: what it is, where it is not known
}

func is(values ...string) fact { return fact{can: [][]string{values}} }

func absent() fact { return fact{can: [][]string{nil}} }

func absentOr(value, what string) fact { return fact{can: [][]string{nil, {value}}, what: what} }

// sure is the one value that the key has, if there is no other.
func (f fact) sure() (values []string, ok bool) {
	if f.other || f.clock || f.alien != "" || f.texts != nil || len(f.can) != 1 {
		return nil, false
	}
	return f.can[0], true
}

// known is what is known of a key, by its name in whatever letter case. The rules are those of
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html. What is not settled there
// is not known here.
func (c *call) known(key string) fact {
	low := strings.ToLower(key)
	prefix, rest, _ := strings.Cut(low, ":")
	listing := policies.ListingOf(key)
	switch {
	case low == "sts:taskpolicyarn" && c.opening():
		return is("arn:" + c.Partition + taskPolicies + c.task)
	case prefix == "s3" && c.service() == "s3" && listing == policies.Listed:
		return c.ofS3(low)
	case (prefix == "s3" || prefix == "sqs") && listing == policies.Listed, listing == policies.Elsewhere:
		return absent() // a service's keys come with calls to that service alone, and AssumeRoot has no other
	case listing == policies.Unlisted:
		return fact{other: true, what: "a key that no reference lists"}
	case listing == policies.Claim:
		return fact{other: true, what: "what an identity provider says"}
	case prefix != "aws":
		return fact{other: true, what: "a property of the session"}
	}
	if f, ok := c.ofCaller(rest); ok {
		return f
	}
	return c.ofRequest(rest)
}

// ofCaller is what is known of a global key about who calls.
func (c *call) ofCaller(key string) (fact, bool) {
	account := c.principal()
	switch key {
	case "principalaccount":
		return is(account.Number), true
	case "principalorgid":
		return is(c.Organization), true
	case "principalorgpaths":
		return is(account.orgPath(c.Organization)), true
	case "principalisawsservice", "viaawsservice":
		return is("false"), true
	case "principalservicename", "principalservicenameslist", "calledvia", "calledviafirst", "calledvialast":
		return absent(), true
	case "sourceidentity", "federatedprovider", "chatbotsourcearn", "signinsessionarn", "multifactorauthage",
		"ec2instancesourcevpc", "ec2instancesourceprivateipv4":
		return absent(), true // a function's session has none of them to pass on
	case "multifactorauthpresent":
		return absentOr("false", "which a session without MFA may carry"), true
	case "ismcpserviceaction", "viaawsmcpservice":
		return absentOr("false", "which calls by the SDK may carry"), true
	case "calledviaawsmcp", "username":
		return absent(), true
	case "userid":
		return fact{other: true, there: true, what: "the unique id of the session"}, true
	case "tokenissuetime":
		return c.time(c.From.Add(-24 * time.Hour)), true // a function's session lasts twelve hours at most
	}
	if c.opening() {
		return c.ofFunction(key)
	}
	return c.ofRoot(key)
}

// ofRoot is what is known of a root session.
func (c *call) ofRoot(key string) (fact, bool) {
	switch {
	case key == "principalarn":
		return is("arn:" + c.Partition + ":iam::" + c.member.Number + ":root"), true
	case key == "assumedroot":
		return is("true"), true
	case key == "principaltype": // of the root user it is Account; nothing says that a session has the same
		return fact{can: [][]string{{"Account"}}, other: true, there: true, what: "the type of a root session"}, true
	case strings.HasPrefix(key, "principaltag/"): // neither a root user nor AssumeRoot takes tags
		return absent(), true
	}
	return fact{}, false
}

// ofFunction is what is known of the function's own role.
func (c *call) ofFunction(key string) (fact, bool) {
	switch {
	case key == "principalarn" && c.Role != "":
		return is(c.Role), true
	case key == "principalarn": // paths have up to 512 characters, and names 64
		return fact{texts: &language{head: "arn:" + c.Partition + ":iam::" + c.Caller.Number + ":role/", least: 1,
			most: 576, wide: true}, there: true, what: "the role of Locksmith's function"}, true
	case key == "assumedroot": // CloudTrail shows it with the call itself
		return absentOr("true", "which the call that opens a session may carry"), true
	case key == "principaltype":
		return is("AssumedRole"), true
	case strings.HasPrefix(key, "principaltag/"):
		return fact{can: [][]string{nil}, other: true, what: "a tag of the function's role"}, true
	}
	return fact{}, false
}

// ofRequest is what is known of a global key about the call itself.
func (c *call) ofRequest(key string) fact {
	owner := c.member
	switch key {
	case "resourceaccount":
		return is(owner.Number)
	case "resourceorgid":
		return is(c.Organization)
	case "resourceorgpaths":
		return is(owner.orgPath(c.Organization))
	case "requestedregion":
		return is(c.region)
	case "securetransport":
		return is("true")
	case "currenttime", "epochtime":
		return c.time(c.From)
	case "sourcearn", "sourceaccount", "sourceorgid", "sourceorgpaths", "sourceowner", "referer", "tagkeys":
		return absent()
	case "sourceip":
		return fact{can: [][]string{nil}, other: true, what: "the address that the function calls from"}
	case "sourcevpc", "sourcevpce", "vpceaccount", "vpceorgid":
		// The function is in no VPC of the organization. If AWS leads its calls through an endpoint, it is AWS's own.
		return fact{can: [][]string{nil}, alien: alien[key], what: "the network that the function calls from"}
	case "sourcevpcarn", "vpceorgpaths", "vpcsourceip":
		return fact{can: [][]string{nil}, other: true, what: "the network that the function calls from"}
	case "useragent":
		return fact{other: true, there: true, what: "the user agent"}
	}
	switch {
	case strings.HasPrefix(key, "requesttag/"):
		return absent()
	case strings.HasPrefix(key, "resourcetag/"):
		return fact{can: [][]string{nil}, other: true, what: "a tag of the resource"}
	}
	return fact{other: true, what: "a key that the preflight does not know"}
}

// alien is how AWS's own things are written, by key. No policy of an organization names them.
var alien = map[string]string{"sourcevpc": "vpc-0c0ffee0c0ffee0c0", "sourcevpce": "vpce-0c0ffee0c0ffee0c0",
	"vpceaccount": "000000000000", "vpceorgid": "o-0000000000"}

// ofS3 is what is known of S3's own keys. Listing buckets is in no table of package policies; it carries what every
// call carries.
func (c *call) ofS3(key string) fact {
	carried := policies.Carries(c.action, key)
	switch {
	case carried == policies.No:
		return absent()
	case key == "s3:authtype":
		return is("REST-HEADER")
	case key == "s3:signatureversion":
		return is("AWS4-HMAC-SHA256")
	case key == "s3:tlsversion":
		return fact{can: [][]string{{"1.2"}, {"1.3"}}, what: "the version of TLS"}
	case key == "s3:resourceaccount" && carried == policies.Yes:
		return is(c.member.Number)
	case strings.HasPrefix(key, "s3:buckettag/"):
		return fact{can: [][]string{nil}, other: true, what: "a tag of the bucket"}
	}
	return fact{can: [][]string{nil}, other: true, what: "what S3 makes of the call"}
}

// time is a moment from first on.
func (c *call) time(first time.Time) fact {
	moment := func(t time.Time) []string { return []string{t.UTC().Format(time.RFC3339)} }
	return fact{can: [][]string{moment(first), moment(c.Until)}, there: true, clock: true,
		what: fmt.Sprintf("when it is called, up to %s", c.Until.UTC().Format("2006-01-02"))}
}

// value is what a policy variable surely stands for.
func (c *call) value(key string) (string, bool) {
	values, ok := c.known(key).sure()
	if !ok || len(values) != 1 {
		return "", false
	}
	return values[0], true
}
