package remedy

import "time"

// An Opening is a root session of ours, as those know it who tell our sessions from others'. It holds no credential: an
// access key id is a name, which CloudTrail writes beside each call.
type Opening struct {
	Key     string // the access key id
	Account string // whose root it is
	Task    string // the task policy's name: S3UnlockBucketPolicy, SQSUnlockQueuePolicy …
	Purpose string // what opened it: unlock, sweep or desk
	// Event is what it is opened for: the id of the incident's event, of the sweep or of the request. Resource is the
	// incident's, or "".
	Event    string
	Resource string
	Expires  time.Time
}
