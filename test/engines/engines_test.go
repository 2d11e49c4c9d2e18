package engines_test

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"locksmith/test/engines"
)

// TestWhatIsMissingIsNamed: the message says what is not there and how to get it.
func TestWhatIsMissingIsNamed(t *testing.T) {
	t.Setenv("PATH", "")
	missing(t, "java, for %s, is not installed: install a JDK 17 or later, then run test/engines/install.sh")
	tree(t, "")
	missing(t, ".cache/%s is not installed: run test/engines/install.sh, which needs mvn")
}

func missing(t *testing.T, want string) {
	t.Helper()
	_, first := engines.StartDynamoDB()
	_, second := engines.Match(nil)
	for folder, err := range map[string]error{"DynamoDBLocal-2.6.1": first, "event-ruler-2.0.1": second} {
		if want := strings.ReplaceAll(want, "%s", folder); !errors.Is(err, engines.ErrMissing) || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

// tree makes an empty tree the working one, with a java that is a shell script.
func tree(t *testing.T, java string) (top string) {
	t.Helper()
	top = t.TempDir()
	for name, text := range map[string]string{"go.mod": "module locksmith", "java": "#!/bin/sh\n" + java} {
		if err := os.WriteFile(filepath.Join(top, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", top)
	t.Chdir(top)
	return top
}

// TestWhatAnEngineSaysIsShown: it ends by itself, and its last words are the error.
func TestWhatAnEngineSaysIsShown(t *testing.T) {
	top := tree(t, "echo no such port >&2\nexit 3\n")
	for _, folder := range []string{"DynamoDBLocal-2.6.1", "event-ruler-2.0.1"} {
		folder = filepath.Join(top, ".cache", folder)
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "installed"), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	_, err := engines.StartDynamoDB()
	if err == nil || errors.Is(err, engines.ErrMissing) ||
		!strings.Contains(err.Error(), "DynamoDBLocal-2.6.1 ended by itself, exit status 3: no such port") {
		t.Error(err)
	}
	_, err = engines.Match(nil)
	if err == nil || !strings.Contains(err.Error(), "event-ruler-2.0.1: exit status 3: no such port") {
		t.Error(err)
	}
}

// TestDynamoDBEnds: it answers while it runs, and is gone once stopped.
func TestDynamoDBEnds(t *testing.T) {
	d, err := engines.StartDynamoDB()
	if errors.Is(err, engines.ErrMissing) {
		t.Skipf("DynamoDB Local is not started and stopped: %v", err)
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
}
