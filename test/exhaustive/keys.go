package exhaustive

import "strings"

// A carrier says which requests carry a key.
type carrier int

const (
	nowhere    carrier = iota // on no request of an administrator
	always                    // fixed by the question, or by the principal
	principals                // a property of the principal that may be there: tags
	sessions                  // a property of a session: never a user's
	endpoints                 // through a VPC endpoint only
	network                   // the address, TLS, services that call on behalf
	clock                     // time, tokens, MFA
	sender                    // whatever the sender likes
	everyS3                   // on every S3 call
	listing                   // on a listing through an access point
	tags                      // of the resource
)

// A keyInfo is one key of the reference.
type keyInfo struct {
	kind    string // String, ARN, Bool, Numeric, Date, IP
	many    bool
	carrier carrier
}

// table holds the keys by name in lower case; one that ends in / is followed by a tag's name. From verdict.md's table
// and condition-keys.json.
var table = map[string]keyInfo{
	"aws:principalarn": {"ARN", false, always}, "aws:principalaccount": {"String", false, always},
	"aws:resourceaccount": {"String", false, always}, "s3:resourceaccount": {"String", false, everyS3},
	"aws:principalorgid": {"String", false, always}, "aws:resourceorgid": {"String", false, always},
	"aws:principalorgpaths": {"String", true, always}, "aws:resourceorgpaths": {"String", true, always},
	"aws:principaltype": {"String", false, always}, "aws:userid": {"String", false, always},
	"aws:username": {"String", false, always}, "aws:principaltag/": {"String", false, principals},
	"aws:principalisawsservice":     {"Bool", false, always},
	"aws:principalservicename":      {"String", false, nowhere},
	"aws:principalservicenameslist": {"String", true, nowhere},
	"aws:viaawsservice":             {"Bool", false, network}, "aws:calledvia": {"String", true, network},
	"aws:calledviafirst": {"String", false, network}, "aws:calledvialast": {"String", false, network},
	"aws:sourceip": {"IP", false, network}, "aws:securetransport": {"Bool", false, network},
	"s3:tlsversion":  {"Numeric", false, network},
	"aws:sourcevpce": {"String", false, endpoints}, "aws:sourcevpc": {"String", false, endpoints},
	"aws:sourcevpcarn": {"ARN", false, endpoints}, "aws:vpcsourceip": {"IP", false, endpoints},
	"aws:vpceaccount": {"String", false, endpoints}, "aws:vpceorgid": {"String", false, endpoints},
	"aws:vpceorgpaths": {"String", true, endpoints},
	"aws:currenttime":  {"Date", false, clock}, "aws:epochtime": {"Date", false, clock},
	"aws:tokenissuetime": {"Date", false, clock}, "aws:multifactorauthpresent": {"Bool", false, clock},
	"aws:multifactorauthage": {"Numeric", false, clock},
	"aws:sourcearn":          {"ARN", false, nowhere}, "aws:sourceaccount": {"String", false, nowhere},
	"aws:sourceorgid": {"String", false, nowhere}, "aws:sourceorgpaths": {"String", true, nowhere},
	"aws:sourceowner": {"String", false, nowhere}, "aws:requesttag/": {"String", false, nowhere},
	"aws:tagkeys": {"String", true, nowhere}, "aws:assumedroot": {"Bool", false, nowhere},
	"aws:useragent": {"String", false, sender}, "aws:referer": {"String", false, sender},
	"aws:requestedregion": {"String", false, always},
	"s3:authtype":         {"String", false, everyS3}, "s3:signatureversion": {"String", false, everyS3},
	"s3:signatureage": {"Numeric", false, everyS3}, "s3:x-amz-content-sha256": {"String", false, everyS3},
	"s3:dataaccesspointaccount": {"String", false, listing}, "s3:dataaccesspointarn": {"ARN", false, listing},
	"s3:accesspointnetworkorigin": {"String", false, listing}, "s3:accesspointtag/": {"String", false, listing},
	"aws:resourcetag/": {"String", false, tags}, "s3:buckettag/": {"String", false, tags},
	"aws:sourceidentity": {"String", false, sessions}, "aws:federatedprovider": {"String", false, sessions},
	"aws:chatbotsourcearn": {"ARN", false, sessions}, "aws:ec2instancesourcevpc": {"String", false, sessions},
	"aws:ec2instancesourceprivateipv4": {"IP", false, sessions}, "ec2:roledelivery": {"Numeric", false, sessions},
	"ec2:sourceinstancearn": {"ARN", false, sessions}, "glue:roleassumedby": {"String", false, sessions},
	"glue:credentialissuingservice": {"String", false, sessions}, "lambda:sourcefunctionarn": {"ARN", false, sessions},
	"ssm:sourceinstancearn": {"ARN", false, sessions}, "identitystore:userid": {"String", false, sessions},
	"codebuild:buildarn": {"ARN", false, sessions}, "codebuild:projectarn": {"ARN", false, sessions},
	"aws:signinsessionarn": {"ARN", false, sessions},
}

// otherS3 are the S3 keys of the reference that none of the judged calls carries. Types matter only where a key is
// there, so they are left out.
var otherS3 = strings.Fields(`
	s3:accessgrantscope s3:accessgrantsinstancearn s3:accessgrantslocationscope s3:existingjoboperation
	s3:existingjobpriority s3:existingobjecttag/ s3:inventoryaccessibleoptionalfields s3:jobsuspendedcause
	s3:objectcreationoperation s3:requestjoboperation s3:requestjobpriority s3:requestobjecttag/
	s3:requestobjecttagkeys s3:annotation-prefix s3:delimiter s3:deliverysourcearn s3:destinationregion
	s3:if-match s3:if-none-match s3:isreplicationpauserequest s3:locationconstraint s3:logtype
	s3:max-annotation-results s3:max-keys s3:object-lock-event-hold s3:object-lock-event-hold-duration-days
	s3:object-lock-legal-hold s3:object-lock-mode s3:object-lock-remaining-retention-days
	s3:object-lock-retain-until-date s3:prefix s3:resourcearnbeingauthorized s3:versionid s3:x-amz-acl
	s3:x-amz-bucket-namespace s3:x-amz-copy-source s3:x-amz-grant-full-control s3:x-amz-grant-read
	s3:x-amz-grant-read-acp s3:x-amz-grant-write s3:x-amz-grant-write-acp s3:x-amz-metadata-directive
	s3:x-amz-object-annotation-directive s3:x-amz-object-if-match s3:x-amz-object-ownership
	s3:x-amz-server-side-encryption s3:x-amz-server-side-encryption-aws-kms-key-id
	s3:x-amz-server-side-encryption-customer-algorithm s3:x-amz-storage-class s3:x-amz-website-redirect-location`)

// lookup finds a key by its name, in any letter case.
func lookup(name string) (keyInfo, bool) {
	name = strings.ToLower(name)
	if i := strings.IndexByte(name, '/'); i >= 0 && i+1 < len(name) {
		name = name[:i+1]
	}
	if k, ok := table[name]; ok {
		return k, true
	}
	for _, k := range otherS3 {
		if k == name {
			return keyInfo{"String", false, nowhere}, true
		}
	}
	return keyInfo{}, false
}
