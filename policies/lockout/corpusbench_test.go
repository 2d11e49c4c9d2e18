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

// BenchmarkCorpus judges each published policy, and reports how long the median, the 99th percentile and the slowest take.
func BenchmarkCorpus(b *testing.B) {
	f, err := os.Open("../../../shared/corpus/policies.jsonl")
	if err != nil {
		b.Skipf("the corpus of published policies is not beside the checkout: %v", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<22)
	var questions []lockout.Question
	var ids []string
	for lines.Scan() {
		var row struct {
			ID, Resource, Account string
			Policy                json.RawMessage
		}
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			b.Fatal(err)
		}
		if doc, err := policies.Parse(row.Policy); err == nil {
			questions = append(questions, lockout.Question{Policy: doc, Resource: row.Resource, Account: row.Account, Now: now})
			ids = append(ids, row.ID)
		}
	}
	type run struct {
		took time.Duration
		id   string
	}
	b.ReportAllocs()
	for b.Loop() {
		var runs []run
		for i, q := range questions {
			start := time.Now()
			lockout.Judge(q)
			runs = append(runs, run{time.Since(start), ids[i]})
		}
		slices.SortFunc(runs, func(a, c run) int { return int(a.took - c.took) })
		n := len(runs)
		b.ReportMetric(float64(runs[n/2].took.Nanoseconds()), "ns/median")
		b.ReportMetric(float64(runs[n*99/100].took.Nanoseconds()), "ns/p99")
		b.ReportMetric(float64(runs[n-1].took.Nanoseconds()), "ns/slowest")
		for _, r := range runs[n-20:] {
			if os.Getenv("SLOW") != "" {
				b.Log(r.took, r.id)
			}
		}
	}
}
