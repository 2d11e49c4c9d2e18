package organizations

import (
	"maps"
	"slices"

	"locksmith/test/cloud/front"
)

// The states of an account
// (https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_account_state.html).
const (
	PendingActivation = "PENDING_ACTIVATION"
	Active            = "ACTIVE"
	Suspended         = "SUSPENDED"
	PendingClosure    = "PENDING_CLOSURE"
	Closed            = "CLOSED"
)

// An Account is a member as tests make it.
type Account struct {
	Number string
	Name   string // left out: made from the number
	State  string // left out: active
	Parent string // a unit, or the root; left out: the root
	Tags   map[string]string
}

// PutAccount makes an account a member, or changes what is known of it. A parent that is none stands for the root.
func (t *Tree) PutAccount(a Account) {
	t.front.Lock()
	defer t.front.Unlock()
	t.Use(a.Number)
	n := t.nodes[a.Number]
	n.tags = maps.Clone(a.Tags)
	if n.gone {
		n.gone = false
		t.welcome(n, front.SCP)
		t.welcome(n, front.RCP)
	}
	if a.Name != "" {
		n.name = a.Name
	}
	if a.State != "" {
		n.state = a.State
	}
	to := a.Parent
	if t.above(to) == nil {
		to = RootID
	}
	t.move(n, to)
}

// PutUnit makes a unit of an id, such as ou-a1b2-11111111, in another or in the root. A parent that is none stands for
// the root.
func (t *Tree) PutUnit(id, parent, name string) {
	t.front.Lock()
	defer t.front.Unlock()
	if t.above(parent) == nil {
		parent = RootID
	}
	if t.nodes[id] == nil {
		t.add(&node{id: id, kind: isUnit, name: name, parent: parent})
	}
}

// Leave takes an account out of the organization.
func (t *Tree) Leave(account string) {
	t.front.Lock()
	defer t.front.Unlock()
	t.Use(account)
	n := t.nodes[account]
	t.unhang(n)
	for _, p := range slices.Clone(n.attached) {
		t.detach(p, n)
	}
	delete(t.delegates, account)
	n.gone = true
}

func (t *Tree) unhang(n *node) {
	above := t.nodes[n.parent]
	above.children = slices.DeleteFunc(above.children, func(id string) bool { return id == n.id })
}

func (t *Tree) move(n *node, to string) {
	t.unhang(n)
	n.parent = to
	t.nodes[to].children = append(t.nodes[to].children, n.id)
}

// EmptyPages lets every list begin with an empty page, and the token for the next. AWS says that a list may now and
// then give an empty page before its end
// (https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html).
func (t *Tree) EmptyPages(on bool) {
	t.front.Lock()
	defer t.front.Unlock()
	t.emptyPages = on
}
