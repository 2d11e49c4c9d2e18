// Package dynamodb is DynamoDB in one process: tables with a string for their key, indexes, conditions, transactions
// (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/Welcome.html).
package dynamodb

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"net/http"
	"strconv"
	"strings"
	"time"

	"locksmith/test/cloud/front"
)

// Tables are all tables of one AWS.
type Tables struct {
	front       *front.Front
	propagation time.Duration
	tables      map[string]*table // by ARN
	done        map[string]done   // transactions, by account, Region and token,
	tokens      []done            // and by time
}

// New makes a DynamoDB without tables behind a front. The propagation is how long a read that does not ask for
// consistency shows an item as it was.
func New(f *front.Front, propagation time.Duration) *Tables {
	s := &Tables{front: f, propagation: propagation, tables: map[string]*table{}, done: map[string]done{}}
	throttled := front.Error{Code: "ThrottlingException", Message: "Rate of requests exceeds the allowed throughput.",
		Status: http.StatusBadRequest}
	f.Register(front.Service{Name: "dynamodb", Reject: reject,
		Words: front.Words{Throttled: throttled, BadSignature: "InvalidSignatureException"},
		Serve: func(r *front.Request) { (&request{r, s}).serve() }})
	return s
}

// A request is one call of DynamoDB.
type request struct {
	*front.Request
	*Tables
}

// input is the request of every DynamoDB action. What is not in it (legacy conditions, parallel scans) this
// AWS does not do, and says so.
type input struct {
	write
	ExclusiveStartKey           item
	ConsistentRead              bool
	IndexName                   *string
	Limit                       *int
	Select                      string
	FilterExpression            *string
	KeyConditionExpression      *string
	ScanIndexForward            *bool
	ProjectionExpression        *string
	ReturnValues                string
	ReturnConsumedCapacity      string
	ReturnItemCollectionMetrics string

	TransactItems      []transactItem
	ClientRequestToken string

	AttributeDefinitions   []struct{ AttributeName, AttributeType string }
	KeySchema              []keyElement
	GlobalSecondaryIndexes []struct {
		IndexName  string
		KeySchema  []keyElement
		Projection struct {
			ProjectionType   string
			NonKeyAttributes []string
		}
	}
	BillingMode             string
	Tags                    json.RawMessage
	TimeToLiveSpecification *struct {
		AttributeName string
		Enabled       bool
	}
}

// actions are the actions, each under the lock. What one returns is the answer, or an exception.
var actions = map[string]func(r *request, in input) (any, *front.Error){
	"CreateTable": createTable, "DescribeTable": describeTable,
	"UpdateTimeToLive": updateTimeToLive, "DescribeTimeToLive": describeTimeToLive,
	"GetItem": getItem, "PutItem": putItem, "UpdateItem": updateItem, "DeleteItem": deleteItem,
	"Scan": scan, "Query": query,
	"TransactWriteItems": transactWriteItems,
}

// An exception is an error with more in it than a code and a message.
type exception map[string]any

const ownErrors = "com.amazonaws.dynamodb.v20120810#"

// serve serves the JSON protocol
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html).
func (r *request) serve() {
	if !r.ReadContent(16 << 20) { // DynamoDB takes no longer requests
		return
	}
	name, ours := strings.CutPrefix(r.Header.Get("X-Amz-Target"), "DynamoDB_20120810.")
	do, known := actions[name]
	if !ours || !known {
		r.Reject(front.Refuse("UnknownOperationException", "this AWS does not know dynamodb:"+name,
			http.StatusNotImplemented))
		return
	}
	in, invalid := readInput(r.Content)
	r.Perform(name, r.tableOf(in), func() (func(), *front.Error) {
		if invalid != nil {
			return nil, invalid
		}
		result, err := do(r, in)
		if err != nil {
			return nil, err
		}
		if e, ok := result.(exception); ok {
			return reply(r.Request, http.StatusBadRequest, e), nil
		}
		return reply(r.Request, http.StatusOK, result), nil
	})
}

// readInput reads a request as far as it can.
func readInput(body []byte) (in input, invalid *front.Error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	err := d.Decode(&in)
	bad := (*valueError)(nil)
	switch {
	case errors.As(err, &bad):
		return in, validation("%s", bad.message)
	case err != nil && strings.HasPrefix(err.Error(), "json: unknown field"):
		return in, notHere("the parameter " + strings.TrimPrefix(err.Error(), "json: unknown field "))
	case err != nil:
		return in, front.Refuse("SerializationException",
			"Start of structure or map found where not expected, or: "+err.Error(), http.StatusBadRequest)
	case in.ReturnConsumedCapacity != "" && in.ReturnConsumedCapacity != "NONE",
		in.ReturnItemCollectionMetrics != "" && in.ReturnItemCollectionMetrics != "NONE":
		return in, notHere("consumed capacity")
	}
	return in, nil
}

// tableOf is the ARN of the table that a call names: of the first one, where it is a transaction.
func (r *request) tableOf(in input) string {
	name := in.TableName
	for _, t := range in.TransactItems {
		if _, w := t.one(); w != nil {
			name = w.TableName
			break
		}
	}
	return r.tableARN(name)
}

// tableARN is the ARN of a table that is named by name or ARN
// (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GetItem.html#DDB-GetItem-request-TableName).
func (r *request) tableARN(name string) string {
	if name == "" || strings.HasPrefix(name, "arn:") {
		return name
	}
	return "arn:aws:dynamodb:" + r.Region + ":" + r.Caller.Account + ":table/" + name
}

// reply sends JSON with the checksum that the SDKs look at.
func reply(r *front.Request, status int, v any) func() {
	body, err := json.Marshal(v)
	if err != nil {
		return func() { r.Reject(front.Refuse("InternalServerError", err.Error(), http.StatusInternalServerError)) }
	}
	return func() {
		r.SetHeader("X-Amz-Crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE(body)), 10))
		r.Send(status, "application/x-amz-json-1.0", body)
	}
}

// elsewhere are the errors that do not come from DynamoDB's own model, and their namespaces.
var elsewhere = map[string]string{
	"ValidationException":                 "com.amazon.coral.validate#",
	"ThrottlingException":                 "com.amazon.coral.availability#",
	"AccessDeniedException":               "com.amazon.coral.service#",
	"UnrecognizedClientException":         "com.amazon.coral.service#",
	"ExpiredTokenException":               "com.amazon.coral.service#",
	"MissingAuthenticationTokenException": "com.amazon.coral.service#",
	"SerializationException":              "com.amazon.coral.service#",
	"UnknownOperationException":           "com.amazon.coral.service#",
}

// ownCodes are the codes that DynamoDB has for what other services say in other words
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html).
var ownCodes = map[string]string{
	"AccessDenied":         "AccessDeniedException",
	"InvalidClientTokenId": "UnrecognizedClientException",
	"ExpiredToken":         "ExpiredTokenException",
}

// reject answers an error: 400 for all that the caller is to blame for. A fault TransactionConflictException comes to a
// transaction as the reason why it is cancelled, as it does at AWS.
func reject(r *front.Request, e *front.Error) {
	code, status := e.Code, e.Status
	if own, ok := ownCodes[code]; ok {
		code = own
	}
	if status < http.StatusInternalServerError {
		status = http.StatusBadRequest
	}
	if code == "TransactionConflictException" &&
		strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".TransactWriteItems") {
		reply(r, http.StatusBadRequest, conflict(r.Content))()
		return
	}
	namespace, ok := elsewhere[code]
	if !ok {
		namespace = ownErrors
	}
	reply(r, status, exception{"__type": namespace + code, "message": e.Message})()
}

// validation is the error of a request that makes no sense.
func validation(format string, args ...any) *front.Error {
	return front.Refuse("ValidationException", fmt.Sprintf(format, args...), http.StatusBadRequest)
}

// invalid is the error of parameters that do not go together.
func invalid(format string, args ...any) *front.Error {
	return validation("One or more parameter values were invalid: "+format, args...)
}

// constraint is the error of a parameter that breaks the model's own rules.
func constraint(value, parameter, must string) *front.Error {
	return validation("1 validation error detected: Value %s at '%s' failed to satisfy constraint: Member must %s",
		value, parameter, must)
}

// notHere says that AWS may do it, and this one does not.
func notHere(what string) *front.Error {
	return front.Refuse("NotImplemented", "this AWS does not do "+what, http.StatusNotImplemented)
}
