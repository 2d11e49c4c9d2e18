package exhaustive

import (
	"maps"
	"slices"
	"testing"

	"locksmith/policies/lockout"
)

// planted are wrong verdicts, each with the finding that has to come of it.
var planted = []struct {
	why    string
	row    row
	change func(*lockout.Verdict)
	class  string
}{
	{"a lockout that is none", row{statements: []string{deny(`"Bool":{"aws:SecureTransport":"false"}`)}},
		func(v *lockout.Verdict) { *v = lockout.Verdict{Answer: lockout.Lockout, Statements: []int{0}} },
		FalseLockout},
	{"a lockout that one endpoint escapes",
		row{statements: []string{deny(`"StringNotEquals":{"aws:SourceVpc":"vpc-0a"}`)}},
		func(v *lockout.Verdict) { *v = lockout.Verdict{Answer: lockout.Lockout, Statements: []int{0}} },
		FalseLockout},
	{"a proof of what is not settled", row{statements: []string{deny(`"StringNotEquals":{"aws:Nonsense":"a"}`)}},
		func(v *lockout.Verdict) { *v = lockout.Verdict{Answer: lockout.Lockout, Statements: []int{0}} }, Unsettled},
	{"a seal taken for a lockout", row{statements: []string{denyOf(`"NotAction":"s3:GetObject"`)}},
		func(v *lockout.Verdict) { v.Answer = lockout.Lockout }, Seal},
	{"a lockout taken for a seal", row{statements: []string{deny("")}},
		func(v *lockout.Verdict) { v.Answer = lockout.Sealed }, Seal},
	{"too many statements", row{statements: []string{deny(""), deny(`"Bool":{"aws:SecureTransport":"false"}`)}},
		func(v *lockout.Verdict) { v.Statements = []int{0, 1} }, Statements},
	{"a witness that is denied", row{statements: []string{deny(`"StringEquals":{"aws:PrincipalTag/a":"b"}`)}},
		func(v *lockout.Verdict) { v.Witness.Context["aws:principaltag/a"] = []string{"b"} }, WitnessDenied},
	{"a witness from a private address", row{statements: []string{deny(`"Bool":{"aws:SecureTransport":"false"}`)}},
		func(v *lockout.Verdict) { v.Witness.Context["aws:sourceip"] = []string{"10.1.2.3"} }, WitnessOdd},
	{"open by a witness with a tag", row{statements: []string{deny(`"StringNotEquals":{"aws:PrincipalTag/a":"b"}`)}},
		func(v *lockout.Verdict) { v.Answer = lockout.Open }, NotOrdinary},
	{"restricted, and anybody passes", row{statements: []string{deny(`"Bool":{"aws:SecureTransport":"false"}`)}},
		func(v *lockout.Verdict) { v.Answer = lockout.Restricted }, Ordinary},
	{"undecided, and plainly locked", row{statements: []string{deny("")}},
		func(v *lockout.Verdict) { *v = lockout.Verdict{Answer: lockout.Undecided} }, Undecided},
	{"a sentence that forgets one of two values", row{statements: []string{
		deny(`"StringNotEquals":{"aws:PrincipalTag/a":["b","c"]}`)}},
		func(v *lockout.Verdict) { v.Reasons = []string{"only with aws:PrincipalTag/a b"} }, Sentence},
	{"a sentence on a statement that others escape", row{statements: []string{deny(""),
		denyTo(`"Principal":{"AWS":"999988887777"}`)}},
		func(v *lockout.Verdict) {
			v.Reasons = []string{"statement #2 denies s3:PutBucketPolicy to every user and role of account 111122223333"}
		}, Sentence},
}

// TestFindsWhatIsPlanted shows that each kind of wrong answer is found, and that the right answer has no finding.
func TestFindsWhatIsPlanted(t *testing.T) {
	e := &explorer{}
	for _, p := range planted {
		q := p.row.question()
		v, found := Check(&q, e, true)
		if len(found) > 0 {
			t.Errorf("%s: before it is planted: %s", p.why, &found[0])
			continue
		}
		if v.Witness != nil {
			copied := *v.Witness
			copied.Context = maps.Clone(copied.Context)
			v.Witness = &copied
		}
		p.change(&v)
		all := Compare(&q, v, e, true)
		if !slices.ContainsFunc(all, func(f Finding) bool { return f.Class == p.class }) {
			t.Errorf("%s: not found, but %v", p.why, all)
		}
	}
}
