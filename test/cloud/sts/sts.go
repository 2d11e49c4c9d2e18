// Package sts is STS in one process: who one is, and sessions of root in member accounts by AssumeRoot
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-privileged-task.html).
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

// The organization's features for root access, in IAM's words. Neither implies the other.
const (
	RootSessions              = "RootSessions"
	RootCredentialsManagement = "RootCredentialsManagement"
)

// spelled are the features in STS's words.
var spelled = map[string]string{RootSessions: "Root sessions",
	RootCredentialsManagement: "Root credentials management"}

// RootAccess is the organization's access to root in its members' accounts.
type RootAccess struct {
	front    *front.Front
	members  Members
	off      map[string]bool // the features that are off
	disabled map[string]bool // account and Region: STS is off there
}

// Members is the organization: who is in it, and who administers a service for it. It is asked under the lock.
type Members interface {
	Member(account string) (state string, ok bool)
	Administers(account, service string) bool
}

// New makes an STS behind a front, with both features on.
func New(f *front.Front, members Members) *RootAccess {
	s := &RootAccess{f, members, map[string]bool{}, map[string]bool{}}
	q := front.Query{Namespace: "https://sts.amazonaws.com/doc/2011-06-15/", Resource: subject, Hidden: hidden,
		Actions: map[string]front.Action{"GetCallerIdentity": getCallerIdentity, "AssumeRoot": s.assumeRoot,
			"AssumeRole": s.assumeRole}}
	f.Register(front.Service{Name: "sts", Serve: q.Serve, Reject: front.RejectQuery})
	return s
}

// subject is the ARN of the root that a call asks for.
func subject(action string, form url.Values) string {
	if action == "AssumeRole" {
		return form.Get("RoleArn")
	}
	if action == "AssumeRoot" {
		if account := accountOf(form.Get("TargetPrincipal")); account != "" {
			return "arn:aws:iam::" + account + ":root"
		}
	}
	return ""
}

// hidden tells that AssumeRoot is unknown at the global endpoint.
func hidden(r *front.Request, action string) bool {
	return action == "AssumeRoot" && (strings.HasPrefix(r.Host, "sts.amazonaws.com") || r.Region == "aws-global")
}

// RootSessions switches the organization's root sessions feature on or off; it is on at the start.
func (s *RootAccess) RootSessions(on bool) {
	s.front.Lock()
	defer s.front.Unlock()
	s.Switch(RootSessions, on)
}

// RootCredentialsManagement switches the organization's feature for the three IAM tasks on or off; it is on at the
// start.
func (s *RootAccess) RootCredentialsManagement(on bool) {
	s.front.Lock()
	defer s.front.Unlock()
	s.Switch(RootCredentialsManagement, on)
}

// On tells whether a feature is on. It is called under the lock.
func (s *RootAccess) On(feature string) bool { return !s.off[feature] }

// Switch switches a feature on or off. It is called under the lock.
func (s *RootAccess) Switch(feature string, on bool) { s.off[feature] = !on }

// DisableRegion switches STS off in a Region of an account.
func (s *RootAccess) DisableRegion(account, region string) {
	s.front.Lock()
	defer s.front.Unlock()
	s.disabled[account+region] = true
}

func getCallerIdentity(r *front.Request, _ url.Values) (any, *front.Error) {
	return struct {
		XMLName              xml.Name `xml:"GetCallerIdentityResult"`
		Arn, UserId, Account string
	}{Arn: r.Caller.Identity(), UserId: r.Caller.UserID(), Account: r.Caller.Account}, nil
}

var rootTarget = regexp.MustCompile(`^(?:([0-9]{12})|arn:aws:iam::([0-9]{12}):root)$`)

// accountOf is the account whose root a TargetPrincipal names, or "".
func accountOf(target string) string {
	m := rootTarget.FindStringSubmatch(target)
	if m == nil {
		return ""
	}
	return m[1] + m[2]
}

// assumeRoot follows https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoot.html; the texts of the errors
// are as captured from AWS in radkawar/stackd, September 2026.
func (s *RootAccess) assumeRoot(r *front.Request, form url.Values) (result any, refused *front.Error) {
	var opened *front.Session
	defer func() { record(r, form, opened, refused) }()
	lifetime, task, refused := readAssumeRoot(form)
	if refused != nil {
		return nil, refused
	}
	account := accountOf(form.Get("TargetPrincipal"))
	if refused := s.mayAssumeRoot(r, account, task); refused != nil {
		return nil, refused
	}
	ceiling, err := policies.Parse([]byte(taskPolicies[task]))
	if err != nil {
		return nil, front.Refuse("InternalFailure", err.Error(), http.StatusInternalServerError)
	}
	opened = s.front.OpenRoot(account, ceiling, lifetime)
	expiration := opened.Expires.UTC().Format(time.RFC3339)
	type issued struct{ AccessKeyId, SecretAccessKey, SessionToken, Expiration string }
	return struct {
		XMLName        xml.Name `xml:"AssumeRootResult"`
		Credentials    issued
		SourceIdentity string // inherited from the caller's session, and no session here has one
	}{Credentials: issued{opened.AccessKey, opened.Secret, opened.Token, expiration}}, nil
}

// record tells CloudTrail of AssumeRoot. The record names the session's access key, by which its calls can be found.
// AWS writes the session token there too. With it anyone could use the session here, where any secret serves, so it is
// left out.
func record(r *front.Request, form url.Values, opened *front.Session, refused *front.Error) {
	c := front.Record{Call: "AssumeRoot", Refused: refused,
		Parameters: map[string]any{"targetPrincipal": form.Get("TargetPrincipal"),
			"taskPolicyArn": map[string]any{"arn": form.Get("TaskPolicyArn.arn")}},
		Session: map[string]any{"assumedRoot": "true"}, // an oddity of AWS: it stands at the caller, not at the session
	}
	if opened != nil {
		c.Response = map[string]any{"credentials": map[string]any{"accessKeyId": opened.AccessKey,
			"expiration": opened.Expires.UTC().Format("Jan 2, 2006, 3:04:05 PM")}}
	}
	r.Record(c)
}

// readAssumeRoot reads the parameters, and names the task by the last part of its policy's ARN.
func readAssumeRoot(form url.Values) (lifetime time.Duration, task string, err *front.Error) {
	invalid := func(text string) (time.Duration, string, *front.Error) {
		return 0, "", front.Refuse("ValidationError", text, http.StatusBadRequest)
	}
	constraint := func(value, parameter, must string) (time.Duration, string, *front.Error) {
		return invalid(fmt.Sprintf("1 validation error detected: Value %s at '%s' failed to satisfy constraint: "+
			"Member must %s", value, parameter, must))
	}
	task, known := strings.CutPrefix(form.Get("TaskPolicyArn.arn"), "arn:aws:iam::aws:policy/root-task/")
	if known {
		_, known = taskPolicies[task]
	}
	seconds := 900
	if s := form.Get("DurationSeconds"); s != "" {
		n, err := strconv.Atoi(s)
		switch {
		case err != nil:
			return invalid("DurationSeconds is no number: " + s)
		case n > 900:
			return constraint("'"+s+"'", "durationSeconds", "have value less than or equal to 900")
		case n < 0:
			return constraint("'"+s+"'", "durationSeconds", "have value greater than or equal to 0")
		}
		seconds = n
	}
	switch {
	case form.Get("TaskPolicyArn.arn") == "":
		return constraint("null", "taskPolicyArn", "not be null")
	case form.Get("TargetPrincipal") == "":
		return constraint("null", "targetPrincipal", "not be null")
	case accountOf(form.Get("TargetPrincipal")) == "":
		return invalid("Request must contain a valid target principal")
	case !known:
		return invalid("Request must contain valid AWS managed task policy ARN")
	}
	return time.Duration(seconds) * time.Second, task, nil
}

// mayAssumeRoot decides about the caller and the account. Only active members' root can be assumed, and never the
// management account's. Root cannot call. STS says the same of all that; of a suspended account it is not documented.
// A resource control policy of the target counts, since its root user is the resource of the call.
func (s *RootAccess) mayAssumeRoot(r *front.Request, account, task string) *front.Error {
	c := s.front.Config()
	t := front.Target{Action: "sts:AssumeRoot", ARN: "arn:aws:iam::" + account + ":root", Owner: account,
		Keys: map[string]string{"sts:TaskPolicyArn": "arn:aws:iam::aws:policy/root-task/" + task}}
	s.front.Use(account)
	state, member := s.members.Member(account)
	target := member && state == "ACTIVE" && account != c.ManagementAccount
	if !target || r.Caller.Kind == policies.Root || !s.members.Administers(r.Caller.Account, "iam.amazonaws.com") {
		return front.Refuse("AccessDenied", fmt.Sprintf("User: %s is not authorized to perform: %s on resource: %s",
			r.Caller.Identity(), t.Action, t.ARN), http.StatusForbidden)
	}
	if err := r.Ceilings(t); err != nil {
		return err
	}
	feature := RootSessions
	if strings.HasPrefix(task, "IAM") {
		feature = RootCredentialsManagement
	}
	if s.off[feature] {
		return front.Refuse("AccessDenied", spelled[feature]+" feature is not enabled for your AWS Organization.",
			http.StatusForbidden)
	}
	if s.disabled[account+r.Region] || s.front.OptedOut(account, r.Region) {
		return regionDisabled(account)
	}
	return nil
}

func regionDisabled(account string) *front.Error {
	return front.Refuse("RegionDisabledException", "STS is not activated in this region for account:"+account+
		". Your account administrator can activate STS in this region using the IAM Console.", http.StatusForbidden)
}
