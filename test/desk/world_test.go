package desk

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"locksmith/lambdas/ledger"
	"locksmith/lambdas/requests"
	"locksmith/policies/allowlist"
	"locksmith/test/cloud"
	"locksmith/test/cloud/iam"
	"locksmith/test/cloud/organizations"
	"locksmith/test/pipeline"
)

// The accounts: two members, and one that is in no organization of ours.
const (
	account  = "111122223333"
	other    = "222233334444"
	stranger = "555566667777"
	central  = "999988887777"
	region   = "eu-central-1"
)

// The people, by their access keys. Security and Developers are two permission sets that kim has both of.
const (
	onCall  = central + ".role.AWSReservedSSO_OnCall_0123456789abcdef.ann@example.com"
	kim     = central + ".role.AWSReservedSSO_Developers_0123456789abcdef.kim@example.com"
	kimToo  = central + ".role.AWSReservedSSO_Security_fedcba9876543210.Kim@Example.com"
	lee     = central + ".role.AWSReservedSSO_Security_fedcba9876543210.lee@example.com"
	limited = central + ".user.limited"
	fire    = central + ".user.fire"
	nobody  = central + ".user.nobody"
)

// list is the allow list: nothing is unlocked by itself, and people have entries of each kind.
const list = `{"organization": "o-a1b2c3d4e5", "never": ["arn:aws:s3:::org-trail-*"],
 "rules": [{"name": "told", "accounts": ["r-a1b2"], "resources": ["arn:aws:s3:::*", "arn:aws:sqs:*:*:*"],
   "action": "notify", "owner": "Ops", "reason": "people decide"}],
 "desk": [
  {"name": "on call", "who": ["arn:aws:sts::999988887777:assumed-role/AWSReservedSSO_OnCall_*/*"],
   "tasks": ["view", "unlock", "audit", "operate"], "accounts": ["r-a1b2"], "approvals": 0},
  {"name": "developers", "who": ["arn:aws:sts::999988887777:assumed-role/AWSReservedSSO_Developers_*/*"],
   "tasks": ["view", "unlock", "force", "restore", "create-password", "delete-credentials", "audit", "operate"],
   "accounts": ["r-a1b2"], "approvals": 1, "hours": 4,
   "approvers": ["arn:aws:sts::999988887777:assumed-role/AWSReservedSSO_Security_*/*"]},
  {"name": "security", "who": ["arn:aws:sts::999988887777:assumed-role/AWSReservedSSO_Security_*/*"],
   "tasks": ["operate"], "accounts": ["r-a1b2"]},
  {"name": "limited", "who": ["arn:aws:iam::999988887777:user/limited"],
   "tasks": ["view", "unlock", "operate", "audit"], "accounts": ["222233334444"], "approvals": 0},
  {"name": "fire", "who": ["arn:aws:iam::999988887777:user/fire"], "accounts": ["111122223333"], "approvals": 1,
   "tasks": ["unlock", "force", "create-password", "delete-credentials"], "breakGlass": true,
   "approvers": ["arn:aws:sts::999988887777:assumed-role/AWSReservedSSO_Security_*/*"]}]}`

func lock(arn string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"` +
		strings.SplitN(arn, ":", 4)[2] + `:*","Resource":"` + arn + `"}]}`
}

func healthy(arn string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"` +
		arn + `/*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`
}

// A world is a desk on an AWS, with a clock of its own that begins now.
type world struct {
	*pipeline.Pipeline
	desk  *pipeline.Desk
	sweep *pipeline.Sweep
	t     testing.TB
	cloud *cloud.Cloud
	base  string
	arns  []string // of all buckets and queues

	mu  sync.Mutex
	now time.Time
	log bytes.Buffer
}

const secret = "open sesame"

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, now: time.Now()}
	w.cloud = cloud.New(cloud.Config{Now: w.clock})
	server := httptest.NewServer(w.cloud)
	t.Cleanup(server.Close)
	w.base = server.URL
	allow, err := allowlist.Read([]byte(list))
	if err != nil {
		t.Fatal(err)
	}
	wait := func(_ context.Context, d time.Duration) error { w.pass(d); return nil }
	log := slog.New(slog.NewTextHandler(w, nil))
	limits := ledger.Defaults()
	limits.PerResource, limits.PerAccount, limits.PerHour = 50, 100, 200
	w.Pipeline, err = pipeline.New(w.cloud, w.base, pipeline.Options{Allow: allow, Now: w.clock, Wait: wait, Log: log,
		Limits: limits, Secret: secret, Visibility: time.Minute, Retryer: pipeline.Impatient})
	if err != nil {
		t.Fatal(err)
	}
	w.Flow.Instant = true
	regions := []string{"us-east-1", region}
	if w.sweep, err = w.Sweep(pipeline.SweepOptions{Regions: regions, Log: log}); err != nil {
		t.Fatal(err)
	}
	if w.desk, err = w.NewDesk(pipeline.DeskOptions{Sweep: w.sweep, Regions: regions, Log: log}); err != nil {
		t.Fatal(err)
	}
	w.desk.Serve()
	w.furnish()
	return w
}

// furnish puts buckets, queues and root credentials into the accounts.
func (w *world) furnish() {
	for _, a := range []string{account, other, "000011112222"} {
		w.cloud.PutAccount(organizations.Account{Number: a})
	}
	w.cloud.PutAccount(organizations.Account{Number: stranger})
	w.cloud.Leave(stranger)
	for name, owner := range map[string]string{"payroll": account, "open": account, "bare": account,
		"org-trail-1": account, "theirs": other, "away": stranger} {
		w.cloud.PutBucket(owner, region, name)
		arn := "arn:aws:s3:::" + name
		w.arns = append(w.arns, arn)
		switch name {
		case "open":
			w.cloud.SetPolicy(arn, healthy(arn))
		case "bare":
		default:
			w.cloud.SetPolicy(arn, lock(arn))
		}
	}
	for name, owner := range map[string]string{"orders": account, "queue-of-theirs": other} {
		arn := w.cloud.CreateQueue(owner, region, name, nil)
		w.arns = append(w.arns, arn)
		w.cloud.SetPolicy(arn, lock(arn))
	}
	w.cloud.PutRoot(account, iam.RootUser{Password: true, AccessKeys: []string{"AKIAIOSFODNN7EXAMPLE"},
		MFA: []string{"arn:aws:iam::111122223333:mfa/root"}})
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// Write takes the log.
func (w *world) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.Write(p)
}

// logged is what the log has from some length on.
func (w *world) logged(from int) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.String()[from:]
}

// A state is what could be changed: policies, root's credentials, and the requests that there are.
type state map[string]string

func (w *world) state() state {
	s := state{}
	for _, arn := range w.arns {
		s[arn] = w.cloud.Policy(arn)
	}
	for _, a := range []string{account, other} {
		s["root of "+a] = fmt.Sprintf("%+v", w.cloud.RootHas(a))
	}
	return s
}

// requests are the states of all requests, by their ids.
func (w *world) requests() state {
	w.t.Helper()
	s := state{}
	all, _, err := w.desk.Store.List(context.Background(), requests.Listing{}, 100, "")
	if err != nil {
		w.t.Fatal(err)
	}
	for _, r := range all {
		s[r.ID] = string(r.State)
	}
	return s
}

// A call is a request to the desk. What is left out is as it should be.
type call struct {
	as, method, path, body string
	header                 map[string]string
	secret                 string
	unsigned               bool
	late                   time.Duration
}

// An answer is what the desk says.
type answer struct {
	t      testing.TB
	call   call
	status int
	header http.Header
	text   string
	json   map[string]any
}

// do sends a request, signed as the caller asks for.
func (w *world) do(c call) answer {
	w.t.Helper()
	r, err := http.NewRequest(c.method, w.base+"/desk"+c.path, strings.NewReader(c.body))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	for name, value := range c.header {
		r.Header.Set(name, value)
	}
	if !c.unsigned {
		sum := sha256.Sum256([]byte(c.body))
		key := aws.Credentials{AccessKeyID: c.as, SecretAccessKey: secret}
		if c.secret != "" {
			key.SecretAccessKey = c.secret
		}
		if err := v4.NewSigner().SignHTTP(context.Background(), key, r, hex.EncodeToString(sum[:]), "execute-api",
			"us-east-1", w.clock().Add(-c.late)); err != nil {
			w.t.Fatal(err)
		}
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	a := answer{t: w.t, call: c, status: response.StatusCode, header: response.Header, text: string(text)}
	_ = json.Unmarshal(text, &a.json) // a table is no JSON
	problem := a.header.Get("Content-Type") == "application/problem+json" && a.json["status"] == float64(a.status)
	if a.status >= 400 && (!problem || a.json["detail"] == "") {
		w.t.Errorf("%s %s: %d is no problem: %v %s", c.method, c.path, a.status, a.header, text)
	}
	return a
}

func (w *world) get(as, path string) answer {
	w.t.Helper()
	return w.do(call{as: as, method: "GET", path: path})
}

func (w *world) post(as, path, body string) answer {
	w.t.Helper()
	return w.do(call{as: as, method: "POST", path: path, body: body})
}

// is wants a status, and some texts in the answer.
func (a answer) is(status int, texts ...string) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Errorf("%s %s as %s: %d, want %d: %s", a.call.method, a.call.path, a.call.as, a.status, status, a.text)
	}
	for _, text := range texts {
		if !strings.Contains(a.text, text) {
			a.t.Errorf("%s %s as %s: %s; want %q in it", a.call.method, a.call.path, a.call.as, a.text, text)
		}
	}
	return a
}

func (a answer) id() string { id, _ := a.json["id"].(string); return id }

// same wants nothing to have changed since.
func (w *world) same(what string, before state) {
	w.t.Helper()
	if after := w.state(); !maps.Equal(before, after) {
		w.t.Errorf("%s: changed\n%v\nto\n%v", what, before, after)
	}
}

// work does all that is on the desk's queue.
func (w *world) work() {
	w.t.Helper()
	for range 20 {
		if w.desk.Deliver(context.Background()) == 0 {
			return
		}
		w.pass(time.Second)
	}
	w.t.Error("the desk's queue never ends")
}
