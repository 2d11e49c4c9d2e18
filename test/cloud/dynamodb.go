package cloud

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// dynamoInput is the request of every DynamoDB action. What is not in it (indexes, legacy conditions, parallel scans) this AWS does not do, and says so.
type dynamoInput struct {
	write
	ExclusiveStartKey           item
	ConsistentRead              bool
	Limit                       *int
	Select                      string
	FilterExpression            *string
	ProjectionExpression        *string
	ReturnValues                string
	ReturnConsumedCapacity      string
	ReturnItemCollectionMetrics string

	TransactItems      []transactItem
	ClientRequestToken string

	AttributeDefinitions    []struct{ AttributeName, AttributeType string }
	KeySchema               []struct{ AttributeName, KeyType string }
	BillingMode             string
	Tags                    json.RawMessage
	TimeToLiveSpecification *struct {
		AttributeName string
		Enabled       bool
	}
}

// dynamoActions are the actions, each under the cloud's lock. What one returns is the answer, or an exception.
var dynamoActions = map[string]func(r *request, in dynamoInput) (any, *apiError){
	"CreateTable": createTable, "DescribeTable": describeTable, "UpdateTimeToLive": updateTimeToLive, "DescribeTimeToLive": describeTimeToLive,
	"GetItem": getItem, "PutItem": putItem, "UpdateItem": updateItem, "DeleteItem": deleteItem, "Scan": scan, "TransactWriteItems": transactWriteItems,
}

// An exception is an error with more in it than a code and a message.
type exception map[string]any

const dynamoErrors = "com.amazonaws.dynamodb.v20120810#"

// serveDynamoDB serves the JSON protocol (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html).
func (r *request) serveDynamoDB() {
	body, err := io.ReadAll(io.LimitReader(r.Body, 16<<20)) // DynamoDB takes no longer requests
	if err != nil {
		return // the client has gone
	}
	r.body = body
	name, ours := strings.CutPrefix(r.Header.Get("X-Amz-Target"), "DynamoDB_20120810.")
	do, known := dynamoActions[name]
	if !ours || !known {
		r.reject(&apiError{"UnknownOperationException", "this AWS does not know dynamodb:" + name, http.StatusNotImplemented})
		return
	}
	in, invalid := readDynamo(body)
	r.perform(name, r.tableOf(in), func() (func(), *apiError) {
		if invalid != nil {
			return nil, invalid
		}
		result, err := do(r, in)
		if err != nil {
			return nil, err
		}
		if e, ok := result.(exception); ok {
			return r.dynamoReply(http.StatusBadRequest, e), nil
		}
		return r.dynamoReply(http.StatusOK, result), nil
	})
}

// readDynamo reads a request as far as it can.
func readDynamo(body []byte) (in dynamoInput, invalid *apiError) {
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
		return in, &apiError{"SerializationException", "Start of structure or map found where not expected, or: " + err.Error(), http.StatusBadRequest}
	case in.ReturnConsumedCapacity != "" && in.ReturnConsumedCapacity != "NONE", in.ReturnItemCollectionMetrics != "" && in.ReturnItemCollectionMetrics != "NONE":
		return in, notHere("consumed capacity")
	}
	return in, nil
}

// tableOf is the ARN of the table that a call names: of the first one, where it is a transaction.
func (r *request) tableOf(in dynamoInput) string {
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
	return "arn:aws:dynamodb:" + r.region + ":" + r.caller.account + ":table/" + name
}

// dynamoReply sends JSON with the checksum that the SDKs look at.
func (r *request) dynamoReply(status int, v any) func() {
	body, err := json.Marshal(v)
	if err != nil {
		return func() { r.reject(&apiError{"InternalServerError", err.Error(), http.StatusInternalServerError}) }
	}
	return func() {
		r.w.Header().Set("X-Amz-Crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE(body)), 10))
		r.send(status, "application/x-amz-json-1.0", body)
	}
}

// elsewhere are the errors that do not come from DynamoDB's own model, and their namespaces.
var elsewhere = map[string]string{
	"ValidationException": "com.amazon.coral.validate#", "ThrottlingException": "com.amazon.coral.availability#",
	"AccessDeniedException": "com.amazon.coral.service#", "UnrecognizedClientException": "com.amazon.coral.service#", "ExpiredTokenException": "com.amazon.coral.service#",
	"MissingAuthenticationTokenException": "com.amazon.coral.service#", "SerializationException": "com.amazon.coral.service#", "UnknownOperationException": "com.amazon.coral.service#",
}

// dynamoCodes are the codes that DynamoDB has for what other services say in other words
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html).
var dynamoCodes = map[string]string{"AccessDenied": "AccessDeniedException", "InvalidClientTokenId": "UnrecognizedClientException", "ExpiredToken": "ExpiredTokenException"}

// rejectDynamoDB answers an error: 400 for all that the caller is to blame for. A fault TransactionConflictException comes to a transaction as the reason why it is
// cancelled, as it does at AWS.
func (r *request) rejectDynamoDB(e *apiError) {
	code, status := e.Code, e.Status
	if own, ok := dynamoCodes[code]; ok {
		code = own
	}
	if status < http.StatusInternalServerError {
		status = http.StatusBadRequest
	}
	if code == "TransactionConflictException" && strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".TransactWriteItems") {
		r.dynamoReply(http.StatusBadRequest, r.conflict())()
		return
	}
	namespace, ok := elsewhere[code]
	if !ok {
		namespace = dynamoErrors
	}
	r.dynamoReply(status, exception{"__type": namespace + code, "message": e.Message})()
}

// validation is the error of a request that makes no sense.
func validation(format string, args ...any) *apiError {
	return &apiError{"ValidationException", fmt.Sprintf(format, args...), http.StatusBadRequest}
}

// constraint is the error of a parameter that breaks the model's own rules.
func constraint(value, parameter, must string) *apiError {
	return validation("1 validation error detected: Value %s at '%s' failed to satisfy constraint: Member must %s", value, parameter, must)
}

// notHere says that AWS may do it, and this one does not.
func notHere(what string) *apiError {
	return &apiError{"NotImplemented", "this AWS does not do " + what, http.StatusNotImplemented}
}
