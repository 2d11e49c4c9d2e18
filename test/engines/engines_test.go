package engines_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"locksmith/test/engines"
)

// TestWhatIsMissingIsNamed: the message says what is not there and how to get it.
func TestWhatIsMissingIsNamed(t *testing.T) {
	t.Setenv("PATH", "")
	const want = "java, for %s, is not installed: install a JDK 17 or later, then run test/engines/install.sh"
	_, err := engines.StartDynamoDB()
	named(t, err, strings.ReplaceAll(want, "%s", "DynamoDBLocal-2.6.1"))
	_, err = engines.Match(nil)
	named(t, err, strings.ReplaceAll(want, "%s", "event-ruler-2.0.1"))
	t.Chdir(t.TempDir())
	if _, err := engines.StartDynamoDB(); err == nil {
		t.Error("found outside of the tree")
	}
}

func named(t *testing.T, err error, want string) {
	t.Helper()
	if !errors.Is(err, engines.ErrMissing) || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// TestDynamoDBEnds: it answers while it runs, and is gone once stopped.
func TestDynamoDBEnds(t *testing.T) {
	d, err := engines.StartDynamoDB()
	if errors.Is(err, engines.ErrMissing) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.Get(d.URL)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if err := d.Stop(); err != nil {
		t.Error(err)
	}
	if answer, err := http.Get(d.URL); err == nil {
		answer.Body.Close()
		t.Errorf("it answers after its end: %s", answer.Status)
	}
	if err := d.Stop(); err == nil || !strings.Contains(err.Error(), "DynamoDBLocal-2.6.1 ended by itself") {
		t.Errorf("what has ended is not told: %v", err)
	}
}
