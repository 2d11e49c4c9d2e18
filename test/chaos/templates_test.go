package chaos

import "strings"

// The accounts, each with a rule of its own, or none.
const (
	deleted  = "111122223333" // policies that lock are deleted
	repaired = "222233334444" // or repaired
	told     = "333344445555" // or told
	strange  = "444455556666" // no rule covers it
	named    = "555566667777" // as repaired, and one role alone counts as an administrator
	restored = "666677778888" // what was there before is put back
)

const allowList = `{"organization":"o-a1b2c3d4e5","deliberate":["Quarantine*"],"rules":[
	{"name":"delete","accounts":["111122223333"],"resources":["arn:aws:s3:::*","arn:aws:sqs:*:*:*"],"action":"delete",
	"owner":"o","reason":"r"},
	{"name":"repair","accounts":["222233334444"],"resources":["arn:aws:s3:::*","arn:aws:sqs:*:*:*"],"action":"repair",
	"owner":"o","reason":"r"},
	{"name":"named","accounts":["555566667777"],"resources":["arn:aws:s3:::*","arn:aws:sqs:*:*:*"],"action":"repair",
	"administrators":["arn:aws:iam::*:role/OrganizationAccountAccessRole"],"owner":"o","reason":"r"},
	{"name":"restore","accounts":["666677778888"],"resources":["arn:aws:s3:::*","arn:aws:sqs:*:*:*"],"action":"restore",
	"owner":"o","reason":"r"},
	{"name":"notify","accounts":["333344445555"],"resources":["arn:aws:s3:::*","arn:aws:sqs:*:*:*"],"action":"notify",
	"owner":"o","reason":"r"}]}`

// A template is a policy of which a person has said whether it locks. S, A, R stand for the service, its actions'
// prefix and the resource.
type template struct {
	locks bool   // it is a lockout, by hand
	told  bool   // people hear of it
	text  string // the policy
	rest  string // what a repair leaves, "" for nothing
	// spares says that it spares the role Pipeline: where other administrators are named, it is a lockout.
	spares bool
}

const (
	tls = `{"Sid":"TLS","Effect":"Deny","Principal":"*","Action":"S:*","Resource":"R",
		"Condition":{"Bool":{"aws:SecureTransport":"false"}}}`
	open   = `{"Version":"2012-10-17","Statement":[` + tls + `]}`
	every  = `{"Sid":"All","Effect":"Deny","Principal":"*","Action":"S:*","Resource":"R"}`
	public = `{"Sid":"Public","Effect":"Allow","Principal":"*","Action":"S:*","Resource":"R"}`
	inside = `{"Sid":"Own","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::OWNER:root"},"Action":"S:*","Resource":"R"}`
	// corrected is what no repair leaves, so that it is known from one.
	corrected = `{"Version":"2012-10-17","Statement":[` + inside + `,` + tls + `]}`
)

var templates = []template{
	{true, true, `{"Version":"2012-10-17","Statement":[` + every + `]}`, "", false},
	{true, true, `{"Version":"2012-10-17","Statement":[` + tls + `,` + every + `]}`, open, false},
	{true, true, `{"Version":"2012-10-17","Statement":[{"Effect":"Deny",
		"NotPrincipal":{"AWS":"arn:aws:iam::OWNER:root"},"Action":"S:*","Resource":"R"},` + tls + `]}`, open, false},
	{true, true, `{"Version":"2012-10-17","Statement":[` + tls + `,{"Effect":"Deny","Principal":"*",
		"Action":"S:*","Resource":"R",
		"Condition":{"ArnNotEquals":{"aws:SourceArn":"arn:aws:sns:eu-central-1:OWNER:t"}}}]}`, open, false},
	{false, false, open, "", false},
	{false, false, `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"S:*","Resource":"R",
		"Condition":{"ArnNotEquals":{"aws:PrincipalArn":"arn:aws:iam::OWNER:role/Pipeline"}}}]}`, "", true},
	{false, true, `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"S:*","Resource":"R",
		"Condition":{"StringNotEquals":{"aws:TLSVersion":"1.2"}}}]}`, "", false},
	// Without its Deny it would be public: it is deleted, whatever the rule says.
	{true, true, `{"Version":"2012-10-17","Statement":[` + public + `,` + every + `]}`, "", false},
	{true, true, `{"Version":"2012-10-17","Statement":[` + inside + `,` + every + `]}`,
		`{"Version":"2012-10-17","Statement":[` + inside + `]}`, false},
	{false, false, corrected, "", false},
	{false, false, `{"Version":"2012-10-17","Statement":[` + public + `,` + tls + `]}`, "", false},
	{false, true, `{"Version":"2012-10-17","Statement":[{"Sid":"Quarantine7","Effect":"Deny","Principal":"*",
		"Action":"S:*","Resource":"R"}]}`, "", false},
}

// A resource is a bucket or a queue.
type resource struct{ arn, account, name string }

func (r resource) queue() bool { return strings.Contains(r.arn, ":sqs:") }

func (r resource) fill(policy string) string {
	service := "s3"
	if r.queue() {
		service = "sqs"
	}
	return strings.NewReplacer(`"S:*"`, `"`+service+`:*"`, `"R"`, `"`+r.arn+`"`, "OWNER", r.account).Replace(policy)
}
