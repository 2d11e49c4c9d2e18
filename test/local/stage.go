package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"

	"locksmith/lambdas/ledger"
	"locksmith/lambdas/notice"
	"locksmith/lambdas/remedy"
	"locksmith/policies/allowlist"
	"locksmith/test/cloud"
	"locksmith/test/pipeline"
)

// A stage is that AWS with the pipeline attached, and the screen on which it all shows.
type stage struct {
	*screen
	*pipeline.Pipeline
	cloud  *cloud.Cloud
	base   string
	secret string // everybody's
	list   string // path of the allow list
	server *http.Server
	shown  map[string]int // messages shown, by topic
	pages  atomic.Pointer[http.Handler]
}

// ServeHTTP answers as that AWS does, or with the desk's pages once they are there.
func (g *stage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h := g.pages.Load(); h != nil {
		(*h).ServeHTTP(w, r)
		return
	}
	g.cloud.ServeHTTP(w, r)
}

// options are what the flags say.
type options struct {
	list   string        // path of the allow list
	secret string        // everybody's, or "" for any
	strict bool          // a deployment's guards and settling times
	delay  time.Duration // how long events take to come
	desk   bool          // notices link to the desk
}

// sample is the path of the allow list that is taken unless another is named.
const sample = "policies/allowlist.json"

// limits are the guards. Whoever plays here with one bucket after the other is no storm.
func (o options) limits() ledger.Limits {
	limits := ledger.Defaults()
	if !o.strict {
		limits.PerResource, limits.PerAccount, limits.PerHour = 100, 1000, 1000
	}
	return limits
}

// guards says the guards and the settling time in words.
func (o options) guards() string {
	limits, settling := o.limits(), "no copy of a policy is taken for stale, since this AWS shows every change at once"
	if o.strict {
		settling = "a copy of a policy that may be stale is looked at again a minute after the change"
	}
	return fmt.Sprintf("%d unlocks of one resource in a day, %d of an account and %d in all in an hour;\n%s",
		limits.PerResource, limits.PerAccount, limits.PerHour, settling)
}

// open starts that AWS on an address, with the allow list. Events take a while to come, as they do at AWS.
func open(s *screen, address string, o options) (*stage, error) {
	text, err := os.ReadFile(o.list)
	if err != nil && o.list == sample {
		return nil, fmt.Errorf("sample allow list: %w; run it from the top of the source tree", err)
	} else if err != nil {
		return nil, fmt.Errorf("allow list: %w", err)
	}
	list, err := allowlist.Read(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.list, err)
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("address %q: %w; want one such as 127.0.0.1:4566", address, err)
	}
	g := &stage{screen: s, cloud: cloud.New(cloud.Config{EventDelay: o.delay}), list: o.list,
		secret: cmp.Or(o.secret, "any"), base: "http://" + listener.Addr().String(), shown: map[string]int{}}
	g.cloud.CheckSignatures(o.secret)
	g.cloud.OnCall(g.showCall)
	g.server = &http.Server{Handler: g, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = g.server.Serve(listener) }() // ends with Close
	linked := notice.Desk{}
	if o.desk {
		linked = notice.Desk{On: true, URL: g.base + pipeline.PagesPath}
	}
	g.Pipeline, err = pipeline.New(g.cloud, g.base, pipeline.Options{Allow: list, Limits: o.limits(), Secret: g.secret,
		Desk:       linked,
		Visibility: 5 * time.Second, Log: slog.New(slog.DiscardHandler), Report: g.showReport})
	if err == nil {
		g.Flow.Ledger, g.Flow.Instant = showing{g.Flow.Ledger, g}, !o.strict
	}
	return g, err
}

// showing is a ledger that shows what passes through it: the verdict that an incident begins with, and that the policy
// is saved.
type showing struct {
	remedy.Ledger
	stage *stage
}

func (s showing) Claim(ctx context.Context, i remedy.Incident) (remedy.Entry, error) {
	for _, reason := range i.Verdict.Reasons {
		s.stage.line("locksmith", "verdict "+string(i.Verdict.Answer)+": "+reason, "", "")
	}
	return s.Ledger.Claim(ctx, i)
}

func (s showing) Record(ctx context.Context, e remedy.Entry) error {
	err := s.Ledger.Record(ctx, e)
	if err == nil && e.State == remedy.Saved {
		s.stage.line("locksmith", fmt.Sprintf("saved the policy in the ledger (%d bytes)", len(e.Saved)), "", "")
	}
	return err
}

func (g *stage) close() { _ = g.server.Close() }

// showReport prints what the pipeline has decided about an event.
func (g *stage) showReport(r remedy.Report) {
	switch later := (*remedy.Later)(nil); {
	case errors.As(r.Err, &later):
		g.line("locksmith", "too early to tell, it will look again: "+later.Why, "", "LATER")
	case r.Err != nil:
		g.line("locksmith", "not finished, it will be tried again: "+r.Err.Error(), red, "RETRY")
	case r.Nothing != "":
		g.line("locksmith", fmt.Sprintf("nothing to do: %s (%s)", r.Nothing, r.Took.Round(time.Microsecond)), green,
			"LEFT ALONE")
	case r.Outcome.Result.Opens():
		since := "the change"
		if r.Change.Found() {
			since = "it was found"
		}
		g.line("locksmith", fmt.Sprintf("%s is open again, %s after %s", r.Change.Resource,
			seconds(r.Outcome.At.Sub(r.Change.Time)), since), green, strings.ToUpper(string(r.Outcome.Result)))
	default:
		g.line("locksmith", r.Change.Resource+": "+r.Outcome.Why, red, strings.ToUpper(string(r.Outcome.Result)))
	}
}

// seconds rounds down what CloudTrail's times, which are whole seconds, make of a moment.
func seconds(d time.Duration) string {
	if d < time.Second {
		return "less than a second"
	}
	return d.Round(100 * time.Millisecond).String()
}

// showCall prints the calls of the pipeline as they are made.
func (g *stage) showCall(c cloud.Call) {
	who := ""
	switch {
	case strings.HasSuffix(c.Caller, ":root"):
		who = "as root of " + c.Account
	case c.Service == "sts" && c.Account == g.cloud.Config().DelegatedAdministrator:
		who = "for one task, five minutes"
	default:
		return
	}
	g.line("locksmith", fmt.Sprintf("%s:%s %s %s", c.Service, c.Action, who, g.paint(dim, c.Region)), "", "")
}

func (g *stage) config(key, region string) aws.Config {
	return aws.Config{Region: region, BaseEndpoint: aws.String(g.base),
		Credentials: credentials.NewStaticCredentialsProvider(key, g.secret, ""), RetryMaxAttempts: 1}
}

// putBucketPolicy is an administrator's call, by the SDK.
func (g *stage) putBucketPolicy(ctx context.Context, account, region, bucket, policy string) error {
	_, err := s3.NewFromConfig(g.config(account, region)).PutBucketPolicy(ctx,
		&s3.PutBucketPolicyInput{Bucket: aws.String(bucket), Policy: aws.String(policy)})
	g.line("admin", "aws s3api put-bucket-policy --bucket "+bucket, red, refusal(err))
	return err
}

// getBucketPolicy is an administrator looking whether the bucket is unlocked.
func (g *stage) getBucketPolicy(ctx context.Context, account, region, bucket string) {
	_, err := s3.NewFromConfig(g.config(account, region)).GetBucketPolicy(ctx,
		&s3.GetBucketPolicyInput{Bucket: aws.String(bucket)})
	g.line("admin", "aws s3api get-bucket-policy --bucket "+bucket, verdictColour(err), answer(err))
}

func (g *stage) setQueuePolicy(ctx context.Context, account, region, queue, policy string) error {
	_, err := sqs.NewFromConfig(g.config(account, region)).SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{
		QueueUrl: aws.String(g.base + "/" + account + "/" + queue), Attributes: map[string]string{"Policy": policy}})
	g.line("admin", "aws sqs set-queue-attributes --queue-url …/"+account+"/"+queue+" --attributes Policy=…", red,
		refusal(err))
	return err
}

func (g *stage) getQueuePolicy(ctx context.Context, account, region, queue string) {
	_, err := sqs.NewFromConfig(g.config(account, region)).GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl:       aws.String(g.base + "/" + account + "/" + queue),
		AttributeNames: []sqstypes.QueueAttributeName{"Policy"}})
	g.line("admin", "aws sqs get-queue-attributes --queue-url …/"+account+"/"+queue, verdictColour(err), answer(err))
}

// code is the service's error code.
func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return err.Error()
}

func refusal(err error) string {
	if err == nil {
		return ""
	}
	return code(err)
}

func answer(err error) string {
	switch {
	case err == nil:
		return "OK"
	case code(err) == "NoSuchBucketPolicy":
		return "NoSuchBucketPolicy: unlocked"
	}
	return code(err)
}

func verdictColour(err error) string {
	if err == nil || code(err) == "NoSuchBucketPolicy" {
		return green
	}
	return red
}

// mails shows what has come since it was last asked for.
func (g *stage) mails(arn, caption string, text func(cloud.Mail) string) {
	inbox := g.cloud.Inbox(arn)
	for _, m := range inbox[g.shown[arn]:] {
		g.box(caption, "Subject: "+m.Subject+"\n\n"+text(m))
	}
	g.shown[arn] = len(inbox)
}
