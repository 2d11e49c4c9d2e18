package ledger

import (
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"locksmith/lambdas/remedy"
)

// apart is how many acts on a resource are known each by itself.
const apart = 8

// latest is what is kept of the acts on a resource. What is older than two days is forgotten, and where there are many,
// the oldest are taken for one that was long.
func latest(acts []remedy.Act, now time.Time) []remedy.Act {
	acts = slices.DeleteFunc(slices.Clone(acts), func(a remedy.Act) bool { return a.Until.Before(now.Add(-forgotten)) })
	for len(acts) > apart {
		acts[1].From = acts[0].From
		acts = acts[1:]
	}
	return acts
}

// doubt is until when an older policy may show than the one in force, or the zero time: we may have changed it, or
// somebody else is known to have. CloudTrail does not tell which of two changes in one second came first.
func doubt(c remedy.Change, acts []remedy.Act, others, now time.Time) (settles time.Time) {
	var all []time.Time
	for _, a := range acts {
		all = append(all, a.Until)
	}
	if !others.IsZero() && !others.Before(c.Time) {
		all = append(all, others)
	}
	for _, at := range all {
		if until := at.Add(remedy.Settling); until.After(now) && until.After(settles) {
			settles = until
		}
	}
	return settles
}

// overtaken is the error for a record with Since where somebody has changed the resource after that.
func overtaken(c remedy.Change, seen, now time.Time) error {
	until := seen.Add(remedy.Settling)
	if most := now.Add(remedy.Settling); until.After(most) {
		until = most // the clock that the event's time is from is ahead
	}
	return &remedy.Later{Until: until, Why: c.Resource + " was changed since it was claimed, which may not show yet"}
}

// actsItem is acts as an attribute: the milliseconds of each, one after the other. actsOf reads it.
func actsItem(acts []remedy.Act) types.AttributeValue {
	list := &types.AttributeValueMemberL{Value: []types.AttributeValue{}}
	for _, a := range acts {
		list.Value = append(list.Value, millis(a.From), millis(a.Until))
	}
	return list
}

func actsOf(it item) (acts []remedy.Act) {
	list, ok := it["acts"].(*types.AttributeValueMemberL)
	if !ok {
		return nil
	}
	var times []time.Time
	for _, v := range list.Value {
		n, _ := v.(*types.AttributeValueMemberN)
		if n == nil {
			return acts
		}
		ms, _ := strconv.ParseInt(n.Value, 10, 64)
		times = append(times, time.UnixMilli(ms))
	}
	for pair := range slices.Chunk(times, 2) {
		if len(pair) == 2 {
			acts = append(acts, remedy.Act{From: pair[0], Until: pair[1]})
		}
	}
	return acts
}
