package watcher

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"locksmith/lambdas/remedy"
	"locksmith/policies/sources/cloudtrail"
)

// Handle leads one event to its end. The error is a *[remedy.Later] where it came before what it belongs to.
func (w *Watch) Handle(ctx context.Context, event []byte) (err error) {
	r := Report{At: w.Now()}
	defer func() {
		r.Err, r.Took = err, w.Now().Sub(r.At)
		if w.Report != nil {
			w.Report(r)
		}
	}()
	u, err := cloudtrail.ParseUse(event)
	if errors.As(err, new(*cloudtrail.NothingToDo)) {
		return nil
	}
	if r.Use = u; err != nil {
		return err
	}
	s, standing, err := w.join(ctx, u)
	if err != nil {
		return err
	}
	if standing == ours {
		r.Ours = true
		return w.record(ctx, s, u)
	}
	g := grading(u, s, standing)
	r.Level, r.Again, err = w.tell(ctx, u, s, g)
	return err
}

// A standing is what is known of who uses root.
type standing int

const (
	stranger   standing = iota // somebody else, or root itself
	ours                       // Locksmith, by its role and by the ledger
	unrecorded                 // one of our roles, with a session that the ledger does not know
	misused                    // a session of ours, where it cannot be
	unknown                    // a session that nobody is known to have opened
)

// patience is for how long an event waits for the one that it belongs to. Events come in no order, some seconds to some
// minutes after the call.
const (
	patience = 5 * time.Minute
	pause    = 30 * time.Second
)

// join finds the session that an event opens or belongs to. A session of somebody else is noted when it is opened.
func (w *Watch) join(ctx context.Context, u cloudtrail.Use) (Session, standing, error) {
	if u.Kind == cloudtrail.Opens && u.Refused != "" {
		if slices.Contains(w.tasks(u.Role), u.Task) {
			return Session{}, ours, nil // it has got nothing
		}
		return Session{}, stranger, nil
	}
	if u.Kind != cloudtrail.Opens && !bySession(u) {
		return Session{}, stranger, nil
	}
	s, found, err := w.Sessions.Find(ctx, u.Key)
	if err != nil {
		return s, stranger, fmt.Errorf("sessions: %w", err)
	}
	st := w.standing(u, s, found)
	early := u.Time.Add(patience).After(w.Now())
	if early && (st == unrecorded || st == unknown) {
		return s, st, &remedy.Later{Until: w.Now().Add(pause), Why: "nobody is known yet to have opened this session"}
	}
	if u.Kind == cloudtrail.Opens && !found && st != ours {
		s = Session{By: u.By.ARN, Opening: remedy.Opening{Key: u.Key, Account: u.Account, Task: u.Task, Event: u.ID,
			Expires: u.Time.Add(lifetime)}}
		if err := w.Sessions.Note(ctx, s); err != nil {
			return s, st, fmt.Errorf("sessions: %w", err)
		}
	}
	return s, st, nil
}

// ourTasks are what Locksmith asks for by itself. Whoever tries another one with its role is somebody else.
var ourTasks = []string{"S3UnlockBucketPolicy", "SQSUnlockQueuePolicy"}

// tasks are those that a role of ours asks for; none for a role that is not ours.
func (w *Watch) tasks(role string) []string {
	switch {
	case slices.Contains(w.Desk, role):
		return append([]string{audit}, actingTasks...)
	case slices.Contains(w.Roles, role):
		return ourTasks
	}
	return nil
}

// lifetime is how long a root session lasts at most
// (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoot.html).
const lifetime = 15 * time.Minute

// standing tells whose session an event is of. Only what CloudTrail itself writes counts: the ARN of the role with its
// account and path, the key, the member's account and the task.
func (w *Watch) standing(u cloudtrail.Use, s Session, found bool) standing {
	known := found && s.Ours
	same := s.Account == u.Account && (u.Kind != cloudtrail.Opens || s.Task == u.Task)
	tasks := w.tasks(u.Role)
	byUs := u.Kind != cloudtrail.Opens || len(tasks) > 0
	meant := u.Kind != cloudtrail.Opens || slices.Contains(tasks, u.Task)
	switch {
	case known && same && meant:
		return ours
	case known:
		return misused
	case u.Kind == cloudtrail.Opens && byUs:
		return unrecorded
	case u.Kind == cloudtrail.Opens || found:
		return stranger
	}
	return unknown
}

// bySession tells whether root called with the key of a session, and not from the console or with a key that lasts.
func bySession(u cloudtrail.Use) bool {
	return u.Kind == cloudtrail.Calls && !u.Console && strings.HasPrefix(u.Key, "ASIA")
}

// record keeps what we did ourselves with its incident. A sweep's sessions only read, and need no record.
func (w *Watch) record(ctx context.Context, s Session, u cloudtrail.Use) error {
	if s.Resource == "" {
		return nil
	}
	if err := w.Sessions.Record(ctx, s, Call{u.ID, u.Call, u.Key, u.Time}); err != nil {
		return fmt.Errorf("sessions: %w", err)
	}
	return nil
}
