package dynamodb_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"
)

// TestValuesComeBack puts every type and reads it again
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html).
func TestValuesComeBack(t *testing.T) {
	s := newShelf(t)
	it := attributes{"id": text("a"), "s": text("ü<&>"), "n": number("-12.5"), "b": binary("\x00\xff"), "yes": yes(),
		"null": null(), "ss": texts("x", "y"),
		"ns": numbers("1", "2"), "bs": &types.AttributeValueMemberBS{Value: [][]byte{{1}, {2}}},
		"l": list(number("1"), list(), text("")), "m": fields(attributes{"f": fields(attributes{})}),
		"empty": text(""), "none": binary("")}
	s.put(it)
	if diff := cmp.Diff(render(it), render(s.get("a", true))); diff != "" {
		t.Error(diff)
	}
	s.holds(map[string]any{"id": "a", "s": "ü<&>", "n": json.Number("-12.5"), "b": []byte{0, 255}, "yes": true,
		"null": nil, "ss": []string{"x", "y"},
		"ns": []json.Number{"1", "2"}, "bs": [][]byte{{1}, {2}}, "l": []any{json.Number("1"), []any{}, ""},
		"m": map[string]any{"f": map[string]any{}}, "empty": "", "none": []byte{}})
	if got := s.get("b", true); got != nil {
		t.Errorf("an item that is not there: %v", got)
	}
}

// TestNumbers: what is stored of a number, by the limits of
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html.
func TestNumbers(t *testing.T) {
	s := newShelf(t)
	nines := strings.Repeat("9", 38)
	for in, want := range map[string]string{
		"0": "0", "-0": "0", "0e1000": "0", "0042.1200": "42.12", "+3": "3", ".123": "0.123", "5.": "5",
		"1e+5": "100000", "-17.4E3": "-17400", "1200e-4": "0.12", nines: nines,
		"1e125": "1" + strings.Repeat("0", 125), "1E-130": "0." + strings.Repeat("0", 129) + "1",
		nines + "e88": nines + strings.Repeat("0", 88),
		"1e126":       "Number overflow", "-1e126": "Number overflow", "1e999999999": "Number overflow",
		"1e-131": "Number underflow", "1" + nines: "more than 38 significant digits",
		"": "cannot be converted to a numeric value", "abc": "cannot be converted", "NaN": "cannot be converted",
		"Infinity": "cannot be converted", " 1": "cannot be converted",
		"1 ": "cannot be converted", "0x10": "cannot be converted", "1e": "cannot be converted",
		"1.2.3": "cannot be converted", ".": "cannot be converted", "-": "cannot be converted",
	} {
		_, err := s.PutItem(context.Background(),
			&dynamodb.PutItemInput{TableName: aws.String("books"), Item: attributes{"id": text("a"), "n": number(in)}})
		if err != nil {
			fails(t, err, "ValidationException", want)
			continue
		}
		if got := s.Items(tableARN)[0]["n"]; got != json.Number(want) {
			t.Errorf("%q is stored as %v, want %s", in, got, want)
		}
	}
}

// deep is a value of so many levels.
func deep(levels int) types.AttributeValue {
	v := text("leaf")
	for range levels - 1 {
		v = fields(attributes{"n": v})
	}
	return v
}

// limits are items, and what is wrong with each.
var limits = map[string]struct {
	item attributes
	want string // "" for an item that is fine
}{
	"no key":               {attributes{"x": text("a")}, "Missing the key id in the item"},
	"a number for a key":   {attributes{"id": number("1")}, "Type mismatch for key id expected: S actual: N"},
	"an empty key":         {attributes{"id": text("")}, "cannot contain an empty string value. Key: id"},
	"the longest key":      {key(strings.Repeat("k", 2048)), ""},
	"a key that is longer": {key(strings.Repeat("k", 2049)), "maximum size limit of2048 bytes"},
	"an empty set":         {attributes{"id": text("a"), "x": texts()}, "An string set  may not be empty"},
	"an empty number set":  {attributes{"id": text("a"), "x": numbers()}, "An number set  may not be empty"},
	"a member twice":       {attributes{"id": text("a"), "x": texts("b", "a", "b")}, "contains duplicates"},
	"a number twice":       {attributes{"id": text("a"), "x": numbers("1", "1.0")}, "contains duplicates"},
	"NULL false": {attributes{"id": text("a"), "x": &types.AttributeValueMemberNULL{}},
		"must have the value of true"},
	"32 levels":     {attributes{"id": text("a"), "x": deep(32)}, ""},
	"33 levels":     {attributes{"id": text("a"), "x": deep(33)}, "nested levels beyond supported limit"},
	"409,600 bytes": {attributes{"id": text("a"), "x": text(strings.Repeat("y", 409_600-4))}, ""},
	"a byte more": {attributes{"id": text("a"), "x": text(strings.Repeat("y", 409_600-3))},
		"Item size has exceeded the maximum allowed size"},
	"a number is 4 bytes": {attributes{"id": text("a"), "x": text(strings.Repeat("y", 409_600-9)),
		"n": number("-12.5")}, ""},
	"a list is 3 bytes, and 1 for each member": {
		attributes{"id": text("a"), "x": list(text(strings.Repeat("y", 409_600-9)), text(""))}, ""},
	"a list, a byte more": {
		attributes{"id": text("a"), "x": list(text(strings.Repeat("y", 409_600-8)), text(""))},
		"Item size has exceeded"},
	"a map is 3 bytes, and 1 for each field": {
		attributes{"id": text("a"), "x": fields(attributes{"f": text(strings.Repeat("y", 409_600-9))})}, ""},
	"a map, a byte more": {
		attributes{"id": text("a"), "x": fields(attributes{"f": text(strings.Repeat("y", 409_600-8))})},
		"Item size has exceeded"},
	"a number, a byte more": {
		attributes{"id": text("a"), "x": text(strings.Repeat("y", 409_600-8)), "n": number("-12.5")},
		"Item size has exceeded"},
}

func TestItemsThatAreRefused(t *testing.T) {
	s := newShelf(t)
	for name, row := range limits {
		t.Run(name, func(t *testing.T) {
			_, err := s.PutItem(context.Background(),
				&dynamodb.PutItemInput{TableName: aws.String("books"), Item: row.item})
			if row.want != "" {
				fails(t, err, "ValidationException", row.want)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestKeysThatAreRefused(t *testing.T) {
	s := newShelf(t)
	for name, row := range map[string]struct {
		key  attributes
		want string
	}{
		"another attribute": {attributes{"x": text("a")}, "The provided key element does not match the schema"},
		"one too many":      {attributes{"id": text("a"), "x": text("a")}, "does not match the schema"},
		"another type":      {attributes{"id": number("1")}, "does not match the schema"},
		"an empty one":      {key(""), "cannot contain an empty string value. Key: id"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := s.GetItem(context.Background(),
				&dynamodb.GetItemInput{TableName: aws.String("books"), Key: row.key})
			fails(t, err, "ValidationException", row.want)
			_, err = s.UpdateItem(context.Background(),
				&dynamodb.UpdateItemInput{TableName: aws.String("books"), Key: row.key})
			fails(t, err, "ValidationException", row.want)
			_, err = s.DeleteItem(context.Background(),
				&dynamodb.DeleteItemInput{TableName: aws.String("books"), Key: row.key})
			fails(t, err, "ValidationException", row.want)
		})
	}
}
