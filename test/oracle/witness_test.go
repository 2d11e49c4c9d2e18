package oracle

import (
	"encoding/json"
	"os"
	"testing"

	"locksmith/policies"
	"locksmith/policies/lockout"
)

// TestSimulatorWitness: the request that the prover shows for an open or restricted policy is not denied by the
// simulator either. If it is RemovePermission, no statement without a Sid denies its sender SetQueueAttributes.
func TestSimulatorWitness(t *testing.T) {
	if *simulator == "" {
		t.Skip("run.sh installs the simulator; witnesses change with the prover, so they are not recorded")
	}
	var pairs []Pair
	for _, trial := range trials() {
		if v := trial.judge(t); v.Witness != nil {
			r := shown(v.Witness, account)
			p, _ := otherwise(Pair{ID: trial.ID, Policy: trial.Policy, Request: r})
			pairs = append(pairs, p)
			if stays := trial.stays(t); r.Action == "sqs:RemovePermission" && stays != nil {
				r.Action = "sqs:SetQueueAttributes"
				p, _ = otherwise(Pair{ID: trial.ID + " stays", Policy: stays, Request: r})
				pairs = append(pairs, p)
			}
		}
	}
	if len(pairs) < 100 {
		t.Errorf("only %d witnesses", len(pairs))
	}
	for _, p := range ask(t, pairs) {
		if p.Answer != notDenied {
			t.Errorf("%s: the simulator says of the witness %q\n%s\n%+v", p.ID, p.Answer, p.Policy, p.Request)
		}
	}
}

// shown is a witness in the form that simulate.mjs reads.
func shown(w *lockout.Witness, owner string) Request {
	r := Request{Kind: w.Kind, Principal: w.Principal, Session: w.Session, Action: w.Action, Resource: w.Resource,
		Account: owner, Context: map[string]any{}}
	for key, values := range w.Context {
		known, ok := policies.LookupKey(key)
		if !ok {
			known.Name = key
		}
		if r.Context[known.Name] = any(values); !known.Multivalued && len(values) == 1 {
			r.Context[known.Name] = values[0]
		}
	}
	return r
}

// TestSimulatorCorpus does the same for published policies of others, which are not part of the project. Some are no
// policies to the simulator.
func TestSimulatorCorpus(t *testing.T) {
	f, err := os.Open("../../../shared/corpus/policies.jsonl")
	if *simulator == "" || err != nil {
		t.Skip("it needs the simulator, and the corpus of published policies beside the checkout")
	}
	defer f.Close()
	var pairs []Pair
	for lines := json.NewDecoder(f); lines.More(); {
		var row struct {
			ID, Resource, Account string
			Policy                json.RawMessage
		}
		if err := lines.Decode(&row); err != nil {
			t.Fatal(err)
		}
		doc, err := policies.Parse(row.Policy)
		if err != nil {
			continue // test data of others that is meant to be refused
		}
		v := lockout.Judge(lockout.Question{Policy: doc, Resource: row.Resource, Account: row.Account, Now: now})
		if v.Witness != nil {
			p, _ := otherwise(Pair{ID: row.ID, Policy: row.Policy, Request: shown(v.Witness, row.Account)})
			pairs = append(pairs, p)
		}
	}
	refused := 0
	for _, p := range ask(t, pairs) {
		switch {
		case p.Answer == denied:
			t.Errorf("%s: the simulator denies the witness\n%s\n%+v", p.ID, p.Policy, p.Request)
		case p.Answer != notDenied:
			refused++
		}
	}
	if t.Logf("%d witnesses, %d of policies that the simulator refuses", len(pairs), refused); refused*20 > len(pairs) {
		t.Error("too few are compared")
	}
}
