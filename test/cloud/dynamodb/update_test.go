package dynamodb_test

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// chart is what the updates below start from.
var chart = attributes{"id": text("a"), "n": number("5"), "s": text("word"), "tags": texts("cat", "dog"),
	"marks": numbers("1", "2"), "row": list(number("0"), number("1"), number("2"), number("3")),
	"m": fields(attributes{"x": number("1"), "y": fields(attributes{"z": text("deep")})})}

var updateNames = map[string]string{"#r": "row", "#dot": "m.x", "#id": "id"}

var updateValues = attributes{":n1": number("1"), ":n2": number("2"), ":n9": number("9"), ":tenth": number("0.1"),
	":s": text("new"), ":pig": texts("pig", "cat"), ":dog": texts("dog"),
	":all": texts("cat", "dog"), ":three": numbers("3", "1"), ":list": list(text("p"), text("q")),
	":map": fields(attributes{"k": number("1")}), ":huge": number("9e125"),
	":exact": number("10000000000000000000000"), ":e50": number("1e50"), ":bin": binary("b")}

// missing says that an attribute is not there afterwards.
const missing = "-"

// Each row is an update of the chart, an attribute, and what this is afterwards.
var updates = []struct{ update, attribute, want string }{
	{"SET s = :s", "s", `{"Value":"new"}`},
	{"set s = :s", "s", `{"Value":"new"}`},
	{"SET fresh = :map", "fresh", `{"Value":{"k":{"Value":"1"}}}`},
	{"SET fresh = s", "fresh", `{"Value":"word"}`},
	{"SET fresh = #id", "fresh", `{"Value":"a"}`},
	{"SET #dot = :s", "m.x", `{"Value":"new"}`},
	{"SET n = n + :n1", "n", `{"Value":"6"}`},
	{"SET n = :n1 - n", "n", `{"Value":"-4"}`},
	{"SET n = n + n", "n", `{"Value":"10"}`},
	{"SET n = n - :tenth", "n", `{"Value":"4.9"}`},
	{"SET n = (n + :n1)", "n", `{"Value":"6"}`},
	{"SET n = (n) + (:n1)", "n", `{"Value":"6"}`},
	{"SET n = :exact + :n1", "n", `{"Value":"10000000000000000000001"}`},
	{"SET fresh = if_not_exists(fresh, :n1)", "fresh", `{"Value":"1"}`},
	{"SET n = if_not_exists(n, :n1)", "n", `{"Value":"5"}`},
	{"SET fresh = if_not_exists(fresh, :n1) + :n2", "fresh", `{"Value":"3"}`},
	{"SET fresh = if_not_exists(fresh, if_not_exists(n, :n1))", "fresh", `{"Value":"5"}`},
	{"SET fresh = list_append(#r, :list)", "fresh",
		`{"Value":[{"Value":"0"},{"Value":"1"},{"Value":"2"},{"Value":"3"},{"Value":"p"},{"Value":"q"}]}`},
	{"SET fresh = list_append(if_not_exists(fresh, :list), :list)", "fresh",
		`{"Value":[{"Value":"p"},{"Value":"q"},{"Value":"p"},{"Value":"q"}]}`},
	{"SET m.x = :n9, m.y.z = :s, m.fresh = :n1", "m",
		`{"Value":{"fresh":{"Value":"1"},"x":{"Value":"9"},"y":{"Value":{"z":{"Value":"new"}}}}}`},
	{"SET #r[1] = :s", "row", `{"Value":[{"Value":"0"},{"Value":"new"},{"Value":"2"},{"Value":"3"}]}`},
	{"SET #r[70] = :n9, #r[30] = :n2, #r[4] = :n1", "row",
		`{"Value":[{"Value":"0"},{"Value":"1"},{"Value":"2"},{"Value":"3"},{"Value":"1"},{"Value":"2"},` +
			`{"Value":"9"}]}`},
	{"REMOVE s", "s", missing},
	{"REMOVE fresh", "fresh", missing},
	{"REMOVE m.x", "m", `{"Value":{"y":{"Value":{"z":{"Value":"deep"}}}}}`},
	{"REMOVE m.y.z", "m", `{"Value":{"x":{"Value":"1"},"y":{"Value":{}}}}`},
	{"REMOVE m.absent", "m", `{"Value":{"x":{"Value":"1"},"y":{"Value":{"z":{"Value":"deep"}}}}}`},
	{"REMOVE #r[1]", "row", `{"Value":[{"Value":"0"},{"Value":"2"},{"Value":"3"}]}`},
	{"REMOVE #r[0], #r[2], #r[17]", "row", `{"Value":[{"Value":"1"},{"Value":"3"}]}`},
	{"REMOVE #r[1] SET #r[3] = :s", "row", `{"Value":[{"Value":"0"},{"Value":"2"},{"Value":"new"}]}`},
	{"SET fresh = s REMOVE s", "fresh", `{"Value":"word"}`},
	{"ADD n :n1", "n", `{"Value":"6"}`},
	{"ADD fresh :n1", "fresh", `{"Value":"1"}`},
	{"ADD m.x :n9", "m", `{"Value":{"x":{"Value":"10"},"y":{"Value":{"z":{"Value":"deep"}}}}}`},
	{"ADD tags :pig", "tags", `{"Value":["cat","dog","pig"]}`},
	{"ADD marks :three", "marks", `{"Value":["1","2","3"]}`},
	{"ADD fresh :pig", "fresh", `{"Value":["cat","pig"]}`},
	{"DELETE tags :dog", "tags", `{"Value":["cat"]}`},
	{"DELETE tags :pig", "tags", `{"Value":["dog"]}`},
	{"DELETE tags :all", "tags", missing},
	{"DELETE fresh :dog", "fresh", missing},
	{"DELETE m.absent :dog", "fresh", missing},
	{"SET s = :s ADD n :n2 DELETE tags :dog REMOVE m", "n", `{"Value":"7"}`},
}

// TestUpdates follows
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html. Where that is
// silent, it follows the tests of scylladb's Alternator (test/alternator/test_update_expression.py), which were tried
// at AWS.
func TestUpdates(t *testing.T) {
	for _, row := range updates {
		t.Run(row.update, func(t *testing.T) {
			s := newShelf(t)
			s.put(chart)
			names, values := placeholdersIn(row.update, updateNames, updateValues)
			_, err := s.UpdateItem(context.Background(),
				&dynamodb.UpdateItemInput{TableName: aws.String("books"), Key: key("a"),
					UpdateExpression: aws.String(row.update), ExpressionAttributeNames: names,
					ExpressionAttributeValues: values})
			if err != nil {
				t.Fatal(err)
			}
			got := missing
			if v, ok := s.get("a", true)[row.attribute]; ok {
				got = strings.TrimSuffix(strings.TrimPrefix(render(attributes{"": v}), `{"":`), "}")
			}
			if got != row.want {
				t.Errorf("%s is %s, want %s", row.attribute, got, row.want)
			}
		})
	}
}

// senselessUpdates are updates of the chart, and what is wrong with each.
var senselessUpdates = []struct{ update, want string }{
	{"", "Invalid UpdateExpression: The expression can not be empty;"},
	{"INVALID SYNTAX HERE", `Invalid UpdateExpression: Syntax error; token: "INVALID", near: "INVALID SYNTAX"`},
	{"SET", `Syntax error; token: "<EOF>", near: "SET"`},
	{"SET n :n1", `Syntax error; token: ":n1", near: "n :n1"`},
	{"SET n = :n1,", `Syntax error; token: "<EOF>", near: ","`},
	{"SET :n1 = :n2", `Syntax error; token: ":n1"`},
	{"SET n = n + :n1 + :n2", `Syntax error; token: "+", near: ":n1 + :n2"`},
	{"SET n = if_not_exists(n, n + :n1)", `Syntax error; token: "+"`},
	{"SET n = :n1 SET s = :s", `The "SET" section can only be used once in an update expression;`},
	{"ADD n = :n1", `Syntax error; token: "="`},
	{"ADD n s", `Syntax error; token: "s"`},
	{"REMOVE n + s", `Syntax error; token: "+"`},
	{"SET row = :n1", "Attribute name is a reserved keyword; reserved keyword: row"},
	{"SET n = absent", "The provided expression refers to an attribute that does not exist in the item"},
	{"SET n = absent + :n1", "refers to an attribute that does not exist in the item"},
	{"SET x = :n1, y = x", "refers to an attribute that does not exist in the item"},
	{"SET n = :s + :n1", "Incorrect operand type for operator or function; operator or function: +, operand type: S"},
	{"SET n = s - :n1", "An operand in the update expression has an incorrect data type"},
	{"SET n = n + :huge", "more than 38 significant digits"},
	{"SET n = :huge + :huge", "Number overflow"},
	{"SET n = :e50 + :n1", "more than 38 significant digits"},
	{"SET n = dog(n)", "Invalid function name; function: dog"},
	{"SET n = LIST_APPEND(#r, :list)", "Invalid function name; function: LIST_APPEND"},
	{"SET n = size(n)", "The function is not allowed to be used this way in an expression; function: size"},
	{"SET n = list_append(:list)", "Incorrect number of operands for operator or function; operator or function: " +
		"list_append, number of operands: 1"},
	{"SET n = list_append(:list, :s)", "Incorrect operand type for operator or function; operator or function: " +
		"list_append, operand type: S"},
	{"SET n = list_append(:list, s)", "An operand in the update expression has an incorrect data type"},
	{"SET n = list_append(list_append(:list, :list), :list)",
		"The function is not allowed to be used this way in an expression; function: list_append"},
	{"SET n = if_not_exists(:n1, :n2)", "Operator or function requires a document path; operator or function: " +
		"if_not_exists"},
	{"SET n = ((n))", "The expression has redundant parentheses;"},
	{"ADD n :s", "Incorrect operand type for operator or function; operator: ADD, operand type: STRING"},
	{"ADD n :list", "operator: ADD, operand type: LIST"},
	{"ADD s :n1", "An operand in the update expression has an incorrect data type"},
	{"ADD marks :pig", "An operand in the update expression has an incorrect data type"},
	{"DELETE tags :s", "Incorrect operand type for operator or function; operator: DELETE, operand type: STRING"},
	{"DELETE n :dog", "An operand in the update expression has an incorrect data type"},
	{"SET absent.x = :n1", "The document path provided in the update expression is invalid for update"},
	{"SET s.x = :n1", "The document path provided in the update expression is invalid for update"},
	{"SET m[0] = :n1", "The document path provided in the update expression is invalid for update"},
	{"SET #r.x = :n1", "The document path provided in the update expression is invalid for update"},
	{"REMOVE absent.x", "The document path provided in the update expression is invalid for update"},
	{"REMOVE s[0]", "The document path provided in the update expression is invalid for update"},
	{"DELETE m.absent.x :dog", "The document path provided in the update expression is invalid for update"},
	{"ADD absent.x :n1", "The document path provided in the update expression is invalid for update"},
	{"SET n = :n1 REMOVE n", "Two document paths overlap with each other; must remove or rewrite one of these paths; " +
		"path one: [n], path two: [n]"},
	{"SET m = :map, m.x = :n1", "path one: [m], path two: [m, x]"},
	{"SET #r[1].x = :n1, #r[1] = :n2", "path one: [row, [1], x], path two: [row, [1]]"},
	{"SET m.x = :n1, m[1] = :n2", "Two document paths conflict with each other; must remove or rewrite one of these " +
		"paths; path one: [m, x], path two: [m, [1]]"},
	{"SET #id = :s", "Cannot update attribute id. This attribute is part of the key"},
	{"REMOVE id", "Cannot update attribute id. This attribute is part of the key"},
}

// TestUpdatesThatMakeNoSense change nothing.
func TestUpdatesThatMakeNoSense(t *testing.T) {
	s := newShelf(t)
	s.put(chart)
	before := render(s.get("a", true))
	for _, row := range senselessUpdates {
		names, values := placeholdersIn(row.update, updateNames, updateValues)
		_, err := s.UpdateItem(context.Background(),
			&dynamodb.UpdateItemInput{TableName: aws.String("books"), Key: key("a"),
				UpdateExpression: aws.String(row.update), ExpressionAttributeNames: names,
				ExpressionAttributeValues: values})
		if err == nil {
			t.Errorf("%s: done", row.update)
			continue
		}
		fails(t, err, "ValidationException", row.want)
	}
	if after := render(s.get("a", true)); after != before {
		t.Errorf("%s became %s", before, after)
	}
}

// TestUpdatesOfNothing: what an update makes where there was no item.
func TestUpdatesOfNothing(t *testing.T) {
	for update, want := range map[string][]map[string]any{
		"":                         {{"id": "a"}},
		"SET s = :s":               {{"id": "a", "s": "new"}},
		"ADD tags :dog":            {{"id": "a", "tags": []string{"dog"}}},
		"REMOVE s":                 nil,
		"REMOVE m.x.y, #r[0]":      nil,
		"DELETE tags :dog":         nil,
		"DELETE tags :dog SET s=n": nil, // refused: there is no n
	} {
		t.Run(update, func(t *testing.T) {
			s := newShelf(t)
			in := &dynamodb.UpdateItemInput{TableName: aws.String("books"), Key: key("a"),
				ReturnValues: types.ReturnValueAllNew}
			if update != "" {
				in.UpdateExpression = &update
				in.ExpressionAttributeNames, in.ExpressionAttributeValues = placeholdersIn(update, updateNames,
					updateValues)
			}
			out, err := s.UpdateItem(context.Background(), in)
			if refused := strings.HasSuffix(update, "=n"); (err != nil) != refused {
				t.Fatal(err)
			}
			if err == nil && (out.Attributes == nil) != (want == nil) {
				t.Errorf("returned %s", render(out.Attributes))
			}
			s.holds(want...)
		})
	}
}

// TestReturnValues by
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html.
// Of a nested path, only what is under it comes back, in its place.
func TestReturnValues(t *testing.T) {
	for _, row := range []struct {
		update  string
		returns types.ReturnValue
		want    string
	}{
		{"SET n = n + :n1", types.ReturnValueNone, "null"},
		{"SET n = n + :n1 REMOVE tags, marks, #r, m", types.ReturnValueAllNew,
			`{"id":{"Value":"a"},"n":{"Value":"6"},"s":{"Value":"word"}}`},
		{"SET n = n + :n1, fresh = :s", types.ReturnValueUpdatedNew, `{"fresh":{"Value":"new"},"n":{"Value":"6"}}`},
		{"SET n = n + :n1, fresh = :s", types.ReturnValueUpdatedOld, `{"n":{"Value":"5"}}`},
		{"SET fresh = :s", types.ReturnValueUpdatedOld, "null"},
		{"REMOVE s", types.ReturnValueUpdatedNew, "null"},
		{"REMOVE s", types.ReturnValueUpdatedOld, `{"s":{"Value":"word"}}`},
		{"SET m.y.z = :s, #r[2] = :n9", types.ReturnValueUpdatedNew,
			`{"m":{"Value":{"y":{"Value":{"z":{"Value":"new"}}}}},"row":{"Value":[{"Value":"9"}]}}`},
		{"SET m.y.z = :s, #r[2] = :n9", types.ReturnValueUpdatedOld,
			`{"m":{"Value":{"y":{"Value":{"z":{"Value":"deep"}}}}},"row":{"Value":[{"Value":"2"}]}}`},
		{"SET #r[9] = :s", types.ReturnValueUpdatedNew, "null"},
		{"REMOVE #r[1]", types.ReturnValueUpdatedNew, `{"row":{"Value":[{"Value":"2"}]}}`},
	} {
		t.Run(row.update+" "+string(row.returns), func(t *testing.T) {
			s := newShelf(t)
			s.put(chart)
			names, values := placeholdersIn(row.update, updateNames, updateValues)
			out, err := s.UpdateItem(context.Background(),
				&dynamodb.UpdateItemInput{TableName: aws.String("books"), Key: key("a"), ReturnValues: row.returns,
					UpdateExpression: &row.update, ExpressionAttributeNames: names, ExpressionAttributeValues: values})
			if err != nil {
				t.Fatal(err)
			}
			if got := render(out.Attributes); got != row.want {
				t.Errorf("%s, want %s", got, row.want)
			}
		})
	}
}

func TestReturnValuesOfOtherWrites(t *testing.T) {
	s := newShelf(t)
	ctx := context.Background()
	put := &dynamodb.PutItemInput{TableName: aws.String("books"), Item: attributes{"id": text("a"), "n": number("1")},
		ReturnValues: types.ReturnValueAllOld}
	for _, want := range []string{"null", `{"id":{"Value":"a"},"n":{"Value":"1"}}`} {
		if out, err := s.PutItem(ctx, put); err != nil || render(out.Attributes) != want {
			t.Errorf("%v, %v, want %s", out, err, want)
		}
	}
	for _, want := range []string{`{"id":{"Value":"a"},"n":{"Value":"1"}}`, "null"} {
		out, err := s.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: aws.String("books"), Key: key("a"),
			ReturnValues: types.ReturnValueAllOld})
		if err != nil || render(out.Attributes) != want {
			t.Errorf("%v, %v, want %s", out, err, want)
		}
	}
	s.holds()
	put.ReturnValues = types.ReturnValueAllNew
	_, err := s.PutItem(ctx, put)
	fails(t, err, "ValidationException", "Return values set to invalid value")
	put.ReturnValues = "DOG"
	_, err = s.PutItem(ctx, put)
	fails(t, err, "ValidationException",
		"Value 'DOG' at 'returnValues' failed to satisfy constraint: Member must satisfy enum value set")
}

// TestAnUpdateThatGrowsTooLarge: 400 KB is the limit of what is left, not of what is sent.
func TestAnUpdateThatGrowsTooLarge(t *testing.T) {
	s := newShelf(t)
	half := strings.Repeat("y", 204_797)
	s.put(attributes{"id": text("a"), "x": text(half)})
	grow := func(v string) error {
		_, err := s.UpdateItem(context.Background(),
			&dynamodb.UpdateItemInput{TableName: aws.String("books"), Key: key("a"),
				UpdateExpression:          aws.String("SET y = :v"),
				ExpressionAttributeValues: attributes{":v": text(v)}})
		return err
	}
	fails(t, grow(half+"yyy"), "ValidationException", "Item size to update has exceeded the maximum allowed size")
	if err := grow(half + "y"); err != nil { // 3 bytes for id, twice 1 for a name, and the texts: 409,600
		t.Error(err)
	}
}
