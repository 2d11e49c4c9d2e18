package versity

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"locksmith/lambdas/awsroot"
	"locksmith/lambdas/ledger"
	"locksmith/lambdas/remedy"
	"locksmith/policies/allowlist"
	"locksmith/test/assumeroot"
	"locksmith/test/events"
)

var payroll = aws.String("payroll")

// A rescue is the bucket payroll on a gateway of its own, its owner, and Locksmith: the real flow and the real adapter
// for root.
type rescue struct {
	gateway *gateway
	owner   *s3.Client
	sts     *assumeroot.Service
	ledger  *ledger.Memory
	flow    *remedy.Flow
	last    remedy.Report   // of the last event
	told    []remedy.Result // what people were told
}

// newRescue makes the bucket, and a rule for it with this action.
func newRescue(t *testing.T, action string) *rescue {
	t.Helper()
	r := &rescue{gateway: newGateway(t)}
	r.sts = &assumeroot.Service{Issue: r.gateway.users.open}
	r.environment(t)
	cfg, err := awsroot.Load(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	root, err := awsroot.New(cfg, awsroot.Options{})
	if err != nil {
		t.Fatal(err)
	}
	list, err := allowlist.Read([]byte(`{"organization": "o-a1b2c3d4e5", "rules": [{"name": "sandboxes",
		"accounts": ["111122223333"], "resources": ["arn:aws:s3:::*"], "action": "` + action + `",
		"owner": "platform@example.com", "reason": "no data of record", "expires": "2099-12-31"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	r.ledger = ledger.NewMemory(ledger.Defaults(), time.Now)
	r.flow = &remedy.Flow{Allow: list, Root: root, Ledger: r.ledger, Teller: r,
		Now: time.Now, Wait: remedy.Sleep, LookAgain: remedy.Pauses(), Log: slog.New(slog.DiscardHandler),
		Instant: true, // files show every change at once
		Report: func(got remedy.Report) {
			r.last = got
		}}
	r.owner = r.client(t, assumeroot.Keys{ID: owner, Secret: secret})
	if _, err := r.owner.CreateBucket(context.Background(), &s3.CreateBucketInput{Bucket: payroll}); err != nil {
		t.Fatal(err)
	}
	return r
}

// environment is that of Locksmith's function, with endpoints of our own for the two services that it calls here.
func (r *rescue) environment(t *testing.T) {
	t.Helper()
	desk := httptest.NewServer(r.sts)
	t.Cleanup(desk.Close)
	for name, value := range map[string]string{"AWS_ENDPOINT_URL_S3": r.gateway.url, "AWS_ENDPOINT_URL_STS": desk.URL,
		"AWS_CA_BUNDLE": r.gateway.ca, "AWS_REGION": "us-east-1",
		"AWS_ACCESS_KEY_ID": "central", "AWS_SECRET_ACCESS_KEY": "any", "AWS_SESSION_TOKEN": "", "AWS_PROFILE": "",
		"AWS_CONFIG_FILE": t.TempDir() + "/none", "AWS_SHARED_CREDENTIALS_FILE": t.TempDir() + "/none"} {
		t.Setenv(name, value)
	}
}

// client is the SDK as anybody uses it, in the gateway's Region.
func (r *rescue) client(t *testing.T, keys assumeroot.Keys) *s3.Client {
	t.Helper()
	signer := credentials.NewStaticCredentialsProvider(keys.ID, keys.Secret, keys.Token)
	cfg, err := config.LoadDefaultConfig(t.Context(), config.WithRegion(region), config.WithCredentialsProvider(signer))
	if err != nil {
		t.Fatal(err)
	}
	return s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true })
}

// root is the gateway's root.
func (r *rescue) root(t *testing.T) *s3.Client {
	t.Helper()
	keys, err := r.gateway.users.open(owner)
	if err != nil {
		t.Fatal(err)
	}
	return r.client(t, keys)
}

// Tell implements [remedy.Teller].
func (r *rescue) Tell(_ context.Context, n remedy.Notice, told []remedy.Channel) ([]remedy.Channel, error) {
	r.told = append(r.told, n.Outcome.Result)
	return append(told, remedy.Alerts), nil
}

// put gives the bucket a policy, as its owner does, and is the event that CloudTrail makes of it.
func (r *rescue) put(t *testing.T, policy string) []byte {
	t.Helper()
	if _, err := r.owner.PutBucketPolicy(context.Background(),
		&s3.PutBucketPolicyInput{Bucket: payroll, Policy: &policy}); err != nil {
		t.Fatal(err)
	}
	sample, err := events.Files.ReadFile("02-s3-deny-all.json")
	if err != nil {
		t.Fatal(err)
	}
	var event map[string]any
	if err := json.Unmarshal(sample, &event); err != nil {
		t.Fatal(err)
	}
	parameters := event["detail"].(map[string]any)["requestParameters"].(map[string]any)
	parameters["bucketPolicy"] = json.RawMessage(policy)
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

// read reads the policy as the owner does.
func (r *rescue) read() (string, error) {
	out, err := r.owner.GetBucketPolicy(context.Background(), &s3.GetBucketPolicyInput{Bucket: payroll})
	if err != nil {
		return "", err
	}
	return *out.Policy, nil
}

// wantPolicy is that the owner reads this policy, byte for byte, or that there is none.
func (r *rescue) wantPolicy(t *testing.T, want string) {
	t.Helper()
	got, err := r.read()
	if want == "" {
		wantCode(t, err, "NoSuchBucketPolicy")
		return
	}
	if err != nil || got != want {
		t.Errorf("the owner reads %s, %v, want %s", got, err, want)
	}
}

// wantShutOut is that the owner can neither read nor change nor remove the policy, nor use the bucket.
func (r *rescue) wantShutOut(t *testing.T) {
	t.Helper()
	_, err := r.read()
	wantCode(t, err, "AccessDenied")
	_, err = r.owner.PutBucketPolicy(context.Background(),
		&s3.PutBucketPolicyInput{Bucket: payroll, Policy: aws.String(policy(allowOwner))})
	wantCode(t, err, "AccessDenied")
	_, err = r.owner.DeleteBucketPolicy(context.Background(), &s3.DeleteBucketPolicyInput{Bucket: payroll})
	wantCode(t, err, "AccessDenied")
	_, err = r.owner.ListObjectsV2(context.Background(), &s3.ListObjectsV2Input{Bucket: payroll})
	wantCode(t, err, "AccessDenied")
}

func wantCode(t *testing.T, err error, want string) {
	t.Helper()
	var said smithy.APIError
	if !errors.As(err, &said) || said.ErrorCode() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}
