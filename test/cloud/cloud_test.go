package cloud_test

import (
	"strings"
	"testing"
	"time"

	"locksmith/test/cloud/events"
	"locksmith/test/cloud/place"
)

// What the tests here call by short names.
const (
	owner   = place.Owner
	central = place.Central
	region  = place.Region
	lock    = place.Lock
	lockQ   = place.LockQ
)

// TestTrail: changes and refused ones become events in CloudTrail's shape.
func TestTrail(t *testing.T) {
	p := place.New(t)
	session := p.Root(t, "S3UnlockBucketPolicy")
	_ = place.PutBucketPolicy(p.As(owner+".role.Admin", region), lock)
	_ = place.PutBucketPolicy(p.As(owner, region), lock)
	_ = place.DeleteBucketPolicy(session, owner)
	_ = p.SetQueue(p.As(owner, region), lockQ)
	events := p.Events()
	want := [][]string{
		{`"eventName":"AssumeRoot"`, `"targetPrincipal":"111122223333"`,
			`"taskPolicyArn":{"arn":"arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy"}`,
			`"account":"999988887777"`,
			`"assumedRoot":"true"`, `"accessKeyId":"` + p.Secrets()[0] + `"`,
			`"expiration":"Nov 21, 2026, 8:05:00 AM"`},
		{`"eventName":"PutBucketPolicy"`, `"bucketPolicy":{"Version"`, `"policy":""`,
			`"Host":"b.s3.eu-central-1.amazonaws.com"`, `"type":"AssumedRole"`, `"sessionIssuer"`,
			`"ARN":"arn:aws:s3:::b"`},
		{`"errorCode":"AccessDenied"`, `"type":"IAMUser"`},
		{`"eventName":"DeleteBucketPolicy"`, `"type":"Root"`, `"arn":"arn:aws:iam::111122223333:root"`,
			`"accessKeyId":"` + p.Secrets()[0] + `"`},
		{`"source":"aws.sqs"`, `"attributes":{"Policy":"{`, `"awsRegion":"eu-central-1"`},
	}
	if len(events) != len(want) {
		t.Fatalf("%d events: %s", len(events), events)
	}
	for i, parts := range want {
		for _, part := range parts {
			if !strings.Contains(string(events[i]), part) {
				t.Errorf("event %d has no %s: %s", i, part, events[i])
			}
		}
	}
	for _, secret := range p.Secrets()[1:] {
		if strings.Contains(string(events[0]), secret) {
			t.Error("the AssumeRoot event holds a secret")
		}
	}
}

// TestManyAtOnce is for the race detector: changes, reads, receives and a clock that nobody owns.
func TestManyAtOnce(t *testing.T) {
	p := place.New(t)
	admin, done := p.As(owner, region), make(chan error, 40)
	p.AddRule(events.Rule{Queue: "arn:aws:sqs:eu-central-1:111122223333:q", Matches: func([]byte) bool { return true }})
	for i := range 40 {
		go func() {
			switch i % 4 {
			case 0:
				done <- place.PutBucketPolicy(admin, strings.Replace(lock, "s3:*", "s3:PutObject", 1))
			case 1:
				err := place.GetBucketPolicy(admin)
				if place.Code(err) == "NoSuchBucketPolicy" {
					err = nil
				}
				done <- err
			case 2:
				done <- p.GetQueue(admin)
			default:
				p.Receive("arn:aws:sqs:eu-central-1:111122223333:q", 10, time.Second)
				done <- nil
			}
		}()
	}
	for range 40 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if n := len(p.Bodies("arn:aws:sqs:eu-central-1:111122223333:q")); n != 10 {
		t.Errorf("%d events in the queue, want 10", n)
	}
}
