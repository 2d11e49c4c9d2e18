package desk

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

const (
	payroll = "/unlock-s3-bucket/" + account + "/payroll"
	orders  = "/unlock-sqs-queue/" + account + "/orders"
	why     = `{"reason":"payroll runs tonight","ticket":"OPS-17"}`
)

// described are the routes of the API's description, with names in their places.
func described(t *testing.T) (all []call) {
	t.Helper()
	text, err := os.ReadFile("../../lambdas/desk/api/openapi.json")
	var doc struct {
		Paths map[string]map[string]any `json:"paths"`
	}
	if err == nil {
		err = json.Unmarshal(text, &doc)
	}
	if err != nil {
		t.Fatal(err)
	}
	named := strings.NewReplacer("{accountNumber}", account, "{bucketName}", "payroll", "{queueName}", "orders")
	for path, methods := range doc.Paths {
		for method := range methods {
			c := call{method: strings.ToUpper(method), path: named.Replace(path)}
			if strings.HasPrefix(path, "/incidents") {
				c.path = strings.Replace(c.path, "{id}", "8a2f~arn:aws:s3:::payroll", 1)
			}
			c.path = strings.Replace(c.path, "{id}", "20261121T080000Z", 1)
			if c.method == "POST" {
				c.body = `{"reason":"r"}`
			}
			if path == "/sweeps" || strings.HasSuffix(path, "/stop") {
				c.body = ""
			}
			all = append(all, c)
		}
	}
	if len(all) < 20 {
		t.Fatalf("only %d routes are described", len(all))
	}
	return all
}

// TestWhoIsLetIn: on every route, whoever has not signed, or signed wrongly, or long ago, as root, or as somebody whom
// no entry knows, is refused, and nothing at all is done. What reaches the desk is in its log.
func TestWhoIsLetIn(t *testing.T) {
	w := newWorld(t)
	w.cloud.CheckSignatures(secret)
	before := w.state()
	for _, c := range described(t) {
		for name, change := range map[string]func(*call){
			"unsigned":        func(c *call) { c.unsigned = true },
			"wrong signature": func(c *call) { c.as, c.secret = onCall, "wrong" },
			"out of date":     func(c *call) { c.as, c.late = onCall, 16*time.Minute },
			"from the future": func(c *call) { c.as, c.late = onCall, -16*time.Minute },
			"root":            func(c *call) { c.as = central + ".root" },
			"an unknown key":  func(c *call) { c.as = "AKIAIOSFODNN7EXAMPLE" },
			"not permitted":   func(c *call) { c.as = nobody },
			"another account": func(c *call) { c.as = account + ".user.admin" },
		} {
			w.cloud.ResetCalls()
			from := len(w.logged(0))
			c := c
			change(&c)
			a := w.do(c)
			free := (name == "not permitted" || name == "another account") && c.path == "/openapi.json"
			if !free && a.status != 403 {
				t.Errorf("%s %s, %s: %d %s", c.method, c.path, name, a.status, a.text)
			}
			for _, made := range w.cloud.Calls() {
				if made.Action == "AssumeRoot" || made.Service == "sqs" || made.Action == "PutItem" {
					t.Errorf("%s %s, %s: %s:%s was called", c.method, c.path, name, made.Service, made.Action)
				}
			}
			if line := fmt.Sprintf("status=%d", a.status); (name == "not permitted" || name == "another account") &&
				(!strings.Contains(w.logged(from), line) || !strings.Contains(w.logged(from), "by=arn:aws:iam::")) {
				t.Errorf("%s %s, %s: is not in the log: %s", c.method, c.path, name, w.logged(from))
			}
		}
	}
	w.same("who may not", before)
	if all := w.requests(); len(all) > 0 {
		t.Errorf("requests: %v", all)
	}
}

// TestMethodsAndPaths: 404 and 405, as problems; the latter says what is allowed.
func TestMethodsAndPaths(t *testing.T) {
	w := newWorld(t)
	for _, c := range described(t) {
		c.as, c.method, c.body = onCall, "PATCH", ""
		a := w.do(c).is(405)
		if allow := a.header.Get("Allow"); !strings.Contains(allow, "GET") && !strings.Contains(allow, "POST") {
			t.Errorf("%s: Allow %q", c.path, allow)
		}
	}
	for _, path := range []string{"", "/", "/none", "/requests/", "//requests", "/requests/../sweeps", "/requests/a/b/c",
		"/unlock-s3-bucket/" + account, "/unlock-s3-bucket/" + account + "/a%2Fb"} {
		w.get(onCall, path).is(404)
	}
}

// TestNames: nothing is called for names that cannot be any, and nothing is done for those that stand for nothing here.
func TestNames(t *testing.T) {
	w := newWorld(t)
	before := w.state()
	for _, row := range []struct {
		path   string
		status int
		text   string
	}{
		{"/unlock-s3-bucket/1111/payroll", 400, "twelve digits"},
		{"/unlock-s3-bucket/11112222333a/payroll", 400, "twelve digits"},
		{"/unlock-s3-bucket/" + account + "/ab", 400, "bucket"},
		{"/unlock-s3-bucket/" + account + "/a..b", 400, "bucket"},
		{"/unlock-s3-bucket/" + account + "/arn:aws:s3:::payroll", 400, "not its ARN"},
		{"/unlock-s3-bucket/" + account + "/payroll?region=nowhere", 400, "region"},
		{"/unlock-s3-bucket/" + account + "/payroll?regoin=eu-west-1", 400, "no such parameter"},
		{"/unlock-s3-bucket/" + account + "/payroll?region=eu-west-1&region=eu-west-1", 400, "2 times"},
		{"/unlock-sqs-queue/" + account + "/or.ders", 400, "queue"},
		{"/unlock-sqs-queue/" + account + "/" + strings.Repeat("q", 81), 400, "queue"},
		{"/unlock-s3-bucket/" + stranger + "/away", 404, "no account " + stranger},
		{"/unlock-sqs-queue/444455556666/orders", 404, "no account 444455556666"},
		{"/unlock-s3-bucket/" + account + "/theirs", 404, "theirs"},
		{"/unlock-s3-bucket/" + account + "/away", 404, "away"},
		{"/unlock-s3-bucket/" + account + "/missing", 404, "missing"},
		{"/unlock-s3-bucket/" + account + "/payroll?region=us-west-2", 404, "payroll is in eu-central-1"},
		{"/unlock-sqs-queue/" + account + "/missing?region=" + region, 404, "missing"},
		{"/unlock-sqs-queue/" + account + "/orders", 404, "us-east-1"},                     // it is in another Region
		{"/unlock-sqs-queue/" + account + "/queue-of-theirs?region=" + region, 404, "of-"}, // it is another account's
		{"/unlock-s3-bucket/000011112222/x-bucket", 502, "management account"},
	} {
		w.get(onCall, row.path).is(row.status, row.text)
		w.post(onCall, row.path, why).is(row.status, row.text)
	}
	for _, path := range []string{"/create-root-login-profile/", "/delete-root-login-profile/"} {
		w.post(kim, path+"12", why).is(400, "twelve digits")
		w.post(kim, path+stranger, why).is(404, "no account")
		w.post(kim, path+"000011112222", why).is(502)
	}
	w.get(onCall, "/root-credentials/12").is(400)
	w.get(onCall, "/root-credentials/"+stranger).is(404)
	w.post(onCall, "/sweeps", `{"accounts":["12"]}`).is(400, "twelve digits")
	w.post(onCall, "/sweeps", `{"accounts":["`+stranger+`"]}`).is(404)
	w.get(onCall, "/requests/nonesuch").is(404)
	w.get(onCall, "/requests?from=nowhere").is(400)
	w.get(onCall, "/incidents?account=12").is(400)
	w.get(onCall, "/incidents/nonesuch").is(404)
	w.same("names", before)
	if all := w.requests(); len(all) > 0 {
		t.Errorf("requests: %v", all)
	}
}

// TestBodies: what is wrong with a body is said with its place, and nothing is done.
func TestBodies(t *testing.T) {
	w := newWorld(t)
	before := w.state()
	for _, row := range []struct {
		body   string
		status int
		texts  []string
	}{
		{"", 400, []string{"no reason"}},
		{`{"reason":" "}`, 400, []string{"no reason"}},
		{`{"reason":"a",}`, 400, []string{"1:15"}},
		{"{\"reason\":\"a\",\n \"frce\":true}", 400, []string{"2:2", "frce", "force"}},
		{`{"reason":7}`, 400, []string{"1:11", "want a text"}},
		{`{"reason":"a","reason":"b"}`, 400, []string{"twice"}},
		{`{"reason":"a","action":"open"}`, 400, []string{"want delete, repair or restore"}},
		{`["reason"]`, 400, []string{"no JSON object"}},
		{`{"reason":"a"} x`, 400, []string{"1:16"}},
		{`{"reason":"` + strings.Repeat("x", 1001) + `"}`, 400, []string{"1001 characters"}},
		{`{"reason":"` + strings.Repeat("x", 70_000) + `"}`, 413, []string{"64 KB"}},
	} {
		w.post(onCall, payroll, row.body).is(row.status, row.texts...)
	}
	w.do(call{as: onCall, method: "POST", path: payroll, body: "reason=a",
		header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}}).is(415, "JSON")
	w.do(call{as: onCall, method: "POST", path: payroll, body: why,
		header: map[string]string{"Content-Type": "text/plain"}}).is(415)
	w.same("bodies", before)
	w.do(call{as: onCall, method: "POST", path: payroll, body: why, // as curl -d sends it
		header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}}).is(200)
}
