package sweeper

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// A Cost is what a sweep has used, and about what that costs in us-east-1.
type Cost struct {
	Calls   map[string]int // by operation
	Dollars float64
	Took    time.Duration
}

// prices are those of a call, in dollars, where it costs anything. The calls in root sessions are on the bills of the
// accounts, the others on that of the central one (https://aws.amazon.com/s3/pricing/,
// https://aws.amazon.com/sqs/pricing/: us-east-1, November 2026).
func prices() map[string]float64 {
	return map[string]float64{"ListBuckets": 0.005 / 1000, "GetBucketPolicy": 0.0004 / 1000,
		"ListQueues": 0.40 / 1e6, "GetQueueAttributes": 0.40 / 1e6}
}

// What a visit uses of the central account: messages to send, receive and delete, writes and reads of the ledger, and
// the function's time (https://aws.amazon.com/lambda/pricing/, https://aws.amazon.com/dynamodb/pricing/on-demand/).
const (
	perMessage  = 3 * 0.40 / 1e6
	perWrite    = 0.625 / 1e6
	perRead     = 0.125 / 1e6
	perGBSecond = 0.0000133334 // arm64
	perInvoke   = 0.20 / 1e6
)

func (s Sweep) cost(now time.Time) Cost {
	c := Cost{Calls: s.Totals.Calls, Took: s.Ended.Sub(s.Started)}
	if s.Ended.IsZero() {
		c.Took = now.Sub(s.Started)
	}
	for call, n := range s.Totals.Calls {
		c.Dollars += prices()[call] * float64(n)
	}
	// A visit is claimed (a write), read three times, and ended in a transaction of three items.
	c.Dollars += float64(s.Visits) * (perMessage + 7*perWrite + 3*perRead)
	return c
}

func (c Cost) calls() string {
	var all []string
	for _, call := range slices.Sorted(maps.Keys(c.Calls)) {
		all = append(all, fmt.Sprintf("%s %d", call, c.Calls[call]))
	}
	if len(all) == 0 {
		return "none"
	}
	return strings.Join(all, ", ")
}
