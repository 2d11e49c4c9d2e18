package awsroot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"locksmith/lambdas/remedy"
)

const notAuthorized = "User: arn:aws:sts::999988887777:assumed-role/locksmith-unlock/locksmith is not authorized to " +
	"perform: sts:AssumeRoot on resource: arn:aws:iam::111122223333:root"

// TestAssumeRootRefusals: the messages are those that STS was seen to give.
func TestAssumeRootRefusals(t *testing.T) {
	for _, tt := range []struct {
		name   string
		answer answer
		cause  remedy.Cause
		part   string
	}{
		{"feature off",
			stsError(403, "AccessDenied", "Root sessions feature is not enabled for your AWS Organization."),
			remedy.SessionsDisabled, "aws iam enable-organizations-root-sessions"},
		{"not delegated", stsError(403, "AccessDenied", notAuthorized), remedy.NotDelegated,
			"the same for several causes"},
		{"SCP", stsError(403, "AccessDenied", notAuthorized+" with an explicit deny in a service control policy"),
			remedy.DeniedByOrg, "aws:AssumedRoot"},
		{"no SCP allows",
			stsError(403, "AccessDenied",
				notAuthorized+" because no service control policy allows the sts:AssumeRoot action"),
			remedy.DeniedByOrg, "aws:AssumedRoot"},
		{"RCP", stsError(403, "AccessDenied", notAuthorized+" with an explicit deny in a resource control policy"),
			remedy.DeniedByOrg, "aws:AssumedRoot"},
		{"own policy",
			stsError(403, "AccessDenied",
				notAuthorized+" because no identity-based policy allows the sts:AssumeRoot action"),
			remedy.NotDelegated, "identity-based"},
		{"Region off",
			stsError(403, "RegionDisabledException",
				"STS is not activated in this region for account:111122223333. Your account administrator can "+
					"activate STS in this region using the IAM Console."), remedy.RegionDisabled, "activate STS"},
		{"global endpoint",
			stsError(400, "InvalidAction", "Could not find operation AssumeRoot for version 2011-06-15"),
			remedy.Unexpected, "Regional endpoints only"},
		{"bad task policy", stsError(400, "ValidationError", "Request must contain valid AWS managed task policy ARN"),
			remedy.Unexpected, "task policy"},
		{"news", stsError(400, "SomethingNew", "We had not thought of this"), remedy.Unexpected,
			"SomethingNew: We had not thought of this (request id 0f1e2d3c-0000-4000-8000-00000000000e)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWire(t, tt.answer)
			_, err := w.opener(t, Options{}).Open(context.Background(), bucketChange())
			wantRefusal(t, err, tt.cause, tt.part)
			if n := len(w.seen()); n != 1 {
				t.Errorf("%d calls: a refusal is not asked for twice", n)
			}
		})
	}
}

func TestRefusalsInTheSession(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change remedy.Change
		answer answer
		cause  remedy.Cause
		part   string
	}{
		{"bucket denied", bucketChange(), s3Error(403, "AccessDenied", "Access Denied"), remedy.DeniedByOrg,
			"belongs to another account"},
		{"bucket denied, no body", bucketChange(), answer{403, nil, ""}, remedy.DeniedByOrg, "organization policy"},
		{"queue denied", queueChange(), sqsError(403, "com.amazon.coral.service#AccessDeniedException", "AccessDenied",
			"explicit deny in a service control policy"), remedy.DeniedByOrg, "explicit deny"},
		{"queue denied, without the older code", queueChange(),
			sqsError(400, "com.amazon.coral.service#AccessDeniedException", "", "no"), remedy.DeniedByOrg,
			"organization policy"},
		{"not the owner", bucketChange(),
			s3Error(405, "MethodNotAllowed", "The specified method is not allowed against this resource."),
			remedy.Unexpected, "outside the bucket's account"},
		{"malformed policy", bucketChange(), s3Error(400, "MalformedPolicy", "Invalid principal in policy"),
			remedy.Unexpected, "Invalid principal in policy"},
		{"wrong address", queueChange(), sqsError(404, "com.amazonaws.sqs#InvalidAddress", "InvalidAddress",
			"The address is not valid for this endpoint."), remedy.Unexpected, "InvalidAddress"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, _ := open(t, tt.change, tt.answer)
			_, err := s.Policy(context.Background())
			wantRefusal(t, err, tt.cause, tt.part)
			wantRefusal(t, s.Put(context.Background(), denyAll), tt.cause, tt.part)
			wantRefusal(t, s.Delete(context.Background()), tt.cause, tt.part)
		})
	}
}

// TestWorthARetry: none of these says no for good.
func TestWorthARetry(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change remedy.Change
		answer answer
	}{
		{"slow down", bucketChange(), s3Error(503, "SlowDown", "Please reduce your request rate.")},
		{"S3's fault", bucketChange(),
			s3Error(500, "InternalError", "We encountered an internal error. Please try again.")},
		{"another change going on", bucketChange(),
			s3Error(409, "OperationAborted",
				"A conflicting conditional operation is currently in progress against this resource. Try again.")},
		{"expired", bucketChange(), s3Error(400, "ExpiredToken", "The provided token has expired.")},
		{"not known everywhere yet", bucketChange(),
			s3Error(403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.")},
		{"no XML", bucketChange(), answer{502, nil, "<html>bad gateway"}},
		{"throttled", queueChange(), sqsError(400, "com.amazonaws.sqs#RequestThrottled", "RequestThrottled", "slower")},
		{"unknown token", queueChange(), sqsError(403, "com.amazon.coral.service#UnrecognizedClientException",
			"InvalidClientTokenId", "The security token included in the request is invalid.")},
		{"SQS's fault", queueChange(), sqsError(500, "com.amazon.coral.service#InternalFailure", "InternalFailure",
			"")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, _ := open(t, tt.change, tt.answer)
			_, err := s.Policy(context.Background())
			wantPassing(t, err)
		})
	}
	for name, a := range map[string]answer{"throttled": stsError(400, "Throttling", "Rate exceeded"),
		"expired":     stsError(400, "ExpiredToken", "The security token included in the request is expired"),
		"unavailable": stsError(503, "ServiceUnavailable", "")} {
		t.Run("AssumeRoot "+name, func(t *testing.T) {
			_, err := newWire(t, a).opener(t, Options{}).Open(context.Background(), bucketChange())
			wantPassing(t, err)
		})
	}
}

func wantPassing(t *testing.T, err error) {
	t.Helper()
	if refusal := (*remedy.Refusal)(nil); err == nil || errors.As(err, &refusal) || errors.Is(err, remedy.ErrGone) {
		t.Errorf("%v, want an error worth a retry", err)
	}
}

func TestAttemptsAreThree(t *testing.T) {
	s, w := open(t, bucketChange(), s3Error(500, "InternalError", ""))
	_, err := s.Policy(context.Background())
	wantPassing(t, err)
	if n := len(w.seen()) - 1; n != 3 {
		t.Errorf("%d attempts, want 3", n)
	}
}

func TestASecondAttemptSucceeds(t *testing.T) {
	s, _ := open(t, bucketChange(), s3Error(503, "SlowDown", ""), answer{200, nil, denyAll})
	if policy, err := s.Policy(context.Background()); err != nil || policy != denyAll {
		t.Errorf("%q, %v", policy, err)
	}
}

func TestNoConnection(t *testing.T) {
	w := newWire(t, rootIssued)
	opener := w.opener(t, Options{})
	w.Close()
	_, err := opener.Open(context.Background(), bucketChange())
	wantPassing(t, err)
}

func TestTheContextsEndIsKept(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := newWire(t, rootIssued).opener(t, Options{}).Open(ctx, bucketChange())
	wantPassing(t, err)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v does not say that the context ended", err)
	}
}

// TestNothingShowsCredentials prints whatever the package gives away, in every way.
func TestNothingShowsCredentials(t *testing.T) {
	leak := fmt.Sprintf("key %s secret %s token %s", issuedKey, issuedSecret, issuedToken)
	things := map[string]any{}
	for name, c := range map[string]remedy.Change{"bucket": bucketChange(), "queue": queueChange()} {
		s, _ := open(t, c, s3Error(403, "AccessDenied", leak))
		things[name+" session"] = s
		_, things[name+" refusal"] = s.Policy(context.Background())
	}
	w := newWire(t, stsError(400, "Throttling", leak))
	opener := w.opener(t, Options{})
	things["opener"] = opener
	_, things["passing error"] = opener.Open(context.Background(), bucketChange())
	things["broken answer"] = func() error {
		cut := answer{200, nil, strings.Replace(rootIssued.body, "</Credentials>", "<", 1)}
		_, err := newWire(t, cut).opener(t, Options{}).Open(context.Background(), bucketChange())
		return err
	}()
	for name, thing := range things {
		if thing == nil {
			t.Fatalf("%s: nothing to print", name)
		}
		for _, shown := range everyWay(thing) {
			for _, secret := range []string{issuedKey, issuedSecret, issuedToken, callerKey, callerSecret,
				issuedToken[:40]} {
				if strings.Contains(shown, secret) {
					t.Errorf("%s shows %q: %s", name, secret, shown)
				}
			}
		}
	}
	s, _ := open(t, bucketChange(), noContent)
	for _, shown := range []string{fmt.Sprint(s), fmt.Sprintf("%+v", s), fmt.Sprintf("%#v", s), fmt.Sprintf("%d", s)} {
		if shown != "root session in 111122223333 for arn:aws:s3:::payroll-exports" {
			t.Errorf("a session prints as %q", shown)
		}
	}
}

func everyWay(thing any) []string {
	shown := []string{fmt.Sprint(thing)}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		shown = append(shown, fmt.Sprintf(verb, thing), fmt.Sprintf(verb, []any{thing}), fmt.Sprintf(verb, struct {
			Thing any
		}{thing}), fmt.Sprintf(verb, struct{ thing any }{thing}),
			fmt.Sprintf(verb, &struct{ thing any }{thing}))
	}
	encoded, _ := json.Marshal(thing)
	shown = append(shown, string(encoded))
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("log", "thing", thing)
	slog.New(slog.NewTextHandler(&log, nil)).Info("log", "thing", thing, "in", []any{thing})
	if err, ok := thing.(error); ok {
		for ; err != nil; err = errors.Unwrap(err) {
			shown = append(shown, fmt.Sprintf("%+v %#v", err, err))
		}
	}
	return append(shown, log.String())
}

func TestScrub(t *testing.T) {
	for text, want := range map[string]string{
		"key AKIAIOSFODNN7EXAMPLE is wrong":       "key [removed] is wrong",
		"(ASIAIOSFODNN7EXAMPLE)":                  "([removed])",
		"secret " + issuedSecret:                  "secret [removed]",
		issuedToken + ".":                         "[removed].",
		notAuthorized:                             notAuthorized,
		"arn:aws:s3:::payroll-exports-2026-march": "arn:aws:s3:::payroll-exports-2026-march",
	} {
		if got := remedy.Scrub(text); got != want {
			t.Errorf("Scrub(%q) = %q, want %q", text, got, want)
		}
	}
}
