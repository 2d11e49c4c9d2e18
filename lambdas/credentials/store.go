package credentials

import (
	"context"
	"errors"
	"fmt"
	"time"

	"locksmith/lambdas/remedy"
)

// What a filter may ask for: accounts whose root has something of a kind, anything, or nothing.
const (
	HasPassword     = "password"
	HasAccessKeys   = "access-keys"
	HasCertificates = "certificates"
	HasMFA          = "mfa"
	HasAny          = "any"
	HasNone         = "none"
)

// A Filter chooses rows. The zero value is for all of them.
type Filter struct {
	Has     string // one of the words above, or ""
	Refused bool   // only accounts that could not be looked at
	Account string // only this one
}

// Check tells what is wrong with a filter.
func (f Filter) Check() error {
	switch f.Has {
	case "", HasPassword, HasAccessKeys, HasCertificates, HasMFA, HasAny, HasNone:
	default:
		return fmt.Errorf("has=%q: want %s, %s, %s, %s, %s or %s", f.Has, HasPassword, HasAccessKeys, HasCertificates,
			HasMFA, HasAny, HasNone)
	}
	if f.Account != "" && !accountNumber.MatchString(f.Account) {
		return fmt.Errorf("account=%q: want twelve digits", f.Account)
	}
	return nil
}

// The errors of a [Store].
var (
	ErrChanged = errors.New("somebody else has written it meanwhile")
	ErrNone    = errors.New("there is none")
)

// A Store keeps what was found and what is under way. Reads see what was written before, except for lists, which may
// lag by a second. Errors other than the two above are worth a retry.
type Store interface {
	Rows
	Audits
	Deletions
	Cases
}

// Rows are what audits saw last, one of each account.
type Rows interface {
	// Keep replaces the rows of accounts. Audit is the id of the organization's audit that they are of, or "".
	Keep(ctx context.Context, audit string, rows ...Row) error
	// Kept tells which of the accounts have a row of an audit.
	Kept(ctx context.Context, audit string, accounts []string) (map[string]bool, error)
	// Row is that of one account. ErrNone: nobody has looked yet.
	Row(ctx context.Context, account string) (Row, error)
	// List is one query: rows in the order of their accounts, after one of them, and the account after which the next page
	// begins, "" at the end. A page has at most n rows, and may have fewer, or none, and not be the last.
	List(ctx context.Context, f Filter, n int, after string) (page []Row, next string, err error)
	// Forget takes off the rows that are not of an audit, and older than a time: of accounts that have left. It tells how
	// many.
	Forget(ctx context.Context, audit string, before time.Time) (int, error)
}

// Audits are the organization's audits. Only the last one is kept.
type Audits interface {
	// Audit is the last one. ErrNone: there was none.
	Audit(ctx context.Context) (Audit, error)
	// Begin enters an audit over the one with that id, "" for none. ErrChanged: another has begun meanwhile.
	Begin(ctx context.Context, a Audit, over string) error
	// Claim takes the lease on the audit until a time. An audit that is over is returned without one. While another
	// worker has it, the error is a *[remedy.Later]; ErrChanged: another has begun since.
	Claim(ctx context.Context, id string, now, until time.Time) (Audit, error)
	// Record writes how far the audit has come, and with release gives the lease back. ErrChanged: another worker has it.
	Record(ctx context.Context, a Audit, release bool) error
	// PutPage and Page keep the organization's accounts, as an audit listed them.
	PutPage(ctx context.Context, id string, number int, members []Member, now time.Time) error
	Page(ctx context.Context, id string, number int) ([]Member, error)
}

// Deletions are how far deletions have come, by the ids of their requests.
type Deletions interface {
	// Deletion is a zero one where none has begun.
	Deletion(ctx context.Context, request string) (Deletion, error)
	PutDeletion(ctx context.Context, d Deletion, now time.Time) error
}

// A Deletion is what was found to delete, and what became of it.
type Deletion struct {
	Request string    `json:"request"`
	Account string    `json:"account"`
	Begun   time.Time `json:"begun"`
	Items   []Item    `json:"items"`
}

// Cases are what only a real login of root can open: see [Case].
type Cases interface {
	// PutCase writes a case over the one with the version before its own; version 1 is a new one. ErrChanged: somebody
	// else has written it.
	PutCase(ctx context.Context, k Case) error
	// Case is one. ErrNone: there is no such case.
	Case(ctx context.Context, id string) (Case, error)
	// Open are those that have not ended, or whose end people have not all heard of, by when they are due, at most n.
	Open(ctx context.Context, n int) ([]Case, error)
}

// A Queue has an audit gone on with.
type Queue interface {
	// Continue has [Custodian.Continue] called with the id, not before a time.
	Continue(ctx context.Context, audit string, at time.Time) error
}

// Accounts lists the organization.
type Accounts interface {
	// Accounts is a page of accounts, and the token of the next page. Both tokens are "" where there is no other page.
	Accounts(ctx context.Context, token string) (page []remedy.Account, next string, err error)
}
