package sources

import "testing"

func TestPlaces(t *testing.T) {
	f := NewFile("x", []byte("\ufeff{\"a\": \"\\n\\u00e9\\ud83d\\ude00é\\\"z\"}"))
	v, err := f.ReadJSON()
	if err != nil {
		t.Fatal(err)
	}
	inner := v.Find("a")
	if inner.Text != "\né😀é\"z" {
		t.Fatalf("%q", inner.Text)
	}
	at := f.Inside(inner)
	for offset, want := range map[int]int{0: 7, 1: 9, 2: 9, 3: 15, 6: 15, 7: 27, 9: 29, 10: 31, 11: 32} {
		if got := at(offset); got != want {
			t.Errorf("byte %d of the string stands at %d, want %d", offset, got, want)
		}
	}
	if got := f.Position(31); got.Line != 1 || got.Column != 32 || f.Characters(got) != 31 {
		t.Errorf("%v, character %d", got, f.Characters(got))
	}
}
