package front

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"strconv"
	"time"
)

// A Request is one call on its way through a service.
type Request struct {
	*http.Request
	Caller    Caller
	Region    string
	SignedFor string // the service in the credential scope
	ID        string // as the answer's headers have it
	Content   []byte // the body, once the service has read it

	front   *Front
	service Service
	w       http.ResponseWriter
}

// An Error is an error as a service answers it.
type Error struct {
	Code, Message string
	Status        int // of HTTP
}

// Refuse makes an error.
func Refuse(code, message string, status int) *Error { return &Error{code, message, status} }

// Side is who is to blame for an error, in the words of the query protocol.
func (e *Error) Side() string {
	if e.Status >= 500 {
		return "Receiver"
	}
	return "Sender"
}

// Now is the time in this AWS.
func (r *Request) Now() time.Time { return r.front.Now() }

// ReadContent reads the body up to a limit. It is false where the client has gone, which needs no answer.
func (r *Request) ReadContent(limit int64) bool {
	content, err := io.ReadAll(io.LimitReader(r.Body, limit))
	r.Content = content
	return err == nil
}

// Reject answers an error in the service's own form.
func (r *Request) Reject(e *Error) { r.service.Reject(r, e) }

// SetHeader sets a header of the answer.
func (r *Request) SetHeader(name, value string) { r.w.Header().Set(name, value) }

// Writer is where the answer goes, for a service that leaves it to a handler.
func (r *Request) Writer() http.ResponseWriter { return r.w }

// longAnswer is what a client may not have read at once when the answer begins, and pause how long such an answer
// waits.
const (
	longAnswer = 4096
	pause      = 5 * time.Millisecond
)

// Send answers with a body of some content type. The SDK closes its request's body as soon as an answer begins. Where
// Go's transport was not quite done with that body, it then closes the connection, and a long answer breaks off. No
// AWS answers as fast as this one, so a long answer waits a moment.
func (r *Request) Send(status int, kind string, body []byte) {
	h := r.w.Header()
	h.Set("X-Amz-Request-Id", r.ID)
	h.Set("X-Amzn-Requestid", r.ID)
	if kind != "" {
		h.Set("Content-Type", kind)
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if len(body) > longAnswer {
		time.Sleep(pause)
	}
	r.w.WriteHeader(status)
	_, _ = r.w.Write(body) // a client that has gone needs no answer
}

// Empty makes an answer without a body.
func (r *Request) Empty(status int) func() {
	return func() {
		r.SetHeader("X-Amz-Request-Id", r.ID)
		r.w.WriteHeader(status)
	}
}

// XML makes an answer in XML. The value is written at once, so that it may be one that the lock guards.
func (r *Request) XML(status int, v any) func() {
	body, err := xml.Marshal(v)
	if err != nil {
		return func() { r.Reject(Refuse("InternalError", err.Error(), http.StatusInternalServerError)) }
	}
	return func() { r.Send(status, "application/xml", append([]byte(xml.Header), body...)) }
}

// JSON makes an answer in JSON. The value is written at once, as with XML.
func (r *Request) JSON(v any) func() {
	body, err := json.Marshal(v)
	if err != nil {
		return func() { r.Reject(Refuse("InternalFailure", err.Error(), http.StatusInternalServerError)) }
	}
	return func() { r.Send(http.StatusOK, "application/x-amz-json-1.0", body) }
}
