package main

import (
	"time"

	"locksmith/policies"
	"locksmith/policies/lockout"
)

// judged times reading and judging each policy.
func judged(cases []Case) Contender {
	c := Contender{Name: "Locksmith"}
	for _, one := range cases {
		said := judge(one)
		for range 20 {
			judge(one) // to warm up
		}
		rounds := 0
		start := time.Now()
		for time.Since(start) < 50*time.Millisecond {
			judge(one)
			rounds++
		}
		c.Answers = append(c.Answers, Answer{said, time.Since(start) / time.Duration(rounds)})
	}
	return c
}

func judge(one Case) string {
	doc, err := policies.Parse(one.Policy)
	if err != nil {
		return err.Error()
	}
	v := lockout.Judge(lockout.Question{Policy: doc, Resource: one.Resource, Account: account, Organization: organization, Now: now})
	switch v.Answer {
	case lockout.Lockout, lockout.Sealed:
		return locked
	case lockout.Open, lockout.Restricted:
		return notLocked
	}
	return string(v.Answer)
}
