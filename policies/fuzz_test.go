package policies_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"locksmith/policies"
)

// seeds are policies in every shape that the parser knows.
var seeds = []string{
	`{"Statement":[]}`,
	`{"Version":"2012-10-17","Id":"x","Statement":{"Sid":"a","Effect":"Deny","Principal":"*","Action":"s3:*",
	 "Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*"],
	 "Condition":{"ForAnyValue:StringNotLikeIfExists":{"aws:PrincipalOrgPaths":["o-*/r-*",1,true]},
	 "Bool":{"aws:SecureTransport":false}}}}`,
	`{"Statement":[{"Effect":"Allow","NotPrincipal":{"AWS":["111122223333","arn:aws:iam::111122223333:role/r"],
	 "Service":"sns.amazonaws.com"},"NotAction":["SQS:Send*"],"NotResource":"*"},
	 {"Effect":"Deny","Action":"s3:Get?bject","Resource":"arn:aws:s3:::${aws:username, 'x'}/${*}",
	 "Condition":{"Null":{"k":"true"}}}]}`,
	`{"Statement":{"Effect":"Deny","Action":"*","Resource":"*",
	 "Condition":{"NotIpAddress":{"aws:SourceIp":["10.0.0.0/8","2001:db8::1"]},
	 "DateLessThan":{"aws:CurrentTime":"2030-01-31T00:00:00Z"},
	 "NumericGreaterThan":{"aws:MultiFactorAuthAge":"3600.5"},
	 "ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/ci/*"},"BinaryEquals":{"k":"QQ=="},
	 "StringEqualsIgnoreCase":{"k":"\u00c4\ud83d\ude00"}}}}`,
	`{"Statement":[],"Statement":[{"effect":"Deny","Effect":"Deny","Action":"a","Action":"b","X":[[{}]]}]}`,
	`{"Statement":{"Effect":"Deny","Action":[],"Condition":{"Bool":{"a":true,"A":false},"Bool":{},` +
		`"StringEqual":{"k":[]}}}}`,
	`[1, -2.5e3, "\ud800", nul`,
}

// FuzzParse holds that no text brings the parser down, that what it reads is what encoding/json reads, and that every
// place it names is one in the text.
func FuzzParse(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		root, err := policies.ReadJSON(text)
		if err == nil && (!utf8.Valid(text) || !json.Valid(text)) {
			t.Fatal("read what is not JSON")
		}
		if err != nil && strings.Contains(err.Error(), "document: not JSON") && json.Valid(text) {
			t.Fatalf("JSON, but: %v", err)
		}
		if err == nil {
			if got, want := tokens(root), decoded(t, text); !slices.Equal(got, want) {
				t.Fatalf("read %q, encoding/json reads %q", got, want)
			}
		}
		d, err := policies.Parse(text)
		var syntax *policies.SyntaxError
		switch {
		case err == nil:
			checkPlaces(t, text, d)
		case !errors.As(err, &syntax):
			t.Fatalf("error %T, want a SyntaxError", err)
		case syntax.At != policies.PositionIn(text, syntax.At.Offset):
			t.Fatalf("no such place: %+v", syntax.At)
		}
	})
}

// tokens are the tokens of a value as json.Decoder would name them.
func tokens(v *policies.Value) []string {
	switch v.Type {
	case policies.Object:
		all := []string{"{"}
		for _, m := range v.Members {
			all = append(append(all, "string "+m.Name), tokens(&m.Value)...)
		}
		return append(all, "}")
	case policies.List:
		all := []string{"["}
		for i := range v.Items {
			all = append(all, tokens(&v.Items[i])...)
		}
		return append(all, "]")
	case policies.NullVal:
		return []string{"<nil>"}
	}
	return []string{string(v.Type) + " " + v.Text}
}

func decoded(t *testing.T, text []byte) (all []string) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	for {
		token, err := decoder.Token()
		switch v := token.(type) {
		case string:
			all = append(all, "string "+v)
		case json.Number:
			all = append(all, "number "+string(v))
		case bool:
			all = append(all, fmt.Sprint("boolean ", v))
		default:
			if err == nil {
				all = append(all, fmt.Sprint(v))
			}
		}
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func checkPlaces(t *testing.T, text []byte, d *policies.Document) {
	at := func(p policies.Position) {
		if p.Offset >= len(text) || p != policies.PositionIn(text, p.Offset) {
			t.Fatalf("no such place: %+v", p)
		}
	}
	problems := slices.Clone(d.Problems)
	for i, s := range d.Statements {
		if s.Index != i || !json.Valid(text[s.Start:s.End]) || text[s.Start] != '{' {
			t.Fatalf("statement %d is at %q", i, text[s.Start:s.End])
		}
		problems = append(problems, s.Problems...)
		for _, c := range s.Conditions {
			at(c.At)
			var key string
			if err := json.NewDecoder(bytes.NewReader(text[c.At.Offset:])).Decode(&key); err != nil || key != c.Key {
				t.Fatalf("key %q is at %+v, where %q stands", c.Key, c.At, key)
			}
			problems = append(problems, c.Problems...)
		}
	}
	for _, p := range problems {
		if at(p.At); p.Text == "" {
			t.Fatalf("problem %+v", p)
		}
	}
}

// FuzzEvaluate holds that no request brings the evaluator down, and that neither the letter case of actions and key
// names nor the order of the statements matters.
func FuzzEvaluate(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s), byte(0), "arn:aws:iam::111122223333:user/ann", "s3:GetObject", "arn:aws:s3:::b/k",
			"aws:SourceIp", "203.0.113.9")
		f.Add([]byte(s), byte(1), "arn:aws:iam::111122223333:role/ci/r", "sqs:SendMessage",
			"arn:aws:sqs:us-east-1:111122223333:q", "k", "QQ==")
		f.Add([]byte(s), byte(4), "sns.amazonaws.com", "", "", "aws:username", "*?$")
	}
	kinds := []policies.Kind{policies.User, policies.Role, policies.Federated, policies.Root, policies.Service,
		policies.Anonymous}
	f.Fuzz(func(t *testing.T, text []byte, kind byte, arn, action, resource, key, value string) {
		d, err := policies.Parse(text)
		if err != nil {
			return
		}
		r := policies.Request{Caller: policies.Caller{Kind: kinds[int(kind)%len(kinds)], ARN: arn, Session: "s"},
			Action: action, Resource: resource, Context: policies.Context{}}
		r.Context.Set(key, value)
		r.Context.Set("aws:TagKeys", value, "b")
		want := d.Evaluate(r)
		if (want.Effect == policies.Unsettled) != (len(want.Reasons) > 0) {
			t.Fatalf("%s for reasons %q", want.Effect, want.Reasons)
		}

		swapped, err := policies.Parse(swapNames(t, text))
		if err != nil {
			t.Fatal(err)
		}
		r.Action = swapCase(r.Action)
		got := swapped.Evaluate(r)
		if got.Effect != want.Effect || !slices.Equal(got.Statements, want.Statements) {
			t.Fatalf("%s by %v, in the other letter case %s by %v", want.Effect, want.Statements, got.Effect,
				got.Statements)
		}

		slices.Reverse(d.Statements)
		got = d.Evaluate(r)
		if slices.Sort(got.Statements); got.Effect != want.Effect || !slices.Equal(got.Statements, want.Statements) {
			t.Fatalf("%s by %v, the other way round %s by %v", want.Effect, want.Statements, got.Effect, got.Statements)
		}
	})
}

// swapCase turns the letter case of ASCII letters round.
func swapCase(s string) string {
	return strings.Map(func(c rune) rune {
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' {
			c ^= 'a' - 'A'
		}
		return c
	}, s)
}

// swapNames turns the letter case of the actions and condition keys in a policy round, save in strings with escapes.
func swapNames(t *testing.T, text []byte) []byte {
	root, err := policies.ReadJSON(text)
	if err != nil {
		t.Fatal(err)
	}
	text = slices.Clone(text)
	swap := func(start, length int) {
		if raw := text[start : start+length]; utf8.Valid(raw) && !bytes.ContainsRune(raw, '\\') &&
			!bytes.ContainsRune(raw[1:length-1], '"') {
			copy(raw, swapCase(string(raw)))
		}
	}
	each := func(v *policies.Value, f func(*policies.Value)) {
		f(v)
		for i := range v.Items {
			f(&v.Items[i])
		}
	}
	statement := func(v *policies.Value) {
		for i := range v.Members {
			switch m := &v.Members[i]; m.Name {
			case "Action", "NotAction":
				each(&m.Value, func(v *policies.Value) {
					if v.Type == policies.String {
						swap(v.Start, v.End-v.Start)
					}
				})
			case "Condition":
				for _, operator := range m.Value.Members {
					for _, key := range operator.Value.Members {
						if !bytes.ContainsRune(text[key.Start:key.Value.Start], '\\') {
							swap(key.Start, len(key.Name)+2)
						}
					}
				}
			}
		}
	}
	for i := range root.Members {
		if m := &root.Members[i]; m.Name == "Statement" {
			each(&m.Value, statement)
		}
	}
	return text
}
