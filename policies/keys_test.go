package policies_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"locksmith/policies"
)

func TestLookupKey(t *testing.T) {
	for name, want := range map[string]policies.Key{
		"AWS:principalarn":                 {Name: "aws:PrincipalArn", Type: "ARN"},
		"aws:SourceIp":                     {Name: "aws:SourceIp", Type: "IPAddress"},
		"AWS:SECURETRANSPORT":              {Name: "aws:SecureTransport", Type: "Bool"},
		"aws:MultiFactorAuthAge":           {Name: "aws:MultiFactorAuthAge", Type: "Numeric"},
		"aws:tokenissuetime":               {Name: "aws:TokenIssueTime", Type: "Date"},
		"aws:CalledVia":                    {Name: "aws:CalledVia", Type: "String", Multivalued: true},
		"aws:calledviafirst":               {Name: "aws:CalledViaFirst", Type: "String"},
		"aws:principalorgpaths":            {Name: "aws:PrincipalOrgPaths", Type: "String", Multivalued: true},
		"aws:UserId":                       {Name: "aws:userid", Type: "String"},
		"s3:TLSVersion":                    {Name: "s3:TlsVersion", Type: "Numeric"},
		"s3:AuthType":                      {Name: "s3:authType", Type: "String"},
		"ec2:sourceinstancearn":            {Name: "ec2:SourceInstanceArn", Type: "ARN"},
		"AWS:principaltag/Cost/Center":     {Name: "aws:PrincipalTag/Cost/Center", Type: "String"},
		"aws:RequestTag/team":              {Name: "aws:RequestTag/team", Type: "String"},
		"aws:resourcetag/Team":             {Name: "aws:ResourceTag/Team", Type: "String"},
		"S3:ExistingObjectTag/a":           {Name: "s3:ExistingObjectTag/a", Type: "String"},
		"s3:buckettag/b":                   {Name: "s3:BucketTag/b", Type: "String"},
		"s3:x-amz-server-side-encryption":  {Name: "s3:x-amz-server-side-encryption", Type: "String"},
		"S3:RequestObjectTagKeys":          {Name: "s3:RequestObjectTagKeys", Type: "String", Multivalued: true},
		"s3:object-lock-retain-until-date": {Name: "s3:object-lock-retain-until-date", Type: "Date"},
		"lambda:SourceFunctionArn":         {Name: "lambda:SourceFunctionArn", Type: "ARN"},
		"aws:ec2instancesourceprivateipv4": {Name: "aws:Ec2InstanceSourcePrivateIPv4", Type: "IPAddress"},
		"aws:principalservicenameslist": {Name: "aws:PrincipalServiceNamesList", Type: "String",
			Multivalued: true},
		"aws:MultiFactorAuthPresent":              {Name: "aws:MultiFactorAuthPresent", Type: "Bool"},
		"s3:object-lock-remaining-retention-days": {Name: "s3:object-lock-remaining-retention-days", Type: "Numeric"},
	} {
		if got, ok := policies.LookupKey(name); !ok || got != want {
			t.Errorf("%s: %+v %v, want %+v", name, got, ok, want)
		}
	}
	for _, name := range []string{"", "aws:", "aws:PrincipalTag", "aws:PrincipalTag/", "aws:PrincipalArn/x",
		"aws:Nonsense", "s3:prefix/", "/"} {
		if got, ok := policies.LookupKey(name); ok {
			t.Errorf("%q is %+v, want no key", name, got)
		}
	}
}

// TestListingOf holds that keys of other services are told apart from keys that do not exist
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html).
func TestListingOf(t *testing.T) {
	for name, want := range map[string]policies.Listing{
		"aws:PrincipalArn":                        policies.Listed,
		"AWS:sourceip":                            policies.Listed,
		"aws:PrincipalTag/team":                   policies.Listed,
		"s3:prefix":                               policies.Listed,
		"ec2:SourceInstanceARN":                   policies.Listed, // of another service, but carried everywhere
		"lambda:SourceFunctionArn":                policies.Listed,
		"codebuild:BuildArn":                      policies.Listed,
		"aws:SignInSessionArn":                    policies.Listed,
		"kms:ViaService":                          policies.Elsewhere,
		"KMS:CALLERACCOUNT":                       policies.Elsewhere,
		"kms:EncryptionContext:tenant":            policies.Elsewhere,
		"sts:RoleSessionName":                     policies.Elsewhere,
		"sts:ExternalId":                          policies.Elsewhere,
		"iam:PassedToService":                     policies.Elsewhere,
		"ec2:ResourceTag/team":                    policies.Elsewhere,
		"ec2:Region":                              policies.Elsewhere,
		"sns:Protocol":                            policies.Elsewhere,
		"dynamodb:LeadingKeys":                    policies.Elsewhere,
		"s3express:SessionMode":                   policies.Elsewhere,
		"lambda:FunctionArn":                      policies.Elsewhere,
		"saml:aud":                                policies.Elsewhere, // for trust policies
		"saml:sub":                                policies.Claim,
		"SAML:namequalifier":                      policies.Claim,
		"cognito-identity.amazonaws.com:sub":      policies.Claim,
		"accounts.google.com:aud":                 policies.Claim,
		"www.amazon.com:user_id":                  policies.Claim,
		"token.actions.githubusercontent.com:sub": policies.Claim,
		"oidc.eks.eu-central-1.amazonaws.com/id/0123456789ABCDEF:sub": policies.Claim,
		"aws:Nonsense":         policies.Unlisted,
		"s3:nonsense":          policies.Unlisted,
		"sqs:nonsense":         policies.Unlisted,
		"kms:ViaServices":      policies.Unlisted,
		"kms":                  policies.Unlisted,
		"kms:":                 policies.Unlisted,
		"kms:*":                policies.Unlisted,
		"ec2:ResourceTag/":     policies.Unlisted,
		"nosuchservice:Key":    policies.Unlisted,
		"# left out":           policies.Unlisted,
		"accounts.google.com:": policies.Unlisted,
		"":                     policies.Unlisted,
	} {
		if got := policies.ListingOf(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

// TestCarries holds what the Service Authorization Reference lists for the actions that the verdict is about.
func TestCarries(t *testing.T) {
	for _, row := range []struct {
		action, key string
		want        policies.Truth
	}{
		{"s3:PutBucketPolicy", "s3:TlsVersion", yes},
		{"S3:deletebucketpolicy", "S3:tlsversion", yes},
		{"s3:PutBucketPolicy", "s3:BucketTag/stage", yes},
		{"s3:PutBucketPolicy", "s3:prefix", no},
		{"s3:PutBucketPolicy", "s3:x-amz-server-side-encryption", no},
		{"s3:DeleteBucketPolicy", "s3:DataAccessPointAccount", no},
		{"s3:GetBucketPolicy", "s3:AccessPointTag/a", no},
		{"s3:ListBucket", "s3:prefix", yes},
		{"s3:ListBucket", "s3:DataAccessPointAccount", yes},
		{"s3:ListBucket", "s3:AccessPointTag/a", yes},
		{"s3:ListBucket", "s3:x-amz-acl", no},
		{"s3:ListBucket", "s3:ExistingObjectTag/a", no},
		{"sqs:SetQueueAttributes", "s3:TlsVersion", no},
		{"sqs:RemovePermission", "sqs:anything", no},
		{"s3:PutBucketPolicy", "aws:SourceIp", unknown},
		{"s3:GetObject", "s3:TlsVersion", unknown},
	} {
		if got := policies.Carries(row.action, row.key); got != row.want {
			t.Errorf("%s, %s: %v, want %v", row.action, row.key, got, row.want)
		}
	}
}

// references is testdata/condition-keys.json, which says at its head where it is from.
type references struct {
	Actions     map[string][]string // the keys of S3 and SQS that each action carries
	Global      []struct{ Key, Type string }
	ServiceKeys map[string]map[string]string // of each service, the keys and their types
}

// types are all keys and their types. A tag's name is x.
func (r references) types() map[string]string {
	tag := strings.NewReplacer("${TagKey}", "x", "<key>", "x", "tag-key", "x")
	types := map[string]string{}
	for _, k := range r.Global {
		types[tag.Replace(k.Key)] = k.Type
	}
	for _, keys := range r.ServiceKeys {
		for key, kind := range keys {
			types[tag.Replace(key)] = kind
		}
	}
	return types
}

func readReferences(t *testing.T) (r references) {
	t.Helper()
	text, err := os.ReadFile("testdata/condition-keys.json")
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestKeysAgreeWithTheReferences(t *testing.T) {
	for key, kind := range readReferences(t).types() {
		want := policies.Key{Name: key, Type: kind}
		if kind == "ArrayOfString" {
			want.Type, want.Multivalued = "String", true
		}
		got, ok := policies.LookupKey(key)
		if strings.EqualFold(got.Name, key) {
			got.Name = key // the references do not agree on letter case
		}
		if !ok || got != want {
			t.Errorf("%s: %+v %v, want %+v", key, got, ok, want)
		}
	}
}

func TestActionsAgreeWithTheReferences(t *testing.T) {
	r := readReferences(t)
	if len(r.Actions) != 7 {
		t.Errorf("%d actions, want the seven that the verdict is about", len(r.Actions))
	}
	for action, carried := range r.Actions {
		for key := range r.types() {
			if !strings.HasPrefix(key, "s3:") || key == "s3:BucketTag/x" {
				continue // a bucket's tags are the resource's, not the action's
			}
			listed := func(c string) bool { return strings.EqualFold(strings.Replace(c, "${TagKey}", "x", 1), key) }
			want := no
			if slices.ContainsFunc(carried, listed) {
				want = yes
			}
			if got := policies.Carries(action, key); got != want {
				t.Errorf("%s carries %s: %v, want %v", action, key, got, want)
			}
		}
	}
}
