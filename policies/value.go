package policies

// Find follows a path of names into an object. Where a name stands twice the last one counts. It is nil where the path
// ends early, and for a nil value.
func (v *Value) Find(path ...string) *Value {
	for _, name := range path {
		if v == nil || v.Type != Object {
			return nil
		}
		at := -1
		for i := range v.Members {
			if v.Members[i].Name == name {
				at = i
			}
		}
		if at < 0 {
			return nil
		}
		v = &v.Members[at].Value
	}
	return v
}

// FindText is the string at the end of a path, or "".
func (v *Value) FindText(path ...string) string {
	if found := v.Find(path...); found != nil && found.Type == String {
		return found.Text
	}
	return ""
}

// Each visits the value and everything in it.
func (v *Value) Each(visit func(*Value)) {
	visit(v)
	for i := range v.Members {
		v.Members[i].Value.Each(visit)
	}
	for i := range v.Items {
		v.Items[i].Each(visit)
	}
}

// OneOrMany are the items of a list. Any other value is a list of one, as the policy language has it.
func (v *Value) OneOrMany() []Value {
	if v.Type == List {
		return v.Items
	}
	return []Value{*v}
}

// Becomes is a string in the value's place.
func (v *Value) Becomes(text string) Value {
	return Value{Type: String, Text: text, Start: v.Start, End: v.End}
}
