package oracle

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"locksmith/policies/lockout"
	"locksmith/test/oracle/encode"
)

var solver = flag.String("solver", "", "the z3 `program`; without it nothing is asked")

const solverRecording = "z3.jsonl.gz"

// Solved is what z3 said of a trial: whether anybody is left for the actions that take the policy off, and for the
// further ones of a deny-all. It is sat where somebody is left, unsat where nobody is, and doubt where that hangs on
// what the documentation leaves open; unknown where it took too long; or what is beyond the encoding.
type Solved struct {
	ID       string `json:"id"` // of the [Trial]
	Recovery string `json:"recovery"`
	Further  string `json:"further,omitempty"`
	Script   string `json:"script,omitempty"` // SHA-256 of the scripts: a recording answers no other questions
}

// A question is put twice, unless it is the same: with doubtful denials left out, and with them.
type question struct{ without, with string }

// scripts are the two questions, or why they cannot be put.
func (t Trial) scripts() (recovery, further question, err error) {
	taking, others := []string{"s3:PutBucketPolicy", "s3:DeleteBucketPolicy"},
		[]string{"s3:GetBucketPolicy", "s3:ListBucket"}
	if t.Resource == queue {
		taking, others = []string{"sqs:SetQueueAttributes", "sqs:RemovePermission"}, []string{"sqs:GetQueueAttributes"}
	}
	q, doubted := t.question(), t.question()
	doubted.Doubts = true
	for _, one := range []struct {
		to      *string
		q       encode.Question
		actions []string
	}{{&recovery.without, q, taking}, {&recovery.with, doubted, taking}, {&further.without, q, others},
		{&further.with, doubted, others}} {
		if *one.to, err = one.q.Script(one.actions); err != nil {
			return question{}, question{}, err
		}
	}
	return recovery, further, nil
}

func (t Trial) question() encode.Question {
	return encode.Question{
		Policy:         t.Policy,
		Resource:       t.Resource,
		Account:        account,
		Organization:   organization,
		Now:            now,
		Administrators: t.Matters,
	}
}

// leavesUse tells whether use of what is inside was left to everybody.
func (t Trial) leavesUse(test *testing.T) bool {
	test.Helper()
	use := []string{"s3:GetObject", "s3:PutObject"}
	if t.Resource == queue {
		use = []string{"sqs:SendMessage", "sqs:ReceiveMessage"}
	}
	left, err := t.question().LeavesUse(use)
	if err != nil {
		test.Fatal(err)
	}
	return left
}

func digest(recovery, further question) string {
	sum := sha256.Sum256([]byte(recovery.without + recovery.with + further.without + further.with))
	return hex.EncodeToString(sum[:8])
}

// TestSolved holds the prover against what z3 said. Both directions count: a lock that z3 does not see is claimed in
// error, one that we do not see is missed.
func TestSolved(t *testing.T) {
	_, solved := open[Solved](t, solverRecording)
	_, all := open[Trial](t, locksRecording)
	agreed, left := map[lockout.Answer]int{}, map[string]int{}
	for i, trial := range all {
		s := solved[i]
		recovery, further, err := trial.scripts()
		switch {
		case s.ID != trial.ID || err == nil && digest(recovery, further) != s.Script || (err != nil) != (s.Script == ""):
			t.Fatalf("%s: the question has changed since the recording: test/oracle/run.sh record", trial.ID)
		case err != nil:
			left["beyond"]++
			continue
		}
		v := trial.judge(t)
		want := s.want(trial.leavesUse(t))
		switch {
		case want == nil, v.Answer == lockout.Undecided && !slices.Contains(want, v.Answer):
			left[s.Recovery+", "+string(v.Answer)]++
		case !slices.Contains(want, v.Answer):
			t.Errorf("%s: we say %s, z3 says %s and %s\n%s", trial.ID, v.Answer, s.Recovery, s.Further, trial.Policy)
		default:
			agreed[v.Answer]++
		}
	}
	t.Logf("agreed: %v; not compared: %v", agreed, left)
	if agreed[lockout.Lockout] < 100 || agreed[lockout.Sealed] < 50 ||
		agreed[lockout.Open]+agreed[lockout.Restricted] < 100 {
		t.Errorf("too few are compared: %v", agreed)
	}
}

// want is what a verdict can be.
func (s Solved) want(leavesUse bool) []lockout.Answer {
	further := s.Further
	if leavesUse {
		further = "sat"
	}
	switch s.Recovery + ", " + further {
	case "unsat, sat":
		return []lockout.Answer{lockout.Sealed}
	case "unsat, unsat":
		return []lockout.Answer{lockout.Lockout}
	case "unsat, unknown":
		return []lockout.Answer{lockout.Lockout, lockout.Sealed}
	case "unsat, doubt":
		return []lockout.Answer{lockout.Undecided}
	}
	return map[string][]lockout.Answer{
		"sat":   {lockout.Open, lockout.Restricted},
		"doubt": {lockout.Undecided},
	}[s.Recovery]
}

// TestSolverAgain asks z3 about some of the trials again, and compares; or records all.
func TestSolverAgain(t *testing.T) {
	if *solver == "" {
		t.Skip("run.sh asks z3; TestSolved reads the recording")
	}
	if *record != "" {
		all := trials()
		version, err := exec.Command(*solver, "--version").Output()
		if err != nil {
			t.Fatal(err)
		}
		from := Provenance{Program: "z3", Version: strings.TrimSpace(string(version)), Licence: "MIT", Recorded: *record,
			Again: "test/oracle/run.sh record"}
		save(t, solverRecording, from, askSolver(t, all))
		return
	}
	_, all := open[Trial](t, locksRecording)
	_, recorded := open[Solved](t, solverRecording)
	var some []Trial
	var then []Solved
	for i := 0; i < len(all); i += 12 { // all would take minutes
		some, then = append(some, all[i]), append(then, recorded[i])
	}
	for i, again := range askSolver(t, some) {
		// Another version may come to an end where this one did not. What both say has to be the same.
		for _, answers := range [][2]string{{again.Recovery, then[i].Recovery}, {again.Further, then[i].Further}} {
			if answers[0] != answers[1] && answers[0] != "unknown" && answers[1] != "unknown" {
				t.Errorf("%s: recorded %v, now %v", again.ID, then[i], again)
			}
		}
	}
}

// askSolver puts both questions about each trial, two trials at a time.
func askSolver(t *testing.T, all []Trial) []Solved {
	t.Helper()
	said, errs := make([]Solved, len(all)), make([]error, len(all))
	var both sync.WaitGroup
	for worker := range 2 {
		both.Go(func() {
			for i := worker; i < len(all); i += 2 {
				said[i], errs[i] = solve(all[i])
			}
		})
	}
	both.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	return said
}

// solve asks about the further actions only where nobody can take the policy off: otherwise they do not matter.
func solve(trial Trial) (Solved, error) {
	recovery, further, err := trial.scripts()
	if err != nil {
		return Solved{ID: trial.ID, Recovery: err.Error()}, nil
	}
	s := Solved{ID: trial.ID, Script: digest(recovery, further)}
	if s.Recovery, err = recovery.ask(); err == nil && s.Recovery == "unsat" {
		s.Further = "unsat"
		if further != recovery {
			s.Further, err = further.ask()
		}
	}
	return s, err
}

// ask is settled where a doubtful denial changes nothing.
func (q question) ask() (string, error) {
	said, err := somebody(q.without)
	if err != nil || said != "sat" || q.with == q.without {
		return said, err
	}
	if said, err = somebody(q.with); said == "unsat" {
		said = "doubt"
	}
	return said, err
}

// somebody runs z3 over the checks of a script until one is sat, which is enough. For unsat all have to be.
func somebody(script string) (string, error) {
	verdict := "unsat"
	for _, check := range strings.SplitAfter(script, "(check-sat)\n") {
		if check == "" {
			continue
		}
		z3 := exec.Command(*solver, "-in")
		z3.Stdin = strings.NewReader(check)
		said, err := z3.Output()
		switch answer := strings.TrimSpace(string(said)); {
		case err != nil:
			return "", fmt.Errorf("z3: %w\n%s\n%s", err, said, check)
		case answer == "sat":
			return answer, nil
		case answer != "unsat":
			verdict = "unknown"
		}
	}
	return verdict, nil
}
