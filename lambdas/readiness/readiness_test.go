package readiness

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"locksmith/lambdas/remedy"
	"locksmith/policies/allowlist"
	"locksmith/policies/reach"
)

const (
	member     = "111122223333"
	central    = "999988887777"
	management = "000011112222"
)

var now = time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)

func policy(id string, kind reach.Kind, statements string) *reach.Policy {
	return reach.NewPolicy(id, id, kind, `{"Version":"2012-10-17","Statement":[`+statements+`]}`)
}

// An organization is facts as tests set them.
type organization struct {
	identity                         Identity
	root                             RootAccess
	accounts                         []remedy.Account
	controls                         Controls
	noIdentity, noRoot, noAccounts   error
	noControls, noTopics, noCoverage error
	confirmed, pending               int
	uncovered                        map[string]string
	swept                            bool
}

func (o *organization) Identity(context.Context) (Identity, error)     { return o.identity, o.noIdentity }
func (o *organization) RootAccess(context.Context) (RootAccess, error) { return o.root, o.noRoot }
func (o *organization) Controls(context.Context) (Controls, error)     { return o.controls, o.noControls }

// Accounts gives one account a page.
func (o *organization) Accounts(_ context.Context, next string) ([]remedy.Account, string, error) {
	n, err := strconv.Atoi("0" + next)
	if err != nil || o.noAccounts != nil {
		return nil, "", errors.Join(err, o.noAccounts)
	}
	if n+1 == len(o.accounts) {
		return o.accounts[n:], "", nil
	}
	return o.accounts[n : n+1], fmt.Sprint(n + 1), nil
}

func (o *organization) Subscribers(context.Context, string) (int, int, error) {
	return o.confirmed, o.pending, o.noTopics
}

func (o *organization) Uncovered(context.Context, []string, time.Time) (map[string]string, bool, error) {
	return o.uncovered, o.swept, o.noCoverage
}

func account(number string, units ...string) remedy.Account {
	return remedy.Account{Name: "n" + number, State: remedy.Active,
		Account: allowlist.Account{Number: number, Units: units, Known: true}}
}

// sound is an organization in which nothing is in the way.
func sound() *organization {
	full := policy("p-FullAWSAccess", reach.SCP, `{"Effect":"Allow","Action":"*","Resource":"*"}`)
	o := &organization{
		identity: Identity{Organization: "o-a1b2c3d4e5", Management: management, Account: central, Partition: "aws"},
		root: RootAccess{Features: []string{"RootCredentialsManagement", "RootSessions"}, Trusted: true,
			Delegates: []string{central}},
		accounts: []remedy.Account{account(management, "r-a1b2"), account(member, "r-a1b2", "ou-a1b2-11111111"),
			account("444455556666", "r-a1b2", "ou-a1b2-22222222"), account(central, "r-a1b2")},
		controls: Controls{SCPs: true, RCPs: true, Names: map[string]string{}, Attached: map[string][]*reach.Policy{},
			Everywhere: []*reach.Policy{policy("p-RCPFullAWSAccess", reach.RCP,
				`{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}`)}},
		confirmed: 1, swept: true,
	}
	for _, node := range []string{"r-a1b2", "ou-a1b2-11111111", "ou-a1b2-22222222", management, member, "444455556666",
		central} {
		o.controls.Attached[node] = []*reach.Policy{full}
	}
	return o
}

func (o *organization) checker() Checker {
	return Checker{Organization: o, Topics: o, Coverage: o, Now: func() time.Time { return now },
		Settings: Settings{Organization: "o-a1b2c3d4e5", Regions: []string{"eu-central-1", "us-east-1"}, Home: "us-east-1",
			Topics: map[string]string{"alerts": "arn:aws:sns:us-east-1:999988887777:alerts"}, Horizon: 48 * time.Hour}}
}

func (o *organization) check() *Report { c := o.checker(); return c.Check(context.Background()) }

// TestTheDeskNeedsAnotherFeature: where the desk has tasks about root's credentials, what they need is looked for; it
// is in the way of no rescue.
func TestTheDeskNeedsAnotherFeature(t *testing.T) {
	for _, row := range []struct {
		asks     bool
		features []string
		want     int
	}{
		{true, []string{"RootSessions"}, 1},
		{true, []string{"RootCredentialsManagement", "RootSessions"}, 0},
		{false, []string{"RootSessions"}, 0},
	} {
		o := sound()
		o.root.Features = row.features
		c := o.checker()
		c.Settings.Credentials = row.asks
		r := c.Check(context.Background())
		if len(r.Findings) != row.want || r.Counts != (Counts{Reachable: 3, OutOfReach: 1}) {
			t.Errorf("%+v: %+v", row, r)
		}
		if row.want == 1 && !strings.Contains(r.Findings[0].Do, "enable-organizations-root-credentials-management") {
			t.Errorf("%+v", r.Findings[0])
		}
	}
}

func TestSound(t *testing.T) {
	r := sound().check()
	if r.State != reach.Reachable || len(r.Findings) > 0 || r.Counts != (Counts{Reachable: 3, OutOfReach: 1}) {
		t.Errorf("%+v", r)
	}
}

// TestNoFactIsTakenForWell: whatever cannot be read, or says no, no account that hangs on it is reachable, and there is
// a finding that names it.
func TestNoFactIsTakenForWell(t *testing.T) {
	no := errors.New("AccessDeniedException: no")
	const c, b = reach.CannotTell, reach.Blocked
	for name, row := range map[string]struct {
		break_   func(o *organization)
		accounts reach.State // of each, "" where they do not hang on it
		state    reach.State // of the report
		says     string
	}{
		"identity":      {func(o *organization) { o.identity, o.noIdentity = Identity{}, no }, c, c, "could not be read"},
		"root access":   {func(o *organization) { o.noRoot = no }, c, c, "what of root access is switched on"},
		"features":      {func(o *organization) { o.root.FeaturesErr = no }, c, c, "whether root sessions are enabled"},
		"no features":   {func(o *organization) { o.root.Features = nil }, b, b, "root sessions are not enabled"},
		"other feature": {func(o *organization) { o.root.Features = o.root.Features[:1] }, b, b, "does not help"},
		"trust unknown": {func(o *organization) { o.root.TrustedErr = no }, c, c, "trusted access"},
		"no trust":      {func(o *organization) { o.root.Trusted = false }, b, b, "trusted access"},
		"IAM wants trust": {func(o *organization) { o.root.Features, o.root.TrustRequired = nil, true }, b, b,
			"trusted access"},
		"delegates":    {func(o *organization) { o.root.DelegatesErr = no }, c, c, "whether root access is delegated"},
		"no delegate":  {func(o *organization) { o.root.Delegates = []string{member} }, b, b, "is not the delegated"},
		"not admitted": {func(o *organization) { o.root.NotAdmitted = true }, b, b, "is not the delegated"},
		"wrong organization": {func(o *organization) { o.identity.Organization = "o-zzzzzzzzzz" }, b, b,
			"belongs to organization o-zzzzzzzzzz"},
		"accounts":     {func(o *organization) { o.noAccounts = no }, "", c, "which accounts there are"},
		"controls":     {func(o *organization) { o.noControls = no }, c, c, "which policies bind the accounts"},
		"no central":   {func(o *organization) { o.accounts = o.accounts[:3] }, c, c, "the units above account 999988887777"},
		"no units":     {func(o *organization) { o.accounts[1].Units = nil }, "", c, "the units above account 111122223333"},
		"no state":     {func(o *organization) { o.accounts[1].State = "" }, "", c, "the state of an account is not known"},
		"topics":       {func(o *organization) { o.noTopics = no }, "", c, "who hears of the topic for alerts"},
		"no hearer":    {func(o *organization) { o.confirmed = 0 }, "", b, "nobody hears of the topic for alerts"},
		"some pending": {func(o *organization) { o.pending = 2 }, "", reach.Partly, "2 of 3 subscriptions"},
		"coverage":     {func(o *organization) { o.noCoverage = no }, "", c, "what sweeps have seen"},
		"opt-in home":  {func(*organization) {}, c, c, "root is assumed in eu-south-1"},
		"no sweep":     {func(o *organization) { o.swept = false }, "", c, "no sweep has come to its end"},
		"one not swept": {func(o *organization) { o.uncovered = map[string]string{member: "partial"} }, "", c,
			"not fully swept for three days: partial"},
		"an unreadable policy": {func(o *organization) {
			bad := reach.NewPolicy("p-bad", "bad", reach.SCP, "{")
			o.controls.Attached["r-a1b2"] = append(o.controls.Attached["r-a1b2"], bad)
		}, c, c, "cannot be read"},
	} {
		o := sound()
		row.break_(o)
		checker := o.checker()
		if name == "opt-in home" {
			checker.Settings.Home = "eu-south-1"
		}
		r := checker.Check(context.Background())
		if r.State != row.state || !slices.ContainsFunc(r.Findings, func(f Finding) bool {
			return strings.Contains(f.What, row.says) && f.Do != ""
		}) {
			t.Errorf("%s: %s\n%+v", name, r.State, r.Findings)
		}
		for _, a := range r.Accounts {
			if row.accounts != "" && a.State != row.accounts && a.State != OutOfReach {
				t.Errorf("%s: account %s is %s, want %s", name, a.Number, a.State, row.accounts)
			}
		}
	}
}

// TestOneOfMany: an obstacle of one unit is one finding, with whom and what it concerns, and stops nobody else.
func TestOneOfMany(t *testing.T) {
	o := sound()
	o.accounts = append(o.accounts, account("200000000001", "r-a1b2", "ou-a1b2-11111111"))
	o.controls.Attached["200000000001"] = o.controls.Attached[member]
	o.controls.Attached["ou-a1b2-11111111"] = append([]*reach.Policy{policy("p-1", reach.SCP,
		`{"Sid":"NoSQS","Effect":"Deny","Action":"sqs:Set*","Resource":"*"}`)}, o.controls.Attached["ou-a1b2-11111111"]...)
	r := o.check()
	if len(r.Findings) != 1 || r.Counts != (Counts{Reachable: 2, Blocked: 2, OutOfReach: 1}) {
		t.Fatalf("%+v %+v", r.Counts, r.Findings)
	}
	f := r.Findings[0]
	if got, want := fmt.Sprint(f.Accounts, f.Actions, f.Regions),
		"[111122223333 200000000001] [sqs:SetQueueAttributes] [eu-central-1 us-east-1]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	a := r.Accounts[1]
	if a.Number != member || a.Services[0].State != reach.Reachable || a.Services[1].State != reach.Blocked ||
		!slices.Equal(a.Services[1].Findings, []string{f.ID}) {
		t.Errorf("%+v", a)
	}
}

// A desk is the memory and the herald of a test.
type desk struct {
	kept Kept
	told []remedy.Bulletin
	fail error
}

func (d *desk) Last(context.Context) (Kept, error) { return d.kept, nil }

// Keep keeps as DynamoDB would: by its text.
func (d *desk) Keep(_ context.Context, k Kept) error {
	text, err := json.Marshal(k)
	if err != nil {
		return err
	}
	d.kept = Kept{}
	return json.Unmarshal(text, &d.kept)
}

func (d *desk) Announce(_ context.Context, b remedy.Bulletin, told []remedy.Channel) ([]remedy.Channel, error) {
	if slices.Contains(told, remedy.Alerts) {
		return told, nil
	}
	d.told = append(d.told, b)
	if d.fail != nil {
		return told, d.fail
	}
	return append(told, remedy.Alerts), nil
}

func (o *organization) preflight(d *desk) *Preflight {
	return &Preflight{Checker: o.checker(), Store: d, Herald: d, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
}

// TestBulletinHasOneID: the same news has one id, however often it is told; other news, and the same that comes back
// later, have another.
func TestBulletinHasOneID(t *testing.T) {
	o, d, at := sound(), &desk{}, now
	p := o.preflight(d)
	p.Now = func() time.Time { return at }
	run := func() string {
		t.Helper()
		_, _ = p.Run(context.Background())
		at = at.Add(24 * time.Hour)
		return d.told[len(d.told)-1].ID
	}
	d.fail = errors.New("throttled")
	first := run()
	if again := run(); again != first || len(d.told) != 2 {
		t.Errorf("%d bulletins, %s then %s", len(d.told), first, again)
	}
	d.fail = nil
	if third := run(); third != first {
		t.Errorf("%s then %s", first, third)
	}
	if run(); len(d.told) != 3 {
		t.Errorf("told again: %d", len(d.told))
	}
	o.root.Features = nil
	if other := run(); other == first || !d.told[3].Page {
		t.Errorf("%+v", d.told[3])
	}
	o.root.Features = []string{"RootSessions"}
	if back := run(); back == first || d.told[4].Page {
		t.Errorf("%+v", d.told[4])
	}
}

// TestManyFindingsFit: an organization of 3,000 accounts, each with a lock of its own and a policy's name as long as
// AWS takes it, still fits into one item, and its bulletin into a mail.
func TestManyFindingsFit(t *testing.T) {
	o, d := sound(), &desk{}
	for n := range 3000 {
		number := fmt.Sprintf("2%011d", n)
		o.accounts = append(o.accounts, account(number, "r-a1b2"))
		o.controls.Attached[number] = []*reach.Policy{reach.NewPolicy(fmt.Sprintf("p-%d", n), strings.Repeat("<", 128),
			reach.SCP, `{"Version":"2012-10-17","Statement":{"Sid":"S","Effect":"Deny","Action":"*","Resource":"*"}}`)}
	}
	if _, err := o.preflight(d).Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(d.kept)
	if err != nil || len(text) > 350_000 {
		t.Errorf("%d bytes: %v", len(text), err)
	}
	if d.kept.Report.Counts.Blocked != 3000 || len(d.told[0].Facts) > 60 {
		t.Errorf("%+v, %d facts", d.kept.Report.Counts, len(d.told[0].Facts))
	}
}

// TestPrint: what others wrote cannot move the cursor, nor make a line of its own.
func TestPrint(t *testing.T) {
	o := sound()
	o.controls.Attached[member] = append(o.controls.Attached[member], reach.NewPolicy("p-1", "evil\x1b[2J\nall well",
		reach.SCP, `{"Version":"2012-10-17","Statement":{"Sid":"S","Effect":"Deny","Action":"*","Resource":"*"}}`))
	var text strings.Builder
	if err := o.check().Print(&text); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(text.String(), "\x1b") || strings.Contains(text.String(), "\nall well") {
		t.Error(text.String())
	}
	for _, want := range []string{"preflight of o-a1b2c3d4e5 at 2026-11-21 08:00 UTC: blocked",
		"2 reachable, 1 blocked", "111122223333  n111122223333  blocked"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in\n%s", want, text.String())
		}
	}
}

// BenchmarkCheck is an organization of 1,000 accounts in 20 Regions with the policies of a data perimeter.
func BenchmarkCheck(b *testing.B) {
	o := sound()
	for n := range 1000 {
		number := fmt.Sprintf("2%011d", n)
		o.accounts = append(o.accounts, account(number, "r-a1b2", "ou-a1b2-11111111"))
		o.controls.Attached[number] = o.controls.Attached[member]
	}
	o.controls.Attached["r-a1b2"] = append(o.controls.Attached["r-a1b2"], policy("p-1", reach.SCP,
		`{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:root"},`+
			`"Null":{"aws:AssumedRoot":"true"}}},{"Effect":"Deny","NotAction":["iam:*","sts:*","s3:*","sqs:*"],"Resource":"*",`+
			`"Condition":{"StringNotEquals":{"aws:RequestedRegion":["eu-central-1"]}}}`), policy("p-2", reach.RCP,
		`{"Effect":"Deny","Principal":"*","Action":["s3:*","sqs:*","sts:*"],"Resource":"*","Condition":`+
			`{"StringNotEqualsIfExists":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"},"BoolIfExists":{"aws:PrincipalIsAWSService":"false"}}}`))
	c := o.checker()
	for n := range 20 {
		c.Settings.Regions = append(c.Settings.Regions, fmt.Sprintf("eu-west-%d", n))
	}
	for b.Loop() {
		if r := c.Check(context.Background()); r.State != reach.Reachable {
			b.Fatalf("%+v", r.Findings)
		}
	}
}
