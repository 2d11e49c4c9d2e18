package awsroot

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// LoadAs is [Load] for a person: with a profile and a Region, where they are named.
func LoadAs(ctx context.Context, profile, region string) (aws.Config, error) {
	var options []func(*config.LoadOptions) error
	if profile != "" {
		options = append(options, config.WithSharedConfigProfile(profile))
	}
	if region != "" {
		options = append(options, config.WithRegion(region))
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return aws.Config{}, fmt.Errorf("AWS configuration: %w", err)
	}
	return patient(cfg), nil
}

// longestAnswer is how long an answer of an HTTP API can be
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html).
const longestAnswer = 10 << 20

// An API is one behind API Gateway, called with Signature Version 4 as a person.
type API struct {
	base   *url.URL
	region string
	cfg    aws.Config
	signer *v4.Signer
	client *http.Client
}

// NewAPI is the API at an address. A signature may come with a session's token, which is for no wire that others hear:
// without TLS the address has to be of this machine. The Region is by default the one that the address names, or the
// configuration's.
func NewAPI(cfg aws.Config, address, region string) (*API, error) {
	base, err := url.Parse(strings.TrimSuffix(address, "/"))
	if err != nil || base.Host == "" || base.RawQuery != "" || base.User != nil {
		return nil, fmt.Errorf("address %q: want the API's, such as https://ID.execute-api.REGION.amazonaws.com", address)
	}
	ip := net.ParseIP(base.Hostname())
	here := base.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	if base.Scheme != "https" && (base.Scheme != "http" || !here) {
		return nil, fmt.Errorf("address %q: want https, since requests carry a session's token", address)
	}
	if parts := strings.Split(base.Hostname(), "."); region == "" && len(parts) > 3 && parts[1] == "execute-api" {
		region = parts[2]
	}
	if region == "" {
		region = cfg.Region
	}
	if region == "" {
		return nil, fmt.Errorf("address %q names no Region: say which it is in", address)
	}
	client := &http.Client{Timeout: 35 * time.Second, // API Gateway gives up after 30
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return &API{base: base, region: region, cfg: cfg, signer: v4.NewSigner(), client: client}, nil
}

// Caller is the ARN that the API will see.
func (a *API) Caller(ctx context.Context) (string, error) {
	cfg := a.cfg.Copy()
	if cfg.Region == "" {
		cfg.Region = a.region
	}
	self, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return "", fmt.Errorf("your AWS credentials are of no use: %w", err)
	}
	return aws.ToString(self.Arn), nil
}

// Do does one request. The path begins with a slash, and may have a query. An error is that there was no answer.
func (a *API) Do(ctx context.Context, method, path string, header http.Header, body []byte) (*http.Response, []byte,
	error) {
	r, err := http.NewRequestWithContext(ctx, method, a.base.String()+path, bytes.NewReader(body))
	if err != nil {
		return nil, nil, fmt.Errorf("path %q: %w", path, err)
	}
	for name, values := range header {
		r.Header[http.CanonicalHeaderKey(name)] = values
	}
	if a.cfg.Credentials == nil {
		return nil, nil, errors.New("there are no AWS credentials: set a profile")
	}
	credentials, err := a.cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("your AWS credentials are of no use: %w", err)
	}
	sum := sha256.Sum256(body)
	if err := a.signer.SignHTTP(ctx, credentials, r, hex.EncodeToString(sum[:]), "execute-api", a.region,
		time.Now()); err != nil {
		return nil, nil, fmt.Errorf("signature: %w", err)
	}
	answer, err := a.client.Do(r)
	if err != nil {
		return nil, nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, longestAnswer))
	if err != nil {
		return nil, nil, fmt.Errorf("the answer broke off: %w", err)
	}
	return answer, text, nil
}
