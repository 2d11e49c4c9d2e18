// Package preflights keeps in the ledger's table what was last found, and told, of whether rescues would work.
package preflights

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"locksmith/lambdas/readiness"
)

// id is of the one item that there is. It is replaced by each report.
const id = "preflight#last"

// A Store is the ledger's table. It needs dynamodb:GetItem and PutItem. One preflight runs at a time.
type Store struct {
	client *dynamodb.Client
	table  string
}

// New makes a Store in the table.
func New(cfg aws.Config, table string) *Store {
	return &Store{client: dynamodb.NewFromConfig(cfg), table: table}
}

// A last is the item. The report is JSON, the rest is plain, for whoever reads the table.
type last struct {
	ID   string    `dynamodbav:"id"`
	Kind string    `dynamodbav:"kind"`
	At   time.Time `dynamodbav:"at"`
	News string    `dynamodbav:"news"`
	Done bool      `dynamodbav:"done"` // everybody was told
	Body string    `dynamodbav:"body"`
}

// Last implements [readiness.Store].
func (s *Store) Last(ctx context.Context) (readiness.Kept, error) {
	out, err := s.client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &s.table, ConsistentRead: aws.Bool(true),
		Key: map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: id}}})
	if err != nil || len(out.Item) == 0 {
		return readiness.Kept{}, err
	}
	var l last
	var k readiness.Kept
	if err = attributevalue.UnmarshalMap(out.Item, &l); err == nil {
		err = json.Unmarshal([]byte(l.Body), &k)
	}
	if err != nil {
		return readiness.Kept{}, fmt.Errorf("ledger item %q cannot be read: %w", id, err)
	}
	return k, nil
}

// Keep implements [readiness.Store].
func (s *Store) Keep(ctx context.Context, k readiness.Kept) error {
	body, err := json.Marshal(k)
	if err != nil {
		return err
	}
	l := last{ID: id, Kind: "preflight", News: k.News, Done: k.Done, Body: string(body)}
	if k.Report != nil {
		l.At = k.Report.At.UTC()
	}
	item, err := attributevalue.MarshalMap(l)
	if err == nil {
		_, err = s.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &s.table, Item: item})
	}
	return err
}
