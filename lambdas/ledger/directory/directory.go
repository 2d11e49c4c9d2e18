// Package directory keeps in the ledger's table what is known of the accounts of the organization.
package directory

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"locksmith/lambdas/remedy"
	"locksmith/policies/allowlist"
)

// kept is how long an account is kept that nobody has looked up again: it has left the organization, or nobody sweeps.
const kept = 7 * 24 * time.Hour

// A Store is the ledger's table. It holds one item member#ACCOUNT for each account, and needs dynamodb:GetItem and
// PutItem.
type Store struct {
	client *dynamodb.Client
	table  string
}

// New makes a Store in the table.
func New(cfg aws.Config, table string) *Store {
	return &Store{client: dynamodb.NewFromConfig(cfg), table: table}
}

// A member is an account as an item.
type member struct {
	ID      string            `dynamodbav:"id"`
	Kind    string            `dynamodbav:"kind"`
	Account string            `dynamodbav:"account"`
	Name    string            `dynamodbav:"name"`
	State   string            `dynamodbav:"state"`
	Units   []string          `dynamodbav:"units"`
	Tags    map[string]string `dynamodbav:"tags"` // null where nobody has read them
	At      time.Time         `dynamodbav:"at"`
	Expires int64             `dynamodbav:"expires"` // the table's TTL attribute, in seconds
}

func id(number string) string { return "member#" + number }

// Member implements organization.Store.
func (s *Store) Member(ctx context.Context, number string) (remedy.Account, time.Time, error) {
	out, err := s.client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &s.table, ConsistentRead: aws.Bool(true),
		Key: map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: id(number)}}})
	if err != nil || len(out.Item) == 0 {
		return remedy.Account{}, time.Time{}, err
	}
	var m member
	if err := attributevalue.UnmarshalMap(out.Item, &m); err != nil {
		return remedy.Account{}, time.Time{}, fmt.Errorf("ledger item %q cannot be read: %w", id(number), err)
	}
	return remedy.Account{Name: m.Name, State: m.State,
		Account: allowlist.Account{Number: number, Units: m.Units, Tags: m.Tags, Known: true}}, m.At, nil
}

// Keep implements organization.Store. It writes one item after the other.
func (s *Store) Keep(ctx context.Context, at time.Time, accounts ...remedy.Account) error {
	for _, a := range accounts {
		item, err := attributevalue.MarshalMap(member{ID: id(a.Number), Kind: "member", Account: a.Number, Name: a.Name,
			State: a.State, Units: a.Units, Tags: a.Tags, At: at.UTC(), Expires: at.Add(kept).Unix()})
		if err == nil {
			_, err = s.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &s.table, Item: item})
		}
		if err != nil {
			return fmt.Errorf("account %s: %w", a.Number, err)
		}
	}
	return nil
}
