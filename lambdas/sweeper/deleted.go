package sweeper

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"locksmith/lambdas/remedy"
	"locksmith/policies"
	"locksmith/policies/sources/cloudtrail"
)

// This file looks at the resources that spare a principal who was deleted, at once, and at no others.

// settles is how long IAM may still show a principal who was deleted
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency). It
// names no time, and so this is a guess; the next sweep does not depend on it.
const settles = time.Minute

// deletion handles the event of a role or user that was deleted. Nobody knows whether a unique id was its own, so every
// resource of the account that spares one is looked at.
func (s *Sweeper) deletion(ctx context.Context, m events.SQSMessage) error {
	d, err := cloudtrail.ParseDeletion([]byte(m.Body))
	if nothing := (*cloudtrail.NothingToDo)(nil); errors.As(err, &nothing) {
		return nil
	} else if err != nil {
		return err
	}
	if s.Index == nil || s.Principals == nil {
		return nil
	}
	account, spares, err := s.Index.Spares(ctx, d.Account)
	if err != nil {
		return err
	}
	var failed []error
	for _, task := range Tasks() {
		var concerned []Resource
		for _, spare := range spares[task] {
			if spare.names(d) {
				concerned = append(concerned, spare.Resource)
			}
		}
		if len(concerned) == 0 {
			continue
		}
		if now := s.Now(); now.Before(d.Time.Add(settles)) {
			return s.later(d.Time.Add(settles).Sub(now), "%s may still be shown", d.Name)
		}
		failed = append(failed, s.lookAt(ctx, account, task, concerned, d))
	}
	return errors.Join(failed...)
}

// names tells whether the policy may spare whoever was deleted. Of that the event tells the name, and no path.
func (s Spare) names(d cloudtrail.Deletion) bool {
	kind := "role"
	if d.Call == remedy.DeleteUser {
		kind = "user"
	}
	fold := strings.ToLower
	for _, name := range s.Names {
		last := name[strings.LastIndexByte(name, '/')+1:]
		switch {
		case !strings.Contains(name, "/"):
			return true // a unique id
		case !strings.Contains(name, kind+"/") && !strings.ContainsAny(name, "*?"):
		case policies.Glob(fold(last), fold(d.Name)):
			return true
		}
	}
	return false
}

// lookAt reads and judges some resources of an account, in a session of its own.
func (s *Sweeper) lookAt(ctx context.Context, a remedy.Account, task Task, resources []Resource,
	d cloudtrail.Deletion) error {
	t := &trip{Sweeper: s, account: a, because: d.Call, reading: make(chan struct{}, readers),
		visit: Visit{Sweep: d.ID, Account: a.Number, Name: a.Name, Task: task}}
	if err := t.open(ctx); err != nil {
		if refusal := (*remedy.Refusal)(nil); errors.As(err, &refusal) {
			s.Log.WarnContext(ctx, "not looked at", "account", a.Number, "principal", d.Name, "why", refusal.Error())
			return nil // the sweep tells of accounts that refuse
		}
		return err
	}
	var left []Left
	found := 0
	for len(resources) > 0 {
		some := resources[:min(chunk, len(resources))]
		resources = resources[len(some):]
		looks := t.read(ctx, some)
		unreadable, _ := unread(looks)
		left = append(left, unreadable...)
		n, err := t.sort(ctx, looks)
		if found += n; err != nil {
			return err
		}
	}
	s.Log.InfoContext(ctx, "judged again", "account", a.Number, "principal", d.Name, "call", d.Call, "findings", found,
		"unread", len(left))
	for _, l := range left {
		if !l.Final {
			return fmt.Errorf("%s could not be read: %s", l.Resource.ARN, l.Why)
		}
	}
	return nil
}
