// Package engines runs what AWS itself made of its services, by java: DynamoDB Local, and event-ruler, the matcher
// behind EventBridge. Tests hold test/cloud, the ledger and the event pattern against them. Neither is ever shipped.
//
// Install.sh installs both under .cache. Where java or they are not there, what needs them is an [ErrMissing].
package engines

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
)

// ErrMissing is behind every error that says what is not installed, and how to get it.
var ErrMissing = errors.New("not installed")

// An engine is a folder under .cache that install.sh makes, and the Java program here that drives what is in it.
type engine struct{ folder, driver string }

var (
	dynamoDBLocal = engine{"DynamoDBLocal-2.6.1", "Serve.java"}
	eventRuler    = engine{"event-ruler-2.0.1", "Match.java"}
)

// command is the engine's driver, ready to be started. A source file needs the java of a JDK, 17 or later.
func (e engine) command(arguments ...string) (*exec.Cmd, error) {
	java, err := exec.LookPath("java")
	if err != nil {
		return nil, fmt.Errorf("java, for %s, is %w: install a JDK 17 or later, then run test/engines/install.sh",
			e.folder, ErrMissing)
	}
	top, err := topOfTheTree()
	if err != nil {
		return nil, err
	}
	folder := filepath.Join(top, ".cache", e.folder)
	if _, err := os.Stat(filepath.Join(folder, "installed")); err != nil {
		return nil, fmt.Errorf(".cache/%s is %w: run test/engines/install.sh, which needs mvn", e.folder, ErrMissing)
	}
	jars := filepath.Join(folder, "jars")
	driver := exec.Command(java,
		"-XX:TieredStopAtLevel=1", // a short run is over sooner without the optimizing compiler
		"-Djava.library.path="+jars, "-cp", filepath.Join(jars, "*"), filepath.Join(top, "test", "engines", e.driver))
	driver.Args = append(driver.Args, arguments...)
	return driver, nil
}

// topOfTheTree is the nearest folder above this process's own that holds a go.mod.
func topOfTheTree() (string, error) {
	folder, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return folder, nil
		}
		above := filepath.Dir(folder)
		if above == folder {
			return "", errors.New("no folder above holds a go.mod: run this inside of the tree")
		}
		folder = above
	}
}

// A tail keeps the last of what is written to it.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const kept = 4 << 10 // bytes, enough for an exception with its stack

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	t.text = t.text[max(0, len(t.text)-kept):]
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}
