package partial

import (
	"bytes"
	"encoding/json"
	"sort"

	"locksmith/policies"
)

// A rendering is a value as JSON, and where each part of it came from.
type rendering struct {
	text  []byte
	marks []mark // ascending
}

// A mark says that from a byte of the text on, what stands there is from a byte offset of the file.
type mark struct{ text, file int }

// JSON is a value as JSON.
func JSON(v *policies.Value) []byte { return render(v).text }

// render writes a value as JSON.
func render(v *policies.Value) *rendering {
	r := &rendering{}
	r.value(v)
	return r
}

// place is where a byte of the text came from.
func (r *rendering) place(at func(int) policies.Position) func(int) policies.Position {
	return func(offset int) policies.Position {
		i := sort.Search(len(r.marks), func(i int) bool { return r.marks[i].text > offset })
		if i == 0 {
			return at(0)
		}
		return at(r.marks[i-1].file)
	}
}

func (r *rendering) write(s string) { r.text = append(r.text, s...) }

func (r *rendering) string(s string) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string into memory: cannot fail
	r.text = append(r.text, bytes.TrimRight(b.Bytes(), "\n")...)
}

func (r *rendering) value(v *policies.Value) {
	r.marks = append(r.marks, mark{len(r.text), v.Start})
	switch v.Type {
	case policies.Object:
		r.write("{")
		for i := range v.Members {
			if i > 0 {
				r.write(",")
			}
			m := &v.Members[i]
			r.marks = append(r.marks, mark{len(r.text), m.Start})
			r.string(m.Name)
			r.write(":")
			r.value(&m.Value)
		}
		r.write("}")
	case policies.List:
		r.write("[")
		for i := range v.Items {
			if i > 0 {
				r.write(",")
			}
			r.value(&v.Items[i])
		}
		r.write("]")
	case policies.Number, policies.Boolean, policies.NullVal:
		r.write(v.Text)
	default:
		r.string(v.Text)
	}
}
