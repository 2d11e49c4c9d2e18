package api

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"locksmith/policies"
)

// maxBody is how long a body may be.
const maxBody = 64 << 10

// A body is what a person sends. Each route knows some of the fields.
type body struct {
	Reason   string
	Ticket   string
	Action   string
	Force    bool
	Case     bool
	Copy     int
	Accounts []string
	Tasks    []string
	Digest   string // of the request that was seen
}

// readBody reads the text of a body, bounded.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if long := (*http.MaxBytesError)(nil); errors.As(err, &long) {
		return nil, refuse(http.StatusRequestEntityTooLarge, "the body is longer than 64 KB", "a reason and a ticket do it")
	}
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "the body could not be read to its end", "send it again")
	}
	if len(strings.TrimSpace(string(text))) == 0 {
		return nil, nil
	}
	return text, isJSON(r.Header.Get("Content-Type"), text)
}

// isJSON refuses a body of another type. What curl -d sends says that it is a form, whatever it is: a JSON object in it
// is taken for one.
func isJSON(said string, text []byte) error {
	kind, _, err := mime.ParseMediaType(said)
	object := strings.HasPrefix(strings.TrimLeft(string(text), " \t\r\n"), "{")
	switch {
	case said == "" || kind == "application/json":
		return nil
	case kind == "application/x-www-form-urlencoded" && object:
		return nil
	case err != nil || kind != "application/json":
		return refuse(http.StatusUnsupportedMediaType, fmt.Sprintf("Content-Type %q: the body has to be JSON", said),
			"send Content-Type: application/json; with curl, --json does")
	}
	return nil
}

// parse reads the fields of a body that a route knows. Without a body all are left out.
func parse(text []byte, known []string) (b body, err error) {
	if text == nil {
		return b, nil
	}
	root, err := policies.ReadJSON(text)
	if syntax := (*policies.SyntaxError)(nil); errors.As(err, &syntax) {
		return b, malformed(syntax.At, "the body is "+strings.TrimSpace(syntax.Text), syntax.Hint)
	} else if err != nil {
		return b, err
	}
	if root.Type != policies.Object {
		return b, malformed(place(text, root.Start), "the body is no JSON object", `want {"reason": "…"}`)
	}
	seen := map[string]bool{}
	for _, m := range root.Members {
		switch {
		case !slices.Contains(known, m.Name):
			return b, malformed(place(text, m.Start), fmt.Sprintf("%q: no such field", m.Name), fields(known))
		case seen[m.Name]:
			return b, malformed(place(text, m.Start), fmt.Sprintf("%q stands twice", m.Name), "say it once")
		}
		seen[m.Name] = true
		if hint := b.set(m.Name, &m.Value); hint != "" {
			return b, malformed(place(text, m.Value.Start), m.Name+": "+string(m.Value.Type)+" "+
				strconv.Quote(clip(m.Value.Text)), hint)
		}
	}
	return b, nil
}

// set sets a field, or says what it has to be.
func (b *body) set(name string, v *policies.Value) (hint string) {
	texts := map[string]*string{"reason": &b.Reason, "ticket": &b.Ticket, "action": &b.Action, "digest": &b.Digest}
	truths := map[string]*bool{"force": &b.Force, "case": &b.Case}
	lists := map[string]*[]string{"accounts": &b.Accounts, "tasks": &b.Tasks}
	switch {
	case texts[name] != nil:
		*texts[name] = v.Text
		if v.Type != policies.String {
			return "want a text"
		}
		if name == "action" && v.Text != "" && !slices.Contains([]string{"delete", "repair", "restore"}, v.Text) {
			return "want delete, repair or restore"
		}
	case truths[name] != nil:
		*truths[name] = v.Text == "true"
		if v.Type != policies.Boolean {
			return "want true or false"
		}
	case lists[name] != nil:
		for _, item := range v.Items {
			*lists[name] = append(*lists[name], item.Text)
		}
		other := func(v policies.Value) bool { return v.Type != policies.String }
		if v.Type != policies.List || slices.ContainsFunc(v.Items, other) {
			return "want a list of texts"
		}
	default: // copy
		n, err := strconv.Atoi(v.Text)
		if b.Copy = n; v.Type != policies.Number || err != nil || n < 1 {
			return "want the number of a copy, from 1"
		}
	}
	return ""
}

func fields(known []string) string {
	if len(known) == 0 {
		return "this route takes no fields"
	}
	return "want some of " + strings.Join(known, ", ")
}

func clip(s string) string {
	const most = 60
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}

// malformed is a body that is wrong somewhere.
func malformed(at policies.Position, what, hint string) error {
	return refuse(http.StatusBadRequest, at.String()+": "+what, cmp.Or(hint, "want one JSON object in UTF-8"))
}

// place is where an offset is in a text.
func place(text []byte, offset int) policies.Position {
	before := string(text[:offset])
	return policies.Position{Line: 1 + strings.Count(before, "\n"), Column: offset - strings.LastIndexByte(before, '\n'),
		Offset: offset}
}
