package credentials

import (
	"context"
	"errors"
	"fmt"
	"time"

	"locksmith/lambdas/pace"
	"locksmith/lambdas/remedy"
)

// A sitting is root in one account, for one task, with patience: calls that came too often are made again later, and
// what failed in a session is tried once more in a new one. One goroutine uses it.
type sitting struct {
	*Custodian
	event, account string
	task           Task
	session        Session // nil before the first call, and where a new one is wanted
}

func (c *Custodian) sit(event, account string, task Task) *sitting {
	return &sitting{Custodian: c, event: event, account: account, task: task}
}

// tries is how often a call is made that fails without being refused. The first pause after a call that came too often
// is the shortest; from then on it doubles.
const (
	tries    = 3
	shortest = time.Second
	longest  = 16 * time.Second
	// mostPauses bounds the patience of a worker whose time has no end: some ten minutes.
	mostPauses = 40
)

// errShort says that the worker's time is over, with the call not made, or to be made again. Where it was over since
// calls came too often, the error is also a [pace.ErrThrottled].
var errShort = errors.New("no time is left")

// call makes a call in the session. The errors are those of a [Session], and errShort instead of "too often".
func (s *sitting) call(ctx context.Context, do func(Session) error) error {
	wait, slow := shortest, error(nil)
	for try, pauses := 1, 0; ; pauses++ {
		if s.short(ctx) || pauses > mostPauses {
			return errors.Join(errShort, slow)
		}
		err := s.open(ctx)
		if err == nil {
			err = do(s.session)
		}
		throttled := errors.Is(err, pace.ErrThrottled)
		switch {
		case err == nil || final(err):
			return err
		case throttled:
			slow = pace.ErrThrottled
		case ctx.Err() != nil:
			return errors.Join(errShort, slow)
		case try == tries:
			return err
		default:
			s.session = nil // it may have run out
			try++
		}
		if err := s.pause(ctx, wait); err != nil {
			return errors.Join(errShort, slow)
		}
		wait = min(2*wait, longest)
	}
}

// final tells whether another try is no use.
func final(err error) bool {
	return errors.As(err, new(*remedy.Refusal)) || errors.Is(err, remedy.ErrGone) || errors.Is(err, ErrThere) ||
		errors.Is(err, errShort)
}

// open opens the session, if there is none, when it is its turn.
func (s *sitting) open(ctx context.Context) error {
	if s.session != nil {
		return nil
	}
	if err := s.Turns.Wait(ctx); err != nil {
		return errors.Join(errShort, pace.ErrThrottled, fmt.Errorf("turn to open root: %w", err))
	}
	session, err := s.Root.Credentials(ctx, s.event, s.account, s.task)
	switch {
	case errors.Is(err, pace.ErrThrottled):
		s.Turns.Throttled(s.Now())
	case errors.Is(err, remedy.ErrGone): // nothing that the call is about
		return errors.New(err.Error())
	case err == nil:
		s.Turns.Passed(s.Now())
		s.session = session
	}
	return err
}

// ask makes a call that answers.
func ask[T any](ctx context.Context, s *sitting, do func(Session) (T, error)) (answer T, err error) {
	err = s.call(ctx, func(session Session) (err error) {
		answer, err = do(session)
		return err
	})
	return answer, err
}
