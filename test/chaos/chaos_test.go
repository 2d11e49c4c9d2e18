package chaos

import (
	"flag"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

var (
	seed   = flag.Uint64("seed", 0, "run this world only")
	worlds = flag.Int("worlds", 15, "how many worlds")
	until  = flag.String("until", "", "begin no world after one of which an invariant says this")
	from   = flag.Uint64("from", 1, "the first world's seed")
)

// run lets one world happen, and says which invariants broke, and the story.
func run(seed uint64) (broken, story []string, err error) {
	w, end, err := newWorld(seed)
	if err != nil {
		return nil, nil, err
	}
	defer end()
	for range 40 + w.IntN(40) {
		w.act()
	}
	w.settle()
	w.sweep()
	w.check()
	return w.broken, w.story, nil
}

func TestWorlds(t *testing.T) {
	if *seed != 0 {
		broken, story, err := run(*seed)
		t.Logf("%s", strings.Join(story, "\n"))
		if err != nil || len(broken) > 0 {
			t.Fatalf("%v\n%s", err, strings.Join(broken, "\n"))
		}
		return
	}
	count := *worlds
	if testing.Short() {
		count /= 10
	}
	p := &pace{of: count, begun: time.Now()}
	var found atomic.Bool
	for i := range uint64(count) {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			if found.Load() || p.tooSlow(t) {
				return
			}
			broken, _, err := run(*from + i)
			if err != nil || len(broken) > 0 {
				if sought(broken) {
					found.Store(true)
				}
				t.Fatalf("-seed %d: %v\n%s", *from+i, err, strings.Join(broken, "\n"))
			}
		})
	}
}

// sought tells whether an invariant says what -until names.
func sought(broken []string) bool {
	return *until != "" && strings.Contains(strings.Join(broken, "\n"), *until)
}

// pace tells of a run that will not end in its time, before Go ends it without a word about the worlds.
type pace struct {
	of    int
	begun time.Time
	done  atomic.Int64
	over  atomic.Bool
}

// kept is how much of the test's time is kept back: for the worlds that have begun, and for what is written of them.
const kept = 30 * time.Second

// tooSlow tells whether the test's time is up, counts a world where it is not, and fails the test once.
func (p *pace) tooSlow(t *testing.T) bool {
	deadline, limited := t.Deadline()
	if !limited || time.Until(deadline) > kept {
		p.done.Add(1)
		return false
	}
	if !p.over.Swap(true) {
		t.Error(p.hint(time.Since(p.begun)))
	}
	return true
}

// hint says what to give for all worlds to have their time: half as much again as they take at this pace.
func (p *pace) hint(spent time.Duration) string {
	done := max(1, p.done.Load())
	need := spent * time.Duration(p.of) / time.Duration(done) * 3 / 2
	return fmt.Sprintf(
		"the test's time ends after %d of %d worlds: give -timeout %s, or fewer worlds, and go on with -from",
		done, p.of, max(time.Minute, need.Round(time.Minute)))
}

// TestTheHintIsEnough: 100 of 10,000 worlds have taken ten minutes.
func TestTheHintIsEnough(t *testing.T) {
	p := &pace{of: 10_000}
	p.done.Add(100)
	want := "the test's time ends after 100 of 10000 worlds: give -timeout 25h0m0s, or fewer worlds, and go on with -from"
	if got := p.hint(10 * time.Minute); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
