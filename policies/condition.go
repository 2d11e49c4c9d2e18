package policies

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math/big"
	"net/netip"
	"regexp"
	"strings"
	"time"
)

// An operand is one value of a condition, read once. Which field is set goes by the operator's family.
type operand struct {
	text   string
	live   bool // it holds ${: expanded for each request, if variables are live
	wrong  bool // it has not the form that the operator needs: unknown
	number *big.Rat
	date   time.Time
	prefix netip.Prefix
	binary []byte
}

// compile reads the values once, and notes what is wrong with them.
func (c *Condition) compile(path string) {
	problem := func(text, hint string) {
		c.Problems = append(c.Problems, Problem{At: c.At, Path: path, Text: text, Hint: hint})
	}
	switch {
	case c.Operator == "":
		problem(fmt.Sprintf("unknown operator %q", c.Written), operatorHint(c.Written))
	case len(c.Values) == 0:
		problem("no value to compare with", "an empty list has no documented meaning")
	}
	family := c.Operator.Family()
	for _, v := range c.Values {
		o := read(family, v)
		if o.wrong {
			problem(fmt.Sprintf("%q is no %s", v, family), "")
		}
		c.operands = append(c.operands, o)
	}
}

func read(family Family, v string) operand {
	o := operand{text: v, live: strings.Contains(v, "${")}
	ok := true
	switch family {
	case ARNs:
		_, ok = cutARN(v)
	case Numbers:
		o.number, ok = readNumber(v)
	case Dates:
		o.date, ok = readDate(v)
	case Booleans, Presence:
		ok = v == "true" || v == "false"
	case Addresses:
		o.prefix, ok = readPrefix(v)
	case Binaries:
		var err error
		o.binary, err = base64.StdEncoding.DecodeString(v)
		ok = err == nil
	}
	o.wrong = !ok && !(family == ARNs && o.live)
	return o
}

var decimal = regexp.MustCompile(`^[+-]?[0-9]{1,40}(\.[0-9]{1,40})?$`)

func readNumber(v string) (*big.Rat, bool) {
	if !decimal.MatchString(v) {
		return nil, false
	}
	return new(big.Rat).SetString(v)
}

// dateForms are the forms of ISO 8601 that the W3C's profile allows, from the year and month on (https://www.w3.org/TR/NOTE-datetime). A year
// alone could as well be a number of seconds.
var dateForms = []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", "2006-01-02", "2006-01"}

var epoch = regexp.MustCompile(`^[0-9]{1,12}$`)

func readDate(v string) (time.Time, bool) {
	if epoch.MatchString(v) && len(v) != 4 {
		seconds, _ := new(big.Int).SetString(v, 10)
		return time.Unix(seconds.Int64(), 0), true
	}
	for _, form := range dateForms {
		if t, err := time.Parse(form, v); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

func readPrefix(v string) (netip.Prefix, bool) {
	if p, err := netip.ParsePrefix(v); err == nil {
		return p.Masked(), true
	}
	a, err := netip.ParseAddr(v)
	if err != nil || a.Zone() != "" {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(a, a.BitLen()), true
}

// Matches tests the condition on a request's keys. Variables says whether ${…} is live in the document.
func (c *Condition) Matches(context Context, variables bool) Truth {
	if c.Operator == "" || len(c.Values) == 0 {
		return Unknown
	}
	values, present := context.Get(c.Key)
	switch {
	case c.Operator == Null:
		return c.null(present)
	case !present:
		return c.absent()
	case c.Set == Single && (len(values) != 1 || multivalued(c.Key)):
		return Unknown // "do not use a plain operator with a multivalued key": what happens then is not documented
	}
	all, some := Yes, No
	for _, v := range values {
		t := c.test(v, context, variables)
		all, some = all.And(t), some.Or(t)
	}
	if c.Set == ForAnyValue {
		return some
	}
	return all // with ForAllValues, or the only value
}

func multivalued(key string) bool {
	known, ok := LookupKey(key)
	return ok && known.Multivalued
}

func (c *Condition) null(present bool) Truth {
	result := No
	for _, o := range c.operands {
		if o.wrong {
			result = result.Or(Unknown)
			continue
		}
		result = result.Or(truth(present == (o.text == "false")))
	}
	return result
}

// absent is the answer for a key that the request does not carry
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html).
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
	result := No
	for i := range c.operands {
		result = result.Or(c.compare(value, &c.operands[i], context, variables))
	}
	if c.Operator.Negated() {
		return result.Not()
	}
	return result
}

func (c *Condition) compare(value string, o *operand, context Context, variables bool) Truth {
	if o.wrong {
		return Unknown
	}
	switch c.Operator.Family() {
	case Strings, ARNs:
		return c.compareText(value, o, context, variables)
	case Numbers:
		n, ok := readNumber(value)
		if !ok {
			return Unknown
		}
		return c.order(n.Cmp(o.number))
	case Dates:
		t, ok := readDate(value)
		if !ok {
			return Unknown
		}
		return c.order(t.Compare(o.date))
	case Booleans:
		if value != "true" && value != "false" {
			return Unknown
		}
		return truth(value == o.text)
	case Addresses:
		a, err := netip.ParseAddr(value)
		if err != nil {
			return Unknown
		}
		return truth(o.prefix.Contains(a))
	case Binaries:
		b, err := base64.StdEncoding.DecodeString(value)
		if err != nil {
			return Unknown
		}
		return truth(bytes.Equal(b, o.binary))
	}
	return Unknown
}

func (c *Condition) compareText(value string, o *operand, context Context, variables bool) Truth {
	wild := c.Operator == StringLike || c.Operator == StringNotLike || c.Operator.Family() == ARNs
	text := o.text
	if wild {
		text = asWritten(text)
	}
	if o.live && variables {
		expanded, state := expand(o.text, wild, context)
		switch state {
		case absent:
			return No
		case unsettled:
			return Unknown
		}
		text = expanded
	}
	switch c.Operator {
	case StringEquals, StringNotEquals:
		return truth(text == value)
	case StringEqualsIgnoreCase, StringNotEqualsIgnoreCase:
		return truth(strings.EqualFold(text, value))
	case StringLike, StringNotLike:
		return truth(glob(text, value, false))
	}
	return arnLike(text, value)
}

// order answers a comparison of numbers or dates by how the request's value stands to the policy's: below 0, 0, above 0. The negated operators ask for
// equality here; test turns the answer round.
func (c *Condition) order(cmp int) Truth {
	name := string(c.Operator)
	switch {
	case strings.HasSuffix(name, "LessThan"):
		return truth(cmp < 0)
	case strings.HasSuffix(name, "LessThanEquals"):
		return truth(cmp <= 0)
	case strings.HasSuffix(name, "GreaterThan"):
		return truth(cmp > 0)
	case strings.HasSuffix(name, "GreaterThanEquals"):
		return truth(cmp >= 0)
	}
	return truth(cmp == 0)
}
