package requests

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	desk "locksmith/lambdas/requests"
)

// The table's indexes. Each has a partition of one name or one person, and is sorted by when requests were made. Beside
// its keys, each holds what lists show: the attribute [Brief].
const (
	ListedIndex  = "listed"  // all requests
	MineIndex    = "mine"    // one person's
	WaitingIndex = "waiting" // those that somebody has to see to
)

// The attributes of the indexes' keys, and what else they hold.
const (
	Listed  = "list"
	Person  = "person"
	Waiting = "waiting"
	Sort    = "sort"
	Brief   = "brief"
)

// Expires is the attribute that says when DynamoDB may delete an item. Requests have none: they are the record.
const Expires = "expires"

// Schema is the table, as the stacks make it.
func Schema(table string) *dynamodb.CreateTableInput {
	in := &dynamodb.CreateTableInput{TableName: &table, BillingMode: types.BillingModePayPerRequest,
		KeySchema: []types.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: types.KeyTypeHash}}}
	for _, name := range []string{"id", Listed, Person, Waiting, Sort} {
		in.AttributeDefinitions = append(in.AttributeDefinitions, types.AttributeDefinition{AttributeName: &name,
			AttributeType: types.ScalarAttributeTypeS})
	}
	for _, x := range [][2]string{{ListedIndex, Listed}, {MineIndex, Person}, {WaitingIndex, Waiting}} {
		in.GlobalSecondaryIndexes = append(in.GlobalSecondaryIndexes, types.GlobalSecondaryIndex{IndexName: &x[0],
			KeySchema: []types.KeySchemaElement{{AttributeName: &x[1], KeyType: types.KeyTypeHash},
				{AttributeName: aws.String(Sort), KeyType: types.KeyTypeRange}},
			Projection: &types.Projection{ProjectionType: types.ProjectionTypeInclude, NonKeyAttributes: Holds(x[0])}})
	}
	return in
}

// Holds are the attributes that an index holds beside its keys: what lists show of requests, and what the rows and the
// cases of package credentials have, which lie in the same table.
func Holds(index string) []string {
	switch index {
	case ListedIndex:
		return []string{Brief, "audit", "at", "state", "has", "nothing", "row"}
	case WaitingIndex:
		return []string{Brief, "case"}
	}
	return []string{Brief}
}

// Dynamo keeps requests in the desk's table. It has these kinds of items:
//
//	request#ID    a request: what lists show of it, and the rest
//	key#HASH      a call with an Idempotency-Key, for a day
//
// The function needs dynamodb:GetItem, PutItem, UpdateItem, and Query on the indexes.
type Dynamo struct {
	client *dynamodb.Client
	table  string
	now    func() time.Time
}

// New makes a store in the table. The clock is that of keys.
func New(cfg aws.Config, table string, now func() time.Time) *Dynamo {
	return &Dynamo{client: dynamodb.NewFromConfig(cfg), table: table, now: now}
}

// An item is one of DynamoDB's.
type item = map[string]types.AttributeValue

// A requestItem is a request.
type requestItem struct {
	ID      string       `json:"id"`
	List    string       `json:"list"`
	Person  string       `json:"person"`
	Waiting string       `json:"waiting,omitempty"`
	Sort    string       `json:"sort"`
	State   desk.State   `json:"state"`
	Version int          `json:"version"`
	Brief   desk.Request `json:"brief"`
	Rest    rest         `json:"rest"`
}

// rest is what of a request no list shows.
type rest struct {
	Shown   string       `json:"shown"`
	History []desk.Event `json:"history"`
	Steps   []desk.Step  `json:"steps"`
}

const all = "all" // the partition of the indexes that have one

func newItem(r desk.Request) requestItem {
	it := requestItem{ID: requestID(r.ID), List: all, Person: r.Person, Sort: place(r), State: r.State,
		Version: r.Version, Brief: r.Brief(), Rest: rest{Shown: r.Shown, History: r.History}}
	if open(r) {
		it.Waiting = all
	}
	if r.Outcome != nil {
		it.Rest.Steps = r.Outcome.Steps
	}
	return it
}

func (it requestItem) request() desk.Request {
	r := it.Brief
	r.Shown, r.History = it.Rest.Shown, it.Rest.History
	if r.Outcome != nil {
		r.Outcome.Steps = it.Rest.Steps
	}
	return whole(r)
}

func requestID(id string) string { return "request#" + id }

// byJSON has the structures written by the names that they have in JSON.
func byJSON(o *attributevalue.EncoderOptions) { o.TagKey = "json" }

func unmarshal(it item, into any) error {
	return attributevalue.UnmarshalMapWithOptions(it, into,
		func(o *attributevalue.DecoderOptions) { o.TagKey = "json" })
}

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func integer(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

// Create implements [desk.Store]. It makes one call.
func (d *Dynamo) Create(ctx context.Context, r desk.Request) error {
	put, err := attributevalue.MarshalMapWithOptions(newItem(r), byJSON)
	if err != nil {
		return err
	}
	return d.put(ctx, r.ID, desk.ErrThere, &dynamodb.PutItemInput{TableName: &d.table, Item: put,
		ConditionExpression: aws.String("attribute_not_exists(id)")})
}

// Write implements [desk.Store]. It makes one call.
func (d *Dynamo) Write(ctx context.Context, before, r desk.Request) error {
	put, err := attributevalue.MarshalMapWithOptions(newItem(r), byJSON)
	if err != nil {
		return err
	}
	return d.put(ctx, r.ID, desk.ErrChanged, &dynamodb.PutItemInput{TableName: &d.table, Item: put,
		ConditionExpression:      aws.String("#state = :state AND version = :version"),
		ExpressionAttributeNames: map[string]string{"#state": "state"},
		ExpressionAttributeValues: item{":state": text(string(before.State)),
			":version": integer(int64(before.Version))}})
}

// put writes an item. Where the condition does not hold, the error is otherwise.
func (d *Dynamo) put(ctx context.Context, id string, otherwise error, in *dynamodb.PutItemInput) error {
	_, err := d.client.PutItem(ctx, in)
	if failed := (*types.ConditionalCheckFailedException)(nil); errors.As(err, &failed) {
		return otherwise
	}
	return about(id, err)
}

func about(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("table of the desk: %s: %w", what, err)
}

// Get implements [desk.Store]. It makes one call.
func (d *Dynamo) Get(ctx context.Context, id string) (desk.Request, error) {
	out, err := d.client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &d.table,
		Key: item{"id": text(requestID(id))}, ConsistentRead: aws.Bool(true)})
	var it requestItem
	switch {
	case err != nil:
		return desk.Request{}, about(id, err)
	case len(out.Item) == 0:
		return desk.Request{}, desk.ErrNone
	}
	err = unmarshal(out.Item, &it)
	return it.request(), about(id, err)
}

// List implements [desk.Store]. It makes one call.
func (d *Dynamo) List(ctx context.Context, which desk.Listing, n int, from string) ([]desk.Request, string, error) {
	index, partition, value := ListedIndex, Listed, all
	switch {
	case which.Person != "":
		index, partition, value = MineIndex, Person, which.Person
	case which.Open:
		index, partition = WaitingIndex, Waiting
	}
	in := &dynamodb.QueryInput{TableName: &d.table, IndexName: &index, ScanIndexForward: aws.Bool(false),
		Limit:                     aws.Int32(int32(n) + 1), // one more tells whether there is a next page
		KeyConditionExpression:    aws.String("#partition = :partition"),
		ExpressionAttributeNames:  map[string]string{"#partition": partition},
		ExpressionAttributeValues: item{":partition": text(value)}}
	if from != "" {
		id, err := begins(from)
		if err != nil {
			return nil, "", err
		}
		in.ExclusiveStartKey = item{"id": text(requestID(id)), partition: text(value), Sort: text(from)}
	}
	out, err := d.client.Query(ctx, in)
	if err != nil {
		return nil, "", about("list", err)
	}
	var found []desk.Request
	for _, it := range out.Items {
		var one requestItem
		if err := unmarshal(it, &one); err != nil {
			return nil, "", about("list", err)
		}
		found = append(found, one.request())
	}
	switch {
	case len(found) > n:
		return found[:n], place(found[n-1]), nil
	case len(found) > 0 && out.LastEvaluatedKey != nil: // the page was full before it had as many
		return found, place(found[len(found)-1]), nil
	}
	return found, "", nil
}

var _ desk.Store = (*Dynamo)(nil)
