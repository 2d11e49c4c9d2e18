package lockout

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"locksmith/policies"
)

// A setting is a question's place, worked out once.
type setting struct {
	Question
	partition string
	region    string   // "" where the ARN does not tell
	recovery  []string // the actions that take the policy off
	further   []string // the further actions of a deny-all
	kinds     []policies.Kind
	shapes    map[policies.Kind]string
	now       string // the current time as aws:CurrentTime and as aws:EpochTime
	epoch     string
	mentioned []string // the keys that the policy speaks of
	bases     map[policies.Kind]language
	denyOnly  *policies.Document // the policy without its Allow statements, which decide nothing here
	budget    *budget
	doubts    []string // requests that seemed to get through and could not be confirmed
}

var (
	twelveDigits = regexp.MustCompile(`^[0-9]{12}$`)
	uniqueID     = regexp.MustCompile(`^A[A-Z0-9]{15,}$`)
	principalARN = regexp.MustCompile(`^arn:[a-z-]+:(iam|sts)::[0-9]{12}:.+$`)
	bucketARN    = regexp.MustCompile(`^arn:(aws[a-z-]*):s3:::([^:/*?]+)$`)
	queueARN     = regexp.MustCompile(`^arn:(aws[a-z-]*):sqs:([a-z0-9-]+):([0-9]{12}):([^:/*?]+)$`)
)

// The recovery actions take the policy off; the further ones are what else a deny-all forbids.
var (
	bucketRecovery = []string{"s3:PutBucketPolicy", "s3:DeleteBucketPolicy"}
	bucketFurther  = []string{"s3:GetBucketPolicy", "s3:ListBucket"}
	queueRecovery  = []string{"sqs:SetQueueAttributes", "sqs:RemovePermission"}
	queueFurther   = []string{"sqs:GetQueueAttributes"}
)

func newSetting(q Question) (*setting, error) {
	s := &setting{Question: q, kinds: []policies.Kind{policies.User, policies.Role, policies.Federated},
		shapes: map[policies.Kind]string{}, now: q.Now.UTC().Format(time.RFC3339), epoch: strconv.FormatInt(q.Now.Unix(), 10)}
	switch {
	case !twelveDigits.MatchString(q.Account):
		return nil, fmt.Errorf("owner account %q: want twelve digits", q.Account)
	case q.Now.IsZero():
		return nil, fmt.Errorf("the current time is not given")
	}
	_, rest, _ := strings.Cut(q.Resource, ":")
	s.partition, rest, _ = strings.Cut(rest, ":")
	switch {
	case bucketARN.MatchString(q.Resource):
		s.recovery, s.further = bucketRecovery, bucketFurther
	case queueARN.MatchString(q.Resource):
		rest = strings.TrimPrefix(rest, "sqs:")
		s.region, rest, _ = strings.Cut(rest, ":")
		if !strings.HasPrefix(rest, q.Account+":") {
			return nil, fmt.Errorf("queue %s is not owned by account %s", q.Resource, q.Account)
		}
		s.recovery, s.further = queueRecovery, queueFurther
	default:
		return nil, fmt.Errorf("%q is not the ARN of a bucket or a queue", q.Resource)
	}
	if len(q.Administrators) == 0 {
		return s, nil
	}
	s.kinds = slices.DeleteFunc(s.kinds, func(k policies.Kind) bool {
		return !slices.ContainsFunc(q.Administrators, func(pattern string) bool { return meet(pattern, s.shape(k)) })
	})
	if len(s.kinds) == 0 {
		return nil, fmt.Errorf("no principal of account %s can match the administrators %s: a mistake in the configuration", q.Account, strings.Join(q.Administrators, ", "))
	}
	return s, nil
}

// shape is the pattern that aws:PrincipalArn follows for every principal of a kind in the account
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn).
func (s *setting) shape(k policies.Kind) string {
	if shape, ok := s.shapes[k]; ok {
		return shape
	}
	shape := "arn:" + s.partition + ":iam::" + s.Account + ":" + string(k) + "/?*"
	if k == policies.Federated {
		shape = "arn:" + s.partition + ":sts::" + s.Account + ":federated-user/?*"
	}
	s.shapes[k] = shape
	return shape
}

// meet tells whether some string matches both globs. It walks the product of the two: exact, and never more than the product of their lengths.
func meet(a, b string) bool {
	reach := make([]bool, (len(a)+1)*(len(b)+1))
	at := func(i, j int) *bool { return &reach[i*(len(b)+1)+j] }
	*at(0, 0) = true
	for i := 0; i <= len(a); i++ {
		for j := 0; j <= len(b); j++ {
			if !*at(i, j) {
				continue
			}
			starA, starB := i < len(a) && a[i] == '*', j < len(b) && b[j] == '*'
			if starA {
				*at(i+1, j) = true // the star matches nothing more
			}
			if starB {
				*at(i, j+1) = true
			}
			if i == len(a) || j == len(b) {
				continue
			}
			same := a[i] == b[j] || a[i] == '?' || b[j] == '?'
			switch {
			case starA && starB:
			case starA:
				*at(i, j+1) = true // one character of b inside a's star
			case starB:
				*at(i+1, j) = true
			case same:
				*at(i+1, j+1) = true
			}
		}
	}
	return *at(len(a), len(b))
}
