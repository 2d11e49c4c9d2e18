package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"locksmith/lambdas/remedy"
	"locksmith/test/cloud"
)

const (
	sandbox = "111122223333" // covered by the sample allow list
	other   = "444455556666" // not covered
	home    = "eu-central-1"
)

// denyAll is the mistake: a Deny that catches everyone.
func denyAll(sid, actions string, resources ...string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Sid":%q,"Effect":"Deny","Principal":"*",`+
		`"Action":%q,"Resource":["%s"]}]}`, sid, actions, strings.Join(resources, `","`))
}

func tlsOnly(bucket string) string {
	return fmt.Sprintf(
		`{"Version":"2012-10-17","Statement":[{"Sid":"RequireTLS","Effect":"Deny","Principal":"*","Action":"s3:*",
		"Resource":["arn:aws:s3:::%s","arn:aws:s3:::%[1]s/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`,
		bucket)
}

// playStory shows the main job in four acts.
func playStory(ctx context.Context, s *screen, o options) error {
	g, err := open(s, "127.0.0.1:0", o)
	if err != nil {
		return err
	}
	defer g.close()
	g.print(g.paint(bold, "Locksmith") +
		" on an AWS in one process: real event shapes, real SDK calls, enforced policies\n")
	for _, act := range []func(context.Context) error{g.bucketAct, g.queueAct, g.harmlessAct, g.strangerAct} {
		if err := act(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (g *stage) bucketAct(ctx context.Context) error {
	g.title("1  Somebody tightens a bucket policy, and locks everybody out")
	g.cloud.PutBucket(sandbox, home, "payroll-exports")
	policy := denyAll("DenyAllAccess", "s3:*", "arn:aws:s3:::payroll-exports", "arn:aws:s3:::payroll-exports/*")
	if err := g.putBucketPolicy(ctx, sandbox, home, "payroll-exports", policy); err != nil {
		return err
	}
	g.getBucketPolicy(ctx, sandbox, home, "payroll-exports")
	g.deliver(ctx)
	g.getBucketPolicy(ctx, sandbox, home, "payroll-exports")
	g.mails(g.Topics.Alerts, "The mail", func(m cloud.Mail) string { return m.For("email") })
	return g.expect("arn:aws:s3:::payroll-exports", "")
}

func (g *stage) queueAct(ctx context.Context) error {
	g.title("2  The same with a queue")
	arn := g.cloud.CreateQueue(sandbox, home, "orders", nil)
	if err := g.setQueuePolicy(ctx, sandbox, home, "orders", denyAll("DenyAll", "sqs:*", arn)); err != nil {
		return err
	}
	g.getQueuePolicy(ctx, sandbox, home, "orders")
	g.deliver(ctx)
	g.getQueuePolicy(ctx, sandbox, home, "orders")
	g.mails(g.Topics.Alerts, "The mail begins", func(m cloud.Mail) string { return beginning(m.For("email")) })
	return g.expect(arn, "")
}

func (g *stage) harmlessAct(ctx context.Context) error {
	g.title("3  A Deny that only demands TLS is nobody's lockout")
	g.cloud.PutBucket(sandbox, home, "reports")
	policy := tlsOnly("reports")
	if err := g.putBucketPolicy(ctx, sandbox, home, "reports", policy); err != nil {
		return err
	}
	g.deliver(ctx)
	g.getBucketPolicy(ctx, sandbox, home, "reports")
	return g.expect("arn:aws:s3:::reports", policy)
}

func (g *stage) strangerAct(ctx context.Context) error {
	g.title("4  A lockout that the allow list does not cover is left, and somebody is paged")
	g.cloud.PutBucket(other, home, "ledger-of-record")
	policy := denyAll("DenyAllAccess", "s3:*", "arn:aws:s3:::ledger-of-record", "arn:aws:s3:::ledger-of-record/*")
	if err := g.putBucketPolicy(ctx, other, home, "ledger-of-record", policy); err != nil {
		return err
	}
	g.deliver(ctx)
	g.getBucketPolicy(ctx, other, home, "ledger-of-record")
	g.mails(g.Topics.Pages, "The page", func(m cloud.Mail) string { return pageReason(m.For("https")) })
	return g.expect("arn:aws:s3:::ledger-of-record", policy)
}

// deliver hands the queue's messages to the function until there are none, those that came too early included.
func (g *stage) deliver(ctx context.Context) {
	for ctx.Err() == nil {
		if g.Deliver(ctx) > 0 {
			continue
		}
		if len(g.cloud.Bodies(g.Queue)) == 0 {
			return
		}
		_ = remedy.Sleep(ctx, 50*time.Millisecond)
	}
}

// expect ends the story with an error where it did not come out as told. It is told of the sample allow list.
func (g *stage) expect(arn, policy string) error {
	if g.list != sample {
		return nil
	}
	if got := g.cloud.Policy(arn); got != policy {
		return fmt.Errorf("the story went wrong: the policy of %s is %q, not %q", arn, got, policy)
	}
	return nil
}

// beginning is a mail up to its first heading.
func beginning(text string) string {
	head, _, _ := strings.Cut(text, "\nWHAT HAPPENED")
	return head
}

// pageReason is what the pager shows of a page.
func pageReason(text string) string {
	var page struct{ AlarmName, NewStateReason string }
	if json.Unmarshal([]byte(text), &page) != nil {
		return text
	}
	return wrap(page.AlarmName+"\n"+page.NewStateReason, 90)
}

// wrap breaks lines between words.
func wrap(text string, width int) string {
	var lines []string
	for _, paragraph := range strings.Split(text, "\n") {
		line := ""
		for _, word := range strings.Fields(paragraph) {
			if line != "" && len(line)+1+len(word) > width {
				lines, line = append(lines, line), ""
			}
			line = strings.TrimSpace(line + " " + word)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}
