package sweeps

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"locksmith/lambdas/remedy"
	"locksmith/lambdas/sweeper"
)

// An item is one of DynamoDB's.
type item = map[string]types.AttributeValue

// remembered is how many sweeps the last one knows before it.
const remembered = 30

type lastItem struct {
	Sweep  string   `json:"sweep"`
	Recent []string `json:"recent"` // the newest first
	News   string   `json:"news"`
}

// A sweepItem is a sweep. Its calls are attributes of their own, since only those can be added to.
type sweepItem struct {
	ID         string           `json:"id"`
	Kind       string           `json:"kind"`
	Name       string           `json:"name"`
	State      sweeper.State    `json:"state"`
	Request    sweeper.Request  `json:"request"`
	Started    time.Time        `json:"started"`
	Updated    time.Time        `json:"updated"`
	Ended      *time.Time       `json:"ended,omitempty"`
	Pages      int              `json:"pages"`
	Token      string           `json:"token"`
	Dispatched bool             `json:"dispatched"`
	Accounts   int              `json:"accounts"`
	Visits     int              `json:"visits"`
	Done       int              `json:"done"`
	Resources  int              `json:"resources"`
	Findings   int              `json:"findings"`
	Throttles  int              `json:"throttles"`
	Told       []remedy.Channel `json:"told,omitempty"`
	Expires    int64            `json:"expires"`

	calls map[string]int
}

// callPrefix begins the names of the attributes that count calls.
const callPrefix = "call"

func newSweepItem(s sweeper.Sweep) sweepItem {
	return sweepItem{ID: sweepID(s.ID), Kind: "sweep", Name: s.ID, State: s.State, Request: s.Request,
		Started: s.Started.UTC(), Updated: s.Updated.UTC(), Expires: s.Started.Add(Kept).Unix()}
}

func (it sweepItem) marshal() (item, error) { return marshalMap(it) }

func (it sweepItem) sweep() sweeper.Sweep {
	s := sweeper.Sweep{ID: it.Name, State: it.State, Request: it.Request, Started: it.Started, Updated: it.Updated,
		Pages: it.Pages, Token: it.Token, Dispatched: it.Dispatched, Accounts: it.Accounts, Visits: it.Visits,
		Done: it.Done, Told: it.Told, Totals: sweeper.Totals{Resources: it.Resources, Findings: it.Findings,
			Throttles: it.Throttles, Calls: it.calls}}
	if it.Ended != nil {
		s.Ended = *it.Ended
	}
	return s
}

type pageItem struct {
	ID       string           `json:"id"`
	Kind     string           `json:"kind"`
	Number   int              `json:"number"`
	Next     string           `json:"next"`
	Last     bool             `json:"last"`
	Accounts []sweeper.Listed `json:"accounts"`
	Expires  int64            `json:"expires"`
}

func newPageItem(id string, p sweeper.Page, now time.Time) pageItem {
	return pageItem{ID: pageID(id, p.Number), Kind: "page", Number: p.Number, Next: p.Next, Last: p.Last,
		Accounts: p.Accounts, Expires: now.Add(Kept).Unix()}
}

func (it pageItem) marshal() (item, error) { return marshalMap(it) }

func (it pageItem) page() sweeper.Page {
	return sweeper.Page{Number: it.Number, Next: it.Next, Last: it.Last, Accounts: it.Accounts}
}

type visitItem struct {
	ID      string        `json:"id"`
	Kind    string        `json:"kind"`
	Visit   sweeper.Visit `json:"visit"`
	Fence   int64         `json:"fence"`
	Until   int64         `json:"until"` // milliseconds
	Over    bool          `json:"over"`
	Expires int64         `json:"expires"`
}

type coverageItem struct {
	ID       string           `json:"id"`
	Kind     string           `json:"kind"`
	Coverage sweeper.Coverage `json:"coverage"`
	Expires  int64            `json:"expires"`
}

// byJSON has the structures written by the names that they have in JSON.
func byJSON(o *attributevalue.EncoderOptions) { o.TagKey = "json" }

func marshal(v any) (types.AttributeValue, error) {
	return attributevalue.MarshalWithOptions(v, byJSON)
}

func marshalMap(v any) (item, error) { return attributevalue.MarshalMapWithOptions(v, byJSON) }

func unmarshal(it item, into any) error {
	return attributevalue.UnmarshalMapWithOptions(it, into,
		func(o *attributevalue.DecoderOptions) { o.TagKey = "json" })
}

func key(id string) item { return item{"id": text(id)} }

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func yesOrNo(b bool) types.AttributeValue { return &types.AttributeValueMemberBOOL{Value: b} }

func integer(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

func millis(t time.Time) types.AttributeValue { return integer(t.UnixMilli()) }

// expiry is the TTL attribute: seconds.
func expiry(now time.Time, kept time.Duration) types.AttributeValue {
	return integer(now.Add(kept).Unix())
}

// moment is a time as it is written in a structure.
func moment(t time.Time) types.AttributeValue { return text(t.UTC().Format(time.RFC3339Nano)) }

func about(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("ledger: %s: %w", what, err)
}

// get reads an item, and tells whether it is there.
func (d *Dynamo) get(ctx context.Context, id string, into any) (bool, error) {
	out, err := d.client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &d.table, Key: key(id),
		ConsistentRead: aws.Bool(true)})
	if err == nil && len(out.Item) > 0 {
		err = unmarshal(out.Item, into)
	}
	if err != nil {
		return false, about(id, err)
	}
	if s, ok := into.(*sweepItem); ok {
		s.calls = calls(out.Item)
	}
	return len(out.Item) > 0, nil
}

// calls reads the attributes that count calls.
func calls(it item) map[string]int {
	all := map[string]int{}
	for name, value := range it {
		call, ok := strings.CutPrefix(name, callPrefix)
		n, isNumber := value.(*types.AttributeValueMemberN)
		if ok && isNumber {
			all[call], _ = strconv.Atoi(n.Value)
		}
	}
	return all
}

func (d *Dynamo) last(ctx context.Context) (lastItem, error) {
	var it lastItem
	_, err := d.get(ctx, lastID, &it)
	return it, err
}

// update changes an item where a condition holds, and tells whether it does. The names of attributes that are words of
// DynamoDB's begin with # in both expressions.
func (d *Dynamo) update(ctx context.Context, id, change, condition string, values item) (bool, error) {
	names := map[string]string{}
	for _, word := range []string{"state", "until", "over", "token"} {
		if strings.Contains(change+condition, "#"+word) {
			names["#"+word] = word
		}
	}
	in := &dynamodb.UpdateItemInput{TableName: &d.table, Key: key(id), UpdateExpression: &change,
		ConditionExpression: &condition, ExpressionAttributeValues: values}
	if len(names) > 0 {
		in.ExpressionAttributeNames = names
	}
	_, err := d.client.UpdateItem(ctx, in)
	if failed := (*types.ConditionalCheckFailedException)(nil); errors.As(err, &failed) {
		return false, nil
	}
	return err == nil, about(id, err)
}
