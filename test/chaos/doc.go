// Package chaos lets the product loose on seeded worlds in which everything fails now and then, and holds it to its invariants.
//
// A world has accounts with buckets and queues, administrators who write policies of all kinds, owners who help themselves, and a pipeline that locks the same bucket again and again. Every
// call may be refused, throttled, answered with an error before or after it took effect, or not answered at all; events come twice, late and out of order; the process is killed between any two
// steps. Then the faults end, the queue is emptied, and every invariant has to hold.
//
//	go test ./test/chaos                              some hundred worlds
//	go test ./test/chaos -run TestWorlds -worlds 10000
//	go test ./test/chaos -run TestWorlds -seed 4711   one world again, with what happened in it (-v)
package chaos
