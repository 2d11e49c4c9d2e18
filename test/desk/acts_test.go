package desk

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"locksmith/test/cloud"
	"locksmith/test/pipeline"
)

// TestUnlocked: whom an entry lets unlock without approval gets it done at once, and it is recorded: as a request, as
// an incident with its copy, and to people.
func TestUnlocked(t *testing.T) {
	w := newWorld(t)
	for path, arn := range map[string]string{payroll: "arn:aws:s3:::payroll",
		orders + "?region=" + region: "arn:aws:sqs:" + region + ":" + account + ":orders"} {
		w.get(onCall, path).is(200, `"verdict":"lockout"`, `"locked":true`, `"task":"unlock"`, `"entry":"on call"`, arn)
		if w.cloud.Policy(arn) == "" {
			t.Fatalf("%s: to look has changed it", arn)
		}
		before := w.state()
		a := w.post(onCall, path, why).is(200, `"state":"done"`, `"result":"unlocked"`, `"ticket":"OPS-17"`)
		if before[arn] = ""; a.header.Get("X-Locksmith-Request") != a.id() {
			t.Errorf("%v names no request %s", a.header, a.id())
		}
		w.same("unlock of "+arn, before)
		w.get(onCall, "/requests/"+a.id()).is(200, `"by":"arn:aws:sts::999988887777:assumed-role/`, "payroll runs tonight")
		w.get(lee, "/incidents/request-"+a.id()+"~"+arn).is(200, `"result":"unlocked"`, `"copies":[{"number":1`, a.id())
		w.get(limited, "/incidents/request-"+a.id()+"~"+arn).is(403)
		w.post(onCall, path, why).is(409, "no policy")
		w.same("once more", before)
	}
	mails := w.cloud.Inbox(w.Topics.Alerts)
	if len(mails) < 2 || !strings.Contains(mails[len(mails)-1].For("email"), "OPS-17") {
		t.Errorf("%d mails", len(mails))
	}
	w.get(limited, "/requests").is(200, `"requests":[]`, `"hidden":2`)
	w.get(limited, "/incidents").is(200, `"incidents":[]`, `"hidden":2`)
}

// TestHealthy: what is not locked is left alone, unless somebody may force it and says so, and others approve.
func TestHealthy(t *testing.T) {
	w := newWorld(t)
	before := w.state()
	const open = "/unlock-s3-bucket/" + account + "/open"
	w.get(onCall, open).is(200, `"locked":false`, `"task":"force"`)
	w.post(onCall, open, why).is(409, "it is not locked", `\"force\": true`)
	w.post(onCall, open, `{"reason":"r","force":true}`).is(403)
	w.post(onCall, "/unlock-s3-bucket/"+account+"/bare", why).is(409, "no policy")
	w.get(onCall, "/unlock-s3-bucket/"+account+"/bare").is(200, `"verdict":"open"`)
	w.post(kim, "/unlock-s3-bucket/"+account+"/org-trail-1", `{"reason":"r","force":true}`).is(403, "never")
	w.post(fire, "/unlock-s3-bucket/"+account+"/org-trail-1", why).is(403, "never")
	a := w.post(kim, open, `{"reason":"r","force":true}`).is(202, `"state":"requested"`, `"task":"force"`)
	w.same("force that waits", before)
	w.post(lee, "/requests/"+a.id()+"/approve", "").is(202, `"state":"approved"`)
	w.work()
	w.get(kim, "/requests/"+a.id()).is(200, `"state":"done"`)
	before["arn:aws:s3:::open"] = ""
	w.same("force", before)
}

// TestApprovals: nothing is done without the approval of another person, in whatever session; one denial ends it; so
// does time, and so does whoever asked.
func TestApprovals(t *testing.T) {
	w := newWorld(t)
	before := w.state()
	ask := func() string {
		w.t.Helper()
		return w.post(kim, payroll, why).is(202, `"state":"requested"`, `"needs":1`, "AWSReservedSSO_Security_").id()
	}
	id := ask()
	w.work()
	w.same("without approval", before)
	w.get(lee, "/requests?waiting=true").is(200, id)
	w.get(kimToo, "/requests?waiting=true").is(200, `"requests":[]`)
	w.post(kimToo, "/requests/"+id+"/approve", "").is(403, "who asks does not decide")
	w.post(kim, "/requests/"+id+"/approve", "").is(403)
	w.post(onCall, "/requests/"+id+"/approve", "").is(403, "may not decide")
	w.post(onCall, "/requests/"+id+"/deny", `{"reason":"r"}`).is(403)
	w.post(onCall, "/requests/"+id+"/cancel", "").is(403, "only who asked")
	w.post(lee, "/requests/"+id+"/deny", "").is(400, "no reason")
	w.work()
	w.same("by who may not", before)
	w.post(lee, "/requests/"+id+"/deny", `{"reason":"it is meant"}`).is(200, `"state":"denied"`, "it is meant")
	w.post(lee, "/requests/"+id+"/approve", "").is(409, "denied")
	gone := ask()
	w.post(kim, "/requests/"+gone+"/cancel", `{"reason":"it works"}`).is(200, `"state":"cancelled"`)
	w.post(lee, "/requests/"+gone+"/approve", "").is(409)
	late := ask()
	w.pass(5 * time.Hour) // the entry's hours are 4
	w.get(kim, "/requests/"+late).is(200, `"state":"expired"`)
	w.post(lee, "/requests/"+late+"/approve", "").is(409, "late")
	w.work()
	w.same("denied, cancelled and expired", before)
	good := ask()
	w.post(lee, "/requests/"+good+"/approve", `{"reason":"I looked"}`).is(202, `"state":"approved"`, "I looked")
	w.pass(time.Second)
	w.post(lee, "/requests/"+good+"/approve", "").is(409)
	w.work()
	w.get(kim, "/requests/"+good).is(200, `"state":"done"`, `"decision":"approved"`, "lee@example.com")
	before["arn:aws:s3:::payroll"] = ""
	w.same("approved", before)
	w.get(kim, "/requests?mine=true&limit=2").is(200, good, `"next":`)
}

// TestApprovedTooLate: leave to run ends after an hour.
func TestApprovedTooLate(t *testing.T) {
	w := newWorld(t)
	before := w.state()
	id := w.post(kim, payroll, why).is(202).id()
	w.post(lee, "/requests/"+id+"/approve", "").is(202)
	w.pass(2 * time.Hour)
	w.work()
	w.get(kim, "/requests/"+id).is(200, `"state":"expired"`)
	w.same("too late", before)
}

// TestChangedPolicy: an approval is for the policy that was shown. Where another is in force, people are asked again.
func TestChangedPolicy(t *testing.T) {
	w := newWorld(t)
	const arn = "arn:aws:s3:::payroll"
	a := w.post(kim, payroll, why).is(202)
	digest, _ := a.json["digest"].(string)
	w.post(lee, "/requests/"+a.id()+"/approve", `{"digest":"`+digest+`"}`).is(202)
	changed := strings.Replace(lock(arn), `"s3:*"`, `["s3:*"]`, 1)
	w.cloud.SetPolicy(arn, changed)
	before := w.state()
	w.work()
	w.get(kim, "/requests/"+a.id()).is(200, `"state":"requested"`, `"decisions":[]`, `"rounds":1`)
	w.same("another policy", before)
	w.post(lee, "/requests/"+a.id()+"/approve", `{"digest":"`+digest+`"}`).is(409, "not in force any more")
	w.post(lee, "/requests/"+a.id()+"/approve", "").is(202)
	w.work()
	w.get(kim, "/requests/"+a.id()).is(200, `"state":"done"`)
	before[arn] = ""
	w.same("approved again", before)
}

// TestBreakGlass runs at once, and everybody hears of it.
func TestBreakGlass(t *testing.T) {
	w := newWorld(t)
	w.post(fire, payroll, why).is(200, `"state":"done"`, `"breakGlass":true`, `"silent":[`)
	if pages := w.cloud.Inbox(w.Topics.Pages); len(pages) == 0 {
		t.Error("nobody was paged")
	}
	if w.cloud.Policy("arn:aws:s3:::payroll") != "" {
		t.Error("still locked")
	}
}

// TestRepeated: the same key and body answer what they answered, and do nothing twice. Another body is refused.
func TestRepeated(t *testing.T) {
	w := newWorld(t)
	keyed := func(as, path, body string) answer {
		return w.do(call{as: as, method: "POST", path: path, body: body, header: map[string]string{"Idempotency-Key": "k-1"}})
	}
	first := keyed(onCall, payroll, why).is(200)
	before := w.state()
	again := keyed(onCall, payroll, why).is(200)
	if again.text != first.text || again.header.Get("Idempotency-Replayed") != "true" || len(w.requests()) != 1 {
		t.Errorf("%s\nis not\n%s\n%v", again.text, first.text, w.requests())
	}
	keyed(onCall, payroll, `{"reason":"another"}`).is(422)
	keyed(onCall, orders+"?region="+region, why).is(422)
	w.same("repeated", before)
	waits := keyed(kim, orders+"?region="+region, why).is(202) // another person's key is another
	w.pass(25 * time.Hour)
	later := keyed(kim, orders+"?region="+region, why)
	if later.header.Get("Idempotency-Replayed") != "" {
		t.Errorf("a day later: %d %s", later.status, later.text)
	}
	if all := w.requests(); len(all) != 2 || waits.id() == "" {
		t.Errorf("%v", all)
	}
	w.do(call{as: onCall, method: "POST", path: payroll, body: why,
		header: map[string]string{"Idempotency-Key": "with a blank"}}).is(400)
}

// TestAnswerLost: where an answer could not be kept, the same key finds the same request some minutes later, and
// nothing is done twice.
func TestAnswerLost(t *testing.T) {
	w := newWorld(t)
	keyed := call{as: onCall, method: "POST", path: payroll, body: why,
		header: map[string]string{"Idempotency-Key": "k-1"}}
	w.cloud.Fail(func(c cloud.Call) *cloud.Fault {
		if c.Action == "UpdateItem" && strings.Contains(c.Resource, pipeline.DeskTable) {
			return &cloud.Fault{Code: "InternalServerError"}
		}
		return nil
	})
	first := w.do(keyed).is(200)
	w.cloud.Fail(nil)
	w.do(keyed).is(503, "not answered yet")
	w.pass(6 * time.Minute)
	w.cloud.ResetCalls()
	if again := w.do(keyed).is(200, `"state":"done"`); again.id() != first.id() || len(w.requests()) != 1 {
		t.Errorf("%s is not %s: %v", again.id(), first.id(), w.requests())
	}
	for _, c := range w.cloud.Calls() {
		if c.Service == "sts" || c.Service == "s3" {
			t.Errorf("once more: %s:%s", c.Service, c.Action)
		}
	}
}

// TestRootCredentials: created and deleted with approvals alone, item by item, and the audit sees it.
func TestRootCredentials(t *testing.T) {
	w := newWorld(t)
	before := w.state()
	w.get(onCall, "/root-credentials/"+account).is(200, `"state":"complete"`, `"password":true`, "AKIAIOSFODNN7EXAMPLE")
	w.get(onCall, "/root-credentials").is(200, `"accounts":[`, "AKIAIOSFODNN7EXAMPLE", `"audit":{"id":"audit-`,
		`"hidden":0`)
	w.get(onCall, "/root-credentials?has=none").is(200, other)
	w.get(onCall, "/root-credentials?refused=true").is(200, "management account")
	w.get(onCall, "/root-credentials?has=gold").is(400)
	csv := w.get(onCall, "/root-credentials?format=csv&has=password").is(200, "account,name,state", account)
	if kind := csv.header.Get("Content-Type"); !strings.HasPrefix(kind, "text/csv") || strings.Contains(csv.text, other) {
		t.Errorf("%s: %s", kind, csv.text)
	}
	w.do(call{as: onCall, method: "GET", path: "/root-credentials", header: map[string]string{"Accept": "text/plain"}}).
		is(200, "ACCOUNT ", account)
	w.get(limited, "/root-credentials").is(200, `"hidden":3`, other)
	w.get(limited, "/root-credentials/"+account).is(403)
	w.post(onCall, "/delete-root-login-profile/"+account, why).is(403)
	w.same("audits", before)
	id := w.post(kim, "/delete-root-login-profile/"+account, why).is(202).id()
	w.work()
	w.same("not approved", before)
	w.post(lee, "/requests/"+id+"/approve", "").is(202)
	w.work()
	w.get(kim, "/requests/"+id).is(200, `"state":"done"`, "AKIAIOSFODNN7EXAMPLE", `"result":"deleted"`)
	w.get(onCall, "/root-credentials/"+account).is(200, `"has":[]`)
	id = w.post(kim, "/create-root-login-profile/"+account, `{"reason":"r","case":true}`).is(202, `"case":true`).id()
	w.post(lee, "/requests/"+id+"/approve", "").is(202)
	w.work()
	w.get(kim, "/requests/"+id).is(200, `"state":"done"`)
	w.get(onCall, "/root-credentials/"+account).is(200, `"password":true`)
}

// TestRestore: a saved copy is put back by a request of its own.
func TestRestore(t *testing.T) {
	w := newWorld(t)
	const arn = "arn:aws:s3:::open"
	id := w.post(kim, "/unlock-s3-bucket/"+account+"/open", `{"reason":"r","force":true}`).is(202).id()
	w.post(lee, "/requests/"+id+"/approve", "").is(202)
	w.work()
	before := w.state()
	back := "/incidents/request-" + id + "~" + arn + "/restore"
	w.post(onCall, back, why).is(403)
	w.post(kim, back, `{"reason":"r","copy":9}`).is(409, "want 1 to 1")
	w.post(kim, back, `{"reason":"r","copy":0}`).is(400)
	a := w.post(kim, back, `{"reason":"it was fine","copy":1}`).is(202, `"task":"restore"`)
	w.same("not approved", before)
	w.post(lee, "/requests/"+a.id()+"/approve", "").is(202)
	w.work()
	w.get(kim, "/requests/"+a.id()).is(200, `"state":"done"`, `"result":"restored"`)
	before[arn] = healthy(arn)
	w.same("restored", before)
}

// TestSweeps: they are started, shown and stopped; whoever has an entry for some accounts sweeps those.
func TestSweeps(t *testing.T) {
	w := newWorld(t)
	before := w.state()
	w.post(limited, "/sweeps", "").is(403, "all accounts")
	w.post(limited, "/sweeps", `{"accounts":["`+account+`"]}`).is(403)
	w.post(onCall, "/sweeps", `{"tasks":["ec2"]}`).is(400)
	a := w.post(onCall, "/sweeps", `{"accounts":["`+account+`"],"tasks":["s3"]}`).is(202, `"state":"running"`)
	w.post(onCall, "/sweeps", "").is(409, "running")
	w.get(onCall, "/sweeps/nonesuch").is(404)
	w.post(limited, "/sweeps/"+a.id()+"/stop", "").is(403)
	w.post(onCall, "/sweeps/"+a.id()+"/stop", "").is(200, `"state":"stopped"`)
	w.post(onCall, "/sweeps/"+a.id()+"/stop", "").is(409, "stopped")
	w.get(limited, "/sweeps").is(200, a.id())
	w.pass(time.Minute)
	whole := w.post(onCall, "/sweeps", "").is(202)
	for w.sweep.Deliver(context.Background()) > 0 {
		w.pass(time.Second)
	}
	w.get(onCall, "/sweeps/"+whole.id()).is(200, `"visits":{"done":`)
	w.same("sweeps", before)
}

// TestPreflightIsShown: there is none at first, and then the last one.
func TestPreflightIsShown(t *testing.T) {
	w := newWorld(t)
	w.get(onCall, "/preflight").is(404, "no preflight has run")
	if err := w.desk.Preflight(context.Background()); err != nil {
		t.Fatal(err)
	}
	w.get(onCall, "/preflight").is(200, `"organization":"o-a1b2c3d4e5"`, `"state":`)
}

// TestOrganizationPolicies: where AWS refuses root, that is what is said, and nothing is done.
func TestOrganizationPolicies(t *testing.T) {
	w := newWorld(t)
	w.cloud.RootSessions(false)
	before := w.state()
	w.get(onCall, payroll).is(502, "root sessions")
	w.post(onCall, payroll, why).is(502)
	w.same("root sessions are off", before)
	if states := w.requests(); slices.ContainsFunc([]string{"done"}, func(s string) bool {
		for _, is := range states {
			if is == s {
				return true
			}
		}
		return false
	}) {
		t.Errorf("%v", states)
	}
}
