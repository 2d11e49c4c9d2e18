package encode

import (
	"fmt"
	"strings"
)

// lookup is a condition key of the call, by the reference of the global keys and that of S3's and SQS's
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html,
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html). Keys of the two services that are not in the list are carried by other actions only.
func (w *world) lookup(key string) (variable, error) {
	name := strings.ToLower(key)
	prefix, _, tag := strings.Cut(name, "/")
	switch {
	case tag && (prefix == "aws:principaltag" || prefix == "aws:resourcetag" || prefix == "s3:buckettag"):
		return w.free(name, true), nil
	case tag && prefix == "aws:requesttag":
		return absent, nil
	case strings.HasPrefix(name, "s3:"):
		return w.ofBuckets(name)
	case strings.HasPrefix(name, "sqs:"):
		return absent, nil
	}
	switch name {
	case "aws:principalarn":
		return variable{"String", "arn", "true"}, nil
	case "aws:principaltype":
		return constant(w.principalType), nil
	case "aws:principalaccount", "aws:resourceaccount":
		return constant(w.Account), nil
	case "aws:userid":
		return variable{"String", w.userid(), "true"}, nil
	case "aws:username":
		if w.kind != "user" {
			return absent, nil
		}
		return variable{"String", w.name(), "true"}, nil
	case "aws:principalorgid", "aws:resourceorgid":
		if w.Organization != "" {
			return constant(w.Organization), nil
		}
		return w.free("organization", true), nil // one for principal and resource: the owner's
	case "aws:requestedregion":
		if region := strings.Split(w.Resource, ":")[3]; region != "" {
			return constant(region), nil
		}
		return w.free("region", false), nil
	case "aws:principalisawsservice":
		return variable{"Bool", "false", "true"}, nil
	case "aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceowner", "aws:assumedroot":
		return absent, nil // they are carried by calls of services on behalf of a resource, or of root
	case "aws:useragent", "aws:referer", "aws:sourceidentity", "aws:federatedprovider":
		return w.free(name, true), nil
	}
	return w.ofCircumstances(name)
}

var absent = variable{"String", `""`, "false"}

func constant(value string) variable { return variable{"String", literal(value), "true"} }

// free is a text that can be anything, and can be missing where the key is optional.
func (w *world) free(key string, optional bool) variable {
	name := "|" + key + "|"
	w.declare(name, "String")
	if !optional {
		return variable{"String", name, "true"}
	}
	there := "|" + key + " is there|"
	w.declare(there, "Bool")
	return variable{"String", name, there}
}

// ofCircumstances are the keys of network, credentials and time, which hang together.
func (w *world) ofCircumstances(name string) (variable, error) {
	switch name {
	case "aws:sourceip":
		return variable{"Address", w.address("ip", true), "(not endpoint)"}, nil
	case "aws:vpcsourceip":
		return variable{"Address", w.address("vpcip", false), "endpoint"}, nil
	case "aws:sourcevpce", "aws:sourcevpc":
		v := w.free(name, false)
		v.present = "endpoint"
		return v, nil
	case "aws:securetransport":
		return variable{"Bool", "tls", "true"}, nil
	case "aws:viaawsservice":
		return variable{"Bool", "via", "true"}, nil
	case "aws:currenttime", "aws:epochtime":
		return variable{"Time", "now", "true"}, nil
	case "aws:tokenissuetime":
		if w.declare("issued", "Int") {
			w.assert("(<= issued now)")
		}
		return variable{"Time", "issued", "temporary"}, nil
	case "aws:multifactorauthpresent":
		return variable{"Bool", "mfa", "(or temporary mfa)"}, nil // absent for long-term credentials without MFA
	case "aws:multifactorauthage":
		if w.declare("age", "Int") {
			w.assert("(>= age 0)")
		}
		return variable{"Number", "(to_real age)", "mfa"}, nil
	}
	return variable{}, beyond("the key %s", name)
}

// ofBuckets are S3's own keys. All calls to S3 say how they are signed; the others belong to objects and listings.
func (w *world) ofBuckets(name string) (variable, error) {
	oneOf := func(values ...string) variable {
		v := w.free(name, false)
		var equal []string
		for _, value := range values {
			equal = append(equal, "(= "+v.value+" "+literal(value)+")")
		}
		w.assert(or(equal...))
		return v
	}
	if !strings.Contains(w.Resource, ":s3:") {
		return absent, nil
	}
	switch name {
	case "s3:tlsversion":
		if w.declare("tls-version", "Real") {
			w.assert("(or (= tls-version 1.2) (= tls-version 1.3))")
		}
		return variable{"Number", "tls-version", "tls"}, nil
	case "s3:signatureage":
		if w.declare("signature-age", "Int") {
			w.assert("(>= signature-age 0)")
		}
		return variable{"Number", "(to_real signature-age)", "true"}, nil
	case "s3:authtype":
		return oneOf("REST-HEADER", "REST-QUERY-STRING", "POST"), nil
	case "s3:signatureversion":
		return oneOf("AWS", "AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"), nil
	case "s3:x-amz-content-sha256":
		return w.free(name, false), nil
	case "s3:resourceaccount":
		return constant(w.Account), nil
	case "s3:buckettag", "s3:existingobjecttag", "s3:requestobjecttag", "s3:requestobjecttagkeys":
		return variable{}, beyond("the key %s", name)
	}
	return absent, nil
}

// number is a decimal as SMT-LIB has it.
func number(text string) (string, error) {
	var value float64
	if _, err := fmt.Sscanf(text, "%g", &value); err != nil || strings.ContainsAny(text, "eExX+ ") {
		return "", beyond("the number %q", text)
	}
	if value < 0 {
		return fmt.Sprintf("(- %f)", -value), nil
	}
	return fmt.Sprintf("%f", value), nil
}
