package sweep

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"

	"locksmith/lambdas/remedy"
	"locksmith/test/cloud"
	"locksmith/test/cloud/iam"
	"locksmith/test/cloud/organizations"
	"locksmith/test/pipeline"
)

// A Size is how large an organization is.
type Size struct {
	Accounts, Buckets, Queues int // the last two of each account
	Planted                   int // lockouts
}

// Regions are where the resources are.
func Regions() []string {
	return []string{"us-east-1", "us-east-2", "us-west-2", "eu-central-1", "eu-west-1", "eu-north-1", "ap-southeast-2",
		"sa-east-1"}
}

// AllowList covers what is below one unit, but for the buckets of a trail.
const AllowList = `{"organization": "o-a1b2c3d4e5", "never": ["arn:aws:s3:::trail-*"], "rules": [{"name": "all",
	"accounts": ["ou-a1b2-11111111"], "resources": ["arn:aws:s3:::*", "arn:aws:sqs:*:*:*"],
	"administrators": ["arn:aws:iam::*:role/OrganizationAccountAccessRole", "arn:aws:iam::*:role/Admin-*"],
	"action": "delete",
	"owner": "platform@example.com", "reason": "a test"}]}`

const unit, elsewhere = "ou-a1b2-11111111", "ou-a1b2-22222222"

// A refusing account refuses for a cause.
type refusing struct {
	cause  remedy.Cause
	refuse func(o *Organization, account string)
}

// denial is an SCP against the root user.
const denial = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"ArnLike":` +
	`{"aws:PrincipalArn":"arn:aws:iam::*:root"}}}]}`

// causes are why accounts refuse. What an organization has only as a whole (root sessions, delegation) is answered for
// one account by a fault, in STS's words.
func causes() []refusing {
	fault := func(code, message string, status int) func(*Organization, string) {
		return func(o *Organization, account string) {
			o.refused[account] = &cloud.Fault{Code: code, Message: message, Status: status}
		}
	}
	return []refusing{
		{remedy.DeniedByOrg, func(o *Organization, account string) { o.cloud.SetSCP(account, denial) }},
		{remedy.RegionDisabled, func(o *Organization, account string) { o.cloud.DisableRegion(account, pipeline.Region) }},
		{remedy.SessionsDisabled, fault("AccessDenied", "Root sessions feature is not enabled for your AWS Organization.",
			http.StatusForbidden)},
		{remedy.NotDelegated, fault("AccessDenied", "User: arn:aws:sts::999988887777:assumed-role/LocksmithSweep/s is not "+
			"authorized to perform: sts:AssumeRoot on resource", http.StatusForbidden)},
		{remedy.Unexpected, fault("ValidationError", "Request must contain a valid target principal", http.StatusBadRequest)},
	}
}

// A Planted policy is on one resource of an account.
type Planted struct {
	Account, ARN, Policy string
	Kind                 string // how it locks
}

// An Organization is what was made on an AWS in one process: 3 % of the accounts refuse, and 1 % are suspended. Of the
// others a tenth is where the allow list covers nothing.
type Organization struct {
	Size     Size
	Causes   map[string]remedy.Cause // of the accounts that refuse
	Policies map[string]string       // of all resources, as they were put; "" for none
	Lockouts []Planted               // covered, in accounts that do not refuse
	Spared   []Planted               // not covered
	Hidden   []Planted               // in accounts that refuse

	cloud   *cloud.Cloud
	refused map[string]*cloud.Fault // of AssumeRoot, by account
}

// Make makes an organization. What is random comes from the seed. It sets which calls of that AWS fail.
func Make(c *cloud.Cloud, s Size, seed uint64) *Organization {
	o := &Organization{Size: s, Causes: map[string]remedy.Cause{}, Policies: map[string]string{}, cloud: c,
		refused: map[string]*cloud.Fault{}}
	r := rand.New(rand.NewPCG(seed, seed))
	c.PutUnit(unit, "", "Workloads")
	c.PutUnit(elsewhere, "", "Others")
	all := causes()
	for i := range s.Accounts {
		a := organizations.Account{Number: Number(i), Parent: unit}
		if a.State = organizations.Active; o.suspended(i) {
			a.State = organizations.Suspended
		}
		if !covered(i) {
			a.Parent = elsewhere
		}
		c.PutAccount(a)
		o.people(a.Number)
		if i%100 < 3 {
			cause := all[(i/100*3+i%100)%len(all)]
			o.Causes[a.Number] = cause.cause
			cause.refuse(o, a.Number)
		}
		o.furnish(a.Number, r)
	}
	o.plant(r)
	c.Fail(func(c cloud.Call) *cloud.Fault {
		if c.Service != "sts" || c.Action != "AssumeRoot" {
			return nil
		}
		return o.refused[AccountOf(c.Resource)]
	})
	return o
}

// Reader is the role by which the accounts let Locksmith list who exists, and trusted who may take it.
const (
	Reader  = "arn:aws:iam::*:role/LocksmithReader"
	trusted = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"999988887777"},` +
		`"Action":"sts:AssumeRole","Condition":{"ArnLike":{"aws:PrincipalArn":` +
		`"arn:aws:iam::999988887777:role/Locksmith*"}}}]}`
)

// people are who exists in an account. A policy that spares another name spares nobody.
func (o *Organization) people(account string) {
	for name, trust := range map[string]string{"OrganizationAccountAccessRole": "", "Admin-1": "", "Pipeline": "",
		"LocksmithReader": trusted} {
		o.cloud.PutRole(iam.Role{Account: account, Name: name, Trust: trust})
	}
}

// Number is the number of an account.
func Number(i int) string { return fmt.Sprintf("3%011d", i) }

func (o *Organization) suspended(i int) bool { return i%100 == 50 }

func covered(i int) bool { return i%10 != 9 }

// AccountOf is the account of a root user's ARN.
func AccountOf(arn string) string {
	if parts := strings.Split(arn, ":"); len(parts) > 4 {
		return parts[4]
	}
	return ""
}

// furnish gives an account its buckets and queues, most of them without a policy, the others with harmless ones.
func (o *Organization) furnish(account string, r *rand.Rand) {
	regions := Regions()
	for i := range o.Size.Buckets {
		name := fmt.Sprintf("b-%s-%03d", account, i)
		o.cloud.PutBucket(account, regions[r.IntN(len(regions))], name)
		o.put("arn:aws:s3:::"+name, harmless(r, "s3", "arn:aws:s3:::"+name))
	}
	for i := range o.Size.Queues {
		arn := o.cloud.CreateQueue(account, regions[r.IntN(len(regions))], fmt.Sprintf("q-%03d", i), nil)
		o.put(arn, harmless(r, "sqs", arn))
	}
}

func (o *Organization) put(arn, policy string) {
	o.Policies[arn] = policy
	if policy != "" {
		o.cloud.SetPolicy(arn, policy)
	}
}

// plant locks resources, each another, of many kinds.
func (o *Organization) plant(r *rand.Rand) {
	kinds := locks()
	taken := map[string]bool{}
	for n := 0; n < o.Size.Planted; {
		i, service := r.IntN(o.Size.Accounts), "s3"
		p := Planted{Account: Number(i)}
		if p.ARN = fmt.Sprintf("arn:aws:s3:::b-%s-%03d", p.Account, r.IntN(o.Size.Buckets)); r.IntN(3) == 0 {
			p.ARN, service = o.queue(p.Account, r.IntN(o.Size.Queues)), "sqs"
		}
		if taken[p.ARN] || o.suspended(i) {
			continue
		}
		kind := kinds[n%len(kinds)]
		if kind.name == byRule && !covered(i) {
			kind = kinds[0]
		}
		taken[p.ARN] = true
		n++
		p.Kind, p.Policy = kind.name, kind.policy(service, p.ARN, p.Account)
		o.put(p.ARN, p.Policy)
		switch {
		case o.Causes[p.Account] != "":
			o.Hidden = append(o.Hidden, p)
		case !covered(i):
			o.Spared = append(o.Spared, p)
		default:
			o.Lockouts = append(o.Lockouts, p)
		}
	}
}

// queue is the ARN of an account's queue by its number, wherever it is.
func (o *Organization) queue(account string, i int) string {
	for _, region := range Regions() {
		arn := fmt.Sprintf("arn:aws:sqs:%s:%s:q-%03d", region, account, i)
		if _, there := o.Policies[arn]; there {
			return arn
		}
	}
	return ""
}
