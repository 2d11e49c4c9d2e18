// Package lockout proves whether a resource policy locks everybody out.
//
// The question: is there a request, one that can really happen, by a principal that matters, that the policy does not deny and that would let its sender take
// the policy off again? Only principals of the owning account can (S3 answers 405 to others, SQS refuses cross-account calls), and an administrator's
// own permissions are taken to allow everything, so only the Deny statements decide. The root user does not count.
//
// The search: escaping all Deny statements is a conjunction, escaping one a disjunction, since its principal does not match or some condition fails. Requests are split
// into worlds by what decides which keys they carry (kind of sender, network, credentials); in each, a key is a variable with an exact domain, and the search
// takes ways out of the statements, narrowing domains, until a request is left or none can be (search.go).
//
// Two promises. [Lockout] and [Sealed] are proofs: the worlds hold every real request, and where the policy says something that is not known, both readings have
// been searched. [Open] and [Restricted] are shown: their witness has passed [policies.Document.Evaluate]. What lies between is [Undecided]; nobody acts
// on it. Bounds count steps, so the same policy gets the same answer everywhere.
//
// A second question goes beside the verdict: what does an act open? [Opens] holds the policy in force against the one that
// would follow, and proves that nobody from outside the account is let in, or shows who is. [Losses] are the statements
// that go with the act, in plain words; [Corrected] is the policy ready to put back.
//
// What is said, is proved: a sentence that claims something of every request is asked of the prover, with all that is
// uncertain counted, within a budget of its own; what cannot be proved is said in a weaker form, or not at all (asked.go).
//
// The package imports package policies and nothing else.
package lockout
