package dynamodb_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"locksmith/test/cloud"
)

// The four actions of a transaction. An empty condition is none.
func putting(it attributes, condition string) types.TransactWriteItem {
	names, values := placeholdersIn(condition, nil, attributes{":one": number("1")})
	return types.TransactWriteItem{
		Put: &types.Put{TableName: aws.String("books"), Item: it, ConditionExpression: optional(condition),
			ExpressionAttributeNames: names, ExpressionAttributeValues: values,
			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld}}
}

func counting(id string) types.TransactWriteItem {
	return types.TransactWriteItem{Update: &types.Update{TableName: aws.String("books"), Key: key(id),
		UpdateExpression: aws.String("ADD n :one"), ExpressionAttributeValues: attributes{":one": number("1")}}}
}

func deleting(id, condition string) types.TransactWriteItem {
	return types.TransactWriteItem{Delete: &types.Delete{TableName: aws.String("books"), Key: key(id),
		ConditionExpression: optional(condition)}}
}

func checking(id, condition string) types.TransactWriteItem {
	return types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{TableName: aws.String("books"), Key: key(id),
		ConditionExpression: optional(condition)}}
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func (s *shelf) transact(token string, actions ...types.TransactWriteItem) error {
	_, err := s.TransactWriteItems(context.Background(),
		&dynamodb.TransactWriteItemsInput{TransactItems: actions, ClientRequestToken: optional(token)})
	return err
}

// reasons are those of a transaction that was canceled: code, message and item.
func reasons(t *testing.T, err error) []string {
	t.Helper()
	var canceled *types.TransactionCanceledException
	if !errors.As(err, &canceled) {
		t.Fatalf("%v, want a TransactionCanceledException", err)
	}
	var all, codes []string
	for _, r := range canceled.CancellationReasons {
		codes = append(codes, aws.ToString(r.Code))
		all = append(all, strings.TrimSpace(aws.ToString(r.Code)+" "+aws.ToString(r.Message)+" "+
			strings.TrimPrefix(render(r.Item), "null")))
	}
	if want := "Transaction cancelled, please refer cancellation reasons for specific reasons [" +
		strings.Join(codes, ", ") + "]"; canceled.ErrorMessage() != want {
		t.Errorf("%q, want %q", canceled.ErrorMessage(), want)
	}
	return all
}

func TestATransactionDoesAll(t *testing.T) {
	s := newShelf(t)
	s.put(attributes{"id": text("b"), "n": number("4")})
	s.put(key("c"))
	s.put(key("d"))
	if err := s.transact("", putting(key("a"), "attribute_not_exists(id)"), counting("b"),
		deleting("c", "attribute_exists(id)"), checking("d", "attribute_exists(id)"),
		checking("e", "attribute_not_exists(id)")); err != nil {
		t.Fatal(err)
	}
	s.holds(map[string]any{"id": "a"}, map[string]any{"id": "b", "n": json.Number("5")}, map[string]any{"id": "d"})
}

func TestATransactionDoesNothingIfOneFails(t *testing.T) {
	s := newShelf(t)
	s.put(attributes{"id": text("b"), "n": number("4")})
	s.put(attributes{"id": text("f"), "n": text("no number")})
	err := s.transact("", putting(key("a"), ""), putting(key("b"), "n = :one"), deleting("c", "attribute_exists(id)"),
		counting("d"), checking("e", "attribute_exists(id)"), counting("f"))
	want := []string{
		"None", `ConditionalCheckFailed The conditional request failed {"id":{"Value":"b"},"n":{"Value":"4"}}`,
		"ConditionalCheckFailed The conditional request failed", "None",
		"ConditionalCheckFailed The conditional request failed",
		"ValidationError An operand in the update expression has an incorrect data type"}
	if diff := cmp.Diff(want, reasons(t, err)); diff != "" {
		t.Error(diff)
	}
	s.holds(map[string]any{"id": "b", "n": json.Number("4")}, map[string]any{"id": "f", "n": "no number"})
}

// TestKeysOfTheWrongTypeCancel: this is found as the transaction begins, before any condition. An empty key is found
// before that (paritysuite/dynamodb-conformance, tests/tier3/error-messages/transactWriteItems.test.ts, recorded at AWS
// in 2026).
func TestKeysOfTheWrongTypeCancel(t *testing.T) {
	s := newShelf(t)
	seven := attributes{"id": number("7")}
	for name, row := range map[string]struct {
		actions []types.TransactWriteItem
		want    []string
	}{
		"put": {[]types.TransactWriteItem{checking("a", "attribute_exists(id)"), putting(seven, ""),
			putting(seven, "")},
			[]string{
				"None",
				"ValidationError One or more parameter values were invalid: Type mismatch for key id expected: S " +
					"actual: N", "None"}},
		"the key's update": {[]types.TransactWriteItem{checking("b", "attribute_exists(id)"),
			{Update: &types.Update{TableName: aws.String("books"), Key: key("a"),
				UpdateExpression: aws.String("REMOVE id")}}},
			[]string{"None", "ValidationError One or more parameter values were invalid: Cannot update attribute id. " +
				"This attribute is part of the key"}},
		"delete": {[]types.TransactWriteItem{{Delete: &types.Delete{TableName: aws.String("books"), Key: seven}}},
			[]string{"ValidationError The provided key element does not match the schema"}},
	} {
		if diff := cmp.Diff(row.want, reasons(t, s.transact("", row.actions...))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// puts are so many writes.
func puts(n int) (all []types.TransactWriteItem) {
	for i := range n {
		all = append(all, putting(key(fmt.Sprint(i)), ""))
	}
	return all
}

// largePuts are so many writes of 400 KB each.
func largePuts(n int) (all []types.TransactWriteItem) {
	for i := range n {
		it := attributes{"id": text(fmt.Sprint(i)), "x": text(strings.Repeat("y", 400_000))}
		all = append(all, putting(it, ""))
	}
	return all
}

func TestTransactionsThatAreRefused(t *testing.T) {
	s := newShelf(t)
	both := putting(key("a"), "")
	both.Delete = deleting("b", "").Delete
	elsewhere := putting(key("a"), "")
	elsewhere.Put.TableName = aws.String("none")
	for name, row := range map[string]struct {
		actions       []types.TransactWriteItem
		code, message string
	}{
		"none": {[]types.TransactWriteItem{}, "ValidationException",
			"Value '[]' at 'transactItems' failed to satisfy constraint: Member must have length greater than or " +
				"equal to 1"},
		"101": {puts(101), "ValidationException",
			"at 'transactItems' failed to satisfy constraint: Member must have length less than or equal to 100"},
		"one item twice": {[]types.TransactWriteItem{putting(key("a"), ""), checking("b", "attribute_exists(id)"),
			deleting("a", "")}, "ValidationException",
			"Transaction request cannot include multiple operations on one item"},
		"two at once": {[]types.TransactWriteItem{both}, "ValidationException",
			"TransactItems can only contain one of Check, Put, Update or Delete"},
		"nothing at all": {[]types.TransactWriteItem{{}}, "ValidationException",
			"TransactItems can only contain one of Check, Put, Update or Delete"},
		"an empty key": {[]types.TransactWriteItem{putting(key(""), "")}, "ValidationException",
			"cannot contain an empty string value. Key: id"},
		"a missing table": {[]types.TransactWriteItem{putting(key("b"), ""), elsewhere}, "ResourceNotFoundException",
			"Requested resource not found"},
		"syntax first": {[]types.TransactWriteItem{elsewhere, deleting("b", "attribute_exists(")},
			"ValidationException", `Invalid ConditionExpression: Syntax error; token: "<EOF>", near: "("`},
		"more than 4 MB": {largePuts(11), "ValidationException", "size cannot exceed"},
		"a large item": {[]types.TransactWriteItem{
			putting(attributes{"id": text("a"), "x": text(strings.Repeat("y", 409_600))}, "")}, "ValidationException",
			"Item size has exceeded the maximum allowed size"},
	} {
		t.Run(name, func(t *testing.T) {
			fails(t, s.transact("", row.actions...), row.code, row.message)
			s.holds()
		})
	}
}

// TestLargeTransactions: the limits of a transaction, and what is still within them.
func TestLargeTransactions(t *testing.T) {
	s := newShelf(t)
	fails(t, s.transact(strings.Repeat("t", 37), puts(1)...), "ValidationException",
		"at 'clientRequestToken' failed to satisfy constraint: Member must have length less than or equal to 36")
	_, _, answer := s.call("DynamoDB_20120810.TransactWriteItems",
		`{"TransactItems":[{"ConditionCheck":{"TableName":"books","Key":{"id":{"S":"a"}}}}]}`)
	if !strings.Contains(answer,
		"Value null at 'transactItems.1.member.conditionCheck.conditionExpression' failed to satisfy constraint: "+
			"Member must not be null") {
		t.Errorf("a check of nothing: %s", answer)
	}
	if err := s.transact("", largePuts(10)...); err != nil {
		t.Errorf("less than 4 MB: %v", err)
	}
	if err := s.transact("", puts(100)...); err != nil {
		t.Errorf("100 actions: %v", err)
	}
}

// TestTokens: within ten minutes the same transaction is done once
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html).
func TestTokens(t *testing.T) {
	s := newShelfAlone(t)
	count := func(want string) {
		t.Helper()
		if got := s.get("a", true)["n"].(*types.AttributeValueMemberN).Value; got != want {
			t.Errorf("the counter is %s, want %s", got, want)
		}
	}
	steps := []struct {
		after time.Duration
		token string
		want  string
	}{{0, "t1", "1"}, {0, "t1", "1"}, {0, "t2", "2"}, {10*time.Minute - time.Second, "t1", "2"},
		{time.Second, "t1", "3"}, {time.Minute, "t1", "3"}, {0, "", "4"}, {0, "", "5"}}
	for _, step := range steps {
		s.Time = s.Time.Add(step.after)
		if err := s.transact(step.token, counting("a")); err != nil {
			t.Fatal(err)
		}
		count(step.want)
	}
	fails(t, s.transact("t1", counting("b")), "IdempotentParameterMismatchException", "")
	neighbour := &shelf{s.Place, dynamodb.NewFromConfig(s.As("444455556666", region)), t}
	if _, err := neighbour.CreateTable(context.Background(), tableOf("books")); err != nil {
		t.Fatal(err)
	}
	if err := neighbour.transact("t1", counting("b")); err != nil {
		t.Errorf("the same token in another account: %v", err)
	}
}

// TestATokenOfACanceledTransactionIsFree: only what has taken effect is remembered.
func TestATokenOfACanceledTransactionIsFree(t *testing.T) {
	s := newShelf(t)
	both := []types.TransactWriteItem{checking("a", "attribute_exists(id)"), counting("b")}
	reasons(t, s.transact("t", both...))
	s.put(key("a"))
	if err := s.transact("t", both...); err != nil {
		t.Fatal(err)
	}
	s.holds(map[string]any{"id": "a"}, map[string]any{"id": "b", "n": json.Number("1")})
}

// TestALostReplyIsNoSecondTransaction: the SDK gives each transaction a token, and tries again with the same.
func TestALostReplyIsNoSecondTransaction(t *testing.T) {
	s := newShelf(t)
	s.Fail(func(c cloud.Call) *cloud.Fault {
		if c.N == 1 {
			return &cloud.Fault{DropReply: true}
		}
		return nil
	})
	_, err := s.persistent().TransactWriteItems(context.Background(),
		&dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{counting("a")}})
	if err != nil {
		t.Fatal(err)
	}
	s.holds(map[string]any{"id": "a", "n": json.Number("1")})
}

// TestAConflictIsAReason: the fault for a transaction that meets another.
func TestAConflictIsAReason(t *testing.T) {
	s := newShelfAlone(t)
	s.Fail(func(cloud.Call) *cloud.Fault {
		return &cloud.Fault{Code: "TransactionConflictException", Status: 400}
	})
	want := []string{"TransactionConflict Transaction is ongoing for the item", "None"}
	if diff := cmp.Diff(want, reasons(t, s.transact("", counting("a"), counting("b")))); diff != "" {
		t.Error(diff)
	}
	s.holds()
}

// TestConditionsInTheirTurn: of many that want the same, as many get it as may.
func TestConditionsInTheirTurn(t *testing.T) {
	s := newShelf(t)
	s.put(attributes{"id": text("a"), "n": number("0")})
	var wait sync.WaitGroup
	for i := range 20 {
		wait.Go(func() {
			take := types.TransactWriteItem{
				Update: &types.Update{TableName: aws.String("books"), Key: key("a"),
					UpdateExpression:          aws.String("ADD n :one"),
					ConditionExpression:       aws.String("n < :most"),
					ExpressionAttributeValues: attributes{":one": number("1"), ":most": number("5")}}}
			_ = s.transact("", take, putting(key(fmt.Sprint("taken", i)), "")) // fifteen of them fail
		})
	}
	wait.Wait()
	if n := s.get("a", true)["n"].(*types.AttributeValueMemberN).Value; n != "5" || len(s.Items(tableARN)) != 6 {
		t.Errorf("the counter is %s, and there are %d items", n, len(s.Items(tableARN)))
	}
}
