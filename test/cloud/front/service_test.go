package front_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"locksmith/test/cloud/front"
	"locksmith/test/cloud/place"
)

// A whole service of the query protocol: it greets whoever its own account's policies do not stop.
func greet(r *front.Request, form url.Values) (any, *front.Error) {
	defer r.Record(front.Record{Call: "Greet", Parameters: map[string]any{"name": form.Get("Name")}})
	arn := "arn:aws:greetings:" + r.Region + ":" + r.Caller.Account + ":" + form.Get("Name")
	if err := r.Authorize(front.Target{Action: "greetings:Greet", ARN: arn, Owner: r.Caller.Account}); err != nil {
		return nil, err
	}
	return struct{ Greeting string }{"Hello, " + form.Get("Name") + ", from " + r.Caller.Identity()}, nil
}

// TestANewService: what declares itself gets a caller, ceilings, faults and records, and has to know of none of them.
func TestANewService(t *testing.T) {
	p := place.New(t)
	q := front.Query{Namespace: "https://greetings.example.com/", Actions: map[string]front.Action{"Greet": greet},
		Resource: func(_ string, form url.Values) string { return form.Get("Name") }}
	p.Register(front.Service{Name: "greetings", Serve: q.Serve, Reject: front.RejectQuery})
	call := func(key string, status int, want string) {
		t.Helper()
		w := p.Raw(http.MethodPost, "/", key, "greetings", "Action=Greet&Name=kim")
		if w.Code != status || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d %s, want %d with %s", key, w.Code, w.Body, status, want)
		}
	}
	call(owner+".role.Admin", 200, "Hello, kim, from arn:aws:sts::111122223333:assumed-role/Admin/session")
	call("AKIAEXAMPLE", 403, "InvalidClientTokenId")
	p.SetSCP(owner, `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"greetings:*","Resource":"*"}]}`)
	call(owner, 403, "with an explicit deny in a service control policy")
	p.Fail(func(c front.Call) *front.Fault {
		if c.Service != "greetings" || c.Action != "Greet" || c.Resource != "kim" || c.N != 3 {
			t.Errorf("%+v", c)
		}
		return &front.Fault{Code: "Throttling", Message: "Rate exceeded", Status: 400}
	})
	call("222233334444", 400, "<Code>Throttling</Code>")
	if events := p.Events(); len(events) != 2 ||
		!strings.Contains(string(events[0]), `"eventSource":"greetings.amazon`) {
		t.Errorf("events %s", events)
	}
}
