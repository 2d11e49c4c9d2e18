package remedy_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"locksmith/lambdas/remedy"
	"locksmith/policies"
)

// halves are statements that policies are made of, good ones and such that lock.
var halves = []string{tlsStatement, logsStatement, partnerStatement, ownStatement, allStatement, expiredStatement,
	`{"Sid":"Site","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::payroll/*"}`,
	`{"Sid":"Org","Effect":"Allow","Principal":"*","Action":["s3:GetObject","s3:ListBucket"],"Resource":"*",
		"Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}}`,
	`{"Sid":"Topic","Effect":"Allow","Principal":{"Service":"logging.s3.amazonaws.com"},"Action":"s3:PutObject",
		"Resource":"arn:aws:s3:::payroll/*"}`,
	`{"Sid":"Net","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*",
		"Condition":{"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}}}`,
	`{"Sid":"NoPartner","Effect":"Deny","Principal":{"AWS":"arn:aws:iam::777788889999:role/Partner"},"Action":"s3:*",
		"Resource":"*"}`,
	`{"Sid":"Outside","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*",
		"Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}}`,
}

// fromOutside is a sample of what senders outside of the account may try.
func fromOutside() (all []policies.Request) {
	for _, caller := range []policies.Caller{{Kind: policies.Anonymous},
		{Kind: policies.Role, ARN: "arn:aws:iam::777788889999:role/Partner", Session: "s"},
		{Kind: policies.User, ARN: "arn:aws:iam::888877776666:user/eve"},
		{Kind: policies.Service, ARN: "logging.s3.amazonaws.com"}} {
		for _, action := range []string{"s3:GetObject", "s3:PutObject", "s3:ListBucket", "s3:PutBucketPolicy"} {
			for _, address := range []string{"203.0.113.9", "198.51.99.7"} {
				for _, organization := range []string{"", "o-a1b2c3d4e5"} {
					for _, secure := range []string{"true", "false"} {
						context := policies.Context{}
						context.Set("aws:SecureTransport", secure)
						context.Set("aws:SourceIp", address)
						context.Set("aws:CurrentTime", "2026-11-21T08:00:00Z")
						if caller.Kind == policies.Role || caller.Kind == policies.User {
							context.Set("aws:PrincipalArn", caller.ARN)
							context.Set("aws:PrincipalAccount", caller.ARN[13:25])
							if organization != "" {
								context.Set("aws:PrincipalOrgID", organization)
							}
						}
						for _, resource := range []string{bucketARN, bucketARN + "/x"} {
							all = append(all, policies.Request{Caller: caller, Action: action, Resource: resource, Context: context})
						}
					}
				}
			}
		}
	}
	return all
}

// evaluated tells whether a policy, "" for none, lets a request in, as the concrete evaluator says.
func evaluated(t *rapid.T, policy string, r policies.Request) bool {
	if policy == "" {
		return false
	}
	doc, err := policies.Parse([]byte(policy))
	if err != nil {
		t.Fatal(err)
	}
	return doc.Evaluate(r).Effect == policies.Allowed
}

// TestRestoreLetsNobodyInWhoWasKeptOut: whatever there was before, and whatever is in force when Locksmith acts, nobody
// from outside can do afterwards what the policy in force kept them from.
func TestRestoreLetsNobodyInWhoWasKeptOut(t *testing.T) {
	requests, results := fromOutside(), map[remedy.Result]int{}
	some := rapid.SliceOfNDistinct(rapid.IntRange(0, len(halves)-1), 1, 4, rapid.ID)
	rapid.Check(t, func(rt *rapid.T) {
		policy := func(name string) string {
			var statements []string
			for _, i := range some.Draw(rt, name) {
				statements = append(statements, halves[i])
			}
			return policyOf(statements...)
		}
		before, locked := policy("before"), policy("locked")
		w := newWorld(t, restoreRules)
		w.keep(before)
		w.put(locked)
		w.settle()
		after := w.cloud.Policy(bucketARN)
		for _, e := range w.Incidents() {
			results[e.Outcome.Result]++
		}
		if after == locked {
			return
		}
		if i := slices.IndexFunc(requests, func(r policies.Request) bool {
			return evaluated(rt, after, r) && !evaluated(rt, locked, r)
		}); i >= 0 {
			rt.Fatalf("%+v is let in by\n%s\nand was not by\n%s", requests[i], after, locked)
		}
		if got := w.read(account); got != "" && got != "NoSuchBucketPolicy" {
			rt.Fatalf("the administrator is refused (%s) by\n%s", got, after)
		}
	})
	if results[remedy.Reinstated] < 3 || results[remedy.Unlocked]+results[remedy.Repaired] < 3 {
		t.Errorf("%v: too few to show anything", results)
	}
	t.Log(results)
}
