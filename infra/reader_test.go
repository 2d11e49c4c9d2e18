package main

import (
	"encoding/json"
	"strings"
	"testing"

	"locksmith/policies"
	"locksmith/policies/sources/cloudtrail"
)

// TestReader: the members' role lists names and does nothing else, and our two functions alone may take it.
func TestReader(t *testing.T) {
	central := stack(t, "Locksmith-Central")
	set := central.one(t, "AWS::CloudFormation::StackSet", "Readers").Properties
	var readers template
	if err := json.Unmarshal([]byte(set["TemplateBody"].(string)), &readers); err != nil {
		t.Fatal(err)
	}
	role := readers.one(t, "AWS::IAM::Role", "Reader").Properties
	want(t, "name", role["RoleName"], "LocksmithReader")
	want(t, "may", at(role, "Policies", 0, "PolicyDocument", "Statement", 0, "Action"),
		[]string{"iam:GetRole", "iam:ListRoles", "iam:ListUsers"})
	trust := at(role, "AssumeRolePolicyDocument", "Statement", 0)
	want(t, "trusted account", at(trust, "Principal", "AWS"),
		map[string]any{"Fn::Sub": "arn:${AWS::Partition}:iam::999988887777:root"})
	want(t, "trusted roles", at(trust, "Condition", "ArnEquals", "aws:PrincipalArn"), map[string]any{"Ref": "Readers"})
	given := compact(at(set, "Parameters", 0, "ParameterValue"))
	ours := strings.Contains(given, "UnlockRole") && strings.Contains(given, "SweepRole")
	if !ours || strings.Contains(given, "Watch") {
		t.Errorf("the role trusts %s", given)
	}
	statement := at(central.one(t, "AWS::IAM::Policy", "ReaderPolicy").Properties, "PolicyDocument", "Statement", 0)
	want(t, "which role", at(statement, "Resource"), "arn:aws:iam::*:role/LocksmithReader")
	want(t, "whose", at(statement, "Condition", "StringEquals", "aws:ResourceOrgID"), "o-a1b2c3d4e5")
	for _, name := range []string{"Unlock", "Sweep"} {
		f := central.one(t, "AWS::Lambda::Function", name).Properties
		want(t, name, at(f, "Environment", "Variables", "LOCKSMITH_READER_ROLE"), "arn:aws:iam::*:role/LocksmithReader")
	}
}

// TestDeletionsReachTheSweep: in members, on the bus and in what the parser reads it is one pattern, and what cannot be
// delivered is kept.
func TestDeletionsReachTheSweep(t *testing.T) {
	var pattern any
	if err := json.Unmarshal(cloudtrail.DeletionPattern(), &pattern); err != nil {
		t.Fatal(err)
	}
	central := stack(t, "Locksmith-Central")
	var member template
	body := central.one(t, "AWS::CloudFormation::StackSet", "Members").Properties["TemplateBody"].(string)
	if err := json.Unmarshal([]byte(body), &member); err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]template{"central": central, "member": member} {
		rule := s.one(t, "AWS::Events::Rule", "DeletionRule").Properties
		want(t, name, rule["EventPattern"], pattern)
		if dead := compact(at(rule, "Targets", 0, "DeadLetterConfig", "Arn")); !strings.Contains(dead, "DeadLetters") {
			t.Errorf("%s: what cannot be delivered goes to %s", name, dead)
		}
	}
	rule := central.one(t, "AWS::Events::Rule", "DeletionRule").Properties
	if to := compact(at(rule, "Targets", 0, "Arn")); !strings.Contains(to, "Sweeps") {
		t.Errorf("the bus's rule leads to %s", to)
	}
}

// TestReaderTemplate: the trust lets nobody in but those who are named.
func TestReaderTemplate(t *testing.T) {
	var readers template
	if err := json.Unmarshal([]byte(readerTemplate(&Config{Account: "999988887777", Reader: "LocksmithReader"})),
		&readers); err != nil {
		t.Fatal(err)
	}
	text := compact(at(readers.one(t, "AWS::IAM::Role", "Reader").Properties, "AssumeRolePolicyDocument"))
	text = strings.NewReplacer(`{"Fn::Sub":"arn:${AWS::Partition}:iam::999988887777:root"}`,
		`"arn:aws:iam::999988887777:root"`, `{"Ref":"Readers"}`, `["arn:aws:iam::999988887777:role/Unlock-1"]`,
		`"Action":"sts:AssumeRole"`, `"Action":"sts:AssumeRole","Resource":"*"`).Replace(text) // trust is of this role alone
	doc, err := policies.Parse([]byte(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	for name, row := range map[string]struct{ account, role, want string }{
		"our function":          {"999988887777", "Unlock-1", policies.Allowed},
		"another role of ours":  {"999988887777", "Admin", policies.NotAllowed},
		"the same name outside": {"444455556666", "Unlock-1", policies.NotAllowed},
	} {
		caller := policies.Caller{Kind: policies.Role, ARN: "arn:aws:iam::" + row.account + ":role/" + row.role,
			Session: "s"}
		context := policies.Context{}
		context.Set("aws:PrincipalArn", caller.ARN)
		got := doc.Evaluate(policies.Request{Caller: caller, Action: "sts:AssumeRole",
			Resource: "arn:aws:iam::111122223333:role/LocksmithReader", Context: context})
		if got.Effect != row.want {
			t.Errorf("%s: %s %v, want %s", name, got.Effect, got.Reasons, row.want)
		}
	}
}
