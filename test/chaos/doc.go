// Package chaos lets the product loose on seeded worlds in which everything fails now and then, and holds it to its
// invariants.
//
// A world has accounts with buckets and queues, administrators who write policies of all kinds, owners who unlock with
// root passwords, and a pipeline that locks the same bucket again and again. Every call, also to the ledger and the
// topics, may be refused, throttled, answered with an error before or after it took effect, or not answered at all.
// Services go down for some minutes. Queues show a policy of a minute ago. Events come twice, late and out of order.
// The process is killed between any two steps: by a panic, by memory, where none of its calls arrives any more, or by
// its time. A second worker does all its work while the first one stands still. A role that a lock spares corrects it:
// before our look, between look and save, or right before the act. Queues are deleted and made again, policies wear the
// prover down, Allow statements wait behind locks, reminders come, people undo what was done. Then the faults end, the
// queue is emptied, and every invariant has to hold. In every tenth world nothing fails, and there nobody may be told
// twice. After each act what outsiders can do is asked of the concrete evaluator. A noisy account floods some worlds of
// its own.
//
//	go test ./test/chaos                                  some fifteen worlds, and builds that are broken on purpose
//	go test -timeout 60m -run TestWorlds ./test/chaos -worlds 10000 -from 5001
//	go test -run TestWorlds -v ./test/chaos -seed 4711    one world again, with what happened in it
package chaos
