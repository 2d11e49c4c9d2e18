package awsroot

import (
	"fmt"
	"io"
	"log/slog"
)

// identity says what a session is for. Sessions embed it, and through it print as nothing else, whatever the verb: what they hold
// besides are credentials.
type identity struct {
	resource string // ARN
	account  string
}

func (i identity) String() string {
	return fmt.Sprintf("root session in %s for %s", i.account, i.resource)
}

// Format prints the same for every verb, %#v and %d included.
func (i identity) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, i.String()) }

// LogValue is what slog writes.
func (i identity) LogValue() slog.Value { return slog.StringValue(i.String()) }

// MarshalText is what encoding/json and the like write.
func (i identity) MarshalText() ([]byte, error) { return []byte(i.String()), nil }
