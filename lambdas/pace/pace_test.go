package pace_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"locksmith/lambdas/pace"
)

var (
	start = time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	five  = pace.Rate{Name: "sts:AssumeRoot", PerSecond: 5, Burst: 5, Source: "a test"}
)

func TestALimiterKeepsToItsRate(t *testing.T) {
	l := pace.Rate{Name: "a call", PerSecond: 100, Burst: 2}.New()
	begun := time.Now()
	for range 12 {
		if err := l.Wait(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(begun); took < 95*time.Millisecond {
		t.Errorf("12 calls at 100 a second, 2 at once, took %s", took)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := l.Wait(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// calls are how many calls an adaptive limiter lets through in some seconds, from a time on, each of which passes.
func calls(a *pace.Adaptive, from time.Time, seconds int, passes bool) (n int) {
	for at := from; at.Before(from.Add(time.Duration(seconds) * time.Second)); n++ {
		at = at.Add(a.Next(at))
		if passes {
			a.Passed(at)
		}
	}
	return n
}

// TestAnAdaptiveLimiterHalves when a call came too often, and never stops.
func TestAnAdaptiveLimiterHalves(t *testing.T) {
	a := five.Adaptive()
	if n := calls(a, start, 100, false); n < 500 || n > 510 {
		t.Errorf("%d calls in 100 seconds at 5 a second", n)
	}
	now := start.Add(time.Hour)
	for range 10 { // all in one second: they were sent at one rate
		a.Throttled(now)
	}
	if a.Current() != 2.5 || a.Throttles() != 10 {
		t.Errorf("%v a second after %d throttles", a.Current(), a.Throttles())
	}
	for range 20 {
		now = now.Add(time.Second)
		a.Throttled(now)
	}
	if a.Current() != 5.0/32 {
		t.Errorf("the slowest is %v a second", a.Current())
	}
}

// TestAnAdaptiveLimiterRecovers slowly, and to no more than it began with.
func TestAnAdaptiveLimiterRecovers(t *testing.T) {
	a := five.Adaptive()
	a.Throttled(start)
	for range 49 {
		a.Passed(start)
	}
	if c := a.Current(); c < 4.949 || c > 4.951 {
		t.Errorf("%v a second after 49 calls that passed", c)
	}
	for range 10 {
		a.Passed(start)
	}
	if a.Current() != 5 {
		t.Errorf("%v a second in the end", a.Current())
	}
}

// TestAnAdaptiveLimiterFindsTheLimit of a service that allows three a second, and tells nobody.
func TestAnAdaptiveLimiterFindsTheLimit(t *testing.T) {
	a := pace.Rate{PerSecond: 20, Burst: 1}.Adaptive()
	passed, throttled := 0, 0
	tokens, last := 3.0, start
	for at := start; at.Before(start.Add(10 * time.Minute)); {
		at = at.Add(a.Next(at))
		tokens, last = min(3, tokens+3*at.Sub(last).Seconds()), at
		if tokens < 1 {
			throttled++
			a.Throttled(at)
			continue
		}
		tokens--
		passed++
		a.Passed(at)
	}
	if passed < 1200 || throttled > passed/3 {
		t.Errorf("%d calls passed in ten minutes, and %d were throttled", passed, throttled)
	}
}

func TestShare(t *testing.T) {
	for processes, want := range map[int]pace.Rate{0: {PerSecond: 5, Burst: 5}, 1: {PerSecond: 5, Burst: 5},
		2: {PerSecond: 2.5, Burst: 2}, 10: {PerSecond: 0.5, Burst: 1}} {
		if got := five.Share(processes); got.PerSecond != want.PerSecond || got.Burst != want.Burst {
			t.Errorf("of %d: %+v", processes, got)
		}
	}
}
