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
	name := r.service.Name
	if c.Refused != nil {
		c.Response = nil
	}
	record := map[string]any{
		"eventType": "AwsApiCall", "eventName": c.Call, "requestID": r.ID,
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
	r.front.Tell(Event{Service: name, DetailType: "AWS API Call via CloudTrail", Account: r.Caller.Account,
		Region: r.Region, Record: record})
}

// An Event is a record of CloudTrail on its way to the bus.
type Event struct {
	Service    string // such as iam
	DetailType string
	Account    string
	Region     string
	Record     map[string]any
}

// Tell puts a record on the bus, in EventBridge's envelope. What every record has is filled in where it is left out:
// the version, the ids, the time, the Region and the account. It is called under the lock.
func (f *Front) Tell(e Event) {
	at := f.Now().UTC().Format(time.RFC3339)
	record := map[string]any{"eventVersion": "1.11", "eventCategory": "Management", "managementEvent": true,
		"readOnly": false, "eventTime": at, "eventSource": e.Service + ".amazonaws.com", "eventID": UUID(),
		"awsRegion": e.Region, "recipientAccountId": e.Account}
	maps.Copy(record, e.Record)
	event, err := json.Marshal(map[string]any{
		"version": "0", "id": UUID(), "detail-type": e.DetailType, "source": "aws." + e.Service,
		"account": e.Account, "time": at, "region": e.Region, "resources": []any{}, "detail": record,
	})
	if err == nil { // policies that are no JSON are refused before they come here
		f.publish(event)
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
