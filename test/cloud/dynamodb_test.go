package cloud_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"locksmith/test/cloud"
)

const tableARN = "arn:aws:dynamodb:" + region + ":" + owner + ":table/books"

// A shelf is a table "books" of the owner's, with the partition key "id".
type shelf struct {
	*place
	*dynamodb.Client
	t *testing.T
}

func newShelf(t *testing.T) *shelf { return newShelfOf(t, cloud.Config{}) }

func newShelfOf(t *testing.T, c cloud.Config) *shelf {
	t.Helper()
	p := newPlaceOf(t, c)
	s := &shelf{p, dynamodb.NewFromConfig(p.config(owner, region)), t}
	if _, err := s.CreateTable(context.Background(), tableOf("books")); err != nil {
		t.Fatal(err)
	}
	return s
}

func tableOf(name string) *dynamodb.CreateTableInput {
	return &dynamodb.CreateTableInput{TableName: &name, BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("id"), AttributeType: types.ScalarAttributeTypeS}},
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: types.KeyTypeHash}}}
}

type attributes = map[string]types.AttributeValue

// text, number, list and so on are attribute values as the SDK has them.
func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func number(s string) types.AttributeValue { return &types.AttributeValueMemberN{Value: s} }

func binary(s string) types.AttributeValue { return &types.AttributeValueMemberB{Value: []byte(s)} }

func texts(s ...string) types.AttributeValue { return &types.AttributeValueMemberSS{Value: s} }

func numbers(s ...string) types.AttributeValue { return &types.AttributeValueMemberNS{Value: s} }

func list(v ...types.AttributeValue) types.AttributeValue {
	return &types.AttributeValueMemberL{Value: append([]types.AttributeValue{}, v...)}
}

func fields(m attributes) types.AttributeValue { return &types.AttributeValueMemberM{Value: m} }

func yes() types.AttributeValue { return &types.AttributeValueMemberBOOL{Value: true} }

func null() types.AttributeValue { return &types.AttributeValueMemberNULL{Value: true} }

func key(id string) attributes { return attributes{"id": text(id)} }

func (s *shelf) put(it attributes) {
	s.t.Helper()
	if _, err := s.PutItem(context.Background(), &dynamodb.PutItemInput{TableName: aws.String("books"), Item: it}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shelf) get(id string, consistent bool) attributes {
	s.t.Helper()
	out, err := s.GetItem(context.Background(), &dynamodb.GetItemInput{TableName: aws.String("books"), Key: key(id), ConsistentRead: &consistent})
	if err != nil {
		s.t.Fatal(err)
	}
	return out.Item
}

// holds compares the items in the table with those wanted, in the order of their keys.
func (s *shelf) holds(want ...map[string]any) {
	s.t.Helper()
	if diff := cmp.Diff(want, s.Items(tableARN)); diff != "" {
		s.t.Errorf("the table's items (-want +got):\n%s", diff)
	}
}

// fails checks an error: its code, and a part of its message.
func fails(t *testing.T, err error, code, message string) {
	t.Helper()
	var e smithy.APIError
	if !errors.As(err, &e) || e.ErrorCode() != code || !strings.Contains(e.ErrorMessage(), message) {
		t.Errorf("got %v, want %s: %s", err, code, message)
	}
}

// TestValuesComeBack puts every type and reads it again
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html).
func TestValuesComeBack(t *testing.T) {
	s := newShelf(t)
	it := attributes{"id": text("a"), "s": text("ü<&>"), "n": number("-12.5"), "b": binary("\x00\xff"), "yes": yes(), "null": null(), "ss": texts("x", "y"),
		"ns": numbers("1", "2"), "bs": &types.AttributeValueMemberBS{Value: [][]byte{{1}, {2}}}, "l": list(number("1"), list(), text("")), "m": fields(attributes{"f": fields(attributes{})}),
		"empty": text(""), "none": binary("")}
	s.put(it)
	if diff := cmp.Diff(render(it), render(s.get("a", true))); diff != "" {
		t.Error(diff)
	}
	s.holds(map[string]any{"id": "a", "s": "ü<&>", "n": json.Number("-12.5"), "b": []byte{0, 255}, "yes": true, "null": nil, "ss": []string{"x", "y"},
		"ns": []json.Number{"1", "2"}, "bs": [][]byte{{1}, {2}}, "l": []any{json.Number("1"), []any{}, ""}, "m": map[string]any{"f": map[string]any{}}, "empty": "", "none": []byte{}})
	if got := s.get("b", true); got != nil {
		t.Errorf("an item that is not there: %v", got)
	}
}

// render writes attribute values in a form that can be compared.
func render(it attributes) string {
	b, _ := json.Marshal(it) // no attribute value has anything that JSON cannot write
	return string(b)
}

// TestNumbers: what is stored of a number, by the limits of
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html#HowItWorks.DataTypes.Number.
func TestNumbers(t *testing.T) {
	s := newShelf(t)
	nines := strings.Repeat("9", 38)
	for in, want := range map[string]string{
		"0": "0", "-0": "0", "0e1000": "0", "0042.1200": "42.12", "+3": "3", ".123": "0.123", "5.": "5", "1e+5": "100000", "-17.4E3": "-17400", "1200e-4": "0.12", nines: nines,
		"1e125": "1" + strings.Repeat("0", 125), "1E-130": "0." + strings.Repeat("0", 129) + "1", nines + "e88": nines + strings.Repeat("0", 88),
		"1e126": "Number overflow", "-1e126": "Number overflow", "1e999999999": "Number overflow", "1e-131": "Number underflow", "1" + nines: "more than 38 significant digits",
		"": "cannot be converted to a numeric value", "abc": "cannot be converted", "NaN": "cannot be converted", "Infinity": "cannot be converted", " 1": "cannot be converted",
		"1 ": "cannot be converted", "0x10": "cannot be converted", "1e": "cannot be converted", "1.2.3": "cannot be converted", ".": "cannot be converted", "-": "cannot be converted",
	} {
		_, err := s.PutItem(context.Background(), &dynamodb.PutItemInput{TableName: aws.String("books"), Item: attributes{"id": text("a"), "n": number(in)}})
		if err != nil {
			fails(t, err, "ValidationException", want)
			continue
		}
		if got := s.Items(tableARN)[0]["n"]; got != json.Number(want) {
			t.Errorf("%q is stored as %v, want %s", in, got, want)
		}
	}
}

func TestItemsThatAreRefused(t *testing.T) {
	s := newShelf(t)
	deep := func(levels int) types.AttributeValue {
		v := text("leaf")
		for range levels - 1 {
			v = fields(attributes{"n": v})
		}
		return v
	}
	for name, row := range map[string]struct {
		item attributes
		want string // "" for an item that is fine
	}{
		"no key":                {attributes{"x": text("a")}, "Missing the key id in the item"},
		"a number for a key":    {attributes{"id": number("1")}, "Type mismatch for key id expected: S actual: N"},
		"an empty key":          {attributes{"id": text("")}, "cannot contain an empty string value. Key: id"},
		"the longest key":       {key(strings.Repeat("k", 2048)), ""},
		"a key that is longer":  {key(strings.Repeat("k", 2049)), "maximum size limit of2048 bytes"},
		"an empty set":          {attributes{"id": text("a"), "x": texts()}, "An string set  may not be empty"},
		"an empty number set":   {attributes{"id": text("a"), "x": numbers()}, "An number set  may not be empty"},
		"a member twice":        {attributes{"id": text("a"), "x": texts("b", "a", "b")}, "contains duplicates"},
		"a number twice":        {attributes{"id": text("a"), "x": numbers("1", "1.0")}, "contains duplicates"},
		"NULL false":            {attributes{"id": text("a"), "x": &types.AttributeValueMemberNULL{}}, "must have the value of true"},
		"32 levels":             {attributes{"id": text("a"), "x": deep(32)}, ""},
		"33 levels":             {attributes{"id": text("a"), "x": deep(33)}, "nested levels beyond supported limit"},
		"409,600 bytes":         {attributes{"id": text("a"), "x": text(strings.Repeat("y", 409_600-4))}, ""},
		"a byte more":           {attributes{"id": text("a"), "x": text(strings.Repeat("y", 409_600-3))}, "Item size has exceeded the maximum allowed size"},
		"a number is 4 bytes":   {attributes{"id": text("a"), "x": text(strings.Repeat("y", 409_600-9)), "n": number("-12.5")}, ""},
		"a number, a byte more": {attributes{"id": text("a"), "x": text(strings.Repeat("y", 409_600-8)), "n": number("-12.5")}, "Item size has exceeded"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := s.PutItem(context.Background(), &dynamodb.PutItemInput{TableName: aws.String("books"), Item: row.item})
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
			_, err := s.GetItem(context.Background(), &dynamodb.GetItemInput{TableName: aws.String("books"), Key: row.key})
			fails(t, err, "ValidationException", row.want)
			_, err = s.UpdateItem(context.Background(), &dynamodb.UpdateItemInput{TableName: aws.String("books"), Key: row.key})
			fails(t, err, "ValidationException", row.want)
			_, err = s.DeleteItem(context.Background(), &dynamodb.DeleteItemInput{TableName: aws.String("books"), Key: row.key})
			fails(t, err, "ValidationException", row.want)
		})
	}
}

func TestTables(t *testing.T) {
	s := newShelf(t)
	ctx := context.Background()
	s.put(key("a"))
	out, err := s.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: aws.String("books")})
	if err != nil {
		t.Fatal(err)
	}
	if d := out.Table; d.TableStatus != types.TableStatusActive || *d.TableArn != tableARN || *d.ItemCount != 1 || *d.KeySchema[0].AttributeName != "id" || !d.CreationDateTime.Equal(s.now) {
		t.Errorf("%+v", d)
	}
	_, err = s.CreateTable(ctx, tableOf("books"))
	fails(t, err, "ResourceInUseException", "Table already exists: books")
	_, err = s.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: aws.String("papers")})
	fails(t, err, "ResourceNotFoundException", "Requested resource not found: Table: papers not found")
	var missing *types.ResourceNotFoundException
	if _, err := s.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String("papers"), Key: key("a")}); !errors.As(err, &missing) {
		t.Error(err)
	}
	if _, err := s.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String(tableARN), Key: key("a")}); err != nil {
		t.Errorf("named by ARN: %v", err)
	}
	elsewhere := dynamodb.NewFromConfig(s.config(owner, "us-east-1"))
	if _, err := elsewhere.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String("books"), Key: key("a")}); !errors.As(err, &missing) {
		t.Errorf("in another Region: %v", err)
	}
	stranger := dynamodb.NewFromConfig(s.config("444455556666", region))
	_, err = stranger.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String(tableARN), Key: key("a")})
	fails(t, err, "AccessDeniedException", "is not authorized to perform: dynamodb:GetItem on resource: "+tableARN)
	sorted := tableOf("sorted")
	sorted.KeySchema = append(sorted.KeySchema, types.KeySchemaElement{AttributeName: aws.String("at"), KeyType: types.KeyTypeRange})
	_, err = s.CreateTable(ctx, sorted)
	fails(t, err, "NotImplemented", "this AWS does not do sort keys")
}

// TestStaleReads: a read that does not ask for consistency may show an item as it was
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.ReadConsistency.html).
func TestStaleReads(t *testing.T) {
	s := newShelfOf(t, cloud.Config{ItemPropagation: time.Second})
	s.put(attributes{"id": text("a"), "v": number("1")})
	if got := s.get("a", false); got != nil {
		t.Errorf("at once: %v", got)
	}
	s.now = s.now.Add(time.Second)
	s.put(attributes{"id": text("a"), "v": number("2")})
	for _, row := range []struct {
		consistent bool
		want       string
	}{{false, "1"}, {true, "2"}} {
		if got := s.get("a", row.consistent)["v"].(*types.AttributeValueMemberN).Value; got != row.want {
			t.Errorf("consistent %t: %s, want %s", row.consistent, got, row.want)
		}
	}
	if _, err := s.DeleteItem(context.Background(), &dynamodb.DeleteItemInput{TableName: aws.String("books"), Key: key("a")}); err != nil {
		t.Fatal(err)
	}
	if s.get("a", true) != nil || s.get("a", false) == nil {
		t.Error("a deleted item is gone for consistent reads, and for no others yet")
	}
	s.now = s.now.Add(time.Second)
	if s.get("a", false) != nil {
		t.Error("the deleted item is still there")
	}
}

// TestTimeToLive: an item whose time is over stays until it is deleted, which may take days
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html).
func TestTimeToLive(t *testing.T) {
	s := newShelf(t)
	ctx := context.Background()
	at := func(d time.Duration) types.AttributeValue { return number(fmt.Sprint(s.now.Add(d).Unix())) }
	s.put(attributes{"id": text("due"), "expires": at(time.Hour)})
	s.put(attributes{"id": text("later"), "expires": at(3 * time.Hour)})
	s.put(attributes{"id": text("never")})
	s.put(attributes{"id": text("no number"), "expires": text("0")})
	s.put(attributes{"id": text("older than five years"), "expires": at(-6 * 365 * 24 * time.Hour)})
	s.now = s.now.Add(2 * time.Hour)
	if n := s.ExpireItems(); n != 0 {
		t.Errorf("%d items expired in a table without a time to live", n)
	}
	enable := &dynamodb.UpdateTimeToLiveInput{TableName: aws.String("books"), TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: aws.String("expires"), Enabled: aws.Bool(true)}}
	if _, err := s.UpdateTimeToLive(ctx, enable); err != nil {
		t.Fatal(err)
	}
	_, err := s.UpdateTimeToLive(ctx, enable)
	fails(t, err, "ValidationException", "TimeToLive is already enabled")
	out, err := s.DescribeTimeToLive(ctx, &dynamodb.DescribeTimeToLiveInput{TableName: aws.String("books")})
	if err != nil || out.TimeToLiveDescription.TimeToLiveStatus != types.TimeToLiveStatusEnabled || *out.TimeToLiveDescription.AttributeName != "expires" {
		t.Errorf("%+v, %v", out, err)
	}
	if s.get("due", true) == nil {
		t.Error("an item went before ExpireItems")
	}
	if n := s.ExpireItems(); n != 1 || s.get("due", true) != nil || len(s.Items(tableARN)) != 4 {
		t.Errorf("%d items expired, left are %v", n, s.Items(tableARN))
	}
}

// TestScan walks a table in pages. A page that ends at its limit says so even if it was the last.
func TestScan(t *testing.T) {
	s := newShelf(t)
	for i := range 6 {
		s.put(attributes{"id": text(fmt.Sprint("book", i)), "kind": text([]string{"novel", "atlas"}[i%2]), "pages": number(fmt.Sprint(100 * i))})
	}
	in := &dynamodb.ScanInput{TableName: aws.String("books"), Limit: aws.Int32(3), FilterExpression: aws.String("kind = :k"), ProjectionExpression: aws.String("id, pages"),
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
	if diff := cmp.Diff(map[string]string{"book0": "0", "book2": "200", "book4": "400"}, found); diff != "" || pages != 3 {
		t.Errorf("in %d pages (-want +got):\n%s", pages, diff)
	}
	out, err := s.Scan(context.Background(), &dynamodb.ScanInput{TableName: aws.String("books"), Select: types.SelectCount})
	if err != nil || out.Count != 6 || out.Items != nil || out.LastEvaluatedKey != nil {
		t.Errorf("a count: %+v, %v", out, err)
	}
}

// TestScanStopsAtAMegabyte: five items of 300 KB are two pages.
func TestScanStopsAtAMegabyte(t *testing.T) {
	s := newShelf(t)
	for i := range 5 {
		s.put(attributes{"id": text(fmt.Sprint(i)), "x": text(strings.Repeat("y", 300_000))})
	}
	out, err := s.Scan(context.Background(), &dynamodb.ScanInput{TableName: aws.String("books")})
	if err != nil || out.Count != 4 || out.LastEvaluatedKey == nil {
		t.Fatalf("%d items, last %v, %v", out.Count, out.LastEvaluatedKey, err)
	}
	out, err = s.Scan(context.Background(), &dynamodb.ScanInput{TableName: aws.String("books"), ExclusiveStartKey: out.LastEvaluatedKey})
	if err != nil || out.Count != 1 || out.LastEvaluatedKey != nil {
		t.Errorf("%d items, last %v, %v", out.Count, out.LastEvaluatedKey, err)
	}
}

func TestProjection(t *testing.T) {
	s := newShelf(t)
	s.put(attributes{"id": text("a"), "l": list(number("0"), number("1"), fields(attributes{"x": text("deep"), "y": text("no")})), "m": fields(attributes{"k": text("v"), "o": yes()}), "z": null()})
	for expression, want := range map[string]string{
		"z":                       `{"z":{"Value":true}}`,
		"m.k":                     `{"m":{"Value":{"k":{"Value":"v"}}}}`,
		"l[2].x, l[0]":            `{"l":{"Value":[{"Value":"0"},{"Value":{"x":{"Value":"deep"}}}]}}`,
		"m.absent, l[9], id.x":    `{}`,
		"#m.#k, absent":           `{"m":{"Value":{"k":{"Value":"v"}}}}`,
		"m, m.k":                  "Invalid ProjectionExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [m], path two: [m, k]",
		"m.k, m[0]":               "Two document paths conflict with each other",
		"l[x]":                    `Syntax error; token: "x", near: "[x]"`,
		"id,":                     `Syntax error; token: "<EOF>", near: ","`,
		"name":                    "Attribute name is a reserved keyword; reserved keyword: name",
		"":                        "The expression can not be empty;",
		strings.Repeat("x", 4097): "Expression size has exceeded the maximum allowed size; expression size: 4097",
	} {
		in := &dynamodb.GetItemInput{TableName: aws.String("books"), Key: key("a"), ProjectionExpression: aws.String(expression)}
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

// TestDynamoDBFaults: DynamoDB fails as it is told to, by its own name.
func TestDynamoDBFaults(t *testing.T) {
	s := newShelf(t)
	put := func(id string) error {
		_, err := s.PutItem(context.Background(), &dynamodb.PutItemInput{TableName: aws.String("books"), Item: key(id)})
		return err
	}
	for name, row := range map[string]struct {
		fault *cloud.Fault
		want  string // a part of the error
		done  bool
	}{
		"refused":       {&cloud.Fault{Code: "AccessDeniedException", Message: "no", Status: 400}, "AccessDeniedException: no", false},
		"throttled":     {&cloud.Fault{Code: "ThrottlingException", Message: "slow", Status: 400}, "ThrottlingException: slow", false},
		"broken":        {&cloud.Fault{Code: "InternalServerError", Message: "oops"}, "StatusCode: 500", false},
		"error after":   {&cloud.Fault{Code: "InternalServerError", Message: "oops", AfterEffect: true}, "InternalServerError: oops", true},
		"reply lost":    {&cloud.Fault{DropReply: true}, "EOF", true},
		"never arrived": {&cloud.Fault{DropRequest: true}, "EOF", false},
		"conflict":      {&cloud.Fault{Code: "TransactionConflictException", Message: "busy", Status: 400}, "TransactionConflictException: busy", false},
	} {
		t.Run(name, func(t *testing.T) {
			s.ResetCalls()
			s.Fail(func(c cloud.Call) *cloud.Fault {
				if c.Service == "dynamodb" && c.Action == "PutItem" && c.Resource == tableARN && c.N == 1 {
					return row.fault
				}
				return nil
			})
			defer s.Fail(nil)
			if err := put(name); err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("%v, want %s", err, row.want)
			}
			if calls := s.Calls(); len(calls) != 1 || calls[0].Caller != "arn:aws:iam::"+owner+":user/admin" || calls[0].Region != region {
				t.Errorf("%+v", calls)
			}
			if done := s.get(name, true) != nil; done != row.done {
				t.Errorf("done is %t, want %t", done, row.done)
			}
		})
	}
}

// TestTheSDKTriesThrottledCallsAgain: it knows DynamoDB's errors for what they are.
func TestTheSDKTriesThrottledCallsAgain(t *testing.T) {
	s := newShelf(t)
	cfg := s.config(owner, region)
	cfg.RetryMaxAttempts = 3
	cfg.Retryer = func() aws.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) {
			o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
		})
	}
	s.Fail(func(c cloud.Call) *cloud.Fault {
		return map[int]*cloud.Fault{1: {Code: "ProvisionedThroughputExceededException", Status: 400}, 2: {Code: "InternalServerError"}}[c.N]
	})
	s.ResetCalls()
	if _, err := dynamodb.NewFromConfig(cfg).PutItem(context.Background(), &dynamodb.PutItemInput{TableName: aws.String("books"), Item: key("a")}); err != nil || len(s.Calls()) != 3 {
		t.Errorf("%v after %d calls", err, len(s.Calls()))
	}
}

// call makes a call without the SDK.
func (s *shelf) call(target, body string) (status int, header http.Header, answer string) {
	s.t.Helper()
	in, err := http.NewRequest(http.MethodPost, s.url, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	in.Header.Set("X-Amz-Target", target)
	in.Header.Set("Content-Type", "application/x-amz-json-1.0")
	in.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+owner+"/20261121/"+region+"/dynamodb/aws4_request, SignedHeaders=host, Signature=0")
	out, err := http.DefaultClient.Do(in)
	if err != nil {
		s.t.Fatal(err)
	}
	defer out.Body.Close()
	b, err := io.ReadAll(out.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	if sum := fmt.Sprint(crc32.ChecksumIEEE(b)); out.Header.Get("X-Amz-Crc32") != sum {
		s.t.Errorf("checksum %s of an answer with %s: %s", out.Header.Get("X-Amz-Crc32"), sum, b)
	}
	return out.StatusCode, out.Header, string(b)
}

// TestWire: what is on the wire, to the letter.
func TestWire(t *testing.T) {
	s := newShelf(t)
	s.put(attributes{"id": text("a"), "n": number("1")})
	const put = `{"TableName":"books","Item":{"id":{"S":"a"}},"ConditionExpression":"attribute_not_exists(id)","ReturnValuesOnConditionCheckFailure":"ALL_OLD"}`
	for name, row := range map[string]struct {
		target, body string
		status       int
		want         string
	}{
		"an item":            {"GetItem", `{"TableName":"books","Key":{"id":{"S":"a"}}}`, 200, `{"Item":{"id":{"S":"a"},"n":{"N":"1"}}}`},
		"no item":            {"GetItem", `{"TableName":"books","Key":{"id":{"S":"b"}}}`, 200, `{}`},
		"a failed condition": {"PutItem", put, 400, `{"Item":{"id":{"S":"a"},"n":{"N":"1"}},"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","message":"The conditional request failed"}`},
		"a missing table":    {"GetItem", `{"TableName":"none","Key":{"id":{"S":"a"}}}`, 400, `{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"Requested resource not found"}`},
		"no table":           {"GetItem", `{"Key":{"id":{"S":"a"}}}`, 400, `{"__type":"com.amazon.coral.validate#ValidationException","message":"1 validation error detected: Value null at 'tableName' failed to satisfy constraint: Member must not be null"}`},
		"no key":             {"GetItem", `{"TableName":"books"}`, 400, `{"__type":"com.amazon.coral.validate#ValidationException","message":"1 validation error detected: Value null at 'key' failed to satisfy constraint: Member must not be null"}`},
		"two types":          {"GetItem", `{"TableName":"books","Key":{"id":{"S":"a","N":"1"}}}`, 400, `{"__type":"com.amazon.coral.validate#ValidationException","message":"Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"}`},
		"no type":            {"GetItem", `{"TableName":"books","Key":{"id":{}}}`, 400, `{"__type":"com.amazon.coral.validate#ValidationException","message":"Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"}`},
		"a transaction": {"TransactWriteItems", `{"TransactItems":[{"Put":{"TableName":"books","Item":{"id":{"S":"b"}}}},{"ConditionCheck":{"TableName":"books","Key":{"id":{"S":"a"}},"ConditionExpression":"n = id"}}]}`, 400,
			`{"CancellationReasons":[{"Code":"None"},{"Code":"ConditionalCheckFailed","Message":"The conditional request failed"}],"Message":"Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed]","__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException"}`},
	} {
		t.Run(name, func(t *testing.T) {
			status, header, answer := s.call("DynamoDB_20120810."+row.target, row.body)
			if status != row.status || answer != row.want || header.Get("Content-Type") != "application/x-amz-json-1.0" {
				t.Errorf("%d %s %s\nwant %d %s", status, header.Get("Content-Type"), answer, row.status, row.want)
			}
		})
	}
	for name, row := range map[string]struct{ target, body, want string }{
		"no JSON":         {"DynamoDB_20120810.GetItem", `{`, "#SerializationException"},
		"a bare number":   {"DynamoDB_20120810.PutItem", `{"TableName":"books","Item":{"id":{"S":"a"},"n":{"N":1}}}`, "#SerializationException"},
		"a legacy option": {"DynamoDB_20120810.PutItem", `{"TableName":"books","Item":{"id":{"S":"a"}},"Expected":{}}`, `this AWS does not do the parameter \"Expected\"`},
		"capacity":        {"DynamoDB_20120810.GetItem", `{"TableName":"books","ReturnConsumedCapacity":"TOTAL"}`, "this AWS does not do consumed capacity"},
		"another call":    {"DynamoDB_20120810.Query", `{}`, "this AWS does not know dynamodb:Query"},
		"another API":     {"DynamoDBStreams_20120810.ListStreams", `{}`, "#UnknownOperationException"},
	} {
		if _, _, answer := s.call(row.target, row.body); !strings.Contains(answer, row.want) {
			t.Errorf("%s: %s, want %s", name, answer, row.want)
		}
	}
}

// TestCallersOfDynamoDB: who may not call, in DynamoDB's own words.
func TestCallersOfDynamoDB(t *testing.T) {
	s := newShelf(t)
	get := func(cfg aws.Config) error {
		_, err := dynamodb.NewFromConfig(cfg).GetItem(context.Background(), &dynamodb.GetItemInput{TableName: aws.String("books"), Key: key("a")})
		return err
	}
	fails(t, get(s.config("AKIANOBODY", region)), "UnrecognizedClientException", "The security token included in the request is invalid.")
	fails(t, get(s.root(t, "S3UnlockBucketPolicy")), "AccessDeniedException", "with an explicit deny in a session policy")
	s.SetSCP(owner, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"dynamodb:*","Resource":"*"}]}`)
	fails(t, get(s.config(owner, region)), "AccessDeniedException", "with an explicit deny in a service control policy")
}
