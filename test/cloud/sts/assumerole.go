package sts

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"locksmith/policies"
	"locksmith/test/cloud/front"
)

var sessionName = regexp.MustCompile(`^[A-Za-z0-9_+=,.@-]{2,64}$`)

// assumeRole follows https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html. CloudTrail takes it for a
// call that only reads, and plain rules do not hear of those, so it is not recorded here.
func (s *RootAccess) assumeRole(r *front.Request, form url.Values) (any, *front.Error) {
	if err := readable(form); err != nil {
		return nil, err
	}
	arn, name := form.Get("RoleArn"), form.Get("RoleSessionName")
	role, err := s.mayAssumeRole(r, arn, form)
	if err != nil {
		return nil, err
	}
	lifetime, err := sessionLifetime(r, role, form.Get("DurationSeconds"))
	if err != nil {
		return nil, err
	}
	account := strings.Split(arn, ":")[4]
	opened := s.front.OpenRole(account, role, name, lifetime)
	type issued struct{ AccessKeyId, SecretAccessKey, SessionToken, Expiration string }
	type user struct{ AssumedRoleId, Arn string }
	roleName := arn[strings.LastIndexByte(arn, '/')+1:]
	return struct {
		XMLName         xml.Name `xml:"AssumeRoleResult"`
		Credentials     issued
		AssumedRoleUser user
	}{Credentials: issued{opened.AccessKey, opened.Secret, opened.Token, opened.Expires.UTC().Format(time.RFC3339)},
		AssumedRoleUser: user{role.ID + ":" + name,
			"arn:aws:sts::" + account + ":assumed-role/" + roleName + "/" + name}}, nil
}

// readable refuses what this AWS does not do: session policies, tags, MFA and what else there is.
func readable(form url.Values) *front.Error {
	for parameter := range form {
		switch parameter {
		case "Action", "Version", "RoleArn", "RoleSessionName", "DurationSeconds", "ExternalId":
		default:
			return front.Refuse("NotImplemented", "this AWS does not do the parameter "+parameter+" of AssumeRole",
				http.StatusNotImplemented)
		}
	}
	if name := form.Get("RoleSessionName"); !sessionName.MatchString(name) {
		return invalid("1 validation error detected: Value '%s' at 'roleSessionName' failed to satisfy constraint: "+
			"Member must satisfy regular expression pattern: [\\w+=,.@-]*", name)
	}
	return nil
}

func invalid(format string, args ...any) *front.Error {
	return front.Refuse("ValidationError", fmt.Sprintf(format, args...), http.StatusBadRequest)
}

// mayAssumeRole decides by what binds the caller and by the role's trust policy, which has to allow it, even within the
// account. A role that does not exist is answered like one that does not trust the caller.
func (s *RootAccess) mayAssumeRole(r *front.Request, arn string, form url.Values) (front.Principal, *front.Error) {
	none := front.Principal{}
	denied := front.Refuse("AccessDenied", fmt.Sprintf("User: %s is not authorized to perform: sts:AssumeRole on "+
		"resource: %s", r.Caller.Identity(), arn), http.StatusForbidden)
	parts := strings.Split(arn, ":")
	if len(parts) != 6 || !strings.HasPrefix(parts[5], "role/") {
		return none, invalid("%s is invalid", arn)
	}
	if r.Caller.Kind == policies.Root {
		return none, front.Refuse("AccessDenied", "Roles may not be assumed by root accounts.", http.StatusForbidden)
	}
	t := front.Target{Action: "sts:AssumeRole", ARN: arn, Owner: parts[4],
		Keys: map[string]string{"sts:RoleSessionName": form.Get("RoleSessionName")}}
	if form.Has("ExternalId") {
		t.Keys["sts:ExternalId"] = form.Get("ExternalId")
	}
	if err := r.Ceilings(t); err != nil {
		return none, err
	}
	role, there := s.front.Role(arn)
	if state, member := s.members.Member(parts[4]); !there || member && state != "ACTIVE" {
		return none, denied
	}
	if s.disabled[parts[4]+r.Region] || s.front.OptedOut(parts[4], r.Region) {
		return none, regionDisabled(parts[4])
	}
	switch effect, err := r.Trusted(role.Trust, t); {
	case err != nil:
		return none, err
	case effect != policies.Allowed:
		return none, denied
	}
	return role, nil
}

// sessionLifetime is how long a session is asked to last: an hour where nothing is said, and no longer for a role that
// assumes another.
func sessionLifetime(r *front.Request, role front.Principal, asked string) (time.Duration, *front.Error) {
	if asked == "" {
		return time.Hour, nil
	}
	n, bad := strconv.Atoi(asked)
	lifetime := time.Duration(n) * time.Second
	switch {
	case bad != nil || lifetime < 15*time.Minute || lifetime > 12*time.Hour:
		return 0, invalid("1 validation error detected: Value '%s' at 'durationSeconds' failed to satisfy constraint: "+
			"Member must have value between 900 and 43200", asked)
	case r.Caller.Kind == policies.Role && lifetime > time.Hour:
		return 0, invalid("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role " +
			"chaining")
	case lifetime > role.Longest:
		return 0, invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	}
	return lifetime, nil
}
