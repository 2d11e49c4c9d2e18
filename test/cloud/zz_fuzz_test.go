package cloud

import "testing"
import "encoding/json"

func FuzzZZ(f *testing.F) {
	for _, s := range []string{"a = :v AND NOT (b < :w OR size(c[0].x) IN (:v, :w))", "SET a = if_not_exists(#n, :v) + :w, b[3] = (c) REMOVE d.e[1] ADD f :w DELETE g :s", "a, b.c[1], #n", "((a))", "a BETWEEN :v AND (:w)", "SET a = list_append((b), :l)", "attribute_type(a,:t)", "REMOVE l[0], l[1], m.x SET l[5] = l, m.y = m"} {
		f.Add(s)
	}
	var it item
	if err := json.Unmarshal([]byte(`{"id":{"S":"k"},"a":{"N":"1"},"b":{"L":[{"S":"x"},{"M":{"c":{"N":"2"}}}]},"c":{"L":[{"M":{"x":{"SS":["p","q"]}}}]},"g":{"SS":["p"]},"l":{"L":[{"N":"1"},{"N":"2"}]},"m":{"M":{"x":{"S":"1"}}},"f":{"N":"1e100"}}`), &it); err != nil {
		f.Fatal(err)
	}
	var values map[string]attributeValue
	json.Unmarshal([]byte(`{":v":{"N":"1"},":w":{"N":"2.5"},":s":{"SS":["p"]},":l":{"L":[]},":t":{"S":"N"},":m":{"M":{"x":{"BOOL":true}}}}`), &values)
	f.Fuzz(func(t *testing.T, s string) {
		words := func() *placeholders { return &placeholders{names: map[string]string{"#n": "m"}, values: values, used: map[string]bool{}} }
		before, _ := json.Marshal(it)
		if c, err := parseCondition("ConditionExpression", s, words()); err == nil {
			c(it)
			c(nil)
		}
		if ps, err := parsePaths(s, words()); err == nil {
			b, e := json.Marshal(project(it, ps))
			if e != nil { t.Fatal(e) }
			var back item
			if e := json.Unmarshal(b, &back); e != nil { t.Fatal(e) }
		}
		if u, err := parseUpdate(s, words()); err == nil {
			if after, err := u.apply(it, item{"id": it["id"]}); err == nil {
				project(after, u.paths())
				b, e := json.Marshal(after)
				if e != nil { t.Fatal(e) }
				var back item
				if e := json.Unmarshal(b, &back); e != nil { t.Fatal(string(b), e) }
				if !document(back).equal(document(after)) { t.Fatal("round trip") }
			}
			u.apply(nil, item{"id": it["id"]})
		}
		if now, _ := json.Marshal(it); string(now) != string(before) { t.Fatal("the item was changed") }
	})
}
