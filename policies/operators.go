package policies

// This file lists the condition operators, and reads how they are written.

import (
	"fmt"
	"strings"
)

// Operator is a condition operator without its modifiers
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html).
type Operator string

// The operators.
const (
	StringEquals              Operator = "StringEquals"
	StringNotEquals           Operator = "StringNotEquals"
	StringEqualsIgnoreCase    Operator = "StringEqualsIgnoreCase"
	StringNotEqualsIgnoreCase Operator = "StringNotEqualsIgnoreCase"
	StringLike                Operator = "StringLike"
	StringNotLike             Operator = "StringNotLike"
	NumericEquals             Operator = "NumericEquals"
	NumericNotEquals          Operator = "NumericNotEquals"
	NumericLessThan           Operator = "NumericLessThan"
	NumericLessThanEquals     Operator = "NumericLessThanEquals"
	NumericGreaterThan        Operator = "NumericGreaterThan"
	NumericGreaterThanEquals  Operator = "NumericGreaterThanEquals"
	DateEquals                Operator = "DateEquals"
	DateNotEquals             Operator = "DateNotEquals"
	DateLessThan              Operator = "DateLessThan"
	DateLessThanEquals        Operator = "DateLessThanEquals"
	DateGreaterThan           Operator = "DateGreaterThan"
	DateGreaterThanEquals     Operator = "DateGreaterThanEquals"
	Bool                      Operator = "Bool"
	BinaryEquals              Operator = "BinaryEquals"
	IPAddress                 Operator = "IpAddress"
	NotIPAddress              Operator = "NotIpAddress"
	ArnEquals                 Operator = "ArnEquals"
	ArnNotEquals              Operator = "ArnNotEquals"
	ArnLike                   Operator = "ArnLike"
	ArnNotLike                Operator = "ArnNotLike"
	Null                      Operator = "Null"
)

// Family is the type of value that an operator compares.
type Family string

// The families.
const (
	Strings   Family = "string"
	Numbers   Family = "number"
	Dates     Family = "date"
	Booleans  Family = "boolean"
	Binaries  Family = "base64 text"
	Addresses Family = "IP address or range"
	ARNs      Family = "ARN"
	Presence  Family = "true or false"
)

// hint says how values of the family are written.
func (f Family) hint() string {
	switch f {
	case Numbers:
		return "digits, with a decimal point or without"
	case Dates:
		return "such as 2030-01-31T00:00:00Z, or in seconds since 1970"
	case Booleans, Presence:
		return "true or false, in lower case"
	case Addresses:
		return "such as 203.0.113.0/24"
	case ARNs:
		return "six parts with a colon between, each of which may have wildcards"
	}
	return ""
}

type operatorRow struct {
	operator Operator
	family   Family
	negated  bool
}

var operators = []operatorRow{
	{StringEquals, Strings, false}, {StringNotEquals, Strings, true},
	{StringEqualsIgnoreCase, Strings, false}, {StringNotEqualsIgnoreCase, Strings, true},
	{StringLike, Strings, false}, {StringNotLike, Strings, true},
	{NumericEquals, Numbers, false}, {NumericNotEquals, Numbers, true},
	{NumericLessThan, Numbers, false}, {NumericLessThanEquals, Numbers, false},
	{NumericGreaterThan, Numbers, false}, {NumericGreaterThanEquals, Numbers, false},
	{DateEquals, Dates, false}, {DateNotEquals, Dates, true},
	{DateLessThan, Dates, false}, {DateLessThanEquals, Dates, false},
	{DateGreaterThan, Dates, false}, {DateGreaterThanEquals, Dates, false},
	{Bool, Booleans, false}, {BinaryEquals, Binaries, false},
	{IPAddress, Addresses, false}, {NotIPAddress, Addresses, true},
	{ArnEquals, ARNs, false}, {ArnNotEquals, ARNs, true}, {ArnLike, ARNs, false}, {ArnNotLike, ARNs, true},
	{Null, Presence, false},
}

func row(o Operator) (operatorRow, bool) {
	for _, r := range operators {
		if r.operator == o {
			return r, true
		}
	}
	return operatorRow{}, false
}

// Negated tells whether the operator is the negation of another, so that it is true of an absent key.
func (o Operator) Negated() bool {
	r, _ := row(o)
	return r.negated
}

// Family is the type of value the operator compares, "" for an unknown operator.
func (o Operator) Family() Family {
	r, _ := row(o)
	return r.family
}

// newCondition reads an operator with its modifiers. One in another letter case is read as it was likely meant.
func newCondition(written, key string, at Position) Condition {
	c := Condition{Written: written, Key: key, At: at}
	if !c.read(written) {
		c.Miscased = c.read(documentedCase(written))
	}
	return c
}

// documentedCase spells an operator as the user guide does, where it differs in letter case only.
func documentedCase(written string) string {
	rest, set, end := strings.ToLower(written), "", ""
	for _, s := range []SetOf{ForAllValues, ForAnyValue} {
		if after, ok := strings.CutPrefix(rest, strings.ToLower(string(s))+":"); ok {
			rest, set = after, string(s)+":"
		}
	}
	if before, ok := strings.CutSuffix(rest, "ifexists"); ok {
		rest, end = before, "IfExists"
	}
	for _, r := range operators {
		if strings.EqualFold(string(r.operator), rest) {
			return set + string(r.operator) + end
		}
	}
	return written
}

// read takes an operator in its documented spelling apart, and tells whether there is such a one.
func (c *Condition) read(written string) bool {
	name := written
	for _, set := range []SetOf{ForAllValues, ForAnyValue} {
		if rest, ok := strings.CutPrefix(written, string(set)+":"); ok {
			c.Set, name = set, rest
		}
	}
	if rest, ok := strings.CutSuffix(name, "IfExists"); ok && rest != string(Null) {
		c.IfExists, name = true, rest
	}
	r, ok := row(Operator(name))
	if ok = ok && (r.operator != Null || c.Set == Single); ok {
		c.Operator = r.operator
	}
	return ok
}

// operatorHint says which operator may be meant. Whether letter case counts in their names is not documented.
func operatorHint(written string) string {
	set, name, found := strings.Cut(plain(written), ":")
	if !found {
		set, name = "", set
	}
	name, ifExists := strings.CutSuffix(name, plain("IfExists"))
	r, known := plainOperators[name]
	switch {
	case !known:
		return "see the list of condition operators in the IAM user guide"
	case r == Null:
		return "did you mean Null? It takes no modifier"
	}
	meant := string(r)
	for _, m := range []SetOf{ForAllValues, ForAnyValue} {
		if plain(string(m)) == set {
			meant = string(m) + ":" + meant
		}
	}
	if ifExists {
		meant += "IfExists"
	}
	return fmt.Sprintf("did you mean %s?", meant)
}

// plain leaves out of a name what people get wrong: letter case, and a plural.
func plain(name string) string { return strings.ReplaceAll(strings.ToLower(name), "s", "") }

// plainOperators are the operators by their plain names.
var plainOperators = func() map[string]Operator {
	all := map[string]Operator{}
	for _, r := range operators {
		all[plain(string(r.operator))] = r.operator
	}
	return all
}()
