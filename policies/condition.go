package policies

// This file tests one condition: it reads the values of the policy once, and compares those of each request with them.

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math/big"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// An operand is one value of a condition, read once. Which field is set goes by the operator's family.
type operand struct {
	text   string
	bad    bool // it has not the form that the operator needs
	live   bool // it holds ${: expanded for each request, if variables are live
	number *big.Rat
	date   time.Time
	prefix netip.Prefix
	wider  netip.Prefix // for an IPv6 address alone, what else it may mean; see readPrefix
	binary []byte
}

// problem notes what is wrong with the condition. A hostile one can have a value wrong in every second byte.
func (c *Condition) problem(path, text, hint string) {
	if len(c.Problems) == maxProblems {
		return
	}
	c.Problems = append(c.Problems, Problem{At: c.At, Path: path, Text: text, Hint: hint})
}

// spoil notes what is wrong, where it leaves nothing to be said of the condition.
func (c *Condition) spoil(path, text, hint string) {
	c.problem(path, text, hint)
	c.spoiled = true
}

// compile reads the values once, and notes what is wrong with them. Variables says whether ${…} is live in the
// document.
func (c *Condition) compile(path string, variables bool) {
	known, _ := LookupKey(c.Key)
	c.lower, c.multivalued = strings.ToLower(c.Key), known.Multivalued
	switch {
	case c.Operator == "":
		c.spoil(path, fmt.Sprintf("unknown operator %q", c.Written), operatorHint(c.Written))
	case c.Miscased:
		c.problem(path, fmt.Sprintf("unknown operator %q", c.Written), operatorHint(c.Written))
	}
	if c.Operator != "" && len(c.Values) == 0 {
		c.spoil(path, "no value to compare with", "an empty list has no documented meaning")
	}
	family := c.Operator.Family()
	c.operands = make([]operand, len(c.Values))
	for i, v := range c.Values {
		var ok bool
		if c.operands[i], ok = read(family, v, variables); ok {
			continue
		}
		c.problem(path, fmt.Sprintf("%q is no %s", v, family), family.hint())
		if low := strings.ToLower(v); family == Booleans && (low == "true" || low == "false") {
			c.operands[i].text, c.Miscased = low, true
		} else {
			c.operands[i].bad, c.unread = true, true
		}
	}
}

// read reads one value; ok is false where it has not the form that the operator needs.
func read(family Family, v string, variables bool) (o operand, ok bool) {
	o, ok = operand{text: v, live: variables && strings.Contains(v, "${")}, true
	switch family {
	case ARNs:
		_, ok = cutARN(v)
		ok = ok || o.live
	case Numbers:
		o.number, ok = readNumber(v)
	case Dates:
		o.date, ok = readDate(v)
	case Booleans, Presence:
		ok = v == "true" || v == "false"
	case Addresses:
		o.prefix, o.wider, ok = readPrefix(v)
	case Binaries:
		o.binary, ok = readBinary(v)
	}
	return o, ok
}

var decimal = regexp.MustCompile(`^[+-]?[0-9]{1,40}(\.[0-9]{1,40})?$`)

func readNumber(v string) (*big.Rat, bool) {
	if !decimal.MatchString(v) {
		return nil, false
	}
	return new(big.Rat).SetString(v)
}

// dateForms are the forms of ISO 8601 that the W3C's profile allows, from the year and month on
// (https://www.w3.org/TR/NOTE-datetime). A year alone could as well be a number of seconds. time.Parse alone would
// also take a single digit for the hour.
var (
	dateForms = []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", "2006-01-02", "2006-01"}
	dateShape = regexp.MustCompile(`^\d{4}-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?)?$`)
)

// epoch is a time in seconds since 1970. Fewer digits would be a time before 1973 and could be a year, or a date
// without its hyphens; more could be milliseconds or a date and time without theirs.
var epoch = regexp.MustCompile(`^[0-9]{9,11}$`)

func readDate(v string) (time.Time, bool) {
	if epoch.MatchString(v) {
		seconds, err := strconv.ParseInt(v, 10, 64)
		return time.Unix(seconds, 0), err == nil
	}
	if !dateShape.MatchString(v) {
		return time.Time{}, false
	}
	for _, form := range dateForms {
		if t, err := time.Parse(form, v); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// readPrefix reads a range, or an address alone. The operators' page gives an address alone a prefix of 32 bits,
// without an exception for IPv6, where that is a wide range. Whether one address is meant is not documented, so what
// lies in wider and not in prefix is Unknown.
func readPrefix(v string) (prefix, wider netip.Prefix, ok bool) {
	if p, err := netip.ParsePrefix(v); err == nil {
		return p, p, !p.Addr().Is4In6() // what an IPv4 address in IPv6 stands for here is not documented
	}
	a, err := netip.ParseAddr(v)
	if err != nil || a.Zone() != "" || a.Is4In6() {
		return prefix, wider, false
	}
	return netip.PrefixFrom(a, a.BitLen()), netip.PrefixFrom(a, 32), true
}

func readBinary(v string) ([]byte, bool) {
	b, err := base64.StdEncoding.Strict().DecodeString(v)
	return b, err == nil && !strings.ContainsAny(v, "\r\n")
}

// Understood tells whether the operator has a form that is known, but for the letter case, and there is a value.
func (c *Condition) Understood() bool {
	return !c.spoiled && len(c.operands) > 0 && len(c.operands) == len(c.Values)
}

// Matches tests the condition on a request's keys. Variables says whether ${…} is live in the document.
//
// Where AWS may read the condition otherwise than this program, or not at all, the answer is Unknown unless all
// readings agree. A value that has not the form which the operator needs decides nothing where the key is absent. A
// condition in the wrong letter case (see Condition.Miscased) is No where it would be No in the right one, and
// otherwise Unknown.
func (c *Condition) Matches(context Context, variables bool) Truth {
	if c.spoiled || len(c.operands) == 0 || len(c.operands) != len(c.Values) {
		return Unknown
	}
	result := c.asMeant(context, variables)
	if c.Miscased {
		return result.And(Unknown) // the other reading is a condition that never holds
	}
	return result
}

// asMeant tests the condition as if its operator and its booleans were in the right letter case.
func (c *Condition) asMeant(context Context, variables bool) Truth {
	values, present := context[c.lower]
	switch {
	case c.Operator == Null && c.unread:
		return Unknown
	case c.Operator == Null:
		return c.null(values, present)
	case !present:
		return c.absent()
	case c.Set == Single && (len(values) != 1 || c.multivalued):
		return Unknown // "do not use a plain operator with a multivalued key": what happens then is not documented
	case len(values) == 0:
		return c.absent()
	}
	all, some := Yes, No
	for _, v := range values {
		t := c.test(v, context, variables)
		all, some = all.And(t), some.Or(t)
	}
	// An empty string is called an empty set, of which ForAllValues is true and ForAnyValue false. Whether that holds
	// when a value of the policy is empty too is not said.
	void := len(values) == 1 && values[0] == ""
	switch {
	case c.Set == ForAnyValue && void:
		return some.And(Unknown)
	case c.Set == ForAnyValue:
		return some
	case c.Set == ForAllValues && void:
		return all.Or(Unknown)
	}
	return all // with ForAllValues, or the only value
}

// null answers for the values true (the key is absent) and false (it is there and not null). A key that is there with
// no value at all is neither, surely.
func (c *Condition) null(values []string, present bool) Truth {
	if present && len(values) == 0 {
		return Unknown
	}
	result := No
	for i := range c.operands {
		result = result.Or(truth(present == (c.operands[i].text == "false")))
	}
	return result
}

// absent is the answer for a key that the request does not carry, or that has no value
// (docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html).
func (c *Condition) absent() Truth {
	switch {
	case c.Set == ForAnyValue && c.IfExists:
		return Unknown
	case c.Set == ForAnyValue:
		return No
	case c.IfExists, c.Set == ForAllValues:
		return Yes
	}
	return truth(c.Operator.Negated())
}

// test compares one value of the request: some value of the policy fits it, or with a negated operator none does.
func (c *Condition) test(value string, context Context, variables bool) Truth {
	given := c.given(value)
	result := No
	for i := range c.operands {
		if result = result.Or(c.compare(&given, &c.operands[i], context, variables)); result == Yes {
			break
		}
	}
	if c.Operator.Negated() {
		return result.Not()
	}
	return result
}

// A given is one value of the request, read once for all values of the policy.
type given struct {
	operand
	address netip.Addr
	ok      bool // it has the form that the operator needs
}

func (c *Condition) given(value string) given {
	g := given{operand: operand{text: value}, ok: true}
	switch c.Operator.Family() {
	case Numbers:
		g.number, g.ok = readNumber(value)
	case Dates:
		g.date, g.ok = readDate(value)
	case Booleans:
		g.ok = value == "true" || value == "false"
	case Addresses:
		var err error
		g.address, err = netip.ParseAddr(value)
		g.ok = err == nil && g.address.Zone() == ""
	case Binaries:
		g.binary, g.ok = readBinary(value)
	}
	return g
}

// compare holds one value of the request against one of the policy. A value of the request that has not the form
// which the operator needs is Unknown.
func (c *Condition) compare(g *given, o *operand, context Context, variables bool) Truth {
	if !g.ok || o.bad {
		return Unknown
	}
	switch c.Operator.Family() {
	case Strings, ARNs:
		return c.compareText(g.text, o, context, variables)
	case Numbers:
		return c.order(g.number.Cmp(o.number))
	case Dates:
		return c.order(g.date.Compare(o.date))
	case Booleans:
		return truth(g.text == o.text)
	case Addresses:
		return o.holds(g.address)
	case Binaries:
		return truth(bytes.Equal(g.binary, o.binary))
	}
	return Unknown
}

func (o *operand) holds(a netip.Addr) Truth {
	switch {
	case o.prefix.Contains(a):
		return Yes
	case o.wider.Contains(a):
		return Unknown
	}
	return No
}

func (c *Condition) compareText(value string, o *operand, context Context, variables bool) Truth {
	wild := c.Operator == StringLike || c.Operator == StringNotLike || c.Operator.Family() == ARNs
	text := o.text
	switch {
	case o.live && variables:
		expanded, state := expand(o.text, wild, context)
		switch state {
		case absent:
			return No
		case unsettled:
			return Unknown
		}
		text = expanded
	case wild:
		text = asWritten(text)
	}
	switch c.Operator {
	case StringEquals, StringNotEquals:
		return truth(text == value)
	case StringEqualsIgnoreCase, StringNotEqualsIgnoreCase:
		return sameText(text, value)
	case StringLike, StringNotLike:
		return truth(glob(text, value, false))
	}
	return arnLike(text, value)
}

// sameText ignores letter case. What the letter case of letters outside ASCII is is not documented, so there two that
// differ in it are Unknown.
func sameText(a, b string) Truth {
	switch {
	case !strings.EqualFold(a, b):
		return No
	case len(a) != len(b):
		return Unknown
	}
	for i := range len(a) {
		if lower(a[i]) != lower(b[i]) {
			return Unknown
		}
	}
	return Yes
}

// order answers a comparison of numbers or dates by how the request's value stands to the policy's: below 0, 0, above
// 0. The negated operators ask for equality here; test turns the answer round.
func (c *Condition) order(cmp int) Truth {
	switch c.Operator {
	case NumericLessThan, DateLessThan:
		return truth(cmp < 0)
	case NumericLessThanEquals, DateLessThanEquals:
		return truth(cmp <= 0)
	case NumericGreaterThan, DateGreaterThan:
		return truth(cmp > 0)
	case NumericGreaterThanEquals, DateGreaterThanEquals:
		return truth(cmp >= 0)
	}
	return truth(cmp == 0)
}
