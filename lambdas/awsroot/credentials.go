package awsroot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"locksmith/lambdas/credentials"
	"locksmith/lambdas/remedy"
)

// Credentials opens a session for what root of an account has. See [credentials.Opener].
func (o *Opener) Credentials(ctx context.Context, event, account string, task credentials.Task) (credentials.Session,
	error) {
	tasks := []credentials.Task{credentials.ToAudit, credentials.ToCreate, credentials.ToDelete}
	switch {
	case !accountID.MatchString(account):
		return nil, refuse(remedy.Unexpected, fmt.Errorf("account %q: want twelve digits", account))
	case !slices.Contains(tasks, task):
		return nil, refuse(remedy.Unexpected, fmt.Errorf("task %q: want one of %v", task, tasks))
	case account == o.options.ManagementAccount:
		return nil, refuse(remedy.ManagementAccount, fmt.Errorf("root of account %s cannot be assumed", account))
	}
	partition := partitionOf(o.options.STSRegion)
	opening := remedy.Opening{Account: account, Task: string(task), Purpose: "desk", Event: event}
	if task != credentials.ToAudit { // what it changes is recorded with the request, and an audit changes nothing
		opening.Resource = "arn:" + partition + ":iam::" + account + ":root"
	}
	once := func(s *sts.Options) { s.RetryMaxAttempts = 1 } // whoever calls waits for a turn before each attempt
	cfg, _, err := o.assume(ctx, partition, opening, once)
	if err != nil {
		return nil, err
	}
	client := iam.NewFromConfig(cfg, func(i *iam.Options) { i.Region = iamRegion(partition) })
	return &rootSession{label: label(fmt.Sprintf("root session in %s for %s", account, task)), client: client}, nil
}

// iamRegion is where a partition has its IAM, and what calls of it are signed for
// (https://docs.aws.amazon.com/general/latest/gr/iam-service.html). The SDK knows that of AWS's own addresses, and signs
// for the client's Region where another address is set.
func iamRegion(partition string) string {
	switch partition {
	case "aws-cn":
		return "cn-north-1"
	case "aws-us-gov":
		return "us-gov-west-1"
	}
	return "us-east-1"
}

// A rootSession is root in one account, for its own credentials. No call names a user: without a name it is about
// whoever calls. Several goroutines may use it.
type rootSession struct {
	label
	client *iam.Client
}

// managed turns what IAM answers into what [credentials.Session] says.
func managed(call string, err error) error {
	var said smithy.APIError
	if errors.As(err, &said) && said.ErrorCode() == "EntityAlreadyExists" { // else its 409 would be worth a retry
		return fmt.Errorf("%s: %w", call, credentials.ErrThere)
	}
	return classify(call, managing, err)
}

// Summary implements [credentials.Session].
func (s *rootSession) Summary(ctx context.Context) (credentials.Summary, error) {
	out, err := s.client.GetAccountSummary(ctx, &iam.GetAccountSummaryInput{})
	if err != nil {
		return credentials.Summary{}, managed("GetAccountSummary", err)
	}
	has, missing := map[string]bool{}, ""
	for _, name := range []string{"AccountPasswordPresent", "AccountAccessKeysPresent",
		"AccountSigningCertificatesPresent", "AccountMFAEnabled"} {
		n, there := out.SummaryMap[name]
		if has[name] = n > 0; !there {
			missing = name
		}
	}
	if missing != "" {
		return credentials.Summary{}, fmt.Errorf("GetAccountSummary: no %s in the answer", missing)
	}
	return credentials.Summary{Password: has["AccountPasswordPresent"], AccessKeys: has["AccountAccessKeysPresent"],
		Certificates: has["AccountSigningCertificatesPresent"], MFA: has["AccountMFAEnabled"]}, nil
}

// Profile implements [credentials.Session].
func (s *rootSession) Profile(ctx context.Context) (time.Time, error) {
	out, err := s.client.GetLoginProfile(ctx, &iam.GetLoginProfileInput{})
	if err != nil {
		return time.Time{}, managed("GetLoginProfile", err)
	}
	return createdAt("GetLoginProfile", out.LoginProfile)
}

func createdAt(call string, p *types.LoginProfile) (time.Time, error) {
	if p == nil {
		return time.Time{}, fmt.Errorf("%s: no login profile in the answer", call)
	}
	return aws.ToTime(p.CreateDate), nil
}

// LastLogin implements [credentials.Session].
func (s *rootSession) LastLogin(ctx context.Context) (time.Time, error) {
	out, err := s.client.GetUser(ctx, &iam.GetUserInput{})
	if err != nil || out.User == nil {
		return time.Time{}, managed("GetUser", err)
	}
	return aws.ToTime(out.User.PasswordLastUsed), nil
}

// Keys implements [credentials.Session].
func (s *rootSession) Keys(ctx context.Context) (all []credentials.Key, err error) {
	pages := iam.NewListAccessKeysPaginator(s.client, &iam.ListAccessKeysInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, managed("ListAccessKeys", err)
		}
		for _, k := range page.AccessKeyMetadata {
			all = append(all, credentials.Key{ID: aws.ToString(k.AccessKeyId), Status: string(k.Status),
				Since: aws.ToTime(k.CreateDate)})
		}
	}
	return all, nil
}

// notUsed is what IAM says of the service and the Region of a key that was never used
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKeyLastUsed.html).
const notUsed = "N/A"

// KeyUsed implements [credentials.Session].
func (s *rootSession) KeyUsed(ctx context.Context, k credentials.Key) (credentials.Key, error) {
	out, err := s.client.GetAccessKeyLastUsed(ctx, &iam.GetAccessKeyLastUsedInput{AccessKeyId: &k.ID})
	if err != nil {
		return k, managed("GetAccessKeyLastUsed", err)
	}
	if used := out.AccessKeyLastUsed; used != nil && used.LastUsedDate != nil {
		k.LastUsed = *used.LastUsedDate
		if k.Service = aws.ToString(used.ServiceName); k.Service == notUsed {
			k.Service = ""
		}
		if k.Region = aws.ToString(used.Region); k.Region == notUsed {
			k.Region = ""
		}
	}
	return k, nil
}

// Certificates implements [credentials.Session].
func (s *rootSession) Certificates(ctx context.Context) (all []credentials.Signing, err error) {
	pages := iam.NewListSigningCertificatesPaginator(s.client, &iam.ListSigningCertificatesInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, managed("ListSigningCertificates", err)
		}
		for _, c := range page.Certificates {
			all = append(all, credentials.Signing{ID: aws.ToString(c.CertificateId), Status: string(c.Status),
				Since: aws.ToTime(c.UploadDate)})
		}
	}
	return all, nil
}

// Devices implements [credentials.Session].
func (s *rootSession) Devices(ctx context.Context) (all []credentials.Device, err error) {
	pages := iam.NewListMFADevicesPaginator(s.client, &iam.ListMFADevicesInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, managed("ListMFADevices", err)
		}
		for _, d := range page.MFADevices {
			all = append(all, credentials.Device{Serial: aws.ToString(d.SerialNumber), Since: aws.ToTime(d.EnableDate)})
		}
	}
	return all, nil
}

// Create implements [credentials.Session]. In a root session the call takes no password.
func (s *rootSession) Create(ctx context.Context) (time.Time, error) {
	out, err := s.client.CreateLoginProfile(ctx, &iam.CreateLoginProfileInput{})
	if err != nil {
		return time.Time{}, managed("CreateLoginProfile", err)
	}
	return createdAt("CreateLoginProfile", out.LoginProfile)
}

// Drop implements [credentials.Session].
func (s *rootSession) Drop(ctx context.Context, kind credentials.Kind, id string) (err error) {
	call := ""
	switch kind {
	case credentials.Password:
		call = "DeleteLoginProfile"
		_, err = s.client.DeleteLoginProfile(ctx, &iam.DeleteLoginProfileInput{})
	case credentials.AccessKey:
		call = "DeleteAccessKey"
		_, err = s.client.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{AccessKeyId: &id})
	case credentials.Certificate:
		call = "DeleteSigningCertificate"
		_, err = s.client.DeleteSigningCertificate(ctx, &iam.DeleteSigningCertificateInput{CertificateId: &id})
	case credentials.MFA:
		call = "DeactivateMFADevice"
		_, err = s.client.DeactivateMFADevice(ctx, &iam.DeactivateMFADeviceInput{SerialNumber: &id})
	case credentials.Virtual:
		call = "DeleteVirtualMFADevice"
		_, err = s.client.DeleteVirtualMFADevice(ctx, &iam.DeleteVirtualMFADeviceInput{SerialNumber: &id})
	default:
		return refuse(remedy.Unexpected, fmt.Errorf("no call deletes a %q", kind))
	}
	return managed(call, err)
}

var _ credentials.Opener = (*Opener)(nil)
