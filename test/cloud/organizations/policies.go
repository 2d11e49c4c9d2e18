package organizations

import (
	"slices"
	"strings"

	"locksmith/test/cloud/front"
)

// A policy is one policy of the organization, and where it is attached.
type policy struct {
	id, name, description, kind, content string
	managed                              bool // by AWS
	bound                                front.Bound
	targets                              []string // the nodes it is attached to, oldest first
	tags                                 map[string]string
}

// The policies that AWS attaches everywhere when a type is enabled. The one for RCPs cannot be detached
// (https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_evaluation.html).
const (
	fullAccess    = "p-FullAWSAccess"
	fullRCPAccess = "p-RCPFullAWSAccess"
)

// kinds are the types of policies that this AWS knows, and the policy that comes with each.
var kinds = map[string]string{front.SCP: fullAccess, front.RCP: fullRCPAccess}

// managed are the policies that AWS has made.
func managed() []*policy {
	return []*policy{
		{id: fullAccess, name: "FullAWSAccess", kind: front.SCP, managed: true,
			description: "Allows access to every operation",
			content:     `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`},
		{id: fullRCPAccess, name: "RCPFullAWSAccess", kind: front.RCP, managed: true,
			description: "Allows access to every operation",
			content: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*",` +
				`"Resource":"*"}]}`},
	}
}

// keep keeps a policy, and reads what it says.
func (t *Tree) keep(p *policy) *policy {
	p.bound = front.ReadBound(t.policyARN(p), p.content)
	t.policies[p.id] = p
	return p
}

func (t *Tree) policyARN(p *policy) string {
	kind := "policy/" + t.front.Config().Organization + "/" + strings.ToLower(p.kind) + "/" + p.id
	if p.managed {
		return "arn:aws:organizations::aws:policy/" + strings.ToLower(p.kind) + "/" + p.id
	}
	return t.prefix() + kind
}

func (t *Tree) attach(p *policy, n *node) {
	if slices.Contains(p.targets, n.id) {
		return
	}
	p.targets = append(p.targets, n.id)
	n.attached = append(n.attached, p)
}

func (t *Tree) detach(p *policy, n *node) {
	p.targets = slices.DeleteFunc(p.targets, func(id string) bool { return id == n.id })
	n.attached = slices.DeleteFunc(n.attached, func(q *policy) bool { return q == p })
}

// of are the policies of a type that are attached to a node.
func (n *node) of(kind string) (found []*policy) {
	for _, p := range n.attached {
		if p.kind == kind {
			found = append(found, p)
		}
	}
	return found
}

// Levels are the policies of a type that bind an account, from the root down to the account. They bind neither the
// management account nor who is outside (https://docs.aws.amazon.com/organizations/latest/userguide/
// orgs_manage_policies_scps.html). It is called under the lock.
func (t *Tree) Levels(kind, account string) (levels [][]front.Bound) {
	if !t.member(account) || account == t.front.Config().ManagementAccount || !t.enabled[kind] {
		return nil
	}
	for n := t.nodes[account]; n != nil; n = t.nodes[n.parent] {
		var here []front.Bound
		for _, p := range n.of(kind) {
			here = append(here, p.bound)
		}
		levels = append(levels, here)
	}
	slices.Reverse(levels)
	return levels
}

// Units is where an account stands, from the organization down to the unit that holds it, or "" outside. It is called
// under the lock.
func (t *Tree) Units(account string) string {
	if !t.member(account) {
		return ""
	}
	return t.path(t.nodes[t.nodes[account].parent])
}

// enable switches a type of policies on or off. What is attached goes with it; switched on, AWS attaches its own policy
// everywhere (https://docs.aws.amazon.com/organizations/latest/userguide/enable-policy-type.html).
func (t *Tree) enable(kind string, on bool) {
	if t.enabled[kind] == on {
		return
	}
	t.enabled[kind] = on
	for _, n := range t.nodes {
		if n.gone {
			continue
		}
		for _, p := range n.of(kind) {
			t.detach(p, n)
		}
	}
	if on {
		for _, id := range t.order {
			t.welcome(t.nodes[id], kind)
		}
	}
}

// welcome attaches AWS's own policy of a type to a node.
func (t *Tree) welcome(n *node, kind string) {
	if t.enabled[kind] && !n.gone {
		t.attach(t.policies[kinds[kind]], n)
	}
}

// PolicyType switches a type of policies on or off in the root, such as [front.SCP]; both are on at the start.
func (t *Tree) PolicyType(kind string, on bool) {
	t.front.Lock()
	defer t.front.Unlock()
	t.enable(kind, on)
}

// Attach makes a policy of a type and attaches it to a node; one of the same name and type is replaced everywhere. It
// returns the policy's id.
func (t *Tree) Attach(kind, target, name, content string) string {
	t.front.Lock()
	defer t.front.Unlock()
	p := t.named(kind, name)
	if p == nil {
		p = &policy{id: "p-" + front.RandomID(5), name: name, kind: kind}
	}
	p.content = content
	t.keep(p)
	if n := t.nodes[target]; n != nil {
		t.attach(p, n)
	}
	return p.id
}

// Detach takes a policy off a node, even the last one there.
func (t *Tree) Detach(id, target string) {
	t.front.Lock()
	defer t.front.Unlock()
	if p, n := t.policies[id], t.nodes[target]; p != nil && n != nil {
		t.detach(p, n)
	}
}

// SetSCP puts a service control policy on an account, beside what is attached there; "" takes it off.
func (t *Tree) SetSCP(account, content string) {
	name := "scp-" + account
	t.front.Lock()
	t.Use(account)
	p := t.named(front.SCP, name)
	t.front.Unlock()
	switch {
	case content != "":
		t.Attach(front.SCP, account, name, content)
	case p != nil:
		t.Detach(p.id, account)
	}
}

// named is the policy of a type and name, or nil.
func (t *Tree) named(kind, name string) *policy {
	for _, p := range t.policies {
		if p.kind == kind && p.name == name {
			return p
		}
	}
	return nil
}
