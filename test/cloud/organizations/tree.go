package organizations

import (
	"time"

	"locksmith/test/cloud/front"
)

// RootID is the root of every tree.
const RootID = "r-a1b2"

// What a node is, in the words of the API.
const (
	isRoot    = "ROOT"
	isUnit    = "ORGANIZATIONAL_UNIT"
	isAccount = "ACCOUNT"
)

// A Tree is the organization of one AWS.
type Tree struct {
	front     *front.Front
	nodes     map[string]*node                // by id
	order     []string                        // the ids, oldest first
	policies  map[string]*policy              // by id
	enabled   map[string]bool                 // the types of policies
	trusted   map[string]time.Time            // the services that have access, since when
	delegates map[string]map[string]time.Time // by account and service principal: since when
	// emptyPages is set where every list begins with a page that is empty.
	emptyPages bool
}

// A node is the root, a unit or an account.
type node struct {
	id, kind, name, parent string
	children               []string
	tags                   map[string]string
	state                  string // of an account
	since                  time.Time
	gone                   bool // the account has left the organization
	attached               []*policy
}

// rootAccess is the service principal whose delegated administrator may assume root.
const rootAccess = "iam.amazonaws.com"

// New makes an organization behind a front, with its management account and its delegated administrator in it. Both
// types of policies are enabled, and trusted access for root access in members is on.
func New(f *front.Front) *Tree {
	t := &Tree{front: f, nodes: map[string]*node{}, policies: map[string]*policy{}, enabled: map[string]bool{},
		trusted:   map[string]time.Time{rootAccess: f.Now()},
		delegates: map[string]map[string]time.Time{}}
	for _, p := range managed() {
		t.keep(p)
		t.enabled[p.kind] = true
	}
	t.add(&node{id: RootID, kind: isRoot, name: "Root"})
	c := f.Config()
	t.Use(c.ManagementAccount)
	t.Use(c.DelegatedAdministrator)
	t.delegate(c.DelegatedAdministrator, rootAccess, true)
	f.Register(front.Service{Name: "organizations", Reject: reject, Words: words(),
		Serve: func(r *front.Request) { (&request{r, t}).serve() }})
	f.SetOrganization(t)
	return t
}

// Use lets an account come into being as a member right under the root, where it is none yet. It is called under the
// lock.
func (t *Tree) Use(account string) {
	if t.nodes[account] == nil {
		t.add(&node{id: account, kind: isAccount, name: "account " + account, parent: RootID, state: Active})
	}
}

func (t *Tree) add(n *node) {
	n.since = t.front.Now()
	t.nodes[n.id] = n
	t.order = append(t.order, n.id)
	if above := t.nodes[n.parent]; above != nil {
		above.children = append(above.children, n.id)
	}
	for kind := range kinds {
		t.welcome(n, kind)
	}
}

// member tells whether an account is in the organization.
func (t *Tree) member(account string) bool {
	n := t.nodes[account]
	return n != nil && n.kind == isAccount && !n.gone
}

// accounts are the members, at or below a node, each unit's own before those of the units in it.
func (t *Tree) accounts(below string) (all []*node) {
	var deeper []string
	for _, id := range t.nodes[below].children {
		switch n := t.nodes[id]; n.kind {
		case isAccount:
			all = append(all, n)
		default:
			deeper = append(deeper, id)
		}
	}
	for _, id := range deeper {
		all = append(all, t.accounts(id)...)
	}
	return all
}

// path is where a node stands, from the organization down to itself, with a slash behind each
// (https://docs.aws.amazon.com/organizations/latest/APIReference/API_Account.html).
func (t *Tree) path(n *node) string {
	if n.parent == "" {
		return t.front.Config().Organization + "/" + n.id + "/"
	}
	return t.path(t.nodes[n.parent]) + n.id + "/"
}

// arn follows
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsorganizations.html.
func (t *Tree) arn(n *node) string {
	kind := map[string]string{isRoot: "root", isUnit: "ou", isAccount: "account"}[n.kind]
	return t.prefix() + kind + "/" + t.front.Config().Organization + "/" + n.id
}

func (t *Tree) prefix() string {
	return "arn:aws:organizations::" + t.front.Config().ManagementAccount + ":"
}

// arnOf is the ARN of what a call is about, or "".
func (r *request) arnOf(in input) string {
	r.front.Lock()
	defer r.front.Unlock()
	for _, id := range []string{in.PolicyId, in.TargetId, in.AccountId, in.OrganizationalUnitId, in.ParentId,
		in.ChildId, in.ResourceId, in.RootId} {
		if n := r.nodes[id]; n != nil {
			return r.arn(n)
		}
		if p := r.policies[id]; p != nil {
			return r.policyARN(p)
		}
	}
	return ""
}

// above is a node that may hold others, or nil.
func (t *Tree) above(id string) *node {
	if n := t.nodes[id]; n != nil && n.kind != isAccount {
		return n
	}
	return nil
}

// present is a node that is there, or nil.
func (t *Tree) present(id string) *node {
	if n := t.nodes[id]; n != nil && !n.gone {
		return n
	}
	return nil
}

// unit is a unit, or nil.
func (t *Tree) unit(id string) *node {
	if n := t.nodes[id]; n != nil && n.kind == isUnit {
		return n
	}
	return nil
}
