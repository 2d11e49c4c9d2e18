package cloud

import (
	"encoding/xml"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"locksmith/policies"
)

// The organization's features for root access, in STS's words. Neither implies the other.
const (
	rootSessions    = "Root sessions"
	rootCredentials = "Root credentials management"
)

func getCallerIdentity(r *request, _ url.Values) (any, *apiError) {
	return struct {
		XMLName              xml.Name `xml:"GetCallerIdentityResult"`
		Arn, UserId, Account string
	}{Arn: r.caller.arn(), UserId: r.caller.userID(), Account: r.caller.account}, nil
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

// assumeRoot follows https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoot.html; the texts of the errors are as captured from AWS in
// radkawar/stackd, September 2026. CloudTrail's record names the session's access key, by which its calls can be found. AWS writes the session token there too; with
// it anyone could use the session here, where any secret serves, so it is left out.
func assumeRoot(r *request, form url.Values) (result any, refused *apiError) {
	policy, to := form.Get("TaskPolicyArn.arn"), form.Get("TargetPrincipal")
	var s *session
	defer func() {
		var response any
		if s != nil {
			response = map[string]any{"credentials": map[string]any{"accessKeyId": s.accessKey, "expiration": s.expires.UTC().Format("Jan 2, 2006, 3:04:05 PM")}}
		}
		r.trail("AssumeRoot", map[string]any{"targetPrincipal": to, "taskPolicyArn": map[string]any{"arn": policy}}, response, nil, refused)
	}()
	lifetime, task, refused := readAssumeRoot(form)
	if refused != nil {
		return nil, refused
	}
	account := accountOf(to)
	if refused := r.mayAssumeRoot(account, task); refused != nil {
		return nil, refused
	}
	ceiling, err := policies.Parse([]byte(taskPolicies[task]))
	if err != nil {
		return nil, &apiError{"InternalFailure", err.Error(), http.StatusInternalServerError}
	}
	now := r.cloud.config.Now()
	maps.DeleteFunc(r.cloud.sessions, func(_ string, s *session) bool { return now.Sub(s.expires) > 12*time.Hour })
	s = &session{account: account, accessKey: "ASIA" + upper(16), secret: randomID(20), token: randomID(64), ceiling: ceiling, issued: now, expires: now.Add(lifetime)}
	r.cloud.sessions[s.accessKey] = s
	type issued struct{ AccessKeyId, SecretAccessKey, SessionToken, Expiration string }
	return struct {
		XMLName        xml.Name `xml:"AssumeRootResult"`
		Credentials    issued
		SourceIdentity string // inherited from the caller's session, and no session here has one
	}{Credentials: issued{s.accessKey, s.secret, s.token, s.expires.UTC().Format(time.RFC3339)}}, nil
}

// readAssumeRoot reads the parameters, and names the task by the last part of its policy's ARN.
func readAssumeRoot(form url.Values) (lifetime time.Duration, task string, err *apiError) {
	invalid := func(text string) (time.Duration, string, *apiError) {
		return 0, "", &apiError{"ValidationError", text, http.StatusBadRequest}
	}
	constraint := func(value, parameter, must string) (time.Duration, string, *apiError) {
		return invalid(fmt.Sprintf("1 validation error detected: Value %s at '%s' failed to satisfy constraint: Member must %s", value, parameter, must))
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

// mayAssumeRoot decides about the caller and the account. The management account's root cannot be assumed, nor can root call.
func (r *request) mayAssumeRoot(account, task string) *apiError {
	c := r.cloud
	t := target{action: "sts:AssumeRoot", arn: "arn:aws:iam::" + account + ":root", owner: account,
		keys: map[string]string{"sts:TaskPolicyArn": "arn:aws:iam::aws:policy/root-task/" + task}}
	central := r.caller.account == c.config.ManagementAccount || r.caller.account == c.config.DelegatedAdministrator
	if !central || r.caller.Kind == policies.Root || account == c.config.ManagementAccount {
		return &apiError{"AccessDenied", fmt.Sprintf("User: %s is not authorized to perform: %s on resource: %s", r.caller.arn(), t.action, t.arn), http.StatusForbidden}
	}
	question := policies.Request{Caller: r.caller.Caller, Action: t.action, Resource: t.arn, Context: r.context(t)}
	if err := r.ceilings(question); err != nil {
		return err
	}
	feature := rootSessions
	if strings.HasPrefix(task, "IAM") {
		feature = rootCredentials
	}
	if c.off[feature] {
		return &apiError{"AccessDenied", feature + " feature is not enabled for your AWS Organization.", http.StatusForbidden}
	}
	if c.disabled[account+r.region] {
		return &apiError{"RegionDisabledException", "STS is not activated in this region for account:" + account + ". Your account administrator can activate STS in this region using the IAM Console.", http.StatusForbidden}
	}
	return nil
}
