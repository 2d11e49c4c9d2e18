package awsroot

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"

	"locksmith/lambdas/credentials"
	"locksmith/lambdas/pace"
	"locksmith/lambdas/remedy"
	"locksmith/lambdas/sweeper"
)

// A stage is when an error came. The same code means different things while root is being assumed and in the session.
type stage int

const (
	assuming stage = iota
	inside
	managing // root's credentials
)

// A ruling says what an error means. The first row of [rulings] that fits counts.
type ruling struct {
	stage stage
	codes []string // none: every code
	text  string   // part of the message, "" for every message
	cause remedy.Cause
	hint  string
}

const (
	policyHint = "look for a service or resource control policy that catches the root user; " +
		"both can spare sessions like this one, with \"Null\": {\"aws:AssumedRoot\": \"true\"} beside their other " +
		"conditions"
	delegationHint = "STS says the same for several causes: this role may not call sts:AssumeRoot with " +
		"this task policy; this account is neither the management account nor the delegated administrator for " +
		"iam.amazonaws.com; trusted access for iam.amazonaws.com is off; or the target is no member account"
	featureHint = "run aws iam enable-organizations-root-credentials-management in the management account"
	insideHint  = "either an organization policy (SCP, RCP) or a VPC endpoint policy forbids the call, " +
		"or the bucket belongs to another account than the event said; " + policyHint
)

// rulings are the errors that no retry mends. The texts are those that STS was seen to answer. The codes are documented
// in https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoot.html,
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html and
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html.
var rulings = []ruling{
	{assuming, denied, "root sessions feature is not enabled", remedy.SessionsDisabled,
		"run aws iam enable-organizations-root-sessions in the management account"},
	{assuming, denied, "root credentials management feature is not enabled", credentials.Disabled, featureHint},
	{assuming, denied, "service control policy", remedy.DeniedByOrg, policyHint},
	{assuming, denied, "resource control policy", remedy.DeniedByOrg, policyHint},
	{assuming, denied, "", remedy.NotDelegated, delegationHint},
	{assuming, []string{"RegionDisabledException", "RegionDisabled"}, "", remedy.RegionDisabled,
		"activate STS for this Region in the target account, or let Locksmith call STS in a Region that needs " +
			"no opt-in"},
	{assuming, []string{"InvalidAction"}, "", remedy.Unexpected,
		"the global STS endpoint answers so: AssumeRoot works at Regional endpoints only, check the endpoint settings"},
	{assuming, []string{"ValidationError"}, "", remedy.Unexpected, "the account or the task policy was not accepted"},
	{assuming, nil, "", remedy.Unexpected, ""},
	{inside, denied, "", remedy.DeniedByOrg, insideHint},
	{inside, []string{"MethodNotAllowed"}, "", remedy.Unexpected,
		"S3 answers so to a caller outside the bucket's account"},
	{inside, nil, "", remedy.Unexpected, ""},
	{managing, denied, "explicit deny in a session policy", remedy.Unexpected, "the task policy does not allow it"},
	{managing, denied, "", remedy.DeniedByOrg, policyHint},
	{managing, nil, "", remedy.Unexpected, ""},
}

var (
	// denied are the codes for "no": S3's and STS's, SQS's, and what the SDK makes of S3's 403 without a body.
	denied = []string{"AccessDenied", "AccessDeniedException", "Forbidden"}
	// gone are the codes for a policy, bucket or queue that is not there. SQS has an older and a newer name for the
	// same.
	gone = []string{"NoSuchBucketPolicy", "NoSuchBucket", "AWS.SimpleQueueService.NonExistentQueue",
		"QueueDoesNotExist"}
	// expired are the codes for a session that has run out.
	expired = []string{"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
	// passing are client errors that a later try, with a new session, may mend. Credentials may have run out, or not be
	// known everywhere yet. A clock may be off, or another change to the same bucket may be going on.
	passing = []string{"ExpiredToken", "ExpiredTokenException", "RequestExpired", "InvalidToken",
		"InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "SignatureDoesNotMatch",
		"InvalidSignatureException", "RequestTimeTooSkewed", "OperationAborted",
		"AWS.SimpleQueueService.QueueDeletedRecently"}
)

// classify turns what the SDK returns into what the flow understands: nil, [remedy.ErrGone], a *[remedy.Refusal], or an
// error worth a retry. An error that this program does not know is final only if the service itself says that the
// request is at fault.
func classify(call string, at stage, err error) error {
	var said smithy.APIError
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &said):
		return newFault(call, "", err.Error(), err)
	case at == inside && slices.Contains(gone, said.ErrorCode()), at == managing && said.ErrorCode() == "NoSuchEntity":
		return fmt.Errorf("%s: %w", call, remedy.ErrGone)
	}
	f := newFault(call, said.ErrorCode(), said.ErrorMessage(), err)
	if worthRetry(said, err) {
		return f
	}
	for _, r := range rulings {
		if r.fits(at, said) {
			f.hint = r.hint
			return &remedy.Refusal{Cause: r.cause, Err: f}
		}
	}
	return f
}

func (r ruling) fits(at stage, said smithy.APIError) bool {
	return r.stage == at && (r.codes == nil || slices.Contains(r.codes, said.ErrorCode())) &&
		strings.Contains(strings.ToLower(said.ErrorMessage()), r.text)
}

// worthRetry is true for throttling, faults of the service, and what passes by itself.
func worthRetry(said smithy.APIError, err error) bool {
	var response *awshttp.ResponseError
	if !errors.As(err, &response) {
		return true // no answer, so nobody refused
	}
	status := response.HTTPStatusCode()
	again := []int{http.StatusRequestTimeout, http.StatusConflict, http.StatusTooManyRequests}
	return status >= 500 || slices.Contains(again, status) || slices.Contains(passing, said.ErrorCode()) ||
		retry.IsErrorThrottles(retry.DefaultThrottles).IsErrorThrottle(err) == aws.TrueTernary
}

// A fault is what went wrong in one call, safe to log and to mail. The SDK's error is not kept, since it holds the
// whole response.
type fault struct {
	call, code, message, request, hint string
	// is what the error is for errors.Is: context.Canceled, context.DeadlineExceeded, [pace.ErrThrottled],
	// [sweeper.ErrEnded], or nil.
	is error
}

func newFault(call, code, message string, err error) *fault {
	f := &fault{call: call, code: remedy.Scrub(code), message: remedy.Scrub(message)}
	var response *awshttp.ResponseError
	if errors.As(err, &response) {
		f.request = remedy.Scrub(response.ServiceRequestID())
	}
	for _, end := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, end) {
			f.is = end
		}
	}
	switch throttled := retry.IsErrorThrottles(retry.DefaultThrottles).IsErrorThrottle(err) == aws.TrueTernary; {
	case throttled:
		f.is = pace.ErrThrottled
	case slices.Contains(expired, code):
		f.is = sweeper.ErrEnded
	}
	return f
}

func (f *fault) Error() string {
	s := f.call
	for _, part := range []string{f.code, f.message} {
		if part != "" {
			s += ": " + part
		}
	}
	if f.request != "" {
		s += " (request id " + f.request + ")"
	}
	if f.hint != "" {
		s += "; " + f.hint
	}
	return s
}

func (f *fault) Unwrap() error { return f.is }
