package front

import "time"

// A Limit is how often an account may call. Every account has a bucket of its own, and it is filled on this AWS's own
// clock.
type Limit struct {
	Service string // such as sts
	Action  string // such as AssumeRoot; left out: all of the service's actions together
	Account string // the caller's; left out: every account, each for itself
	// PerSecond is how many calls a second an account may make over time, and Burst how many at once.
	PerSecond float64
	Burst     int
}

// A tank is what one account has left of a limit.
type tank struct {
	calls  float64
	filled time.Time
}

// Limit sets limits beside those that are set. A call that exceeds one is answered in the service's own words, and
// nothing else happens.
func (f *Front) Limit(limits ...Limit) {
	f.Lock()
	defer f.Unlock()
	for _, l := range limits {
		f.limits = append(f.limits, limited{l, map[string]*tank{}})
	}
}

// A limited is a limit and what the accounts have left of it.
type limited struct {
	Limit
	tanks map[string]*tank // by account
}

// Throttled is how many calls of an action were refused for a limit.
func (f *Front) Throttled(service, action string) int {
	f.Lock()
	defer f.Unlock()
	return f.throttled[service+action]
}

// take counts a call against all limits that concern it, and tells whether one is exceeded. It is called under the
// lock.
func (f *Front) take(c Call) bool {
	exceeded := false
	for _, l := range f.limits {
		if l.concerns(c) && !l.take(c.Account, f.Now()) {
			exceeded = true
		}
	}
	if exceeded {
		f.throttled[c.Service+c.Action]++
	}
	return exceeded
}

func (l limited) concerns(c Call) bool {
	return l.Service == c.Service && (l.Action == "" || l.Action == c.Action) &&
		(l.Account == "" || l.Account == c.Account)
}

func (l limited) take(account string, now time.Time) bool {
	t := l.tanks[account]
	if t == nil {
		t = &tank{float64(l.Burst), now}
		l.tanks[account] = t
	}
	t.calls = min(float64(l.Burst), t.calls+now.Sub(t.filled).Seconds()*l.PerSecond)
	t.filled = now
	if t.calls < 1 {
		return false
	}
	t.calls--
	return true
}
