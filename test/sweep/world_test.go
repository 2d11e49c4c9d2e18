package sweep

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"locksmith/lambdas/ledger"
	"locksmith/lambdas/ledger/good"
	"locksmith/lambdas/notice"
	"locksmith/lambdas/remedy"
	"locksmith/policies/allowlist"
	"locksmith/test/cloud"
	"locksmith/test/cloud/organizations"
	"locksmith/test/pipeline"
)

// A size is how large an organization is.
type size struct {
	accounts, buckets, queues int // the last two of each account
	planted                   int // lockouts
}

// regions are where the resources are.
var regions = []string{"us-east-1", "us-east-2", "us-west-2", "eu-central-1", "eu-west-1", "eu-north-1",
	"ap-southeast-2", "sa-east-1"}

// list covers what is below one unit, but for one pattern and the buckets of a trail.
const list = `{"organization": "o-a1b2c3d4e5", "never": ["arn:aws:s3:::trail-*"], "rules": [{"name": "all",
	"accounts": ["ou-a1b2-11111111"], "resources": ["arn:aws:s3:::*", "arn:aws:sqs:*:*:*"],
	"administrators": ["arn:aws:iam::*:role/OrganizationAccountAccessRole"], "action": "delete",
	"owner": "platform@example.com", "reason": "a test"}]}`

const unit, elsewhere = "ou-a1b2-11111111", "ou-a1b2-22222222"

// A refusing account refuses for a cause.
type refusing struct {
	cause  remedy.Cause
	refuse func(w *world, account string)
}

// denial is an SCP against the root user.
const denial = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"ArnLike":` +
	`{"aws:PrincipalArn":"arn:aws:iam::*:root"}}}]}`

// causes are why accounts refuse. What an organization has only as a whole (root sessions, delegation) is answered for
// one account by a fault, in STS's words.
func causes() []refusing {
	fault := func(code, message string, status int) func(*world, string) {
		return func(w *world, account string) {
			w.refused[account] = &cloud.Fault{Code: code, Message: message, Status: status}
		}
	}
	return []refusing{
		{remedy.DeniedByOrg, func(w *world, account string) { w.SetSCP(account, denial) }},
		{remedy.RegionDisabled, func(w *world, account string) { w.DisableRegion(account, pipeline.Region) }},
		{remedy.SessionsDisabled, fault("AccessDenied", "Root sessions feature is not enabled for your AWS Organization.",
			http.StatusForbidden)},
		{remedy.NotDelegated, fault("AccessDenied", "User: arn:aws:sts::999988887777:assumed-role/LocksmithSweep/s is not "+
			"authorized to perform: sts:AssumeRoot on resource", http.StatusForbidden)},
		{remedy.Unexpected, fault("ValidationError", "Request must contain a valid target principal", http.StatusBadRequest)},
	}
}

// A planted policy is on one resource of an account.
type planted struct {
	account, arn, policy string
	kind                 int
}

// A world is an organization on an AWS in one process, with the pipeline and the sweep in its central account.
type world struct {
	*cloud.Cloud
	*pipeline.Pipeline
	sweep    *pipeline.Sweep
	size     size
	base     string
	refused  map[string]*cloud.Fault // of AssumeRoot, by account
	causes   map[string]remedy.Cause // of the accounts that refuse
	policies map[string]string       // of all resources, as they were put
	lockouts []planted               // in accounts that do not refuse, and covered
	spared   []planted               // locked, and not to be touched
	hidden   []planted               // in accounts that refuse
	herald   herald

	mu    sync.Mutex
	calls map[string]int // in root sessions, and to open them for sweeps: by call and account, and by resource
}

// herald keeps what people were told, and tells them.
type herald struct {
	*notice.Publisher
	told []remedy.Bulletin
}

func (h *herald) Announce(ctx context.Context, b remedy.Bulletin, told []remedy.Channel) ([]remedy.Channel, error) {
	h.told = append(h.told, b)
	return h.Publisher.Announce(ctx, b, told)
}

// newWorld makes an organization of a size. What is random comes from the seed.
func newWorld(t *testing.T, s size, seed uint64, tries int) *world {
	t.Helper()
	w := &world{Cloud: cloud.New(cloud.Config{}), size: s, refused: map[string]*cloud.Fault{},
		causes: map[string]remedy.Cause{}, policies: map[string]string{}, calls: map[string]int{}}
	server := httptest.NewServer(w.Cloud)
	t.Cleanup(server.Close)
	w.base = server.URL
	allow, err := allowlist.Read([]byte(list))
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	if w.Pipeline, err = pipeline.New(w.Cloud, w.base, pipeline.Options{Allow: allow, Log: log,
		Limits: ledger.Limits{Lease: time.Minute}, Visibility: time.Second, Retryer: pipeline.Impatient}); err != nil {
		t.Fatal(err)
	}
	w.Flow.Instant = true
	w.herald.Publisher = notice.New(w.Config(), w.Pipeline.Topics)
	w.sweep, err = w.Pipeline.Sweep(pipeline.SweepOptions{Regions: regions, Tries: tries, Log: log, Herald: &w.herald,
		Keeper: good.New(w.Config(), pipeline.Table, good.DefaultAge, time.Now)})
	if err != nil {
		t.Fatal(err)
	}
	w.populate(rand.New(rand.NewPCG(seed, seed)))
	w.Cloud.Fail(func(c cloud.Call) *cloud.Fault {
		if c.Service != "sts" || c.Action != "AssumeRoot" {
			return nil
		}
		return w.refused[accountOf(c.Resource)]
	})
	w.Cloud.OnCall(w.count)
	return w
}

// Config hides the cloud's.
func (w *world) Config() awsConfig { return w.Pipeline.Config() }

// accountOf is the account of a root user's ARN.
func accountOf(arn string) string {
	if parts := strings.Split(arn, ":"); len(parts) > 4 {
		return parts[4]
	}
	return ""
}

// count counts the sweep's calls. Those in root sessions are told from the flow's by when they are made.
func (w *world) count(c cloud.Call) {
	key := ""
	switch {
	case c.Action == "AssumeRoot" && strings.Contains(c.Caller, "LocksmithSweep"):
		key = "AssumeRoot " + accountOf(c.Resource)
	case strings.HasSuffix(c.Caller, ":root") && c.Resource != "":
		key = c.Action + " " + c.Resource
	case strings.HasSuffix(c.Caller, ":root"):
		key = c.Action + " " + c.Account
	default:
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls[key]++
}

// made takes what was counted so far.
func (w *world) made() map[string]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Clone(w.calls)
}

func number(i int) string { return fmt.Sprintf("3%011d", i) }

// populate makes the accounts: 3 % refuse, and 1 % are suspended; of the others a tenth is elsewhere, and not covered.
func (w *world) populate(r *rand.Rand) {
	w.PutUnit(unit, "", "Workloads")
	w.PutUnit(elsewhere, "", "Others")
	all := causes()
	for i := range w.size.accounts {
		a := organizations.Account{Number: number(i), Parent: unit}
		switch {
		case i%100 == 50:
			a.State = organizations.Suspended
		case i%10 == 9:
			a.Parent = elsewhere
		}
		w.PutAccount(a)
		if i%100 < 3 { // those of the first hundred are all that a small world has
			c := all[(i/100*3+i%100)%len(all)]
			w.causes[a.Number] = c.cause
			c.refuse(w, a.Number)
		}
		w.furnish(a, r)
	}
	w.plant(r)
}

// furnish gives an account its buckets and queues, most of them without a policy, the others with harmless ones.
func (w *world) furnish(a organizations.Account, r *rand.Rand) {
	for i := range w.size.buckets {
		name := fmt.Sprintf("b-%s-%03d", a.Number, i)
		w.PutBucket(a.Number, regions[r.IntN(len(regions))], name)
		w.put("arn:aws:s3:::"+name, harmless(r, "s3", "arn:aws:s3:::"+name))
	}
	for i := range w.size.queues {
		arn := w.CreateQueue(a.Number, regions[r.IntN(len(regions))], fmt.Sprintf("q-%03d", i), nil)
		w.put(arn, harmless(r, "sqs", arn))
	}
}

func (w *world) put(arn, policy string) {
	w.policies[arn] = policy
	if policy != "" {
		w.SetPolicy(arn, policy)
	}
}

// plant locks resources, each another, of many kinds.
func (w *world) plant(r *rand.Rand) {
	kinds := locks()
	taken := map[string]bool{}
	for n := 0; n < w.size.planted; {
		i := r.IntN(w.size.accounts)
		p := planted{account: number(i), kind: n % len(kinds)}
		service := "s3"
		if p.arn = fmt.Sprintf("arn:aws:s3:::b-%s-%03d", p.account, r.IntN(w.size.buckets)); r.IntN(3) == 0 {
			p.arn, service = w.queue(p.account, r.IntN(w.size.queues)), "sqs"
		}
		if taken[p.arn] || i%100 == 50 {
			continue
		}
		if kinds[p.kind].name == byRule && i%10 == 9 {
			p.kind = 0
		}
		taken[p.arn] = true
		n++
		p.policy = kinds[p.kind].policy(service, p.arn, p.account)
		w.put(p.arn, p.policy)
		switch {
		case w.causes[p.account] != "":
			w.hidden = append(w.hidden, p)
		case i%10 == 9:
			w.spared = append(w.spared, p)
		default:
			w.lockouts = append(w.lockouts, p)
		}
	}
}

// queue is the ARN of an account's queue by its number, wherever it is.
func (w *world) queue(account string, i int) string {
	for _, region := range regions {
		arn := fmt.Sprintf("arn:aws:sqs:%s:%s:q-%03d", region, account, i)
		if _, there := w.policies[arn]; there {
			return arn
		}
	}
	return ""
}
