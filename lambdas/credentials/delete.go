package credentials

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"locksmith/lambdas/remedy"
)

// This file deletes all that root of one account has, item by item. What becomes of each is recorded before the next.
// A deletion that was cut off anywhere lists again, and goes on with what is still there.

// What creating and deleting come to.
const (
	ResultCreated = "created"
	ResultThere   = "there already"
	ResultDeleted = "deleted"
	ResultNothing = "nothing there"
	ResultFailed  = "failed"
)

const (
	rounds = 3 // of listing and deleting: somebody may make what we have just deleted
	looks  = 4 // of the last audit: what was deleted may show for some seconds
)

// A deletion is one under way.
type deletion struct {
	*sitting
	Deletion
	past map[Item]Result // of items that are listed although we have deleted them, by kind and id
}

// Delete deletes all credentials of an account's root, for a request, and audits it in the end. The error is a
// *[remedy.Refusal] where root could not be opened, and nothing was done. It is a *[remedy.Later] where the time was
// too short: the same call goes on from there. What could not be deleted is in the outcome, which has failed then.
func (c *Custodian) Delete(ctx context.Context, request, account string) (Outcome, error) {
	member, err := c.reach(ctx, account)
	if err != nil {
		return Outcome{}, err
	}
	known, err := c.Store.Deletion(ctx, request)
	if err != nil {
		return Outcome{}, err
	}
	if known.Begun.IsZero() {
		known = Deletion{Request: request, Account: account, Begun: c.Now().UTC()}
	}
	d := &deletion{c.sit(request, account, ToDelete), known, map[Item]Result{}}
	err = d.call(ctx, func(Session) error { return nil }) // a refusal is of root, and not of what it does
	if err == nil {
		err = d.run(ctx)
	}
	var row Row
	if err == nil {
		row, err = d.last(ctx, member)
	}
	if errors.Is(err, errShort) {
		return Outcome{}, &remedy.Later{Until: c.Now().Add(time.Minute), Why: d.progress()}
	}
	if err != nil {
		return Outcome{}, err
	}
	if row.Nothing() {
		err = c.endCases(ctx, account, "all of root's credentials were deleted by request "+request)
	}
	return d.outcome(row), err
}

// Reachable says why root of an account cannot be opened, as far as that is known without opening it.
func (c *Custodian) Reachable(ctx context.Context, account string) error {
	_, err := c.reach(ctx, account)
	return err
}

// reach is what the organization says of an account that is to be acted on, or why its root is not even asked for.
func (c *Custodian) reach(ctx context.Context, account string) (Member, error) {
	if !accountNumber.MatchString(account) {
		return Member{}, fmt.Errorf("account %q: want twelve digits", account)
	}
	m, err := c.member(ctx, account)
	if err != nil {
		return m, err
	}
	if refusal := c.unreachable(m); refusal != nil {
		return m, refusal
	}
	return m, nil
}

// run lists and deletes until nothing is left that can be.
func (d *deletion) run(ctx context.Context) error {
	for range rounds {
		found, err := d.list(ctx)
		if err != nil {
			return err
		}
		d.plan(found)
		if err := d.record(ctx); err != nil {
			return err
		}
		before := d.pending()
		for _, kind := range []Kind{AccessKey, Certificate, Password, MFA, Virtual} {
			if err := d.drop(ctx, kind); err != nil {
				return err
			}
		}
		if before == 0 {
			return nil
		}
	}
	return nil
}

// list is all that root has now. What cannot be listed is an item with its cause, and hides no others.
func (d *deletion) list(ctx context.Context) (found []Item, err error) {
	lists := []struct {
		kind Kind
		ids  func(Session) ([]string, error)
	}{
		{AccessKey, func(s Session) ([]string, error) {
			keys, err := s.Keys(ctx)
			return ids(keys, func(k Key) string { return k.ID }), err
		}},
		{Certificate, func(s Session) ([]string, error) {
			all, err := s.Certificates(ctx)
			return ids(all, func(c Signing) string { return c.ID }), err
		}},
		{Password, func(s Session) ([]string, error) {
			_, err := s.Profile(ctx)
			return []string{""}, err
		}},
		{MFA, func(s Session) ([]string, error) {
			all, err := s.Devices(ctx)
			return ids(all, func(m Device) string { return m.Serial }), err
		}},
	}
	for _, l := range lists {
		named, err := ask(ctx, d.sitting, l.ids)
		switch {
		case errors.Is(err, errShort):
			return nil, err
		case errors.Is(err, remedy.ErrGone):
			continue
		case err != nil:
			found = append(found, failed(Item{Kind: l.kind}, err))
			continue
		}
		for _, id := range named {
			found = append(found, Item{Kind: l.kind, ID: id})
		}
	}
	return found, nil
}

func ids[T any](all []T, id func(T) string) (named []string) {
	for _, one := range all {
		named = append(named, id(one))
	}
	return named
}

// failed is an item with what was said.
func failed(it Item, err error) Item {
	it.Result, it.Why = Broken, remedy.Scrub(err.Error())
	if refusal := (*remedy.Refusal)(nil); errors.As(err, &refusal) {
		it.Result, it.Why = Denied, remedy.Scrub(refusal.Err.Error())
	}
	it.Note = it.Kind == Virtual
	return it
}

// plan joins what was found with what is known. What is there is to be deleted, if it is not refused. What was to be
// deleted and is not there any more is gone: we died before we could record it, or somebody else has done it.
func (d *deletion) plan(found []Item) {
	unlisted := map[Kind]bool{}
	for _, f := range found {
		unlisted[f.Kind] = unlisted[f.Kind] || f.Result != ""
	}
	there := func(it Item) bool {
		return slices.ContainsFunc(found, func(f Item) bool { return f.Kind == it.Kind && f.ID == it.ID })
	}
	d.Items = slices.DeleteFunc(d.Items, func(it Item) bool { // of a kind that could not be listed, and can be now
		return it.ID == "" && it.Kind != Password && !there(it)
	})
	for i := range d.Items {
		it := &d.Items[i]
		switch there := there(*it); {
		case it.Kind == Virtual:
		case there && it.Result != Denied:
			if it.Result == Deleted || it.Result == Deactivated { // the list is the slower one, or it was made anew
				d.past[Item{Kind: it.Kind, ID: it.ID}] = it.Result
			}
			it.Result, it.Why = "", ""
		case unlisted[it.Kind]: // so nobody knows whether it is there
		case !there && (it.Result == "" || it.leaves()):
			it.Result, it.Why = Gone, ""
		}
	}
	for _, f := range found {
		i := slices.IndexFunc(d.Items, func(it Item) bool { return it.Kind == f.Kind && it.ID == f.ID })
		switch {
		case i < 0:
			d.Items = append(d.Items, f)
		case f.Result != "":
			d.Items[i] = f
		}
	}
}

// leaves tells whether an item has come to an end, and its credential is still there as far as is known.
func (it Item) leaves() bool {
	return it.Result == Spared || it.Result == Denied || it.Result == Broken
}

// protected tells whether an item is still there that asks for an MFA device.
func (it Item) protected() bool { return it.leaves() && it.Kind != MFA && it.Kind != Virtual }

// pending is how many items are not done.
func (d Deletion) pending() (n int) {
	for _, it := range d.Items {
		if it.Result == "" {
			n++
		}
	}
	return n
}

// drop deletes what is to be deleted of a kind. MFA devices stay as long as something stays that they protect.
func (d *deletion) drop(ctx context.Context, kind Kind) error {
	if kind == Virtual {
		d.planVirtual()
	}
	for i := range d.Items {
		it := &d.Items[i]
		if it.Kind != kind || it.Result != "" {
			continue
		}
		if kind == MFA && slices.ContainsFunc(d.Items, Item.protected) {
			it.Result, it.Why = Spared, "it protects what could not be deleted"
		} else if err := d.one(ctx, it); err != nil {
			return err
		}
		if err := d.record(ctx); err != nil {
			return err
		}
	}
	return nil
}

// planVirtual adds the virtual devices among those that were taken off root.
func (d *deletion) planVirtual() {
	for _, it := range d.Items {
		virtual := it.Kind == MFA && strings.Contains(it.ID, ":mfa/") && (it.Result == Deactivated || it.Result == Gone)
		known := slices.ContainsFunc(d.Items, func(v Item) bool { return v.Kind == Virtual && v.ID == it.ID })
		if virtual && !known {
			d.Items = append(d.Items, Item{Kind: Virtual, ID: it.ID})
		}
	}
}

// one deletes one credential. The error is errShort.
func (d *deletion) one(ctx context.Context, it *Item) error {
	err := d.call(ctx, func(s Session) error { return s.Drop(ctx, it.Kind, it.ID) })
	switch {
	case errors.Is(err, errShort):
		return err
	case errors.Is(err, remedy.ErrGone):
		it.Result = cmp.Or(d.past[Item{Kind: it.Kind, ID: it.ID}], Gone)
	case err != nil:
		*it = failed(*it, err)
	case it.Kind == MFA:
		it.Result = Deactivated
	default:
		it.Result = Deleted
	}
	return nil
}

func (d *deletion) record(ctx context.Context) error {
	return d.Store.PutDeletion(ctx, d.Deletion, d.Now())
}

// last audits the account once more, in a session that may ask for the summary. What was deleted may show for some
// seconds; what could not be deleted is not waited for.
func (d *deletion) last(ctx context.Context, m Member) (row Row, err error) {
	hopeless := slices.ContainsFunc(d.Items, func(it Item) bool { return it.leaves() && !it.Note })
	wait := 2 * time.Second
	for look := 1; ; look++ {
		if row, err = d.look(ctx, d.event, m); err != nil {
			return row, err
		}
		if len(row.Has) == 0 || row.State != Complete || hopeless || look == looks {
			return row, d.Store.Keep(ctx, "", row)
		}
		if err := d.pause(ctx, wait); err != nil {
			return row, errShort
		}
		wait *= 2
	}
}

// progress says how far it has come.
func (d *deletion) progress() string {
	return fmt.Sprintf("%d of %d credentials of account %s are done, and the rest follows", len(d.Items)-d.pending(),
		len(d.Items), d.account)
}

// outcome is what came of it all, by the last audit.
func (d *deletion) outcome(row Row) Outcome {
	o := Outcome{Result: ResultDeleted, Items: d.Items,
		Why: "root of account " + d.account + " has no credentials any more"}
	switch {
	case row.State != Complete:
		o.Result, o.Why = ResultFailed, "nobody could look whether anything is left: "+row.Why
	case len(row.Has) > 0:
		o.Result, o.Why = ResultFailed, "root of account "+d.account+" still has "+row.Left()
	case len(d.Items) == 0:
		o.Result, o.Why = ResultNothing, "root of account "+d.account+" has no credentials, and had none"
	}
	return o
}
