package browser

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"locksmith/test/cloud/iam"
)

// start is an AWS with the desk, and somebody before a browser.
func start(t *testing.T) (*world, person) {
	ctx := open(t)
	w := newWorld(t)
	return w, person{t, ctx, axe(t), w.pages}
}

// TestApproved: somebody asks, sees the verdict first, and cannot approve it. Somebody else can, and then it is done.
func TestApproved(t *testing.T) {
	w, p := start(t)
	bucket := w.lock("payroll-exports")
	p.is(onCall, "/")
	p.sees("Nothing waits for your decision")
	p.presses("New request")
	p.sees("What is it about?")
	p.writes("Account", account)
	p.writes("Name", "payroll-exports")
	p.presses("Look")
	p.sees("Proved: nobody of the account", "DenyAllAccess", "One other person has to approve it", "anybody as Security")
	p.keeps("story-new")
	p.writes("Reason", "The nightly export fails.")
	p.writes("Ticket", "OPS-4711")
	p.presses("Ask for approval")
	p.sees("Your request is recorded.", "1 approval to go", "You have asked for this yourself", "OPS-4711")
	p.is(onCall, "/")
	p.sees("Nothing waits for your decision")
	p.is(security, "/")
	p.sees("1 request waits for your decision", "The nightly export fails.", "kim@example.com")
	if w.Policy(bucket) == "" {
		t.Error("opened before anybody has approved")
	}
	p.presses("Look and decide")
	p.sees("Your decision", "DenyAllAccess")
	p.keeps("story-decide")
	p.writes("Remark", "Looked at it.")
	p.presses("Approve")
	p.sees("Outcome: unlocked", "It is done.", "Looked at it.", "lee@example.com")
	p.keeps("story-done")
	if policy := w.Policy(bucket); policy != "" {
		t.Errorf("still there: %s", policy)
	}
	p.presses("The incident")
	p.sees("Bucket payroll-exports", "Saved copies", "Copy 1")
	p.keeps("story-incident")
	p.presses("Incidents")
	p.sees("payroll-exports", "unlocked")
	p.is(onCall, "/requests")
	p.sees("My requests", "done")
}

// TestReadme: the README's people live its story through in the browser.
func TestReadme(t *testing.T) {
	ctx := open(t)
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(text), "cat > desk.json <<'END'\n")
	list, _, _ = strings.Cut(list, "END\n")
	w := worldOf(t, list)
	const arn, owner = "arn:aws:s3:::invoices", "222233334444"
	w.PutBucket(owner, region, "invoices")
	w.SetPolicy(arn, `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*",`+
		`"Resource":["arn:aws:s3:::invoices","arn:aws:s3:::invoices/*"]}]}`)
	p := person{t, ctx, axe(t), w.pages}
	p.is("999988887777.user.kim", "/new")
	p.writes("Account", owner)
	p.writes("Name", "invoices")
	p.presses("Look")
	p.sees("Proved: nobody of the account")
	p.writes("Reason", "invoices go out tonight")
	p.presses("Ask for approval")
	p.sees("1 approval to go")
	p.is("999988887777.user.lee", "/")
	p.presses("Look and decide")
	p.sees("Your decision")
	p.presses("Approve")
	p.sees("Outcome: unlocked")
	if w.Policy(arn) != "" {
		t.Error("not opened")
	}
}

// TestDenied: one denial ends it, and nothing is done.
func TestDenied(t *testing.T) {
	w, p := start(t)
	bucket := w.lock("legal-hold")
	before := w.Policy(bucket)
	p.is(onCall, "/new?kind=bucket&account="+account+"&name=legal-hold")
	p.sees("Ask for it")
	p.writes("Reason", "It is in the way.")
	p.presses("Ask for approval")
	p.sees("1 approval to go")
	p.is(security, "/")
	p.presses("Look and decide")
	p.sees("Your decision")
	p.writes("Why not", "It is a legal hold, and meant.")
	p.presses("Deny")
	p.sees("You have denied the request", "denied", "It is a legal hold, and meant.")
	p.is(onCall, "/requests?which=all")
	p.sees("All requests", "denied")
	if w.Policy(bucket) != before {
		t.Error("the policy was changed")
	}
}

// TestBreakGlass: it runs at once, the page says so for ever, and the pager rings.
func TestBreakGlass(t *testing.T) {
	w, p := start(t)
	bucket := w.lock("orders")
	p.is(incident, "/new?kind=bucket&account="+account+"&name=orders")
	p.sees("Break glass.", "It runs at once.")
	p.writes("Reason", "Orders are lost every minute.")
	p.presses("Break the glass")
	p.sees("Break glass.", "Outcome: unlocked", "Who might have approved")
	if w.Policy(bucket) != "" {
		t.Error("not opened")
	}
	pages := w.Inbox(w.Pipeline.Topics.Pages)
	if len(pages) == 0 || !strings.Contains(pages[0].For("email"), "Orders are lost every minute") {
		t.Errorf("paged: %+v", pages)
	}
}

// TestDeletingCredentials: an account's root has credentials, somebody asks to delete them, and somebody else approves.
func TestDeletingCredentials(t *testing.T) {
	w, p := start(t)
	w.PutRoot(account, iam.RootUser{Password: true, AccessKeys: []string{"AKIA111122223333AAAA"},
		MFA: []string{"arn:aws:iam::" + account + ":mfa/root-account-mfa-device"}})
	p.is(security, "/root-credentials?has=any")
	p.sees("Root credentials", "password")
	p.keeps("story-credentials")
	p.presses("1111")
	p.sees("AKIA111122223333AAAA", "Delete all of it")
	p.writes("Reason", "Nobody needs them.") // the first form is for deleting
	p.presses("Ask to delete all of it")
	p.sees("1 approval to go", "You have asked for this yourself")
	p.is(another, "/")
	p.presses("Look and decide")
	p.sees("Your decision")
	p.presses("Approve")
	p.sees("Outcome: deleted", "AKIA111122223333AAAA")
	if has := w.RootHas(account); has.Password || len(has.AccessKeys)+len(has.MFA) > 0 {
		t.Errorf("left: %+v", has)
	}
	p.is(security, "/root-credentials/"+account)
	p.sees("has no credentials")
}

// TestByKeyboard: the story of an approval without a mouse.
func TestByKeyboard(t *testing.T) {
	w, p := start(t)
	bucket := w.lock("payroll-exports")
	p.is(onCall, "/new")
	p.tabs("Skip to the content")
	p.types(kb.Enter)
	p.tabs("Bucket")
	p.tabs("Account")
	p.types(account)
	p.tabs("Name")
	p.types("payroll-exports" + kb.Enter) // sends the form
	p.sees("Proved: nobody of the account")
	p.tabs("Skip to the content")
	p.types(kb.Enter)
	p.tabs("Reason")
	p.types("The nightly export fails.")
	p.tabs("Ask for approval")
	p.types(kb.Enter)
	p.sees("Your request is recorded.")
	p.is(security, "/")
	p.tabs("Look and decide")
	p.types(kb.Enter)
	p.sees("Your decision")
	p.tabs("Approve")
	p.types(kb.Enter)
	p.sees("Outcome: unlocked")
	if w.Policy(bucket) != "" {
		t.Error("not opened")
	}
}

// TestRestore: what was taken off is put back from the incident's page, although it locks, since two people say so.
func TestRestore(t *testing.T) {
	w, p := start(t)
	bucket := w.lock("orders")
	locking := w.Policy(bucket)
	p.is(incident, "/new?kind=bucket&account="+account+"&name=orders")
	p.writes("Reason", "Orders are lost every minute.")
	p.presses("Break the glass")
	p.sees("Outcome: unlocked")
	p.is(onCall, "/incidents")
	p.presses("bucket orders")
	p.sees("The policy that was taken off", "Copy 1")
	p.presses("Put a copy back")
	p.writes("Reason", "It was a legal hold.")
	p.presses("Even if it locks")
	p.presses("Ask for it")
	p.sees("1 approval to go", "Restore bucket orders")
	p.is(security, "/")
	p.presses("Look and decide")
	p.sees("Your decision")
	p.presses("Approve")
	p.sees("Outcome: restored")
	if w.Policy(bucket) != locking {
		t.Errorf("put back: %s", w.Policy(bucket))
	}
}

// TestSweep: a sweep is started, shows by itself how far it is, and ends.
func TestSweep(t *testing.T) {
	w, p := start(t)
	w.lock("payroll-exports")
	p.is(onCall, "/sweeps")
	p.sees("No sweep yet")
	p.presses("Start")
	p.sees("It is over.", "Resources read")
	p.presses("Sweeps")
	p.sees("over", "kim@example.com")
}

// TestFromElsewhere: a link on another site leads to the page, as who one is here. A form of another site does nothing.
func TestFromElsewhere(t *testing.T) {
	w, p := start(t)
	w.lock("payroll-exports")
	p.is(onCall, "/new?kind=bucket&account="+account+"&name=payroll-exports")
	p.writes("Reason", "The nightly export fails.")
	p.presses("Ask for approval")
	p.sees("1 approval to go")
	at, err := chromedp.Run(p.ctx, chromedp.Location())
	if err != nil {
		t.Fatal(err)
	}
	address, _, _ := strings.Cut(at, "?")
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `<title>Mail</title><main><a href="%s">Look</a><form method="post" action="%s/cancel">
			<button>Cancel it</button></form></main>`, address, address)
	}))
	defer elsewhere.Close()
	other := strings.Replace(elsewhere.URL, "127.0.0.1", "localhost", 1) // another site than the pages'
	p.axe = ""
	p.do(chromedp.Navigate(other))
	p.presses("Look")
	p.sees("You have asked for this yourself") // and so is known
	p.do(chromedp.Navigate(other))
	p.presses("Cancel it")
	p.sees("Sent by another site", "nothing was done")
	p.is(onCall, "/requests")
	p.sees("requested")
}
