package lockout_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"locksmith/policies"
	"locksmith/policies/lockout"
)

// What a verdict may cost: policies made to wear the prover down, with bounds for time and memory.

// TestHeavyPolicies: what was made to wear the prover down gets an answer, and is held within bounds.
func TestHeavyPolicies(t *testing.T) {
	files, err := filepath.Glob("testdata/heavy/*.json")
	if err != nil || len(files) < 4 {
		t.Fatalf("%d policies, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			weigh(t, text)
		})
	}
}

// mostAllocated is how many bytes one verdict may allocate in all, on top of what its policy's size explains. It is far
// below what the prover was seen to take before its bounds counted bytes.
const mostAllocated = 256 << 20

// weigh judges a policy as a bucket's and as a queue's, and fails where that takes too much memory or ends in a defect.
func weigh(t *testing.T, text []byte) {
	doc, err := policies.Parse(text)
	if err != nil {
		return
	}
	for _, resource := range []string{bucket, queue} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		v := lockout.Judge(lockout.Question{Policy: doc, Resource: resource, Account: account,
			Organization: "o-a1b2c3d4e5", Now: now})
		runtime.ReadMemStats(&after)
		if v.Defect != "" {
			t.Errorf("%s: %s", resource, v.Defect)
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > mostAllocated {
			t.Errorf("%s: %s after %d MB", resource, v.Answer, took>>20)
		}
	}
}

// FuzzHeavy looks for policies that wear the prover down: a small program of bytes is blown up into a policy of up to
// 20 KB.
func FuzzHeavy(f *testing.F) {
	for seed := range uint64(4) {
		f.Add(seed, uint8(seed%9), uint8(seed%7), uint16(1)<<(seed%11))
	}
	// Found by hand: these took seconds, or hundreds of megabytes, before matching a text and asking for points cost
	// steps.
	for _, seed := range []uint64{20, 37, 120, 203, 248, 337} {
		f.Add(seed, uint8(seed%14), uint8(seed/14%11), uint16(1)<<(seed%11))
	}
	f.Fuzz(func(t *testing.T, seed uint64, keys, operators uint8, values uint16) {
		weigh(t, []byte(heavy(rand.New(rand.NewPCG(seed, 1)), int(keys), int(operators), int(values%2000))))
	})
}

// heavy is a policy of many values, patterns or statements, no longer than AWS accepts.
func heavy(r *rand.Rand, keys, operators, values int) string {
	names := []string{"aws:UserAgent", "aws:userid", "aws:PrincipalArn", "aws:SourceIp", "aws:CurrentTime",
		"s3:signatureAge", "aws:PrincipalTag/a", "aws:PrincipalOrgPaths", "aws:SourceVpcArn", "aws:username",
		"aws:VpcSourceIp", "aws:CalledVia", "aws:ResourceTag/a", "aws:Referer"}
	kinds := []string{"StringNotLike", "StringLike", "ArnNotLike", "ForAnyValue:StringNotLike",
		"ForAllValues:StringLike", "NotIpAddress", "DateNotEquals", "NumericNotEquals", "StringNotEqualsIgnoreCase",
		"StringNotEquals", "IpAddressIfExists"}
	pick := func(of []string, n int) string { return of[r.IntN(min(len(of), n%len(of)+1))] }
	var statements []string
	size := 0
	for size < 19<<10 {
		key, operator := pick(names, keys), pick(kinds, operators)
		var list []string
		length := 0
		for range 1 + r.IntN(values+1) {
			v := heavyValue(r, key)
			if length += len(v) + 3; size+length > 19<<10 {
				break
			}
			list = append(list, `"`+v+`"`)
		}
		statements = append(statements,
			`{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*","Condition":{"`+operator+`":{"`+key+`":[`+
				strings.Join(list, ",")+`]}}}`)
		size += length + 100
	}
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
}

// heavyValue is a value for a key: of its type, or a pattern with many wildcards.
func heavyValue(r *rand.Rand, key string) string {
	digits := func(n int) string { return strconv.Itoa(r.IntN(9e5) + 1e5)[:n] }
	switch {
	case strings.HasSuffix(key, "Ip") && r.IntN(8) > 0:
		return "52." + digits(1) + "." + digits(1) + digits(1) + ".0/" + []string{"8", "16", "24", "27",
			"32"}[r.IntN(5)]
	case key == "aws:CurrentTime" && r.IntN(8) > 0:
		return "20" + []string{"27", "28", "31"}[r.IntN(3)] + "-0" + []string{"1", "2", "9"}[r.IntN(3)] + "-1" +
			digits(1) + "T00:00:00Z"
	case key == "s3:signatureAge" && r.IntN(8) > 0:
		return digits(1 + r.IntN(6))
	case key == "aws:PrincipalArn" && r.IntN(2) > 0:
		return "arn:aws:" + []string{"iam", "sts", "*"}[r.IntN(3)] + "::" + []string{account, "*",
			"444455556666"}[r.IntN(3)] + ":role/" + glob(r, 20)
	case r.IntN(12) == 0:
		return glob(r, 3) + "${" + []string{"aws:username", "aws:PrincipalTag/a", "aws:userid",
			"aws:ResourceTag/a"}[r.IntN(4)] + "}" + glob(r, 3)
	}
	return glob(r, 1+r.IntN(300))
}

func glob(r *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = "aaabbb*?*?/:"[r.IntN(12)]
	}
	return string(b)
}

// TestHeavyTogether: however many heavy policies come at once, what is held by them at any time is bounded, since they
// take turns.
func TestHeavyTogether(t *testing.T) {
	text, err := os.ReadFile("testdata/heavy/states-20kb.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := policies.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	const atOnce, most = 8, 32 << 20
	var workers sync.WaitGroup
	for range atOnce {
		workers.Go(func() {
			lockout.Judge(lockout.Question{Policy: doc, Resource: bucket, Account: account,
				Organization: "o-a1b2c3d4e5", Now: now})
		})
	}
	done := make(chan struct{})
	go func() { workers.Wait(); close(done) }()
	var peak, before uint64
	for looks := 0; ; looks++ {
		runtime.GC() // so that only what is still held counts
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		peak = max(peak, m.HeapAlloc)
		select {
		case <-done:
			runtime.GC()
			runtime.ReadMemStats(&m)
			before = m.HeapAlloc
			t.Logf("%d looks, %d KB at most, of which %d KB were there afterwards", looks, peak>>10, before>>10)
			if peak-min(peak, before) > most {
				t.Errorf("%d policies held %d MB", atOnce, (peak-before)>>20)
			}
			return
		default:
		}
	}
}
