package cloud

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"locksmith/policies"
)

// A target is what a call is about.
type target struct {
	action  string // such as s3:PutBucketPolicy
	arn     string
	owner   string
	policy  string            // the resource's policy, or ""
	ownOnly bool              // only principals of the owning account may call it, whatever the policy allows
	keys    map[string]string // further condition keys that the call carries
}

// publicAddress is where every call seems to come from: the loopback address of this process is none that AWS would see.
const publicAddress = "198.51.99.7"

// roleSessionAge is how long ago the session of every role began: such keys are not issued here, so the session has no start of its own.
const roleSessionAge = time.Hour

// authorize decides as AWS would. Users and roles hold every permission in their identity policies, so only resource policies, task policies and service control
// policies can stand in the way. It is called under the cloud's lock.
func (r *request) authorize(t target) *apiError {
	question := policies.Request{Caller: r.caller.Caller, Action: t.action, Resource: t.arn, Context: r.context(t)}
	if err := r.ceilings(question); err != nil {
		return err
	}
	own := r.caller.account == t.owner
	if own && r.caller.Kind == policies.Root && byRight[t.action] {
		return nil
	}
	decision, err := t.decide(question, own)
	if err != nil {
		return err
	}
	switch {
	case decision == policies.Denied:
		return r.denied(question, "with an explicit deny in a resource-based policy")
	case own:
		return nil
	case decision != policies.Allowed:
		return r.denied(question, "because no resource-based policy allows the "+r.spelled(t.action)+" action")
	case t.ownOnly && r.service == "s3":
		return &apiError{"MethodNotAllowed", "The specified method is not allowed against this resource.", http.StatusMethodNotAllowed}
	case t.ownOnly:
		return r.denied(question, "because cross-account permissions do not apply to this action")
	}
	return nil
}

// decide asks the resource's policy. An Allow that is not settled makes no difference to a caller of the owning account, who is allowed anyway.
func (t target) decide(question policies.Request, own bool) (effect string, err *apiError) {
	if t.policy == "" {
		return policies.NotAllowed, nil
	}
	doc, broken := policies.Parse([]byte(t.policy))
	if broken != nil {
		return "", &apiError{"NotImplemented", "this AWS cannot read the policy in force: " + broken.Error(), http.StatusNotImplemented}
	}
	d := doc.Evaluate(question)
	if d.Effect != policies.Unsettled {
		return d.Effect, nil
	}
	deny := func(index int) bool { return doc.Statements[index].Effect == policies.Deny }
	if own && len(d.Statements) > 0 && !slices.ContainsFunc(d.Statements, deny) {
		return policies.NotAllowed, nil
	}
	return "", &apiError{"NotImplemented", "this AWS cannot tell: " + strings.Join(d.Reasons, "; "), http.StatusNotImplemented}
}

// ceilings asks the policies that only ever take away: the task policy of a root session, and the account's service control policy.
func (r *request) ceilings(question policies.Request) *apiError {
	if s := r.caller.session; s != nil && s.ceiling.Evaluate(question).Effect != policies.NotAllowed {
		return r.denied(question, "with an explicit deny in a session policy")
	}
	text := r.cloud.scps[r.caller.account]
	if text == "" || r.caller.account == r.cloud.config.ManagementAccount { // SCPs do not bind the management account
		return nil
	}
	doc, err := policies.Parse([]byte(text))
	if err != nil {
		return &apiError{"NotImplemented", "this AWS cannot read the service control policy: " + err.Error(), http.StatusNotImplemented}
	}
	switch doc.Evaluate(question).Effect {
	case policies.Denied:
		return r.denied(question, "with an explicit deny in a service control policy")
	case policies.Unsettled:
		return &apiError{"NotImplemented", "this AWS cannot tell what the service control policy says", http.StatusNotImplemented}
	}
	return nil
}

// denied is the service's AccessDenied
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html).
func (r *request) denied(q policies.Request, why string) *apiError {
	code, resource := "AccessDenied", q.Resource
	switch r.service {
	case "s3":
		resource = strconv.Quote(resource)
	case "sqs":
		code = "AccessDeniedException"
	case "sns":
		code = "AuthorizationError"
	}
	return &apiError{code, fmt.Sprintf("User: %s is not authorized to perform: %s on resource: %s %s", r.caller.arn(), r.spelled(q.Action), resource, why), http.StatusForbidden}
}

// spelled is an action as the service's messages have it: SQS writes it in lower case.
func (r *request) spelled(action string) string {
	if r.service == "sqs" {
		return strings.ToLower(action)
	}
	return action
}

// context holds the condition keys of a direct call over TLS
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html).
func (r *request) context(t target) policies.Context {
	now := r.cloud.config.Now().UTC()
	root := r.cloud.config.Organization + "/r-a1b2/" // every account stands right under the organization's root
	c := policies.Context{}
	for key, value := range map[string]string{
		"aws:PrincipalArn": r.caller.ARN, "aws:PrincipalAccount": r.caller.account, "aws:PrincipalOrgID": r.cloud.config.Organization,
		"aws:ResourceAccount": t.owner, "aws:ResourceOrgID": r.cloud.config.Organization,
		"aws:PrincipalOrgPaths": root, "aws:ResourceOrgPaths": root, "aws:userid": r.caller.userID(),
		"aws:PrincipalIsAWSService": "false", "aws:ViaAWSService": "false", "aws:SecureTransport": "true", "aws:SourceIp": publicAddress,
		"aws:CurrentTime": now.Format(time.RFC3339), "aws:EpochTime": strconv.FormatInt(now.Unix(), 10), "aws:RequestedRegion": r.region,
	} {
		c.Set(key, value)
	}
	for key, value := range map[string]string{"aws:UserAgent": r.UserAgent(), "aws:Referer": r.Referer()} {
		if value != "" {
			c.Set(key, value)
		}
	}
	switch r.caller.Kind {
	case policies.User:
		c.Set("aws:PrincipalType", "User")
		c.Set("aws:username", r.caller.name())
	case policies.Role:
		c.Set("aws:PrincipalType", "AssumedRole")
		c.Set("aws:TokenIssueTime", now.Add(-roleSessionAge).Format(time.RFC3339))
		c.Set("aws:MultiFactorAuthPresent", "false")
	case policies.Root:
		c.Set("aws:PrincipalType", "Account")
		c.Set("aws:AssumedRoot", "true")
		c.Set("aws:TokenIssueTime", r.caller.session.issued.UTC().Format(time.RFC3339))
		c.Set("aws:MultiFactorAuthPresent", "false")
	}
	if r.service == "s3" {
		for key, value := range map[string]string{"s3:authType": "REST-HEADER", "s3:signatureversion": "AWS4-HMAC-SHA256", "s3:signatureAge": "1000",
			"s3:TlsVersion": "1.3", "s3:ResourceAccount": t.owner, "s3:x-amz-content-sha256": r.Header.Get("X-Amz-Content-Sha256")} {
			c.Set(key, value)
		}
	}
	for key, value := range t.keys {
		c.Set(key, value)
	}
	return c
}

// SetSCP puts a service control policy on an account; "" takes it off.
func (c *Cloud) SetSCP(account, policy string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.scps[account] = policy
}

// RootSessions switches the organization's root sessions feature on or off; it is on at the start.
func (c *Cloud) RootSessions(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.off[rootSessions] = !on
}

// RootCredentialsManagement switches the organization's feature for the three IAM tasks on or off; it is on at the start.
func (c *Cloud) RootCredentialsManagement(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.off[rootCredentials] = !on
}

// DisableRegion switches STS off in a Region of an account.
func (c *Cloud) DisableRegion(account, region string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.disabled[account+region] = true
}
