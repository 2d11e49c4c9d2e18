package cloud

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"strconv"
)

func (r *request) send(status int, kind string, body []byte) {
	h := r.w.Header()
	h.Set("X-Amz-Request-Id", r.id)
	h.Set("X-Amzn-Requestid", r.id)
	if kind != "" {
		h.Set("Content-Type", kind)
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	r.w.WriteHeader(status)
	_, _ = r.w.Write(body) // a client that has gone needs no answer
}

func (r *request) empty(status int) func() {
	return func() {
		r.w.Header().Set("X-Amz-Request-Id", r.id)
		r.w.WriteHeader(status)
	}
}

func (r *request) xml(status int, v any) func() {
	body, err := xml.Marshal(v)
	if err != nil {
		return func() { r.reject(&apiError{"InternalError", err.Error(), http.StatusInternalServerError}) }
	}
	return func() { r.send(status, "application/xml", append([]byte(xml.Header), body...)) }
}

func (r *request) json(v any) func() {
	body, err := json.Marshal(v)
	if err != nil {
		return func() { r.reject(&apiError{"InternalFailure", err.Error(), http.StatusInternalServerError}) }
	}
	return func() { r.send(http.StatusOK, "application/x-amz-json-1.0", body) }
}

// reject answers an error in the service's own form.
func (r *request) reject(e *apiError) {
	switch r.service {
	case "sqs":
		r.rejectJSON(e)
	case "dynamodb":
		r.rejectDynamoDB(e)
	case "s3":
		if r.Method == http.MethodHead {
			r.empty(e.Status)()
			return
		}
		r.xml(e.Status, struct {
			XMLName   xml.Name `xml:"Error"`
			Code      string
			Message   string
			Resource  string
			RequestID string `xml:"RequestId"`
		}{Code: e.Code, Message: e.Message, Resource: r.URL.Path, RequestID: r.id})()
	default:
		type inner struct{ Type, Code, Message string }
		r.xml(e.Status, struct {
			XMLName   xml.Name `xml:"ErrorResponse"`
			Error     inner
			RequestID string `xml:"RequestId"`
		}{Error: inner{sideAtFault(e), e.Code, e.Message}, RequestID: r.id})()
	}
}

// queryCodes are the codes that SQS had in its older protocol, which clients still go by
// (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-json-faqs.html).
var queryCodes = map[string]string{"QueueDoesNotExist": "AWS.SimpleQueueService.NonExistentQueue", "QueueNameExists": "QueueAlreadyExists", "AccessDeniedException": "AccessDenied"}

// sideAtFault is who is to blame for an error, in the words of the query protocol.
func sideAtFault(e *apiError) string {
	if e.Status >= 500 {
		return "Receiver"
	}
	return "Sender"
}

func (r *request) rejectJSON(e *apiError) {
	code := e.Code
	if older, ok := queryCodes[code]; ok {
		code = older
	}
	r.w.Header().Set("X-Amzn-Query-Error", code+";"+sideAtFault(e))
	body, _ := json.Marshal(map[string]string{"__type": "com.amazonaws.sqs#" + e.Code, "message": e.Message})
	r.send(e.Status, "application/x-amz-json-1.0", body)
}
