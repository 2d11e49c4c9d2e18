package requests

import (
	"context"
	"errors"
)

// Keys keeps what calls with an Idempotency-Key answered, for a day. A key is one person's own.
type Keys interface {
	// Begin enters a call by its digest: of method, path and body. It is nil where the call is to be made, and what the
	// same call answered where it was made. The errors are [ErrPending], [ErrOtherCall], or worth a retry.
	Begin(ctx context.Context, person, key, digest string) (*Reply, error)
	// Finish keeps what a call answered.
	Finish(ctx context.Context, person, key, digest string, r Reply) error
}

// A Reply is what a call answered.
type Reply struct {
	Status int    `json:"status"`
	Type   string `json:"type"` // of the content
	Body   []byte `json:"body"`
}

// The errors of [Keys].
var (
	// ErrPending says that the same call is being made. Some minutes later it counts as given up, and may be made again.
	ErrPending   = errors.New("the same call is being made just now")
	ErrOtherCall = errors.New("the same key stood for another call")
)
