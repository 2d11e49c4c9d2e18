package oracle

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"os"
	"os/exec"
	"testing"
)

// run.sh sets these.
var (
	simulator = flag.String("simulator", "", "the `folder` where the simulator is installed; without it nothing is asked")
	record    = flag.String("record", "", "write a new recording, made on this `day`")
)

const recording = "recorded.jsonl.gz"

// ask puts the pairs to the simulator and returns them with its answers.
func ask(t *testing.T, pairs []Pair) []Pair {
	t.Helper()
	var questions bytes.Buffer
	lines := json.NewEncoder(&questions)
	for _, p := range pairs {
		p.Answer = ""
		if err := lines.Encode(p); err != nil {
			t.Fatal(err)
		}
	}
	node := exec.Command("node", "simulate.mjs", *simulator)
	node.Stdin, node.Stderr = &questions, os.Stderr
	said, err := node.Output()
	if err != nil {
		t.Fatal(err)
	}
	var answered []Pair
	answers := json.NewDecoder(bytes.NewReader(said))
	for _, p := range pairs {
		var a struct{ ID, Answer string }
		if err := answers.Decode(&a); err != nil || a.ID != p.ID {
			t.Fatalf("answer to %s: %+v, %v", p.ID, a, err)
		}
		p.Answer = a.Answer
		answered = append(answered, p)
	}
	if _, err := answers.Token(); err != io.EOF {
		t.Fatalf("more answers than questions: %v", err)
	}
	return answered
}

// TestSimulatorAgain asks the simulator what has been recorded, and compares; or records.
func TestSimulatorAgain(t *testing.T) {
	if *simulator == "" {
		t.Skip("run.sh installs the simulator and asks it again; TestEvaluate reads the recording")
	}
	if *record != "" {
		save(t, recording, simulated(), ask(t, generated()))
		return
	}
	_, pairs := open[Pair](t, recording)
	for i, again := range ask(t, pairs) {
		if again.Answer != pairs[i].Answer {
			t.Errorf("%s: recorded %q, now %q", again.ID, pairs[i].Answer, again.Answer)
		}
	}
}

// simulated says where the simulator's answers come from.
func simulated() Provenance {
	return Provenance{Program: "@cloud-copilot/iam-simulate", Version: "0.1.173 with iam-data 0.21.202609261",
		Licence: "AGPL-3.0-or-later", Recorded: *record, Again: "test/oracle/run.sh record"}
}
