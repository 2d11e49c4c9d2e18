package pace

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// ErrThrottled is behind the error of a call that the service refused because it came too often.
var ErrThrottled = errors.New("called too often")

const (
	// slowest is the part of the declared rate below which an adaptive limiter does not go.
	slowest = 1.0 / 32
	// recovery is the part of the declared rate that an adaptive limiter gains with each call that passes.
	recovery = 1.0 / 100
	// together is how long calls that were throttled count as one: they were sent at the same rate.
	together = time.Second
)

// An Adaptive limiter is for an operation whose limit nobody publishes. It begins at the declared rate, halves when the
// service says that it was too often, and recovers slowly with the calls that pass. Several goroutines may use it.
type Adaptive struct {
	Rate

	mu        sync.Mutex
	turns     *rate.Limiter
	current   float64
	slowed    time.Time
	throttles int
}

// Adaptive makes an adaptive limiter with all its burst.
func (r Rate) Adaptive() *Adaptive {
	return &Adaptive{Rate: r, turns: rate.NewLimiter(rate.Limit(r.PerSecond), r.Burst), current: r.PerSecond}
}

// Share is the rate of one of several processes that share it without knowing of each other. A process that has no work
// leaves its part unused.
func (r Rate) Share(processes int) Rate {
	n := max(1, processes)
	r.PerSecond /= float64(n)
	r.Burst = max(1, r.Burst/n)
	return r
}

// Wait waits for a turn. The error is the context's where that ends first, or would.
func (a *Adaptive) Wait(ctx context.Context) error { return a.turns.Wait(ctx) }

// Next takes a turn, and tells how long after now it comes. It is for those with a clock of their own.
func (a *Adaptive) Next(now time.Time) time.Duration { return a.turns.ReserveN(now, 1).DelayFrom(now) }

// Throttled says that a call was refused because it came too often.
func (a *Adaptive) Throttled(now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.throttles++
	if now.Sub(a.slowed) < together {
		return
	}
	a.slowed = now
	a.set(now, max(a.PerSecond*slowest, a.current/2))
}

// Passed says that a call was not refused.
func (a *Adaptive) Passed(now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.current < a.PerSecond {
		a.set(now, min(a.PerSecond, a.current+a.PerSecond*recovery))
	}
}

func (a *Adaptive) set(now time.Time, perSecond float64) {
	a.current = perSecond
	a.turns.SetLimitAt(now, rate.Limit(perSecond))
}

// Current is the rate of now, in calls a second.
func (a *Adaptive) Current() float64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.current
}

// Throttles is how many calls came too often.
func (a *Adaptive) Throttles() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.throttles
}
