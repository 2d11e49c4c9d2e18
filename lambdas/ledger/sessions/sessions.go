// Package sessions keeps in the ledger's table what the watch on root has to know: root sessions by their access key
// ids, what CloudTrail told of ours, and what people were told.
package sessions

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"locksmith/lambdas/remedy"
	"locksmith/lambdas/watcher"
)

// A Store is the ledger's table. It has these kinds of items, none of which holds a credential:
//
//	session#KEY                a root session, ours or another's
//	calls#EVENT#RESOURCE       what CloudTrail told of the sessions of an incident
//	news#ID                    what people were told, and on which channels
//	rootlimit#ACCOUNT#HOUR     how many pages and mails the account has had
//	rootdigest#NAME            the lines of a digest
//
// All of them expire. Whoever opens sessions needs dynamodb:PutItem, the watch GetItem, PutItem and UpdateItem.
type Store struct {
	client *dynamodb.Client
	table  string
	limits Limits
	now    func() time.Time
}

// Limits bound what an account can have people hear of in an hour. What is beyond is in digests.
type Limits struct {
	Pages int
	Mails int
}

// Defaults are the limits of a deployment that sets none.
func Defaults() Limits { return Limits{Pages: 5, Mails: 20} }

// New makes a Store in the table that reads the time from now.
func New(cfg aws.Config, table string, l Limits, now func() time.Time) *Store {
	return &Store{dynamodb.NewFromConfig(cfg), table, l, now}
}

// How long items are kept. Events may be played again from the bus's archive, which has them for a month where the
// configuration does not say otherwise, so that what belongs to them is kept longer.
const (
	kept    = 40 * 24 * time.Hour
	digests = 30 * 24 * time.Hour
	counted = 48 * time.Hour
	records = 400 * 24 * time.Hour
)

// A session is a root session as an item.
type session struct {
	ID       string    `dynamodbav:"id"`
	Kind     string    `dynamodbav:"kind"`
	Ours     bool      `dynamodbav:"ours"`
	Account  string    `dynamodbav:"account"`
	Task     string    `dynamodbav:"task"`
	Purpose  string    `dynamodbav:"purpose,omitempty"`
	Event    string    `dynamodbav:"event,omitempty"`
	Resource string    `dynamodbav:"resource,omitempty"`
	By       string    `dynamodbav:"by,omitempty"`
	At       time.Time `dynamodbav:"at"`
	Ends     time.Time `dynamodbav:"ends"`
	Expires  int64     `dynamodbav:"expires"` // the table's TTL attribute, in seconds
}

func sessionID(key string) string { return "session#" + key }

// Opened notes a session of ours. It is for awsroot's Options.Opened, and makes one call.
func (s *Store) Opened(ctx context.Context, o remedy.Opening) error {
	return s.put(ctx, s.sessionOf(watcher.Session{Opening: o, Ours: true}), "")
}

// Note implements [watcher.Sessions].
func (s *Store) Note(ctx context.Context, other watcher.Session) error {
	other.Ours = false
	err := s.put(ctx, s.sessionOf(other), "attribute_not_exists(id) OR ours = :ours")
	if errors.As(err, new(*types.ConditionalCheckFailedException)) {
		return nil // it is one of ours
	}
	return err
}

func (s *Store) sessionOf(o watcher.Session) session {
	now := s.now()
	return session{ID: sessionID(o.Key), Kind: "session", Ours: o.Ours, Account: o.Account, Task: o.Task,
		Purpose: o.Purpose, Event: o.Event, Resource: o.Resource, By: o.By, At: now.UTC(), Ends: o.Expires.UTC(),
		Expires: now.Add(kept).Unix()}
}

// put writes an item. The condition may ask whether what is there is not ours.
func (s *Store) put(ctx context.Context, v any, condition string) error {
	it, err := attributevalue.MarshalMap(v)
	if err != nil {
		return fmt.Errorf("ledger item: %w", err)
	}
	input := &dynamodb.PutItemInput{TableName: &s.table, Item: it}
	if condition != "" {
		input.ConditionExpression = &condition
		input.ExpressionAttributeValues = item{":ours": &types.AttributeValueMemberBOOL{Value: false}}
	}
	_, err = s.client.PutItem(ctx, input)
	return err
}

// Find implements [watcher.Sessions].
func (s *Store) Find(ctx context.Context, key string) (watcher.Session, bool, error) {
	var found session
	if ok, err := s.get(ctx, sessionID(key), &found); !ok || err != nil {
		return watcher.Session{}, false, err
	}
	return watcher.Session{Ours: found.Ours, By: found.By, Opening: remedy.Opening{Key: key, Account: found.Account,
			Task: found.Task, Purpose: found.Purpose, Event: found.Event, Resource: found.Resource, Expires: found.Ends}},
		true, nil
}

// A call is one of an incident's, in its item.
type call struct {
	Event string    `dynamodbav:"event"`
	Call  string    `dynamodbav:"call"`
	Key   string    `dynamodbav:"key"`
	At    time.Time `dynamodbav:"at"`
}

// calls are those of the sessions of an incident, as an item. Events is a set, so that an event is kept once.
type calls struct {
	Calls []call `dynamodbav:"calls"`
}

func callsID(event, resource string) string { return "calls#" + event + "#" + resource }

// most is how many calls of an incident are kept. An unlock makes two or three.
const most = 50

// Record implements [watcher.Sessions].
func (s *Store) Record(ctx context.Context, of watcher.Session, c watcher.Call) error {
	line, err := attributevalue.Marshal([]call{call(c)})
	if err != nil {
		return fmt.Errorf("ledger item: %w", err)
	}
	_, err = s.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: &s.table,
		Key: key(callsID(of.Event, of.Resource)),
		UpdateExpression: aws.String("SET kind = :kind, expires = :expires, " +
			"calls = list_append(if_not_exists(calls, :none), :line) ADD events :set"),
		ConditionExpression: aws.String("attribute_not_exists(id) OR (NOT contains(events, :event) AND size(calls) < :most)"),
		ExpressionAttributeValues: item{":kind": text("calls"), ":expires": integer(s.now().Add(records).Unix()),
			":none": &types.AttributeValueMemberL{}, ":line": line, ":event": text(c.Event), ":most": integer(most),
			":set": &types.AttributeValueMemberSS{Value: []string{c.Event}}},
	})
	if errors.As(err, new(*types.ConditionalCheckFailedException)) {
		return nil // it is kept already
	}
	return err
}

// Calls are what CloudTrail told of the sessions of an incident.
func (s *Store) Calls(ctx context.Context, event, resource string) (all []watcher.Call, err error) {
	var found calls
	_, err = s.get(ctx, callsID(event, resource), &found)
	for _, c := range found.Calls {
		all = append(all, watcher.Call(c))
	}
	return all, err
}

type item = map[string]types.AttributeValue

func key(id string) item { return item{"id": text(id)} }

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func integer(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: fmt.Sprint(n)}
}

// get reads an item, and tells whether it is there.
func (s *Store) get(ctx context.Context, id string, into any) (bool, error) {
	out, err := s.client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &s.table, Key: key(id),
		ConsistentRead: aws.Bool(true)})
	if err != nil || len(out.Item) == 0 {
		return false, err
	}
	if err := attributevalue.UnmarshalMap(out.Item, into); err != nil {
		return false, fmt.Errorf("ledger item %q cannot be read: %w", id, err)
	}
	return true, nil
}

var (
	_ watcher.Sessions = (*Store)(nil)
	_ watcher.Book     = (*Store)(nil)
)
