package front

import (
	"encoding/json"
	"maps"
	"time"

	"locksmith/policies"
)

// A Record is what a service tells CloudTrail of a call.
type Record struct {
	Call       string
	Parameters any
	Response   any // what the call returned; a refused call returned nothing
	Resources  []any
	Session    map[string]any // what stands in the caller's session context beside the usual
	Refused    *Error         // why the call was refused, or nil
}

// OnRecord sets what takes the events that CloudTrail's records become. It is called under the lock.
func (f *Front) OnRecord(publish func(event []byte)) { f.publish = publish }

// Record writes a call to CloudTrail, and so to the bus, in the envelope and the shape of the records of AWS
// (https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html). It is
// called under the lock.
func (r *Request) Record(c Record) {
	at, name := r.Now().UTC().Format(time.RFC3339), r.service.Name
	if c.Refused != nil {
		c.Response = nil
	}
	record := map[string]any{
		"eventVersion": "1.11", "eventType": "AwsApiCall", "eventCategory": "Management", "managementEvent": true,
		"eventTime": at, "eventSource": name + ".amazonaws.com", "eventName": c.Call, "readOnly": false,
		"eventID": UUID(), "requestID": r.ID, "awsRegion": r.Region, "recipientAccountId": r.Caller.Account,
		"userIdentity": r.identity(c.Session), "userAgent": r.UserAgent(), "sourceIPAddress": publicAddress,
		"requestParameters": c.Parameters, "responseElements": c.Response,
		"tlsDetails": map[string]any{"tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_128_GCM_SHA256",
			"clientProvidedHostHeader": r.Host},
	}
	if len(c.Resources) > 0 {
		record["resources"] = c.Resources
	}
	if c.Refused != nil {
		record["errorCode"], record["errorMessage"] = c.Refused.Code, c.Refused.Message
	}
	event, err := json.Marshal(map[string]any{
		"version": "0", "id": UUID(), "detail-type": "AWS API Call via CloudTrail", "source": "aws." + name,
		"account": r.Caller.Account, "time": at, "region": r.Region, "resources": []any{}, "detail": record,
	})
	if err == nil { // policies that are no JSON are refused before they come here
		r.front.publish(event)
	}
}

// identity is the caller as a record has it, with further members of the session context.
func (r *Request) identity(further map[string]any) map[string]any {
	c := r.Caller
	who := map[string]any{"principalId": c.UserID(), "arn": c.Identity(), "accountId": c.Account,
		"accessKeyId": c.AccessKey}
	began := r.Now().Add(-roleSessionAge)
	if c.Session != nil {
		began = c.Session.Issued
	}
	session := map[string]any{}
	switch c.Kind {
	case policies.User:
		who["type"], who["userName"] = "IAMUser", c.name()
		return who
	case policies.Root:
		if who["type"] = "Root"; c.Session == nil {
			return who
		}
	default:
		who["type"] = "AssumedRole"
		session["sessionIssuer"] = map[string]any{"type": "Role", "principalId": c.ID, "arn": c.ARN,
			"accountId": c.Account, "userName": c.name()}
	}
	session["attributes"] = map[string]any{"creationDate": began.UTC().Format(time.RFC3339),
		"mfaAuthenticated": "false"}
	maps.Copy(session, further)
	who["sessionContext"] = session
	return who
}
