package remedy

import (
	"context"
	"time"
)

// A Bulletin is what people are told that is about no one policy: how a sweep ended, what the watch on root saw,
// what stands in the way of a rescue.
type Bulletin struct {
	// Kind is what it comes from: sweep, root, preflight, directory, request or credentials.
	Kind string `json:"kind"`
	// ID is the same for the same news, however often it is told.
	ID    string `json:"id"`
	Title string `json:"title"` // one line, without a period
	// Page says that somebody has to be called now. Without it, people read it when they read their mail.
	Page    bool   `json:"page"`
	Account string `json:"account,omitempty"` // the one account that it is about, or ""
	// At is when what it tells of happened or was found, or the zero time.
	At time.Time `json:"at,omitzero"`
	// Text is for people, a paragraph each. What comes from outside is in Facts alone, which each channel quotes.
	Text   []string `json:"text"`
	Facts  []Fact   `json:"facts,omitempty"`
	Action string   `json:"action,omitempty"` // what to do now, a sentence; "" where there is nothing to do
	// Link is the path at the desk that shows it, such as /requests/ID, or "".
	Link string `json:"link,omitempty"`
}

// A Fact is a line of a bulletin: what it is, and its value, which may come from anybody.
type Fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// A Herald tells people of bulletins. As [Teller], it sends on every channel that is not in told, and returns those
// that took it, also with an error.
type Herald interface {
	Announce(ctx context.Context, b Bulletin, told []Channel) ([]Channel, error)
}
