// Package awsroot opens root sessions with sts:AssumeRoot and uses them for the one thing they are for: the policy of
// one bucket or queue.
//
// It implements [remedy.Root] and [remedy.Session]. What AWS answers is turned into the flow's own errors in one place,
// errors.go. No credential leaves the package: sessions print as who they are for, and errors are built from the code,
// the message and the request id alone.
//
// The rules come from https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoot.html and
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-privileged-task.html.
package awsroot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"locksmith/lambdas/remedy"
)

// Options are what an Opener has to know besides the AWS configuration.
type Options struct {
	// STSRegion is where AssumeRoot is called, by default the configuration's Region. A token of a Regional endpoint is
	// valid in every Region, so one Region that needs no opt-in serves them all
	// (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_enable-regions.html).
	STSRegion string
	// ManagementAccount is the organization's management account, twelve digits, whose root nobody can assume. "" where
	// it is not known.
	ManagementAccount string
	// Duration is how long a session lasts, in whole seconds, by default 5 minutes and at most 15.
	Duration time.Duration
	// Desk says that people's requests are what sessions are opened for.
	Desk bool
	// Opened is told of each session before it is used. Where it fails the session is not used, since nobody could tell
	// its calls from a stranger's. nil tells nobody.
	Opened func(context.Context, remedy.Opening) error
}

// An Opener opens root sessions. Several goroutines may use it.
type Opener struct {
	label
	cfg     aws.Config
	sts     *sts.Client
	options Options
}

// New makes an Opener that calls STS with the configuration's credentials. The global endpoint does not know
// AssumeRoot, so a Region that leads there is an error.
func New(cfg aws.Config, o Options) (*Opener, error) {
	o.STSRegion = cmp.Or(o.STSRegion, cfg.Region)
	o.Duration = cmp.Or(o.Duration, 5*time.Minute)
	switch {
	case o.STSRegion == "":
		return nil, errors.New("no Region for STS: set AWS_REGION or Options.STSRegion")
	case strings.HasSuffix(o.STSRegion, "-global"):
		return nil, fmt.Errorf("STS Region %q: AssumeRoot works at Regional endpoints only, such as us-east-1",
			o.STSRegion)
	case o.ManagementAccount != "" && !accountID.MatchString(o.ManagementAccount):
		return nil, fmt.Errorf("management account %q: want twelve digits", o.ManagementAccount)
	case o.Duration < time.Second || o.Duration > 15*time.Minute || o.Duration%time.Second != 0:
		return nil, fmt.Errorf("session duration %s: want whole seconds, at most 15m", o.Duration)
	}
	cfg = patient(cfg)
	cfg.Credentials = sealed(cfg.Credentials)
	client := sts.NewFromConfig(cfg, func(s *sts.Options) { s.Region = o.STSRegion })
	return &Opener{label: label("root opener at STS in " + o.STSRegion), cfg: cfg, sts: client, options: o}, nil
}

// Open starts a session of the root user of the change's account, for the one task that its resource needs. See
// [remedy.Root].
func (o *Opener) Open(ctx context.Context, c remedy.Change) (remedy.Session, error) {
	if err := check(c); err != nil {
		return nil, &remedy.Refusal{Cause: remedy.Unexpected, Err: err}
	}
	if c.Account == o.options.ManagementAccount {
		err := fmt.Errorf("%s is owned by account %s, and root of the management account cannot be assumed",
			c.Resource, c.Account)
		return nil, &remedy.Refusal{Cause: remedy.ManagementAccount, Err: err}
	}
	cfg, _, err := o.assume(ctx, c.Partition(), remedy.Opening{Account: c.Account, Task: taskName(c.Service()),
		Purpose: o.purpose(), Event: c.EventID, Resource: c.Resource})
	if err != nil {
		return nil, err
	}
	cfg.Region = c.Region
	if c.Service() == "s3" {
		return newBucketSession(cfg, c), nil
	}
	return newQueueSession(cfg, c), nil
}

// opened tells of a session, before anybody has its credentials.
func (o *Opener) opened(ctx context.Context, opening remedy.Opening) error {
	if o.options.Opened == nil {
		return nil
	}
	if err := o.options.Opened(ctx, opening); err != nil {
		return fmt.Errorf("root session in %s is not used, since nobody could note it: %w", opening.Account, err)
	}
	return nil
}

// assume opens a session of an account's root for a task, and tells of it. The configuration calls with it, and its
// Region is STS's. Ends is when it runs out.
func (o *Opener) assume(ctx context.Context, partition string, opening remedy.Opening,
	options ...func(*sts.Options)) (cfg aws.Config, ends time.Time, err error) {
	out, err := o.sts.AssumeRoot(ctx, &sts.AssumeRootInput{
		TargetPrincipal: aws.String(opening.Account),
		TaskPolicyArn:   &types.PolicyDescriptorType{Arn: aws.String(taskPolicy(partition, opening.Task))},
		DurationSeconds: aws.Int32(int32(o.options.Duration / time.Second)),
	}, options...)
	if err != nil {
		return aws.Config{}, time.Time{}, classify("AssumeRoot", assuming, err)
	}
	issued := out.Credentials
	if issued == nil || aws.ToString(issued.AccessKeyId) == "" || aws.ToString(issued.SecretAccessKey) == "" ||
		aws.ToString(issued.SessionToken) == "" {
		return aws.Config{}, time.Time{}, errors.New("AssumeRoot: answer without credentials")
	}
	opening.Key, opening.Expires = *issued.AccessKeyId, aws.ToTime(issued.Expiration)
	if err := o.opened(ctx, opening); err != nil {
		return aws.Config{}, time.Time{}, err
	}
	cfg = o.cfg.Copy()
	cfg.Region = o.options.STSRegion
	cfg.Credentials = sealed(credentials.NewStaticCredentialsProvider(
		*issued.AccessKeyId, *issued.SecretAccessKey, *issued.SessionToken))
	return cfg, opening.Expires, nil
}

// sessionLabel says whose root a session is and what for.
func sessionLabel(c remedy.Change) label {
	return label(fmt.Sprintf("root session in %s for %s", c.Account, c.Resource))
}

// taskPolicy is the ARN of the managed policy that limits the session to reading and changing one kind of policy.
// Outside the partition aws its ARN is not documented, and the partition's own name is the natural form.
func taskPolicy(partition, task string) string {
	return "arn:" + partition + ":iam::aws:policy/root-task/" + task
}

// taskName is the name of the task policy for a service's policies.
func taskName(service string) string {
	if service == "sqs" {
		return "SQSUnlockQueuePolicy"
	}
	return "S3UnlockBucketPolicy"
}

var (
	accountID  = regexp.MustCompile(`^[0-9]{12}$`)
	regionName = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}$`)
	plainName  = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)
)

// check refuses what could turn a call towards something else than the one bucket or queue. The SDK takes a bucket name
// that is an ARN for an access point. Names go into host names, paths and queue URLs.
func check(c remedy.Change) error {
	parts := strings.SplitN(c.Resource, ":", 6)
	switch {
	case c.Service() != "s3" && c.Service() != "sqs":
		return fmt.Errorf("resource %q: want the ARN of a bucket or queue", c.Resource)
	case dnsSuffix(c.Partition()) == "":
		return fmt.Errorf("resource %q: root sessions are known in the partitions aws, aws-us-gov and aws-cn only",
			c.Resource)
	case !plainName.MatchString(c.Name()):
		return fmt.Errorf("resource %q: %q is no name of a bucket or queue", c.Resource, c.Name())
	case !accountID.MatchString(c.Account):
		return fmt.Errorf("owner account %q: want twelve digits", c.Account)
	case !regionName.MatchString(c.Region):
		return fmt.Errorf("region %q: want one such as eu-central-1", c.Region)
	case c.Service() == "sqs" && (parts[3] != c.Region || parts[4] != c.Account):
		return fmt.Errorf("queue %s is not in account %s and Region %s", c.Resource, c.Account, c.Region)
	}
	return nil
}

// dnsSuffix is the domain of a partition's service endpoints, or "" for a partition that is not known.
func dnsSuffix(partition string) string {
	switch partition {
	case "aws", "aws-us-gov":
		return "amazonaws.com"
	case "aws-cn":
		return "amazonaws.com.cn"
	}
	return ""
}
