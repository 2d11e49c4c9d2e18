package policies_test

import (
	"testing"

	"locksmith/policies"
)

func TestLookupKey(t *testing.T) {
	for name, want := range map[string]policies.Key{
		"AWS:principalarn":                        {Name: "aws:PrincipalArn", Type: "ARN"},
		"aws:SourceIp":                            {Name: "aws:SourceIp", Type: "IPAddress"},
		"AWS:SECURETRANSPORT":                     {Name: "aws:SecureTransport", Type: "Bool"},
		"aws:MultiFactorAuthAge":                  {Name: "aws:MultiFactorAuthAge", Type: "Numeric"},
		"aws:tokenissuetime":                      {Name: "aws:TokenIssueTime", Type: "Date"},
		"aws:CalledVia":                           {Name: "aws:CalledVia", Type: "String", Multivalued: true},
		"aws:calledviafirst":                      {Name: "aws:CalledViaFirst", Type: "String"},
		"aws:principalorgpaths":                   {Name: "aws:PrincipalOrgPaths", Type: "String", Multivalued: true},
		"aws:UserId":                              {Name: "aws:userid", Type: "String"},
		"s3:TLSVersion":                           {Name: "s3:TlsVersion", Type: "Numeric"},
		"s3:AuthType":                             {Name: "s3:authType", Type: "String"},
		"ec2:sourceinstancearn":                   {Name: "ec2:SourceInstanceArn", Type: "ARN"},
		"AWS:principaltag/Cost/Center":            {Name: "aws:PrincipalTag/Cost/Center", Type: "String"},
		"aws:RequestTag/team":                     {Name: "aws:RequestTag/team", Type: "String"},
		"aws:resourcetag/Team":                    {Name: "aws:ResourceTag/Team", Type: "String"},
		"S3:ExistingObjectTag/a":                  {Name: "s3:ExistingObjectTag/a", Type: "String"},
		"s3:buckettag/b":                          {Name: "s3:BucketTag/b", Type: "String"},
		"s3:x-amz-server-side-encryption":         {Name: "s3:x-amz-server-side-encryption", Type: "String"},
		"S3:RequestObjectTagKeys":                 {Name: "s3:RequestObjectTagKeys", Type: "String", Multivalued: true},
		"s3:object-lock-retain-until-date":        {Name: "s3:object-lock-retain-until-date", Type: "Date"},
		"lambda:SourceFunctionArn":                {Name: "lambda:SourceFunctionArn", Type: "ARN"},
		"aws:ec2instancesourceprivateipv4":        {Name: "aws:Ec2InstanceSourcePrivateIPv4", Type: "IPAddress"},
		"aws:principalservicenameslist":           {Name: "aws:PrincipalServiceNamesList", Type: "String", Multivalued: true},
		"aws:MultiFactorAuthPresent":              {Name: "aws:MultiFactorAuthPresent", Type: "Bool"},
		"s3:object-lock-remaining-retention-days": {Name: "s3:object-lock-remaining-retention-days", Type: "Numeric"},
	} {
		if got, ok := policies.LookupKey(name); !ok || got != want {
			t.Errorf("%s: %+v %v, want %+v", name, got, ok, want)
		}
	}
	for _, name := range []string{"", "aws:", "aws:PrincipalTag", "aws:PrincipalTag/", "aws:PrincipalArn/x", "aws:Nonsense", "s3:prefix/", "/"} {
		if got, ok := policies.LookupKey(name); ok {
			t.Errorf("%q is %+v, want no key", name, got)
		}
	}
}
