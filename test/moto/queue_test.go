package moto

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"

	"locksmith/lambdas/awsroot"
	"locksmith/lambdas/ledger"
	"locksmith/lambdas/notice"
	"locksmith/lambdas/remedy"
	"locksmith/policies/allowlist"
	"locksmith/test/assumeroot"
	"locksmith/test/events"
)

const (
	tlsStatement = `{"Sid":"TLSOnly","Effect":"Deny","Principal":"*","Action":"sqs:*",
		"Resource":"arn:aws:sqs:eu-central-1:111122223333:orders","Condition":{"Bool":{"aws:SecureTransport":"false"}}}`
	denyStatement = `{"Sid":"DenyAll","Effect":"Deny","Principal":"*","Action":"sqs:*",
		"Resource":"arn:aws:sqs:eu-central-1:111122223333:orders"}`

	tlsOnly  = `{"Version":"2012-10-17","Id":"orders","Statement":[` + tlsStatement + `]}`
	tlsAsked = `{"Version":"2012-10-17","Id":"orders","Statement":[` + tlsStatement + `,` + denyStatement + `]}`
)

// TestQueueIsUnlocked leads an event through the flow with the real adapters on moto. Want is the policy afterwards, ""
// for none.
func TestQueueIsUnlocked(t *testing.T) {
	server(t)
	for _, tt := range []struct {
		name, action, policy string
		want                 string
		result               remedy.Result
		subject              string // of the alert
		pages                bool
	}{
		{"delete", "delete", denyOrders, "", remedy.Unlocked, "[Locksmith] UNLOCKED queue orders (111122223333)", false},
		{"delete takes all", "delete", tlsAsked, "", remedy.Unlocked,
			"[Locksmith] UNLOCKED (protections gone) queue orders (111122223333)", true},
		{"repair", "repair", tlsAsked, tlsOnly, remedy.Repaired, "[Locksmith] REPAIRED queue orders (111122223333)", false},
		{"repair leaves nothing", "repair", denyOrders, "", remedy.Unlocked,
			"[Locksmith] UNLOCKED queue orders (111122223333)", false},
		{"notify", "notify", denyOrders, denyOrders, remedy.NotifyOnly,
			"[Locksmith] STILL LOCKED (notify only) queue orders (111122223333)", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRescue(t, tt.action)
			r.handle(t, r.lock(t, tt.policy))
			if got := r.report.Outcome; got.Result != tt.result {
				t.Errorf("%s (%s), want %s", got.Result, got.Why, tt.result)
			}
			r.wantPolicy(t, tt.want)
			if got := r.only(t, remedy.Alerts); got.Subject != tt.subject {
				t.Errorf("alert %q, want %q", got.Subject, tt.subject)
			}
			if got := len(r.bodies(t, r.queues[remedy.Pages])); (got == 1) != tt.pages || got > 1 {
				t.Errorf("%d pages", got)
			}
			want := []assumeroot.Session{{Caller: r.caller, Region: "us-east-1", Account: member,
				Task: "SQSUnlockQueuePolicy", Seconds: 300}}
			if tt.action == "notify" {
				want = nil
			}
			if diff := cmp.Diff(want, r.sts.Sessions()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestQueueIsLeftAlone: no root session is opened for a policy that locks nobody out, and nothing is changed that is in
// order by the time Locksmith looks.
func TestQueueIsLeftAlone(t *testing.T) {
	server(t)
	t.Run("TLS only", func(t *testing.T) {
		r := newRescue(t, "delete")
		r.handle(t, r.lock(t, tlsOnly))
		if r.report.Nothing == "" || len(r.sts.Sessions()) != 0 {
			t.Errorf("%+v, %d root sessions", r.report, len(r.sts.Sessions()))
		}
		r.wantPolicy(t, tlsOnly)
	})
	t.Run("mended since", func(t *testing.T) {
		r := newRescue(t, "delete")
		event := r.lock(t, denyOrders)
		r.lock(t, tlsOnly)
		r.handle(t, event)
		if r.report.Outcome.Result != remedy.StoodDown {
			t.Errorf("%+v", r.report.Outcome)
		}
		r.wantPolicy(t, tlsOnly)
	})
	t.Run("gone", func(t *testing.T) {
		r := newRescue(t, "delete")
		event := r.lock(t, denyOrders)
		if _, err := r.owner.DeleteQueue(context.Background(), &sqs.DeleteQueueInput{QueueUrl: &r.url}); err != nil {
			t.Fatal(err)
		}
		r.handle(t, event)
		if r.report.Outcome.Result != remedy.StoodDown {
			t.Errorf("%+v", r.report.Outcome)
		}
	})
}

// A rescue is the queue arn:aws:sqs:eu-central-1:111122223333:orders, and Locksmith beside it: the real flow and
// adapters, with moto for SQS and SNS.
type rescue struct {
	hub
	flow   *remedy.Flow
	report remedy.Report // of the last event
	sts    *assumeroot.Service
	caller string      // the access key that Locksmith calls with
	owner  *sqs.Client // in the member account
	url    string      // the queue's
}

// newRescue makes the queue, for the duration of the test, and a rule for it with this action.
func newRescue(t *testing.T, action string) *rescue {
	t.Helper()
	r := &rescue{sts: &assumeroot.Service{Issue: rootOf}, owner: sqs.NewFromConfig(in(t, member, "eu-central-1"))}
	name := "orders"
	made, err := r.owner.CreateQueue(context.Background(),
		&sqs.CreateQueueInput{QueueName: &name, Attributes: map[string]string{"VisibilityTimeout": "77"}})
	if err != nil {
		t.Fatal(err)
	}
	r.url = *made.QueueUrl
	t.Cleanup(func() { _, _ = r.owner.DeleteQueue(context.Background(), &sqs.DeleteQueueInput{QueueUrl: &r.url}) })
	r.deploy(t, action)
	return r
}

// deploy configures Locksmith as its function's environment would. STS is somewhere else than the other services.
func (r *rescue) deploy(t *testing.T, action string) {
	t.Helper()
	desk := httptest.NewServer(r.sts)
	t.Cleanup(desk.Close)
	keys, err := assume(server(t), central, "LocksmithUnlock")
	if err != nil {
		t.Fatal(err)
	}
	r.caller = keys.Value.AccessKeyID
	for name, value := range map[string]string{"AWS_ENDPOINT_URL": server(t), "AWS_ENDPOINT_URL_STS": desk.URL,
		"AWS_REGION": "us-east-1", "AWS_PROFILE": "",
		"AWS_ACCESS_KEY_ID": r.caller, "AWS_SECRET_ACCESS_KEY": keys.Value.SecretAccessKey,
		"AWS_SESSION_TOKEN": keys.Value.SessionToken,
		"AWS_CONFIG_FILE":   t.TempDir() + "/none", "AWS_SHARED_CREDENTIALS_FILE": t.TempDir() + "/none"} {
		t.Setenv(name, value)
	}
	cfg, err := awsroot.Load(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	root, err := awsroot.New(cfg, awsroot.Options{})
	if err != nil {
		t.Fatal(err)
	}
	list, err := allowlist.Read([]byte(`{"organization": "o-a1b2c3d4e5",
		"rules": [{"name": "sandboxes", "accounts": ["111122223333"], "resources": ["arn:aws:sqs:*:*:*"],
		"action": "` + action +
		`", "owner": "platform@example.com", "reason": "no data of record", "expires": "2099-12-31"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	r.hub = newHub(t, cfg, "rescue")
	r.flow = &remedy.Flow{Allow: list, Root: root, Ledger: ledger.NewMemory(ledger.Defaults(), time.Now),
		Teller: notice.New(cfg, r.topics), Now: time.Now, Wait: remedy.Sleep, LookAgain: remedy.Pauses(),
		Log: slog.New(slog.DiscardHandler), Report: func(got remedy.Report) { r.report = got }}
}

// rootOf gives keys of the account, as moto's STS hands them out. They are those of a role: moto issues none for root.
func rootOf(account string) (assumeroot.Keys, error) {
	keys, err := assume(base, account, "root")
	return assumeroot.Keys{ID: keys.Value.AccessKeyID, Secret: keys.Value.SecretAccessKey,
		Token: keys.Value.SessionToken}, err
}

// lock sets the policy as the queue's owner does, and is the event that CloudTrail makes of it.
func (r *rescue) lock(t *testing.T, policy string) []byte {
	t.Helper()
	_, err := r.owner.SetQueueAttributes(context.Background(), &sqs.SetQueueAttributesInput{QueueUrl: &r.url,
		Attributes: map[string]string{"Policy": policy}})
	if err != nil {
		t.Fatal(err)
	}
	sample, err := events.Files.ReadFile("23-sqs-deny-all.json")
	if err != nil {
		t.Fatal(err)
	}
	var event map[string]any
	if err := json.Unmarshal(sample, &event); err != nil {
		t.Fatal(err)
	}
	parameters := event["detail"].(map[string]any)["requestParameters"].(map[string]any)
	parameters["attributes"] = map[string]string{"Policy": policy}
	text, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (r *rescue) handle(t *testing.T, event []byte) {
	t.Helper()
	if err := r.flow.Handle(context.Background(), remedy.Delivery{Event: event, Try: 1}); err != nil {
		t.Fatal(err)
	}
}

// wantPolicy reads the queue's policy as its owner, and one attribute that Locksmith must not change. Moto keeps a
// policy parsed and prints it anew, with other spaces.
func (r *rescue) wantPolicy(t *testing.T, want string) {
	t.Helper()
	out, err := r.owner.GetQueueAttributes(context.Background(), &sqs.GetQueueAttributesInput{QueueUrl: &r.url,
		AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(decoded(t, want), decoded(t, out.Attributes["Policy"])); diff != "" {
		t.Errorf("policy (-want +got):\n%s", diff)
	}
	if out.Attributes["VisibilityTimeout"] != "77" {
		t.Errorf("visibility timeout %s, want 77 as before", out.Attributes["VisibilityTimeout"])
	}
}

func decoded(t *testing.T, policy string) (v any) {
	t.Helper()
	if policy == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(policy), &v); err != nil {
		t.Fatalf("%v: %s", err, policy)
	}
	return v
}
