package versity

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"locksmith/lambdas/remedy"
	"locksmith/test/assumeroot"
)

// TestTLSOnlyIsLeftAlone: no root session is opened, nobody is told.
func TestTLSOnlyIsLeftAlone(t *testing.T) {
	r := newRescue(t, "delete")
	r.handle(t, r.put(t, policy(allowOwner, tlsOnly)))
	if r.last.Nothing == "" || len(r.sts.Sessions()) != 0 || len(r.told) != 0 {
		t.Errorf("%+v, %d root sessions, %d notices", r.last, len(r.sts.Sessions()), len(r.told))
	}
	r.wantPolicy(t, policy(allowOwner, tlsOnly))
}

// TestStandsDown: somebody else has dealt with it by the time Locksmith looks.
func TestStandsDown(t *testing.T) {
	for _, tt := range []struct {
		name string
		mend func(t *testing.T, r *rescue) error
		code string // what the owner is answered afterwards, "" for a policy
	}{
		{"mended", func(t *testing.T, r *rescue) error {
			_, err := r.root(t).PutBucketPolicy(t.Context(),
				&s3.PutBucketPolicyInput{Bucket: payroll, Policy: aws.String(policy(allowOwner, tlsOnly))})
			return err
		}, ""},
		{"policy gone", func(t *testing.T, r *rescue) error {
			_, err := r.root(t).DeleteBucketPolicy(t.Context(), &s3.DeleteBucketPolicyInput{Bucket: payroll})
			return err
		}, "NoSuchBucketPolicy"},
		{"bucket gone", func(t *testing.T, r *rescue) error {
			_, err := r.root(t).DeleteBucket(t.Context(), &s3.DeleteBucketInput{Bucket: payroll})
			return err
		}, "NoSuchBucket"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRescue(t, "delete")
			event := r.put(t, policy(denyAll))
			if err := tt.mend(t, r); err != nil {
				t.Fatal(err)
			}
			r.handle(t, event)
			if got := r.last.Outcome; got.Result != remedy.StoodDown {
				t.Errorf("%+v", got)
			}
			if tt.code == "" {
				r.wantPolicy(t, policy(allowOwner, tlsOnly))
				return
			}
			_, err := r.read()
			wantCode(t, err, tt.code)
		})
	}
}

// TestStrangersBucketIsLeftAlone: the bucket is deleted, and another account makes one of the same name and locks it.
// Root here could unlock it. What keeps Locksmith away is that each of its calls names the owner it means
// (x-amz-expected-bucket-owner), which versitygw asks of root, too.
func TestStrangersBucketIsLeftAlone(t *testing.T) {
	r := newRescue(t, "delete")
	event := r.put(t, policy(denyAll))
	root, other := r.root(t), r.client(t, assumeroot.Keys{ID: stranger, Secret: secret})
	if _, err := root.DeleteBucket(t.Context(), &s3.DeleteBucketInput{Bucket: payroll}); err != nil {
		t.Fatal(err)
	}
	if _, err := other.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: payroll}); err != nil {
		t.Fatal(err)
	}
	if _, err := other.PutBucketPolicy(t.Context(),
		&s3.PutBucketPolicyInput{Bucket: payroll, Policy: aws.String(policy(denyAll))}); err != nil {
		t.Fatal(err)
	}
	r.handle(t, event)
	if got := r.last.Outcome; got.Result != remedy.Failed || got.Cause != remedy.DeniedByOrg {
		t.Errorf("%+v", got)
	}
	out, err := root.GetBucketPolicy(t.Context(), &s3.GetBucketPolicyInput{Bucket: payroll})
	if err != nil || *out.Policy != policy(denyAll) {
		t.Errorf("the stranger's policy was touched: %v, %v", out, err)
	}
}

// TestDifferencesFromS3 holds what the other tests work around: in these, versitygw is not S3.
func TestDifferencesFromS3(t *testing.T) {
	r := newRescue(t, "delete")
	// On S3 the policies of its users and roles count, too.
	t.Run("a policy that does not name the owner shuts it out", func(t *testing.T) {
		r.put(t, policy(tlsOnly))
		_, err := r.read()
		wantCode(t, err, "AccessDenied")
	})
	t.Run("root has no sessions", func(t *testing.T) { // so the accounts' keeper hands them out, users_test.go
		_, err := r.client(t, assumeroot.Keys{ID: rootID, Secret: secret, Token: "any"}).GetBucketPolicy(t.Context(),
			&s3.GetBucketPolicyInput{Bucket: payroll})
		wantCode(t, err, "InvalidToken")
	})
	// S3 says expecting 'eu-central-1', which Locksmith follows.
	t.Run("it puts the right Region in other quotes", func(t *testing.T) {
		astray := func(o *s3.Options) { o.Region = "ap-south-1" }
		_, err := r.owner.GetBucketPolicy(t.Context(), &s3.GetBucketPolicyInput{Bucket: payroll}, astray)
		wantCode(t, err, "AuthorizationHeaderMalformed")
		if err != nil && !strings.Contains(err.Error(), `expecting "eu-central-1"`) {
			t.Error(err)
		}
	})
	// On AWS the task policy allows bucket policies and nothing else.
	t.Run("a session is not bound to its task", func(t *testing.T) {
		if _, err := r.root(t).DeleteBucket(t.Context(), &s3.DeleteBucketInput{Bucket: payroll}); err != nil {
			t.Error(err)
		}
	})
}
