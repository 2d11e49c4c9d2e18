package s3

import (
	"encoding/xml"
	"net/http"
	"strconv"

	"locksmith/test/cloud/front"
)

// words are S3's own for what the front refuses
// (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html).
func words() front.Words {
	return front.Words{
		Resource: strconv.Quote,
		UnknownKey: front.Error{Code: "InvalidAccessKeyId", Status: http.StatusForbidden,
			Message: "The AWS Access Key Id you provided does not exist in our records."},
		WrongToken: front.Error{Code: "InvalidToken", Status: http.StatusBadRequest,
			Message: "The provided token is malformed or otherwise invalid."},
		Expired: front.Error{Code: "ExpiredToken", Status: http.StatusBadRequest,
			Message: "The provided token has expired."},
		Throttled: front.Error{Code: "SlowDown", Message: "Please reduce your request rate.",
			Status: http.StatusServiceUnavailable},
		NotAcross: *notAllowed(),
		Skewed:    "RequestTimeTooSkewed",
	}
}

func notAllowed() *front.Error {
	return front.Refuse("MethodNotAllowed", "The specified method is not allowed against this resource.",
		http.StatusMethodNotAllowed)
}

func reject(r *front.Request, e *front.Error) {
	if r.Method == http.MethodHead {
		r.Empty(e.Status)()
		return
	}
	r.XML(e.Status, struct {
		XMLName   xml.Name `xml:"Error"`
		Code      string
		Message   string
		Resource  string
		RequestID string `xml:"RequestId"`
	}{Code: e.Code, Message: e.Message, Resource: r.URL.Path, RequestID: r.ID})()
}

// keys are the condition keys that every call of S3 carries
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html).
func keys(r *front.Request, t front.Target) map[string]string {
	return map[string]string{"s3:authType": "REST-HEADER", "s3:signatureversion": "AWS4-HMAC-SHA256",
		"s3:signatureAge": "1000", "s3:TlsVersion": "1.3", "s3:ResourceAccount": t.Owner,
		"s3:x-amz-content-sha256": r.Header.Get("X-Amz-Content-Sha256")}
}
