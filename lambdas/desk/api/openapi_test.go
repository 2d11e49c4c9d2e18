package api_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"

	"locksmith/lambdas/credentials"
	"locksmith/lambdas/desk/api"
	"locksmith/lambdas/desk/tasks"
	"locksmith/lambdas/readiness"
	"locksmith/lambdas/remedy"
	desk "locksmith/lambdas/requests"
	"locksmith/lambdas/sweeper"
)

// TestDescription: it is a whole OpenAPI document, with its examples as its schemas have them, and it is served.
func TestDescription(t *testing.T) {
	w := newWorld(t)
	if err := w.doc.Validate(context.Background(), openapi3.EnableExamplesValidation()); err != nil {
		t.Fatal(err)
	}
	for path, item := range w.doc.Paths.Map() {
		for method, op := range item.Operations() {
			if op.Summary == "" || op.OperationID == "" {
				t.Errorf("%s %s: no summary, or no id", method, path)
			}
			for code, answer := range op.Responses.Map() {
				for kind, content := range answer.Value.Content {
					if content.Example == nil {
						t.Errorf("%s %s: %s as %s has no example", method, path, code, kind)
					}
				}
			}
		}
	}
	status, text, _ := w.do(ask{method: "GET", path: "/openapi.json"})
	if status != 200 || !strings.Contains(text, `"openapi": "3.0.3"`) {
		t.Errorf("%d %.100s", status, text)
	}
}

// TestRoutesAreDescribed: the routes of the description are those that there are.
func TestRoutesAreDescribed(t *testing.T) {
	w := newWorld(t)
	var described []string
	for path, item := range w.doc.Paths.Map() {
		for method := range item.Operations() {
			described = append(described, method+" "+path)
		}
	}
	slices.Sort(described)
	if diff := cmp.Diff(described, w.api.Routes()); diff != "" {
		t.Error(diff)
	}
}

// errorsOf are what services fail with, by the status that it is to become.
func errorsOf() map[int]error {
	return map[int]error{404: &desk.Refusal{Kind: desk.Absent, Why: "none"}, 409: &desk.Refusal{Kind: desk.Conflict},
		500: errors.New("a secret"), 502: &remedy.Refusal{Cause: remedy.DeniedByOrg, Err: errors.New("no")},
		503: &remedy.Later{Why: "w"}, 504: context.DeadlineExceeded}
}

// TestEveryDescribedAnswer: each route gives each answer that its description names.
func TestEveryDescribedAnswer(t *testing.T) {
	w := newWorld(t)
	for path, item := range w.doc.Paths.Map() {
		for method, op := range item.Operations() {
			for code := range op.Responses.Map() {
				w.provoke(method, path, code, op.RequestBody != nil)
				var status int
				fmt.Sscan(code, &status)
				if !w.seen[method+" "+path+" "+http.StatusText(status)] {
					t.Errorf("%s %s never answers %s", method, path, code)
				}
			}
		}
	}
}

// provoke does what should make a route answer with a status.
func (w *world) provoke(method, path, code string, hasBody bool) {
	var status int
	fmt.Sscan(code, &status)
	a := ask{method: method, path: strings.NewReplacer("{accountNumber}", member, "{bucketName}", "payroll",
		"{queueName}", "orders", "{id}", id).Replace(path)}
	if hasBody {
		a.body = `{"reason": "why"}`
	}
	if path == "/sweeps" {
		a.body = strings.Replace(a.body, `"reason": "why"`, `"tasks": ["s3"]`, 1)
	}
	w.err, w.state = errorsOf()[status], desk.Requested
	switch status {
	case 200:
		w.state = desk.Done
	case 202:
		w.state = desk.Approved
	case 400:
		a.path += "?unknown=1"
	case 403:
		a.by = "nobody"
	case 413:
		a.body = `{"reason": "` + strings.Repeat("x", 65<<10) + `"}`
	case 415:
		a.kind, a.body = "text/plain", "x"
	case 422:
		first := a
		first.key, first.body = "key of "+method+path, `{}`
		first.key = strings.ReplaceAll(first.key, " ", "-")
		w.do(first)
		a.key, a.body = first.key, first.body+" "
	}
	if status == 404 && path == "/preflight" {
		w.err, w.state = nil, ""
	}
	if got, text, _ := w.do(a); got != status {
		w.t.Errorf("%s %s: %d, want %d: %s", a.method, a.path, got, status, text)
	}
	w.err, w.state = nil, desk.Requested
}

// TestFieldsAreDescribed: the fields of every schema are those that the types have, and required are those that are
// always there.
func TestFieldsAreDescribed(t *testing.T) {
	w := newWorld(t)
	for name, value := range map[string]any{"Request": api.ShownRequest(), "Problem": api.ShownProblem(),
		"View": tasks.View{}, "IncidentLine": tasks.Line{}, "Incident": tasks.Incident{},
		"RootCredentials": credentials.Row{}, "Audit": credentials.Audit{}, "Sweep": sweeper.Progress{},
		"Preflight": readiness.Report{}} {
		compare(t, name, w.doc.Components.Schemas[name].Value, reflect.TypeOf(value))
	}
}

// compare holds a schema against a type, and what is in them.
func compare(t *testing.T, at string, s *openapi3.Schema, of reflect.Type) {
	t.Helper()
	for of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	switch {
	case of == reflect.TypeFor[time.Time]():
		if !s.Type.Is("string") || s.Format != "date-time" {
			t.Errorf("%s: is no time", at)
		}
	case of.Kind() == reflect.Slice:
		if !s.Type.Is("array") {
			t.Errorf("%s: is no list", at)
			return
		}
		compare(t, at+"[]", s.Items.Value, of.Elem())
	case of.Kind() == reflect.Struct:
		compareFields(t, at, s, of)
	case of.Kind() == reflect.Map:
		if s.AdditionalProperties.Schema == nil {
			t.Errorf("%s: is no map", at)
		}
	default:
		kinds := map[reflect.Kind]string{reflect.String: "string", reflect.Bool: "boolean", reflect.Int: "integer",
			reflect.Float64: "number"}
		if !s.Type.Is(kinds[of.Kind()]) {
			t.Errorf("%s: %v, want %s", at, s.Type, kinds[of.Kind()])
		}
	}
}

func compareFields(t *testing.T, at string, s *openapi3.Schema, of reflect.Type) {
	t.Helper()
	var names, always []string
	for _, f := range reflect.VisibleFields(of) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" || !f.IsExported() {
			continue
		}
		names = append(names, name)
		if options == "" {
			always = append(always, name)
		}
		if p := s.Properties[name]; p != nil {
			compare(t, at+"."+name, p.Value, f.Type)
		}
	}
	var described []string
	for name := range s.Properties {
		described = append(described, name)
	}
	described = slices.DeleteFunc(described, func(n string) bool { return at == "Problem" && n == "message" })
	required := slices.Clone(s.Required)
	for _, all := range [][]string{names, always, described, required} {
		slices.Sort(all)
	}
	if !slices.Equal(names, described) || !slices.Equal(always, required) {
		t.Errorf("%s: has %v, described are %v; always there are %v, required %v", at, names, described, always, required)
	}
	if s.AdditionalProperties.Has == nil || *s.AdditionalProperties.Has {
		t.Errorf("%s: other fields would pass", at)
	}
}

// TestAnotherFieldFails shows that the comparison can fail.
func TestAnotherFieldFails(t *testing.T) {
	w := newWorld(t)
	schema := w.doc.Components.Schemas["RootCredentials"].Value
	delete(schema.Properties, "password")
	quiet := &testing.T{}
	compareFields(quiet, "RootCredentials", schema, reflect.TypeFor[credentials.Row]())
	if !quiet.Failed() {
		t.Error("a field that is not described passes")
	}
}

// TestHeadersAreDescribed: what the answers of a route carry of our own is in its description.
func TestHeadersAreDescribed(t *testing.T) {
	w := newWorld(t)
	ours := []string{"X-Locksmith-Request", "X-Locksmith-Next", "X-Locksmith-Hidden", "Idempotency-Replayed"}
	for _, row := range []struct {
		ask
		want []string
	}{
		{ask{method: "POST", path: "/unlock-s3-bucket/" + member + "/payroll", body: `{"reason":"r"}`}, ours[:1]},
		{ask{method: "GET", path: "/root-credentials?format=csv"}, ours[1:3]},
		{ask{method: "GET", path: "/root-credentials"}, nil},
		{ask{method: "POST", path: "/sweeps", key: "k"}, nil},
		{ask{method: "POST", path: "/sweeps", key: "k"}, ours[3:]},
	} {
		status, _, header := w.do(row.ask)
		path, _, _ := strings.Cut(row.path, "?")
		op := w.doc.Paths.Value(w.described(path)).GetOperation(row.method)
		for _, name := range ours {
			_, there := header[name]
			if there != slices.Contains(row.want, name) {
				t.Errorf("%s %s: %s is there: %v", row.method, row.path, name, there)
			}
			if there && op.Responses.Status(status).Value.Headers[name] == nil {
				t.Errorf("%s %s: %d does not describe %s", row.method, row.path, status, name)
			}
		}
	}
}
