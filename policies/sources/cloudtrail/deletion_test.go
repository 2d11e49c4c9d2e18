package cloudtrail_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"locksmith/policies/sources/cloudtrail"
	cloud "locksmith/test/cloud/events"
)

// roleDeleted is IAM Identity Center deleting a role with an account's last assignment, in the shape of published
// records of 2023 (eventVersion 1.08).
const roleDeleted = `{"version":"0","id":"5b1f2d5e-0b5b-4a39-9e10-4d7a5d1c0c11",
	"detail-type":"AWS API Call via CloudTrail","source":"aws.iam","account":"111122223333",
	"time":"2026-11-21T08:15:30Z","region":"us-east-1","resources":[],
	"detail":{"eventVersion":"1.08","userIdentity":{"type":"AssumedRole","principalId":"AROAEXAMPLEEXAMPLE000:AWS-SSO",
	"arn":"arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForSSO/AWS-SSO","accountId":"111122223333",
	"sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLEEXAMPLE000",
	"arn":"arn:aws:iam::111122223333:role/aws-service-role/sso.amazonaws.com/AWSServiceRoleForSSO",
	"accountId":"111122223333","userName":"AWSServiceRoleForSSO"},"attributes":{"mfaAuthenticated":"false"}},
	"invokedBy":"sso.amazonaws.com"},"eventTime":"2026-11-21T08:15:30Z","eventSource":"iam.amazonaws.com",
	"eventName":"DeleteRole","awsRegion":"us-east-1","sourceIPAddress":"sso.amazonaws.com",
	"userAgent":"sso.amazonaws.com","requestParameters":{"roleName":"AWSReservedSSO_Admin_0123456789abcdef"},
	"responseElements":null,"requestID":"e7a3f0c2-58d1-4e52-9a51-6f6a0c1f9d10",
	"eventID":"8d7e6f5a-1c2b-4d3e-9f80-a1b2c3d4e5f6","readOnly":false,"eventType":"AwsApiCall","managementEvent":true,
	"recipientAccountId":"111122223333","eventCategory":"Management"}}`

func TestParseDeletion(t *testing.T) {
	want := cloudtrail.Deletion{ID: "8d7e6f5a-1c2b-4d3e-9f80-a1b2c3d4e5f6", Call: "DeleteRole", Account: "111122223333",
		Name: "AWSReservedSSO_Admin_0123456789abcdef", Time: time.Date(2026, 11, 21, 8, 15, 30, 0, time.UTC)}
	for _, row := range []struct{ name, from, to, want string }{
		{"a role", "", "", "deletion"},
		{"a user", `"DeleteRole"`, `"DeleteUser"`, "error"}, // a user's name is in another parameter
		{"a refused call", `"readOnly"`, `"errorCode":"DeleteConflictException","readOnly"`, "nothing"},
		{"another call", `"DeleteRole"`, `"TagRole"`, "nothing"},
		{"no name", `"roleName":"AWSReservedSSO_Admin_0123456789abcdef"`, "", "error"},
		{"no parameters", `{"roleName":"AWSReservedSSO_Admin_0123456789abcdef"}`, "null", "error"},
		{"no id", `"eventID":"8d7e6f5a-1c2b-4d3e-9f80-a1b2c3d4e5f6",`, "", "error"},
		{"no account", `"recipientAccountId":"111122223333"`, `"recipientAccountId":"root"`, "error"},
		{"no time", `"eventTime":"2026-11-21T08:15:30Z",`, "", "error"},
	} {
		event := strings.Replace(roleDeleted, row.from, row.to, 1)
		d, err := cloudtrail.ParseDeletion([]byte(event))
		got := "deletion"
		if errors.As(err, new(*cloudtrail.NothingToDo)) {
			got = "nothing"
		} else if err != nil {
			got = "error"
		}
		if got != row.want || got == "deletion" && d != want {
			t.Errorf("%s: %s (%v) %+v, want %s", row.name, got, err, d, row.want)
		}
		if !cloudtrail.IsDeletion([]byte(event)) {
			t.Errorf("%s: not taken for an event of IAM's", row.name)
		}
	}
	user := strings.NewReplacer(`"DeleteRole"`, `"DeleteUser"`, `"roleName"`, `"userName"`).Replace(roleDeleted)
	if d, err := cloudtrail.ParseDeletion([]byte(user)); err != nil || d.Call != "DeleteUser" {
		t.Errorf("%+v, %v", d, err)
	}
}

// TestDeletionPattern: the rule lets through what the parser reads, and nothing else.
func TestDeletionPattern(t *testing.T) {
	pattern, err := cloud.CompilePattern(cloudtrail.DeletionPattern())
	if err != nil {
		t.Fatal(err)
	}
	for event, want := range map[string]bool{
		roleDeleted: true,
		strings.Replace(roleDeleted, `"DeleteRole"`, `"DeleteUser"`, 1):                  true,
		strings.Replace(roleDeleted, `"DeleteRole"`, `"CreateRole"`, 1):                  false,
		strings.Replace(roleDeleted, `"readOnly"`, `"errorCode":"x","readOnly"`, 1):      false,
		strings.Replace(roleDeleted, `"source":"aws.iam"`, `"source":"our.own"`, 1):      false,
		strings.Replace(roleDeleted, `via CloudTrail"`, `via CloudTrail Insights"`, 1):   false,
		strings.Replace(roleDeleted, `"iam.amazonaws.com"`, `"identitystore.amazon"`, 1): false,
	} {
		if got, err := pattern.Match([]byte(event)); got != want || err != nil {
			t.Errorf("%t (%v), want %t:\n%s", got, err, want, event)
		}
	}
}
