package pages

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// A Problem is an answer of the API that is none, as RFC 9457 has it, or one of the pages' own.
type Problem struct {
	Title   string          `json:"title"`
	Status  int             `json:"status"`
	Detail  string          `json:"detail"`
	Hint    string          `json:"hint"`
	Request json.RawMessage `json:"request"` // that it is about: its id, or all of it
}

func (p *Problem) Error() string { return p.Title + ": " + p.Detail }

// RequestID is the id of the request that the problem is about, or "".
func (p *Problem) RequestID() string {
	var whole struct {
		ID string `json:"id"`
	}
	var id string
	if json.Unmarshal(p.Request, &id) == nil {
		return id
	}
	_ = json.Unmarshal(p.Request, &whole) // anything else names no request
	return whole.ID
}

// path joins segments of an API path, each escaped, with a query. Parameters without a value are left out.
func path(query url.Values, segments ...string) string {
	var b strings.Builder
	for _, s := range segments {
		b.WriteString("/" + url.PathEscape(s))
	}
	for name, values := range query {
		if len(values) == 0 || values[0] == "" {
			query.Del(name)
		}
	}
	if len(query) > 0 {
		b.WriteString("?" + query.Encode())
	}
	return b.String()
}

// get asks the API, and reads what it answers into a value.
func (v *visit) get(path string, into any) error {
	a, err := v.do(Call{Method: http.MethodGet, Path: path})
	if err != nil {
		return err
	}
	return read(a, path, into)
}

// post has the API do something. The form's key makes sure that it is done once, however often the form is sent.
func (v *visit) post(path string, body any) (Answer, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return Answer{}, err
	}
	return v.do(Call{Method: http.MethodPost, Path: path, Key: v.r.PostForm.Get("key"), Body: text})
}

// do does one request. What the API refuses is a [Problem].
func (v *visit) do(c Call) (Answer, error) {
	a, err := v.Visitor.Client.Do(v.r.Context(), c)
	if err != nil {
		return a, &Problem{Title: "The desk does not answer", Status: http.StatusBadGateway, Detail: err.Error(),
			Hint: "look at your credentials and at the API's address, and try again: nothing is done twice"}
	}
	if a.Status >= 200 && a.Status < 300 {
		return a, nil
	}
	p := &Problem{}
	if json.Unmarshal(a.Body, p) != nil || p.Title == "" && p.Detail == "" {
		p = &Problem{Title: "The API refuses", Detail: refusal(a), Hint: hintFor(a.Status)}
	}
	p.Status = a.Status
	return a, p
}

// refusal is what a gateway before the API says, which is {"message": …}.
func refusal(a Answer) string {
	var says struct {
		Message string `json:"message"`
	}
	if json.Unmarshal(a.Body, &says) == nil && says.Message != "" {
		return fmt.Sprintf("it says: %s (status %d)", says.Message, a.Status)
	}
	return fmt.Sprintf("it answers with status %d, and does not say why", a.Status)
}

func hintFor(status int) string {
	switch {
	case status == http.StatusForbidden:
		return "your credentials have to allow execute-api:Invoke on the desk's API: ask whoever runs it"
	case status == http.StatusTooManyRequests:
		return "wait a moment, and try again"
	case status >= 500:
		return "try again: nothing is done twice. If it stays, tell whoever runs the desk"
	}
	return "go back, and try again"
}

// read reads JSON. Fields that are not known are left out, so that the API can learn new ones first.
func read(a Answer, path string, into any) error {
	if err := json.Unmarshal(a.Body, into); err != nil {
		return &Problem{Title: "The answer cannot be read", Status: http.StatusBadGateway,
			Detail: fmt.Sprintf("GET %s: %v", path, err), Hint: "the pages and the API may be of different versions"}
	}
	return nil
}
