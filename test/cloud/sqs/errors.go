package sqs

import (
	"encoding/json"
	"fmt"
	"net/http"

	"locksmith/test/cloud/front"
)

// queryCodes are the codes that SQS had in its older protocol, which clients still go by
// (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-json-faqs.html).
var queryCodes = map[string]string{
	"QueueDoesNotExist":     "AWS.SimpleQueueService.NonExistentQueue",
	"QueueNameExists":       "QueueAlreadyExists",
	"AccessDeniedException": "AccessDenied",
}

func reject(r *front.Request, e *front.Error) {
	code := e.Code
	if older, ok := queryCodes[code]; ok {
		code = older
	}
	r.SetHeader("X-Amzn-Query-Error", code+";"+e.Side())
	body, _ := json.Marshal(map[string]string{"__type": "com.amazonaws.sqs#" + e.Code, "message": e.Message})
	r.Send(e.Status, "application/x-amz-json-1.0", body)
}

// parameter is SQS's error for a parameter that will not do.
func parameter(format string, args ...any) *front.Error {
	return front.Refuse("InvalidParameterValue", fmt.Sprintf(format, args...), http.StatusBadRequest)
}

func unknownAttribute(name string) *front.Error {
	return front.Refuse("InvalidAttributeName", "Unknown Attribute "+name+".", http.StatusBadRequest)
}
