package ledger

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"locksmith/lambdas/remedy"
)

// A writing is what the transaction of one record is to write, as far as is known before it.
type writing struct {
	entry  remedy.Entry
	copies []remedy.Copy // those that are still to be written
	now    time.Time
	last   bool // the unlock that is given back is taken for the account's only one of its hour
	full   bool // the digest has no room for another line
}

func newWriting(e remedy.Entry, now time.Time) *writing {
	return &writing{entry: e, copies: slices.Clone(e.Copies), now: now, last: true}
}

// learn takes from a cancelled transaction what it tells. The error is why there will be no record.
func (w *writing) learn(l Limits, steps []step, reasons []types.CancellationReason) (learned bool, err error) {
	for i, r := range reasons {
		if !refused(r) {
			continue
		}
		learned = true
		switch steps[i].of {
		case theIncident:
			return true, lost(w.entry.Change)
		case theResource:
			if number(r.Item, "fence") != w.entry.Fence {
				return true, lost(w.entry.Change)
			}
			return true, overtaken(w.entry.Change, moments(r.Item, "seen"), w.now)
		case theFlapGuard:
			return true, &remedy.HeldError{Why: l.flapping()}
		case theBreaker:
			return true, &remedy.HeldError{Why: l.broken(int(number(r.Item, "unlocks")))}
		case theAccount:
			if w.entry.Takes {
				return true, &remedy.HeldError{Why: l.spent()}
			}
			w.last = false
		case theCopy: // it is kept already
			w.copies = slices.DeleteFunc(w.copies, func(k remedy.Copy) bool {
				return copyID(w.entry.Change, k.Name()) == steps[i].id
			})
		case theDigest:
			w.full = true
		}
	}
	return learned, nil
}
