package remedy

import (
	"context"
	"time"

	"locksmith/policies/lockout"
)

// A Good is the last policy of a resource that a sweep saw in force and judged open or restricted. An empty Policy says
// that there was none in force.
type Good struct {
	Resource string          `json:"resource"`
	Policy   string          `json:"policy"`
	Verdict  lockout.Verdict `json:"verdict"`
	At       time.Time       `json:"at"` // when it was last kept
}

// A Past knows what was in force before a resource was locked, as far as sweeps have seen.
type Past interface {
	// LastGood is the last good policy of a resource. The time is zero where none is known.
	LastGood(ctx context.Context, resource string) (Good, error)
}
