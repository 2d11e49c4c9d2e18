package lockout

import (
	"time"

	"locksmith/policies"
)

// What is asked of the prover.

// A Question is one policy in its place: on which resource it stands, who owns that, and when it is judged. A question
// that breaks a rule below gets the answer [Undecided] with the rule as its reason.
type Question struct {
	// Policy is the policy as [policies.Parse] reads it. It is never changed.
	Policy *policies.Document
	// Resource is the ARN of the bucket (arn:aws:s3:::name) or queue, in whatever partition.
	Resource string
	// Account is the number of the account that owns the resource: twelve digits. A queue's ARN has to name it too.
	Account string
	// Organization is the id of the owner's organization ("o-…"), or "" where it is not known.
	Organization string
	// Now is the earliest time of the requests that count, to the second. The zero time is not allowed.
	Now time.Time
	// Administrators are the principals that matter, as patterns for aws:PrincipalArn with * and ?, part by part as
	// ArnLike reads them. None means every user, role and federated user of the account. See
	// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN.
	Administrators []string

	alone *Principal // the one principal that counts, whose id is known: see [JudgeLiving]
}
