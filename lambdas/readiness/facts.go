// Package readiness says whether a rescue would work in each account, before one is needed.
//
// It asks for the facts that a rescue depends on: what of root access is switched on, which accounts there are, which
// policies bind them, who hears of it. It judges them, and tries nothing: no root session is opened for it. Package
// reach says what policies do; what is here puts the facts together, and says them.
//
// What is not known is never taken for well: it is "cannot tell", with the reason.
package readiness

import (
	"context"
	"time"

	"locksmith/lambdas/remedy"
	"locksmith/policies/reach"
)

// An Organization tells the facts that are the organization's. Each error stands for itself: what one call could not
// tell, the others still may.
type Organization interface {
	// Identity is the organization, its management account, and who asks.
	Identity(ctx context.Context) (Identity, error)
	// RootAccess is what of root access is switched on.
	RootAccess(ctx context.Context) (RootAccess, error)
	// Accounts is one page of the accounts, with the units above each from the root down. The token next is "" for the
	// first page, and rest is "" after the last.
	Accounts(ctx context.Context, next string) (page []remedy.Account, rest string, err error)
	// Controls are the policies that bind accounts.
	Controls(ctx context.Context) (Controls, error)
}

// An Identity is whose organization it is, and who asks.
type Identity struct {
	Organization string // o-…
	Management   string // the management account
	Account      string // of the credentials that ask
	Partition    string // such as aws
}

// RootAccess is what a root session needs of the organization
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-enable-root-access.html).
type RootAccess struct {
	Features      []string // as iam:ListOrganizationsFeatures names them
	FeaturesErr   error    // why they are not known
	Trusted       bool     // trusted access for iam.amazonaws.com
	TrustedErr    error
	Delegates     []string // delegated administrators for iam.amazonaws.com
	DelegatesErr  error
	NotAdmitted   bool // IAM says that the account is neither the management account nor a delegate
	TrustRequired bool // IAM says that trusted access is missing
}

// Controls are the policies of an organization that bind accounts.
type Controls struct {
	SCPs, RCPs bool                       // whether the type is in force
	Attached   map[string][]*reach.Policy // by root, unit or account
	Everywhere []*reach.Policy            // attached to all of them
	Names      map[string]string          // of roots, units and accounts, where a policy's targets told them
}

// Topics tells who hears of a topic.
type Topics interface {
	// Subscribers counts the subscriptions of a topic: those that are confirmed, and those that wait for it.
	Subscribers(ctx context.Context, topic string) (confirmed, pending int, err error)
}

// Coverage tells how well the sweeps see the organization.
type Coverage interface {
	// Uncovered are the accounts of which some task was not fully swept since a moment, with the reason for each. It is
	// not known where no sweep has ended yet.
	Uncovered(ctx context.Context, accounts []string, since time.Time) (why map[string]string, known bool, err error)
}

// A Store keeps what was last told.
type Store interface {
	// Last is what was kept last, or the zero Kept.
	Last(ctx context.Context) (Kept, error)
	Keep(ctx context.Context, k Kept) error
}

// Settings are what the deployment says of itself.
type Settings struct {
	Organization string            // the allow list's; "" for any
	Regions      []string          // that are watched; one at least
	Home         string            // the Region in which root is assumed, and buckets are listed
	Central      string            // the account that opens root sessions; "" for the one that asks
	Role         string            // the ARN of the role that does, or ""
	Topics       map[string]string // ARNs by name: alerts, pages, chat
	Credentials  bool              // the desk has tasks about root's credentials
	Horizon      time.Duration     // for how long a report has to hold: until the next has surely come
}
