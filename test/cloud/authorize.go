package cloud

import (
	"fmt"
	"net/http"
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
	decision := policies.NotAllowed
	if t.policy != "" {
		doc, err := policies.Parse([]byte(t.policy))
		if err != nil {
			return &apiError{"NotImplemented", "this AWS cannot read the policy in force: " + err.Error(), http.StatusNotImplemented}
		}
		d := doc.Evaluate(question)
		if d.Effect == policies.Unsettled {
			return &apiError{"NotImplemented", "this AWS cannot tell: " + strings.Join(d.Reasons, "; "), http.StatusNotImplemented}
		}
		decision = d.Effect
	}
	switch {
	case decision == policies.Denied:
		return r.denied(question, "with an explicit deny in a resource-based policy")
	case own:
		return nil
	case decision != policies.Allowed:
		return r.denied(question, "because no resource-based policy allows the "+t.action+" action")
	case t.ownOnly && r.service == "s3":
		return &apiError{"MethodNotAllowed", "The specified method is not allowed against this resource.", http.StatusMethodNotAllowed}
	case t.ownOnly:
		return r.denied(question, "because cross-account permissions do not apply to this action")
	}
	return nil
}

// ceilings asks the policies that only ever take away: the task policy of a root session, and the account's service control policy.
func (r *request) ceilings(question policies.Request) *apiError {
	if s := r.caller.session; s != nil && s.ceiling.Evaluate(question).Effect != policies.NotAllowed {
		return r.denied(question, "with an explicit deny in a session policy")
	}
	text := r.cloud.scps[r.caller.account]
	if text == "" {
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
	action := q.Action
	code := "AccessDenied"
	if r.service == "sqs" {
		action = strings.ToLower(action)
		code = "AccessDeniedException"
	}
	return &apiError{code, fmt.Sprintf("User: %s is not authorized to perform: %s on resource: %q %s", r.caller.arn(), action, q.Resource, why), http.StatusForbidden}
}

// context holds the condition keys of a direct call over TLS
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html).
func (r *request) context(t target) policies.Context {
	now := r.cloud.config.Now().UTC()
	c := policies.Context{}
	for key, value := range map[string]string{
		"aws:PrincipalArn": r.caller.ARN, "aws:PrincipalAccount": r.caller.account, "aws:PrincipalOrgID": r.cloud.config.Organization,
		"aws:ResourceAccount": t.owner, "aws:ResourceOrgID": r.cloud.config.Organization, "aws:userid": r.caller.userID(),
		"aws:PrincipalIsAWSService": "false", "aws:ViaAWSService": "false", "aws:SecureTransport": "true", "aws:SourceIp": publicAddress,
		"aws:CurrentTime": now.Format(time.RFC3339), "aws:EpochTime": strconv.FormatInt(now.Unix(), 10), "aws:RequestedRegion": r.region,
	} {
		c.Set(key, value)
	}
	if agent := r.UserAgent(); agent != "" {
		c.Set("aws:UserAgent", agent)
	}
	switch r.caller.Kind {
	case policies.User:
		c.Set("aws:PrincipalType", "User")
		c.Set("aws:username", r.caller.name())
	case policies.Role:
		c.Set("aws:PrincipalType", "AssumedRole")
		c.Set("aws:TokenIssueTime", now.Add(-time.Hour).Format(time.RFC3339))
		c.Set("aws:MultiFactorAuthPresent", "false")
	case policies.Root:
		c.Set("aws:PrincipalType", "Account")
		c.Set("aws:AssumedRoot", "true")
		c.Set("aws:TokenIssueTime", now.Add(-time.Minute).Format(time.RFC3339))
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
	c.off = !on
}

// DisableRegion switches STS off in a Region of an account.
func (c *Cloud) DisableRegion(account, region string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.disabled[account+region] = true
}
