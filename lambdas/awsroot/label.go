package awsroot

import (
	"context"
	"fmt"
	"io"
	"log/slog"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// A label is what something that holds credentials prints as, whatever the verb. It is embedded in sessions and
// openers.
type label string

func (l label) String() string { return string(l) }

// Format prints the same for every verb, %#v and %d included.
func (l label) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, string(l)) }

// LogValue is what slog writes.
func (l label) LogValue() slog.Value { return slog.StringValue(string(l)) }

// MarshalText is what encoding/json and the like write.
func (l label) MarshalText() ([]byte, error) { return []byte(l), nil }

// sealed hides a provider behind a function. A label in an unexported field of something that is printed is not asked,
// but of a function only the address is printed.
func sealed(p aws.CredentialsProvider) aws.CredentialsProvider {
	if p == nil {
		return nil
	}
	return aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) { return p.Retrieve(ctx) })
}
