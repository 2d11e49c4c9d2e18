package cloudtrail

import (
	"encoding/json"
	"slices"
)

// A UseKind is what a call does with root, or to those who may use it.
type UseKind string

// The kinds.
const (
	Opens  UseKind = "opens"   // AssumeRoot: a session of a member's root, in the record of the account that called
	SignIn UseKind = "sign-in" // root's own sign-in, its password and its address
	Calls  UseKind = "calls"   // a call by root that changes something, of a session or of root itself
	// Switch is an off-switch: who may open root sessions, and whether anybody may.
	Switch UseKind = "switch"
	// Beneath is a change of the organization's policies or tree, which may begin to stop us.
	Beneath UseKind = "beneath"
)

// A rootCall is some calls of one service that [ParseUse] understands and [UsePattern] lets through.
type rootCall struct {
	kind        UseKind
	eventSource string   // CloudTrail's; "" for any service
	names       []string // CloudTrail's eventName; none for every call that changes something
	byRoot      bool     // only where root itself calls
	ofIAM       bool     // only where it is about IAM's trusted access
}

// rootCalls is the table. The first row that fits a record counts. The shapes are in test/events.
//
// Root's sign-ins are recorded in us-east-1, as IAM, Organizations and account management are, and AssumeRoot where its
// endpoint is (CloudTrail's user guide, "AWS Management Console sign-in events"; IAM's, "Track privileged tasks").
func rootCalls() []rootCall {
	const iam, organizations = "iam.amazonaws.com", "organizations.amazonaws.com"
	return []rootCall{
		{kind: Opens, eventSource: "sts.amazonaws.com", names: []string{"AssumeRoot"}},
		{kind: SignIn, eventSource: "signin.amazonaws.com", names: []string{"ConsoleLogin", "PasswordUpdated"}, byRoot: true},
		{kind: SignIn, eventSource: "signin.amazonaws.com", // only root's password is recovered by mail
			names: []string{"PasswordRecoveryRequested", "PasswordRecoveryCompleted", "EmailUpdated"}},
		{kind: SignIn, eventSource: "account.amazonaws.com", names: []string{"AcceptPrimaryEmailUpdate"}},
		{kind: Switch, eventSource: iam,
			names: []string{"DisableOrganizationsRootSessions", "DisableOrganizationsRootCredentialsManagement"}},
		{kind: Switch, eventSource: organizations, ofIAM: true, names: []string{"RegisterDelegatedAdministrator",
			"DeregisterDelegatedAdministrator", "DisableAWSServiceAccess"}},
		{kind: Switch, eventSource: organizations,
			names: []string{"LeaveOrganization", "RemoveAccountFromOrganization", "DeleteOrganization"}},
		{kind: Beneath, eventSource: organizations, names: []string{"AttachPolicy", "DetachPolicy", "CreatePolicy",
			"UpdatePolicy", "DeletePolicy", "EnablePolicyType", "DisablePolicyType", "MoveAccount"}},
		// Rules hear of these two, although they change nothing.
		{kind: Calls, eventSource: "sts.amazonaws.com", byRoot: true,
			names: []string{"GetSessionToken", "GetFederationToken"}},
		{kind: Calls, byRoot: true},
	}
}

var rootTable = rootCalls()

// findUse is the row of the table that a record belongs to.
func findUse(r useRecord) (rootCall, bool) {
	i := slices.IndexFunc(rootTable, func(c rootCall) bool {
		named := c.eventSource == r.EventSource && slices.Contains(c.names, r.EventName)
		return (named || c.eventSource == "" && !r.ReadOnly) && (!c.byRoot || r.UserIdentity.Type == "Root") &&
			(!c.ofIAM || r.servicePrincipal() == iamService)
	})
	if i < 0 {
		return rootCall{}, false
	}
	return rootTable[i], true
}

// iamService is how Organizations names IAM, whose trusted access root sessions hang on.
const iamService = "iam.amazonaws.com"

// UsePattern is the EventBridge pattern of the rules that feed the watch on root. Failed calls are let through: whoever
// tries is worth a line. Only AWS can put events whose source begins with aws., so nobody can make one up
// (https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsRequestEntry.html). A rule that is plainly
// enabled leaves out calls that begin with Get, List or Describe, and so none of these
// (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail-management.html).
//
// With kinds, it is the pattern of those alone.
func UsePattern(kinds ...UseKind) []byte {
	type object = map[string]any
	var alternatives []object
	for _, c := range rootTable {
		if len(kinds) > 0 && !slices.Contains(kinds, c.kind) {
			continue
		}
		alternative := object{}
		if c.eventSource != "" {
			alternative["eventSource"], alternative["eventName"] = []string{c.eventSource}, c.names
		} else {
			alternative["readOnly"] = []bool{false}
		}
		if c.byRoot {
			alternative["userIdentity"] = object{"type": []string{"Root"}}
		}
		if c.ofIAM {
			alternative["requestParameters"] = object{"servicePrincipal": []string{iamService}}
		}
		alternatives = append(alternatives, alternative)
	}
	text, err := json.Marshal(object{
		"source":      []object{{"prefix": awsSource}},
		"detail-type": []string{detailType, signInType, serviceType},
		"detail":      object{"$or": alternatives},
	})
	if err != nil {
		panic(err) // maps of strings: cannot happen
	}
	return text
}

const (
	awsSource   = "aws." // how the source of each event begins that AWS puts on a bus; partners' is aws.partner/…
	signInType  = "AWS Console Sign In via CloudTrail"
	serviceType = "AWS Service Event via CloudTrail"
)
