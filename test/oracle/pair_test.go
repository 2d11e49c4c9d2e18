package oracle

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"testing"

	"locksmith/policies"
)

// A Pair is one question to the simulator: a policy and a request.
type Pair struct {
	ID      string          `json:"id"` // category/number
	Policy  json.RawMessage `json:"policy"`
	Request Request         `json:"request"`
	Answer  string          `json:"answer,omitempty"` // denied, not denied, or "error: …"; empty if not asked
}

// The simulator's answers.
const (
	denied    = "denied"
	notDenied = "not denied"
)

// A Request is one call in the form that simulate.mjs reads.
type Request struct {
	Kind      policies.Kind  `json:"kind"`
	Principal string         `json:"principal"`         // the value of aws:PrincipalArn; the name of a service
	Session   string         `json:"session,omitempty"` // for a role
	Action    string         `json:"action"`
	Resource  string         `json:"resource"`
	Account   string         `json:"account"` // the resource's owner
	Context   map[string]any `json:"context"` // a string, or a list of strings for a key with several values
}

// ours is the request in the evaluator's form.
func (r Request) ours() policies.Request {
	context := policies.Context{}
	for key, value := range r.Context {
		switch v := value.(type) {
		case string:
			context.Set(key, v)
		case []string:
			context.Set(key, v...)
		case []any:
			values := make([]string, len(v))
			for i, item := range v {
				values[i] = fmt.Sprint(item)
			}
			context.Set(key, values...)
		}
	}
	return policies.Request{Caller: policies.Caller{Kind: r.Kind, ARN: r.Principal, Session: r.Session},
		Action: r.Action, Resource: r.Resource, Context: context}
}

// A Provenance says where a recording comes from; it is the recording's first line.
type Provenance struct {
	Program  string `json:"program"`
	Version  string `json:"version"`
	Licence  string `json:"licence"`
	Recorded string `json:"recorded"` // the day
	Again    string `json:"again"`    // the command that records again
}

// open reads a recording: where it comes from, and its lines.
func open[Line any](t *testing.T, file string) (Provenance, []Line) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	text, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var from Provenance
	var all []Line
	lines := json.NewDecoder(bufio.NewReader(text))
	if err := lines.Decode(&from); err != nil {
		t.Fatal(err)
	}
	for {
		var line Line
		err := lines.Decode(&line)
		if err == io.EOF {
			return from, all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, line)
	}
}

// save writes a recording. It carries no time of its own, so the same answers give the same bytes.
func save[Line any](t *testing.T, file string, from Provenance, all []Line) {
	t.Helper()
	var packed bytes.Buffer
	text, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	lines := json.NewEncoder(text)
	lines.SetEscapeHTML(false)
	if err := lines.Encode(from); err != nil {
		t.Fatal(err)
	}
	for _, line := range all {
		if err := lines.Encode(line); err != nil {
			t.Fatal(err)
		}
	}
	if err := text.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, packed.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
