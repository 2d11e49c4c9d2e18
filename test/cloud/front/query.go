package front

import (
	"encoding/xml"
	"net/http"
	"net/url"
)

// A Query is a service of the query protocol: a form in, XML out
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/programming.html).
type Query struct {
	Namespace string // of the XML
	Actions   map[string]Action
	// Resource is the ARN of what a call is about, or "".
	Resource func(action string, form url.Values) string
	// Hidden tells whether the endpoint that a request came to does not know an action. It may be nil.
	Hidden func(r *Request, action string) bool
}

// An Action answers one call of a query protocol service: what it returns stands in the result element.
type Action func(r *Request, form url.Values) (result any, err *Error)

// Serve serves a request of this protocol.
func (q Query) Serve(r *Request) {
	if !r.ReadContent(2 << 20) {
		return
	}
	text := string(r.Content)
	if r.Method == http.MethodGet {
		text = r.URL.RawQuery
	}
	form, err := url.ParseQuery(text)
	name := form.Get("Action")
	do, known := q.Actions[name]
	hidden := q.Hidden != nil && q.Hidden(r, name)
	if err != nil || !known || hidden {
		message := "Could not find operation " + name + " for version " + form.Get("Version")
		if hidden {
			message = "Unknown Operation"
		}
		r.Reject(Refuse("InvalidAction", message, http.StatusBadRequest))
		return
	}
	r.Perform(name, q.Resource(name, form), func() (func(), *Error) {
		result, err := do(r, form)
		if err != nil {
			return nil, err
		}
		return r.XML(http.StatusOK, q.response(name, r.ID, result)), nil
	})
}

func (q Query) response(name, id string, result any) any {
	type metadata struct {
		RequestID string `xml:"RequestId"`
	}
	return struct {
		XMLName  xml.Name
		Result   any
		Metadata metadata `xml:"ResponseMetadata"`
	}{xml.Name{Space: q.Namespace, Local: name + "Response"}, result, metadata{id}}
}

// RejectQuery answers an error in the form of the query protocol.
func RejectQuery(r *Request, e *Error) {
	type inner struct{ Type, Code, Message string }
	r.XML(e.Status, struct {
		XMLName   xml.Name `xml:"ErrorResponse"`
		Error     inner
		RequestID string `xml:"RequestId"`
	}{Error: inner{e.Side(), e.Code, e.Message}, RequestID: r.ID})()
}
