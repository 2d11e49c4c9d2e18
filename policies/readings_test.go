package policies_test

import (
	"testing"

	"locksmith/policies"
)

// TestValuesOfAbsentKeys holds that a value, or a policy variable, of a key that is absent decides nothing: the
// operator alone says what holds then, as on
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html.
func TestValuesOfAbsentKeys(t *testing.T) {
	testConditions(t, []conditionRow{
		{`"StringNotLike":{"s3:prefix":"home/${aws:username}/*"}`, "", yes},
		{`"StringNotLike":{"s3:prefix":"home/${aws:username}/*"}`, "aws:username=ann", yes},
		{`"StringNotLike":{"s3:prefix":"home/${aws:username}/*"}`, "aws:username=*", yes},
		{`"StringNotLike":{"s3:prefix":"home/${aws:nonsense}/*"}`, "", yes},
		{`"StringNotEqualsIfExists":{"s3:prefix":"${aws:username}"}`, "", yes},
		{`"StringLike":{"s3:prefix":"home/${aws:username}/*"}`, "", no},
		{`"ForAllValues:StringLike":{"aws:TagKeys":"${aws:nonsense}"}`, "", yes},
		{`"ForAnyValue:StringNotLike":{"aws:TagKeys":"${aws:nonsense}"}`, "", no},
		{`"NumericNotEquals":{"k":"ten"}`, "", yes},
		{`"NumericEquals":{"k":"ten"}`, "", no},
		{`"NotIpAddress":{"k":"10.*"}`, "", yes},
		{`"ArnNotLike":{"k":"arn:aws:s3:*"}`, "", yes},
		{`"ArnLike":{"k":"*"}`, "", no},
		{`"DateGreaterThanIfExists":{"k":"soon"}`, "", yes},
		{`"Bool":{"k":"0"}`, "", no},
		{`"Null":{"k":"True"}`, "", unknown}, // Null asks about absence itself
		{`"StringNotEquals":{"k":[]}`, "", unknown},
	})
}

// TestLetterCase holds that a boolean or an operator in another letter case is settled only where two readings agree:
// as if it were written right, and as a condition that never holds. The user guide gives one spelling of each, and says
// nothing of others
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html).
func TestLetterCase(t *testing.T) {
	testConditions(t, []conditionRow{
		{`"Bool":{"k":"False"}`, "k=true", no},
		{`"Bool":{"k":"False"}`, "k=false", unknown},
		{`"Bool":{"k":"False"}`, "", no},
		{`"Bool":{"k":"True"}`, "k=false", no},
		{`"Bool":{"k":"TRUE"}`, "k=true", unknown},
		{`"Bool":{"k":["True","false"]}`, "k=false", unknown}, // the whole condition may never hold
		{`"BoolIfExists":{"k":"False"}`, "", unknown},
		{`"BoolIfExists":{"k":"False"}`, "k=true", no},
		{`"Bool":{"k":["False","0"]}`, "k=true", unknown},
		{`"stringequals":{"k":"a"}`, "k=b", no},
		{`"stringequals":{"k":"a"}`, "k=a", unknown},
		{`"stringequals":{"k":"a"}`, "", no},
		{`"STRINGNOTEQUALS":{"k":"a"}`, "k=a", no},
		{`"STRINGNOTEQUALS":{"k":"a"}`, "k=b", unknown},
		{`"STRINGNOTEQUALS":{"k":"a"}`, "", unknown},
		{`"forallvalues:StringLike":{"k":"a*"}`, "k=b", no},
		{`"ForAnyValue:stringLikeIFEXISTS":{"k":"a*"}`, "k=b; k=c", no},
		{`"StringEqualsIfexists":{"k":"a"}`, "", unknown},
		{`"ipaddress":{"k":"10.0.0.0/8"}`, "k=203.0.113.9", no},
		{`"null":{"k":"true"}`, "k=a", no},
		{`"null":{"k":"true"}`, "", unknown},
		{`"bool":{"k":"False"}`, "k=true", no},
		{`"ForAnyValue:null":{"k":"true"}`, "k=a", unknown}, // Null takes no modifier
		{`"StringEqual":{"k":"a"}`, "k=b", unknown},         // more than letter case is wrong
	})
	d := parse(t,
		`{"Statement":{"Effect":"Deny","Action":"*","Condition":{"forallvalues:stringlikeifexists":{"k":"a"},`+
			`"Bool":{"k":"true"}}}}`)
	got, right := d.Statements[0].Conditions[0], d.Statements[0].Conditions[1]
	if !got.Miscased || got.Operator != policies.StringLike || got.Set != policies.ForAllValues || !got.IfExists {
		t.Errorf("forallvalues:stringlikeifexists is read as %q %q %v, miscased %v", got.Set, got.Operator,
			got.IfExists, got.Miscased)
	}
	if right.Miscased {
		t.Error("Bool true is taken for miscased")
	}
}
