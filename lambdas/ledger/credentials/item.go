package credentials

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

	"locksmith/lambdas/credentials"
)

// An item is one of DynamoDB's.
type item = map[string]types.AttributeValue

// A rowItem is a row, with what lists are filtered by. Has begins with any, unless it is
// empty.
type rowItem struct {
	ID      string            `json:"id"`
	Kind    string            `json:"kind"`
	List    string            `json:"list"`
	Sort    string            `json:"sort"`
	Audit   string            `json:"audit"`
	At      int64             `json:"at"` // milliseconds
	State   credentials.State `json:"state"`
	Has     []string          `json:"has"`
	Nothing bool              `json:"nothing"` // root is known to have nothing
	Row     credentials.Row   `json:"row"`
	Expires int64             `json:"expires"` // the table's TTL attribute, in seconds
}

func newRowItem(r credentials.Row, audit string) rowItem {
	it := rowItem{ID: rowID(r.Account), Kind: "credentials", List: list, Sort: r.Account, Audit: audit,
		At: r.At.UnixMilli(), State: r.State, Has: r.Has, Nothing: r.Nothing(), Row: r, Expires: r.At.Add(kept).Unix()}
	if len(r.Has) > 0 {
		it.Has = append([]string{credentials.HasAny}, r.Has...)
	}
	return it
}

// An auditItem is the last audit of the organization.
type auditItem struct {
	ID       string     `json:"id"`
	Kind     string     `json:"kind"`
	Name     string     `json:"name"` // the audit's id
	Started  time.Time  `json:"started"`
	Finished *time.Time `json:"finished,omitempty"`
	Done     int        `json:"done"`
	Of       int        `json:"of"`
	Why      string     `json:"why,omitempty"`
	Listed   bool       `json:"listed"`
	Token    string     `json:"token,omitempty"`
	Pages    int        `json:"pages"`
	Next     int        `json:"next"`
	Passed   int        `json:"passed"`
	Fence    int64      `json:"fence"`
	Until    int64      `json:"until"` // milliseconds
}

func newAuditItem(a credentials.Audit) auditItem {
	it := auditItem{ID: lastID, Kind: "audit", Name: a.ID, Started: a.Started.UTC(), Done: a.Done, Of: a.Of, Why: a.Why,
		Listed: a.Listed, Token: a.Token, Pages: a.Pages, Next: a.Next, Passed: a.Passed, Fence: a.Fence}
	if !a.Until.IsZero() {
		it.Until = a.Until.UnixMilli()
	}
	if !a.Finished.IsZero() {
		at := a.Finished.UTC()
		it.Finished = &at
	}
	return it
}

func (it auditItem) audit() credentials.Audit {
	a := credentials.Audit{ID: it.Name, Started: it.Started, Done: it.Done, Of: it.Of, Why: it.Why, Listed: it.Listed,
		Token: it.Token, Pages: it.Pages, Next: it.Next, Passed: it.Passed, Fence: it.Fence}
	if it.Finished != nil {
		a.Finished = *it.Finished
	}
	if it.Until != 0 {
		a.Until = time.UnixMilli(it.Until).UTC()
	}
	return a
}

type pageItem struct {
	ID      string               `json:"id"`
	Kind    string               `json:"kind"`
	Members []credentials.Member `json:"members"`
	Expires int64                `json:"expires"`
}

type deletionItem struct {
	ID       string               `json:"id"`
	Kind     string               `json:"kind"`
	Deletion credentials.Deletion `json:"deletion"`
	Expires  int64                `json:"expires"`
}

// A caseItem is a case. As long as it is open it has the attribute waiting, and so is in that index.
type caseItem struct {
	ID      string           `json:"id"`
	Kind    string           `json:"kind"`
	Waiting string           `json:"waiting,omitempty"`
	Sort    string           `json:"sort"` // when it is due
	Version int              `json:"version"`
	Case    credentials.Case `json:"case"`
	Expires int64            `json:"expires"`
}

func newCaseItem(k credentials.Case) caseItem {
	it := caseItem{ID: caseID(k.ID), Kind: "case", Sort: k.Due.UTC().Format(time.RFC3339) + "#" + k.ID, Version: k.Version,
		Case: k, Expires: k.Due.Add(kept).Unix()}
	if !k.Over() {
		it.Waiting = cases
	}
	return it
}

// byJSON has the structures written by the names that they have in JSON.
func byJSON(o *attributevalue.EncoderOptions) { o.TagKey = "json" }

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

func about(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("ledger: %s: %w", what, err)
}

// get reads an item, or some attributes of it, and tells whether it is there. None of those is a word of DynamoDB's.
func (d *Dynamo) get(ctx context.Context, id string, into any, attributes ...string) (bool, error) {
	in := &dynamodb.GetItemInput{TableName: &d.table, Key: key(id), ConsistentRead: aws.Bool(true)}
	for _, a := range attributes {
		in.ProjectionExpression = &a
	}
	out, err := d.client.GetItem(ctx, in)
	if err == nil && len(out.Item) > 0 {
		err = unmarshal(out.Item, into)
	}
	if err != nil {
		return false, about(id, err)
	}
	return len(out.Item) > 0, nil
}

// A condition is what has to hold for a write.
type condition struct {
	text   string
	names  map[string]string
	values item
}

// put writes an item where a condition holds, nil for always. The error of one that does not hold is ErrChanged.
func (d *Dynamo) put(ctx context.Context, id string, v any, c *condition) error {
	it, err := attributevalue.MarshalMapWithOptions(v, byJSON)
	if err != nil {
		return about(id, err)
	}
	in := &dynamodb.PutItemInput{TableName: &d.table, Item: it}
	if c != nil {
		in.ConditionExpression, in.ExpressionAttributeNames, in.ExpressionAttributeValues = &c.text, c.names, c.values
	}
	_, err = d.client.PutItem(ctx, in)
	if errors.As(err, new(*types.ConditionalCheckFailedException)) {
		return changed(id)
	}
	return about(id, err)
}
