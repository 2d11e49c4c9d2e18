package dynamodb_test

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
	"locksmith/test/cloud/place"
)

// What the tests here call by short names.
const (
	owner  = place.Owner
	region = place.Region
)

const tableARN = "arn:aws:dynamodb:" + region + ":" + owner + ":table/books"

// A shelf is a table "books" of the owner's, with the partition key "id".
type shelf struct {
	*place.Place
	*dynamodb.Client
	t *testing.T
}

// newShelf makes a shelf, which AWS's own DynamoDB follows.
func newShelf(t *testing.T) *shelf {
	p := place.New(t)
	follow(t, p)
	return shelfIn(t, p)
}

// newShelfAlone makes a shelf for what DynamoDB Local does otherwise: its clock, the order of its scans, no faults.
func newShelfAlone(t *testing.T) *shelf { return newShelfOf(t, cloud.Config{}) }

func newShelfOf(t *testing.T, c cloud.Config) *shelf {
	t.Helper()
	return shelfIn(t, place.Of(t, c))
}

func shelfIn(t *testing.T, p *place.Place) *shelf {
	t.Helper()
	s := &shelf{p, dynamodb.NewFromConfig(p.As(owner, region)), t}
	if _, err := s.CreateTable(context.Background(), tableOf("books")); err != nil {
		t.Fatal(err)
	}
	return s
}

func tableOf(name string) *dynamodb.CreateTableInput {
	return &dynamodb.CreateTableInput{TableName: &name, BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String("id"), AttributeType: types.ScalarAttributeTypeS}},
		KeySchema: []types.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: types.KeyTypeHash}}}
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
	if _, err := s.PutItem(context.Background(),
		&dynamodb.PutItemInput{TableName: aws.String("books"), Item: it}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shelf) get(id string, consistent bool) attributes {
	s.t.Helper()
	out, err := s.GetItem(context.Background(), &dynamodb.GetItemInput{TableName: aws.String("books"), Key: key(id),
		ConsistentRead: &consistent})
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

// render writes attribute values in a form that can be compared.
func render(it attributes) string {
	b, _ := json.Marshal(it) // no attribute value has anything that JSON cannot write
	return string(b)
}

func TestTables(t *testing.T) {
	s := newShelf(t)
	ctx := context.Background()
	s.put(key("a"))
	out, err := s.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: aws.String("books")})
	if err != nil {
		t.Fatal(err)
	}
	if d := out.Table; d.TableStatus != types.TableStatusActive || *d.TableArn != tableARN || *d.ItemCount != 1 ||
		*d.KeySchema[0].AttributeName != "id" || !d.CreationDateTime.Equal(s.Time) {
		t.Errorf("%+v", d)
	}
	_, err = s.CreateTable(ctx, tableOf("books"))
	fails(t, err, "ResourceInUseException", "Table already exists: books")
	_, err = s.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: aws.String("papers")})
	fails(t, err, "ResourceNotFoundException", "Requested resource not found: Table: papers not found")
	var missing *types.ResourceNotFoundException
	if _, err := s.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String("papers"), Key: key("a")}); !errors.As(err,
		&missing) {
		t.Error(err)
	}
	if _, err := s.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String(tableARN), Key: key("a")}); err != nil {
		t.Errorf("named by ARN: %v", err)
	}
	elsewhere := dynamodb.NewFromConfig(s.As(owner, "us-east-1"))
	if _, err := elsewhere.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String("books"),
		Key: key("a")}); !errors.As(err, &missing) {
		t.Errorf("in another Region: %v", err)
	}
	stranger := dynamodb.NewFromConfig(s.As("444455556666", region))
	_, err = stranger.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String(tableARN), Key: key("a")})
	fails(t, err, "AccessDeniedException", "is not authorized to perform: dynamodb:GetItem on resource: "+tableARN)
	sorted := tableOf("sorted")
	sorted.KeySchema = append(sorted.KeySchema,
		types.KeySchemaElement{AttributeName: aws.String("at"), KeyType: types.KeyTypeRange})
	_, err = s.CreateTable(ctx, sorted)
	fails(t, err, "NotImplemented", "this AWS does not do sort keys")
}

// TestTimeToLive: an item whose time is over stays until it is deleted, which may take days
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html).
func TestTimeToLive(t *testing.T) {
	s := newShelfAlone(t)
	ctx := context.Background()
	at := func(d time.Duration) types.AttributeValue { return number(fmt.Sprint(s.Time.Add(d).Unix())) }
	s.put(attributes{"id": text("due"), "expires": at(time.Hour)})
	s.put(attributes{"id": text("later"), "expires": at(3 * time.Hour)})
	s.put(attributes{"id": text("never")})
	s.put(attributes{"id": text("no number"), "expires": text("0")})
	s.put(attributes{"id": text("older than five years"), "expires": at(-6 * 365 * 24 * time.Hour)})
	s.Time = s.Time.Add(2 * time.Hour)
	if n := s.ExpireItems(); n != 0 {
		t.Errorf("%d items expired in a table without a time to live", n)
	}
	enable := &dynamodb.UpdateTimeToLiveInput{TableName: aws.String("books"),
		TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: aws.String("expires"),
			Enabled: aws.Bool(true)}}
	if _, err := s.UpdateTimeToLive(ctx, enable); err != nil {
		t.Fatal(err)
	}
	_, err := s.UpdateTimeToLive(ctx, enable)
	fails(t, err, "ValidationException", "TimeToLive is already enabled")
	out, err := s.DescribeTimeToLive(ctx, &dynamodb.DescribeTimeToLiveInput{TableName: aws.String("books")})
	if err != nil || out.TimeToLiveDescription.TimeToLiveStatus != types.TimeToLiveStatusEnabled ||
		*out.TimeToLiveDescription.AttributeName != "expires" {
		t.Errorf("%+v, %v", out, err)
	}
	enable.TableName = aws.String("none")
	_, err = s.UpdateTimeToLive(ctx, enable)
	fails(t, err, "ResourceNotFoundException", "")
	_, err = s.DescribeTimeToLive(ctx, &dynamodb.DescribeTimeToLiveInput{TableName: aws.String("none")})
	fails(t, err, "ResourceNotFoundException", "")
	if s.get("due", true) == nil {
		t.Error("an item went before ExpireItems")
	}
	if n := s.ExpireItems(); n != 1 || s.get("due", true) != nil || len(s.Items(tableARN)) != 4 {
		t.Errorf("%d items expired, left are %v", n, s.Items(tableARN))
	}
}

// TestDynamoDBFaults: DynamoDB fails as it is told to, by its own name.
func TestDynamoDBFaults(t *testing.T) {
	s := newShelfAlone(t)
	put := func(id string) error {
		_, err := s.PutItem(context.Background(), &dynamodb.PutItemInput{TableName: aws.String("books"), Item: key(id)})
		return err
	}
	for name, row := range map[string]struct {
		fault *cloud.Fault
		want  string // a part of the error
		done  bool
	}{
		"refused": {&cloud.Fault{Code: "AccessDeniedException", Message: "no", Status: 400},
			"AccessDeniedException: no", false},
		"throttled": {&cloud.Fault{Code: "ThrottlingException", Message: "slow", Status: 400},
			"ThrottlingException: slow", false},
		"broken": {&cloud.Fault{Code: "InternalServerError", Message: "oops"}, "StatusCode: 500", false},
		"error after": {&cloud.Fault{Code: "InternalServerError", Message: "oops", AfterEffect: true},
			"InternalServerError: oops", true},
		"reply lost":    {&cloud.Fault{DropReply: true}, "EOF", true},
		"never arrived": {&cloud.Fault{DropRequest: true}, "EOF", false},
		"conflict": {&cloud.Fault{Code: "TransactionConflictException", Message: "busy", Status: 400},
			"TransactionConflictException: busy", false},
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
			if calls := s.Calls(); len(calls) != 1 || calls[0].Caller != "arn:aws:iam::"+owner+":user/admin" ||
				calls[0].Region != region {
				t.Errorf("%+v", calls)
			}
			if done := s.get(name, true) != nil; done != row.done {
				t.Errorf("done is %t, want %t", done, row.done)
			}
		})
	}
}

// persistent is a client that tries up to three times, without pauses.
func (s *shelf) persistent() *dynamodb.Client {
	cfg := s.As(owner, region)
	cfg.RetryMaxAttempts = 3
	cfg.Retryer = func() aws.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) {
			o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
		})
	}
	return dynamodb.NewFromConfig(cfg)
}

// TestTheSDKTriesThrottledCallsAgain: it knows DynamoDB's errors for what they are.
func TestTheSDKTriesThrottledCallsAgain(t *testing.T) {
	s := newShelfAlone(t)
	s.Fail(func(c cloud.Call) *cloud.Fault {
		return map[int]*cloud.Fault{1: {Code: "ProvisionedThroughputExceededException", Status: 400},
			2: {Code: "InternalServerError"}}[c.N]
	})
	s.ResetCalls()
	if _, err := s.persistent().PutItem(context.Background(),
		&dynamodb.PutItemInput{TableName: aws.String("books"), Item: key("a")}); err != nil || len(s.Calls()) != 3 {
		t.Errorf("%v after %d calls", err, len(s.Calls()))
	}
}

// call makes a call without the SDK.
func (s *shelf) call(target, body string) (status int, header http.Header, answer string) {
	s.t.Helper()
	in, err := http.NewRequest(http.MethodPost, s.URL, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	in.Header.Set("X-Amz-Target", target)
	in.Header.Set("Content-Type", "application/x-amz-json-1.0")
	in.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+owner+"/20261121/"+region+
		"/dynamodb/aws4_request, SignedHeaders=host, Signature=0")
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

// unless is a PutItem that does nothing where the item is there.
const unless = `{"TableName":"books","Item":{"id":{"S":"a"}},"ConditionExpression":"attribute_not_exists(id)",` +
	`"ReturnValuesOnConditionCheckFailure":"ALL_OLD"}`

// onTheWire are requests, and their answers to the letter.
var onTheWire = map[string]struct {
	target, body string
	status       int
	want         string
}{
	"an item": {"GetItem", `{"TableName":"books","Key":{"id":{"S":"a"}}}`, 200,
		`{"Item":{"id":{"S":"a"},"n":{"N":"1"}}}`},
	"no item": {"GetItem", `{"TableName":"books","Key":{"id":{"S":"b"}}}`, 200, `{}`},
	"a failed condition": {"PutItem", unless, 400,
		`{"Item":{"id":{"S":"a"},"n":{"N":"1"}},` +
			`"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","message":"The ` +
			`conditional request failed"}`},
	"a missing table": {"GetItem", `{"TableName":"none","Key":{"id":{"S":"a"}}}`, 400,
		`{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"Requested resource ` +
			`not found"}`},
	"no table": {"GetItem", `{"Key":{"id":{"S":"a"}}}`, 400,
		`{"__type":"com.amazon.coral.validate#ValidationException","message":"1 validation error detected: Value ` +
			`null at 'tableName' failed to satisfy constraint: Member must not be null"}`},
	"no key": {"GetItem", `{"TableName":"books"}`, 400,
		`{"__type":"com.amazon.coral.validate#ValidationException","message":"1 validation error detected: Value ` +
			`null at 'key' failed to satisfy constraint: Member must not be null"}`},
	"two types": {"GetItem", `{"TableName":"books","Key":{"id":{"S":"a","N":"1"}}}`, 400,
		`{"__type":"com.amazon.coral.validate#ValidationException","message":"Supplied AttributeValue has more ` +
			`than one datatypes set, must contain exactly one of the supported datatypes"}`},
	"no type": {"GetItem", `{"TableName":"books","Key":{"id":{}}}`, 400,
		`{"__type":"com.amazon.coral.validate#ValidationException","message":"Supplied AttributeValue is empty, ` +
			`must contain exactly one of the supported datatypes"}`},
	"a transaction": {"TransactWriteItems",
		`{"TransactItems":[{"Put":{"TableName":"books","Item":{"id":{"S":"b"}}}},` +
			`{"ConditionCheck":{"TableName":"books","Key":{"id":{"S":"a"}},"ConditionExpression":"n = id"}}]}`, 400,
		`{"CancellationReasons":[{"Code":"None"},{"Code":"ConditionalCheckFailed","Message":"The conditional ` +
			`request failed"}],"Message":"Transaction cancelled, please refer cancellation reasons for specific ` +
			`reasons [None, ConditionalCheckFailed]",` +
			`"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException"}`},
}

// TestWire: what is on the wire, to the letter.
func TestWire(t *testing.T) {
	s := newShelf(t)
	s.put(attributes{"id": text("a"), "n": number("1")})
	for name, row := range onTheWire {
		t.Run(name, func(t *testing.T) {
			status, header, answer := s.call("DynamoDB_20120810."+row.target, row.body)
			if status != row.status || answer != row.want ||
				header.Get("Content-Type") != "application/x-amz-json-1.0" {
				t.Errorf("%d %s %s\nwant %d %s", status, header.Get("Content-Type"), answer, row.status, row.want)
			}
		})
	}
	for name, row := range map[string]struct{ target, body, want string }{
		"no JSON": {"DynamoDB_20120810.GetItem", `{`, "#SerializationException"},
		"a bare number": {"DynamoDB_20120810.PutItem", `{"TableName":"books","Item":{"id":{"S":"a"},"n":{"N":1}}}`,
			"#SerializationException"},
		"a legacy option": {"DynamoDB_20120810.PutItem", `{"TableName":"books","Item":{"id":{"S":"a"}},"Expected":{}}`,
			`this AWS does not do the parameter \"Expected\"`},
		"capacity": {"DynamoDB_20120810.GetItem", `{"TableName":"books","ReturnConsumedCapacity":"TOTAL"}`,
			"this AWS does not do consumed capacity"},
		"another call": {"DynamoDB_20120810.ListBackups", `{}`, "this AWS does not know dynamodb:ListBackups"},
		"another API":  {"DynamoDBStreams_20120810.ListStreams", `{}`, "#UnknownOperationException"},
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
		_, err := dynamodb.NewFromConfig(cfg).GetItem(context.Background(),
			&dynamodb.GetItemInput{TableName: aws.String("books"), Key: key("a")})
		return err
	}
	fails(t, get(s.As("AKIANOBODY", region)), "UnrecognizedClientException",
		"The security token included in the request is invalid.")
	fails(t, get(s.Root(t, "S3UnlockBucketPolicy")), "AccessDeniedException",
		"with an explicit deny in a session policy")
	s.SetSCP(owner,
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny",`+
			`"Action":"dynamodb:*","Resource":"*"}]}`)
	fails(t, get(s.As(owner, region)), "AccessDeniedException", "with an explicit deny in a service control policy")
}
