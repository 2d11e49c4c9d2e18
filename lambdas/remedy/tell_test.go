package remedy_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"locksmith/lambdas/remedy"
	"locksmith/test/cloud"
)

// TestALockoutThatGoesOn: a pipeline, which the policy spares, applies it again and again. People are told once, and
// again after a day. Another policy is news.
func TestALockoutThatGoesOn(t *testing.T) {
	const spared = `"arn:aws:iam::111122223333:role/PipelineAccessS3"`
	another := strings.Replace(denyAllExceptPipeline, spared, `[`+spared+`,"arn:aws:iam::111122223333:role/Other"]`, 1)
	renamed := strings.Replace(denyAllExceptPipeline, `"DenyAllExceptPipeline"`, `"DenyAllButPipeline"`, 1)
	w := newWorld(t, namedRules("notify"))
	for i, step := range []struct {
		after  time.Duration
		policy string
		told   int // mails, and pages, so far
	}{
		{0, denyAllExceptPipeline, 1},
		{time.Minute, denyAllExceptPipeline, 1},
		{10 * time.Hour, denyAllExceptPipeline, 1},
		{0, renamed, 1}, // it means the same
		{time.Hour, another, 2},
		{time.Hour, denyAllExceptPipeline, 3}, // the one before was another
		{23*time.Hour + 59*time.Minute, denyAllExceptPipeline, 3},
		{time.Minute, denyAllExceptPipeline, 4},
	} {
		w.pass(step.after)
		w.putAs(pipelineRole, step.policy)
		w.settle()
		if len(w.subjects()) != step.told || len(w.pages()) != step.told {
			t.Errorf("step %d: mails %q, pages %q, want %d", i, w.subjects(), w.pages(), step.told)
		}
	}
	if !strings.Contains(w.log.String(),
		`"quiet":"people were told the same at 2026-11-21T08:00:00Z, by the notice about event `) {
		t.Errorf("the log does not say why nobody was told:\n%s", w.log.String())
	}
}

// TestANewLockoutIsTold: somebody with root has unlocked the bucket, and hours later it is locked again by the same
// policy. Nobody but root could have put it while it was in force, so this is no lockout that goes on.
func TestANewLockoutIsTold(t *testing.T) {
	w := newWorld(t, strings.Replace(rules, `"111122223333"`, `"222233334444"`, 1))
	for range 2 {
		w.put(denyAll)
		w.settle()
		w.cloud.SetPolicy(bucketARN, "")
		w.pass(3 * time.Hour)
	}
	if len(w.pages()) != 2 {
		t.Errorf("pages %q", w.pages())
	}
}

// TestBadNewsAfterGoodNews: held, unlocked after midnight, and held again. The last thing that people hear must not be
// that it is unlocked.
func TestBadNewsAfterGoodNews(t *testing.T) {
	w := newWorld(t, namedRules("delete"))
	w.pass(15*time.Hour + 30*time.Minute) // 23:30
	for range 2 {
		for range 4 {
			w.putAs(pipelineRole, denyAllExceptPipeline)
			w.settle()
		}
		w.pass(time.Hour)
	}
	if len(w.pages()) != 2 || len(w.subjects()) != 8 {
		t.Errorf("mails %q, pages %q", w.subjects(), w.pages())
	}
}

// TestALockoutThatGoesOnWhileHeld: the flap guard has said no, and the pipeline goes on.
func TestALockoutThatGoesOnWhileHeld(t *testing.T) {
	w := newWorld(t, namedRules("delete"))
	for range 8 {
		w.putAs(pipelineRole, denyAllExceptPipeline)
		w.settle()
	}
	if len(w.subjects()) != 4 || len(w.pages()) != 1 {
		t.Errorf("mails %q, pages %q, want three unlocks and one that is held", w.subjects(), w.pages())
	}
}

// TestANoticeHalfSentIsSentWhole: what went out by one channel goes out by the others too, however little time has
// passed since the last.
func TestANoticeHalfSentIsSentWhole(t *testing.T) {
	w := newWorld(t, strings.Replace(rules, `"111122223333"`, `"222233334444"`, 1))
	w.put(denyAll)
	var refused atomic.Int32
	w.cloud.Fail(func(c cloud.Call) *cloud.Fault {
		if c.Resource == w.Topics.Pages && refused.Add(1) <= 3 { // as often as the SDK tries
			return &cloud.Fault{Code: "InternalError"}
		}
		return nil
	})
	w.settle()
	if len(w.subjects()) != 1 || len(w.pages()) != 1 || len(w.cloud.Inbox(w.Topics.Chat)) != 1 {
		t.Errorf("mails %q, pages %q, chats %d", w.subjects(), w.pages(), len(w.cloud.Inbox(w.Topics.Chat)))
	}
}

// TestWhoUnlocksHimselfUsesUpNoGuard: twenty lockouts that their owner had ended before we came are no reason to leave
// the next one locked.
func TestWhoUnlocksHimselfUsesUpNoGuard(t *testing.T) {
	w := newWorld(t, rules)
	for range 20 {
		w.put(denyAll)
		w.cloud.SetPolicy(bucketARN, "")
		w.pass(2 * time.Minute)
		w.settle()
	}
	w.put(denyAll)
	w.settle()
	if got := w.subjects()[len(w.subjects())-1]; !strings.Contains(got, "UNLOCKED") || w.cloud.Policy(bucketARN) != "" {
		t.Errorf("%s; policy %q", got, w.cloud.Policy(bucketARN))
	}
}

// TestALockAfterWeSawItOpenIsNews: it is put less than a minute after people were told of one that means the same, and
// between the two somebody has opened the bucket by hand, which we saw.
func TestALockAfterWeSawItOpenIsNews(t *testing.T) {
	w := newWorld(t, strings.Replace(rules, `"111122223333"`, `"222233334444"`, 1))
	w.put(denyAll)
	w.pass(5 * time.Minute)
	w.Deliver(context.Background())
	w.cloud.SetPolicy(bucketARN, "")
	w.pass(10 * time.Second)
	w.cloud.Send(w.Queue, w.finding(denyAll)) // the sweep was shown what had been there
	w.Deliver(context.Background())
	if e := w.Incidents()[0]; e.Open || e.Outcome.Result != remedy.StoodDown || len(w.pages()) != 1 {
		t.Fatalf("%+v, pages %q", e, w.pages())
	}
	w.pass(10 * time.Second)
	w.put(denyAll)
	w.settle()
	if len(w.pages()) != 2 {
		t.Errorf("pages %q", w.pages())
	}
}
