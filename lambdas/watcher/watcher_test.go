package watcher_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	sqs "github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"locksmith/lambdas/ledger/sessions"
	"locksmith/lambdas/remedy"
	"locksmith/lambdas/watcher"
	"locksmith/test/cloud"
	"locksmith/test/events"
	"locksmith/test/pipeline"
)

const (
	member = "111122223333"
	ours   = "arn:aws:iam::999988887777:role/LocksmithUnlock"
	key    = "ASIAEXAMPLESESSION00" // of all sessions in test/events
)

var (
	ctx  = context.Background()
	then = time.Date(2026, 11, 21, 8, 15, 30, 0, time.UTC) // when all events in test/events happened
)

// A world is the watch on a DynamoDB, with people who read.
type world struct {
	t       *testing.T
	now     time.Time
	watch   *watcher.Watch
	store   *sessions.Store
	told    []remedy.Bulletin
	refuses error // why nobody takes a bulletin
	reports []watcher.Report
	said    strings.Builder // the log
	delays  []time.Duration
}

func (w *world) Announce(_ context.Context, b remedy.Bulletin, _ []remedy.Channel) ([]remedy.Channel, error) {
	if w.refuses != nil {
		return nil, w.refuses
	}
	w.told = append(w.told, b)
	return []remedy.Channel{remedy.Alerts}, nil
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, now: then.Add(20 * time.Second)}
	c := cloud.New(cloud.Config{Now: func() time.Time { return w.now }})
	s := httptest.NewServer(c)
	t.Cleanup(s.Close)
	cfg := aws.Config{Region: "us-east-1", BaseEndpoint: &s.URL, Retryer: pipeline.Impatient, Credentials: credentials.
		NewStaticCredentialsProvider(c.Config().DelegatedAdministrator+".role.LocksmithWatch", "any", "")}
	if err := pipeline.CreateLedger(dynamodb.NewFromConfig(cfg), "ledger"); err != nil {
		t.Fatal(err)
	}
	clock := func() time.Time { return w.now }
	w.store = sessions.New(cfg, "ledger", sessions.Defaults(), clock)
	w.watch = &watcher.Watch{Roles: []string{ours}, Sessions: w.store, Book: w.store, Herald: w, Now: clock,
		Log:    slog.New(slog.NewTextHandler(&w.said, nil)),
		Report: func(r watcher.Report) { w.reports = append(w.reports, r) },
		Owners: func(account string) []string {
			if account == member {
				return []string{"platform@example.com"}
			}
			return nil
		}}
	return w
}

// event is one of test/events/root, after the changes: pairs of an old text and a new one.
func event(t *testing.T, name string, changes ...string) []byte {
	t.Helper()
	text, err := events.Root.ReadFile("root/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(changes); i += 2 {
		if !strings.Contains(string(text), changes[i]) {
			t.Fatalf("%s has no %q", name, changes[i])
		}
	}
	return []byte(strings.NewReplacer(changes...).Replace(string(text)))
}

// handle hands an event over, and says how people heard of it.
func (w *world) handle(event []byte) string {
	w.t.Helper()
	err := w.watch.Handle(ctx, event)
	if later := (*remedy.Later)(nil); errors.As(err, &later) {
		return "later"
	}
	if err != nil {
		return "error: " + err.Error()
	}
	switch r := w.reports[len(w.reports)-1]; {
	case r.Ours:
		return "ours"
	case r.Again:
		return "again"
	default:
		return r.Level.String()
	}
}

// opened notes a session as awsroot does.
func (w *world) opened(account, task string) {
	w.t.Helper()
	if err := w.store.Opened(ctx, remedy.Opening{Key: key, Account: account, Task: task, Purpose: "unlock", Event: "e1",
		Resource: "arn:aws:s3:::payroll", Expires: then.Add(5 * time.Minute)}); err != nil {
		w.t.Fatal(err)
	}
}

// TestGrades: each event in its real shape, and how people hear of it when somebody else than Locksmith did it.
func TestGrades(t *testing.T) {
	for name, want := range map[string]string{
		"01-assume-root-audit":                   "digest",
		"02-assume-root-create-password":         "page: Root opened to create its password",
		"03-assume-root-delete-credentials":      "mail: Root opened to delete its credentials",
		"04-assume-root-unlock-bucket":           "mail: Root opened by hand, to unlock",
		"05-assume-root-unlock-queue":            "mail: Root opened by hand, to unlock",
		"06-assume-root-of-arn":                  "digest",
		"07-assume-root-unknown-task":            "page: Root opened for a task that Locksmith does not know",
		"08-assume-root-refused":                 "digest",
		"11-session-create-login-profile":        "page: Root's password may be created now",
		"12-session-delete-login-profile":        "mail: A credential of root was deleted",
		"13-session-delete-access-key":           "mail: A credential of root was deleted",
		"14-session-deactivate-mfa-device":       "mail: A credential of root was deleted",
		"15-session-delete-bucket-policy":        "mail: A policy was changed by hand, as root",
		"16-session-set-queue-attributes":        "mail: A policy was changed by hand, as root",
		"17-session-get-bucket-policy":           "silent",
		"18-session-refused":                     "digest",
		"19-console-login":                       "page: Root signed in to the console",
		"20-console-login-refused":               "digest",
		"21-console-login-of-a-user":             "silent",
		"22-password-recovery-requested":         "mail: Somebody asked to recover root's password",
		"23-password-recovery-completed":         "page: Root's password was set",
		"24-password-updated":                    "page: Root's password was set",
		"25-email-updated":                       "page: Root's mail address was changed",
		"26-accept-primary-email-update":         "page: Root's mail address was changed",
		"27-root-create-access-key":              "page: Root has a new access key",
		"28-root-create-access-key-of-a-user":    "digest",
		"29-root-enable-mfa-device":              "digest",
		"30-root-by-access-key":                  "page: Root's own access key is at work",
		"31-root-by-a-service":                   "silent",
		"32-disable-root-sessions":               "page: Root sessions were switched off",
		"33-disable-root-credentials-management": "page: Root credentials management was switched off",
		"34-register-delegated-administrator":    "page: An account was made a delegate for root",
		"35-deregister-delegated-administrator":  "page: A delegate for root was removed",
		"36-disable-service-access":              "page: IAM's trusted access was taken away",
		"37-disable-service-access-of-another":   "silent",
		"38-leave-organization":                  "page: An account leaves the organization",
		"39-leave-organization-refused":          "digest",
		"40-remove-account":                      "page: An account leaves the organization",
		"41-attach-policy":                       "digest",
		"42-detach-policy":                       "digest",
		"43-update-policy":                       "digest",
		"44-disable-policy-type":                 "digest",
		"45-move-account":                        "digest",
		"48-root-get-session-token":              "page: Root's own access key is at work",
		"50-root-create-access-key-by-a-service": "page: Root has a new access key",
	} {
		w := newWorld(t)
		w.now = then.Add(6 * time.Minute) // nothing is waited for any more
		got := w.handle(event(t, name))
		for _, b := range w.told {
			got += ": " + b.Title
			if page := strings.HasPrefix(got, "page"); b.Page != page || b.Kind != "root" || b.Account == "" ||
				!b.At.Equal(then) || len(b.Text) == 0 || b.Text[0] == "" || b.Action == "" || len(b.Facts) < 5 {
				t.Errorf("%s: %+v", name, b)
			}
		}
		if got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

// TestOurOwnIsSilent: what Locksmith opened and did is told to nobody, and kept with its incident.
func TestOurOwnIsSilent(t *testing.T) {
	w := newWorld(t)
	w.opened(member, "S3UnlockBucketPolicy")
	for _, name := range []string{"09-assume-root-by-locksmith", "15-session-delete-bucket-policy",
		"15-session-delete-bucket-policy"} { // the last one comes twice
		if got := w.handle(event(t, name)); got != "ours" {
			t.Errorf("%s: %s", name, got)
		}
	}
	calls, err := w.store.Calls(ctx, "e1", "arn:aws:s3:::payroll")
	if err != nil || len(calls) != 2 || calls[0].Call != "AssumeRoot" || calls[1].Call != "DeleteBucketPolicy" {
		t.Errorf("%+v, %v", calls, err)
	}
	const developer = "arn:aws:iam::444455556666:role/Developer"
	refused := event(t, "08-assume-root-refused", developer, ours, "IAMCreateRootUserPassword", "S3UnlockBucketPolicy")
	if got := w.handle(refused); got != "ours" {
		t.Errorf("a refusal of ours: %s", got)
	}
	if got := w.handle(event(t, "08-assume-root-refused", developer, ours)); got != "digest" {
		t.Errorf("a task that we never ask for: %s", got)
	}
	if len(w.told) > 0 {
		t.Errorf("%+v", w.told)
	}
}

// TestTheDeskIsSilent: what its roles open for people is ours, for root's credentials too, and kept with the request.
func TestTheDeskIsSilent(t *testing.T) {
	const desk, root = "arn:aws:iam::999988887777:role/LocksmithDesk", "arn:aws:iam::111122223333:root"
	w := newWorld(t)
	w.watch.Desk = []string{desk}
	opened := func(task, resource string) {
		t.Helper()
		if err := w.store.Opened(ctx, remedy.Opening{Key: key, Account: member, Task: task, Purpose: "desk",
			Event: "request-" + task, Resource: resource, Expires: then.Add(5 * time.Minute)}); err != nil {
			t.Fatal(err)
		}
	}
	for _, row := range []struct{ task, calls string }{
		{"IAMDeleteRootUserCredentials", "12-session-delete-login-profile 13-session-delete-access-key " +
			"14-session-deactivate-mfa-device"},
		{"IAMCreateRootUserPassword", "11-session-create-login-profile 18-session-refused"},
		{"IAMAuditRootUserCredentials", ""},
	} {
		resource := root
		if row.task == "IAMAuditRootUserCredentials" {
			resource = ""
		}
		opened(row.task, resource)
		opening := event(t, "09-assume-root-by-locksmith", ours, desk, "S3UnlockBucketPolicy", row.task)
		if got := w.handle(opening); got != "ours" {
			t.Errorf("%s: %s", row.task, got)
		}
		for _, name := range strings.Fields(row.calls) {
			if got := w.handle(event(t, name)); got != "ours" {
				t.Errorf("%s: %s", name, got)
			}
		}
		calls, err := w.store.Calls(ctx, "request-"+row.task, resource)
		want := 1 + len(strings.Fields(row.calls))
		if resource == "" {
			want = 0 // an audit of the organization opens root in every account, and changes nothing
		}
		if err != nil || len(calls) != want {
			t.Errorf("%s: %+v, %v", row.task, calls, err)
		}
	}
	const developer = "arn:aws:iam::444455556666:role/Developer"
	if got := w.handle(event(t, "08-assume-root-refused", developer, desk)); got != "ours" {
		t.Errorf("a refusal of the desk's: %s", got)
	}
	opened("IAMCreateRootUserPassword", root)
	w.now = then.Add(6 * time.Minute)
	if got := w.handle(event(t, "09-assume-root-by-locksmith", "S3UnlockBucketPolicy",
		"IAMCreateRootUserPassword")); got != "page" {
		t.Errorf("the desk's task, by the role that unlocks: %s", got)
	}
	if len(w.told) != 1 || w.told[0].Title != "A key of one of Locksmith's root sessions is used where it cannot be" {
		t.Errorf("%+v", w.told)
	}
}

// TestNobodyLooksLikeUs: what somebody may choose changes nothing, and what they cannot choose gives them away.
func TestNobodyLooksLikeUs(t *testing.T) {
	const session = "arn:aws:sts::999988887777:assumed-role/LocksmithUnlock/locksmith-unlock"
	unrecorded := "page: Locksmith's role opened root, unrecorded"
	misused := "page: A key of one of Locksmith's root sessions is used where it cannot be"
	for _, tt := range []struct {
		name    string
		ledger  [2]string // account and task of a session of ours with this key, or none
		event   string
		changes []string
		want    string
	}{
		{"our role without a record", [2]string{}, "09-assume-root-by-locksmith", nil, unrecorded},
		{"a role of our name in another account", [2]string{}, "09-assume-root-by-locksmith",
			[]string{"999988887777", "444455556666"}, "mail: Root opened by hand, to unlock"},
		{"a role of our name in another path", [2]string{}, "09-assume-root-by-locksmith",
			[]string{"role/LocksmithUnlock", "role/mine/LocksmithUnlock"}, "mail: Root opened by hand, to unlock"},
		{"our session's name", [2]string{}, "04-assume-root-unlock-bucket",
			[]string{"arn:aws:sts::999988887777:assumed-role/OnCall/ann", session}, "mail: Root opened by hand, to unlock"},
		{"our user agent", [2]string{}, "02-assume-root-create-password",
			[]string{"[aws-cli/2.30.1]", "aws-sdk-go-v2/1.39.2 app/locksmith"}, "page: Root opened to create its password"},
		{"our key, by another role", [2]string{member, "S3UnlockBucketPolicy"}, "04-assume-root-unlock-bucket", nil, misused},
		{"our key, for another account", [2]string{"444455556666", "S3UnlockBucketPolicy"}, "09-assume-root-by-locksmith",
			nil, misused},
		{"our key, for another task", [2]string{member, "SQSUnlockQueuePolicy"}, "09-assume-root-by-locksmith", nil, misused},
		{"our key, used in another account", [2]string{"444455556666", "S3UnlockBucketPolicy"},
			"15-session-delete-bucket-policy", nil, misused},
		{"an event that is not AWS's", [2]string{member, "S3UnlockBucketPolicy"}, "46-forged-source", nil,
			`error: source "custom.sts": only AWS's own events begin with aws.`},
		{"an event of a partner", [2]string{member, "S3UnlockBucketPolicy"}, "49-forged-partner", nil,
			`error: source "aws.partner/example.com/evil": only AWS's own events begin with aws.`},
		{"a record of another account's trail", [2]string{member, "S3UnlockBucketPolicy"}, "47-forged-account", nil,
			`error: account "444455556666": the record is of "999988887777"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			if tt.ledger[0] != "" {
				w.opened(tt.ledger[0], tt.ledger[1])
			}
			w.now = then.Add(6 * time.Minute)
			got := w.handle(event(t, tt.event, tt.changes...))
			for _, b := range w.told {
				got += ": " + b.Title
			}
			if got != tt.want {
				t.Errorf("%s\nwant %s", got, tt.want)
			}
		})
	}
}

// TestASessionJoinsItsOpening in either order: the events of one act come in none.
func TestASessionJoinsItsOpening(t *testing.T) {
	opening, call := event(t, "04-assume-root-unlock-bucket"), event(t, "15-session-delete-bucket-policy")
	const by = "arn:aws:sts::999988887777:assumed-role/OnCall/ann"
	for name, order := range map[string]func(*world) []string{
		"in order": func(w *world) []string { return []string{w.handle(opening), w.handle(call)} },
		"the call first": func(w *world) []string {
			return []string{w.handle(call), w.handle(opening), w.handle(call), w.handle(call)}
		},
	} {
		w := newWorld(t)
		got := strings.Join(order(w), " ")
		if want := map[string]string{"in order": "mail mail", "the call first": "later mail mail again"}[name]; got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
		if last := w.told[len(w.told)-1]; !slices.Contains(last.Facts, remedy.Fact{Name: "Opened by", Value: by}) ||
			!slices.Contains(last.Facts, remedy.Fact{Name: "bucketName", Value: "payroll"}) ||
			!slices.Contains(last.Facts, remedy.Fact{Name: "Owner", Value: "platform@example.com"}) {
			t.Errorf("%s: %+v", name, last)
		}
	}
	w := newWorld(t) // ours, where the event is faster than the ledger
	if got := w.handle(event(t, "09-assume-root-by-locksmith")); got != "later" {
		t.Error(got)
	}
	w.opened(member, "S3UnlockBucketPolicy")
	if got := w.handle(event(t, "09-assume-root-by-locksmith")); got != "ours" {
		t.Error(got)
	}
}

// TestAPasswordPagesOnce: its opening has, and what the session does then is a mail.
func TestAPasswordPagesOnce(t *testing.T) {
	w := newWorld(t)
	opening := w.handle(event(t, "02-assume-root-create-password"))
	if call := w.handle(event(t, "11-session-create-login-profile")); opening != "page" || call != "mail" {
		t.Error(opening, call)
	}
}

// TestDuplicatesAreToldOnce, also those that AWS writes into two accounts' trails.
func TestDuplicatesAreToldOnce(t *testing.T) {
	w := newWorld(t)
	first := event(t, "02-assume-root-create-password")
	second := event(t, "02-assume-root-create-password", "00000000-0000-4000-8000-000000000102", "another-event")
	if got := w.handle(first) + " " + w.handle(first) + " " + w.handle(second); got != "page again again" {
		t.Error(got)
	}
	if len(w.told) != 1 {
		t.Errorf("%d bulletins", len(w.told))
	}
}

// TestWhatWasNotTakenComesAgain: a bulletin that nobody took is told by the next delivery.
func TestWhatWasNotTakenComesAgain(t *testing.T) {
	w := newWorld(t)
	w.refuses = errors.New("the topic is gone")
	if got := w.handle(event(t, "19-console-login")); got != "error: bulletin: the topic is gone" {
		t.Error(got)
	}
	w.refuses = nil
	if got := w.handle(event(t, "19-console-login")); got != "page" || len(w.told) != 1 {
		t.Error(got, w.told)
	}
}

// numbered is an event with another id.
func numbered(t *testing.T, name, id string, n int) []byte {
	return event(t, name, id, "id-"+name[:2]+"-"+string(rune('a'+n/26))+string(rune('a'+n%26)))
}

// TestFloodsEndInADigest: an account has five pages in an hour. The rest pages once, at the end of the hour.
func TestFloodsEndInADigest(t *testing.T) {
	w := newWorld(t)
	count := map[string]int{}
	for i := range 30 {
		count[w.handle(numbered(t, "19-console-login", "00000000-0000-4000-8000-000000000119", i))]++
	}
	if count["page"] != 5 || count["digest"] != 25 {
		t.Errorf("%v", count)
	}
	if got := w.handle(event(t, "19-console-login", member, "444455556666")); got != "page" {
		t.Errorf("another account's page: %s", got)
	}
	w.told = nil
	tick := func(at time.Time) {
		w.now = at
		if err := w.watch.Digests(ctx); err != nil {
			t.Fatal(err)
		}
	}
	tick(then.Truncate(time.Hour).Add(59 * time.Minute))
	if len(w.told) > 0 {
		t.Errorf("before the hour is over: %+v", w.told)
	}
	tick(then.Truncate(time.Hour).Add(61 * time.Minute))
	tick(then.Truncate(time.Hour).Add(62 * time.Minute))
	const title = "Root: more alarms in one hour than are paged, 25 of them"
	if len(w.told) != 1 || !w.told[0].Page || w.told[0].Title != title ||
		w.told[0].Facts[0] != (remedy.Fact{Name: "Root signed in to the console",
			Value: "25 times, by arn:aws:iam::111122223333:root, in 111122223333"}) {
		t.Errorf("%+v", w.told)
	}
}

// TestOneMailADay: opening the console's page in many accounts is one line of one mail.
func TestOneMailADay(t *testing.T) {
	w := newWorld(t)
	for i := range 40 {
		account := "2222333344" + string(rune('0'+i/10)) + string(rune('0'+i%10))
		e := event(t, "01-assume-root-audit", member, account, key, "ASIA"+account)
		if got := w.handle(e); got != "digest" {
			t.Fatal(got)
		}
	}
	w.handle(event(t, "45-move-account"))
	for _, at := range []time.Time{then.Add(time.Hour), time.Date(2026, 11, 22, 0, 30, 0, 0, time.UTC)} {
		if w.now = at; w.watch.Digests(ctx) != nil || len(w.told) > 0 {
			t.Errorf("%s: %+v", at, w.told)
		}
	}
	for _, hour := range []int{1, 2, 3} {
		w.now = time.Date(2026, 11, 22, hour, 10, 0, 0, time.UTC)
		if err := w.watch.Digests(ctx); err != nil {
			t.Fatal(err)
		}
	}
	who := "arn:aws:sts::000011112222:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/kim"
	want := []remedy.Fact{{Name: "Root opened to look at its credentials", Value: "40 times, by " + who +
		", in 222233334400, 222233334401, 222233334402, 222233334403, 222233334404 and others"},
		{Name: "The organization's policies or tree changed: MoveAccount",
			Value: "once, by " + who + ", in 000011112222"}}
	if len(w.told) != 1 || w.told[0].Page || w.told[0].Title != "Root on 2026-11-21" ||
		!slices.Equal(w.told[0].Facts, want) {
		t.Errorf("%+v", w.told)
	}
}

// TestRootsAccessKeyPagesOnceADay: its further calls are lines.
func TestRootsAccessKeyPagesOnceADay(t *testing.T) {
	w := newWorld(t)
	var got []string
	for i := range 3 {
		got = append(got, w.handle(numbered(t, "30-root-by-access-key", "00000000-0000-4000-8000-000000000130", i)))
	}
	if s := strings.Join(got, " "); s != "page digest digest" {
		t.Error(s)
	}
	w.refuses = errors.New("the topic is gone")
	other := event(t, "30-root-by-access-key", "ROOTKEY01", "ROOTKEY02", "000000000130", "000000000999")
	w.handle(other)
	w.refuses = nil
	if got := w.handle(other); got != "page" {
		t.Errorf("a page that nobody took is lost: %s", got)
	}
}

// TestNoCredentialIsTold: AWS writes the session's token into the record of AssumeRoot.
func TestNoCredentialIsTold(t *testing.T) {
	const token = "FwoGZXIvYXdzEXAMPLEtoken"
	w := newWorld(t)
	if got := w.handle(event(t, "02-assume-root-create-password", "(left out)", token)); got != "page" {
		t.Fatal(got)
	}
	w.handle(event(t, "10-assume-root-no-answer"))
	told, _ := json.Marshal(w.told)
	seen, _ := json.Marshal(w.reports)
	for where, text := range map[string]string{"bulletin": string(told), "report": string(seen), "log": w.said.String()} {
		if strings.Contains(text, token) {
			t.Errorf("the %s has the token: %s", where, text)
		}
	}
}

// TestBatch: a message that fails or comes too early stops no other, and a tick sends the digests.
func TestBatch(t *testing.T) {
	w := newWorld(t)
	w.watch.Queue = w
	w.handle(event(t, "45-move-account"))
	w.now = time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC)
	early := event(t, "15-session-delete-bucket-policy", "2026-11-21T08:15:30Z", "2026-11-22T01:59:30Z")
	batch := sqs.SQSEvent{}
	for i, body := range []string{string(event(t, "19-console-login")), "{", string(early), watcher.Tick,
		string(event(t, "46-forged-source"))} {
		batch.Records = append(batch.Records, sqs.SQSMessage{MessageId: string(rune('a' + i)), Body: body})
	}
	w.watch.Herald = panicking{w}
	answer, err := w.watch.Batch(ctx, batch)
	if err != nil {
		t.Fatal(err)
	}
	var failed []string
	for _, f := range answer.BatchItemFailures {
		failed = append(failed, f.ItemIdentifier)
	}
	if got := strings.Join(failed, " "); got != "a b c e" || !slices.Equal(w.delays, []time.Duration{30 * time.Second}) {
		t.Errorf("failed %s, delays %v", got, w.delays)
	}
	if len(w.told) != 1 || w.told[0].Title != "Root on 2026-11-21" {
		t.Errorf("%+v", w.told)
	}
}

// panicking cannot page.
type panicking struct{ *world }

func (p panicking) Announce(ctx context.Context, b remedy.Bulletin, told []remedy.Channel) ([]remedy.Channel, error) {
	if b.Page {
		panic("out of pages")
	}
	return p.world.Announce(ctx, b, told)
}

func (w *world) Delay(_ context.Context, _, _ string, d time.Duration) error {
	w.delays = append(w.delays, d)
	return nil
}

func (w *world) Done(context.Context, string, string) error { return nil }

// TestNobodyCanFillADigest: session names are chosen, and refused calls cost nothing.
func TestNobodyCanFillADigest(t *testing.T) {
	var d watcher.Digest
	for i := range 5000 {
		d.Add(watcher.Line{What: "Tried in vain: AssumeRoot", Who: strings.Repeat(fmt.Sprint(i, "-"), 500),
			Account: strings.Repeat(fmt.Sprint(i), 500)})
	}
	d.Add(watcher.Line{What: "Root opened to look at its credentials", Who: "eve", Account: member})
	text, _ := json.Marshal(d)
	last := d.Groups[len(d.Groups)-1]
	if len(d.Groups) != 6 || last.Who != "eve" || d.Groups[4].Who != "others" || d.Groups[4].Count != 4996 ||
		len(text) > 10_000 {
		t.Errorf("%d groups, %d bytes, %+v", len(d.Groups), len(text), last)
	}
	for i := range 1000 {
		d.Add(watcher.Line{What: fmt.Sprint("Called by root: ", i), Who: strings.Repeat("x", 1000), Account: member})
	}
	if text, _ = json.Marshal(d); len(d.Groups) != 150 || d.Rest != 856 || len(text) > 100_000 {
		t.Errorf("%d groups, %d more, %d bytes", len(d.Groups), d.Rest, len(text))
	}
}

func sorted(s []string) []string {
	slices.Sort(s)
	return s
}
