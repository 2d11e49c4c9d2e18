package lockout_test

import (
	"bufio"
	"encoding/json"
	"os"
	"testing"

	"locksmith/policies"
	"locksmith/policies/lockout"
)

// TestCorpus judges published policies of others, which are not part of the project: no crash, and few that stay undecided.
func TestCorpus(t *testing.T) {
	const corpus = "../../../shared/corpus/policies.jsonl"
	f, err := os.Open(corpus)
	if err != nil {
		t.Skipf("the corpus of published policies is not beside the checkout: %v", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<22)
	counts := map[lockout.Answer]int{}
	total := 0
	for lines.Scan() {
		var row struct {
			ID, Resource, Account string
			Policy                json.RawMessage
		}
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		doc, err := policies.Parse(row.Policy)
		if err != nil {
			continue // test data of others that is meant to be refused
		}
		v := lockout.Judge(lockout.Question{Policy: doc, Resource: row.Resource, Account: row.Account, Now: now})
		counts[v.Answer]++
		total++
		if v.Answer != lockout.Open && len(v.Reasons) == 0 {
			t.Errorf("%s: %s without a reason", row.ID, v.Answer)
		}
		if v.Answer == lockout.Open || v.Answer == lockout.Restricted {
			replay(t, 0, doc, v.Witness)
		}
	}
	t.Logf("%d policies: %v", total, counts)
	if counts[lockout.Undecided]*100 > total {
		t.Errorf("%d of %d undecided", counts[lockout.Undecided], total)
	}
}

// FuzzJudge: whatever is a policy gets an answer, and every witness passes the evaluator.
func FuzzJudge(f *testing.F) {
	f.Add([]byte(statement(everyone, allS3, both)))
	f.Add([]byte(statement(everyone, allS3, both, `"Condition":{"StringNotLike":{"aws:PrincipalArn":["arn:aws:iam::*:role/A*","*"]}}`)))
	f.Add([]byte(denies(`{"NotIpAddress":{"aws:SourceIp":"52.94.76.0/22"}}`, `{"StringNotEquals":{"aws:SourceVpce":"vpce-1a2b3c4d"}}`)))
	f.Add([]byte(denies(`{"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-*/r-ab12/*"}}`, `{"StringNotEquals":{"aws:PrincipalTag/a":"${aws:username}"}}`)))
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
