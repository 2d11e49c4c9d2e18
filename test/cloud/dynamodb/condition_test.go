package dynamodb_test

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// novel is what the conditions below are asked about.
var novel = attributes{"id": text("a"), "one": number("1"), "two": number("2.0"), "word": text("hello"),
	"sign": text("é𝄞"), "bytes": binary("hello"), "nothing": null(), "flag": yes(),
	"tags": texts("cat", "dog"), "marks": numbers("1", "2"), "chain": list(number("1"), text("x"), list(number("7"))),
	"chart": fields(attributes{"in": number("5"), "order": text("o")}),
	"low":   number("0"), "high": number("9")}

var conditionNames = map[string]string{"#m": "chart", "#o": "order", "#in": "in", "#a": "absent", "#c": "chain"}

var conditionValues = attributes{":n1": number("1"), ":n10": number("10"), ":n100": number("1.00"), ":n2": number("2"),
	":n3": number("3"), ":n5": number("5"), ":n7": number("7"), ":s1": text("1"),
	":hello": text("hello"), ":he": text("he"), ":ell": text("ell"), ":cat": text("cat"), ":bhe": binary("he"),
	":tags": texts("dog", "cat"), ":list": list(number("7")), ":null": null(),
	":S": text("S"), ":N": text("N"), ":NULL": text("NULL"), ":SS": text("SS"), ":M": text("M"), ":L": text("L"),
	":BOOL": text("BOOL"), ":DOG": text("DOG"), ":yes": yes()}

var used = regexp.MustCompile(`[#:][A-Za-z0-9_]+`)

// placeholdersIn picks those names and values that an expression mentions.
func placeholdersIn(expression string, names map[string]string, values attributes) (n map[string]string, v attributes) {
	for _, p := range used.FindAllString(expression, -1) {
		if name, ok := names[p]; ok {
			if n == nil {
				n = map[string]string{}
			}
			n[p] = name
		}
		if value, ok := values[p]; ok {
			if v == nil {
				v = attributes{}
			}
			v[p] = value
		}
	}
	return n, v
}

// Each row is a condition, and whether the novel meets it, by
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html. What that
// leaves open is as the tests of scylladb's Alternator found it at AWS (test/alternator/test_condition_expression.py).
var conditions = []struct {
	condition string
	met       bool
}{
	// Comparisons: same type, numbers by value.
	{"one = :n1", true}, {"one = :n100", true}, {"one = :s1", false}, {"one <> :n1", false}, {"one <> :s1", true},
	{"absent = :n1", false}, {"absent <> :n1", true},
	{"absent = gone", false}, {"absent <> gone", true}, {"two < :n10", true}, {"word < :s1", false},
	{"one < :s1", false}, {"absent < :n1", false}, {":n1 < absent", false},
	{"one <= :n1", true}, {"one < :n1", false}, {"one >= :n1", true}, {"two > one", true}, {"one > two", false},
	{"tags < :n1", false}, {"bytes >= :bhe", true}, {"bytes > word", false},
	{"tags = :tags", true}, {"nothing = :null", true}, {"flag = :yes", true}, {"chain[2] = :list", true},
	{":n1 = one", true}, {":n1 = :n100", true},
	{"low < high", true}, {"high < low", false},
	// BETWEEN and IN.
	{"two BETWEEN :n1 AND :n3", true}, {"two between :n2 and :n2", true}, {"two BETWEEN :n3 AND :n10", false},
	{"word BETWEEN :n1 AND :n3", false}, {"absent BETWEEN :n1 AND :n3", false},
	{"one BETWEEN low AND high", true}, {"one BETWEEN high AND low", false},
	{"one BETWEEN :n1 AND :n3 AND two = :n2", true}, {":n2 BETWEEN one AND :n3", true},
	{"one IN (:n3, :s1, :n100)", true}, {"one IN (:n3, :s1)", false}, {"absent IN (:n1)", false},
	{":n1 in (absent, one)", true}, {"tags IN (:tags)", true},
	// Functions.
	{"attribute_exists(one)", true}, {"attribute_exists(absent)", false}, {"attribute_exists(chart.absent)", false},
	{"attribute_exists(chain[2][0])", true}, {"attribute_exists(chain[3])", false},
	{"attribute_not_exists(absent)", true}, {"attribute_not_exists(nothing)", false},
	{"attribute_not_exists(one.two)", true}, {"attribute_exists (one)", true},
	{"attribute_type(one, :N)", true}, {"attribute_type(one, :S)", false}, {"attribute_type(nothing, :NULL)", true},
	{"attribute_type(tags, :SS)", true}, {"attribute_type(chart, :M)", true},
	{"attribute_type(chain, :L)", true}, {"attribute_type(flag, :BOOL)", true}, {"attribute_type(absent, :N)", false},
	{"attribute_type(:n1, :N)", true},
	{"begins_with(word, :he)", true}, {"begins_with(word, :ell)", false}, {"begins_with(bytes, :bhe)", true},
	{"begins_with(word, :bhe)", false}, {"begins_with(one, :he)", false},
	{"begins_with(:hello, word)", true}, {"begins_with(absent, :he)", false},
	{"contains(word, :ell)", true}, {"contains(word, :cat)", false}, {"contains(word, :n1)", false},
	{"contains(tags, :cat)", true}, {"contains(tags, :he)", false}, {"contains(marks, :n100)", true},
	{"contains(chain, :n1)", true}, {"contains(chain, :list)", true}, {"contains(chain, :n7)", false},
	{"contains(bytes, :bhe)", true}, {"contains(absent, :cat)", false}, {"contains(one, :n1)", false},
	{"size(word) = :n5", true}, {"size(sign) = :n3", true}, {"size(bytes) = :n5", true}, {"size(tags) = :n2", true},
	{"size(chain) = :n3", true}, {"size(chart) = :n2", true},
	{"size(one) = :n1", false}, {"size(one) < :n10", false}, {"size(absent) < :n10", false},
	{"size(nothing) = :n1", false}, {":n3 <= size(tags)", false}, {"size(tags) BETWEEN :n1 AND :n2", true},
	{"size(tags) = size(marks)", true}, {"size(word) = :hello", false}, {"size(tags) IN (:n2)", true},
	{"size(:hello) = :n5", true},
	// Paths.
	{"#m.#in = :n5", true}, {"#m.#o = :hello", false}, {"#c[0] = :n1", true}, {"chain[2][0] = :n7", true},
	{"chart[0] = :n5", false}, {"chain.x = :n1", false}, {"word.x = :n1", false}, {"chain [ 0 ] = :n1", true},
	// NOT binds tighter than AND, AND tighter than OR.
	{"one = :n1 OR one = :n2 AND one = :n3", true}, {"(one = :n1 OR one = :n2) AND one = :n3", false},
	{"one = :n2 AND one = :n3 OR one = :n1", true},
	{"NOT one = :n2 AND one = :n1", true}, {"NOT one = :n1 AND one = :n2", false},
	{"NOT (one = :n1 AND one = :n2)", true}, {"NOT one = :n1 OR one = :n1", true}, {"not not NOT one = :n2", true},
	{"one = :n1 and two = :n2 Or word = :cat", true}, {"one = :n2 OR NOT one = :n2", true}, {"(one = :n1)", true},
	{"(one) = :n1", true}, {"one = (:n1)", true},
	{"(one = :n1 AND (two = :n1 OR (word = :hello AND NOT (flag = :null))))", true},
	{"one = :n1 OR one = :n2 OR one = :n3", true},
	{"\tone\n=\r:n1 ", true}, {"one=:n1", true},
}

func TestConditions(t *testing.T) {
	s := newShelf(t)
	s.put(novel)
	for _, row := range conditions {
		names, values := placeholdersIn(row.condition, conditionNames, conditionValues)
		_, err := s.UpdateItem(context.Background(),
			&dynamodb.UpdateItemInput{TableName: aws.String("books"), Key: key("a"),
				ConditionExpression: aws.String(row.condition), ExpressionAttributeNames: names,
				ExpressionAttributeValues: values})
		var failed *types.ConditionalCheckFailedException
		if err != nil && !errors.As(err, &failed) {
			t.Errorf("%s: %v", row.condition, err)
		} else if met := err == nil; met != row.met {
			t.Errorf("%s: %t, want %t", row.condition, met, row.met)
		}
	}
}

// many is an IN of so many operands.
func many(n int) string { return "one IN (:n1" + strings.Repeat(", :n2", n-1) + ")" }

// senselessConditions are conditions, and what is wrong with each.
var senselessConditions = []struct{ condition, want string }{
	{"", "Invalid ConditionExpression: The expression can not be empty;"},
	{"  ", "The expression can not be empty;"},
	{"one", `Syntax error; token: "<EOF>", near: "one"`},
	{"one = ", `Syntax error; token: "<EOF>", near: "= "`},
	{"one = :n1 two", `Syntax error; token: "two", near: ":n1 two"`},
	{"one == :n1", `Syntax error; token: "=", near: "== :n1"`},
	{"one ! :n1", `Syntax error; token: "!", near: "one !"`},
	{"attribute_not_exists(", `Syntax error; token: "<EOF>", near: "("`},
	{"(one = :n1", `Syntax error; token: "<EOF>", near: ":n1"`},
	{"one = :n1)", `Syntax error; token: ")", near: ":n1)"`},
	{"one IN ()", `Syntax error; token: ")", near: "()"`},
	{"one BETWEEN :n1 OR :n3", `Syntax error; token: "OR", near: ":n1 OR :n3"`},
	{"chain[one] = :n1", `Syntax error; token: "one", near: "[one]"`},
	{"chain[:n1] = :n1", `Syntax error; token: ":n1"`},
	{"_one = :n1", `Syntax error; token: "_"`},
	{"1one = :n1", `Syntax error; token: "1"`},
	{"one. = :n1", `Syntax error; token: "="`},
	{"NOT", `Syntax error; token: "<EOF>", near: "NOT"`},
	{"one = :n1 AND", `Syntax error; token: "<EOF>", near: "AND"`},
	{"attribute_exists(one) < :n1", `Syntax error; token: "<"`},
	{"order = :n1", "Attribute name is a reserved keyword; reserved keyword: order"},
	{"chart.Order = :n1", "reserved keyword: Order"},
	{"#none = :n1", "An expression attribute name used in the document path is not defined; attribute name: #none"},
	{"one = :none", "An expression attribute value used in expression is not defined; attribute value: :none"},
	{"dog(one)", "Invalid function name; function: dog"},
	{"Attribute_Exists(one)", "Invalid function name; function: Attribute_Exists"},
	{"if_not_exists(one, two) = :n1", "The function is not allowed to be used this way in an expression; function: " +
		"if_not_exists"},
	{"size(one)", "The function is not allowed to be used this way in an expression; function: size"},
	{"NOT size(one)", "The function is not allowed to be used this way in an expression; function: size"},
	{":n1 = attribute_exists(one)", "The function is not allowed to be used this way in an expression; function: " +
		"attribute_exists"},
	{"size(one, two) = :n1", "Incorrect number of operands for operator or function; operator or function: size, " +
		"number of operands: 2"},
	{"contains(one)", "operator or function: contains, number of operands: 1"},
	{"size(:n1) = :n1", "Incorrect operand type for operator or function; operator or function: size, operand type: N"},
	{"attribute_exists(:n1)", "Operator or function requires a document path; operator or function: attribute_exists"},
	{"attribute_type(one, :DOG)", "Invalid attribute type name found; type: DOG"},
	{"attribute_type(one, two)", "operator or function: attribute_type"},
	{"attribute_type(one, :n1)", "Incorrect operand type for operator or function; operator or function: " +
		"attribute_type, operand type: N"},
	{"begins_with(one, :n1)", "Incorrect operand type for operator or function; operator or function: begins_with, " +
		"operand type: N"},
	{"one < :list", "Incorrect operand type for operator or function; operator or function: <, operand type: L"},
	{":yes >= one", "operator or function: >=, operand type: BOOL"},
	{"one BETWEEN :list AND :list", "operator or function: BETWEEN, operand type: L"},
	{"one BETWEEN :n3 AND :n1", "The BETWEEN operator requires upper bound to be greater than or equal to lower " +
		"bound; lower bound operand: AttributeValue: {N:3}, upper bound operand: AttributeValue: {N:1}"},
	{"one BETWEEN :n1 AND :s1", "The BETWEEN operator requires same data type for lower and upper bounds"},
	{"one = one", "The first operand must be distinct from the remaining operands for this operator or function; " +
		"operator: =, first operand: [one]"},
	{"one BETWEEN two AND one", "operator: BETWEEN, first operand: [one]"},
	{"one in (absent, one)", "operator: IN, first operand: [one]"},
	{"attribute_exists(id.x)", "Key attributes must be scalars; list random access '[]' and map lookup '.' are not " +
		"allowed: Key: id"},
	{"contains(chain[0], chain[0])", "operator: contains, first operand: [chain, [0]]"},
	{"((one = :n1))", "The expression has redundant parentheses;"},
	{"((one)) = :n1", "The expression has redundant parentheses;"},
	{"one = :n1 AND ((attribute_exists(two)))", "The expression has redundant parentheses;"},
	{many(101), "The IN operator is provided with too many operands; number of operands: 101"},
	{"one = :n1" + strings.Repeat(" ", 4088), "Expression size has exceeded the maximum allowed size; expression " +
		"size: 4097"},
}

// TestConditionsThatMakeNoSense: each error names the place or the part that is wrong.
func TestConditionsThatMakeNoSense(t *testing.T) {
	s := newShelf(t)
	for _, row := range senselessConditions {
		names, values := placeholdersIn(row.condition, conditionNames, conditionValues)
		_, err := s.PutItem(context.Background(), &dynamodb.PutItemInput{TableName: aws.String("books"), Item: key("b"),
			ConditionExpression: aws.String(row.condition), ExpressionAttributeNames: names,
			ExpressionAttributeValues: values})
		fails(t, err, "ValidationException", row.want)
	}
	if len(s.Items(tableARN)) != 0 {
		t.Error("something was put")
	}
	_, values := placeholdersIn(many(100), nil, conditionValues)
	_, err := s.PutItem(context.Background(), &dynamodb.PutItemInput{TableName: aws.String("books"), Item: key("b"),
		ConditionExpression: aws.String(many(100)), ExpressionAttributeValues: values})
	fails(t, err, "ConditionalCheckFailedException", "The conditional request failed")
}

// TestPlaceholders: each must be used, and be well formed
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ExpressionAttributeNames.html).
func TestPlaceholders(t *testing.T) {
	s := newShelf(t)
	one := func(v ...string) attributes {
		m := attributes{}
		for _, name := range v {
			m[name] = number("1")
		}
		return m
	}
	for name, row := range map[string]struct {
		condition *string
		names     map[string]string
		values    attributes
		want      string
	}{
		"unused values": {aws.String("a = :a"), nil, one(":a", ":c", ":b"),
			"Value provided in ExpressionAttributeValues unused in expressions: keys: {:b, :c}"},
		"unused names": {aws.String("#a = :a"), map[string]string{"#a": "a", "#b": "b"}, one(":a"),
			"Value provided in ExpressionAttributeNames unused in expressions: keys: {#b}"},
		"no expression": {nil, nil, one(":a"),
			"ExpressionAttributeValues can only be specified when using expressions"},
		"none for names": {nil, map[string]string{"#a": "a"}, nil,
			"ExpressionAttributeNames can only be specified when using expressions"},
		"empty values": {aws.String("a = b"), nil, attributes{}, "ExpressionAttributeValues must not be empty"},
		"empty names": {aws.String("a = b"), map[string]string{}, nil,
			"ExpressionAttributeNames must not be empty"},
		"a name without #": {aws.String("a = b"), map[string]string{"a": "a"}, nil,
			`ExpressionAttributeNames contains invalid key: Syntax error; key: "a"`},
		"a hyphen": {aws.String("a = b"), nil, one(":a-b"),
			`ExpressionAttributeValues contains invalid key: Syntax error; key: ":a-b"`},
		"in a name": {aws.String("a = b"), map[string]string{"#a-b": "a"}, nil,
			`ExpressionAttributeNames contains invalid key: Syntax error; key: "#a-b"`},
		"a bare colon": {aws.String("a = b"), nil, one(":"),
			`ExpressionAttributeValues contains invalid key: Syntax error; key: ":"`},
		"a dot in a name": {aws.String("attribute_exists(#1_a)"), map[string]string{"#1_a": "in.it"}, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s.put(attributes{"id": text("a"), "in.it": yes()})
			_, err := s.PutItem(context.Background(),
				&dynamodb.PutItemInput{TableName: aws.String("books"), Item: key("a"),
					ConditionExpression: row.condition, ExpressionAttributeNames: row.names,
					ExpressionAttributeValues: row.values})
			if row.want != "" {
				fails(t, err, "ValidationException", row.want)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

// TestReturnsOnFailedConditions: the item that stood in the way comes along where it is asked for.
func TestReturnsOnFailedConditions(t *testing.T) {
	s := newShelf(t)
	s.put(attributes{"id": text("a"), "n": number("1")})
	for _, row := range []struct {
		id, returns string
		want        string
	}{{"a", "ALL_OLD", `{"id":{"Value":"a"},"n":{"Value":"1"}}`}, {"a", "NONE", "null"}, {"a", "", "null"},
		{"b", "ALL_OLD", "null"}} {
		_, err := s.DeleteItem(context.Background(),
			&dynamodb.DeleteItemInput{TableName: aws.String("books"), Key: key(row.id),
				ConditionExpression:                 aws.String("n = :n"),
				ExpressionAttributeValues:           attributes{":n": number("2")},
				ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailure(row.returns)})
		var failed *types.ConditionalCheckFailedException
		if !errors.As(err, &failed) {
			t.Fatal(err)
		}
		if got := render(failed.Item); got != row.want {
			t.Errorf("%+v: %s", row, got)
		}
	}
	_, err := s.DeleteItem(context.Background(),
		&dynamodb.DeleteItemInput{TableName: aws.String("books"), Key: key("a"),
			ReturnValuesOnConditionCheckFailure: "ALL_NEW"})
	fails(t, err, "ValidationException",
		"Value 'ALL_NEW' at 'returnValuesOnConditionCheckFailure' failed to satisfy constraint: Member must satisfy "+
			"enum value set: [ALL_OLD, NONE]")
}
