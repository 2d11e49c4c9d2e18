package main

import (
	"time"

	"locksmith/policies"
	"locksmith/policies/lockout"
)

// judged times reading and judging each policy.
func judged(cases []Case) Contender { return judgedFor(cases, 30*time.Millisecond) }

// judgedFor spends so much time on each policy, after a fifth of it to warm up.
func judgedFor(cases []Case, each time.Duration) Contender {
	c := Contender{Name: "Locksmith", Asked: "the verdict, from the policy's text"}
	for _, one := range cases {
		said := verdict(one)
		repeated(one, each/5)
		rounds, spent := repeated(one, each)
		c.Answers = append(c.Answers, Answer{inShort(said), spent / time.Duration(rounds)})
	}
	return c
}

func repeated(one Case, atLeast time.Duration) (rounds int, spent time.Duration) {
	for start := time.Now(); spent < atLeast; spent = time.Since(start) {
		verdict(one)
		rounds++
	}
	return rounds, spent
}

// verdict is the prover's answer, or why the policy cannot be read.
func verdict(one Case) string {
	doc, err := policies.Parse(one.Policy)
	if err != nil {
		return "error: " + err.Error()
	}
	v := lockout.Judge(lockout.Question{
		Policy:         doc,
		Resource:       one.Resource,
		Account:        one.Account,
		Organization:   organization,
		Now:            now,
		Administrators: one.Administrators,
	})
	return string(v.Answer)
}

// inShort folds a verdict into what all contenders can say.
func inShort(said string) string {
	if short := (Case{Label: said}).settled(); short != "" {
		return short
	}
	return said
}
