package requests

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	desk "locksmith/lambdas/requests"
)

// A keyItem is a call with an Idempotency-Key.
type keyItem struct {
	ID      string      `json:"id"`
	Digest  string      `json:"digest"`
	Begun   int64       `json:"begun"` // milliseconds
	Expires int64       `json:"expires"`
	Reply   *desk.Reply `json:"reply,omitempty"`
}

func keyID(person, key string) string {
	return fmt.Sprintf("key#%x", sha256.Sum256(fmt.Appendf(nil, "%q %q", person, key)))
}

// Begin implements [desk.Keys]. It makes one call.
func (d *Dynamo) Begin(ctx context.Context, person, key, digest string) (*desk.Reply, error) {
	now := d.now()
	put, err := attributevalue.MarshalMapWithOptions(keyItem{ID: keyID(person, key), Digest: digest,
		Begun: now.UnixMilli(), Expires: now.Add(Kept + time.Hour).Unix()}, byJSON)
	if err != nil {
		return nil, err
	}
	_, err = d.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &d.table, Item: put,
		ConditionExpression: aws.String("attribute_not_exists(id) OR begun <= :dayAgo OR " +
			"(digest = :digest AND attribute_not_exists(reply) AND begun <= :givenUp)"),
		ExpressionAttributeValues: item{":digest": text(digest), ":dayAgo": integer(now.Add(-Kept).UnixMilli()),
			":givenUp": integer(now.Add(-Pending).UnixMilli())},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld})
	failed := (*types.ConditionalCheckFailedException)(nil)
	if !errors.As(err, &failed) {
		return nil, about("a key", err)
	}
	var it keyItem
	if err := unmarshal(failed.Item, &it); err != nil {
		return nil, about("a key", err)
	}
	switch {
	case it.Digest != digest:
		return nil, desk.ErrOtherCall
	case it.Reply == nil:
		return nil, desk.ErrPending
	}
	return it.Reply, nil
}

// LongestReply is how many bytes of an answer can be kept.
const LongestReply = 350_000

// Finish implements [desk.Keys]. It makes one call.
func (d *Dynamo) Finish(ctx context.Context, person, key, digest string, r desk.Reply) error {
	if err := fits(r); err != nil {
		return err
	}
	reply, err := attributevalue.MarshalWithOptions(r, byJSON)
	if err != nil {
		return err
	}
	_, err = d.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: &d.table,
		Key: item{"id": text(keyID(person, key))}, UpdateExpression: aws.String("SET reply = :reply"),
		ConditionExpression:       aws.String("digest = :digest"),
		ExpressionAttributeValues: item{":reply": reply, ":digest": text(digest)}})
	if failed := (*types.ConditionalCheckFailedException)(nil); errors.As(err, &failed) {
		return nil // the key is another call's by now
	}
	return about("a key", err)
}

func fits(r desk.Reply) error {
	if len(r.Body) > LongestReply {
		return fmt.Errorf("an answer of %d bytes is not kept, at most %d", len(r.Body), LongestReply)
	}
	return nil
}

var _ desk.Keys = (*Dynamo)(nil)
