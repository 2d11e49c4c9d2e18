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
	"github.com/google/go-cmp/cmp"

	"locksmith/test/cloud"
)

// TestStaleReads: a read that does not ask for consistency may show an item as it was
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.ReadConsistency.html).
func TestStaleReads(t *testing.T) {
	s := newShelfOf(t, cloud.Config{ItemPropagation: time.Second})
	s.put(attributes{"id": text("a"), "v": number("1")})
	if got := s.get("a", false); got != nil {
		t.Errorf("at once: %v", got)
	}
	s.Time = s.Time.Add(time.Second)
	s.put(attributes{"id": text("a"), "v": number("2")})
	for _, row := range []struct {
		consistent bool
		want       string
	}{{false, "1"}, {true, "2"}} {
		if got := s.get("a", row.consistent)["v"].(*types.AttributeValueMemberN).Value; got != row.want {
			t.Errorf("consistent %t: %s, want %s", row.consistent, got, row.want)
		}
	}
	if _, err := s.DeleteItem(context.Background(),
		&dynamodb.DeleteItemInput{TableName: aws.String("books"), Key: key("a")}); err != nil {
		t.Fatal(err)
	}
	if s.get("a", true) != nil || s.get("a", false) == nil {
		t.Error("a deleted item is gone for consistent reads, and for no others yet")
	}
	s.Time = s.Time.Add(time.Second)
	if s.get("a", false) != nil {
		t.Error("the deleted item is still there")
	}
}

// TestScan walks a table in pages. A page that ends at its limit says so even if it was the last.
func TestScan(t *testing.T) {
	s := newShelfAlone(t)
	for i := range 6 {
		s.put(attributes{"id": text(fmt.Sprint("book", i)), "kind": text([]string{"novel", "atlas"}[i%2]),
			"pages": number(fmt.Sprint(100 * i))})
	}
	in := &dynamodb.ScanInput{TableName: aws.String("books"), Limit: aws.Int32(3),
		FilterExpression: aws.String("kind = :k"), ProjectionExpression: aws.String("id, pages"),
		ExpressionAttributeValues: attributes{":k": text("novel")}}
	found, pages := map[string]string{}, 0
	for {
		out, err := s.Scan(context.Background(), in)
		if err != nil {
			t.Fatal(err)
		}
		pages++
		if int(out.Count) != len(out.Items) || pages < 3 && out.ScannedCount != 3 {
			t.Errorf("page %d: count %d of %d items, scanned %d", pages, out.Count, len(out.Items), out.ScannedCount)
		}
		for _, it := range out.Items {
			found[it["id"].(*types.AttributeValueMemberS).Value] = it["pages"].(*types.AttributeValueMemberN).Value
			if len(it) != 2 {
				t.Errorf("more than was asked for: %v", it)
			}
		}
		if in.ExclusiveStartKey = out.LastEvaluatedKey; out.LastEvaluatedKey == nil {
			break
		}
	}
	if diff := cmp.Diff(map[string]string{"book0": "0", "book2": "200", "book4": "400"}, found); diff != "" ||
		pages != 3 {
		t.Errorf("in %d pages (-want +got):\n%s", pages, diff)
	}
	out, err := s.Scan(context.Background(),
		&dynamodb.ScanInput{TableName: aws.String("books"), Select: types.SelectCount})
	if err != nil || out.Count != 6 || out.Items != nil || out.LastEvaluatedKey != nil {
		t.Errorf("a count: %+v, %v", out, err)
	}
}

func TestScansThatAreRefused(t *testing.T) {
	s := newShelf(t)
	books := aws.String("books")
	for name, row := range map[string]struct {
		in            *dynamodb.ScanInput
		code, message string
	}{
		"no such table": {&dynamodb.ScanInput{TableName: aws.String("none")}, "ResourceNotFoundException",
			"Requested resource not found"},
		"no limit": {&dynamodb.ScanInput{TableName: books, Limit: aws.Int32(0)}, "ValidationException",
			"Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1"},
		"another start": {&dynamodb.ScanInput{TableName: books, ExclusiveStartKey: attributes{"x": text("a")}},
			"ValidationException",
			"The provided starting key is invalid: The provided key element does not match the schema"},
		"a broken filter": {&dynamodb.ScanInput{TableName: books, FilterExpression: aws.String("a =")},
			"ValidationException", "Invalid FilterExpression: Syntax error"},
		"nothing selected": {&dynamodb.ScanInput{TableName: books, Select: types.SelectSpecificAttributes},
			"ValidationException", "SPECIFIC_ATTRIBUTES requires a ProjectionExpression"},
		"all and some": {&dynamodb.ScanInput{TableName: books, Select: types.SelectAllAttributes,
			ProjectionExpression: aws.String("id")}, "ValidationException",
			"Cannot specify the ProjectionExpression when choosing to get ALL_ATTRIBUTES"},
		"no such index": {&dynamodb.ScanInput{TableName: books, IndexName: aws.String("i")}, "ValidationException",
			"The table does not have the specified index: i"},
		"an unused value": {&dynamodb.ScanInput{TableName: books, FilterExpression: aws.String("a = b"),
			ExpressionAttributeValues: attributes{":v": text("")}}, "ValidationException",
			"unused in expressions: keys: {:v}"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := s.Scan(context.Background(), row.in)
			fails(t, err, row.code, row.message)
		})
	}
}

// TestScanStopsAtAMegabyte: five items of 300 KB are two pages.
func TestScanStopsAtAMegabyte(t *testing.T) {
	s := newShelfAlone(t)
	// The transport's writer now and then closes the connection under a long answer. The SDK tries again by itself.
	s.Client = s.persistent()
	for i := range 5 {
		s.put(attributes{"id": text(fmt.Sprint(i)), "x": text(strings.Repeat("y", 300_000))})
	}
	out, err := s.Scan(context.Background(), &dynamodb.ScanInput{TableName: aws.String("books")})
	if err != nil {
		t.Fatal(err)
	}
	if out.Count != 4 || out.LastEvaluatedKey == nil {
		t.Fatalf("%d items, last %v", out.Count, out.LastEvaluatedKey)
	}
	out, err = s.Scan(context.Background(),
		&dynamodb.ScanInput{TableName: aws.String("books"), ExclusiveStartKey: out.LastEvaluatedKey})
	if err != nil {
		t.Fatal(err)
	}
	if out.Count != 1 || out.LastEvaluatedKey != nil {
		t.Errorf("%d items, last %v", out.Count, out.LastEvaluatedKey)
	}
}

func TestProjection(t *testing.T) {
	s := newShelf(t)
	s.put(attributes{"id": text("a"), "l": list(number("0"), number("1"),
		fields(attributes{"x": text("deep"), "y": text("no")})), "m": fields(attributes{"k": text("v"), "o": yes()}),
		"z": null()})
	for expression, want := range map[string]string{
		"z":              `{"z":{"Value":true}}`,
		"m.k":            `{"m":{"Value":{"k":{"Value":"v"}}}}`,
		"l[2].x, l[0]":   `{"l":{"Value":[{"Value":"0"},{"Value":{"x":{"Value":"deep"}}}]}}`,
		"m.absent, l[9]": `{}`,
		"#m.#k, absent":  `{"m":{"Value":{"k":{"Value":"v"}}}}`,
		"m, m.k": "Invalid ProjectionExpression: Two document paths overlap with each other; must " +
			"remove or rewrite one of these paths; path one: [m], path two: [m, k]",
		"m.k, m[0]": "Two document paths conflict with each other",
		"m.k, id.x": "Key attributes must be scalars; list random access '[]' and map lookup '.' are not " +
			"allowed: Key: id",
		"l[x]":                    `Syntax error; token: "x", near: "[x]"`,
		"id,":                     `Syntax error; token: "<EOF>", near: ","`,
		"name":                    "Attribute name is a reserved keyword; reserved keyword: name",
		"":                        "The expression can not be empty;",
		strings.Repeat("x", 4097): "Expression size has exceeded the maximum allowed size; expression size: 4097",
	} {
		in := &dynamodb.GetItemInput{TableName: aws.String("books"), Key: key("a"),
			ProjectionExpression: aws.String(expression)}
		if strings.Contains(expression, "#") {
			in.ExpressionAttributeNames = map[string]string{"#m": "m", "#k": "k"}
		}
		out, err := s.GetItem(context.Background(), in)
		if err != nil {
			fails(t, err, "ValidationException", want)
		} else if got := render(out.Item); got != want {
			t.Errorf("%s: %s, want %s", expression, got, want)
		}
	}
}
