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
	"DescribeOrganization":             {open: true, do: describeOrganization},
	"ListRoots":                        {do: listRoots},
	"ListAccounts":                     {do: listAccounts},
	"ListAccountsForParent":            {do: listAccountsForParent},
	"DescribeAccount":                  {do: describeAccount},
	"ListOrganizationalUnitsForParent": {do: listUnits},
	"DescribeOrganizationalUnit":       {do: describeUnit},
	"ListParents":                      {do: listParents},
	"ListChildren":                     {do: listChildren},
	"ListTagsForResource":              {do: listTags},
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

func (r *request) call(name string, a action, in input) (answer func(), err *front.Error) {
	if err := r.mayCall(name, a, in); err != nil {
		return nil, err
	}
	result, err := a.do(r, in)
	if err != nil {
		return nil, err
	}
	return func() { r.reply(http.StatusOK, result) }, nil
}

// mayCall decides about the caller: the management account may do all, a delegated administrator may read
// (https://docs.aws.amazon.com/organizations/latest/userguide/orgs_integrate_delegated_admin.html).
func (r *request) mayCall(name string, a action, in input) *front.Error {
	manager := r.Caller.Account == r.front.Config().ManagementAccount
	switch {
	case !r.member(r.Caller.Account):
		return refuse("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
	case manager || a.open || !a.changes && r.delegatedFor(r.Caller.Account) != nil:
		return nil
	}
	return refuse("AccessDeniedException", "You don't have permissions to access this resource.")
}

// reply sends what lies under no lock any more, so result holds values only.
func (r *request) reply(status int, result any) { sendJSON(r.Request, status, result) }

func sendJSON(r *front.Request, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		body, status = []byte(`{"__type":"ServiceException"}`), http.StatusInternalServerError
	}
	r.Send(status, "application/x-amz-json-1.1", body)
}

// reject answers an error. Organizations answers 400 for all that the caller is to blame for.
func reject(r *front.Request, e *front.Error) {
	status := e.Status
	if status < http.StatusInternalServerError {
		status = http.StatusBadRequest
	}
	code, reason, _ := strings.Cut(e.Code, "/")
	if own, ok := ownCodes[code]; ok {
		code = own
	}
	body := map[string]string{"__type": code, "Message": e.Message}
	if reason != "" {
		body["Reason"] = reason
	}
	sendJSON(r, status, body)
}

// ownCodes are the codes that this protocol has for what other services say in other words.
var ownCodes = map[string]string{
	"AccessDenied":         "AccessDeniedException",
	"InvalidClientTokenId": "UnrecognizedClientException",
	"ExpiredToken":         "ExpiredTokenException",
}

// refuse makes an error. A reason stands after the code and a slash, such as
// InvalidInputException/INVALID_NEXT_TOKEN.
func refuse(code, message string) *front.Error {
	return front.Refuse(code, message, http.StatusBadRequest)
}

// page is the part of a list that a call gets, and the token for the next part. AWS gives at most 20 entries a page
// (https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html).
func page[T any](name string, in input, all []T) (part []T, next string, err *front.Error) {
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
	from = min(from, len(all))
	to := min(from+size, len(all))
	if to < len(all) {
		next = token(name, to)
	}
	return slices.Clone(all[from:to]), next, nil
}
