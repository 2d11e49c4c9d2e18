package cloudtrail

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// A Use is one call that uses root, or on which the use of root depends. It holds no credential: an access key id is a
// name.
type Use struct {
	ID   string // CloudTrail's, the same in every copy of the event
	Call string
	Kind UseKind
	// Account is the account whose root it is about: for AssumeRoot the member's, for an off-switch the one that called.
	Account string
	From    string // the account whose CloudTrail tells of it
	Region  string
	Time    time.Time
	By      Caller
	Role    string // the ARN of the role whose session called, with its path, or ""
	// Key is the access key id that AssumeRoot has issued, or with which root called.
	Key  string
	Task string // of AssumeRoot: the task policy's name, or its whole ARN where it is none of AWS's
	// Refused is why the call came to nothing, in a word of AWS's, or "".
	Refused string
	Console bool    // root called from the console, where it had signed in
	Asked   []Asked // what was asked for: names of things, never a policy or a secret
}

// Asked is a parameter of a call.
type Asked struct{ Name, Value string }

// Value is the value of a parameter, or "".
func (u Use) Value(name string) string {
	for _, a := range u.Asked {
		if a.Name == name {
			return a.Value
		}
	}
	return ""
}

// useRecord is what the watch on root reads of a record, beside what Parse reads.
type useRecord struct {
	record
	ErrorMessage string `json:"errorMessage"`
	ReadOnly     bool   `json:"readOnly"`
	FromConsole  any    `json:"sessionCredentialFromConsole"` // "true" or true
	UserIdentity struct {
		Type           string `json:"type"`
		ARN            string `json:"arn"`
		AccountID      string `json:"accountId"`
		InvokedBy      string `json:"invokedBy"`
		AccessKeyID    string `json:"accessKeyId"`
		SessionContext struct {
			SessionIssuer struct {
				ARN string `json:"arn"`
			} `json:"sessionIssuer"`
		} `json:"sessionContext"`
	} `json:"userIdentity"`
	AdditionalEventData map[string]any `json:"additionalEventData"`
	parameters          parameters
}

func (r useRecord) servicePrincipal() string { return r.parameters.text("servicePrincipal") }

// ParseUse reads an event that a rule with [UsePattern] has let through. The error is a *[NothingToDo], or says what
// could not be understood. An event that AWS did not put on a bus is an error: somebody else may have made it up.
func ParseUse(event []byte) (Use, error) {
	r, err := readUse(event)
	if err != nil {
		return Use{}, err
	}
	call, ok := findUse(r)
	u := r.use(call)
	switch {
	case r.EventName == "" || r.EventSource == "":
		return u, errors.New("eventName or eventSource missing: this is no CloudTrail record")
	case !strings.HasPrefix(r.EventVersion, "1."):
		return u, fmt.Errorf("eventVersion %q: only 1.x is known", r.EventVersion)
	case !ok:
		return Use{}, nothing("%s of %s has nothing to do with root", r.EventName, r.EventSource)
	case u.ID == "":
		return u, fmt.Errorf("%s: eventID missing", r.EventName)
	case u.Time.IsZero():
		return u, fmt.Errorf("%s %s: eventTime %q: want a time such as 2026-01-31T12:00:00Z", u.Call, u.ID, r.EventTime)
	case !accountID.MatchString(u.Account) && u.Refused == "":
		return u, fmt.Errorf("%s %s: account %q: want twelve digits", u.Call, u.ID, u.Account)
	case call.kind == Calls && r.EventSource != iamService && serviceOf(r.UserIdentity.InvokedBy):
		return Use{}, nothing("%s was called by %s itself", u.Call, r.UserIdentity.InvokedBy)
	case call.kind == Opens && u.Refused == "" && u.Key == "":
		return u, fmt.Errorf("%s %s: responseElements.credentials.accessKeyId missing", u.Call, u.ID)
	}
	return u, nil
}

// serviceOf tells whether a call was made by a service. Old records say so of the console, too.
func serviceOf(invokedBy string) bool { return invokedBy != "" && invokedBy != "signin.amazonaws.com" }

// readUse takes the record out of its envelope. The account in the envelope is EventBridge's word, so a record that
// says otherwise is not AWS's.
func readUse(event []byte) (useRecord, error) {
	var envelope struct {
		Source     string     `json:"source"`
		Account    string     `json:"account"`
		DetailType string     `json:"detail-type"`
		Detail     *useRecord `json:"detail"`
	}
	if err := json.Unmarshal(event, &envelope); err != nil {
		return useRecord{}, fmt.Errorf("event is not a JSON object of CloudTrail's shape (%.60q)", event)
	}
	r := envelope.Detail
	switch t := envelope.DetailType; {
	case !strings.HasPrefix(envelope.Source, awsSource) || strings.Contains(envelope.Source, "/"):
		return useRecord{}, fmt.Errorf("source %q: only AWS's own events begin with %s", envelope.Source, awsSource)
	case t != detailType && t != signInType && t != serviceType:
		return useRecord{}, fmt.Errorf("detail-type %q is none of CloudTrail's", t)
	case r == nil:
		return useRecord{}, errors.New("detail is missing: the envelope holds no CloudTrail record")
	case r.RecipientAccountID != "" && r.RecipientAccountID != envelope.Account:
		return useRecord{}, fmt.Errorf("account %q: the record is of %q", envelope.Account, r.RecipientAccountID)
	}
	r.RecipientAccountID = envelope.Account
	_ = json.Unmarshal(r.RequestParameters, &r.parameters) // null, or left out: there are none
	return *r, nil
}

// use is what a record tells, as far as it can be read.
func (r useRecord) use(call rootCall) Use {
	who := r.UserIdentity
	u := Use{ID: r.EventID, Call: r.EventName, Kind: call.kind, Account: cmp.Or(who.AccountID, r.RecipientAccountID),
		From: r.RecipientAccountID, Region: r.Region, Role: who.SessionContext.SessionIssuer.ARN, Key: who.AccessKeyID,
		Refused: r.refused(), Console: fmt.Sprint(r.FromConsole) == "true" || who.InvokedBy == "signin.amazonaws.com",
		By: Caller{ARN: cmp.Or(who.ARN, who.InvokedBy), Kind: who.Type, Address: r.SourceIPAddress, Agent: r.UserAgent,
			Via: who.InvokedBy}}
	if at, err := time.Parse(time.RFC3339, r.EventTime); err == nil {
		u.Time = at.UTC()
	}
	for _, name := range shownParameters {
		if value := r.parameters.text(name); value != "" {
			u.Asked = append(u.Asked, Asked{name, value})
		}
	}
	if mfa, ok := r.AdditionalEventData["MFAUsed"].(string); ok {
		u.Asked = append(u.Asked, Asked{"MFAUsed", mfa})
	}
	switch {
	case call.kind == Opens:
		u.Account, u.Task, u.Key = r.opened()
	case u.Call == "AcceptPrimaryEmailUpdate" && u.Value("accountId") != "": // the address is that of a member's root
		u.Account = u.Value("accountId")
	case u.Call == "CreateAccessKey":
		u.Asked = append(u.Asked, Asked{"created", r.answered("accessKey", "accessKeyId")})
	}
	return u
}

// shownParameters are the parameters of calls that name what was asked for. No policy and no secret is among them.
var shownParameters = []string{"bucketName", "queueUrl", "userName", "accessKeyId", "certificateId", "serialNumber",
	"servicePrincipal", "accountId", "policyId", "policyType", "targetId", "rootId", "sourceParentId",
	"destinationParentId", "targetPrincipal"}

// refused is why a call came to nothing. A sign-in has no error code, and says so in its answer.
func (r useRecord) refused() string {
	if r.EventSource == "signin.amazonaws.com" && r.ErrorCode == "" && r.answered(r.EventName) == "Failure" {
		return cmp.Or(r.ErrorMessage, "Failure")
	}
	return r.ErrorCode
}

// opened is what AssumeRoot asked for and got: whose root, for which task, and the session's access key id.
func (r useRecord) opened() (account, task, key string) {
	account = r.parameters.text("targetPrincipal")
	if m := rootARN.FindStringSubmatch(account); m != nil {
		account = m[1]
	}
	raw, _ := r.parameters.at([]string{"taskPolicyArn", "arn"})
	_ = json.Unmarshal(raw, &task)
	if m := taskARN.FindStringSubmatch(task); m != nil {
		task = m[1]
	}
	return account, task, r.answered("credentials", "accessKeyId")
}

var (
	rootARN = regexp.MustCompile(`^arn:aws[a-z-]*:iam::([0-9]{12}):root$`)
	taskARN = regexp.MustCompile(`^arn:aws[a-z-]*:iam::aws:policy/root-task/([A-Za-z0-9]+)$`)
)

// answered is a string in the call's answer, or "".
func (r useRecord) answered(path ...string) (value string) {
	var answer parameters
	if json.Unmarshal(r.ResponseElements, &answer) != nil || answer == nil {
		return ""
	}
	raw, _ := answer.at(path)
	_ = json.Unmarshal(raw, &value)
	return value
}
