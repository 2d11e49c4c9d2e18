package engines

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
)

// A SharedDynamoDB is a DynamoDB Local for all tests of a package. It starts with the first that asks for it. The zero
// value is ready.
type SharedDynamoDB struct {
	once    sync.Once
	running *DynamoDB
	err     error
}

// URL is where it answers. Where it is missing the test is skipped, and says what is not tried: "the ledger is".
func (s *SharedDynamoDB) URL(t *testing.T, what string) string {
	t.Helper()
	s.once.Do(func() { s.running, s.err = StartDynamoDB() })
	if errors.Is(s.err, ErrMissing) {
		t.Skipf("%s not tried on DynamoDB Local: %v", what, s.err)
	}
	if s.err != nil {
		t.Fatal(s.err)
	}
	return s.running.URL
}

// Run runs a package's tests, and stops the server after them. The result is the exit status.
func (s *SharedDynamoDB) Run(m *testing.M) int {
	code := m.Run()
	if s.running == nil {
		return code
	}
	if err := s.running.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}
