package awsroot

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"locksmith/lambdas/remedy"
)

// What the wire server hands out. None of it may ever be seen outside a request's signature.
const (
	issuedKey    = "ASIAROOTSESSIONEXAMP"
	issuedSecret = "rOoTsEsSiOn/SecretKey+0123456789abcdefgh"
	issuedToken  = "FwoGZXIvYXdzEXAMPLEsessiontokenEXAMPLEsessiontokenEXAMPLEsessiontoken0123456789=="
	callerKey    = "ASIACENTRALROLEEXAMP"
	callerSecret = "cEnTrAl/SecretKeyOfTheLambda+0123456789x"
)

// An answer is one reply of the wire server.
type answer struct {
	status int
	header map[string]string
	body   string
}

// A call is one request as it arrived.
type call struct {
	method, path, query, body string
	header                    http.Header
}

// scope is the Region and service that the request is signed for.
func (c call) scope() string {
	credential := regexp.MustCompile(`Credential=([A-Z0-9]+)/[0-9]{8}/([a-z0-9-]+/[a-z0-9]+)/aws4_request`)
	m := credential.FindStringSubmatch(c.header.Get("Authorization"))
	if m == nil {
		return ""
	}
	return m[1] + " " + m[2]
}

// wire is a server that gives the answers it was told, one for each request, and keeps the requests. The last answer is
// given again.
type wire struct {
	*httptest.Server
	mu      sync.Mutex
	answers []answer
	calls   []call
}

func newWire(t *testing.T, answers ...answer) *wire {
	t.Helper()
	w := &wire{answers: answers}
	w.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.mu.Lock()
		defer w.mu.Unlock()
		w.calls = append(w.calls, call{r.Method, r.URL.Path, r.URL.RawQuery, string(body), r.Header})
		a := w.answers[min(len(w.calls), len(w.answers))-1]
		for name, value := range a.header {
			rw.Header().Set(name, value)
		}
		rw.WriteHeader(a.status)
		_, _ = io.WriteString(rw, a.body)
	}))
	t.Cleanup(w.Close)
	return w
}

func (w *wire) seen() []call {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.calls
}

func (w *wire) config() aws.Config {
	return aws.Config{Region: "us-east-1", BaseEndpoint: aws.String(w.URL),
		Credentials: credentials.NewStaticCredentialsProvider(callerKey, callerSecret, ""),
		Retryer:     func() aws.Retryer { return retry.AddWithMaxBackoffDelay(retry.NewStandard(), time.Millisecond) }}
}

// awsConfig is a configuration that leads to AWS itself, whose place transport takes.
func awsConfig(region string, transport http.RoundTripper) aws.Config {
	return aws.Config{Region: region,
		Credentials: credentials.NewStaticCredentialsProvider(callerKey, callerSecret, ""),
		HTTPClient:  &http.Client{Transport: transport}}
}

func (w *wire) opener(t *testing.T, o Options) *Opener {
	t.Helper()
	opener, err := New(w.config(), o)
	if err != nil {
		t.Fatal(err)
	}
	return opener
}

var (
	rootIssued = answer{200, nil,
		fmt.Sprintf(
			`<AssumeRootResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRootResult><Credentials>`+
				`<AccessKeyId>%s</AccessKeyId>`+
				`<SecretAccessKey>%s</SecretAccessKey><SessionToken>%s</SessionToken><Expiration>%s</Expiration>`+
				`</Credentials><SourceIdentity>kim</SourceIdentity></AssumeRootResult>`+
				`<ResponseMetadata><RequestId>0f1e2d3c-0000-4000-8000-000000000001</RequestId></ResponseMetadata>`+
				`</AssumeRootResponse>`,
			issuedKey, issuedSecret, issuedToken, time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC).Format(time.RFC3339))}
	noContent = answer{204, nil, ""}
)

func stsError(status int, code, message string) answer {
	return answer{status, nil,
		fmt.Sprintf(
			`<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>`+
				`<Code>%s</Code><Message>%s</Message></Error>`+
				`<RequestId>0f1e2d3c-0000-4000-8000-00000000000e</RequestId></ErrorResponse>`, code, message)}
}

func s3Error(status int, code, message string) answer {
	return answer{status, map[string]string{"X-Amz-Request-Id": "TX4EXAMPLE000001", "Content-Type": "application/xml"},
		fmt.Sprintf(
			`<?xml version="1.0" encoding="UTF-8"?><Error><Code>%s</Code><Message>%s</Message>`+
				`<RequestId>TX4EXAMPLE000001</RequestId><HostId>aG9zdA==</HostId></Error>`, code, message)}
}

// sqsError is an error in SQS's JSON protocol. Shape is what AWS puts in __type, and code the older name in the header.
func sqsError(status int, shape, code, message string) answer {
	header := map[string]string{"X-Amzn-Requestid": "0f1e2d3c-0000-4000-8000-00000000005e",
		"Content-Type": "application/x-amz-json-1.0"}
	if code != "" {
		header["X-Amzn-Query-Error"] = code + ";Sender"
	}
	return answer{status, header, fmt.Sprintf(`{"__type":%q,"message":%q}`, shape, message)}
}

func sqsAnswer(body string) answer {
	return answer{200, map[string]string{"Content-Type": "application/x-amz-json-1.0"}, body}
}

func bucketChange() remedy.Change {
	return remedy.Change{Resource: "arn:aws:s3:::payroll-exports", Account: "111122223333", Region: "eu-central-1"}
}

func queueChange() remedy.Change {
	return remedy.Change{Resource: "arn:aws:sqs:ap-southeast-2:111122223333:orders.fifo", Account: "111122223333",
		Region: "ap-southeast-2"}
}

func form(t *testing.T, body string) map[string]string {
	t.Helper()
	fields := map[string]string{}
	for _, pair := range strings.Split(body, "&") {
		name, value, _ := strings.Cut(pair, "=")
		fields[name] = strings.NewReplacer("%3A", ":", "%2F", "/").Replace(value)
	}
	return fields
}
