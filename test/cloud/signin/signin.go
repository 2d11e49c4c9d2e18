// Package signin is how root signs in: no call of an API, but events of CloudTrail all the same
// (https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html).
package signin

import "locksmith/test/cloud/front"

// Pages are the pages where root signs in and recovers its password.
type Pages struct{ front *front.Front }

// New makes the pages of an AWS.
func New(f *front.Front) *Pages { return &Pages{f} }

// A Login is one sign-in of root.
type Login struct {
	Failed bool
	MFA    bool
}

// ConsoleLogin signs root of an account in, or tries to.
func (p *Pages) ConsoleLogin(account string, l Login) {
	record := map[string]any{"responseElements": map[string]string{"ConsoleLogin": "Success"},
		"additionalEventData": map[string]string{"MobileVersion": "No", "MFAUsed": yes(l.MFA),
			"LoginTo": "https://console.aws.amazon.com/console/home?state=hashArgs%23&isauthcode=true"}}
	if l.Failed {
		record["responseElements"] = map[string]string{"ConsoleLogin": "Failure"}
		record["errorMessage"] = "Failed authentication"
	}
	p.tell(account, "ConsoleLogin", record)
}

func yes(is bool) string {
	if is {
		return "Yes"
	}
	return "No"
}

// RequestPasswordRecovery asks for the mail by which root's password is set anew. Only root can do that.
func (p *Pages) RequestPasswordRecovery(account string) {
	p.tell(account, "PasswordRecoveryRequested", success("PasswordRecoveryRequested"))
}

// CompletePasswordRecovery sets root's password by that mail.
func (p *Pages) CompletePasswordRecovery(account string) {
	p.tell(account, "PasswordRecoveryCompleted", success("PasswordRecoveryCompleted"))
}

// UpdatePassword changes root's password once root has signed in.
func (p *Pages) UpdatePassword(account string) {
	p.tell(account, "PasswordUpdated", success("PasswordUpdated"))
}

func success(event string) map[string]any {
	return map[string]any{"responseElements": map[string]string{event: "Success"}}
}

// tell records what root did there. All of it is recorded in us-east-1.
func (p *Pages) tell(account, event string, record map[string]any) {
	p.front.Lock()
	defer p.front.Unlock()
	p.front.Use(account)
	record["eventName"], record["eventType"], record["requestParameters"] = event, "AwsConsoleSignIn", nil
	record["sourceIPAddress"], record["userAgent"] = "198.51.99.7", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0)"
	record["userIdentity"] = map[string]any{"type": "Root", "principalId": account, "accountId": account,
		"arn": "arn:aws:iam::" + account + ":root", "accessKeyId": ""}
	p.front.Tell(front.Event{Service: "signin", DetailType: "AWS Console Sign In via CloudTrail", Account: account,
		Region: "us-east-1", Record: record})
}
