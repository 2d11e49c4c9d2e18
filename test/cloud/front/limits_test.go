package front_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/organizations"

	"locksmith/test/cloud/front"
	orgs "locksmith/test/cloud/organizations"
	"locksmith/test/cloud/place"
)

// TestLimits: each service has its own words for too many calls, and each account its own count.
func TestLimits(t *testing.T) {
	roots := func(p *place.Place, key string) error {
		_, err := organizations.NewFromConfig(p.As(key, "us-east-1")).ListRoots(t.Context(), nil)
		return err
	}
	for _, row := range []struct {
		service, action, code string
		first, other          func(p *place.Place) error
	}{
		{"sts", "AssumeRoot", "Throttling",
			func(p *place.Place) error {
				_, err := place.Assume(p.As(central, region), owner, "S3UnlockBucketPolicy", 60)
				return err
			}, func(p *place.Place) error {
				_, err := place.Assume(p.As("000011112222", region), owner, "S3UnlockBucketPolicy", 60)
				return err
			}},
		{"organizations", "ListRoots", "TooManyRequestsException",
			func(p *place.Place) error { return roots(p, central) },
			func(p *place.Place) error { return roots(p, "000011112222") }},
		{"s3", "", "SlowDown",
			func(p *place.Place) error { return list(p.As(owner, region), "b") },
			func(p *place.Place) error { return list(p.As(central, region), "c") }},
		{"sqs", "GetQueueAttributes", "RequestThrottled",
			func(p *place.Place) error { return p.GetQueue(p.As(owner, region)) },
			func(p *place.Place) error { return p.GetQueue(p.As(central, region)) }},
	} {
		p := place.New(t)
		p.PutBucket(central, region, "c")
		p.SetPolicy("arn:aws:sqs:eu-central-1:111122223333:q",
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":"*"}]}`)
		p.Limit(front.Limit{Service: row.service, Action: row.action, PerSecond: 0.5, Burst: 2})
		for i, want := range []string{"ok", "ok", row.code, row.code} {
			if got := place.Code(row.first(p)); got != want {
				t.Errorf("%s, call %d: %s, want %s", row.service, i, got, want)
			}
		}
		if got := place.Code(row.other(p)); got != "ok" {
			t.Errorf("%s, another account: %s", row.service, got)
		}
		p.Time = p.Time.Add(2 * time.Second)
		for i, want := range []string{"ok", row.code} {
			if got := place.Code(row.first(p)); got != want {
				t.Errorf("%s, later call %d: %s, want %s", row.service, i, got, want)
			}
		}
		if n := p.Throttled(row.service, row.action); row.action != "" && n != 3 {
			t.Errorf("%s: %d throttled", row.service, n)
		}
	}
}

// TestPublishedLimits: ListRoots may be called twice at once, and once a second.
func TestPublishedLimits(t *testing.T) {
	p := place.New(t)
	p.Limit(orgs.PublishedLimits()...)
	c := organizations.NewFromConfig(p.As(central, "us-east-1"))
	for i, want := range []string{"ok", "ok", "TooManyRequestsException"} {
		if _, err := c.ListRoots(t.Context(), nil); place.Code(err) != want {
			t.Errorf("call %d: %v", i, err)
		}
	}
}

// TestRegionNotEnabled: nobody's credentials are known there, and STS opens no session for the account.
func TestRegionNotEnabled(t *testing.T) {
	const away = "me-south-1"
	p := place.New(t)
	p.OptOut(owner, away)
	session := p.Root(t, "S3UnlockBucketPolicy")
	queues := p.Root(t, "SQSUnlockQueuePolicy")
	session.Region, queues.Region = away, away
	_, assumed := place.Assume(p.As(central, away), owner, "S3UnlockBucketPolicy", 60)
	_, other := place.Assume(p.As(central, away), "222233334444", "S3UnlockBucketPolicy", 60)
	for want, err := range map[string]error{"InvalidAccessKeyId": place.GetBucketPolicy(session),
		"InvalidClientTokenId": p.GetQueue(queues), "RegionDisabledException": assumed, "ok": other} {
		if got := place.Code(err); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
