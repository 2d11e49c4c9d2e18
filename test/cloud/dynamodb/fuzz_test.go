package dynamodb

import (
	"encoding/json"
	"testing"
)

// FuzzExpressions: whatever is in an expression, reading it and doing what it says ends without a panic, leaves the
// item alone, and gives items that can be stored.
func FuzzExpressions(f *testing.F) {
	for _, s := range []string{"a = :v AND NOT (b < :w OR size(c[0].x) IN (:v, :w))",
		"SET a = if_not_exists(#n, :v) + :w, b[3] = (c) REMOVE d.e[1] ADD f :w DELETE g :s", "a, b.c[1], #n", "((a))",
		"a BETWEEN :v AND (:w)", "SET a = list_append((b), :l)", "attribute_type(a,:t)",
		"REMOVE l[0], l[1], m.x SET l[5] = l, m.y = m"} {
		f.Add(s)
	}
	var whole item
	var values map[string]attributeValue
	for text, into := range map[string]any{
		`{"id":{"S":"k"},"a":{"N":"1"},"b":{"L":[{"S":"x"},{"M":{"c":{"N":"2"}}}]},
			"c":{"L":[{"M":{"x":{"SS":["p","q"]}}}]},"g":{"SS":["p"]},"l":{"L":[{"N":"1"},{"N":"2"}]},
			"m":{"M":{"x":{"S":"1"}}},"f":{"N":"1e100"}}`: &whole,
		`{":v":{"N":"1"},":w":{"N":"2.5"},":s":{"SS":["p"]},":l":{"L":[]},":t":{"S":"N"},` +
			`":m":{"M":{"x":{"BOOL":true}}}}`: &values,
	} {
		if err := json.Unmarshal([]byte(text), into); err != nil {
			f.Fatal(err)
		}
	}
	key := item{"id": whole["id"]}
	f.Fuzz(func(t *testing.T, s string) {
		words := &placeholders{names: map[string]string{"#n": "m"}, values: values, used: map[string]bool{}}
		before := written(t, whole)
		if c, err := parseCondition("ConditionExpression", s, words); err == nil {
			c(whole)
			c(nil)
		}
		if paths, err := parsePaths(s, words); err == nil {
			written(t, project(whole, paths))
		}
		if u, err := parseUpdate(s, words); err == nil {
			for _, old := range []item{whole, nil} {
				if after, err := u.apply(old, key); err == nil {
					written(t, after)
					written(t, project(after, u.paths()))
				}
			}
		}
		if after := written(t, whole); after != before {
			t.Errorf("the item was %s and is %s", before, after)
		}
	})
}

// written is an item as JSON that says the same when it is read again.
func written(t *testing.T, it item) string {
	t.Helper()
	b, err := json.Marshal(it)
	if err != nil {
		t.Fatal(err)
	}
	var again item
	if err := json.Unmarshal(b, &again); err != nil || !document(again).equal(document(it)) {
		t.Fatalf("%s: %v", b, err)
	}
	return string(b)
}
