package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"locksmith/lambdas/ledger"
	"locksmith/lambdas/remedy"
	"locksmith/test/cloud"
)

// TestCallsOfAnUnlock: the claim is one call, and so is each record.
func TestCallsOfAnUnlock(t *testing.T) {
	w, s := onCloud(t, ledger.Defaults())
	s.cloud.ResetCalls()
	e := w.claim(incident("e1", "b"))
	for _, state := range []remedy.State{remedy.Saved, remedy.Settled, remedy.Closed} {
		e.State, e.Saved = state, "{}"
		w.record(e)
	}
	var calls []string
	for _, c := range s.cloud.Calls() {
		calls = append(calls, c.Action)
	}
	want := []string{"TransactWriteItems", "TransactWriteItems", "TransactWriteItems", "TransactWriteItems"}
	if !slices.Equal(calls, want) {
		t.Errorf("%q, want %q", calls, want)
	}
}

// onCloud is a ledger on the DynamoDB of test/cloud.
func onCloud(t *testing.T, limits ledger.Limits) (world, server) {
	c := &clock{now: time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)}
	s := inProcess(t, c.Now)
	return world{s.open(t, limits, c.Now), c, t}, s
}

// eachDynamo runs a test on the DynamoDB of test/cloud and on AWS's own.
func eachDynamo(t *testing.T, limits ledger.Limits, test func(*testing.T, world, server)) {
	for name, start := range map[string]func(*testing.T, func() time.Time) server{"test/cloud": inProcess,
		"DynamoDB Local": func(t *testing.T, _ func() time.Time) server { return onLocal(t) }} {
		t.Run(name, func(t *testing.T) {
			c := &clock{now: time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)}
			s := start(t, c.Now)
			test(t, world{s.open(t, limits, c.Now), c, t}, s)
		})
	}
}

// TestALostReplyTakesNoSecondToken: the save has taken effect, and the reply is lost, once or for good.
func TestALostReplyTakesNoSecondToken(t *testing.T) {
	for name, lost := range map[string]int32{"once": 1, "each time": 3} {
		t.Run(name, func(t *testing.T) {
			w, s := onCloud(t, ledger.Limits{PerResource: 1, PerHour: 1, Lease: time.Minute})
			var calls atomic.Int32
			var losing atomic.Bool
			s.cloud.Fail(func(c cloud.Call) *cloud.Fault {
				if c.Action == "TransactWriteItems" && losing.Load() && calls.Add(1) <= lost {
					return &cloud.Fault{DropReply: true}
				}
				return nil
			})
			e := w.claim(incident("e1", "b"))
			losing.Store(true)
			e.State, e.Saved, e.Token, e.TokenAt, e.Takes = remedy.Saved, "{}", true, w.Now(), true
			err := w.Record(context.Background(), e)
			if (err == nil) != (lost == 1) || errors.Is(err, remedy.ErrBusy) {
				t.Fatalf("the first try: %v", err)
			}
			if err != nil {
				w.pass(time.Minute)
				e = w.claim(incident("e1", "b"))
			}
			if e.State != remedy.Saved || !e.Token {
				t.Errorf("%+v", e)
			}
			e.Takes = false
			w.closed(e)
		})
	}
}

// TestALostReplyToTheLastRecord: it has been written, and the try that follows finds it closed.
func TestALostReplyToTheLastRecord(t *testing.T) {
	w, s := onCloud(t, ledger.Defaults())
	e := w.claim(incident("e1", "b"))
	s.cloud.Fail(func(cloud.Call) *cloud.Fault { return &cloud.Fault{DropReply: true} })
	e.State, e.Release = remedy.Closed, true
	if err := w.Record(context.Background(), e); err == nil {
		t.Fatal("no error")
	}
	s.cloud.Fail(nil)
	w.record(e) // the same worker once more, as it gives back its lease
	if again := w.claim(incident("e1", "b")); again.State != remedy.Closed {
		t.Errorf("%+v", again)
	}
	w.claim(incident("e2", "b"))
}

// TestCollisionsAreTriedAgain: transactions of other workers are in the way, which DynamoDB answers with
// TransactionConflict, and the SDK leaves to the caller
// (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html).
func TestCollisionsAreTriedAgain(t *testing.T) {
	for name, row := range map[string]struct {
		collisions int32
		err        string
	}{"two": {2, ""}, "no end of them": {1000, "other writes were in its way 6 times"}} {
		t.Run(name, func(t *testing.T) {
			w, s := onCloud(t, ledger.Defaults())
			var calls atomic.Int32
			s.cloud.Fail(func(c cloud.Call) *cloud.Fault {
				if c.Action == "TransactWriteItems" && calls.Add(1) <= row.collisions {
					return &cloud.Fault{Code: "TransactionConflictException", Status: 400}
				}
				return nil
			})
			_, err := w.Claim(context.Background(), incident("e1", "b"))
			if row.err == "" && err != nil || row.err != "" && (err == nil || !strings.Contains(err.Error(), row.err)) {
				t.Errorf("%v, want %q", err, row.err)
			}
		})
	}
}

// TestWhatMayExpire: counters and idle resources after two days, a closed incident without a saved policy after the
// retention, nothing else ever.
func TestWhatMayExpire(t *testing.T) {
	limits := ledger.Defaults()
	limits.Retention = 30 * 24 * time.Hour
	eachDynamo(t, limits, func(t *testing.T, w world, s server) {
		told := w.claim(remedy.Incident{Change: incident("told", "a").Change})
		unlocked := w.claim(incident("unlocked", "b"))
		w.closed(told)
		if held := w.save(&unlocked); held != "" {
			t.Fatal(held)
		}
		w.closed(unlocked)
		w.claim(incident("open", "c"))
		twoDays, retention := w.Now().Add(48*time.Hour).Unix(), w.Now().Add(limits.Retention).Unix()
		want := map[string]int64{
			"incident#told#arn:aws:s3:::a": retention, "incident#unlocked#arn:aws:s3:::b": 0,
			"incident#open#arn:aws:s3:::c": 0,
			"resource#arn:aws:s3:::a":      twoDays, "resource#arn:aws:s3:::b": twoDays,
			"resource#arn:aws:s3:::c":        twoDays,
			"flap#arn:aws:s3:::b#2026-11-21": twoDays, "breaker#2026-11-21T08": twoDays,
			"account#111122223333#2026-11-21T08": twoDays,
			"copy#unlocked#arn:aws:s3:::b#44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a": 0,
		}
		out, err := dynamodb.NewFromConfig(s.cfg).Scan(context.Background(),
			&dynamodb.ScanInput{TableName: aws.String(s.table())})
		if err != nil {
			t.Fatal(err)
		}
		for _, it := range out.Items {
			id := it["id"].(*types.AttributeValueMemberS).Value
			var expires int64
			if n, ok := it["expires"].(*types.AttributeValueMemberN); ok {
				fmt.Sscan(n.Value, &expires)
			}
			if at, known := want[id]; !known || at != expires {
				t.Errorf("%s expires at %d, want %d (known %t)", id, expires, at, known)
			}
			delete(want, id)
		}
		if len(want) != 0 {
			t.Errorf("missing: %v", want)
		}
	})
}

// TestASpoiledItemIsNamed: somebody has edited the table by hand. Nothing is guessed.
func TestASpoiledItemIsNamed(t *testing.T) {
	eachDynamo(t, ledger.Defaults(), func(t *testing.T, w world, s server) {
		w.claim(incident("e1", "b"))
		_, err := dynamodb.NewFromConfig(s.cfg).UpdateItem(context.Background(),
			&dynamodb.UpdateItemInput{TableName: aws.String(s.table()),
				Key: map[string]types.AttributeValue{
					"id": &types.AttributeValueMemberS{Value: "incident#e1#arn:aws:s3:::b"}},
				UpdateExpression:         aws.String("SET #s = :s, verdict = :v"),
				ExpressionAttributeNames: map[string]string{"#s": "state"},
				ExpressionAttributeValues: map[string]types.AttributeValue{
					":s": &types.AttributeValueMemberS{Value: "done"}, ":v": &types.AttributeValueMemberS{Value: "{"}}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.Claim(context.Background(), incident("e1", "b"))
		if err == nil {
			t.Fatal("no error")
		}
		for _, want := range []string{`"incident#e1#arn:aws:s3:::b"`, `attribute state: "done"`, "attribute verdict:"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%v does not name %s", err, want)
			}
		}
	})
}

func TestAMissingTableIsNamed(t *testing.T) {
	eachDynamo(t, ledger.Defaults(), func(t *testing.T, _ world, s server) {
		l := ledger.NewDynamo(s.cfg, "nowhere", ledger.Defaults(), time.Now)
		_, err := l.Claim(context.Background(), incident("e1", "b"))
		if missing := (*types.ResourceNotFoundException)(nil); !errors.As(err, &missing) ||
			!strings.Contains(err.Error(), "claim of event e1") {
			t.Error(err)
		}
		if _, err := l.Find(context.Background(), "e1", "arn:aws:s3:::b"); err == nil {
			t.Error("found in a table that is not there")
		}
	})
}

func TestFind(t *testing.T) {
	eachDynamo(t, ledger.Defaults(), func(t *testing.T, w world, _ server) {
		w.claim(incident("e1", "b"))
		d := w.book.(*ledger.Dynamo)
		if e, err := d.Find(context.Background(), "e1", "arn:aws:s3:::b"); err != nil || e.Change.EventID != "e1" {
			t.Errorf("%+v, %v", e, err)
		}
		if _, err := d.Find(context.Background(), "e2", "arn:aws:s3:::b"); err == nil ||
			!strings.Contains(err.Error(), `event "e2", resource "arn:aws:s3:::b"`) {
			t.Error(err)
		}
	})
}

// TestTheLargestPolicyFits: 20 KB of what JSON likes to write in six bytes, in every place that holds a policy, stays
// under DynamoDB's 400 KB.
func TestTheLargestPolicyFits(t *testing.T) {
	eachDynamo(t, ledger.Defaults(), func(t *testing.T, w world, _ server) {
		large := strings.Repeat(`<>&"`, 20<<10/4)
		i := incident("e1", "b")
		i.Change.Policy = large
		e := w.claim(i)
		e.State, e.Saved = remedy.Closed, large
		e.Copies = []remedy.Copy{{Policy: large}}
		e.Outcome = remedy.Outcome{Result: remedy.Repaired, Removed: large, Put: large, Live: large}
		w.record(e)
		if again := w.claim(i); again.Saved != large || again.Outcome.Put != large {
			t.Error("it comes back as another")
		}
	})
}
