package iam

import (
	"encoding/xml"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"locksmith/policies"
	"locksmith/test/cloud/front"
)

// role is a role as the API shows it.
type role struct {
	Path, RoleName, RoleId, Arn, CreateDate string
	AssumeRolePolicyDocument                string
	Description                             string `xml:",omitempty"`
	MaxSessionDuration                      int
	Tags                                    []tag `xml:"Tags>member,omitempty"`
}

// escape writes a document as IAM does, in the escapes of RFC 3986.
func escape(document string) string { return strings.ReplaceAll(url.QueryEscape(document), "+", "%20") }

func (i *identity) role() role {
	return role{Path: i.path, RoleName: i.name, RoleId: i.id, Arn: i.arn(), Description: i.description,
		CreateDate: i.created.UTC().Format(time.RFC3339), AssumeRolePolicyDocument: escape(i.trust),
		MaxSessionDuration: i.longest, Tags: i.tags}
}

// user is a user as the API shows it. Root has neither a name nor a path that is shown.
type user struct {
	Path                    string `xml:",omitempty"`
	UserName                string `xml:",omitempty"`
	UserId, Arn, CreateDate string
	PasswordLastUsed        string `xml:",omitempty"`
	Tags                    []tag  `xml:"Tags>member,omitempty"`
}

func (i *identity) user() user {
	return user{Path: i.path, UserName: i.name, UserId: i.id, Arn: i.arn(), Tags: i.tags,
		CreateDate: i.created.UTC().Format(time.RFC3339)}
}

// shown is an answer about one user or role.
type shown struct {
	XMLName xml.Name
	Role    *role `xml:",omitempty"`
	User    *user `xml:",omitempty"`
	of      *identity
}

func (r *request) show(i *identity) shown {
	s := shown{XMLName: xml.Name{Local: r.call + "Result"}, of: i}
	if i.kind == policies.Role {
		role := i.role()
		s.Role = &role
		return s
	}
	user := i.user()
	s.User = &user
	return s
}

// recorded is the answer as CloudTrail has it.
func (s shown) recorded() any {
	i, kind := s.of, string(s.of.kind)
	said := map[string]any{"path": i.path, kind + "Name": i.name, kind + "Id": i.id, "arn": i.arn(),
		"createDate": i.created.UTC().Format("Jan 2, 2006, 3:04:05 PM")}
	if i.kind == policies.Role {
		said["assumeRolePolicyDocument"] = escape(i.trust)
	}
	return map[string]any{kind: said}
}

func getRole(r *request) (any, *front.Error) {
	i, err := r.named(policies.Role)
	if err != nil {
		return nil, err
	}
	return r.show(i), nil
}

// getUser without a name is about the caller. Root is shown without a name
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetUser.html).
func getUser(r *request) (any, *front.Error) {
	if r.form.Get("UserName") == "" {
		switch r.Caller.Kind {
		case policies.Root:
			answer := shown{XMLName: xml.Name{Local: "GetUserResult"}, User: &user{UserId: r.Caller.Account,
				Arn: r.Caller.ARN, CreateDate: "2020-01-01T00:00:00Z"}}
			if of := r.root(r.Caller.Account); of.Password && !of.PasswordUsed.IsZero() {
				answer.User.PasswordLastUsed = stamp(of.PasswordUsed)
			}
			return answer, r.Authorize(front.Target{Action: "iam:GetUser", ARN: r.Caller.ARN, Owner: r.Caller.Account})
		case policies.Role:
			return nil, invalid("Must specify userName when calling with non-User credentials")
		}
		r.form.Set("UserName", r.Caller.ARN[strings.LastIndexByte(r.Caller.ARN, '/')+1:])
	}
	i, err := r.named(policies.User)
	if err != nil {
		return nil, err
	}
	return r.show(i), nil
}

func listRoles(r *request) (any, *front.Error) {
	page, next, err := r.list(policies.Role)
	var answer struct {
		XMLName     xml.Name `xml:"ListRolesResult"`
		Roles       []role   `xml:"Roles>member"`
		IsTruncated bool
		Marker      string `xml:",omitempty"`
	}
	for _, i := range page {
		role := i.role()
		role.Tags = nil // a list shows none
		answer.Roles = append(answer.Roles, role)
	}
	answer.IsTruncated, answer.Marker = next != "", next
	return answer, err
}

func listUsers(r *request) (any, *front.Error) {
	page, next, err := r.list(policies.User)
	var answer struct {
		XMLName     xml.Name `xml:"ListUsersResult"`
		Users       []user   `xml:"Users>member"`
		IsTruncated bool
		Marker      string `xml:",omitempty"`
	}
	for _, i := range page {
		user := i.user()
		user.Tags = nil
		answer.Users = append(answer.Users, user)
	}
	answer.IsTruncated, answer.Marker = next != "", next
	return answer, err
}

var (
	validName = regexp.MustCompile(`^[A-Za-z0-9_+=,.@-]{1,64}$`)
	validPath = regexp.MustCompile(`^/(?:[!-~]*/)?$`)
	reserved  = regexp.MustCompile(`^/aws-(?:reserved|service-role)/`)
)

// create makes a user or role of a name that is free. Names are told apart without regard to letter case.
func (r *request) create(i *identity) (any, *front.Error) {
	if i.path == "" {
		i.path = "/"
	}
	if err := r.may(string(i.kind) + i.path + i.name); err != nil {
		return nil, err
	}
	switch {
	case !validName.MatchString(i.name):
		return nil, invalid("The specified value for %sName is invalid. It must contain only alphanumeric characters "+
			"and/or the following: +=,.@_-", i.kind)
	case !validPath.MatchString(i.path):
		return nil, invalid("The specified value for path is invalid. It must begin and end with / and contain only " +
			"alphanumeric characters and/or / characters.")
	case reserved.MatchString(i.path):
		return nil, front.Refuse("NotImplemented", "this AWS does not know how IAM refuses the path "+i.path,
			http.StatusNotImplemented)
	case slices.ContainsFunc(r.names[place(i.account, i.kind)],
		func(name string) bool { return strings.EqualFold(name, i.name) }):
		return nil, front.Refuse("EntityAlreadyExists", title(i.kind)+" with name "+i.name+" already exists.",
			http.StatusConflict)
	}
	return r.show(r.put(i)), nil
}

func title(kind policies.Kind) string { return strings.ToUpper(string(kind[:1])) + string(kind[1:]) }

func createUser(r *request) (any, *front.Error) {
	return r.create(&identity{kind: policies.User, account: r.Caller.Account, path: r.form.Get("Path"),
		name: r.form.Get("UserName"), tags: r.tags()})
}

func createRole(r *request) (any, *front.Error) {
	trust, longest := r.form.Get("AssumeRolePolicyDocument"), 3600
	if err := checkTrust(trust); err != nil {
		return nil, err
	}
	if text := r.form.Get("MaxSessionDuration"); text != "" {
		n, bad := strconv.Atoi(text)
		if bad != nil || n < 3600 || n > 43200 {
			return nil, invalid("1 validation error detected: Value '%s' at 'maxSessionDuration' failed to satisfy "+
				"constraint: Member must have value between 3600 and 43200", text)
		}
		longest = n
	}
	return r.create(&identity{kind: policies.Role, account: r.Caller.Account, path: r.form.Get("Path"),
		name: r.form.Get("RoleName"), trust: trust, longest: longest, tags: r.tags(),
		description: r.form.Get("Description"), permissions: map[string]string{}})
}

func deleteRole(r *request) (any, *front.Error) {
	i, err := r.named(policies.Role)
	switch {
	case err != nil:
		return nil, err
	case reserved.MatchString(i.path):
		return nil, front.Refuse("UnmodifiableEntity", "Cannot perform the operation on the protected role '"+i.name+
			"' - this role is only modifiable by AWS", http.StatusBadRequest)
	case len(i.permissions) > 0:
		return nil, front.Refuse("DeleteConflict", "Cannot delete entity, must delete policies first.",
			http.StatusConflict)
	}
	r.remove(i)
	return nil, nil
}

func deleteUser(r *request) (any, *front.Error) {
	i, err := r.named(policies.User)
	if err != nil {
		return nil, err
	}
	r.remove(i)
	return nil, nil
}
