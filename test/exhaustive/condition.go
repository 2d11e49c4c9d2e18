package exhaustive

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// An operator is a condition operator, taken apart.
type operator struct {
	set      string // "", "ForAllValues" or "ForAnyValue"
	base     string // the positive operator
	negated  bool
	ifExists bool
	known    bool
	cased    bool // written in another case than documented
}

// bases are the documented operators; the value tells whether the negation "Not…" is that of the positive one.
var bases = map[string]struct {
	base    string
	negated bool
}{
	"StringEquals": {"StringEquals", false}, "StringNotEquals": {"StringEquals", true},
	"StringEqualsIgnoreCase":    {"StringEqualsIgnoreCase", false},
	"StringNotEqualsIgnoreCase": {"StringEqualsIgnoreCase", true},
	"StringLike":                {"StringLike", false}, "StringNotLike": {"StringLike", true},
	"ArnEquals": {"ArnLike", false}, "ArnNotEquals": {"ArnLike", true},
	"ArnLike": {"ArnLike", false}, "ArnNotLike": {"ArnLike", true},
	"NumericEquals": {"Numeric=", false}, "NumericNotEquals": {"Numeric=", true},
	"NumericLessThan": {"Numeric<", false}, "NumericLessThanEquals": {"Numeric<=", false},
	"NumericGreaterThan": {"Numeric>", false}, "NumericGreaterThanEquals": {"Numeric>=", false},
	"DateEquals": {"Date=", false}, "DateNotEquals": {"Date=", true},
	"DateLessThan": {"Date<", false}, "DateLessThanEquals": {"Date<=", false},
	"DateGreaterThan": {"Date>", false}, "DateGreaterThanEquals": {"Date>=", false},
	"IpAddress": {"IpAddress", false}, "NotIpAddress": {"IpAddress", true},
	"Bool": {"Bool", false}, "BinaryEquals": {"BinaryEquals", false}, "Null": {"Null", false},
}

func readOperator(text string) (o operator) {
	if set, rest, ok := strings.Cut(text, ":"); ok {
		o.set, text = set, rest
	}
	if strings.HasSuffix(strings.ToLower(text), "ifexists") {
		o.ifExists = true
		o.cased = !strings.HasSuffix(text, "IfExists")
		text = text[:len(text)-len("IfExists")]
	}
	for _, set := range []string{"ForAllValues", "ForAnyValue"} {
		if strings.EqualFold(set, o.set) {
			o.cased, o.set = o.cased || set != o.set, set
		}
	}
	for name, b := range bases {
		if strings.EqualFold(name, text) {
			o.base, o.negated, o.known = b.base, b.negated, true
			o.cased = o.cased || name != text
		}
	}
	if o.set != "" && o.set != "ForAllValues" && o.set != "ForAnyValue" || o.base == "Null" &&
		(o.ifExists || o.set != "") {
		o.known = false
	}
	return o
}

func read(name, key string) *reading {
	o := readOperator(name)
	info, known := lookup(key)
	return &reading{o, strings.ToLower(key), info, known && o.known}
}

// holds says whether the condition holds for a request's keys.
func (c *Condition) holds(context map[string][]string, live bool) Truth {
	m := c.read
	if m == nil {
		m = read(c.Operator, c.Key)
	}
	o := m.operator
	if !m.known {
		return Maybe
	}
	values, present := context[m.key]
	t := No
	if present {
		t = c.present(o, m.info, values, context, live)
	} else {
		t = c.absent(o)
	}
	if o.cased || c.capital(o) {
		t &= Maybe // read as written right, or as a condition that never holds
	}
	return t
}

// capital tells whether a boolean is written "True" or "False".
func (c *Condition) capital(o operator) bool {
	if o.base != "Bool" && o.base != "Null" {
		return false
	}
	for _, v := range c.Values {
		if v != "true" && v != "false" {
			return true
		}
	}
	return false
}

// absent is the condition on a key that is not there. The values decide nothing then, but under Null.
func (c *Condition) absent(o operator) Truth {
	switch {
	case o.base == "Null":
		return c.null(true)
	case o.set == "ForAllValues":
		return Yes
	case o.set == "ForAnyValue" && o.ifExists:
		return Maybe
	case o.set == "ForAnyValue":
		return No
	}
	return truth(o.ifExists || o.negated)
}

func (c *Condition) null(absent bool) Truth {
	t := No
	for _, v := range c.Values {
		switch strings.ToLower(v) {
		case "true":
			t |= truth(absent)
		case "false":
			t |= truth(!absent)
		default:
			t |= Maybe
		}
	}
	return t
}

// present is the condition on a key that is there.
func (c *Condition) present(o operator, info keyInfo, values []string, context map[string][]string, live bool) Truth {
	if o.base == "Null" {
		return c.null(false)
	}
	if info.many && o.set == "" {
		return Maybe
	}
	all, some := Yes, No
	for _, v := range values {
		t := No
		for _, w := range c.Values {
			t |= compare(o.base, info.kind, w, v, context, live)
		}
		if o.negated {
			t = t.Not()
		}
		all &= t
		some |= t
	}
	blank := slices.Contains(values, "")
	switch {
	case o.set == "ForAnyValue" && blank && some != No:
		return Maybe // an empty value is a null data set, for which ForAnyValue is false, or a value like others
	case o.set == "ForAnyValue":
		return some
	case o.set == "ForAllValues" && blank && all != Yes:
		return Maybe
	}
	return all
}

// compare compares one value of the policy with one of the request.
func compare(base, kind, written, v string, context map[string][]string, live bool) Truth {
	switch base {
	case "StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnLike":
		return compareText(base, kind, written, v, context, live)
	case "Bool":
		w := strings.ToLower(written)
		if kind != "Bool" || w != "true" && w != "false" {
			return Maybe
		}
		return truth(w == v)
	case "IpAddress":
		network, ok := readNetwork(written)
		address, err := netip.ParseAddr(v)
		if kind != "IP" || !ok || err != nil {
			return Maybe
		}
		return truth(network.Contains(address))
	}
	sign, isNumber := strings.CutPrefix(base, "Numeric")
	if isNumber && (kind == "Numeric" || kind == "Date" && digitsOnly(v)) {
		a, err1 := strconv.ParseFloat(v, 64)
		b, err2 := strconv.ParseFloat(written, 64)
		if err1 != nil || err2 != nil {
			return Maybe
		}
		return order(sign, a, b)
	}
	sign, isDate := strings.CutPrefix(base, "Date")
	a, ok1 := readTime(v)
	b, ok2 := readTime(written)
	if !isDate || kind != "Date" || !ok1 || !ok2 {
		return Maybe
	}
	return order(sign, float64(a.UnixMilli()), float64(b.UnixMilli()))
}

func compareText(base, kind, written, v string, context map[string][]string, live bool) Truth {
	if kind == "Numeric" || kind == "Date" || kind == "IP" && strings.Contains(v, ":") {
		return Maybe // how such a value is written as text is not said
	}
	p, state := expand(written, live, context)
	if state == unsettled || state == starred && (base == "StringLike" || base == "ArnLike") {
		return Maybe
	}
	if state == null {
		return No
	}
	if base == "ArnLike" {
		if strings.Contains(written, "${") && live && colonBrought(written, p) {
			return Maybe // whether a value is put in before or after the ARN is taken apart is not said
		}
		return globARN(p, v)
	}
	if base == "StringLike" {
		return truth(glob(p, v))
	}
	text := make([]byte, len(p))
	for i, c := range p {
		text[i] = c.char
	}
	if base == "StringEqualsIgnoreCase" {
		return truth(strings.EqualFold(string(text), v))
	}
	return truth(string(text) == v)
}

// colonBrought tells whether a variable inside an ARN brought a colon along. A value that is all variable is an ARN as
// it stands.
func colonBrought(written string, p []piece) bool {
	bare := variable.ReplaceAllString(written, "")
	n := 0
	for _, c := range p {
		if c.char == ':' {
			n++
		}
	}
	return bare != "" && n != strings.Count(bare, ":")
}

func order(sign string, a, b float64) Truth {
	switch sign {
	case "=":
		return truth(a == b)
	case "<":
		return truth(a < b)
	case "<=":
		return truth(a <= b)
	case ">":
		return truth(a > b)
	}
	return truth(a >= b)
}

func digitsOnly(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// readTime reads an instant: ISO 8601, or seconds since 1970.
func readTime(s string) (time.Time, bool) {
	if digitsOnly(s) && len(s) > 4 {
		n, err := strconv.ParseInt(s, 10, 64)
		return time.Unix(n, 0).UTC(), err == nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", "2006-01-02"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

func readNetwork(s string) (netip.Prefix, bool) {
	if p, err := netip.ParsePrefix(s); err == nil {
		return p.Masked(), true
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(a, a.BitLen()), true
}
