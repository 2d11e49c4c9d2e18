package cloud

import (
	"encoding/json"
	"slices"
	"time"

	"locksmith/policies"
)

// A Rule sends events of the bus to a queue.
type Rule struct {
	Matches func(event []byte) bool
	Queue   string // ARN
}

// AddRule puts a rule on the bus.
func (c *Cloud) AddRule(r Rule) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rules = append(c.rules, r)
}

// Events are the latest thousand events on the bus, oldest first.
func (c *Cloud) Events() []json.RawMessage {
	c.mu.Lock()
	defer c.mu.Unlock()
	events := make([]json.RawMessage, len(c.events))
	for i, e := range c.events {
		events[i] = slices.Clone(e)
	}
	return events
}

// PutEvent puts an event on the bus, as EventBridge would deliver it.
func (c *Cloud) PutEvent(event []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.putEvent(event)
}

func (c *Cloud) putEvent(event []byte) {
	c.events = append(c.events, event)
	if extra := len(c.events) - 1000; extra > 0 {
		c.events = slices.Delete(c.events, 0, extra)
	}
	for _, rule := range c.rules {
		if q := c.queues[rule.Queue]; q != nil && rule.Matches(event) {
			c.enqueue(q, string(event)).visible = c.config.Now().Add(c.config.EventDelay)
		}
	}
}

// trail writes a call to CloudTrail, and so to the bus, in the envelope and the shape of the records of AWS
// (https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html). It is called under the cloud's lock.
func (r *request) trail(call string, parameters, response any, resources []any, refused *apiError) {
	at, who := r.cloud.stamp(), r.identity()
	if session, ok := who["sessionContext"].(map[string]any); ok && call == "AssumeRoot" {
		session["assumedRoot"] = "true" // an oddity of AWS: it stands at the caller, not at the session
	}
	if refused != nil {
		response = nil
	}
	record := map[string]any{
		"eventVersion": "1.11", "userIdentity": who, "eventTime": at, "eventSource": r.service + ".amazonaws.com", "eventName": call,
		"awsRegion": r.region, "sourceIPAddress": publicAddress, "userAgent": r.UserAgent(), "requestParameters": parameters, "responseElements": response,
		"requestID": r.id, "eventID": uuid(), "readOnly": false, "eventType": "AwsApiCall", "managementEvent": true,
		"recipientAccountId": r.caller.account, "eventCategory": "Management",
		"tlsDetails": map[string]any{"tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_128_GCM_SHA256", "clientProvidedHostHeader": r.Host},
	}
	if len(resources) > 0 {
		record["resources"] = resources
	}
	if refused != nil {
		record["errorCode"], record["errorMessage"] = refused.Code, refused.Message
	}
	event, err := json.Marshal(map[string]any{
		"version": "0", "id": uuid(), "detail-type": "AWS API Call via CloudTrail", "source": "aws." + r.service, "account": r.caller.account,
		"time": at, "region": r.region, "resources": []any{}, "detail": record,
	})
	if err == nil { // policies that are no JSON are refused before they come here
		r.cloud.putEvent(event)
	}
}

func (r *request) identity() map[string]any {
	who := map[string]any{"principalId": r.caller.userID(), "arn": r.caller.arn(), "accountId": r.caller.account, "accessKeyId": r.caller.accessKey}
	attributes := map[string]any{"creationDate": r.cloud.config.Now().Add(-roleSessionAge).UTC().Format(time.RFC3339), "mfaAuthenticated": "false"}
	switch r.caller.Kind {
	case policies.Role:
		who["type"] = "AssumedRole"
		who["sessionContext"] = map[string]any{"attributes": attributes, "sessionIssuer": map[string]any{
			"type": "Role", "principalId": r.caller.userID()[:21], "arn": r.caller.ARN, "accountId": r.caller.account, "userName": r.caller.name()}}
	case policies.Root:
		who["type"] = "Root"
		attributes["creationDate"] = r.caller.session.issued.UTC().Format(time.RFC3339)
		who["sessionContext"] = map[string]any{"attributes": attributes}
	default:
		who["type"], who["userName"] = "IAMUser", r.caller.name()
	}
	return who
}

func uuid() string {
	h := randomID(16)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
