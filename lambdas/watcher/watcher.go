// Package watcher is the watch on root: who uses it beside Locksmith, and what changes for those who may.
//
// [Watch.Handle] leads one event to its end: read it, join it with the root session that it belongs to, grade it by
// what was asked, tell people. What Locksmith itself does is silent, and recorded with its incident. What people do is
// a line in a daily digest, a mail or a page.
//
// Nobody can make a session of theirs look like ours. Ours is what one of our roles has opened, by its full ARN in the
// account that CloudTrail writes, and what the ledger knows by its access key id, for that account and task. The ledger
// had it before the session was used. Session names, user agents and addresses count for nothing.
package watcher

import (
	"context"
	"log/slog"
	"time"

	"locksmith/lambdas/remedy"
	"locksmith/policies/sources/cloudtrail"
)

// A Watch watches root. Its fields are set once; several goroutines may then use it.
type Watch struct {
	Roles    []string // the ARNs of the roles that open root for Locksmith, with their paths
	Desk     []string // those of the desk's roles, which open it for people, and for root's credentials too
	Sessions Sessions
	Book     Book
	Herald   remedy.Herald
	Queue    remedy.Queue // nil: what is too early comes back by its visibility timeout
	// Owners are those whom the allow list names for an account; nil where nobody knows.
	Owners func(account string) []string

	Now    func() time.Time
	Log    *slog.Logger
	Report func(Report) // called once for each delivery; may be nil
}

// A Session is a root session, as the ledger knows it.
type Session struct {
	remedy.Opening
	Ours bool   // Locksmith opened it
	By   string // somebody else did: the caller's ARN
}

// Sessions are the root sessions of the last days, by their access key ids.
type Sessions interface {
	// Find is a session, or a zero Session and false.
	Find(ctx context.Context, key string) (Session, bool, error)
	// Note remembers a session that somebody else has opened. One of ours is never written over.
	Note(ctx context.Context, s Session) error
	// Record keeps what CloudTrail tells of one of our sessions with what it was opened for. The same event is kept
	// once.
	Record(ctx context.Context, s Session, c Call) error
}

// A Call is what CloudTrail told of one of our sessions.
type Call struct {
	Event string    `json:"event"` // CloudTrail's id
	Call  string    `json:"call"`
	Key   string    `json:"key"`
	At    time.Time `json:"at"`
}

// A News is what people may have been told.
type News struct {
	ID   string
	Told []remedy.Channel // that took it
	Done bool             // nothing is left to do
}

// A Book remembers what was told, so that an event that comes twice is told once.
type Book interface {
	// Begin takes up the news for some minutes. While another worker has it, the error is [remedy.ErrBusy].
	Begin(ctx context.Context, id string) (News, error)
	// End writes the news, and gives it back.
	End(ctx context.Context, n News) error
	// Take takes one of the account's pages or mails of this hour, or tells that there is none left.
	Take(ctx context.Context, account string, l Level) (bool, error)
	// Add adds a line to a digest. To one that is closed it is an error: the next try finds another.
	Add(ctx context.Context, digest string, l Line) error
	Digest(ctx context.Context, digest string) (Digest, error)
	// Close closes a digest, so that no line comes too late to be read.
	Close(ctx context.Context, digest string) error
}

// A Level is how people hear of something.
type Level int

// The levels.
const (
	Silent Level = iota
	Daily        // a line in the daily digest
	Mail
	Page
)

func (l Level) String() string {
	return [...]string{"silent", "digest", "mail", "page"}[l]
}

// A Report is what became of one delivery.
type Report struct {
	Use   cloudtrail.Use // the zero Use where nothing could be read, or for a digest
	Ours  bool
	Level Level
	Again bool // it was told before
	Err   error
	At    time.Time
	Took  time.Duration
}
