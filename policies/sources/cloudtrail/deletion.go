package cloudtrail

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// A Deletion is an accepted call that deleted a role or a user. A policy that spared nobody else locks from then on.
type Deletion struct {
	ID      string // CloudTrail's, the same in every copy of the event
	Call    string // DeleteRole or DeleteUser
	Account string // whose it was, twelve digits
	Name    string // without its path, which the record does not tell
	Time    time.Time
}

// deletions are the calls that delete a principal, and the request parameter with its name
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html, API_DeleteUser.html).
var deletions = []struct{ call, name string }{{"DeleteRole", "roleName"}, {"DeleteUser", "userName"}}

const iamSource = "aws.iam"

// DeletionPattern is the EventBridge pattern for the deletions. IAM's events come in us-east-1 alone, in each partition
// in its own such Region (https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html).
func DeletionPattern() []byte {
	var calls []string
	for _, d := range deletions {
		calls = append(calls, d.call)
	}
	type object = map[string]any
	text, err := json.Marshal(object{"source": []string{iamSource}, "detail-type": []string{detailType},
		"detail": object{"errorCode": []object{{"exists": false}}, "eventSource": []string{"iam.amazonaws.com"},
			"eventName": calls}})
	if err != nil {
		panic(err) // maps of strings: cannot happen
	}
	return text
}

// IsDeletion tells whether a message is an event of IAM's.
func IsDeletion(event []byte) bool {
	var envelope struct {
		Source string `json:"source"`
	}
	return json.Unmarshal(event, &envelope) == nil && envelope.Source == iamSource
}

// ParseDeletion reads the event of a deletion. The error is a *[NothingToDo], or says what could not be understood.
func ParseDeletion(event []byte) (Deletion, error) {
	r, err := readRecord(event)
	if err != nil {
		return Deletion{}, err
	}
	i := slices.IndexFunc(deletions, func(d struct{ call, name string }) bool { return d.call == r.EventName })
	switch {
	case i < 0 || r.EventSource != "iam.amazonaws.com":
		return Deletion{}, nothing("%s of %s deletes no role or user", r.EventName, r.EventSource)
	case r.ErrorCode != "":
		return Deletion{}, nothing("%s failed with %s", r.EventName, r.ErrorCode)
	case r.EventID == "":
		return Deletion{}, fmt.Errorf("%s: eventID missing", r.EventName)
	}
	known := r.known(r.EventName)
	d := Deletion{ID: r.EventID, Call: r.EventName, Account: known.Account, Time: known.Time}
	var p parameters
	if err := json.Unmarshal(r.RequestParameters, &p); err != nil {
		return d, fmt.Errorf("%s %s: requestParameters missing or not an object", d.Call, d.ID)
	}
	d.Name = p.text(deletions[i].name)
	switch {
	case d.Name == "":
		return d, fmt.Errorf("%s %s: requestParameters.%s missing", d.Call, d.ID, deletions[i].name)
	case !accountID.MatchString(d.Account):
		return d, fmt.Errorf("%s %s: account %q: want twelve digits", d.Call, d.ID, d.Account)
	case d.Time.IsZero():
		return d, errors.New(d.Call + " " + d.ID + ": eventTime: want a time such as 2026-01-31T12:00:00Z")
	}
	return d, nil
}
