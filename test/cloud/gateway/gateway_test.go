package gateway_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"locksmith/test/cloud"
	"locksmith/test/cloud/gateway"
	"locksmith/test/cloud/iam"
	"locksmith/test/cloud/place"
)

// echo says who called, and for what.
func echo(w http.ResponseWriter, r *http.Request) {
	who, _ := gateway.CallerOf(r.Context())
	body, _ := io.ReadAll(r.Body)
	fmt.Fprintf(w, "%s %s %s %q %s", r.Method, r.URL.Path, r.URL.RawQuery, body, who.ARN)
}

func serve(t *testing.T) *place.Place {
	p := place.Of(t, cloud.Config{})
	p.Time = time.Now()
	p.ServeAPI(place.Central, "us-east-1", "/desk", http.HandlerFunc(echo))
	return p
}

// rootSession is a call with the credentials of a root session.
func rootSession(t *testing.T, p *place.Place) call {
	t.Helper()
	c := p.As(place.Central+".role.Locksmith", "us-east-1")
	c.Credentials = credentials.NewStaticCredentialsProvider(place.Central+".role.Locksmith", "s", "")
	out, err := place.Assume(c, place.Owner, "S3UnlockBucketPolicy", 300)
	if err != nil {
		t.Fatal(err)
	}
	return call{key: *out.Credentials.AccessKeyId, secret: *out.Credentials.SecretAccessKey,
		token: *out.Credentials.SessionToken, service: "execute-api", region: "us-east-1"}
}

// A call is a request, and how it is signed.
type call struct {
	key, secret, service, region, token string
	at                                  time.Time
}

func (c call) get(t *testing.T, url string) (int, string, http.Header) {
	t.Helper()
	r, err := http.NewRequest("GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(nil)
	if err := v4.NewSigner().SignHTTP(context.Background(), aws.Credentials{AccessKeyID: c.key, SecretAccessKey: c.secret,
		SessionToken: c.token}, r, hex.EncodeToString(sum[:]), c.service, c.region, c.at); err != nil {
		t.Fatal(err)
	}
	return send(t, r)
}

func send(t *testing.T, r *http.Request) (int, string, http.Header) {
	t.Helper()
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body), answer.Header
}

// TestWhoMayPass: a signature that fits lets its caller through, and everything else is 403, as a problem with the
// member that API Gateway has.
func TestWhoMayPass(t *testing.T) {
	const session = "arn:aws:sts::999988887777:assumed-role/OnCall/kim@example.com"
	good := call{key: place.Central + ".role.OnCall.kim@example.com", secret: "s", service: "execute-api",
		region: "us-east-1"}
	but := func(change func(*call)) call { c := good; change(&c); return c }
	for _, secret := range []string{"", "s"} {
		p := serve(t)
		p.CheckSignatures(secret)
		root := rootSession(t, p)
		for name, row := range map[string]struct {
			call
			want string // the caller's ARN, or ""
		}{
			"a session":          {good, session},
			"a user":             {but(func(c *call) { c.key = place.Central }), "arn:aws:iam::999988887777:user/admin"},
			"14 minutes ago":     {but(func(c *call) { c.at = p.Time.Add(-14 * time.Minute) }), session},
			"16 minutes ago":     {but(func(c *call) { c.at = p.Time.Add(-16 * time.Minute) }), ""},
			"16 minutes ahead":   {but(func(c *call) { c.at = p.Time.Add(16 * time.Minute) }), ""},
			"root's key":         {but(func(c *call) { c.key = place.Owner + ".root" }), ""},
			"a root session":     {root, ""},
			"an unknown key":     {but(func(c *call) { c.key = "AKIAIOSFODNN7EXAMPLE" }), ""},
			"another service":    {but(func(c *call) { c.service = "lambda" }), ""},
			"another Region":     {but(func(c *call) { c.region = "eu-west-1" }), ""},
			"with another token": {but(func(c *call) { c.key, c.token = root.key, "wrong" }), ""},
		} {
			if row.at.IsZero() {
				row.at = p.Time
			}
			status, body, header := row.get(t, p.URL+"/desk/requests?state=done")
			if row.want != "" && (status != 200 || !strings.HasSuffix(body, " "+row.want)) {
				t.Errorf("secret %q, %s: %d %s", secret, name, status, body)
			} else if row.want == "" {
				forbidden(t, name, status, body, header)
			}
		}
		r, _ := http.NewRequest("GET", p.URL+"/desk/requests", nil)
		status, body, header := send(t, r)
		forbidden(t, "unsigned", status, body, header)
		r.Header.Set("Authorization", "Bearer x")
		status, body, header = send(t, r)
		forbidden(t, "a token", status, body, header)
		if status, body, header := but(func(c *call) { c.secret, c.at = "t", p.Time }).get(t, p.URL+"/desk"); secret != "" {
			forbidden(t, "wrong signature", status, body, header)
		}
	}
}

func forbidden(t *testing.T, name string, status int, body string, header http.Header) {
	t.Helper()
	var problem map[string]any
	if err := json.Unmarshal([]byte(body), &problem); err != nil || status != 403 ||
		header.Get("Content-Type") != "application/problem+json" || problem["message"] != "Forbidden" ||
		problem["status"] != 403.0 || problem["detail"] == "" {
		t.Errorf("%s: %d %v %s", name, status, header, body)
	}
}

// TestAPIPolicy: the identity policy of who calls binds them here, too, and the call is counted.
func TestAPIPolicy(t *testing.T) {
	p := serve(t)
	p.PutRole(iam.Role{Account: place.Central, Name: "Nobody", Permissions: `{"Version":"2012-10-17",
		"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`})
	c := call{key: place.Central + ".role.Nobody", secret: "any", service: "execute-api", region: "us-east-1", at: p.Time}
	status, body, header := c.get(t, p.URL+"/desk/requests")
	forbidden(t, "no leave", status, body, header)
	if calls := p.Calls(); len(calls) != 1 || calls[0].Service != "execute-api" || calls[0].Action != "Invoke" {
		t.Errorf("%+v", calls)
	}
}

// TestCurlWithASession: the credentials of a real session of a role pass with their token, and not without.
func TestCurlWithASession(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("curl is not installed: the test with the real command is skipped")
	}
	p := serve(t)
	p.CheckSignatures("open")
	cfg := p.As(place.Central, "us-east-1")
	cfg.Credentials = credentials.NewStaticCredentialsProvider(place.Central, "open", "")
	p.PutRole(iam.Role{Account: place.Central, Name: "OnCall"})
	role := "arn:aws:iam::" + place.Central + ":role/OnCall"
	out, err := sts.NewFromConfig(cfg).AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: &role,
		RoleSessionName: aws.String("kim")})
	if err != nil {
		t.Fatal(err)
	}
	user := *out.Credentials.AccessKeyId + ":" + *out.Credentials.SecretAccessKey
	for token, want := range map[string]string{*out.Credentials.SessionToken: ":assumed-role/OnCall/kim",
		"another": "Forbidden", "": "Forbidden"} {
		said, err := exec.Command("curl", "-sS", "--aws-sigv4", "aws:amz:us-east-1:execute-api", "--user", user, "-H",
			"x-amz-security-token: "+token, p.URL+"/desk/requests?b=2&a=1").CombinedOutput()
		if err != nil || !strings.Contains(string(said), want) {
			t.Errorf("token %.5q: %v %s", token, err, said)
		}
	}
}

// TestCurl: the real command signs, and what it signs is taken, with a secret that everybody knows and with any.
func TestCurl(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("curl is not installed: the test with the real command is skipped")
	}
	p := serve(t)
	curl := func(secret string, args ...string) string {
		args = append([]string{"-sS", "--aws-sigv4", "aws:amz:us-east-1:execute-api", "--user", "999988887777:" + secret},
			args...)
		var said bytes.Buffer
		c := exec.Command("curl", args...)
		c.Stdout, c.Stderr = &said, &said
		if err := c.Run(); err != nil {
			t.Fatal(err, said.String())
		}
		return said.String()
	}
	const me = " arn:aws:iam::999988887777:user/admin"
	for _, secret := range []string{"", "open"} {
		p.CheckSignatures(secret)
		for _, row := range []struct{ args, want string }{
			{"/desk/requests", `GET /desk/requests  ""`},
			{"/desk/requests?from=b&account=111122223333", `GET /desk/requests from=b&account=111122223333 ""`},
			{"/desk/requests?from=a%2Fb~%20c", `GET /desk/requests from=a%2Fb~%20c ""`},
			{"/desk/incidents/8a2f~arn:aws:s3:::payroll", `GET /desk/incidents/8a2f~arn:aws:s3:::payroll  ""`},
			{"/desk/incidents/8a2f%7Earn%3Aaws%3As3:::payroll", `GET /desk/incidents/8a2f~arn:aws:s3:::payroll  ""`},
			{"/desk/a%2Fb", `GET /desk/a/b  ""`},
			{`/desk/x -d {"reason":"it's locked"}`, `POST /desk/x  "{\"reason\":\"it's locked\"}"`},
			{`/desk/x?region=eu-west-1 -XPOST`, `POST /desk/x region=eu-west-1 ""`},
		} {
			path, rest, _ := strings.Cut(row.args, " ")
			args := []string{p.URL + path}
			if option, value, ok := strings.Cut(rest, " "); ok {
				args = append(args, option, value)
			} else if rest != "" {
				args = append(args, rest)
			}
			if got := curl("open", args...); got != row.want+me {
				t.Errorf("secret %q: %s: %s, want %s", secret, row.args, got, row.want+me)
			}
			if got := curl("another", args...); secret != "" && !strings.Contains(got, `"message":"Forbidden"`) {
				t.Errorf("secret %q: %s with another: %s", secret, row.args, got)
			}
		}
	}
}
