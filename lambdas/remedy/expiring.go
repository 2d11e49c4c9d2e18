package remedy

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
)

// expiring tells people what in the allow list needs them, such as a rule that runs out within a month. They are told
// once a month, and again when there is something else to say. The ledger remembers that as an entry of its own.
func (f *Flow) expiring(ctx context.Context) error {
	warnings := f.Allow.Warnings(f.Now())
	if f.Directory == nil && f.Allow.LooksUp() {
		warnings = append(warnings, "some rules name units or tags, and this deployment looks no account up: "+
			"nothing is covered by them")
	}
	if len(warnings) == 0 {
		return nil
	}
	sum := sha256.Sum256([]byte(strings.Join(warnings, "\n")))
	id := fmt.Sprintf("allow-list-%s-%x", f.Now().UTC().Format("2006-01"), sum[:4])
	e, err := f.Ledger.Claim(ctx, Incident{Change: Change{EventID: id, Resource: "allow list", Time: f.Now()}})
	if err != nil || e.State == Closed {
		return err
	}
	e.Outcome = Outcome{Result: Expiring, At: f.Now()}
	notice := Notice{Outcome: e.Outcome, Warnings: warnings}
	told, failed := f.Teller.Tell(ctx, notice, e.Told)
	if e.Told = told; failed == nil {
		f.close(&e)
	} else {
		e.Release = true
	}
	if err := f.record(ctx, &e); err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	return failed
}
