package sweeper

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"locksmith/lambdas/remedy"
	"locksmith/policies"
	"locksmith/policies/allowlist"
	"locksmith/policies/lockout"
)

// sort judges what was read. What is locked, sealed or undecided goes on the work queue, covered or not, since the flow
// tells people of each. What lets people in, and is covered, goes to the keeper, also where there is no policy. The
// number is that of the findings.
func (t *trip) sort(ctx context.Context, looks []look) (findings int, err error) {
	var found [][]byte
	var good []remedy.Good
	for _, l := range looks {
		if l.err != nil || l.refusal != nil {
			continue
		}
		now := t.Now()
		ruling := t.Allow.Find(l.ARN, t.account.Account, now)
		verdict := t.judge(l.ARN, l.policy, t.account.Number, ruling)
		switch verdict.Answer {
		case lockout.Open, lockout.Restricted:
			locked, err := t.byNames(ctx, l, ruling)
			if err != nil {
				return 0, err
			}
			if locked {
				found = append(found, t.finding(l, now, true))
				continue
			}
			if ruling.Standing == allowlist.Covered {
				good = append(good, remedy.Good{Resource: l.ARN, Policy: l.policy, Verdict: verdict, At: now})
			}
		default:
			found = append(found, t.finding(l, now, false))
		}
	}
	if len(found) > 0 {
		if err := t.Queue.Send(ctx, t.Work, found...); err != nil {
			return 0, err
		}
	}
	if t.Keeper != nil && len(good) > 0 {
		if err := t.Keeper.Keep(ctx, t.account.Number, good); err != nil {
			return 0, err
		}
	}
	return len(found), nil
}

// judge asks the prover as the flow does, for the administrators of the rule. One policy at a time is judged, since a
// verdict may take memory.
func (s *Sweeper) judge(resource, policy, account string, ruling allowlist.Ruling) lockout.Verdict {
	s.judging.Lock()
	defer s.judging.Unlock()
	if policy == "" {
		return lockout.Verdict{Answer: lockout.Open}
	}
	doc, err := policies.Parse([]byte(policy))
	if err != nil {
		return lockout.Verdict{Answer: lockout.Undecided, Reasons: []string{"the policy cannot be read"}}
	}
	return lockout.Judge(s.question(resource, doc, account, ruling))
}

// question is what the prover is asked about a policy, for the administrators of the rule.
func (s *Sweeper) question(resource string, doc *policies.Document, account string,
	ruling allowlist.Ruling) lockout.Question {
	q := lockout.Question{Policy: doc, Resource: resource, Account: account, Organization: s.Allow.Organization,
		Now: s.Now()}
	if ruling.Rule != nil {
		q.Administrators = ruling.Rule.Administrators
	}
	return q
}

// EventID names the finding of a sweep about a resource.
func EventID(sweep, resource string) string {
	return fmt.Sprintf("sweep-%s-%x", sweep, sha256.Sum256([]byte(resource)))[:len("sweep-")+len(sweep)+1+16]
}

// finding is what was found, for the work queue.
func (t *trip) finding(l look, at time.Time, living bool) []byte {
	return remedy.Finding(remedy.Change{EventID: EventID(t.visit.Sweep, l.ARN), Call: cmp.Or(t.because, remedy.Sweep),
		Resource: l.ARN, Account: t.account.Number, Region: l.Region, Time: at, Policy: l.policy, Living: living})
}
