package cloud

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"locksmith/policies"
)

// An action answers one call of a query protocol service: what it returns stands in the result element.
type action func(r *request, form url.Values) (result any, err *apiError)

var stsActions = map[string]action{"GetCallerIdentity": getCallerIdentity, "AssumeRoot": assumeRoot}

var snsActions = map[string]action{"CreateTopic": createTopic, "ListTopics": listTopics, "Subscribe": subscribe, "Publish": publish}

// serveQuery serves the query protocol (https://docs.aws.amazon.com/IAM/latest/UserGuide/programming.html): a form in, XML out.
func (r *request) serveQuery(actions map[string]action, namespace string) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 2<<20))
	if err != nil {
		return // the client has gone
	}
	form, err := url.ParseQuery(string(body))
	name := form.Get("Action")
	do, known := actions[name]
	global := r.service == "sts" && name == "AssumeRoot" && (strings.HasPrefix(r.Host, "sts.amazonaws.com") || r.region == "aws-global")
	if err != nil || !known || global {
		message := "Could not find operation " + name + " for version " + form.Get("Version")
		if global {
			message = "Unknown Operation" // the global endpoint does not know AssumeRoot
		}
		r.reject(&apiError{"InvalidAction", message, http.StatusBadRequest})
		return
	}
	r.perform(name, form.Get("TopicArn"), func() (func(), *apiError) {
		result, err := do(r, form)
		if err != nil {
			return nil, err
		}
		type metadata struct {
			RequestID string `xml:"RequestId"`
		}
		return r.xml(http.StatusOK, struct {
			XMLName  xml.Name
			Result   any
			Metadata metadata `xml:"ResponseMetadata"`
		}{xml.Name{Space: namespace, Local: name + "Response"}, result, metadata{r.id}}), nil
	})
}

func getCallerIdentity(r *request, _ url.Values) (any, *apiError) {
	return struct {
		XMLName              xml.Name `xml:"GetCallerIdentityResult"`
		Arn, UserId, Account string
	}{Arn: r.caller.arn(), UserId: r.caller.userID(), Account: r.caller.account}, nil
}

var rootTarget = regexp.MustCompile(`^(?:([0-9]{12})|arn:aws:iam::([0-9]{12}):root)$`)

// assumeRoot follows https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoot.html; the texts of the errors are as captured from AWS in
// radkawar/stackd, September 2026.
func assumeRoot(r *request, form url.Values) (result any, refused *apiError) {
	task := strings.TrimPrefix(form.Get("TaskPolicyArn.arn"), "arn:aws:iam::aws:policy/root-task/")
	to := form.Get("TargetPrincipal")
	defer func() {
		r.trail("AssumeRoot", map[string]any{"targetPrincipal": to, "taskPolicyArn": map[string]any{"arn": form.Get("TaskPolicyArn.arn")}}, nil, nil, refused)
	}()
	seconds := 900
	if s := form.Get("DurationSeconds"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 0 || n > 900 {
			return nil, &apiError{"ValidationError", fmt.Sprintf("1 validation error detected: Value '%s' at 'durationSeconds' failed to satisfy constraint: Member must have value less than or equal to 900", s), http.StatusBadRequest}
		}
		seconds = n
	}
	m := rootTarget.FindStringSubmatch(to)
	ceiling, known := taskPolicies[task]
	switch {
	case form.Get("TaskPolicyArn.arn") == "":
		return nil, &apiError{"ValidationError", "1 validation error detected: Value null at 'taskPolicyArn' failed to satisfy constraint: Member must not be null", http.StatusBadRequest}
	case m == nil:
		return nil, &apiError{"ValidationError", "Request must contain a valid target principal", http.StatusBadRequest}
	case !known || task == form.Get("TaskPolicyArn.arn"):
		return nil, &apiError{"ValidationError", "Request must contain valid AWS managed task policy ARN", http.StatusBadRequest}
	}
	account := m[1] + m[2]
	if err := r.mayAssumeRoot(account, task); err != nil {
		return nil, err
	}
	doc, err := policies.Parse([]byte(ceiling))
	if err != nil {
		return nil, &apiError{"InternalFailure", err.Error(), http.StatusInternalServerError}
	}
	s := &session{account: account, accessKey: "ASIA" + upper(16), secret: randomID(20), token: randomID(64), ceiling: doc, expires: r.cloud.config.Now().Add(time.Duration(seconds) * time.Second)}
	r.cloud.sessions[s.accessKey] = s
	type issued struct{ AccessKeyId, SecretAccessKey, SessionToken, Expiration string }
	return struct {
		XMLName        xml.Name `xml:"AssumeRootResult"`
		Credentials    issued
		SourceIdentity string `xml:",omitempty"`
	}{Credentials: issued{s.accessKey, s.secret, s.token, s.expires.UTC().Format(time.RFC3339)}}, nil
}

// mayAssumeRoot decides about the caller and the account. The management account's root cannot be assumed, nor can root call.
func (r *request) mayAssumeRoot(account, task string) *apiError {
	c := r.cloud
	central := r.caller.account == c.config.ManagementAccount || r.caller.account == c.config.DelegatedAdministrator
	if !central || r.caller.Kind == policies.Root || account == c.config.ManagementAccount {
		return &apiError{"AccessDenied", fmt.Sprintf("User: %s is not authorized to perform: sts:AssumeRoot on resource: arn:aws:iam::%s:root", r.caller.arn(), account), http.StatusForbidden}
	}
	if c.off && !strings.HasPrefix(task, "IAM") {
		return &apiError{"AccessDenied", "Root sessions feature is not enabled for your AWS Organization.", http.StatusForbidden}
	}
	if c.disabled[account+r.region] {
		return &apiError{"RegionDisabledException", "STS is not activated in this region for account:" + account + ". Your account administrator can activate STS in this region using the IAM Console.", http.StatusForbidden}
	}
	return r.authorize(target{action: "sts:AssumeRoot", arn: "arn:aws:iam::" + account + ":root", owner: r.caller.account})
}
