// Package oracle holds the project's evaluator and prover against answers that others gave.
//
// The first is the npm package @cloud-copilot/iam-simulate. It is AGPL, so it is only ever run as a program of its own: simulate.mjs asks it, run.sh installs it
// outside the tree. recorded.jsonl.gz has what it said about policies and requests that generate_test.go makes up. The tests read the recording and need
// nothing installed; run.sh asks again, and writes a new recording when told to.
//
// The second is the solver z3, asked whether anybody is left whom a policy does not deny (folder encode).
//
// Where an answer differs from ours, the difference has a row in differences_test.go with the documented rule, or it is a bug.
package oracle
