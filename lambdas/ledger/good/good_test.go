package good_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"locksmith/lambdas/ledger/good"
	"locksmith/lambdas/remedy"
	"locksmith/policies/lockout"
	"locksmith/test/cloud"
	"locksmith/test/engines"
	"locksmith/test/pipeline"
)

const account = "111122223333"

// A world is one table and its clock.
type world struct {
	*good.Store
	client *dynamodb.Client
	cloud  *cloud.Cloud // nil on DynamoDB Local
	table  string
	now    time.Time
	t      *testing.T
}

// local is AWS's own DynamoDB Local.
var local engines.SharedDynamoDB

func TestMain(m *testing.M) { os.Exit(local.Run(m)) }

// each runs a test on the DynamoDB of test/cloud, and on AWS's own DynamoDB Local.
func each(t *testing.T, test func(*testing.T, *world)) {
	t.Run("dynamo", func(t *testing.T) { test(t, inProcess(t)) })
	t.Run("DynamoDB Local", func(t *testing.T) {
		url := local.URL(t, "the last good policies are")
		w := newWorld(t)
		w.open(url, "testing")
		test(t, w)
	})
}

func newWorld(t *testing.T) *world {
	return &world{t: t, now: time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)}
}

func inProcess(t *testing.T) *world {
	w := newWorld(t)
	w.cloud = cloud.New(cloud.Config{Now: func() time.Time { return w.now }})
	s := httptest.NewServer(w.cloud)
	t.Cleanup(s.Close)
	w.open(s.URL, w.cloud.Config().DelegatedAdministrator+".role.LocksmithSweep")
	return w
}

func (w *world) open(url, key string) {
	w.t.Helper()
	cfg := aws.Config{Region: "eu-central-1", BaseEndpoint: &url, Retryer: pipeline.Impatient,
		Credentials: credentials.NewStaticCredentialsProvider(key, "any", "")}
	w.table = strings.NewReplacer("/", "-", " ", "-").Replace(w.t.Name())
	w.client = dynamodb.NewFromConfig(cfg)
	if err := pipeline.CreateLedger(w.client, w.table); err != nil {
		w.t.Fatal(err)
	}
	w.Store = good.New(cfg, w.table, 400*24*time.Hour, func() time.Time { return w.now })
}

func (w *world) pass(d time.Duration) { w.now = w.now.Add(d) }

// calls are the calls of DynamoDB since the last time, such as "1 GetItem".
func (w *world) calls() string {
	counts := map[string]int{}
	for _, c := range w.cloud.Calls() {
		counts[c.Action]++
	}
	w.cloud.ResetCalls()
	var all []string
	for _, action := range []string{"GetItem", "PutItem"} {
		if counts[action] > 0 {
			all = append(all, fmt.Sprint(counts[action], " ", action))
			delete(counts, action)
		}
	}
	for action, n := range counts {
		all = append(all, fmt.Sprint(n, " ", action))
	}
	return strings.Join(all, ", ")
}

func (w *world) keep(page ...remedy.Good) {
	w.t.Helper()
	if err := w.Keep(context.Background(), account, page); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) last(resource string) remedy.Good {
	w.t.Helper()
	g, err := w.LastGood(context.Background(), resource)
	if err != nil {
		w.t.Fatal(err)
	}
	return g
}

func (w *world) good(n int, policy string) remedy.Good {
	return remedy.Good{Resource: fmt.Sprint("arn:aws:s3:::b", n), Policy: policy,
		Verdict: lockout.Verdict{Answer: lockout.Open}, At: w.now}
}

func key(id string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: id}}
}

const short = `{"Statement":[]}`

var long = `{"Statement":[{"Sid":"` + strings.Repeat("ab ", 6000) + `"}]}`

// TestTheLastGoodPolicyComesBack: as it was, packed or not, with when it was seen and what was proved of it.
func TestTheLastGoodPolicyComesBack(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		if g := w.last("arn:aws:s3:::b1"); !g.At.IsZero() || g.Policy != "" {
			t.Errorf("before anything is kept: %+v", g)
		}
		first, second := w.good(1, short), w.good(2, long)
		second.Verdict.Answer = lockout.Restricted
		w.keep(first, second)
		for _, want := range []remedy.Good{first, second} {
			if g := w.last(want.Resource); g.Policy != want.Policy || g.Verdict.Answer != want.Verdict.Answer ||
				!g.At.Equal(want.At) || g.Resource != want.Resource {
				t.Errorf("%s: %d bytes, %+v", want.Resource, len(g.Policy), g.Verdict)
			}
		}
		out, err := w.client.GetItem(context.Background(), &dynamodb.GetItemInput{TableName: &w.table,
			Key: key("good#arn:aws:s3:::b2")})
		if err != nil {
			t.Fatal(err)
		}
		packed, ok := out.Item["packed"].(*types.AttributeValueMemberB)
		if !ok || len(packed.Value) > 500 || out.Item["policy"] != nil {
			t.Errorf("packed %t, %v", ok, out.Item)
		}
		w.pass(time.Hour)
		w.keep(w.good(1, `{"Statement":[{}]}`))
		if g := w.last("arn:aws:s3:::b1"); g.Policy != `{"Statement":[{}]}` || !g.At.Equal(w.now) {
			t.Errorf("after it changed: %+v", g)
		}
	})
}

// TestAPageInWhichNothingChangedCostsOneRead: and one in which something has, no more than that and the index.
func TestAPageInWhichNothingChangedCostsOneRead(t *testing.T) {
	w := inProcess(t)
	var page []remedy.Good
	for n := range 100 {
		page = append(page, w.good(n, short))
	}
	w.calls()
	for _, row := range []struct {
		after time.Duration
		do    func()
		want  string
	}{
		{0, func() {}, "1 GetItem, 101 PutItem"},
		{24 * time.Hour, func() {}, "1 GetItem"},
		{24 * time.Hour, func() { page[3].Policy = long }, "1 GetItem, 2 PutItem"},
		{24 * time.Hour, func() { page = page[50:] }, "1 GetItem"}, // the page begins elsewhere
		{24 * time.Hour, func() { page[0].Verdict.Answer = lockout.Restricted }, "1 GetItem, 2 PutItem"},
		{0, func() { page = append(page, w.good(1000, "")) }, "1 GetItem"}, // it never had one
		{36 * 24 * time.Hour, func() {}, "1 GetItem"},
		{2 * 24 * time.Hour, func() { page = page[:2] }, "1 GetItem, 2 PutItem"}, // one has grown old, one was new
	} {
		row.do()
		w.pass(row.after)
		w.keep(page...)
		if got := w.calls(); got != row.want {
			t.Errorf("%s, want %s", got, row.want)
		}
	}
}

// TestAPolicyThatIsSeenStaysKnown: a sweep every ten days keeps it for years. One that nobody has seen again is
// forgotten, also where DynamoDB has not removed it yet.
func TestAPolicyThatIsSeenStaysKnown(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.keep(w.good(2, short))
		for range 45 {
			w.pass(10 * 24 * time.Hour)
			w.keep(w.good(1, short))
		}
		if g := w.last("arn:aws:s3:::b1"); g.Policy != short {
			t.Errorf("the one that is seen: %+v", g)
		}
		if g := w.last("arn:aws:s3:::b2"); !g.At.IsZero() {
			t.Errorf("the one that is not: %+v", g)
		}
	})
}

// TestAPolicyThatWasTakenOffIsNotTheLast: then nothing is what was there before.
func TestAPolicyThatWasTakenOffIsNotTheLast(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.keep(w.good(1, short))
		w.pass(time.Hour)
		w.keep(w.good(1, ""))
		if g := w.last("arn:aws:s3:::b1"); g.Policy != "" || !g.At.Equal(w.now) {
			t.Errorf("%+v", g)
		}
		w.keep(w.good(1, short))
		w.keep(w.good(1, strings.Repeat(" ", 21<<10)))
		if g := w.last("arn:aws:s3:::b1"); !g.At.IsZero() {
			t.Errorf("one that is too long: %+v", g)
		}
	})
}

// TestPlacesAreKeptApart: queues of each Region, and each account's, have an index of their own.
func TestPlacesAreKeptApart(t *testing.T) {
	w := inProcess(t)
	page := []remedy.Good{w.good(1, short), w.good(2, short), w.good(3, short)}
	page[1].Resource, page[2].Resource = "arn:aws:sqs:eu-west-1:"+account+":q", "arn:aws:sqs:eu-north-1:"+account+":q"
	w.calls()
	w.keep(page...)
	if got := w.calls(); got != "3 GetItem, 6 PutItem" {
		t.Error(got)
	}
	w.keep(page[1])
	if got := w.calls(); got != "1 GetItem" {
		t.Error(got)
	}
}

// TestTwoWorkersOnOnePlace: neither writes over what the other has noted, and what is not noted is written once more.
func TestTwoWorkersOnOnePlace(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var all sync.WaitGroup
		for worker := range 8 {
			all.Go(func() {
				for n := range 5 {
					if err := w.Keep(context.Background(), account, []remedy.Good{w.good(worker*5+n, short)}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		for n := range 40 {
			if g := w.last(fmt.Sprint("arn:aws:s3:::b", n)); g.Policy != short {
				t.Errorf("b%d: %+v", n, g)
			}
		}
	})
}

// TestWhatSomebodySpoiledIsAnError: it is never taken for a policy, nor for none.
func TestWhatSomebodySpoiledIsAnError(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.keep(w.good(1, long))
		for name, value := range map[string]types.AttributeValue{
			"packed": &types.AttributeValueMemberB{Value: []byte("no gzip")},
			"none":   &types.AttributeValueMemberBOOL{Value: true},
		} {
			_, err := w.client.UpdateItem(context.Background(), &dynamodb.UpdateItemInput{TableName: &w.table,
				Key: key("good#arn:aws:s3:::b1"), UpdateExpression: aws.String("SET #n = :v"),
				ExpressionAttributeNames:  map[string]string{"#n": name},
				ExpressionAttributeValues: map[string]types.AttributeValue{":v": value}})
			if err != nil {
				t.Fatal(err)
			}
			if g, err := w.LastGood(context.Background(), "arn:aws:s3:::b1"); err == nil || g.Policy != "" {
				t.Errorf("%s: %v, %+v", name, err, g)
			}
			w.pass(50 * 24 * time.Hour)
			w.keep(w.good(1, long))
		}
	})
}
