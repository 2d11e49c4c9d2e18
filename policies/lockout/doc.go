// Package lockout proves whether a resource policy locks everybody out.
//
// The question: can some principal that matters still take the policy off? There must be a request for it that can
// really happen and that the policy does not deny. Only principals of the owning account can send it: S3 answers 405 to
// others, and SQS refuses calls across accounts. An administrator's own permissions are taken to allow everything, so
// only the Deny statements decide. The root user does not count.
//
// The search: a request has to escape every Deny statement. It escapes one where its principal does not match, or some
// condition fails. Each such escape is a way. Requests are split into worlds by what decides which keys they carry:
// the kind of sender, the network, the credentials. In a world, each key is a variable with an exact domain. The search
// takes ways and narrows domains until a request is left, or none can be.
//
// Two promises. [Lockout] and [Sealed] are proofs: the worlds hold every real request. Where it is not known what the
// policy means, both readings have been searched. [Open] and [Restricted] are shown: their witness has passed
// [policies.Document.Evaluate]. What lies between is [Undecided]; nobody acts on it. Bounds count steps, so the same
// policy gets the same answer everywhere.
//
// A second question goes beside the verdict: what does an act open? [Opens] holds the policy in force against the one
// that would follow. It proves that nobody from outside the account is let in, or shows who is. [Losses] are the
// statements that go with the act, in plain words. [Corrected] is the policy ready to put back. [Needs] says what a
// restricted policy demands that people may not have today. [JudgeLiving] asks for those principals alone that exist.
//
// What is said, is proved. A sentence that claims something of every request is asked of the prover first, with all
// that is uncertain counted. That has a budget of its own. What cannot be proved is said in a weaker form, or not at
// all.
//
// The rules come from the documentation of AWS. The pages that all files rest on are:
//
//   - https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
//   - https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
//   - https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
//   - https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html, on the 405
//   - https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html, on other accounts
//   - https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
//   - https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html
//
// # Files, from the outside in
//
// What is asked: question.go.
//
// What is answered: judge.go, verdict.go, witness.go; at a glance, quick.go.
//
// Beside the verdict: needs.go, living.go, opens.go, openslosses.go, openslists.go, openscorrected.go.
//
// How: setting.go, keys.go; world.go, worlds.go, carried.go; clause.go, principal.go, condition.go, resource.go;
// search.go, leaf.go, relation.go, tie.go, difference.go, near.go; ordinary.go, dressed.go. For requests from outside:
// opensworld.go, openskeys.go, opensactions.go, openssenders.go, openssearch.go, opensshow.go, openswitness.go.
//
// Over what: domain.go, values.go, language.go, class.go, automaton.go, walk.go, alphabet.go, points.go.
//
// How it is said: asked.go, explain.go, why.go, phrases.go, particulars.go, circumstances.go.
//
// Bounds: budget.go.
//
// The package imports package policies and nothing else of this module.
package lockout
