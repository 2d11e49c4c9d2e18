package remedy

import (
	"context"
	"fmt"
	"time"
)

// A Later says that nothing can be told yet, and when it can. The message comes back then, and no worker sleeps.
type Later struct {
	Until time.Time
	Why   string
}

func (l *Later) Error() string {
	return fmt.Sprintf("too early, until %s: %s", l.Until.UTC().Format(time.RFC3339), l.Why)
}

// A Queue is where the messages come from.
type Queue interface {
	// Delay lets a message that was received come again after d, rounded up to whole seconds, at most 12 hours. The
	// queue is named by its ARN, the message by its receipt handle.
	Delay(ctx context.Context, queue, receipt string, d time.Duration) error
	// Done takes a message off the queue.
	Done(ctx context.Context, queue, receipt string) error
}
