package lambda

import (
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestRuntimeAPI holds the stand-in to the documented answers: one answer to each event, and only to the one that is
// out.
func TestRuntimeAPI(t *testing.T) {
	api, err := listen()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(api.close)
	base := "http://" + api.address + "/2018-06-01/runtime/"
	post := func(path string) int {
		t.Helper()
		reply, err := http.Post(base+path, "application/json", strings.NewReader(`{"n":1}`))
		if err != nil {
			t.Fatal(err)
		}
		_ = reply.Body.Close()
		return reply.StatusCode
	}
	if got := post("invocation/" + requestID(0) + "/response"); got != 400 {
		t.Errorf("answer before any event: %d, want 400", got)
	}
	api.events <- []byte(`{}`)
	reply, err := http.Get(base + "invocation/next")
	if err != nil {
		t.Fatal(err)
	}
	_ = reply.Body.Close()
	id := reply.Header.Get("Lambda-Runtime-Aws-Request-Id")
	for _, row := range []struct {
		path string
		want int
	}{
		{"init/error", 400}, // the start is over
		{"invocation/another/response", 400},
		{"invocation/" + id + "/error", 202},
		{"invocation/" + id + "/response", 400}, // a second answer
	} {
		if got := post(row.path); got != row.want {
			t.Errorf("%s: %d, want %d", row.path, got, row.want)
		}
	}
	if a := <-api.answers; a.Kind != "error" || a.Body != `{"n":1}` {
		t.Errorf("%+v", a)
	}
}

func TestFailures(t *testing.T) {
	for _, a := range []Answer{{Kind: "error", Body: `{"batchItemFailures":[]}`}, {Kind: "response", Body: `null`},
		{Kind: "response", Body: `{}`}, {Kind: "response", Body: ``}} {
		if ids, err := a.Failures(); err == nil {
			t.Errorf("%+v passes with %v", a, ids)
		}
	}
	ids, err := Answer{Kind: "response", Body: `{"batchItemFailures": [{"itemIdentifier": "m-7"}]}`}.Failures()
	if err != nil || !slices.Equal(ids, []string{"m-7"}) {
		t.Errorf("%v, %v", ids, err)
	}
}

// TestBuiltAsDeployed: the flags are those of the deployment's bundler, which nothing may import.
func TestBuiltAsDeployed(t *testing.T) {
	flags := regexp.MustCompile(`(?s)exec\.Command\("go", "build", (.*?), "-o"`)
	var found []string
	for _, path := range []string{"build.go", "../../infra/bundle.go"} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		m := flags.FindSubmatch(text)
		if m == nil {
			t.Fatalf("%s builds nothing", path)
		}
		found = append(found, strings.Join(strings.Fields(string(m[1])), " "))
	}
	if found[0] != found[1] {
		t.Errorf("built here with %s, and deployed with %s", found[0], found[1])
	}
}
