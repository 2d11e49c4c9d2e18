package iam

import (
	"encoding/xml"
	"net/http"

	"locksmith/test/cloud/front"
)

// The features of an organization for root access in its members.
const (
	sessions    = "RootSessions"
	credentials = "RootCredentialsManagement"
)

// features is the answer of all calls about them
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListOrganizationsFeatures.html).
type features struct {
	XMLName         xml.Name
	OrganizationId  string
	EnabledFeatures []string `xml:"EnabledFeatures>member"`
}

func (f features) recorded() any {
	return map[string]any{"organizationId": f.OrganizationId, "enabledFeatures": f.EnabledFeatures}
}

// mayFeature decides about the caller: the management account and the delegated administrator of IAM may list the
// features and switch them off, and only the management account may switch them on. Which status of HTTP the errors
// have is not documented.
func (r *request) mayFeature(enable bool) *front.Error {
	const iam = "iam.amazonaws.com"
	account := r.Caller.Account
	refuse := func(code, message string) *front.Error { return front.Refuse(code, message, http.StatusBadRequest) }
	_, member := r.members.Member(account)
	manager := account == r.front.Config().ManagementAccount
	switch {
	case !member:
		return refuse("OrganizationNotFoundException", "The account is not a member of an organization.")
	case !manager && !r.members.Delegated(account, iam):
		return refuse("AccountNotManagementOrDelegatedAdministratorException",
			"The account is neither the management account nor the delegated administrator for IAM.")
	case enable && !manager:
		return refuse("CallerIsNotManagementAccountException",
			"The account making the call is not the management account of the organization.")
	case !r.members.Trusts(iam):
		return refuse("ServiceAccessNotEnabledException",
			"Trusted access is not enabled for IAM in AWS Organizations.")
	}
	return r.Authorize(front.Target{Action: "iam:" + r.call, ARN: "*", Owner: account})
}

func (r *request) shown() features {
	f := features{XMLName: xml.Name{Local: r.call + "Result"}, OrganizationId: r.front.Config().Organization,
		EnabledFeatures: []string{}}
	for _, feature := range []string{credentials, sessions} {
		if r.features.On(feature) {
			f.EnabledFeatures = append(f.EnabledFeatures, feature)
		}
	}
	return f
}

func listFeatures(r *request) (any, *front.Error) {
	if err := r.mayFeature(false); err != nil {
		return nil, err
	}
	return r.shown(), nil
}

func (r *request) turn(feature string, on bool) (any, *front.Error) {
	if err := r.mayFeature(on); err != nil {
		return nil, err
	}
	r.features.Switch(feature, on)
	return r.shown(), nil
}

func enableSessions(r *request) (any, *front.Error)     { return r.turn(sessions, true) }
func disableSessions(r *request) (any, *front.Error)    { return r.turn(sessions, false) }
func enableCredentials(r *request) (any, *front.Error)  { return r.turn(credentials, true) }
func disableCredentials(r *request) (any, *front.Error) { return r.turn(credentials, false) }
