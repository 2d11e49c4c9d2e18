package credentials_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"locksmith/lambdas/credentials"
	"locksmith/lambdas/remedy"
)

// member is the first account of a world.
const member = "100000000000"

// TestACrashBetweenAnyTwoSteps of a deletion: the same call once more deletes the rest, and each item has its outcome.
func TestACrashBetweenAnyTwoSteps(t *testing.T) {
	deaths := 0
	for step := 1; ; step++ {
		over := false
		for _, after := range []bool{false, true} {
			w := newWorld(t, 1)
			w.all(member)
			w.mortally(step, after)
			_, err := w.Delete(t.Context(), "request-1", member)
			died := errors.Is(err, errDead) || err != nil || w.steps >= w.dies
			w.reborn()
			got, err := w.Delete(t.Context(), "request-1", member)
			if err != nil || w.left(member) > 0 {
				t.Fatalf("step %d, %t: %+v, %v", step, after, got, err)
			}
			if !died {
				over = true
				continue
			}
			deaths++
			if got.Result != "deleted" && (got.Result != "nothing there" || len(got.Items) > 0) || w.unclear(got.Items) {
				t.Errorf("step %d, %t: %+v", step, after, got)
			}
		}
		if over {
			break
		}
	}
	if deaths < 40 {
		t.Errorf("only %d deaths: there are more steps than that", deaths)
	}
}

// unclear tells whether an item has no outcome, or one that says something is left.
func (w *world) unclear(items []credentials.Item) bool {
	return slices.ContainsFunc(items, func(it credentials.Item) bool {
		return !slices.Contains([]credentials.Result{"deleted", "deactivated", "gone"}, it.Result)
	})
}

// TestSomebodyMakesCredentialsWhileWeDelete: they are deleted too; and whoever does not stop makes us fail.
func TestSomebodyMakesCredentialsWhileWeDelete(t *testing.T) {
	w := newWorld(t, 1)
	w.all(member)
	once := false
	w.between = func(_, call string) {
		if call == "Drop password" && !once {
			once = true
			w.has(member, credentials.AccessKey, "AKIANEW")
		}
	}
	got, err := w.Delete(t.Context(), "request-1", member)
	if err != nil || got.Result != "deleted" || w.left(member) > 0 ||
		!slices.Contains(got.Items, credentials.Item{Kind: "access key", ID: "AKIANEW", Result: "deleted"}) {
		t.Errorf("%+v, %v", got, err)
	}
	w, n := newWorld(t, 1), 0
	w.all(member)
	w.between = func(_, call string) {
		if call == "Drop access key" || call == "GetAccountSummary" {
			n++
			w.has(member, credentials.Certificate, fmt.Sprint("CERT", n))
		}
	}
	got, err = w.Delete(t.Context(), "request-1", member)
	if err != nil || got.Result != "failed" || got.Why != "root of account "+member+" still has a signing certificate" {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestThrottling: calls that come too often are made again, more slowly.
func TestThrottling(t *testing.T) {
	w := newWorld(t, 1)
	w.all(member)
	n := 0
	w.fault = func(_, call string) error {
		if n++; n%3 > 0 {
			return errThrottled
		}
		return nil
	}
	got, err := w.Delete(t.Context(), "request-1", member)
	if err != nil || got.Result != "deleted" || w.left(member) > 0 {
		t.Errorf("%+v, %v", got, err)
	}
	if w.Turns.Throttles() == 0 {
		t.Error("the pace of AssumeRoot was not slowed")
	}
}

// TestTooLittleTime: a deletion that is errThrottled for too long comes back later, and goes on where it was.
func TestTooLittleTime(t *testing.T) {
	w := newWorld(t, 1)
	w.all(member)
	slow := true
	w.fault = func(_, call string) error {
		if call == "Drop password" && slow {
			return errThrottled
		}
		return nil
	}
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(time.Hour))
	defer cancel()
	deadline, _ := ctx.Deadline()
	w.now = deadline.Add(-30 * time.Second)
	later := (*remedy.Later)(nil)
	if _, err := w.Delete(ctx, "request-1", member); !errors.As(err, &later) ||
		later.Why != "3 of 6 credentials of account "+member+" are done, and the rest follows" {
		t.Fatalf("%v", err)
	}
	slow = false
	got, err := w.Delete(t.Context(), "request-1", member)
	if err != nil || got.Result != "deleted" || w.unclear(got.Items) || w.calls["Drop access key"] != 2 {
		t.Errorf("%+v, %v, %v", got, err, w.calls)
	}
}

// TestWhatIsRefusedStopsNothingElse, except that an MFA device stays as long as what it protects.
func TestWhatIsRefusedStopsNothingElse(t *testing.T) {
	refusal := &remedy.Refusal{Cause: remedy.DeniedByOrg, Err: errors.New("AccessDenied by an SCP")}
	for _, tt := range []struct {
		call string
		err  error
		want string
	}{
		{"Drop password", refusal, "access key AKIA1 deleted, access key AKIA2 deleted, signing certificate CERT deleted, " +
			"password  refused, MFA device arn:aws:iam::100000000000:mfa/root left, MFA device GAHT1 left"},
		{"ListAccessKeys", refusal, "access key  refused, signing certificate CERT deleted, password  deleted, " +
			"MFA device arn:aws:iam::100000000000:mfa/root left, MFA device GAHT1 left"},
		{"Drop signing certificate", errors.New("ServiceFailure"), "access key AKIA1 deleted, access key AKIA2 deleted, " +
			"signing certificate CERT failed, password  deleted, MFA device arn:aws:iam::100000000000:mfa/root left, " +
			"MFA device GAHT1 left"},
	} {
		w := newWorld(t, 1)
		w.all(member)
		w.fault = func(_, call string) error {
			if call == tt.call {
				return tt.err
			}
			return nil
		}
		got, err := w.Delete(t.Context(), "request-1", member)
		var items []string
		for _, it := range got.Items {
			items = append(items, fmt.Sprintf("%s %s %s", it.Kind, it.ID, it.Result))
		}
		if have := strings.Join(items, ", "); have != tt.want || got.Result != "failed" || err != nil {
			t.Errorf("%s: %s\n%s\n%s, %v", tt.call, have, tt.want, got.Result, err)
		}
		w.fault = nil // somebody has seen to it, and asks again
		got, err = w.Delete(t.Context(), "request-2", member)
		if err != nil || got.Result != "deleted" || w.left(member) > 0 {
			t.Errorf("%s, again: %+v, %v", tt.call, got, err)
		}
	}
}

// TestAListThatFailsProvesNothing: what was refused, and cannot be listed any more, is not called gone.
func TestAListThatFailsProvesNothing(t *testing.T) {
	w := newWorld(t, 1)
	w.all(member)
	w.fault = func(_, call string) error {
		switch {
		case call == "Drop access key":
			return &remedy.Refusal{Cause: remedy.DeniedByOrg, Err: errors.New("AccessDenied")}
		case call == "ListAccessKeys" && w.calls[call] > 1:
			return errors.New("ServiceFailure")
		}
		return nil
	}
	got, err := w.Delete(t.Context(), "request-1", member)
	if err != nil || got.Result != "failed" || got.Items[0].ID != "AKIA1" || got.Items[0].Result != "refused" ||
		got.Items[1].Result != "refused" || len(w.roots[member][credentials.MFA]) != 2 {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestWhatNobodyCanAuditIsNotCalledDeleted.
func TestWhatNobodyCanAuditIsNotCalledDeleted(t *testing.T) {
	w := newWorld(t, 1)
	w.all(member)
	w.fault = func(_, call string) error {
		if call == "GetAccountSummary" {
			return &remedy.Refusal{Cause: remedy.DeniedByOrg, Err: errors.New("denied")}
		}
		return nil
	}
	got, err := w.Delete(t.Context(), "request-1", member)
	if err != nil || got.Result != "failed" || got.Why != "nobody could look whether anything is left: denied" {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestASummaryThatLags: what was deleted shows for some seconds.
func TestASummaryThatLags(t *testing.T) {
	w := newWorld(t, 1)
	w.has(member, credentials.Certificate, "CERT")
	w.between = func(_, call string) {
		switch w.calls["GetAccountSummary"] {
		case 0:
			if call == "GetAccountSummary" {
				w.has(member, credentials.Certificate, "CERT")
			}
		case 2:
			w.has(member, credentials.Certificate)
		}
	}
	got, err := w.Delete(t.Context(), "request-1", member)
	if err != nil || got.Result != "deleted" {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestAPasswordThatHasJustGone is not there, whatever the summary said.
func TestAPasswordThatHasJustGone(t *testing.T) {
	w := newWorld(t, 1)
	w.has(member, credentials.Password, "")
	w.between = func(_, call string) {
		if call == "GetLoginProfile" {
			w.has(member, credentials.Password)
		}
	}
	if row, err := w.Look(t.Context(), "r", member); err != nil || row.Password || !row.Nothing() {
		t.Errorf("%+v, %v", row, err)
	}
}

// TestAListThatLags: what we have deleted is still listed for a while, and was deleted all the same.
func TestAListThatLags(t *testing.T) {
	w := newWorld(t, 1)
	w.has(member, credentials.AccessKey, "AKIA1")
	w.lists = func(call string, ids []string) []string {
		if call == "ListAccessKeys" && w.calls[call] < 3 {
			return []string{"AKIA1"}
		}
		return ids
	}
	got, err := w.Delete(t.Context(), "request-1", member)
	if err != nil || got.Result != "deleted" || len(got.Items) != 1 || got.Items[0].Result != "deleted" ||
		w.calls["Drop access key"] != 2 {
		t.Errorf("%+v, %v, %v", got, err, w.calls)
	}
}

// TestASessionThatHasEnded is opened anew, in the middle of a deletion.
func TestASessionThatHasEnded(t *testing.T) {
	w := newWorld(t, 1)
	w.all(member)
	ended := 0
	w.fault = func(_, call string) error {
		if w.calls["AssumeRoot"] == 1 && call == "Drop signing certificate" {
			ended++
			return errors.New("ExpiredToken")
		}
		return nil
	}
	got, err := w.Delete(t.Context(), "request-1", member)
	if err != nil || got.Result != "deleted" || ended != 1 || w.calls["AssumeRoot"] != 3 {
		t.Errorf("%+v, %v, %d, %v", got, err, ended, w.calls)
	}
}

// TestThrottlingWithoutEnd: even a worker whose time has no end gives up, and says when to come back.
func TestThrottlingWithoutEnd(t *testing.T) {
	w := newWorld(t, 1)
	w.fault = func(string, string) error { return errThrottled }
	later := (*remedy.Later)(nil)
	if _, err := w.Look(t.Context(), "r", member); !errors.As(err, &later) {
		t.Errorf("%v", err)
	}
	if _, err := w.Delete(t.Context(), "r", member); !errors.As(err, &later) {
		t.Errorf("%v", err)
	}
	if _, err := w.Create(t.Context(), credentials.Wish{Request: "r", Account: member}); !errors.As(err, &later) {
		t.Errorf("%v", err)
	}
}

// TestAnAccountThatHasLeft is nobody's to act on.
func TestAnAccountThatHasLeft(t *testing.T) {
	w := newWorld(t, 1)
	w.all(member)
	w.gone = []string{member}
	_, deleting := w.Delete(t.Context(), "request-1", member)
	_, creating := w.Create(t.Context(), credentials.Wish{Request: "request-2", Account: member, Case: true})
	_, looking := w.Look(t.Context(), "request-3", member)
	for _, err := range []error{deleting, creating, looking} {
		if !errors.Is(err, remedy.ErrNoMember) {
			t.Error(err)
		}
	}
	if len(w.calls) > 0 {
		t.Errorf("%v", w.calls)
	}
}
