package sigv4_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"locksmith/test/cloud/sigv4"
)

// check reads and checks a request's signature.
func check(r *http.Request, secret string) error {
	s, err := sigv4.Read(r)
	if err != nil {
		return err
	}
	return s.Check(r, secret, 1<<20)
}

// TestPublishedSignatures: one of AWS's test suite for Signature Version 4, and two of S3's documentation
// (https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html).
func TestPublishedSignatures(t *testing.T) {
	const example, s3 = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
	const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	for _, row := range []struct{ name, url, secret, headers string }{
		{"get-vanilla", "http://example.amazonaws.com/", example, `X-Amz-Date: 20150830T123600Z
Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, ` +
			`SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31`},
		{"an object's range", "http://examplebucket.s3.amazonaws.com/test.txt", s3, `X-Amz-Date: 20130524T000000Z
Range: bytes=0-9
X-Amz-Content-Sha256: ` + empty + `
Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, ` +
			`SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, ` +
			`Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41`},
		{"a bucket's lifecycle", "http://examplebucket.s3.amazonaws.com/?lifecycle", s3, `X-Amz-Date: 20130524T000000Z
X-Amz-Content-Sha256: ` + empty + `
Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,` +
			`SignedHeaders=host;x-amz-content-sha256;x-amz-date,` +
			`Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543`},
	} {
		r := httptest.NewRequest("GET", row.url, nil)
		r.RequestURI = r.URL.RequestURI() // as a server reads it
		for line := range strings.SplitSeq(row.headers, "\n") {
			name, value, _ := strings.Cut(line, ": ")
			r.Header.Set(name, value)
		}
		if err := check(r, row.secret); err != nil {
			t.Errorf("%s: %v", row.name, err)
		}
		if err := check(r, row.secret+"x"); err == nil {
			t.Errorf("%s: another secret passes", row.name)
		}
	}
}

var at = time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)

// signed is a request that the SDK's own signer has signed, as it comes out at the other end of a connection.
func signed(t *testing.T, method, url, service, body, said string, header ...string) *http.Request {
	t.Helper()
	out, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		out.Header.Add(header[i], header[i+1])
	}
	sum := sha256.Sum256([]byte(body))
	hash := hex.EncodeToString(sum[:])
	if said != "" {
		out.Header.Set("X-Amz-Content-Sha256", said)
		hash = said
	}
	err = v4.NewSigner().SignHTTP(context.Background(), aws.Credentials{AccessKeyID: "111122223333", SecretAccessKey: "s"},
		out, hash, service, "eu-central-1", at, func(o *v4.SignerOptions) { o.DisableURIPathEscaping = service == "s3" })
	if err != nil {
		t.Fatal(err)
	}
	var came *http.Request
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		content, _ := io.ReadAll(r.Body)
		came, r.Body = r, io.NopCloser(bytes.NewReader(content))
	}))
	defer server.Close()
	out.Host = out.URL.Host
	out.URL.Host = server.Listener.Addr().String()
	if response, err := http.DefaultClient.Do(out); err != nil {
		t.Fatal(err)
	} else {
		response.Body.Close()
	}
	return came
}

func TestWhatTheSDKSigns(t *testing.T) {
	sum := sha256.Sum256([]byte("hello"))
	hello := hex.EncodeToString(sum[:])
	for _, row := range []struct {
		method, url, service, body, said string
		header                           []string
	}{
		{"GET", "http://sqs.example/", "sqs", "", "", nil},
		{"POST", "http://sts.example/", "sts", "Action=AssumeRoot&a=b c", "", []string{"Content-Type", "text/plain"}},
		{"PUT", "http://s3.example/b/a%20b/%C3%A4+%2B~!$&'()*,;=:@", "s3", "hello", hello, nil},
		{"PUT", "http://s3.example/b?policy", "s3", "hello", hello, []string{"Content-Md5", "x", "X-Amz-Meta-A", "  a   b "}},
		{"PUT", "http://s3.example/b/k", "s3", "hello", "UNSIGNED-PAYLOAD", nil},
		{"GET", "http://s3.example/b?list-type=2&prefix=a%2Fb%20c%2B&prefix=&delimiter=/&z=%E2%82%AC&a=1", "s3", "", "", nil},
		{"POST", "http://desk.example/desk/unlock-s3-bucket/111122223333/a%20b", "execute-api", `{"reason":"x"}`, "", nil},
		{"GET", "http://desk.example/desk/requests?next=a+b&x", "execute-api", "", "",
			[]string{"X-Amz-Many", "one", "X-Amz-Many", "two"}},
	} {
		r := signed(t, row.method, row.url, row.service, row.body, row.said, row.header...)
		if err := check(r, "s"); err != nil {
			t.Errorf("%s %s: %v", row.method, row.url, err)
		}
		if body, _ := io.ReadAll(r.Body); string(body) != row.body {
			t.Errorf("%s %s: the body is %q afterwards", row.method, row.url, body)
		}
		s, err := sigv4.Read(r)
		if err != nil || s.Key != "111122223333" || s.Region != "eu-central-1" || s.Service != row.service ||
			!s.At.Equal(at) {
			t.Errorf("%s %s: %+v %v", row.method, row.url, s, err)
		}
	}
}

// TestWhatOlderClientsSign: a path that is escaped once, as it is sent, passes for API Gateway, and for no other
// service that wants it escaped twice.
func TestWhatOlderClientsSign(t *testing.T) {
	once := func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }
	for service, passes := range map[string]bool{"execute-api": true, "sqs": false, "iam": false} {
		r := httptest.NewRequest("GET", "http://desk.example/desk/incidents/8a2f%7Earn:aws:s3:::payroll?b=2&a=1", nil)
		sum := sha256.Sum256(nil)
		err := v4.NewSigner().SignHTTP(t.Context(), aws.Credentials{AccessKeyID: "k", SecretAccessKey: "s"}, r,
			hex.EncodeToString(sum[:]), service, "us-east-1", at, once)
		if err != nil {
			t.Fatal(err)
		}
		r.RequestURI = r.URL.RequestURI()
		if err := check(r, "s"); (err == nil) != passes {
			t.Errorf("%s: %v", service, err)
		}
		if err := check(r, "another"); err == nil {
			t.Errorf("%s: another secret passes", service)
		}
	}
}

// TestChangesShow: whatever is changed on the way, the signature does not fit any more.
func TestChangesShow(t *testing.T) {
	for name, change := range map[string]func(r *http.Request){
		"method":  func(r *http.Request) { r.Method = "PUT" },
		"path":    func(r *http.Request) { r.RequestURI = "/other?a=1" },
		"query":   func(r *http.Request) { r.RequestURI = "/path?a=2" },
		"more":    func(r *http.Request) { r.RequestURI = "/path?a=1&b" },
		"header":  func(r *http.Request) { r.Header.Set("X-Amz-Target", "Other") },
		"host":    func(r *http.Request) { r.Host = "other.example" },
		"body":    func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader("other")) },
		"date":    func(r *http.Request) { r.Header.Set("X-Amz-Date", "20261121T080001Z") },
		"day":     func(r *http.Request) { r.Header.Set("X-Amz-Date", "20261122T080000Z") },
		"no date": func(r *http.Request) { r.Header.Del("X-Amz-Date") },
		"a body of another hash": func(r *http.Request) {
			r.Header.Set("X-Amz-Content-Sha256", strings.Repeat("0", 64))
		},
		"a long body": func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader(strings.Repeat("x", 1<<20+1))) },
		"a host that is not signed": func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "host;", "", 1))
		},
		"scope": func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "eu-central-1", "us-east-1", 1))
		},
		"signature": func(r *http.Request) {
			a := r.Header.Get("Authorization")
			r.Header.Set("Authorization", fmt.Sprintf("%s%064x", a[:len(a)-64], 1))
		},
		"form": func(r *http.Request) { r.Header.Set("Authorization", "AWS4-HMAC-SHA256") },
	} {
		r := signed(t, "POST", "http://sqs.example/path?a=1", "sqs", "body", "", "X-Amz-Target", "SendMessage")
		if err := check(r, "s"); err != nil {
			t.Fatalf("%s: before: %v", name, err)
		}
		if change(r); check(r, "s") == nil {
			t.Errorf("%s: does not show", name)
		}
	}
}
