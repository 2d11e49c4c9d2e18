// Package pace holds the rates at which Locksmith calls AWS, and keeps to them.
//
// Each is declared once, with the page or the reason that the number is from. Whoever calls waits for its turn first.
package pace

import (
	"context"

	"golang.org/x/time/rate"
)

// A Rate is how often an operation may be called.
type Rate struct {
	Name      string  // the operation, such as organizations:ListAccounts
	PerSecond float64 // calls a second, over time
	Burst     int     // calls at once
	Source    string  // the page, or why this number
}

// A Limiter hands out turns at a rate. Several goroutines may use it.
type Limiter struct {
	Rate
	turns *rate.Limiter
}

// New makes a Limiter with all its burst.
func (r Rate) New() *Limiter {
	return &Limiter{Rate: r, turns: rate.NewLimiter(rate.Limit(r.PerSecond), r.Burst)}
}

// Wait waits for a turn. The error is the context's where that ends first.
func (l *Limiter) Wait(ctx context.Context) error { return l.turns.Wait(ctx) }
