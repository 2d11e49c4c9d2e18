package allowlist_test

import (
	"testing"
)

// TestSealer: a session fits the pattern of its role. CloudTrail's ARN of a session leaves the role's path out, so a
// pattern with a path fits the role's own ARN only.
func TestSealer(t *testing.T) {
	const role, path = "arn:aws:iam::*:role/SecurityResponse", "arn:aws:iam::*:role/security/Seal*"
	const session = "arn:aws:sts::111122223333:assumed-role/SecurityResponse/case-17"
	for _, row := range []struct {
		pattern string
		caller  []string
		want    bool
	}{
		{role, []string{session}, true},
		{role, []string{"arn:aws:iam::111122223333:role/SecurityResponse"}, true},
		{"arn:aws:iam::111122223333:role/SecurityResponse", []string{session}, true},
		{"arn:aws:iam::444455556666:role/SecurityResponse", []string{session}, false},
		{"arn:aws-cn:iam::*:role/SecurityResponse", []string{session}, false},
		{"arn:aws:iam::*:role/Security*", []string{session}, true},
		{"arn:aws:iam::*:role/*Response", []string{session}, true},
		// A session's name is its caller's choice. It must not pass for a role's.
		{role, []string{"arn:aws:sts::111122223333:assumed-role/Dev/SecurityResponse"}, false},
		{role, []string{"arn:aws:sts::111122223333:assumed-role/SecurityResponseOfMine/case-17"}, false},
		{role, []string{"arn:aws:iam::111122223333:user/SecurityResponse"}, false},
		{role, []string{"arn:aws:iam::111122223333:role/mine/SecurityResponse"}, false},
		{role, []string{"arn:aws:sts::111122223333:assumed-role/SecurityResponse"}, false}, // no session
		{"arn:aws:sts::*:assumed-role/SecurityResponse/*", []string{session}, true},
		{"arn:aws:sts::*:assumed-role/SecurityResponse/case-1?", []string{session}, true},
		{"arn:aws:sts::*:assumed-role/SecurityResponse/other", []string{session}, false},
		// With a path: the session's ARN does not show it, the role's does.
		{path, []string{"arn:aws:sts::111122223333:assumed-role/SealAll/x"}, false},
		{path, []string{"arn:aws:sts::111122223333:assumed-role/SealAll/x",
			"arn:aws:iam::111122223333:role/security/SealAll"}, true},
		{"arn:aws:iam::*:user/sealer", []string{"arn:aws:iam::111122223333:user/sealer"}, true},
		{role, []string{""}, false},
		{role, []string{"cloudformation.amazonaws.com"}, false},
		{role, nil, false},
		{"arn:aws:iam::*:role/*", []string{"arn:aws:iam::111122223333:root"}, false},
	} {
		l := read(t, with(3, ` "sealers": ["`+row.pattern+`"],`))
		if got := l.Sealer(row.caller...); got != row.want {
			t.Errorf("%s and %q: %t", row.pattern, row.caller, got)
		}
	}
	if read(t, sound).Sealer(session) {
		t.Error("nobody is named, and somebody is a sealer")
	}
}

func TestReadSealers(t *testing.T) {
	const want = `3:14: sealers[0]: `
	for text, message := range map[string]string{
		` "sealers": ["SecurityResponse"],`: want +
			`"SecurityResponse" (want an ARN such as arn:aws:iam::*:role/Name)`,
		` "sealers": ["arn:aws:iam::*:root"],`: want + `"arn:aws:iam::*:root" ` +
			`(want iam role/…, iam user/…, sts federated-user/… or sts assumed-role/ROLE/SESSION)`,
		` "sealers": ["arn:aws:iam::*:*"],`: want + `"arn:aws:iam::*:*" ` +
			`(want iam role/…, iam user/…, sts federated-user/… or sts assumed-role/ROLE/SESSION)`,
		` "sealers": ["arn:aws:sts::*:assumed-role/Security"],`: want + `"arn:aws:sts::*:assumed-role/Security" ` +
			`(want assumed-role/ROLE/SESSION, with * for any session)`,
		` "sealers": ["arn:aws:sts::*:assumed-role/*/security"],`: want + `"arn:aws:sts::*:assumed-role/*/security" ` +
			`(name the role: whoever opens a session chooses the session's name)`,
		` "sealers": ["arn:aws:iam::12:role/Security"],`: want + `"arn:aws:iam::12:role/Security" ` +
			`(want an account's twelve digits, or *)`,
	} {
		refused(t, with(3, text), message)
	}
}
