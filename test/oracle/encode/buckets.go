package encode

import (
	"slices"
	"strings"
)

// others are the keys that S3 knows besides those of [world.ofBuckets]. No action here carries them.
var others = strings.Fields(`accessgrantscope accessgrantslocationscope existingjoboperation existingjobpriority
	inventoryaccessibleoptionalfields jobsuspendedcause objectcreationoperation requestjoboperation
	requestjobpriority requestobjecttagkeys annotation-prefix delimiter deliverysourcearn destinationregion
	if-match if-none-match isreplicationpauserequest locationconstraint logtype max-annotation-results max-keys
	object-lock-event-hold object-lock-event-hold-duration-days object-lock-legal-hold object-lock-mode
	object-lock-remaining-retention-days object-lock-retain-until-date prefix resourcearnbeingauthorized versionid
	x-amz-acl x-amz-bucket-namespace x-amz-copy-source x-amz-grant-full-control x-amz-grant-read
	x-amz-grant-read-acp x-amz-grant-write x-amz-grant-write-acp x-amz-metadata-directive
	x-amz-object-annotation-directive x-amz-object-if-match x-amz-object-ownership x-amz-server-side-encryption
	x-amz-server-side-encryption-aws-kms-key-id x-amz-server-side-encryption-customer-algorithm
	x-amz-storage-class x-amz-website-redirect-location`)

// carried are the keys of [world.ofBuckets].
var carried = strings.Fields(`tlsversion signatureage authtype signatureversion x-amz-content-sha256 resourceaccount
	dataaccesspointaccount accesspointnetworkorigin dataaccesspointarn accessgrantsinstancearn`)

func (w *world) ofS3() bool { return strings.Contains(w.Resource, ":s3:") }

// ofBuckets are S3's own keys. All calls to S3 say how they are signed. A listing may come through an access point.
// The other keys belong to objects and to listings of a part.
func (w *world) ofBuckets(name string) (variable, error) {
	own := strings.TrimPrefix(name, "s3:")
	prefix, _, tag := strings.Cut(own, "/")
	switch {
	case tag && (prefix == "existingobjecttag" || prefix == "requestobjecttag"), slices.Contains(others, own):
		return absent, nil
	case tag && prefix == "accesspointtag":
		return w.ofAccessPoint(name, ""), nil
	case !w.ofS3() && slices.Contains(carried, own):
		return absent, nil
	}
	switch own {
	case "tlsversion":
		if w.declare("tls-version", "Real") {
			w.declare("|version is there|", "Bool")
			w.assert("(or (= tls-version 1.2) (= tls-version 1.3))")
		}
		there := and(w.tls(), or(not(w.via()), "|version is there|"))
		return variable{sort: "Number", value: "tls-version", present: there}, nil
	case "signatureage":
		if w.declare("signature-age", "Int") {
			w.assert("(>= signature-age 0)")
		}
		return variable{sort: "Number", value: "(to_real signature-age)", present: "true"}, nil
	case "authtype":
		return w.oneOf(name, "REST-HEADER", "REST-QUERY-STRING", "POST"), nil
	case "signatureversion":
		return w.oneOf(name, "AWS", "AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"), nil
	case "x-amz-content-sha256":
		return w.free(name, "", false), nil
	case "resourceaccount":
		return constant(w.Account), nil
	case "dataaccesspointaccount":
		return w.ofAccessPoint(name, account), nil
	case "accesspointnetworkorigin":
		return w.ofAccessPoint(name, `(re.union (str.to_re "Internet") (str.to_re "VPC"))`), nil
	case "dataaccesspointarn":
		v := w.ofAccessPoint(name, `(re.++ (str.to_re "arn:`+w.partition()+`:s3:") (re.opt `+regions+`)`+
			` (str.to_re ":") `+account+` (str.to_re ":accesspoint/") `+things+`)`)
		v.arn = true
		return v, nil
	case "accessgrantsinstancearn":
		return variable{}, beyond("the key %s", name)
	}
	return variable{}, errUnknown
}

// ofAccessPoint is a key that a listing through an access point carries.
func (w *world) ofAccessPoint(name, form string) variable {
	if w.action != "s3:ListBucket" {
		return absent
	}
	return w.free(name, form, true)
}

// oneOf is a key that has one of some texts. Equations are solved faster than a membership.
func (w *world) oneOf(name string, values ...string) variable {
	v := w.free(name, "", false)
	var any []string
	for _, value := range values {
		any = append(any, v.equals(value))
	}
	w.assert(or(any...))
	return v
}
