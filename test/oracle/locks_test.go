package oracle

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"locksmith/policies"
	"locksmith/policies/lockout"
)

// now is when the policies are judged.
var now = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// The letters of [Trial].Answers. Besides, e stands for an error. And s stands for a call of RemovePermission that is
// not denied and of no use: a statement that denies its sender SetQueueAttributes has no Sid, so it stays.
var letters = map[string]byte{denied: 'd', notDenied: 'n'}

const locksRecording = "locks.jsonl.gz"

// judge asks the prover.
func (t Trial) judge(test *testing.T) lockout.Verdict {
	test.Helper()
	doc, err := policies.Parse(t.Policy)
	if err != nil {
		test.Fatalf("%s: %v\n%s", t.ID, err, t.Policy)
	}
	return lockout.Judge(lockout.Question{Policy: doc, Resource: t.Resource, Account: account,
		Organization: organization, Now: now, Administrators: t.Matters})
}

// locked tells whether the verdict is a proof that nobody is left.
func locked(v lockout.Verdict) bool { return v.Answer == lockout.Lockout || v.Answer == lockout.Sealed }

// matters tells whether the caller is one of the trial's administrators. The parts of an ARN match each by itself.
func (t Trial) matters(principal string) bool {
	return len(t.Matters) == 0 || slices.ContainsFunc(t.Matters, func(pattern string) bool {
		patterns, parts := strings.SplitN(pattern, ":", 6), strings.SplitN(principal, ":", 6)
		for i, part := range parts {
			expression := strings.ReplaceAll(regexp.QuoteMeta(patterns[i]), `\*`, ".*")
			if !regexp.MustCompile("^" + expression + "$").MatchString(part) {
				return false
			}
		}
		return true
	})
}

// lockedByOne tells whether one of the statements would lock without the others.
func (t Trial) lockedByOne(test *testing.T) bool {
	var policy map[string]any
	if err := json.Unmarshal(t.Policy, &policy); err != nil {
		test.Fatal(err)
	}
	return slices.ContainsFunc(statements(policy), func(s map[string]any) bool {
		text, err := json.Marshal(map[string]any{"Version": policy["Version"], "Statement": s})
		if err != nil {
			test.Fatal(err)
		}
		alone := t
		alone.Policy = text
		return locked(alone.judge(test))
	})
}

// TestNobodyIsLeft: where the prover says that nobody is left, the simulator denied every call that it was asked
// about. It was asked about every policy, so a lock that is claimed in error is found also where none was claimed on
// the day of the recording.
func TestNobodyIsLeft(t *testing.T) {
	_, all := open[Trial](t, locksRecording)
	counts, calls, together := map[lockout.Answer]int{}, 0, 0
	for _, trial := range all {
		v := trial.judge(t)
		counts[v.Answer]++
		if !locked(v) {
			continue
		}
		if strings.HasPrefix(trial.ID, "together/") && !trial.lockedByOne(t) {
			together++
		}
		requests, recovery := people(trial.Resource)
		for i, r := range requests {
			if i >= recovery && v.Answer == lockout.Sealed || !trial.matters(r.Principal) {
				continue
			}
			calls++
			if trial.Answers[i] == letters[notDenied] {
				t.Errorf("%s: %s, and the simulator lets this through: %+v\n%s", trial.ID, v.Answer, r, trial.Policy)
			}
		}
	}
	t.Logf("%d policies: %v, in %d of them no statement locks alone; %d calls denied", len(all), counts, together, calls)
	if counts[lockout.Lockout]+counts[lockout.Sealed] < 150 || counts[lockout.Open]+counts[lockout.Restricted] < 100 ||
		together < 80 || counts[lockout.Undecided]*50 > len(all) {
		t.Errorf("the policies decide too little: %v, %d together", counts, together)
	}
}

// TestSimulatorLocks asks the simulator about the trials again, and compares; or records.
func TestSimulatorLocks(t *testing.T) {
	if *simulator == "" {
		t.Skip("run.sh installs the simulator and asks it again; TestNobodyIsLeft reads the recording")
	}
	all := trials()
	if *record == "" {
		_, all = open[Trial](t, locksRecording)
	}
	answered := slices.Clone(all)
	for i, letters := range askTrials(t, all) {
		answered[i].Answers = letters
	}
	if *record != "" {
		save(t, locksRecording, simulated(), answered)
		return
	}
	for i, again := range answered {
		if again.Answers != all[i].Answers {
			t.Errorf("%s: recorded %s, now %s", again.ID, all[i].Answers, again.Answers)
		}
	}
}

// askTrials puts each call of the people to the simulator, in words that it understands.
func askTrials(t *testing.T, all []Trial) []string {
	t.Helper()
	var pairs []Pair
	for _, trial := range all {
		pairs = append(pairs, trial.pairs(t)...)
	}
	answered := ask(t, pairs)
	var said []string
	for _, trial := range all {
		size := len(trial.pairs(t))
		said = append(said, inLetters(t, answered[:size]))
		answered = answered[size:]
	}
	return said
}

// pairs are the questions about a trial. One about RemovePermission is followed by another: whether a statement
// without a Sid denies the sender SetQueueAttributes.
func (t Trial) pairs(test *testing.T) []Pair {
	test.Helper()
	stays := t.stays(test)
	requests, _ := people(t.Resource)
	var pairs []Pair
	for _, r := range requests {
		p, _ := otherwise(Pair{ID: t.ID, Policy: t.Policy, Request: r})
		pairs = append(pairs, p)
		if r.Action == "sqs:RemovePermission" && stays != nil {
			r.Action = "sqs:SetQueueAttributes"
			p, _ = otherwise(Pair{ID: t.ID + " stays", Policy: stays, Request: r})
			pairs = append(pairs, p)
		}
	}
	return pairs
}

// stays is the policy of the statements without a Sid; nil if there is none.
func (t Trial) stays(test *testing.T) json.RawMessage {
	test.Helper()
	var policy map[string]any
	if err := json.Unmarshal(t.Policy, &policy); err != nil {
		test.Fatal(err)
	}
	var without []map[string]any
	for _, s := range statements(policy) {
		if s["Sid"] == nil {
			without = append(without, s)
		}
	}
	if without == nil {
		return nil
	}
	policy["Statement"] = without
	text, err := json.Marshal(policy)
	if err != nil {
		test.Fatal(err)
	}
	return text
}

// inLetters is a letter for each call.
func inLetters(t *testing.T, answered []Pair) string {
	t.Helper()
	var line []byte
	for _, p := range answered {
		letter := letters[p.Answer]
		if letter == 0 {
			t.Logf("%s: %s", p.ID, p.Answer)
			letter = 'e'
		}
		if !strings.Contains(p.ID, " stays") {
			line = append(line, letter)
		} else if last := len(line) - 1; letter != 'n' && line[last] == 'n' {
			line[last] = map[byte]byte{'d': 's', 'e': 'e'}[letter]
		}
	}
	return string(line)
}
