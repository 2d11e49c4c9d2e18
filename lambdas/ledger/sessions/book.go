package sessions

import (
	"context"
	"encoding/json"
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

// lease is how long a worker may be busy with news before another may take it up. It is longer than the function's
// timeout.
const lease = 2 * time.Minute

// A news is what people were told, as an item.
type news struct {
	Told []remedy.Channel `dynamodbav:"told"`
	Done bool             `dynamodbav:"done"`
}

// Begin implements [watcher.Book]. News that is done costs one write that is refused.
func (s *Store) Begin(ctx context.Context, id string) (watcher.News, error) {
	now := s.now()
	out, err := s.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: &s.table, Key: key("news#" + id),
		UpdateExpression: aws.String("SET kind = :kind, #until = :until, expires = :expires, " +
			"done = if_not_exists(done, :no)"),
		ConditionExpression:      aws.String("attribute_not_exists(id) OR (done = :no AND #until <= :now)"),
		ExpressionAttributeNames: map[string]string{"#until": "until"},
		ExpressionAttributeValues: item{":kind": text("news"), ":until": integer(now.Add(lease).UnixMilli()),
			":now": integer(now.UnixMilli()), ":expires": integer(now.Add(kept).Unix()),
			":no": &types.AttributeValueMemberBOOL{Value: false}},
		ReturnValues:                        types.ReturnValueAllNew,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	var found item
	if refused := (*types.ConditionalCheckFailedException)(nil); errors.As(err, &refused) {
		found = refused.Item
	} else if err != nil {
		return watcher.News{}, err
	} else {
		found = out.Attributes
	}
	var n news
	if decoded := attributevalue.UnmarshalMap(found, &n); decoded != nil {
		return watcher.News{}, fmt.Errorf("ledger item %q cannot be read: %w", "news#"+id, decoded)
	}
	if err != nil && !n.Done {
		return watcher.News{}, fmt.Errorf("%w: news %s", remedy.ErrBusy, id)
	}
	return watcher.News{ID: id, Told: n.Told, Done: n.Done}, nil
}

// End implements [watcher.Book].
func (s *Store) End(ctx context.Context, n watcher.News) error {
	told, err := attributevalue.Marshal(n.Told)
	if err != nil {
		return fmt.Errorf("ledger item: %w", err)
	}
	_, err = s.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: &s.table, Key: key("news#" + n.ID),
		UpdateExpression:         aws.String("SET told = :told, done = :done, #until = :now"),
		ExpressionAttributeNames: map[string]string{"#until": "until"},
		ExpressionAttributeValues: item{":told": told, ":done": &types.AttributeValueMemberBOOL{Value: n.Done},
			":now": integer(s.now().UnixMilli())}})
	return err
}

// Take implements [watcher.Book]. Pages and mails are counted by themselves.
func (s *Store) Take(ctx context.Context, account string, l watcher.Level) (bool, error) {
	counter, limit := "mails", s.limits.Mails
	if l == watcher.Page {
		counter, limit = "pages", s.limits.Pages
	}
	now := s.now()
	_, err := s.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: &s.table,
		Key:                 key("rootlimit#" + account + "#" + now.UTC().Format("2006-01-02T15")),
		UpdateExpression:    aws.String("SET expires = :expires ADD " + counter + " :one"),
		ConditionExpression: aws.String("attribute_not_exists(" + counter + ") OR " + counter + " < :limit"),
		ExpressionAttributeValues: item{":one": integer(1), ":limit": integer(int64(limit)),
			":expires": integer(now.Add(counted).Unix())}})
	if errors.As(err, new(*types.ConditionalCheckFailedException)) {
		return false, nil
	}
	return err == nil, err
}

// A digest is one as an item: its groups are JSON, for whoever reads the table.
type digest struct {
	ID      string `dynamodbav:"id"`
	Kind    string `dynamodbav:"kind"`
	Body    string `dynamodbav:"body"`
	Closed  bool   `dynamodbav:"closed"`
	Version int64  `dynamodbav:"version"` // goes up with each write
	Expires int64  `dynamodbav:"expires"`
}

func digestID(name string) string { return "rootdigest#" + name }

// tries is how often a digest is written where others write it too.
const tries = 20

// errClosed says that a digest was sent, or is about to be.
var errClosed = errors.New("the digest is closed")

// Add implements [watcher.Book].
func (s *Store) Add(ctx context.Context, name string, l watcher.Line) error {
	return s.change(ctx, name, func(d *watcher.Digest) error {
		if d.Closed {
			return fmt.Errorf("digest %s: %w", name, errClosed)
		}
		d.Add(l)
		return nil
	})
}

// Close implements [watcher.Book].
func (s *Store) Close(ctx context.Context, name string) error {
	return s.change(ctx, name, func(d *watcher.Digest) error {
		d.Closed = true
		return nil
	})
}

// Digest implements [watcher.Book].
func (s *Store) Digest(ctx context.Context, name string) (watcher.Digest, error) {
	d, _, err := s.readDigest(ctx, name)
	return d, err
}

func (s *Store) readDigest(ctx context.Context, name string) (d watcher.Digest, version int64, err error) {
	var found digest
	if ok, err := s.get(ctx, digestID(name), &found); !ok || err != nil {
		return d, 0, err
	}
	if err := json.Unmarshal([]byte(found.Body), &d); err != nil {
		return d, 0, fmt.Errorf("ledger item %q cannot be read: %w", digestID(name), err)
	}
	d.Closed = found.Closed
	return d, found.Version, nil
}

// change reads a digest and writes it anew, unless somebody else has written it since. Then it tries again.
func (s *Store) change(ctx context.Context, name string, change func(*watcher.Digest) error) error {
	for range tries {
		d, version, err := s.readDigest(ctx, name)
		if err != nil {
			return err
		}
		if err := change(&d); err != nil {
			return err
		}
		body, err := json.Marshal(d)
		if err != nil {
			return fmt.Errorf("digest %s: %w", name, err)
		}
		it, err := attributevalue.MarshalMap(digest{ID: digestID(name), Kind: "rootdigest", Body: string(body),
			Closed: d.Closed, Version: version + 1, Expires: s.now().Add(digests).Unix()})
		if err != nil {
			return fmt.Errorf("digest %s: %w", name, err)
		}
		_, err = s.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &s.table, Item: it,
			ConditionExpression:       aws.String("attribute_not_exists(id) OR version = :version"),
			ExpressionAttributeValues: item{":version": integer(version)}})
		if !errors.As(err, new(*types.ConditionalCheckFailedException)) {
			return err
		}
	}
	return fmt.Errorf("digest %s: other writes were in its way %d times", name, tries)
}
