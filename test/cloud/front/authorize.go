package front

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"locksmith/policies"
)

// A Target is what a call is about.
type Target struct {
	Action  string // such as s3:PutBucketPolicy
	ARN     string
	Owner   string            // the account
	Policy  string            // the resource's policy, or ""
	OwnOnly bool              // only principals of the owning account may call it, whatever the policy allows
	Keys    map[string]string // further condition keys that the call carries
}

// publicAddress is where every call seems to come from. The loopback address of this process is none that AWS would
// see.
const publicAddress = "198.51.99.7"

// roleSessionAge is how long ago the session of every role began. Such keys are not issued here, so the session has no
// start of its own.
const roleSessionAge = time.Hour

// Authorize decides as AWS would. Users and roles without identity policies hold every permission here, so mostly only
// resource policies, task policies and the policies of the organization stand in the way. It is called under the lock.
func (r *Request) Authorize(t Target) *Error {
	question := r.question(t)
	if err := r.ceilings(t.Owner, question); err != nil {
		return err
	}
	own := r.Caller.Account == t.Owner
	if own && r.Caller.Kind == policies.Root && slices.Contains(r.service.ByRight, t.Action) {
		return nil
	}
	permitted, err := r.permitted(question)
	if err != nil {
		return err
	}
	decision, err := t.decide(question, own)
	if err != nil {
		return err
	}
	switch {
	case decision == policies.Denied:
		return r.denied(question, "with an explicit deny in a resource-based policy")
	case permitted != policies.Allowed && (!own || decision != policies.Allowed):
		action := r.service.Words.Action(t.Action)
		return r.denied(question, "because no identity-based policy allows the "+action+" action")
	case own:
		return nil
	case decision != policies.Allowed:
		action := r.service.Words.Action(t.Action)
		return r.denied(question, "because no resource-based policy allows the "+action+" action")
	case t.OwnOnly && r.service.Words.NotAcross.Code != "":
		return &r.service.Words.NotAcross
	case t.OwnOnly:
		return r.denied(question, "because cross-account permissions do not apply to this action")
	}
	return nil
}

// Ceilings decides by all but the policy of the resource: by the task policy of a root session, the policies of the
// organization, and the caller's own identity policies. It is called under the lock.
func (r *Request) Ceilings(t Target) *Error {
	question := r.question(t)
	if err := r.ceilings(t.Owner, question); err != nil {
		return err
	}
	permitted, err := r.permitted(question)
	if err == nil && permitted != policies.Allowed {
		err = r.denied(question, "because no identity-based policy allows the "+
			r.service.Words.Action(t.Action)+" action")
	}
	return err
}

func (r *Request) question(t Target) policies.Request {
	return policies.Request{Caller: r.Caller.Caller, Action: t.Action, Resource: t.ARN, Context: r.context(t)}
}

// cannot is the answer where the documentation does not settle what AWS would do.
func cannot(what string) *Error {
	return Refuse("NotImplemented", "this AWS cannot "+what, http.StatusNotImplemented)
}

// decide asks the resource's policy. An Allow that is not settled makes no difference to a caller of the owning
// account, who is allowed anyway.
func (t Target) decide(question policies.Request, own bool) (effect string, err *Error) {
	if t.Policy == "" {
		return policies.NotAllowed, nil
	}
	doc, broken := policies.Parse([]byte(t.Policy))
	if broken != nil {
		return "", cannot("read the policy in force: " + broken.Error())
	}
	d := doc.Evaluate(question)
	if d.Effect != policies.Unsettled {
		return d.Effect, nil
	}
	if own && onlyAllows(doc, d.Statements) {
		return policies.NotAllowed, nil
	}
	return "", cannot("tell: " + strings.Join(d.Reasons, "; "))
}

func (r *Request) ceilings(owner string, question policies.Request) *Error {
	if s := r.Caller.Session; s != nil && s.Ceiling != nil &&
		s.Ceiling.Evaluate(question).Effect != policies.NotAllowed {
		return r.denied(question, "with an explicit deny in a session policy")
	}
	return r.bounded(owner, question)
}

// denied is the service's AccessDenied
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html).
func (r *Request) denied(q policies.Request, why string) *Error {
	w := r.service.Words
	return Refuse(w.Denied, fmt.Sprintf("User: %s is not authorized to perform: %s on resource: %s %s",
		r.Caller.Identity(), w.Action(q.Action), w.Resource(q.Resource), why), http.StatusForbidden)
}

// context holds the condition keys of a direct call over TLS
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html).
func (r *Request) context(t Target) policies.Context {
	now := r.Now().UTC()
	keys := map[string]string{
		"aws:PrincipalArn": r.Caller.ARN, "aws:PrincipalAccount": r.Caller.Account, "aws:userid": r.Caller.UserID(),
		"aws:ResourceAccount":       t.Owner,
		"aws:PrincipalIsAWSService": "false", "aws:ViaAWSService": "false",
		"aws:SecureTransport": "true", "aws:SourceIp": publicAddress, "aws:RequestedRegion": r.Region,
		"aws:CurrentTime": now.Format(time.RFC3339), "aws:EpochTime": strconv.FormatInt(now.Unix(), 10),
	}
	for key, value := range map[string]string{"aws:UserAgent": r.UserAgent(), "aws:Referer": r.Referer()} {
		if value != "" {
			keys[key] = value
		}
	}
	r.placed(keys, "Principal", r.Caller.Account)
	r.placed(keys, "Resource", t.Owner)
	maps.Copy(keys, r.Caller.keys(now))
	maps.Copy(keys, r.service.Keys(r, t))
	maps.Copy(keys, t.Keys)
	c := policies.Context{}
	for key, value := range keys {
		c.Set(key, value)
	}
	return c
}

// placed adds the keys of where an account stands, aws:PrincipalOrgID and such. Outside an organization there are none.
func (r *Request) placed(keys map[string]string, whose, account string) {
	if units := r.front.above.Units(account); units != "" {
		keys["aws:"+whose+"OrgID"], _, _ = strings.Cut(units, "/")
		keys["aws:"+whose+"OrgPaths"] = units
	}
}

// keys are the condition keys that differ by the kind of caller. Temporary credentials have an age.
func (c Caller) keys(now time.Time) map[string]string {
	keys := map[string]string{"aws:PrincipalType": "Account"}
	began := now.Add(-roleSessionAge)
	if c.Session != nil {
		began = c.Session.Issued.UTC()
	}
	switch {
	case c.Kind == policies.User:
		return map[string]string{"aws:PrincipalType": "User", "aws:username": c.name()}
	case c.Kind == policies.Role:
		keys["aws:PrincipalType"] = "AssumedRole"
	case c.Session == nil: // root's own key
		return keys
	default:
		keys["aws:AssumedRoot"] = "true"
	}
	keys["aws:MultiFactorAuthPresent"], keys["aws:TokenIssueTime"] = "false", began.Format(time.RFC3339)
	return keys
}
