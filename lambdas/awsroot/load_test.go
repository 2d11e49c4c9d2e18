package awsroot

import (
	"context"
	"strings"
	"testing"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// TestLoad: the environment alone leads every service to an AWS somewhere else, and the waits are bounded.
func TestLoad(t *testing.T) {
	w := newWire(t, rootIssued, noContent)
	for name, value := range map[string]string{"AWS_ENDPOINT_URL": w.URL, "AWS_REGION": "eu-west-1",
		"AWS_ACCESS_KEY_ID": callerKey, "AWS_SECRET_ACCESS_KEY": callerSecret,
		"AWS_SESSION_TOKEN": "", "AWS_PROFILE": "", "AWS_CONFIG_FILE": t.TempDir() + "/none",
		"AWS_SHARED_CREDENTIALS_FILE": t.TempDir() + "/none"} {
		t.Setenv(name, value)
	}
	cfg, err := Load(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	opener, err := New(cfg, Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := opener.Open(context.Background(), bucketChange())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Delete(context.Background()); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range w.seen() {
		got = append(got, c.method+" "+c.path+" "+c.scope())
	}
	want := "POST / " + callerKey + " eu-west-1/sts, DELETE /payroll-exports " + issuedKey + " eu-central-1/s3"
	if strings.Join(got, ", ") != want {
		t.Errorf("calls: %v, want %s", got, want)
	}
	client, ok := cfg.HTTPClient.(*awshttp.BuildableClient)
	if !ok || client.GetTimeout() != 10*time.Second || client.GetDialer().Timeout != 3*time.Second {
		t.Errorf("HTTP client %T without the timeouts", cfg.HTTPClient)
	}
	if n := cfg.Retryer().MaxAttempts(); n != 3 {
		t.Errorf("%d attempts, want 3", n)
	}
}
