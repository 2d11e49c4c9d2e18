// Package oracle holds the project's evaluator and prover against answers that others gave.
//
// The first is the npm package @cloud-copilot/iam-simulate, asked what a policy says of a request. It is AGPL, so it
// is only ever run as a program of its own: simulate.mjs asks it, install.sh installs it outside of what git sees.
// The second is the solver z3, asked whether anybody is left whom a policy does not deny; package encode writes the
// question.
//
//	recorded.jsonl.gz   policies and requests, and what the simulator said: tests Evaluate
//	locks.jsonl.gz      policies that keep people out, and what the simulator said of many calls: tests proofs
//	z3.jsonl.gz         what z3 said of the same policies: tests proofs and the lack of them
//
// All are made up here (generate_test.go, guards_test.go), and each begins with where it comes from. The tests read
// the recordings and need nothing installed. run.sh asks again, compares, and asks also about the witnesses, which
// are not recorded since they change with the prover; "run.sh record" writes new recordings.
//
// Where an answer differs from ours, the difference has a row in differences_test.go with the documented rule, or it
// is a bug.
package oracle
