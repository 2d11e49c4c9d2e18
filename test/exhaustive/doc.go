// Package exhaustive checks the prover by brute force, from the specification alone.
//
// It has an evaluator of its own, which reads a policy's JSON itself and follows AWS's documentation; a judgement of which requests can really happen; and a search that
// tries, for every key that a policy mentions, values on both sides of everything the policy says about it. Nothing here is shared with packages policies and lockout but
// the types of the question and the answer.
//
// The search is exhaustive over its finite universe: it does not multiply the values out, it keeps for every key one value for each way in which the policy's statements
// can take it, and combines those. Where a variable ties two keys together, the pairs are multiplied out. A request that it finds is evaluated once more as a whole, and
// checked against the table of real requests, before anything is said.
//
//	go test ./test/exhaustive                              a few thousand policies
//	go test ./test/exhaustive -run Worlds -worlds 300000 -from 5000
package exhaustive
