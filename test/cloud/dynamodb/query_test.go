package dynamodb_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"locksmith/test/cloud"
)

// loans makes a second table, with an index of each projection, and some items.
func (s *shelf) loans() {
	s.t.Helper()
	in := tableOf("loans")
	in.AttributeDefinitions = nil
	for _, name := range []string{"id", "reader", "due"} {
		in.AttributeDefinitions = append(in.AttributeDefinitions, types.AttributeDefinition{AttributeName: aws.String(name),
			AttributeType: types.ScalarAttributeTypeS})
	}
	for _, p := range []types.Projection{{ProjectionType: types.ProjectionTypeAll},
		{ProjectionType: types.ProjectionTypeInclude, NonKeyAttributes: []string{"title", "absent"}},
		{ProjectionType: types.ProjectionTypeKeysOnly}} {
		in.GlobalSecondaryIndexes = append(in.GlobalSecondaryIndexes, types.GlobalSecondaryIndex{
			IndexName: aws.String("by-" + strings.ToLower(string(p.ProjectionType))), Projection: &p,
			KeySchema: []types.KeySchemaElement{{AttributeName: aws.String("reader"), KeyType: types.KeyTypeHash},
				{AttributeName: aws.String("due"), KeyType: types.KeyTypeRange}}})
	}
	if _, err := s.CreateTable(context.Background(), in); err != nil {
		s.t.Fatal(err)
	}
	for i, reader := range []string{"ann", "bob", "ann", "ann", "bob", "ann"} {
		it := attributes{"id": text(fmt.Sprint("l", i)), "reader": text(reader), "due": text(fmt.Sprint("2026-1", i)),
			"title": text(fmt.Sprint("t", i)), "pages": number(fmt.Sprint(i))}
		if i == 3 {
			delete(it, "due") // no index holds it
		}
		if _, err := s.PutItem(context.Background(),
			&dynamodb.PutItemInput{TableName: aws.String("loans"), Item: it}); err != nil {
			s.t.Fatal(err)
		}
	}
}

// by is a query of one of the indexes, for what ann has.
func by(index, also string, values ...string) *dynamodb.QueryInput {
	in := &dynamodb.QueryInput{TableName: aws.String("loans"), IndexName: aws.String("by-" + index),
		KeyConditionExpression:    aws.String("reader = :r" + also),
		ExpressionAttributeValues: attributes{":r": text("ann")}}
	for i, v := range values {
		in.ExpressionAttributeValues[fmt.Sprint(":v", i)] = text(v)
	}
	return in
}

// ids are which items a query finds, in its order.
func (s *shelf) ids(in *dynamodb.QueryInput) (found string, last attributes) {
	s.t.Helper()
	out, err := s.Query(context.Background(), in)
	if err != nil {
		s.t.Fatal(err)
	}
	if int(out.Count) != len(out.Items) {
		s.t.Errorf("count %d of %d items", out.Count, len(out.Items))
	}
	for _, it := range out.Items {
		found += " " + it["id"].(*types.AttributeValueMemberS).Value
	}
	return strings.TrimSpace(found), out.LastEvaluatedKey
}

// TestQuery finds the items of one partition in the order of the sort key, and of others nothing.
func TestQuery(t *testing.T) {
	s := newShelf(t)
	s.loans()
	for _, row := range []struct {
		name, also string
		values     []string
		want       string
	}{
		{"all", "", nil, "l0 l2 l5"},
		{"below", " AND due < :v0", []string{"2026-15"}, "l0 l2"},
		{"up to", " AND due <= :v0", []string{"2026-15"}, "l0 l2 l5"},
		{"above", " AND due > :v0", []string{"2026-10"}, "l2 l5"},
		{"from", " AND due >= :v0", []string{"2026-12"}, "l2 l5"},
		{"equal", " AND due = :v0", []string{"2026-12"}, "l2"},
		{"between", " AND due BETWEEN :v0 AND :v1", []string{"2026-11", "2026-14"}, "l2"},
		{"beginning", " AND begins_with(due, :v0)", []string{"2026-1"}, "l0 l2 l5"},
		{"nothing", " AND begins_with(due, :v0)", []string{"2027"}, ""},
		{"in parentheses", " AND (due = :v0)", []string{"2026-12"}, "l2"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s.t = t
			if got, last := s.ids(by("all", row.also, row.values...)); got != row.want || last != nil {
				t.Errorf("%q, last %v, want %q", got, last, row.want)
			}
		})
	}
	s.t = t
	backward := by("keys_only", "")
	backward.ScanIndexForward = aws.Bool(false)
	if got, _ := s.ids(backward); got != "l5 l2 l0" {
		t.Errorf("backward: %q", got)
	}
	one := &dynamodb.QueryInput{TableName: aws.String("loans"), KeyConditionExpression: aws.String("id = :i"),
		ExpressionAttributeValues: attributes{":i": text("l3")}, ConsistentRead: aws.Bool(true)}
	if got, _ := s.ids(one); got != "l3" {
		t.Errorf("of the table itself: %q", got)
	}
	filtered := by("all", "", "t2")
	filtered.FilterExpression = aws.String("title <> :v0")
	if got, _ := s.ids(filtered); got != "l0 l5" {
		t.Errorf("filtered: %q", got)
	}
}

// TestWhatAnIndexProjects: all of an item, some of it, or its keys.
func TestWhatAnIndexProjects(t *testing.T) {
	s := newShelf(t)
	s.loans()
	const keys = `"due":{"Value":"2026-12"},"id":{"Value":"l2"}`
	for index, want := range map[string]string{
		"all":       `{` + keys + `,"pages":{"Value":"2"},"reader":{"Value":"ann"},"title":{"Value":"t2"}}`,
		"include":   `{` + keys + `,"reader":{"Value":"ann"},"title":{"Value":"t2"}}`,
		"keys_only": `{` + keys + `,"reader":{"Value":"ann"}}`,
	} {
		out, err := s.Query(context.Background(), by(index, " AND due = :v0", "2026-12"))
		if err != nil || len(out.Items) != 1 {
			t.Fatalf("%s: %+v, %v", index, out, err)
		}
		if got := render(out.Items[0]); got != want {
			t.Errorf("%s: %s, want %s", index, got, want)
		}
	}
	some := by("all", " AND due = :v0", "2026-12")
	some.ProjectionExpression = aws.String("title")
	out, err := s.Query(context.Background(), some)
	if err != nil || render(out.Items[0]) != `{"title":{"Value":"t2"}}` {
		t.Errorf("%+v, %v", out, err)
	}
	count := by("keys_only", "")
	count.Select = types.SelectCount
	if out, err = s.Query(context.Background(), count); err != nil || out.Count != 3 || len(out.Items) > 0 {
		t.Errorf("%+v, %v", out, err)
	}
}

// TestQueryInPages: a page ends at its limit, which counts what the filter takes out, and the next goes on from there,
// in either direction.
func TestQueryInPages(t *testing.T) {
	s := newShelf(t)
	s.loans()
	for forward, want := range map[bool][]string{true: {"l0", "", "l5", ""}, false: {"l5", "", "l0", ""}} {
		in := by("include", "", "t2")
		in.Limit, in.ScanIndexForward, in.FilterExpression = aws.Int32(1), &forward, aws.String("title <> :v0")
		for i, page := range want {
			got, last := s.ids(in)
			if got != page || (last == nil) != (i == 3) {
				t.Errorf("forward %t, page %d: %q, last %v, want %q", forward, i, got, last, page)
			}
			in.ExclusiveStartKey = last
		}
	}
}

func TestQueriesThatAreRefused(t *testing.T) {
	s := newShelf(t)
	s.loans()
	for name, row := range map[string]struct {
		edit    func(*dynamodb.QueryInput)
		message string
	}{
		"no condition": {func(in *dynamodb.QueryInput) {
			in.KeyConditionExpression, in.ExpressionAttributeValues = nil, nil
		}, "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."},
		"no partition": {func(in *dynamodb.QueryInput) { in.KeyConditionExpression = aws.String("due = :r") },
			"Query condition missed key schema element: reader"},
		"part of a partition": {func(in *dynamodb.QueryInput) { in.KeyConditionExpression = aws.String("reader > :r") },
			"Query key condition not supported"},
		"no key": {func(in *dynamodb.QueryInput) { in.KeyConditionExpression = aws.String("reader = :r AND title = :r") },
			"Query condition missed key schema element: due"},
		"either": {func(in *dynamodb.QueryInput) { in.KeyConditionExpression = aws.String("reader = :r OR due = :r") },
			"Invalid operator used in KeyConditionExpression: OR"},
		"unlike": {func(in *dynamodb.QueryInput) { in.KeyConditionExpression = aws.String("reader = :r AND due <> :r") },
			"Invalid operator used in KeyConditionExpression: NE"},
		"a filter of keys": {func(in *dynamodb.QueryInput) { in.FilterExpression = aws.String("due = :r") },
			"Filter Expression can only contain non-primary key attributes: Primary key attribute: due"},
		"a number": {func(in *dynamodb.QueryInput) { in.ExpressionAttributeValues[":r"] = number("1") },
			"One or more parameter values were invalid: Condition parameter type does not match schema type"},
		"consistent": {func(in *dynamodb.QueryInput) { in.ConsistentRead = aws.Bool(true) },
			"Consistent reads are not supported on global secondary indexes"},
		"no such index": {func(in *dynamodb.QueryInput) { in.IndexName = aws.String("by-title") },
			"The table does not have the specified index: by-title"},
		"no limit": {func(in *dynamodb.QueryInput) { in.Limit = aws.Int32(0) },
			"Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1"},
		"half a start": {func(in *dynamodb.QueryInput) { in.ExclusiveStartKey = key("l0") },
			"The provided starting key is invalid"},
		"a start elsewhere": {func(in *dynamodb.QueryInput) {
			in.ExclusiveStartKey = attributes{"id": text("l1"), "reader": text("bob"), "due": text("2026-11")}
		}, "The provided starting key is outside query boundaries based on provided conditions"},
		"more than is projected": {func(in *dynamodb.QueryInput) { in.Select = types.SelectAllAttributes },
			"One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported for global secondary " +
				"index by-include because its projection type is not ALL"},
	} {
		t.Run(name, func(t *testing.T) {
			in := by("include", "")
			row.edit(in)
			_, err := s.Query(context.Background(), in)
			fails(t, err, "ValidationException", row.message)
		})
	}
}

// TestIndexesAreLate: no read of an index is consistent.
func TestIndexesAreLate(t *testing.T) {
	s := newShelfOf(t, cloud.Config{ItemPropagation: time.Second})
	s.loans()
	if got, _ := s.ids(by("all", "")); got != "" {
		t.Errorf("at once: %q", got)
	}
	s.Time = s.Time.Add(time.Second)
	if got, _ := s.ids(by("all", "")); got != "l0 l2 l5" {
		t.Errorf("a second later: %q", got)
	}
}
