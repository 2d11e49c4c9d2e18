package iam

import (
	"encoding/xml"
	"strconv"

	"locksmith/policies"
	"locksmith/test/cloud/front"
)

// A figure is one of an account's summary.
type figure struct {
	Key   string `xml:"key"`
	Value string `xml:"value"`
}

// quotas are the figures that are the same in every account, as the documentation's example has them
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html).
var quotas = []figure{
	{"AccessKeysPerUserQuota", "2"}, {"AssumeRolePolicySizeQuota", "2048"}, {"AttachedPoliciesPerGroupQuota", "10"},
	{"AttachedPoliciesPerRoleQuota", "10"}, {"AttachedPoliciesPerUserQuota", "10"}, {"GlobalEndpointTokenVersion", "2"},
	{"GroupPolicySizeQuota", "5120"}, {"Groups", "0"}, {"GroupsPerUserQuota", "10"}, {"GroupsQuota", "300"},
	{"InstanceProfiles", "0"}, {"InstanceProfilesQuota", "1000"}, {"Policies", "0"}, {"PoliciesQuota", "1500"},
	{"PolicySizeQuota", "6144"}, {"PolicyVersionsInUse", "0"}, {"PolicyVersionsInUseQuota", "10000"}, {"Providers", "0"},
	{"RolePolicySizeQuota", "10240"}, {"RolesQuota", "1000"}, {"ServerCertificates", "0"},
	{"ServerCertificatesQuota", "20"}, {"SigningCertificatesPerUserQuota", "2"}, {"UserPolicySizeQuota", "2048"},
	{"UsersQuota", "5000"}, {"VersionsPerPolicyQuota", "5"},
}

// getAccountSummary tells all that root has at once, beside much else.
func getAccountSummary(r *request, of *root) (any, *front.Error) {
	var answer struct {
		XMLName xml.Name `xml:"GetAccountSummaryResult"`
		Figures []figure `xml:"SummaryMap>entry"`
	}
	present := func(is bool) int {
		if is {
			return 1
		}
		return 0
	}
	account := r.Caller.Account
	for name, n := range map[string]int{
		"AccountPasswordPresent": present(of.Password), "AccountAccessKeysPresent": present(len(of.AccessKeys) > 0),
		"AccountSigningCertificatesPresent": present(len(of.Certificates) > 0),
		"AccountMFAEnabled":                 present(len(of.MFA) > 0),
		"MFADevices":                        len(of.MFA) + len(of.loose), "MFADevicesInUse": len(of.MFA),
		"Users": len(r.names[place(account, policies.User)]), "Roles": len(r.names[place(account, policies.Role)]),
	} {
		answer.Figures = append(answer.Figures, figure{name, strconv.Itoa(n)})
	}
	answer.Figures = append(answer.Figures, quotas...)
	return answer, nil
}
