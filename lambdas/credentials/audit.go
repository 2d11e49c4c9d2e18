package credentials

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"runtime/debug"
	"strings"
	"time"

	"locksmith/lambdas/remedy"
)

// This file looks at one account, in two calls: AssumeRoot and GetAccountSummary. Details are asked for where the
// summary has a flag.

var accountNumber = regexp.MustCompile(`^[0-9]{12}$`)

// Look audits one account now, and keeps what it sees. An account that refuses is a row, and no error. Event is the id
// of what the look is for. The error is a *[remedy.Later] where the time was too short, as calls came too often.
func (c *Custodian) Look(ctx context.Context, event, account string) (Row, error) {
	if !accountNumber.MatchString(account) {
		return Row{}, fmt.Errorf("account %q: want twelve digits", account)
	}
	member, err := c.member(ctx, account)
	if err != nil {
		return Row{}, err
	}
	row, err := c.look(ctx, event, member)
	if err != nil {
		return Row{}, &remedy.Later{Until: c.Now().Add(rest), Why: "there was no time to look at root of account " + account}
	}
	return row, c.Store.Keep(ctx, "", row)
}

// member is what the organization says of an account. Where nobody can be asked, it is taken for active.
func (c *Custodian) member(ctx context.Context, account string) (Member, error) {
	m := Member{Number: account, State: remedy.Active}
	if c.Members == nil {
		return m, nil
	}
	known, err := c.Members.Fresh(ctx, account)
	if err != nil {
		return m, fmt.Errorf("account %s: %w", account, err)
	}
	m.Name, m.State = known.Name, known.State
	return m, nil
}

// look is the row of one account. The error is errShort, and nothing is known then. A panic is a failure of this
// account alone.
func (c *Custodian) look(ctx context.Context, event string, m Member) (row Row, err error) {
	row = Row{Account: m.Number, Name: m.Name, State: Complete, At: c.Now().UTC()}
	row.whole()
	if row.refuse(c.unreachable(m)) {
		return row, nil
	}
	defer func() {
		if p := recover(); p != nil {
			c.Log.ErrorContext(ctx, "panic", "account", m.Number, "error", remedy.Scrub(fmt.Sprint(p)),
				"stack", remedy.Scrub(string(debug.Stack())))
			row.State, row.Why = Failed, "the program failed: the log says how"
		}
	}()
	err = c.sit(event, m.Number, ToAudit).fill(ctx, &row)
	switch refusal := (*remedy.Refusal)(nil); {
	case errors.Is(err, errShort):
		return Row{}, err
	case errors.As(err, &refusal):
		row.refuse(refusal)
	case err != nil:
		row.State, row.Why = Failed, remedy.Scrub(err.Error())
	}
	return row, nil
}

// refuse notes why nobody can look at the account. It tells whether there is a reason.
func (r *Row) refuse(refusal *remedy.Refusal) bool {
	if refusal == nil {
		return false
	}
	r.State, r.Cause, r.Why = Refused, refusal.Cause, remedy.Scrub(refusal.Err.Error())
	return true
}

// Inactive is why an account is not looked at that nobody can use.
const Inactive remedy.Cause = "account not active"

// unreachable says why root of an account is not even asked for, or is nil.
func (c *Custodian) unreachable(m Member) *remedy.Refusal {
	switch {
	case m.Number == c.ManagementAccount:
		return &remedy.Refusal{Cause: remedy.ManagementAccount,
			Err: errors.New("root of the management account cannot be assumed: sign in as root to look")}
	case m.State != remedy.Active:
		return &remedy.Refusal{Cause: Inactive, Err: fmt.Errorf("the account is %s", m.State)}
	}
	return nil
}

// fill asks for what root has, and for details where there is something. Details that cannot be had hide no others.
// What the summary tells and no detail shows is not there any more: the summary is the slower of the two.
func (s *sitting) fill(ctx context.Context, row *Row) error {
	has, err := ask(ctx, s, func(r Session) (Summary, error) { return r.Summary(ctx) })
	if err != nil {
		return err
	}
	row.Password, row.MFAEnabled = has.Password, has.MFA
	var problems []error
	detail := func(there bool, word string, ask func() (bool, error)) {
		if !there || errors.Is(errors.Join(problems...), errShort) {
			return
		}
		found, err := ask()
		if err != nil {
			problems = append(problems, err)
		}
		if found || err != nil {
			row.Has = append(row.Has, word)
		}
	}
	detail(has.Password, HasPassword, func() (bool, error) { return s.password(ctx, row) })
	detail(has.AccessKeys, HasAccessKeys, func() (_ bool, err error) {
		row.AccessKeys, err = s.keys(ctx)
		return len(row.AccessKeys) > 0, err
	})
	detail(has.Certificates, HasCertificates, func() (_ bool, err error) {
		row.Certificates, err = ask(ctx, s, func(r Session) ([]Signing, error) { return r.Certificates(ctx) })
		return len(row.Certificates) > 0, err
	})
	detail(has.MFA, HasMFA, func() (_ bool, err error) {
		row.MFA, err = ask(ctx, s, func(r Session) ([]Device, error) { return r.Devices(ctx) })
		row.MFAEnabled = len(row.MFA) > 0 || err != nil
		return row.MFAEnabled, err
	})
	row.whole()
	return errors.Join(problems...)
}

// password tells whether there is one, and since when.
func (s *sitting) password(ctx context.Context, row *Row) (there bool, err error) {
	row.PasswordSince, err = ask(ctx, s, func(r Session) (time.Time, error) { return r.Profile(ctx) })
	if errors.Is(err, remedy.ErrGone) {
		row.Password = false
		return false, nil
	}
	if err == nil {
		row.PasswordLastUsed, err = ask(ctx, s, func(r Session) (time.Time, error) { return r.LastLogin(ctx) })
	}
	return true, err
}

// keys are the access keys with their last use.
func (s *sitting) keys(ctx context.Context) ([]Key, error) {
	keys, err := ask(ctx, s, func(r Session) ([]Key, error) { return r.Keys(ctx) })
	if err != nil {
		return nil, err
	}
	for i := range keys {
		used, err := ask(ctx, s, func(r Session) (Key, error) { return r.KeyUsed(ctx, keys[i]) })
		switch {
		case err == nil:
			keys[i] = used
		case !errors.Is(err, remedy.ErrGone):
			return keys, err
		}
	}
	return keys, nil
}

// whole makes lists of what is missing, since readers of JSON take them for lists.
func (r *Row) whole() {
	if r.AccessKeys == nil {
		r.AccessKeys = []Key{}
	}
	if r.Certificates == nil {
		r.Certificates = []Signing{}
	}
	if r.MFA == nil {
		r.MFA = []Device{}
	}
	if r.Has == nil {
		r.Has = []string{}
	}
}

// Left says what root has, in a few words: "" for nothing.
func (r Row) Left() string {
	counts := map[string]int{HasAccessKeys: len(r.AccessKeys), HasCertificates: len(r.Certificates), HasMFA: len(r.MFA)}
	names := map[string][2]string{HasPassword: {"a password"}, HasAccessKeys: {"an access key", "access keys"},
		HasCertificates: {"a signing certificate", "signing certificates"}, HasMFA: {"an MFA device", "MFA devices"}}
	var has []string
	for _, word := range r.Has {
		switch n := counts[word]; {
		case n > 1:
			has = append(has, fmt.Sprintf("%d %s", n, names[word][1]))
		default:
			has = append(has, names[word][0])
		}
	}
	return strings.Join(has, ", ")
}
