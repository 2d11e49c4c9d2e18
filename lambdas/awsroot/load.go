package awsroot

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
)

// appID is what CloudTrail shows as app/locksmith in the user agent of every call.
const appID = "locksmith"

// Load reads the AWS configuration from where the SDK looks for it, which in a Lambda function is its environment. All
// adapters share it, and with it its connections.
func Load(ctx context.Context) (aws.Config, error) {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return aws.Config{}, fmt.Errorf("AWS configuration: %w", err)
	}
	return patient(cfg), nil
}

// patient gives every call at most three attempts of ten seconds each. What is still failing then is left to the work
// queue, whose pauses are longer. A retryer that is set, and an HTTP client that is not the SDK's own, are left as they
// are.
func patient(cfg aws.Config) aws.Config {
	cfg = cfg.Copy()
	cfg.AppID = appID
	if cfg.Retryer == nil {
		cfg.Retryer = func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.MaxAttempts = 3
				o.MaxBackoff = 2 * time.Second
			})
		}
	}
	if client, ok := cfg.HTTPClient.(*awshttp.BuildableClient); ok || cfg.HTTPClient == nil {
		if client == nil {
			client = awshttp.NewBuildableClient()
		}
		cfg.HTTPClient = client.WithTimeout(10 * time.Second).
			WithDialerOptions(func(d *net.Dialer) { d.Timeout = 3 * time.Second }).
			WithTransportOptions(func(t *http.Transport) { t.TLSHandshakeTimeout = 3 * time.Second })
	}
	return cfg
}
