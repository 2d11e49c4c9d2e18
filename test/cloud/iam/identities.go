package iam

import (
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"locksmith/policies"
	"locksmith/test/cloud/front"
)

func place(account string, kind policies.Kind) string { return account + " " + string(kind) }

// find is a user or role that there is or was, or nil.
func (s *Identities) find(account string, kind policies.Kind, name string) *identity {
	return s.accounts[account][string(kind)+" "+name]
}

// here is a user or role that there is, or nil.
func (s *Identities) here(account string, kind policies.Kind, name string) *identity {
	if i := s.find(account, kind, name); i != nil && !i.gone {
		return i
	}
	return nil
}

// Find finds a user or role by its name. It is called under the lock.
func (s *Identities) Find(account string, kind policies.Kind, name string) (front.Principal, bool) {
	if i := s.here(account, kind, name); i != nil {
		return i.principal(), true
	}
	return front.Principal{}, false
}

// Called finds the one whose key calls. One that nobody has made comes into being; one that was deleted is not found.
// It is called under the lock.
func (s *Identities) Called(account string, kind policies.Kind, name string) (front.Principal, bool) {
	i := s.find(account, kind, name)
	if i == nil {
		i = s.put(&identity{kind: kind, account: account, path: "/", name: name, longest: 3600})
	}
	return i.principal(), !i.gone
}

func (i *identity) principal() front.Principal {
	return front.Principal{ARN: i.arn(), ID: i.id, Permissions: i.documents, Trust: i.trust,
		Longest: time.Duration(i.longest) * time.Second}
}

// put keeps a user or role, with an id that none of its name has had before.
func (s *Identities) put(i *identity) *identity {
	if before := s.find(i.account, i.kind, i.name); before != nil {
		i.generation = before.generation + 1
	}
	i.id, i.created = front.UniqueID(i.kind, i.name, i.generation), s.front.Now()
	if i.kind == policies.Role && i.trust == "" {
		i.trust = ownTrust(i.account)
	}
	s.front.Use(i.account)
	if s.accounts[i.account] == nil {
		s.accounts[i.account] = map[string]*identity{}
	}
	s.accounts[i.account][string(i.kind)+" "+i.name] = i
	names := s.names[place(i.account, i.kind)]
	if at, there := slices.BinarySearch(names, i.name); !there {
		s.names[place(i.account, i.kind)] = slices.Insert(names, at, i.name)
	}
	return i
}

// ownTrust is the trust policy of a role that came into being by itself: its account may assume it.
func ownTrust(account string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + account +
		`:root"},"Action":"sts:AssumeRole"}]}`
}

// remove deletes a user or role. Policies that named it as a principal show its unique id from then on, as AWS's do
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html).
func (s *Identities) remove(i *identity) {
	i.gone = true
	place := place(i.account, i.kind)
	s.names[place] = slices.DeleteFunc(s.names[place], func(name string) bool { return name == i.name })
	s.front.Forget(i.arn(), i.id)
}

// A Role is a role as tests make it.
type Role struct {
	Account, Name string
	Path          string // left out: /
	Trust         string // the trust policy; left out: the role's account may assume it
	Permissions   string // an identity policy; left out: everything is allowed
}

// PutRole makes a role, unasked and unrecorded, and returns its ARN. One that is there already is replaced by it.
func (s *Identities) PutRole(role Role) string {
	s.front.Lock()
	defer s.front.Unlock()
	i := &identity{kind: policies.Role, account: role.Account, path: role.Path, name: role.Name, trust: role.Trust,
		longest: 3600, permissions: map[string]string{}}
	if i.path == "" {
		i.path = "/"
	}
	if role.Permissions != "" {
		i.permissions["inline"] = role.Permissions
		i.read()
	}
	return s.put(i).arn()
}

// PutUser makes a user, unasked and unrecorded, and returns its ARN.
func (s *Identities) PutUser(account, path, name string) string {
	s.front.Lock()
	defer s.front.Unlock()
	if path == "" {
		path = "/"
	}
	return s.put(&identity{kind: policies.User, account: account, path: path, name: name}).arn()
}

// read reads the inline policies.
func (i *identity) read() {
	i.documents = nil
	for _, name := range slices.Sorted(maps.Keys(i.permissions)) {
		i.documents = append(i.documents, front.ReadBound("", i.permissions[name]).Document)
	}
}

// list is one page of the users or roles of the caller's account, and the marker of the next
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html).
func (r *request) list(kind policies.Kind) (page []*identity, next string, err *front.Error) {
	if err := r.may(string(kind) + "/"); err != nil {
		return nil, "", err
	}
	size := 100
	if text := r.form.Get("MaxItems"); text != "" {
		n, bad := strconv.Atoi(text)
		if bad != nil || n < 1 || n > 1000 {
			return nil, "", invalid("Value '%s' at 'maxItems' failed to satisfy constraint: Member must have value "+
				"between 1 and 1000", text)
		}
		size = n
	}
	after, bad := base64.StdEncoding.DecodeString(r.form.Get("Marker"))
	if bad != nil {
		return nil, "", invalid("Invalid Marker: %s", r.form.Get("Marker"))
	}
	names := r.names[place(r.Caller.Account, kind)]
	from, there := slices.BinarySearch(names, string(after))
	if there {
		from++
	}
	for _, name := range names[from:] {
		i := r.find(r.Caller.Account, kind, name)
		if !strings.HasPrefix(i.path, r.form.Get("PathPrefix")) {
			continue
		}
		if len(page) == size {
			return page, base64.StdEncoding.EncodeToString([]byte(page[size-1].name)), nil
		}
		page = append(page, i)
	}
	return page, "", nil
}

func invalid(format string, args ...any) *front.Error {
	return front.Refuse("ValidationError", fmt.Sprintf(format, args...), http.StatusBadRequest)
}

// named finds the user or role that a call names.
func (r *request) named(kind policies.Kind) (*identity, *front.Error) {
	parameter := map[policies.Kind]string{policies.Role: "RoleName", policies.User: "UserName"}[kind]
	name := r.form.Get(parameter)
	i := r.here(r.Caller.Account, kind, name)
	what := string(kind) + "/" + name
	if i != nil {
		what = string(kind) + i.path + name
	}
	if err := r.may(what); err != nil {
		return nil, err
	}
	if i == nil {
		return nil, front.Refuse("NoSuchEntity", "The "+string(kind)+" with name "+name+" cannot be found.",
			http.StatusNotFound)
	}
	return i, nil
}
