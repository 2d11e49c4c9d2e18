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

// Judge answers the question.
func Judge(q Question) Verdict {
	s, err := newSetting(q)
	if err != nil {
		return undecided(err.Error())
	}
	if reasons := problems(q.Policy); len(reasons) > 0 {
		return undecided(reasons...)
	}
	for _, action := range s.recovery {
		if w, special, found := s.escape(q.Policy, action); found && special == "" {
			return Verdict{Answer: Open, Witness: w}
		}
	}
	for _, action := range s.recovery {
		if w, special, found := s.escape(q.Policy, action); found {
			return Verdict{Answer: Restricted, Reasons: []string{special}, Witness: w}
		}
	}
	lock := s.lock(q.Policy, s.recovery)
	if !lock.closed {
		return undecided(lock.gaps...)
	}
	v := Verdict{Answer: Lockout, Statements: s.smallest(q.Policy, lock), Reasons: nil}
	v.Reasons = s.explain(q.Policy, v.Statements)
	for _, action := range s.further {
		if _, _, found := s.escape(q.Policy, action); found {
			v.Answer = Sealed
			v.Reasons = append(v.Reasons, action+" is still possible, so this may be a deliberate seal")
			return v
		}
	}
	if further := s.lock(q.Policy, s.further); !further.closed {
		return undecided(append([]string{"nobody can take the policy off, but what else is possible could not be settled"}, further.gaps...)...)
	}
	return v
}

func undecided(reasons ...string) Verdict { return Verdict{Answer: Undecided, Reasons: reasons} }

// problems are the things the policy says that this program does not know, where they could hide or make a lockout: outside the statements and in Denies.
func problems(d *policies.Document) []string {
	var reasons []string
	for _, p := range d.Problems {
		reasons = append(reasons, p.String())
	}
	for i := range d.Statements {
		if s := &d.Statements[i]; s.Effect == policies.Deny {
			for _, p := range s.Problems {
				reasons = append(reasons, fmt.Sprintf("statement %s: %s", s.Label(), p))
			}
		}
	}
	return reasons
}

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
}

var (
	twelveDigits = regexp.MustCompile(`^[0-9]{12}$`)
	bucketARN    = regexp.MustCompile(`^arn:(aws[a-z-]*):s3:::([^:/*?]+)$`)
	queueARN     = regexp.MustCompile(`^arn:(aws[a-z-]*):sqs:([a-z0-9-]+):([0-9]{12}):([^:/*?]+)$`)
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
	if m := bucketARN.FindStringSubmatch(q.Resource); m != nil {
		s.partition = m[1]
		s.recovery = []string{"s3:PutBucketPolicy", "s3:DeleteBucketPolicy"}
		s.further = []string{"s3:GetBucketPolicy", "s3:ListBucket"}
	} else if m := queueARN.FindStringSubmatch(q.Resource); m != nil {
		if m[3] != q.Account {
			return nil, fmt.Errorf("queue %s is not owned by account %s", q.Resource, q.Account)
		}
		s.partition, s.region = m[1], m[2]
		s.recovery = []string{"sqs:SetQueueAttributes", "sqs:RemovePermission"}
		s.further = []string{"sqs:GetQueueAttributes"}
	} else {
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

// reaches tells whether a pattern for aws:PrincipalArn can match a principal of the kind that matters. It may say yes where none does, never
// no where one does.
func (s *setting) reaches(pattern string, k policies.Kind) bool {
	if !meet(pattern, s.shape(k)) {
		return false
	}
	return len(s.Administrators) == 0 || slices.ContainsFunc(s.Administrators, func(admin string) bool { return meet(pattern, admin) })
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
