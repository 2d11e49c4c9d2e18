// Package good keeps, in the ledger's table, the last policy of each resource that a sweep judged open or restricted.
// So it is known what was there before a lock, and can be put back.
//
// A page of resources in which nothing has changed costs one read of one item. A policy is written when it is new or
// has changed, and once more before it grows too old. The table is encrypted at rest, by DynamoDB's own key or by the
// customer's that the deployment names for the table: nothing is encrypted twice here.
package good

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"locksmith/lambdas/remedy"
	"locksmith/policies/lockout"
)

// DefaultAge is for how long a policy is kept that no sweep has seen again.
const DefaultAge = 400 * 24 * time.Hour

// largest is how many bytes a policy may have to be kept. S3 takes no more
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html).
const largest = 20 << 10

// A Store is the ledger's table. Several goroutines may use it. It needs dynamodb:GetItem and PutItem, and holds
//
//	good#RESOURCE          a last good policy, packed where that makes it smaller
//	goods#ACCOUNT#PLACE    an [index]: what is kept of an account's buckets, or of its queues in one Region
type Store struct {
	client *dynamodb.Client
	table  string
	age    time.Duration
	now    func() time.Time
}

// New makes a Store in the table that keeps what nobody has seen again for as long as age says, at least a day.
func New(cfg aws.Config, table string, age time.Duration, now func() time.Time) *Store {
	return &Store{client: dynamodb.NewFromConfig(cfg), table: table, age: max(age, 24*time.Hour), now: now}
}

// A record is a last good policy as an item.
type record struct {
	ID       string         `dynamodbav:"id"`
	Kind     string         `dynamodbav:"kind"`
	Account  string         `dynamodbav:"account"`
	Resource string         `dynamodbav:"resource"`
	Verdict  lockout.Answer `dynamodbav:"verdict"`
	Policy   string         `dynamodbav:"policy,omitempty"`
	Packed   []byte         `dynamodbav:"packed,omitempty"`  // gzip, where that is smaller
	None     bool           `dynamodbav:"none,omitempty"`    // there was no policy
	TooLong  bool           `dynamodbav:"tooLong,omitempty"` // there was one that is not kept
	At       time.Time      `dynamodbav:"at"`
	Expires  int64          `dynamodbav:"expires"` // the table's TTL attribute, in seconds
}

func recordID(resource string) string { return "good#" + resource }

// LastGood implements [remedy.Past]. It makes one call. DynamoDB may remove an item days after its time, so what is too
// old is not taken for known.
func (s *Store) LastGood(ctx context.Context, resource string) (remedy.Good, error) {
	var r record
	found, err := s.get(ctx, recordID(resource), &r)
	if err != nil || !found || r.TooLong || s.now().Unix() >= r.Expires {
		return remedy.Good{}, err
	}
	g := remedy.Good{Resource: resource, Policy: r.Policy, Verdict: lockout.Verdict{Answer: r.Verdict}, At: r.At}
	if len(r.Packed) > 0 {
		g.Policy, err = unpack(r.Packed)
	}
	if err == nil && (g.Policy == "") != r.None {
		err = errors.New("want a policy, or that there was none")
	}
	if err != nil {
		return remedy.Good{}, fmt.Errorf("ledger item %q cannot be read: %w", r.ID, err)
	}
	return g, nil
}

// Keep keeps one page of an account's resources. It reads one item for the page, or one for each Region where the page
// has queues of several. An empty policy says that there is none: what was kept before it is not the last one any more.
func (s *Store) Keep(ctx context.Context, account string, page []remedy.Good) error {
	var places []string
	at := map[string][]remedy.Good{}
	for _, g := range page {
		place := placeOf(g.Resource)
		if at[place] == nil {
			places = append(places, place)
		}
		at[place] = append(at[place], g)
	}
	for _, place := range places {
		if err := s.keep(ctx, account, place, at[place]); err != nil {
			return err
		}
	}
	return nil
}

// placeOf is what resources of one index have in common: the partition, service and Region.
func placeOf(resource string) string {
	parts := strings.SplitN(resource, ":", 5)
	if len(parts) < 5 {
		return "unknown"
	}
	return strings.Join(parts[1:4], ":")
}

// keep writes first what has changed, then the index. So the index never names what is not there: where the second
// fails, the next sweep writes once more.
func (s *Store) keep(ctx context.Context, account, place string, page []remedy.Good) error {
	now := s.now()
	x, err := s.index(ctx, account, place)
	if err != nil {
		return err
	}
	var changed []remedy.Good
	for _, g := range page {
		if x.differs(g, now, s.age) {
			changed = append(changed, g)
		}
	}
	if len(changed) == 0 {
		return nil
	}
	if err := s.write(ctx, account, changed); err != nil {
		return err
	}
	for _, g := range changed {
		x.note(g, now)
	}
	return s.writeIndex(ctx, x, now)
}

// side is how many items are written side by side.
const side = 8

// write writes the policies. The error is the first one.
func (s *Store) write(ctx context.Context, account string, page []remedy.Good) error {
	var all sync.WaitGroup
	failed, turn := make([]error, len(page)), make(chan struct{}, side)
	for i, g := range page {
		turn <- struct{}{}
		all.Go(func() {
			failed[i] = s.put(ctx, "", s.recordOf(account, g))
			<-turn
		})
	}
	all.Wait()
	for i, err := range failed {
		if err != nil {
			return fmt.Errorf("last good policy of %s: %w", page[i].Resource, err)
		}
	}
	return nil
}

func (s *Store) recordOf(account string, g remedy.Good) record {
	r := record{ID: recordID(g.Resource), Kind: "good", Account: account, Resource: g.Resource,
		Verdict: g.Verdict.Answer, At: g.At.UTC(), Expires: s.now().Add(s.age).Unix()}
	switch packed := pack(g.Policy); {
	case g.Policy == "":
		r.None = true
	case len(g.Policy) > largest:
		r.TooLong = true
	case len(packed) < len(g.Policy):
		r.Packed = packed
	default:
		r.Policy = g.Policy
	}
	return r
}

// get reads an item, and tells whether there is one.
func (s *Store) get(ctx context.Context, id string, into any) (bool, error) {
	out, err := s.client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &s.table, ConsistentRead: aws.Bool(true),
		Key: map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: id}}})
	if err != nil {
		return false, fmt.Errorf("ledger item %q: %w", id, err)
	}
	if err := attributevalue.UnmarshalMap(out.Item, into); err != nil {
		return false, fmt.Errorf("ledger item %q cannot be read: %w", id, err)
	}
	return len(out.Item) > 0, nil
}

// put writes an item where the condition holds.
func (s *Store) put(ctx context.Context, condition string, from any, values ...types.AttributeValue) error {
	item, err := attributevalue.MarshalMap(from)
	if err != nil {
		return err
	}
	in := &dynamodb.PutItemInput{TableName: &s.table, Item: item}
	if condition != "" {
		in.ConditionExpression = &condition
		in.ExpressionAttributeValues = map[string]types.AttributeValue{":value": values[0]}
	}
	_, err = s.client.PutItem(ctx, in)
	return err
}
