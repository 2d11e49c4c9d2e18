package sweeper_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"locksmith/lambdas/ledger/sweeps"
	"locksmith/lambdas/pace"
	"locksmith/lambdas/remedy"
	"locksmith/lambdas/sweeper"
	"locksmith/policies/allowlist"
	"locksmith/policies/lockout"
)

const (
	member = "111122223333"
	own    = "arn:aws:sqs:us-east-1:999988887777:sweep"
	work   = "arn:aws:sqs:us-east-1:999988887777:work"
)

// A household is one account, its buckets with their policies, its queue, and who lives there.
type household struct {
	policies map[string]string // by bucket
	roles    []string
	forbids  error // to list the roles
	mu       sync.Mutex
	reads    []string
	sent     map[string][]string // bodies, by queue
	delayed  []time.Duration
	told     []remedy.Bulletin
	now      time.Time
}

func (h *household) Accounts(context.Context, string) ([]remedy.Account, string, error) {
	one := remedy.Account{Account: allowlist.Account{Number: member, Known: true}, Name: "one", State: "ACTIVE"}
	return []remedy.Account{one}, "", nil
}

func (h *household) Visit(context.Context, string, string, sweeper.Task) (sweeper.Session, error) {
	return h, nil
}

func (h *household) List(context.Context, string, string) (page []sweeper.Resource, next string, err error) {
	for name := range h.policies {
		page = append(page, sweeper.Resource{ARN: "arn:aws:s3:::" + name, Region: "eu-central-1"})
	}
	slices.SortFunc(page, func(a, b sweeper.Resource) int { return strings.Compare(a.ARN, b.ARN) })
	return page, "", nil
}

func (h *household) Policy(_ context.Context, r sweeper.Resource) (string, error) {
	name := strings.TrimPrefix(r.ARN, "arn:aws:s3:::")
	h.mu.Lock()
	defer h.mu.Unlock()
	h.reads = append(h.reads, name)
	return h.policies[name], nil
}

func (h *household) Ends() time.Time { return h.now.Add(time.Hour) }

func (h *household) Send(_ context.Context, queue string, bodies ...[]byte) error {
	for _, b := range bodies {
		h.sent[queue] = append(h.sent[queue], string(b))
	}
	return nil
}

func (h *household) Delay(_ context.Context, _, _ string, d time.Duration) error {
	h.delayed = append(h.delayed, d)
	return nil
}

func (h *household) Done(context.Context, string, string) error { return nil }

func (h *household) Announce(_ context.Context, b remedy.Bulletin, _ []remedy.Channel) ([]remedy.Channel, error) {
	h.told = append(h.told, b)
	return []remedy.Channel{remedy.Alerts}, nil
}

func (h *household) Living(_ context.Context, account string) (all []lockout.Principal, err error) {
	for i, name := range h.roles {
		all = append(all, lockout.Principal{ARN: "arn:aws:iam::" + account + ":role/" + name,
			ID: fmt.Sprintf("AROA%017d", i)})
	}
	return all, h.forbids
}

// sparing is a deny-all that spares what the values say.
func sparing(bucket string, names ...string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*",` +
		`"Resource":["arn:aws:s3:::` + bucket + `","arn:aws:s3:::` + bucket + `/*"],"Condition":{"ArnNotLike":{"aws:PrincipalArn":["` +
		strings.Join(names, `","`) + `"]}}}]}`
}

func role(name string) string { return "arn:aws:iam::" + member + ":role/" + name }

func newHousehold(t *testing.T, roles ...string) (*household, *sweeper.Sweeper) {
	t.Helper()
	list, err := allowlist.Read([]byte(`{"organization":"o-a1b2c3d4e5","rules":[{"name":"all","accounts":["111122223333"],` +
		`"resources":["arn:aws:s3:::*"],"action":"delete","owner":"o@example.com","reason":"r"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	h := &household{roles: roles, sent: map[string][]string{}, policies: map[string]string{},
		now: time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)}
	store := sweeps.NewMemory()
	s := &sweeper.Sweeper{Allow: list, Accounts: h, Root: h, Store: store, Index: store, Queue: h, Herald: h,
		Principals: h,
		Turns:      pace.Rate{Name: "sts:AssumeRoot", PerSecond: 1000, Burst: 1000}.Adaptive(), Own: own, Work: work,
		Tries: 5, Now: func() time.Time { return h.now }, Log: slog.New(slog.DiscardHandler)}
	return h, s
}

// sweep runs one sweep of the buckets to its end.
func (h *household) sweep(t *testing.T, s *sweeper.Sweeper) {
	t.Helper()
	_, err := s.Start(context.Background(), sweeper.Request{By: "test", Tasks: []sweeper.Task{sweeper.Buckets}})
	if err != nil {
		t.Fatal(err)
	}
	for len(h.sent[own]) > 0 {
		body := h.sent[own][0]
		h.sent[own] = h.sent[own][1:]
		h.deliver(t, s, body)
	}
}

func (h *household) deliver(t *testing.T, s *sweeper.Sweeper, body string) (failed bool) {
	t.Helper()
	answer, err := s.Batch(context.Background(), events.SQSEvent{Records: []events.SQSMessage{{MessageId: "1", Body: body,
		EventSourceARN: own, Attributes: map[string]string{"ApproximateReceiveCount": "1"}}}})
	if err != nil {
		t.Fatal(err)
	}
	return len(answer.BatchItemFailures) > 0
}

// findings are the buckets that were handed over, with what had them looked at.
func (h *household) findings(t *testing.T) (all []string) {
	t.Helper()
	for _, body := range h.sent[work] {
		c, err := remedy.Parse([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, fmt.Sprintf("%s %s living=%t", c.Call, c.Name(), c.Living))
	}
	h.sent[work] = nil
	return all
}

// TestDeadPrincipals: what spares only who does not exist is found, said by name, and judged again at once when
// somebody who is spared is deleted.
func TestDeadPrincipals(t *testing.T) {
	h, s := newHousehold(t, "Admin", "Pipeline")
	h.policies = map[string]string{
		"dead":  sparing("dead", role("Gone")),
		"alive": sparing("alive", role("Pipeline")),
		"both":  sparing("both", role("Gone"), role("Pipeline")),
		"plain": sparing("plain", "arn:aws:iam::999988887777:role/Elsewhere"),
		"like":  sparing("like", role("Pipe*")),
		"sso":   sparing("sso", role("aws-reserved/sso.amazonaws.com/AWSReservedSSO_Ops_0123456789abcdef"), role("Admin")),
		"none":  "",
	}
	h.sweep(t, s)
	want := []string{"Sweep dead living=true", "Sweep plain living=false"}
	if got := h.findings(t); !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
	text := fmt.Sprint(h.told)
	for _, part := range []string{"arn:aws:s3:::dead: " + role("Gone"), "arn:aws:s3:::both: " + role("Gone"),
		"arn:aws:s3:::sso: " + role("aws-reserved/sso.amazonaws.com/AWSReservedSSO_Ops_0123456789abcdef") +
			" is spared with its suffix"} {
		if !strings.Contains(text, part) {
			t.Errorf("the bulletin does not say %q:\n%s", part, text)
		}
	}
	if strings.Contains(text, "arn:aws:s3:::alive") {
		t.Errorf("the bulletin names what is alive:\n%s", text)
	}

	// Pipeline is deleted. Just those that spare it are looked at, once IAM has had time to forget it.
	h.roles, h.reads = []string{"Admin"}, nil
	event := `{"source":"aws.iam","detail-type":"AWS API Call via CloudTrail","detail":{"eventVersion":"1.11",` +
		`"eventID":"11111111-2222-3333-4444-555555555555","eventTime":"2026-11-21T08:00:00Z",` +
		`"eventSource":"iam.amazonaws.com","eventName":"DeleteRole","awsRegion":"us-east-1",` +
		`"recipientAccountId":"111122223333","requestParameters":{"roleName":"Pipeline"},"responseElements":null}}`
	if !h.deliver(t, s, event) || !slices.Equal(h.delayed, []time.Duration{time.Minute}) || len(h.reads) > 0 {
		t.Errorf("delayed %v, read %q: want a minute, and nothing read", h.delayed, h.reads)
	}
	h.now = h.now.Add(time.Minute)
	if h.deliver(t, s, event) {
		t.Error("not finished")
	}
	slices.Sort(h.reads)
	if want := []string{"alive", "both", "like"}; !slices.Equal(h.reads, want) {
		t.Errorf("read %q, want %q", h.reads, want)
	}
	got := h.findings(t)
	slices.Sort(got)
	want = []string{"DeleteRole alive living=true", "DeleteRole both living=true", "DeleteRole like living=true"}
	if !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
	// Of a principal whom nobody spares, or of another account, nothing is read.
	h.reads = nil
	for _, other := range []string{strings.Replace(event, `"roleName":"Pipeline"`, `"roleName":"Other"`, 1),
		strings.Replace(event, "111122223333", "444455556666", 1), strings.Replace(event, "DeleteRole", "TagRole", 1)} {
		if h.deliver(t, s, other) || len(h.reads) > 0 {
			t.Errorf("read %q for %s", h.reads, other)
		}
	}
}

// TestNobodyKnowsWhoExists: without a look at who exists nothing is found by that, and it is said.
func TestNobodyKnowsWhoExists(t *testing.T) {
	h, s := newHousehold(t)
	h.policies = map[string]string{"dead": sparing("dead", role("Gone"))}
	h.forbids = &remedy.Refusal{Cause: remedy.Unexpected, Err: errors.New("no role LocksmithReader")}
	h.sweep(t, s)
	if got := h.findings(t); len(got) > 0 {
		t.Errorf("found %q", got)
	}
	if text := fmt.Sprint(h.told); !strings.Contains(text, "1 accounts (111122223333): no role LocksmithReader") {
		t.Errorf("the bulletin does not say what it could not know:\n%s", text)
	}
}
