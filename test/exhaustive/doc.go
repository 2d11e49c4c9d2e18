// Package exhaustive checks the prover by brute force, from the specification alone.
//
// It has an evaluator of its own, which reads a policy's JSON itself and follows AWS's documentation; a judgement of
// which requests can really happen; and a search that tries, for every key that a policy mentions, values on both sides
// of everything the policy says about it. Nothing here is shared with packages policies and lockout but the types
// of the question and the answer. File differ.go compares the two evaluators.
//
// The search is exhaustive over its finite universe. It does not multiply the values out: it keeps for every key one
// value for each way in which the policy's statements can take it, and combines those. Where a variable ties two keys
// together, the pairs are multiplied out. Where that is too much it samples, and claims less. A request that it finds
// is evaluated once more as a whole, and checked against the table of real requests, before anything is said.
//
//	go test ./test/exhaustive
//	go test ./test/exhaustive -run Worlds -v -worlds 300000 -from 5000 -class "false lockout" -show 10
//	go test ./test/exhaustive -run Policies -v -policies FILE
//
// A finding is printed with its seed, minimized: no statement, condition or value can be dropped without losing it.
package exhaustive
