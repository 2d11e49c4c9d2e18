package signin_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"locksmith/test/cloud/place"
	"locksmith/test/cloud/signin"
)

// TestShapes holds the events against AWS's own examples, field by field.
func TestShapes(t *testing.T) {
	p := place.New(t)
	p.ConsoleLogin("111122223333", signin.Login{MFA: true})
	p.ConsoleLogin("111122223333", signin.Login{Failed: true})
	p.RequestPasswordRecovery("111122223333")
	p.CompletePasswordRecovery("111122223333")
	p.UpdatePassword("111122223333")
	login := func(mfa string) map[string]any {
		return map[string]any{"LoginTo": "https://console.aws.amazon.com/console/home?state=hashArgs%23&isauthcode=true",
			"MobileVersion": "No", "MFAUsed": mfa}
	}
	want := []map[string]any{
		{"eventName": "ConsoleLogin", "responseElements": map[string]any{"ConsoleLogin": "Success"},
			"additionalEventData": login("Yes")},
		{"eventName": "ConsoleLogin", "responseElements": map[string]any{"ConsoleLogin": "Failure"},
			"errorMessage": "Failed authentication", "additionalEventData": login("No")},
		{"eventName": "PasswordRecoveryRequested",
			"responseElements": map[string]any{"PasswordRecoveryRequested": "Success"}},
		{"eventName": "PasswordRecoveryCompleted",
			"responseElements": map[string]any{"PasswordRecoveryCompleted": "Success"}},
		{"eventName": "PasswordUpdated", "responseElements": map[string]any{"PasswordUpdated": "Success"}},
	}
	events := p.Events()
	if len(events) != len(want) {
		t.Fatalf("%d events", len(events))
	}
	for i, text := range events {
		var event struct {
			Source     string         `json:"source"`
			DetailType string         `json:"detail-type"`
			Account    string         `json:"account"`
			Region     string         `json:"region"`
			Detail     map[string]any `json:"detail"`
		}
		if err := json.Unmarshal(text, &event); err != nil {
			t.Fatal(err)
		}
		if event.Source != "aws.signin" || event.DetailType != "AWS Console Sign In via CloudTrail" ||
			event.Account != "111122223333" || event.Region != "us-east-1" {
			t.Errorf("%s", text)
		}
		for _, changing := range []string{"eventID", "eventTime", "userAgent", "sourceIPAddress"} {
			if event.Detail[changing] == "" {
				t.Errorf("no %s", changing)
			}
			delete(event.Detail, changing)
		}
		for key, value := range map[string]any{"eventVersion": "1.11", "eventSource": "signin.amazonaws.com",
			"awsRegion": "us-east-1", "eventType": "AwsConsoleSignIn", "eventCategory": "Management",
			"managementEvent": true, "readOnly": false, "recipientAccountId": "111122223333", "requestParameters": nil,
			"userIdentity": map[string]any{"type": "Root", "principalId": "111122223333", "accountId": "111122223333",
				"arn": "arn:aws:iam::111122223333:root", "accessKeyId": ""}} {
			want[i][key] = value
		}
		if diff := cmp.Diff(want[i], event.Detail); diff != "" {
			t.Errorf("%s", diff)
		}
	}
}
