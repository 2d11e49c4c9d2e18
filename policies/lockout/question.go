package lockout

import (
	"time"

	"locksmith/policies"
)

// What is asked of the prover.

// A Question is one policy in its place.
type Question struct {
	Policy       *policies.Document
	Resource     string    // the ARN of the bucket or queue
	Account      string    // the owner's twelve digits
	Organization string    // its organization's id ("o-…"), or "" where it is not known
	Now          time.Time // policies that speak of time are judged from here on; the zero time is not allowed
	// ARN patterns of the principals that matter, as aws:PrincipalArn shows them; none: all of the account
	Administrators []string
}
