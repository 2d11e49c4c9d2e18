package sweeper

import "locksmith/lambdas/pace"

// Pace is the rate of AssumeRoot, in all processes together. Each takes its [pace.Rate.Share] of it, since they do not
// know of each other. The event source's maximum says how many there may be.
func Pace(perSecond float64) pace.Rate {
	return pace.Rate{Name: "sts:AssumeRoot", PerSecond: perSecond, Burst: max(1, int(perSecond)),
		Source: "its limit is not published; others saw throttling, and so this rate halves when it is told to"}
}
