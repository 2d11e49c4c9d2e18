package lockout_test

import (
	"bufio"
	"encoding/json"
	"os"
	"slices"
	"testing"
	"time"

	"locksmith/policies"
	"locksmith/policies/lockout"
)

// The prover on published policies of others: it has an answer for nearly all, and within its time.

// corpus reads published policies of others, which are not part of the project. Those that cannot be read are test data
// that is meant to be refused.
func corpus(t testing.TB) (questions []lockout.Question, ids []string) {
	t.Helper()
	f, err := os.Open("../../../shared/corpus/policies.jsonl")
	if err != nil {
		t.Skipf("the corpus of published policies is not beside the checkout: %v", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<22)
	for lines.Scan() {
		var row struct {
			ID, Resource, Account string
			Policy                json.RawMessage
		}
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		if doc, err := policies.Parse(row.Policy); err == nil {
			questions = append(questions, lockout.Question{Policy: doc, Resource: row.Resource, Account: row.Account,
				Now: now})
			ids = append(ids, row.ID)
		}
	}
	return questions, ids
}

// TestCorpus judges published policies: no crash, and few that stay undecided.
func TestCorpus(t *testing.T) {
	questions, ids := corpus(t)
	counts := map[lockout.Answer]int{}
	for i, q := range questions {
		v := lockout.Judge(q)
		counts[v.Answer]++
		if v.Answer != lockout.Open && len(v.Reasons) == 0 {
			t.Errorf("%s: %s without a reason", ids[i], v.Answer)
		}
		if v.Answer == lockout.Open || v.Answer == lockout.Restricted {
			replay(t, 0, q.Policy, v.Witness)
		}
	}
	t.Logf("%d policies: %v", len(questions), counts)
	if counts[lockout.Undecided]*100 > len(questions) {
		t.Errorf("%d of %d undecided", counts[lockout.Undecided], len(questions))
	}
}

// BenchmarkCorpus judges each published policy, and reports what the median, the 99th percentile and the slowest of
// them take, each at its best.
func BenchmarkCorpus(b *testing.B) {
	questions, _ := corpus(b)
	best := make([]time.Duration, len(questions))
	b.ReportAllocs()
	for b.Loop() {
		for i, q := range questions {
			start := time.Now()
			lockout.Judge(q)
			if took := time.Since(start); best[i] == 0 || took < best[i] {
				best[i] = took
			}
		}
	}
	slices.Sort(best)
	for name, at := range map[string]int{"median": len(best) / 2, "p99": len(best) * 99 / 100,
		"slowest": len(best) - 1} {
		b.ReportMetric(float64(best[at].Nanoseconds()), "ns/"+name)
	}
}

// FuzzJudge: whatever is a policy gets an answer, and every witness passes the evaluator.
func FuzzJudge(f *testing.F) {
	f.Add([]byte(statement(everyone, allS3, both)))
	f.Add([]byte(statement(everyone, allS3, both,
		`"Condition":{"StringNotLike":{"aws:PrincipalArn":["arn:aws:iam::*:role/A*","*"]}}`)))
	f.Add([]byte(denies(`{"NotIpAddress":{"aws:SourceIp":"52.94.76.0/22"}}`,
		`{"StringNotEquals":{"aws:SourceVpce":"vpce-1a2b3c4d"}}`)))
	f.Add([]byte(denies(`{"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-*/r-ab12/*"}}`,
		`{"StringNotEquals":{"aws:PrincipalTag/a":"${aws:username}"}}`)))
	f.Fuzz(func(t *testing.T, text []byte) {
		doc, err := policies.Parse(text)
		if err != nil || len(text) > 4096 {
			return
		}
		v := lockout.Judge(lockout.Question{Policy: doc, Resource: bucket, Account: account, Now: now})
		if v.Answer == lockout.Open || v.Answer == lockout.Restricted {
			replay(t, 0, doc, v.Witness)
		}
	})
}
