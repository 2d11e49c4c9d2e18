package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"locksmith/test/lambda"
)

// partOf is the part whose function API Gateway has behind a route.
func partOf(method, path string) string {
	first := strings.Split(path, "/")[1]
	switch {
	case strings.HasPrefix(first, "unlock-") && method == "GET":
		return "view"
	case strings.HasPrefix(first, "unlock-") || strings.HasSuffix(path, "/restore"):
		return "unlock"
	case first == "create-root-login-profile":
		return "create"
	case first == "delete-root-login-profile":
		return "delete"
	case first == "root-credentials":
		return "audit"
	}
	return "operate"
}

// functions starts the real program once for each part, as a deployment does, and puts them behind the API.
func functions(t *testing.T, w *world) (processes map[string]*lambda.Process, queues map[string]string) {
	t.Helper()
	built, err := lambda.Desk("../..", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	allow := filepath.Join(built.Folder, "list.json")
	if err := os.WriteFile(allow, []byte(list), 0o600); err != nil {
		t.Fatal(err)
	}
	queues = map[string]string{"SWEEP": w.sweep.Queue}
	for _, name := range []string{"UNLOCK", "CREATE", "DELETE", "AUDIT"} {
		queues["DESK_"+name] = w.cloud.CreateQueue(central, "us-east-1", "desk-"+strings.ToLower(name), nil)
	}
	processes = map[string]*lambda.Process{}
	for _, part := range []string{"view", "unlock", "audit", "create", "delete", "operate"} {
		p, err := built.Start(w.desk.Environment(part, allow, queues))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(p.Kill)
		processes[part] = p
	}
	w.desk.Handle = func(ctx context.Context, event []byte) ([]byte, error) {
		var r events.APIGatewayV2HTTPRequest
		if err := json.Unmarshal(event, &r); err != nil {
			return nil, err
		}
		a, err := processes[partOf(r.RequestContext.HTTP.Method, r.RawPath)].Invoke(ctx, event)
		if err == nil && a.Kind != "response" {
			err = fmt.Errorf("%s: %s", a.Kind, a.Body)
		}
		return []byte(a.Body), err
	}
	return processes, queues
}

// TestTheRealFunctions: the program that is deployed, a process for each part with its own settings, does what the desk
// does here in one process: shows, waits for approval, unlocks, audits, creates, deletes, tends and sweeps.
func TestTheRealFunctions(t *testing.T) {
	w := newWorld(t)
	processes, queues := functions(t, w)
	work := func(part string) {
		t.Helper()
		w.DeliverTo(context.Background(), queues["DESK_"+strings.ToUpper(part)], func(ctx context.Context,
			batch events.SQSEvent) (answer events.SQSEventResponse, err error) {
			event, err := json.Marshal(batch)
			if err != nil {
				return answer, err
			}
			a, err := processes[part].Invoke(ctx, event)
			if err == nil {
				err = json.Unmarshal([]byte(a.Body), &answer)
			}
			if err != nil || len(answer.BatchItemFailures) > 0 {
				t.Errorf("%s: %v %s", part, err, a.Body)
			}
			return answer, err
		})
	}
	w.get(onCall, payroll).is(200, `"verdict":"lockout"`)
	id := w.post(kim, payroll, why).is(202, `"state":"requested"`).id()
	w.post(lee, "/requests/"+id+"/approve", "").is(202, `"state":"approved"`)
	work("unlock")
	w.get(kim, "/requests/"+id).is(200, `"state":"done"`, `"result":"unlocked"`)
	if policy := w.cloud.Policy("arn:aws:s3:::payroll"); policy != "" {
		t.Errorf("still there: %s", policy)
	}
	// SQS may show an older policy for a minute, so the queue is looked at once more then.
	w.post(onCall, orders+"?region="+region, why).is(202, `"state":"approved"`)
	w.get(onCall, "/root-credentials/"+account).is(200, `"password":true`)
	for _, part := range []string{"delete", "create"} {
		id := w.post(kim, "/"+part+"-root-login-profile/"+account, why).is(202).id()
		w.post(lee, "/requests/"+id+"/approve", "").is(202)
		work(part)
		w.get(kim, "/requests/"+id).is(200, `"state":"done"`)
	}
	w.get(onCall, "/root-credentials").is(200, `"audit":{`, account)
	w.get(onCall, "/incidents").is(200, "arn:aws:s3:::payroll")
	w.post(onCall, "/sweeps", `{"accounts":["`+account+`"]}`).is(202, `"state":"running"`)
	w.get(onCall, "/openapi.json").is(200, `"openapi": "3.0.3"`)
	w.get(nobody, payroll).is(403)
	w.get(onCall, "/none").is(404)
	for _, part := range []string{"operate", "audit"} { // as the stack's schedules do
		a, err := processes[part].Invoke(context.Background(), []byte(`{"source":"locksmith","detail-type":"Tend"}`))
		if err != nil || a.Kind != "response" {
			t.Errorf("%s: %v %+v", part, err, a)
		}
	}
	alone(t, processes)
}

// alone wants a process of one part to answer 404 or 405 for what is another's.
func alone(t *testing.T, processes map[string]*lambda.Process) {
	t.Helper()
	for part, p := range processes {
		for _, c := range described(t) {
			if partOf(c.method, c.path) == part {
				continue
			}
			event, err := json.Marshal(events.APIGatewayV2HTTPRequest{Version: "2.0", RawPath: c.path, Body: c.body,
				RequestContext: events.APIGatewayV2HTTPRequestContext{Stage: "$default",
					HTTP: events.APIGatewayV2HTTPRequestContextHTTPDescription{Method: c.method},
					Authorizer: &events.APIGatewayV2HTTPRequestContextAuthorizerDescription{
						IAM: &events.APIGatewayV2HTTPRequestContextAuthorizerIAMDescription{
							UserARN: "arn:aws:iam::999988887777:user/fire"}}}})
			if err != nil {
				t.Fatal(err)
			}
			a, err := p.Invoke(context.Background(), event)
			if err != nil || !strings.Contains(a.Body, `"statusCode":404`) && !strings.Contains(a.Body, `"statusCode":405`) {
				t.Errorf("%s answers %s %s: %v %s", part, c.method, c.path, err, a.Body)
			}
		}
	}
}
