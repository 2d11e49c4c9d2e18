package chaos

import (
	"flag"
	"strings"
	"sync/atomic"
	"testing"
)

var (
	seed   = flag.Uint64("seed", 0, "run this world only")
	worlds = flag.Int("worlds", 40, "how many worlds")
	first  = flag.Bool("first", false, "begin no world after the first that breaks an invariant")
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
	var failed atomic.Bool
	for i := range uint64(count) {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			if *first && failed.Load() {
				return
			}
			broken, _, err := run(*from + i)
			if err != nil || len(broken) > 0 {
				failed.Store(true)
				t.Fatalf("-seed %d: %v\n%s", *from+i, err, strings.Join(broken, "\n"))
			}
		})
	}
}
