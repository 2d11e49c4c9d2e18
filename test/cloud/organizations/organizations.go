// Package organizations is AWS Organizations in one process: one organization with its tree of units and accounts, the
// policies attached there, and who administers it (https://docs.aws.amazon.com/organizations/latest/APIReference/).
//
// Every account that calls, or that a resource is made for, is a member right under the root from then on. Tests build
// larger trees by [Tree.PutUnit] and [Tree.PutAccount].
package organizations

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"locksmith/test/cloud/front"
)

// input is the request of every action.
type input struct {
	AccountId, ParentId, ChildId, ChildType, OrganizationalUnitId string
	RootId, TargetId, ResourceId, SourceParentId                  string
	DestinationParentId, PolicyId, PolicyType, Filter, Type       string
	Name, Content, ServicePrincipal, NextToken                    string
	Description                                                   *string
	MaxResults                                                    *int
	Tags                                                          []tag
	TagKeys                                                       []string
}

type tag struct{ Key, Value string }

// An action is one of the service's. Who may call it follows from what it does.
type action struct {
	changes bool // only the management account may, and CloudTrail records it
	open    bool // any account of the organization may
	do      func(r *request, in input) (any, *front.Error)
}

var actions = map[string]action{
	"DescribeOrganization":                {open: true, do: describeOrganization},
	"ListRoots":                           {do: listRoots},
	"ListAccounts":                        {do: listAccounts},
	"ListAccountsForParent":               {do: listAccountsForParent},
	"DescribeAccount":                     {do: describeAccount},
	"ListOrganizationalUnitsForParent":    {do: listUnits},
	"DescribeOrganizationalUnit":          {do: describeUnit},
	"ListParents":                         {do: listParents},
	"ListChildren":                        {do: listChildren},
	"ListTagsForResource":                 {do: listTags},
	"ListPolicies":                        {do: listPolicies},
	"ListPoliciesForTarget":               {do: listPoliciesForTarget},
	"ListTargetsForPolicy":                {do: listTargets},
	"DescribePolicy":                      {do: describePolicy},
	"ListDelegatedAdministrators":         {do: listDelegates},
	"ListDelegatedServicesForAccount":     {do: listDelegated},
	"ListAWSServiceAccessForOrganization": {do: listTrusted},
	"CreatePolicy":                        {changes: true, do: createPolicy},
	"UpdatePolicy":                        {changes: true, do: updatePolicy},
	"DeletePolicy":                        {changes: true, do: deletePolicy},
	"AttachPolicy":                        {changes: true, do: attachPolicy},
	"DetachPolicy":                        {changes: true, do: detachPolicy},
	"EnablePolicyType":                    {changes: true, do: enablePolicyType},
	"DisablePolicyType":                   {changes: true, do: disablePolicyType},
	"CreateOrganizationalUnit":            {changes: true, do: createUnit},
	"MoveAccount":                         {changes: true, do: moveAccount},
	"CloseAccount":                        {changes: true, do: closeAccount},
	"TagResource":                         {changes: true, do: tagResource},
	"UntagResource":                       {changes: true, do: untagResource},
	"RegisterDelegatedAdministrator":      {changes: true, do: registerDelegate},
	"DeregisterDelegatedAdministrator":    {changes: true, do: deregisterDelegate},
	"EnableAWSServiceAccess":              {changes: true, do: enableTrust},
	"DisableAWSServiceAccess":             {changes: true, do: disableTrust},
}

// A request is one call of Organizations.
type request struct {
	*front.Request
	*Tree
}

// serve serves the JSON 1.1 protocol. Organizations has one endpoint in a partition, in us-east-1 for aws
// (https://docs.aws.amazon.com/general/latest/gr/ao.html): all its calls are made there, and recorded there.
func (r *request) serve() {
	if !r.ReadContent(1 << 20) {
		return
	}
	r.Region = "us-east-1"
	name, ours := strings.CutPrefix(r.Header.Get("X-Amz-Target"), "AWSOrganizationsV20161128.")
	a, known := actions[name]
	if !ours || !known {
		r.Reject(front.Refuse("UnknownOperationException", "this AWS does not know organizations:"+name,
			http.StatusNotImplemented))
		return
	}
	var in input
	d := json.NewDecoder(bytes.NewReader(r.Content))
	d.DisallowUnknownFields()
	err := d.Decode(&in)
	r.Perform(name, r.arnOf(in), func() (func(), *front.Error) {
		if err != nil {
			return nil, front.Refuse("SerializationException", "this AWS cannot read the request: "+err.Error(),
				http.StatusNotImplemented)
		}
		return r.call(name, a, in)
	})
}

// call does a call for a caller who may. What the action returns is written at once, while the lock is held.
func (r *request) call(name string, a action, in input) (answer func(), err *front.Error) {
	var result any
	if a.changes {
		defer func() { r.record(name, in, result, err) }()
	}
	if err = r.mayCall(name, a, in); err != nil {
		return nil, err
	}
	if result, err = a.do(r, in); err != nil {
		return nil, err
	}
	body := []byte("{}")
	if result != nil {
		body, _ = json.Marshal(result) // strings, numbers, lists and maps of them always marshal
	}
	return func() { r.Send(http.StatusOK, contentType, body) }, nil
}

// mayCall decides about the caller: the management account may do all, a delegated administrator may read
// (https://docs.aws.amazon.com/organizations/latest/userguide/orgs_integrate_delegated_admin.html). SCPs bind a
// delegated administrator here as everywhere.
func (r *request) mayCall(name string, a action, in input) *front.Error {
	account := r.Caller.Account
	manager := account == r.front.Config().ManagementAccount
	switch {
	case !r.member(account):
		return refuse("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
	case !manager && !a.open && (a.changes || r.delegates[account] == nil):
		return refuse("AccessDeniedException", "You don't have permissions to access this resource.")
	}
	arn := "*"
	if n := r.nodes[first(in.TargetId, in.AccountId, in.ParentId, in.ResourceId)]; n != nil {
		arn = r.arn(n)
	}
	return r.Ceilings(front.Target{Action: "organizations:" + name, ARN: arn,
		Owner: r.front.Config().ManagementAccount})
}

// first is the first text that is not empty.
func first(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

const contentType = "application/x-amz-json-1.1"

// reject answers an error. Organizations answers 400 for all that the caller is to blame for.
func reject(r *front.Request, e *front.Error) {
	status := e.Status
	if status < http.StatusInternalServerError {
		status = http.StatusBadRequest
	}
	code, reason, _ := strings.Cut(e.Code, "/")
	body := map[string]string{"__type": code, "Message": e.Message}
	if reason != "" {
		body["Reason"] = reason
	}
	text, _ := json.Marshal(body) // a map of strings always marshals
	r.Send(status, contentType, text)
}

// words are how this protocol says what the front refuses.
func words() front.Words {
	const invalid = "The security token included in the request is invalid."
	return front.Words{Denied: "AccessDeniedException",
		BadSignature: "InvalidSignatureException",
		UnknownKey:   front.Error{Code: "UnrecognizedClientException", Message: invalid, Status: http.StatusBadRequest},
		Expired: front.Error{Code: "ExpiredTokenException", Status: http.StatusBadRequest,
			Message: "The security token included in the request is expired"},
		Throttled: front.Error{Code: "TooManyRequestsException", Status: http.StatusBadRequest,
			Message: "You have sent too many requests in too short a period of time."}}
}

// refuse makes an error. A reason stands after the code and a slash, such as
// InvalidInputException/INVALID_NEXT_TOKEN.
func refuse(code, message string) *front.Error {
	return front.Refuse(code, message, http.StatusBadRequest)
}

// page is the part of a list that a call gets, and the token for the next part. AWS gives at most 20 entries a page
// (https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html).
func page[T any](r *request, name string, in input, all []T) (part []T, next string, err *front.Error) {
	size := 20
	if in.MaxResults != nil {
		size = *in.MaxResults
	}
	if size < 1 || size > 20 {
		return nil, "", refuse("InvalidInputException/MAX_VALUE_EXCEEDED", "You specified an invalid value.")
	}
	from, ok := readToken(name, in.NextToken)
	if !ok {
		return nil, "", refuse("InvalidInputException/INVALID_NEXT_TOKEN",
			"You provided an invalid value for the NextToken parameter.")
	}
	if r.emptyPages && in.NextToken == "" {
		return nil, token(name, 0), nil
	}
	from = min(from, len(all))
	to := min(from+size, len(all))
	if to < len(all) {
		next = token(name, to)
	}
	return slices.Clone(all[from:to]), next, nil
}
