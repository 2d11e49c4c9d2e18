package remedy

import "locksmith/policies/sources/cloudtrail"

// NothingToDo is what [Parse] answers for a record that is in order and asks for nothing: a call that failed, a policy
// that was removed.
type NothingToDo = cloudtrail.NothingToDo

// Parse reads a CloudTrail record, by itself or in EventBridge's envelope, or a [Finding] of a sweep. The error is a
// *[NothingToDo], or says what in the record could not be understood. Then the change holds what could.
//
// What Locksmith itself does comes back as an event too. A policy it deleted is a removed policy here; one it
// repaired is judged like any other and found open. So nothing hangs on recognizing our own calls, which somebody
// could imitate.
func Parse(event []byte) (Change, error) {
	if isFinding(event) {
		return parseFinding(event)
	}
	e, err := cloudtrail.Parse(event)
	return Change{EventID: e.ID, Call: e.Call, Resource: e.Resource, Account: e.Account, Region: e.Region, Time: e.Time,
		By: Caller(e.By), Policy: e.Policy}, err
}
