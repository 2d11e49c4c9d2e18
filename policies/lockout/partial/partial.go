// Package partial judges policies that are not quite there yet, beside package lockout, which judges those that are.
//
// A template, a plan or a policy on somebody's screen leaves things open: whose account it is for, which partition,
// how a condition turns out, what a parameter holds. A source says what it knows in a [Template], and this package
// answers with the verdict that holds whatever the rest turns out to be, or says on what it depends.
//
// # How it answers
//
// Three things can be open, and each has its own way.
//
// Whose it is. Without an account the owner may be any that the policy names, or none of them ([Owners]). The policy is
// locked only if it is for each.
//
// How it turns out. A template is resolved in a [World]: an owner, a partition, and how each comparison turns out
// that the template leaves open. Each comparison is taken both ways. The verdict has to hold in every world.
//
// What it says. What is still unknown in a world is a hole in the text ([Unknowns]). The policy is judged twice: once
// denying as little as the holes allow, once as much. Where both agree the verdict stands. Otherwise it is undecided,
// and names the holes and their places.
//
// # Where to read
//
// [Question.Judge] judges a whole policy, [Question.JudgeTemplate] a template. The bounds of a policy with holes are
// made in bounds.go, of its statements in elements.go, of their conditions in keytests.go. In spared.go is the one
// case where an unknown name does not matter.
package partial
