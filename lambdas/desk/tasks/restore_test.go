package tasks_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"locksmith/lambdas/desk/tasks"
	"locksmith/lambdas/remedy"
	"locksmith/lambdas/requests"
)

// opened is a world in which a person has had a policy taken off, and the incident about it.
func opened(t *testing.T, policy string) (w *world, incident string) {
	w = newWorld(t, uncovered)
	w.cloud.SetPolicy(bucketARN, policy)
	out, err := w.does(w.asked(requests.Request{ID: "first", Task: requests.Unlock, Resource: bucketARN}))
	if err != nil || w.cloud.Policy(bucketARN) != "" {
		t.Fatalf("%+v, %v", out, err)
	}
	w.pass(time.Hour)
	return w, out.Incident
}

// TestWhatWasForcedOffIsPutBack: in two looks, told, and linked to the incident that it came from.
func TestWhatWasForcedOffIsPutBack(t *testing.T) {
	w, incident := opened(t, harmless)
	r := w.asked(requests.Request{ID: "back", Task: requests.Restore, Incident: incident})
	if r.Resource != bucketARN || r.Region != region || r.Shown != "" {
		t.Errorf("%+v", r)
	}
	if _, err := w.tasks.Do(context.Background(), r); !errors.As(err, new(*remedy.Later)) {
		t.Fatal(err)
	}
	out, err := w.does(r)
	if err != nil || out.Result != "restored" || w.cloud.Policy(bucketARN) != harmless ||
		out.Incident != "request-back~"+bucketARN {
		t.Fatalf("%+v, %v, policy %s", out, err, w.cloud.Policy(bucketARN))
	}
	i, err := w.tasks.Incident(context.Background(), out.Incident)
	if err != nil || i.After != harmless || i.Before != "" || i.Asked.Of != "request-first" || len(i.Told) == 0 {
		t.Errorf("%+v, %v", i, err)
	}
	if mails := w.mails(); !strings.Contains(mails[len(mails)-1], "RESTORED") {
		t.Errorf("mails %q", mails)
	}
}

// TestWhatLocksIsNotPutBack: unless somebody says anyway; and without what locked it may be.
func TestWhatLocksIsNotPutBack(t *testing.T) {
	w, incident := opened(t, lockedWithTLS)
	for name, row := range map[string]struct {
		r    requests.Request
		kind requests.Kind
		says string
	}{
		"whole":          {requests.Request{Incident: incident}, requests.Conflict, "would be lockout again"},
		"no such copy":   {requests.Request{Incident: incident, Copy: 7}, requests.Conflict, "want 1 to 1"},
		"no incident":    {requests.Request{Incident: "nothing~" + bucketARN}, requests.Absent, "no such incident"},
		"no incident id": {requests.Request{Incident: "nothing"}, requests.Malformed, "nothing"},
	} {
		row.r.Task = requests.Restore
		if _, err := w.submitted(row.r); kind(err) != row.kind || !strings.Contains(err.Error(), row.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	r := w.asked(requests.Request{ID: "repaired", Task: requests.Restore, Incident: incident, Action: "repair"})
	if out, err := w.does(r); err != nil || strings.Contains(w.cloud.Policy(bucketARN), "DenyAll") ||
		!strings.Contains(w.cloud.Policy(bucketARN), "TLS") {
		t.Errorf("%+v, %v, policy %s", out, err, w.cloud.Policy(bucketARN))
	}
	w.cloud.SetPolicy(bucketARN, "")
	w.pass(time.Hour)
	r = w.asked(requests.Request{ID: "anyway", Task: requests.Restore, Incident: incident, Anyway: true})
	if out, err := w.does(r); err != nil || w.cloud.Policy(bucketARN) != lockedWithTLS {
		t.Errorf("%+v, %v, policy %s", out, err, w.cloud.Policy(bucketARN))
	}
}

// TestNothingIsPutOverSomebodyElsesPolicy: whenever that came. Before anybody is asked, it is refused.
func TestNothingIsPutOverSomebodyElsesPolicy(t *testing.T) {
	w, incident := opened(t, harmless)
	w.put(strings.Replace(harmless, "TLS", "Theirs", 1))
	_, err := w.submitted(requests.Request{Task: requests.Restore, Incident: incident})
	if kind(err) != requests.Conflict || !strings.Contains(err.Error(), "another policy by now") {
		t.Error(err)
	}
	w.cloud.SetPolicy(bucketARN, "")
	r := w.asked(requests.Request{ID: "back", Task: requests.Restore, Incident: incident})
	if _, err := w.tasks.Do(context.Background(), r); !errors.As(err, new(*remedy.Later)) {
		t.Fatal(err)
	}
	other := strings.Replace(harmless, "TLS", "Other", 1)
	w.put(other)
	w.pass(2 * time.Minute)
	if out, err := w.does(r); err == nil || w.cloud.Policy(bucketARN) != other {
		t.Errorf("%+v, %v, policy %s", out, err, w.cloud.Policy(bucketARN))
	}
}

// TestIncidentsOfTheDesk: lists and one, and what is none.
func TestIncidentsOfTheDesk(t *testing.T) {
	w, incident := opened(t, denyAll)
	lines, next, err := w.tasks.Incidents(context.Background(), tasks.Listing{}, 10, "")
	if err != nil || next != "" || len(lines) != 1 || lines[0].ID != incident || lines[0].By != asker ||
		lines[0].Result != remedy.Unlocked {
		t.Errorf("%+v, %q, %v", lines, next, err)
	}
	_, _, err = w.tasks.Incidents(context.Background(), tasks.Listing{}, 10, "nowhere")
	if kind(err) != requests.Malformed {
		t.Error(err)
	}
	for _, id := range []string{"", "x", "~", "x~y", incident + "~"} {
		if _, err := w.tasks.Incident(context.Background(), id); kind(err) != requests.Absent {
			t.Errorf("%q: %v", id, err)
		}
	}
	i, err := w.tasks.Incident(context.Background(), incident)
	if err != nil || len(i.Steps) < 3 || i.Steps[0].What != "request first, by "+asker {
		t.Errorf("%+v, %v", i.Steps, err)
	}
}
