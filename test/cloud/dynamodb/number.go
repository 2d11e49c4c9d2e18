package dynamodb

import (
	"math/big"
	"regexp"
	"strconv"
	"strings"

	"locksmith/test/cloud/front"
)

// A decimal is a DynamoDB number: digits times ten to the power of exponent, with no zero at the end of the digits. It
// has at most 38 significant digits and lies between 1E-130 and 9.99…E+125, or is zero, or is negative in the same
// bounds (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-data-types-number).
type decimal struct {
	digits   *big.Int
	exponent int
}

const (
	significant = 38
	greatest    = 125  // exponent of the first digit
	smallest    = -130 // likewise
)

var decimalText = regexp.MustCompile(`^([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]{1,9}))?$`)

// parseDecimal reads a number as the API takes it.
func parseDecimal(text string) (decimal, *front.Error) {
	m := decimalText.FindStringSubmatch(text)
	if m == nil || m[2]+m[3] == "" {
		return decimal{}, validation("The parameter cannot be converted to a numeric value: %s", text)
	}
	exponent := 0
	if m[4] != "" {
		exponent, _ = strconv.Atoi(m[4]) // nine digits at most
	}
	digits := strings.TrimLeft(m[2]+m[3], "0")
	exponent -= len(m[3])
	trimmed := strings.TrimRight(digits, "0")
	exponent += len(digits) - len(trimmed)
	if trimmed == "" {
		return decimal{digits: new(big.Int)}, nil
	}
	if err := checkDecimal(len(trimmed), exponent); err != nil {
		return decimal{}, err
	}
	n, _ := new(big.Int).SetString(m[1]+trimmed, 10) // digits only, by the pattern
	return decimal{n, exponent}, nil
}

// checkDecimal checks the bounds of a number of so many digits.
func checkDecimal(digits, exponent int) *front.Error {
	switch first := digits + exponent - 1; {
	case first > greatest:
		return validation("Number overflow. Attempting to store a number with magnitude larger than supported range")
	case first < smallest:
		return validation("Number underflow. Attempting to store a number with magnitude smaller than supported range")
	case digits > significant:
		return validation("Attempting to store more than 38 significant digits in a Number")
	}
	return nil
}

// String is the number without an exponent, and without zeros that say nothing.
func (d decimal) String() string {
	digits, sign := d.digits.String(), ""
	if digits[0] == '-' {
		digits, sign = digits[1:], "-"
	}
	switch {
	case d.exponent >= 0:
		return sign + digits + strings.Repeat("0", d.exponent)
	case -d.exponent < len(digits):
		point := len(digits) + d.exponent
		return sign + digits[:point] + "." + digits[point:]
	}
	return sign + "0." + strings.Repeat("0", -d.exponent-len(digits)) + digits
}

// align gives the digits of both numbers at the smaller exponent.
func align(a, b decimal) (x, y *big.Int, exponent int) {
	exponent = min(a.exponent, b.exponent)
	shift := func(d decimal) *big.Int {
		return new(big.Int).Mul(d.digits, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(d.exponent-exponent)), nil))
	}
	return shift(a), shift(b), exponent
}

func (d decimal) compare(other decimal) int {
	x, y, _ := align(d, other)
	return x.Cmp(y)
}

// add is the exact sum; one that needs more digits than a number has is an error.
func (d decimal) add(other decimal) (decimal, *front.Error) {
	x, y, exponent := align(d, other)
	return parseDecimal(x.Add(x, y).String() + "e" + strconv.Itoa(exponent))
}

func (d decimal) negative() decimal {
	return decimal{new(big.Int).Neg(d.digits), d.exponent}
}

// size is a byte for each two digits before the point, one for each two after it, one for a minus and one more.
// Zeros at either end count for nothing. The guide says only "approximately"; this is as measured at AWS by
// paritysuite/dynamodb-conformance, August 2026.
func (d decimal) size() int {
	if d.digits.Sign() == 0 {
		return 1
	}
	digits := len(new(big.Int).Abs(d.digits).String())
	after := min(max(-d.exponent, 0), digits)
	total := 1 + (digits-after+1)/2 + (after+1)/2
	if d.digits.Sign() < 0 {
		total++
	}
	return total
}
