package lockout_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"locksmith/policies"
	"locksmith/policies/lockout"
)

const (
	sso = "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-central-1/" +
		"AWSReservedSSO_Admin_0123456789abcdef"
	admin = "arn:aws:iam::111122223333:role/Admin"
	kim   = "arn:aws:iam::111122223333:user/Kim"
	linkd = "arn:aws:iam::111122223333:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"
)

// TestLiving: what a policy means depends on who exists.
func TestLiving(t *testing.T) {
	living := []lockout.Principal{{ARN: admin, ID: "AROAADMINADMIN000000"}, {ARN: sso, ID: "AROASSOSSOSSO0000000"},
		{ARN: linkd, ID: "AROALINKEDLINKED0000"}}
	withUser := append(slices.Clone(living), lockout.Principal{ARN: kim, ID: "AIDAKIMKIMKIM0000000"})
	unless := func(operator, key, value string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":[` +
			`"arn:aws:s3:::reports","arn:aws:s3:::reports/*"],"Condition":{"` + operator + `":{"` + key + `":` + value + `}}}]}`
	}
	for _, row := range []struct {
		name           string
		policy         string
		living         []lockout.Principal
		administrators []string
		want           lockout.Answer
		dead           []string
	}{
		{"a role that exists", unless("ArnNotLike", "aws:PrincipalArn", `"`+admin+`"`), living, nil, lockout.Restricted, nil},
		{"a role that was deleted", unless("ArnNotLike", "aws:PrincipalArn", `"arn:aws:iam::111122223333:role/Gone"`), living,
			nil, lockout.Lockout, []string{"arn:aws:iam::111122223333:role/Gone"}},
		{"one that exists among dead ones", unless("StringNotEquals", "aws:PrincipalArn",
			`["arn:aws:iam::111122223333:role/Gone","`+admin+`"]`), living, nil, lockout.Restricted,
			[]string{"arn:aws:iam::111122223333:role/Gone"}},
		{"the permission set under another suffix", unless("ArnNotLike", "aws:PrincipalArn",
			`"arn:aws:iam::*:role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_Admin_fedcba9876543210"`), living, nil,
			lockout.Lockout,
			[]string{"arn:aws:iam::*:role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_Admin_fedcba9876543210"}},
		{"the permission set as AWS advises", unless("ArnNotLike", "aws:PrincipalArn",
			`"arn:aws:iam::*:role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_Admin_*"`), living, nil, lockout.Restricted,
			nil},
		{"only a service-linked role is left", unless("ArnNotLike", "aws:PrincipalArn", `"`+linkd+`"`), living, nil,
			lockout.Lockout, nil},
		{"a unique id of a role that exists", unless("StringNotLike", "aws:userid", `"AROAADMINADMIN000000:*"`), living, nil,
			lockout.Restricted, nil},
		{"a unique id of nobody", unless("StringNotLike", "aws:userid", `"AROAGONEGONE00000000:*"`), living, nil,
			lockout.Lockout, []string{"AROAGONEGONE00000000"}},
		{"a federated user, where nobody can make one", unless("ArnNotLike", "aws:PrincipalArn",
			`"arn:aws:sts::111122223333:federated-user/kim"`), living, nil, lockout.Lockout, nil},
		{"a federated user, where a user can", unless("ArnNotLike", "aws:PrincipalArn",
			`"arn:aws:sts::111122223333:federated-user/kim"`), withUser, nil, lockout.Restricted, nil},
		{"a user's name", unless("StringNotEquals", "aws:username", `"Kim"`), withUser, nil, lockout.Restricted, nil},
		{"a user's name, who was deleted", unless("StringNotEquals", "aws:username", `"Kim"`), living, nil, lockout.Lockout,
			[]string{"user/Kim"}},
		{"everybody but one", unless("ArnLike", "aws:PrincipalArn", `"`+admin+`"`), living, nil, lockout.Open, nil},
		{"everybody who exists, by name", unless("ArnLike", "aws:PrincipalArn", `["`+admin+`","`+sso+`"]`), living, nil,
			lockout.Lockout, nil},
		{"only the wrong administrators exist", unless("ArnNotLike", "aws:PrincipalArn", `"`+admin+`"`), living,
			[]string{"arn:aws:iam::*:role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_Admin_*"}, lockout.Lockout, nil},
		{"no administrator exists", unless("ArnNotLike", "aws:PrincipalArn", `"`+admin+`"`), living,
			[]string{"arn:aws:iam::*:role/Nobody"}, lockout.Undecided, nil},
		{"a tag that somebody may have", unless("StringNotEquals", "aws:PrincipalTag/team", `"blue"`), living, nil,
			lockout.Restricted, nil},
		{"a principal that was deleted, as AWS shows it", `{"Version":"2012-10-17","Statement":[{"Effect":"Deny",` +
			`"NotPrincipal":{"AWS":["AROAGONEGONE00000000","111122223333"]},"Action":"s3:*","Resource":"*"}]}`, living, nil,
			lockout.Lockout, []string{"AROAGONEGONE00000000"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			doc, err := policies.Parse([]byte(row.policy))
			if err != nil {
				t.Fatal(err)
			}
			v := lockout.JudgeLiving(lockout.Question{Policy: doc, Resource: "arn:aws:s3:::reports", Account: "111122223333",
				Now: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), Administrators: row.administrators}, row.living)
			if v.Answer != row.want {
				t.Errorf("%s %q, want %s", v.Answer, v.Reasons, row.want)
			}
			suffixed := lockout.Suffixed(lockout.Spared(doc, "111122223333"))
			if want := strings.Contains(row.policy, "_fedcba9876543210"); want != (len(suffixed) == 1) {
				t.Errorf("suffixed %q", suffixed)
			}
			if v.Witness != nil && row.want != lockout.Open &&
				!slices.ContainsFunc(row.living, func(p lockout.Principal) bool { return p.ARN == v.Witness.Principal }) &&
				!strings.Contains(v.Witness.Principal, ":federated-user/") {
				t.Errorf("witness %+v is nobody who exists", v.Witness)
			}
			dead := lockout.Dead(lockout.Spared(doc, "111122223333"), row.living)
			if !slices.Equal(dead, row.dead) {
				t.Errorf("dead %q, want %q", dead, row.dead)
			}
		})
	}
}

// TestLivingOneByOne: asking about one principal of each class comes to the same as asking about each principal, and no
// request of somebody who exists gets past what is called locked.
func TestLivingOneByOne(t *testing.T) {
	worlds := 1000
	if testing.Short() {
		worlds = 300
	}
	people := []lockout.Principal{{ARN: "arn:aws:iam::111122223333:role/Admin", ID: "AROAEXAMPLEEXAMPLE000"},
		{ARN: "arn:aws:iam::111122223333:role/team/Auditor", ID: "AROAAUDITORAUDITOR000"},
		{ARN: "arn:aws:iam::111122223333:role/admin", ID: "AROASMALLSMALLSMALL00"},
		{ARN: "arn:aws:iam::111122223333:user/kim", ID: "AIDAKIMKIMKIMKIM00000"},
		{ARN: "arn:aws:iam::111122223333:user/Admin", ID: "AIDAADMINADMINADMIN00"}, {ARN: sso, ID: "AROASSOSSOSSOSSO00000"},
		{ARN: "arn:aws:iam::111122223333:role/Other", ID: "AROAOTHEROTHEROTHER00"}, {ARN: linkd, ID: "AROALINKEDLINKED00000"}}
	counts := map[lockout.Answer]int{}
	for seed := range uint64(worlds) {
		g := generator{rand.New(rand.NewPCG(seed, 11))}
		text := g.policy()
		doc, err := policies.Parse([]byte(text))
		if err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, text)
		}
		q := lockout.Question{Policy: doc, Resource: bucket, Account: account, Organization: "o-a1b2c3d4e5", Now: now,
			Administrators: pick(g, nil, nil, []string{"arn:aws:iam::*:role/A*"})}
		var living []lockout.Principal
		for _, p := range people {
			if g.IntN(2) == 0 {
				living = append(living, p)
			}
		}
		got, lets := lockout.JudgeLiving(q, living), false
		for _, p := range living {
			v := lockout.JudgeLiving(q, []lockout.Principal{p})
			lets = lets || v.Answer == lockout.Open || v.Answer == lockout.Restricted
		}
		counts[got.Answer]++
		if passes := got.Answer == lockout.Open || got.Answer == lockout.Restricted; passes != lets {
			t.Fatalf("seed %d: %s %q, one by one somebody gets in: %t\n%s\n%+v", seed, got.Answer, got.Reasons, lets, text,
				living)
		}
		if got.Answer != lockout.Lockout && got.Answer != lockout.Sealed {
			continue
		}
		for range 60 {
			r := g.request(pick(g, "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"))
			exists := slices.ContainsFunc(living, func(p lockout.Principal) bool { return p.ARN == r.Caller.ARN })
			r.Context.Set("aws:userid", idOf(living, r))
			if !exists || r.Caller.Kind == policies.Federated || !policies.IsAdministrator(q.Administrators, r.Caller.ARN) {
				continue
			}
			if d := doc.Evaluate(r); d.Effect != policies.Denied {
				t.Fatalf("seed %d: %s, but this request is %s %v\n%+v\n%s", seed, got.Answer, d.Effect, d.Reasons, r, text)
			}
		}
	}
	t.Log(counts)
	if counts[lockout.Lockout] < worlds/50 || counts[lockout.Restricted] < worlds/50 {
		t.Errorf("the policies are too much alike: %v", counts)
	}
}

// idOf is the value of aws:userid of the sender of a request.
func idOf(living []lockout.Principal, r policies.Request) string {
	for _, p := range living {
		if p.ARN == r.Caller.ARN && r.Caller.Kind == policies.Role {
			return p.ID + ":" + r.Caller.Session
		} else if p.ARN == r.Caller.ARN {
			return p.ID
		}
	}
	return "nobody"
}
