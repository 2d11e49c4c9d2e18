package encode

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// errUnknown says that a key is in no reference. Where it matters, the answer is in doubt.
var errUnknown = errors.New("unknown key")

// lookup is a condition key of the call, by the reference of the global keys and that of S3's and SQS's
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html,
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html).
func (w *world) lookup(key string) (variable, error) {
	name := strings.ToLower(key)
	prefix, _, tag := strings.Cut(name, "/")
	switch {
	case tag && prefix == "aws:principaltag":
		return w.free(name, tags, true), nil
	case tag && (prefix == "aws:resourcetag" || prefix == "s3:buckettag" && w.ofS3()):
		return w.free(name, "", true), nil
	case tag && prefix == "aws:requesttag":
		return absent, nil
	case strings.HasPrefix(name, "s3:"):
		return w.ofBuckets(name)
	}
	for _, of := range []func(string) (variable, bool){w.ofSender, w.ofSession, w.ofNetwork, w.ofCircumstances} {
		if v, ok := of(name); ok {
			return v, nil
		}
	}
	if slices.Contains(neverThere, name) {
		return absent, nil
	}
	if slices.Contains([]string{"aws:viaawsmcpservice", "aws:calledviaawsmcp", "aws:ismcpserviceaction"}, name) {
		return variable{}, beyond("the key %s", name)
	}
	return variable{}, errUnknown
}

// neverThere are carried by calls of services, or on behalf of a resource, or of root, or with tags.
var neverThere = []string{"aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths",
	"aws:sourceowner", "aws:assumedroot", "aws:tagkeys", "aws:principalservicename",
	"aws:principalservicenameslist"}

var absent = variable{sort: "String", value: `""`, present: "false", arn: true}

func constant(value string) variable {
	return variable{sort: "String", value: literal(value), present: "true"}
}

// The forms of values.
const (
	tags = `(re.* (re.union ` + letters + ` (re.range "\u{a0}" "\u{2ffff}") (str.to_re " ") (str.to_re "_")` +
		` (str.to_re ".") (str.to_re ":") (str.to_re "/") (str.to_re "=") (str.to_re "+") (str.to_re "-")` +
		` (str.to_re "@")))`
	digit   = `(re.range "0" "9")`
	account = `(re.++ ` + digit + digit + digit + digit + digit + digit + digit + digit + digit + digit + digit +
		digit + `)`
	small   = `(re.+ (re.union (re.range "a" "z") (re.range "0" "9")))`
	regions = `(re.++ (re.+ (re.range "a" "z")) (re.+ (re.++ (str.to_re "-") (re.+ (re.range "a" "z"))))` +
		` (str.to_re "-") (re.+ ` + digit + `))`
	organizations = `(re.++ (str.to_re "o-") ` + small + `)`
	hosts         = `(re.+ (re.union (re.range "a" "z") (re.range "0" "9") (str.to_re ".") (str.to_re "-")))`
	// Letters are more than the digits of such an id; people write them in samples.
	endpoints = `(re.++ (str.to_re "vpce-") ` + small + `)`
	networks  = `(re.++ (str.to_re "vpc-") ` + small + `)`
	// What names a thing within its service has no wildcard in it.
	things = `(re.+ (re.union ` + letters + ` (str.to_re "_") (str.to_re "+") (str.to_re "=") (str.to_re ",")` +
		` (str.to_re ".") (str.to_re "@") (str.to_re "-") (str.to_re "/") (str.to_re ":")))`
)

// ofSender are the keys that tell who calls, for whom.
func (w *world) ofSender(name string) (variable, bool) {
	switch name {
	case "aws:principalarn":
		return w.arn(), true
	case "aws:principaltype":
		return constant(w.principalType), true
	case "aws:principalaccount", "aws:resourceaccount":
		return constant(w.Account), true
	case "aws:userid":
		return variable{sort: "String", value: w.userid(), present: "true"}, true
	case "aws:username":
		if w.kind != "user" {
			return absent, true
		}
		return variable{sort: "String", value: w.name(), present: "true"}, true
	case "aws:principalisawsservice":
		return variable{sort: "Bool", value: "false", present: "true"}, true
	case "aws:principalorgid", "aws:resourceorgid":
		return w.organization(), true
	case "aws:principalorgpaths", "aws:resourceorgpaths":
		organization := w.organization()
		form := `(re.++ ` + organizations + ` (str.to_re "/r-") ` + small + ` (str.to_re "/")` +
			` (re.* (re.++ (str.to_re "ou-") ` + small + ` (str.to_re "-") ` + small + ` (str.to_re "/"))))`
		v := w.several(name, form, organization.present)
		for _, one := range v.members {
			w.assert("(str.prefixof (str.++ " + organization.value + ` "/") ` + one.value + ")")
		}
		return v, true
	}
	return variable{}, false
}

// organization is one for the principal and the resource: the owner's.
func (w *world) organization() variable {
	if w.Organization != "" {
		return constant(w.Organization)
	}
	return w.free("organization", organizations, true)
}

// ofSession are the properties that a session has from its beginning. Users have none.
func (w *world) ofSession(name string) (variable, bool) {
	arn := func(service, thing string) string {
		return `(re.++ (str.to_re "arn:` + w.partition() + ":" + service + `:") (re.opt ` + regions + `)` +
			` (str.to_re ":") ` + account + ` (str.to_re ":` + thing + `") ` + things + `)`
	}
	forms := map[string]string{
		"aws:sourceidentity":       sequence(names, names),
		"aws:federatedprovider":    "(re.union " + hosts + " " + arn("iam", "") + ")",
		"aws:chatbotsourcearn":     arn("chatbot", ""),
		"aws:ec2instancesourcevpc": networks,
		"ec2:sourceinstancearn":    arn("ec2", "instance/"),
		"ssm:sourceinstancearn":    arn("ec2", "instance/"),
		"lambda:sourcefunctionarn": arn("lambda", "function:"),
		"glue:roleassumedby":       "", "glue:credentialissuingservice": "", "identitystore:userid": "",
		"codebuild:buildarn":   arn("codebuild", "build/"),
		"codebuild:projectarn": arn("codebuild", "project/"),
		"aws:signinsessionarn": arn("signin", ""),
	}
	form, ok := forms[name]
	switch {
	case name == "aws:ec2instancesourceprivateipv4" || name == "ec2:roledelivery":
		ok = true
	case !ok:
		return variable{}, false
	}
	if w.kind == "user" {
		return absent, true
	}
	there := "|" + name + " is there|"
	w.declare(there, "Bool")
	switch name {
	case "aws:ec2instancesourceprivateipv4":
		return variable{sort: "Address", value: w.address("instance", false), present: there}, true
	case "ec2:roledelivery":
		if w.declare("delivery", "Real") {
			w.assert("(or (= delivery 1.0) (= delivery 2.0))")
		}
		return variable{sort: "Number", value: "delivery", present: there}, true
	}
	v := w.free(name, form, true)
	v.arn = strings.HasSuffix(name, "arn") || name == "aws:federatedprovider"
	return v, ok
}

// ofCircumstances are the other keys of a call, some of which hang together.
func (w *world) ofCircumstances(name string) (variable, bool) {
	switch name {
	case "aws:useragent", "aws:referer":
		return w.free(name, "", true), true
	case "aws:requestedregion":
		if region := strings.Split(w.Resource, ":")[3]; region != "" {
			return constant(region), true
		}
		return w.free(name, regions, false), true
	case "aws:currenttime", "aws:epochtime":
		return variable{sort: "Time", value: w.now(), present: "true"}, true
	case "aws:tokenissuetime":
		if w.declare("issued", "Int") {
			w.assert("(<= issued " + w.now() + ")")
		}
		return variable{sort: "Time", value: "issued", present: w.temporary()}, true
	case "aws:multifactorauthpresent":
		mfa, there := w.mfa()
		return variable{sort: "Bool", value: mfa, present: there}, true
	case "aws:multifactorauthage":
		if w.declare("age", "Int") {
			w.assert("(>= age 0)")
		}
		mfa, there := w.mfa()
		return variable{sort: "Number", value: "(to_real age)", present: and(mfa, there)}, true
	}
	return variable{}, false
}

func (w *world) now() string {
	if w.declare("now", "Int") {
		w.assert(fmt.Sprintf("(>= now %d)", w.Now.Unix()))
	}
	return "now"
}

// temporary tells of the credentials; only users have others.
func (w *world) temporary() string {
	if w.kind != "user" {
		return "true"
	}
	w.declare("temporary", "Bool")
	return "temporary"
}

// mfa is the value of aws:MultiFactorAuthPresent and whether it is there. Access keys have it if they are used with
// MFA. A session of a role may have it from the user who opened it, but none of Identity Center's does, and no
// federated user.
func (w *world) mfa() (value, there string) {
	switch w.kind {
	case "user":
		w.declare("mfa", "Bool")
		return "mfa", or(w.temporary(), "mfa")
	case "role":
		if w.declare("mfa", "Bool") {
			w.assert(or(not("mfa"), in("who", "(re.comp "+beginning("aws-reserved/sso.amazonaws.com/")+")")))
		}
	default:
		w.declare("|mfa is there|", "Bool")
		return "false", "|mfa is there|"
	}
	w.declare("|mfa is there|", "Bool")
	return "mfa", "|mfa is there|"
}
