// Package iam is IAM in one process: the users and roles of each account, and the organization's features for root
// access in members (https://docs.aws.amazon.com/IAM/latest/APIReference/welcome.html).
//
// Like accounts, users and roles come into being when an access key first names them. One that was deleted does not
// come back by itself.
package iam

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"locksmith/policies"
	"locksmith/test/cloud/front"
)

// Identities are the users and roles of all accounts.
type Identities struct {
	front    *front.Front
	members  Members
	features Features
	accounts map[string]map[string]*identity // by account, kind and name
	names    map[string][]string             // of an account and kind, in order
	roots    map[string]*root                // by account
	virtual  bool                            // root sessions may delete virtual MFA devices
}

// Members is the organization: who is in it, and who administers a service for it. It is asked under the lock.
type Members interface {
	Member(account string) (state string, ok bool)
	Trusts(service string) bool
	Delegated(account, service string) bool
}

// Features are what of the access to members' root is on. They are asked and switched under the lock.
type Features interface {
	On(feature string) bool
	Switch(feature string, on bool)
}

// An identity is a user or a role.
type identity struct {
	kind                policies.Kind
	account, path, name string
	id                  string
	created             time.Time
	gone                bool // deleted; the name is kept, so that its id is not used again
	generation          int  // how often the name was used before
	trust, description  string
	longest             int // seconds that a session of the role may last
	tags                []tag
	permissions         map[string]string // the inline policies by name
	documents           []*policies.Document
}

type tag struct{ Key, Value string }

func (i *identity) arn() string {
	return "arn:aws:iam::" + i.account + ":" + string(i.kind) + i.path + i.name
}

// New makes an IAM behind a front.
func New(f *front.Front, members Members, features Features) *Identities {
	s := &Identities{front: f, members: members, features: features, accounts: map[string]map[string]*identity{},
		names: map[string][]string{}, roots: map[string]*root{}}
	q := front.Query{Namespace: "https://iam.amazonaws.com/doc/2010-05-08/", Actions: s.actions(),
		Resource: func(string, url.Values) string { return "" }}
	f.Register(front.Service{Name: "iam", Reject: front.RejectQuery, Serve: func(r *front.Request) {
		r.Region = "us-east-1" // IAM is there, in the partition aws, and CloudTrail records it there
		q.Serve(r)
	}})
	f.SetPrincipals(s)
	return s
}

func (s *Identities) actions() map[string]front.Action {
	on := func(call string, changes bool, do func(*request) (any, *front.Error)) front.Action {
		return func(r *front.Request, form url.Values) (result any, err *front.Error) {
			q := &request{r, s, form, call}
			if changes {
				defer func() { q.record(result, err) }()
			}
			return do(q)
		}
	}
	actions := map[string]front.Action{}
	for call, do := range reads {
		actions[call] = on(call, false, do)
	}
	for call, do := range changes {
		actions[call] = on(call, true, do)
	}
	for call, do := range rootReads {
		actions[call] = on(call, false, asRoot(do))
	}
	for call, do := range rootChanges {
		actions[call] = on(call, true, asRoot(do))
	}
	return actions
}

// reads are the calls that change nothing, and changes those that do.
var (
	reads = map[string]func(*request) (any, *front.Error){
		"GetRole": getRole, "ListRoles": listRoles, "GetUser": getUser, "ListUsers": listUsers,
		"GetRolePolicy": getRolePolicy, "ListRolePolicies": listRolePolicies,
		"ListOrganizationsFeatures": listFeatures,
	}
	changes = map[string]func(*request) (any, *front.Error){
		"CreateRole": createRole, "DeleteRole": deleteRole, "CreateUser": createUser, "DeleteUser": deleteUser,
		"UpdateAssumeRolePolicy": updateTrust, "PutRolePolicy": putRolePolicy, "DeleteRolePolicy": deleteRolePolicy,
		"EnableOrganizationsRootSessions":               enableSessions,
		"DisableOrganizationsRootSessions":              disableSessions,
		"EnableOrganizationsRootCredentialsManagement":  enableCredentials,
		"DisableOrganizationsRootCredentialsManagement": disableCredentials,
	}
)

// A request is one call of IAM.
type request struct {
	*front.Request
	*Identities
	form url.Values
	call string
}

// may asks for leave to do the call with a user or role of the caller's own account, as its ARN ends, such as role/a.
func (r *request) may(what string) *front.Error {
	return r.Authorize(front.Target{Action: "iam:" + r.call, Owner: r.Caller.Account,
		ARN: "arn:aws:iam::" + r.Caller.Account + ":" + what})
}

// record tells CloudTrail of a change. Names begin with small letters there.
func (r *request) record(result any, refused *front.Error) {
	parameters := map[string]any{}
	for name, values := range r.form {
		if name != "Action" && name != "Version" && !strings.Contains(name, ".") {
			parameters[strings.ToLower(name[:1])+name[1:]] = values[0]
		}
	}
	if tags := r.tags(); len(tags) > 0 {
		var shown []any
		for _, t := range tags {
			shown = append(shown, map[string]string{"key": t.Key, "value": t.Value})
		}
		parameters["tags"] = shown
	}
	c := front.Record{Call: r.call, Refused: refused}
	if len(parameters) > 0 {
		c.Parameters = parameters
	}
	if said, ok := result.(recorded); ok && refused == nil {
		c.Response = said.recorded()
	}
	r.Record(c)
}

// recorded is an answer that CloudTrail shows.
type recorded interface{ recorded() any }

// tags are the tags in a request: Tags.member.1.Key and so on.
func (r *request) tags() (tags []tag) {
	for i := 1; ; i++ {
		member := "Tags.member." + strconv.Itoa(i)
		if !r.form.Has(member + ".Key") {
			return tags
		}
		tags = append(tags, tag{r.form.Get(member + ".Key"), r.form.Get(member + ".Value")})
	}
}
