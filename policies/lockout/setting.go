package lockout

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"locksmith/policies"
)

// The place of a question: what the resource, its owner and its Deny statements settle for every request.

// A setting is a question's place, worked out once.
type setting struct {
	Question
	partition string
	region    string   // "" where the ARN does not tell
	recovery  []string // the actions that take the policy off
	others    []string // the further actions of a deny-all
	inside    []string // the use of what is in the resource
	listing   bool     // s3:ListBucket is asked for, which carries more keys
	kinds     []policies.Kind
	shapes    map[policies.Kind]string
	now       string // the current time as aws:CurrentTime and as aws:EpochTime
	epoch     string
	mentioned []string // the keys that the policy speaks of
	denies    []*policies.Statement
	denyOnly  *policies.Document // the policy without its Allow statements, which decide nothing here
	budget    *budget
	memory    *memory

	// What follows is worked out when it is first asked for.
	bases      map[policies.Kind]language
	sameFor    map[policies.Kind]policies.Context
	favourites map[person][]string   // names to try first
	namedHere  *language             // the principals that the policy names
	compared   map[string][]compared // by key in lower case
	covers     map[string][]policies.Truth
	sequences  map[reading]sequence
	reaches    map[seen]reach
	pointLists map[string][]string
	sorted     map[sorting]sortedPoints
	everywhere []*world // the worlds of all requests, and
	ordinaries []*world // of ordinary ones
	folding    folding
	aid        *aid // what requests may use, or nil: everything
	tame       bool // paths have no colon in them: only for witnesses, never for proofs
	strict     bool // who bears a name that the policy names is singled out, whatever the path
}

// isAccount tells whether a text is the number of an account.
func isAccount(v string) bool { return len(v) == 12 && madeOf(v, digits) }

// madeOf tells whether a text has characters of the class only.
func madeOf(v string, c *class) bool {
	return !strings.ContainsFunc(v, func(r rune) bool { return !c.has(r) })
}

// isUniqueID tells whether a principal is a user's or a role's unique id.
func isUniqueID(v string) bool {
	return (strings.HasPrefix(v, "AIDA") || strings.HasPrefix(v, "AROA")) && len(v) >= 16 && madeOf(v, upperNum)
}

// isPrincipal tells whether a text is the ARN of a principal, as far as its form tells.
func isPrincipal(v string) bool {
	p := strings.SplitN(v, ":", 6)
	return len(p) == 6 && p[0] == "arn" && p[1] != "" && madeOf(p[1], lettersAndDash) &&
		(p[2] == "iam" || p[2] == "sts") && p[3] == "" && (isAccount(p[4]) || p[4] == "cloudfront") &&
		p[5] != "" && !strings.Contains(p[5], "\n")
}

// isBucket and isQueue tell whether a text is the ARN of one.
func isBucket(v string) bool {
	p := strings.SplitN(v, ":", 6)
	return isARN(p, "s3") && p[3] == "" && p[4] == "" && !strings.ContainsAny(p[5], "/*?")
}

func isQueue(v string) bool {
	p := strings.SplitN(v, ":", 6)
	return isARN(p, "sqs") && p[3] != "" && madeOf(p[3], regionSet) && isAccount(p[4]) &&
		!strings.ContainsAny(p[5], ":/*?")
}

// isARN tells whether the parts are those of an ARN of the service.
func isARN(p []string, service string) bool {
	return len(p) == 6 && p[0] == "arn" && strings.HasPrefix(p[1], "aws") && madeOf(p[1], lettersAndDash) &&
		p[2] == service && p[5] != ""
}

// The recovery actions take the policy off; the further ones are what else a deny-all forbids, besides the use of what
// is inside.
var (
	bucketRecovery = []string{"s3:PutBucketPolicy", "s3:DeleteBucketPolicy"}
	bucketFurther  = []string{listBucket, "s3:GetBucketPolicy"} // the listing first: it has more requests
	queueRecovery  = []string{setQueueAttributes, removePermission}
	queueFurther   = []string{"sqs:GetQueueAttributes"}
	bucketInside   = []string{"s3:GetObject", "s3:PutObject"}
	queueInside    = []string{"sqs:SendMessage", "sqs:ReceiveMessage"}
)

// listBucket is the one action here that may come through an access point, and so may carry more keys than the others.
const listBucket = "s3:ListBucket"

// Two actions take a queue's policy off: all of it, or statement by statement, by their Sids.
const (
	setQueueAttributes = "sqs:SetQueueAttributes"
	removePermission   = "sqs:RemovePermission"
)

func newSetting(q Question) (*setting, error) {
	s := &setting{Question: q, kinds: []policies.Kind{policies.User, policies.Role, policies.Federated},
		memory: &memory{}, shapes: map[policies.Kind]string{}, now: q.Now.UTC().Format(time.RFC3339),
		epoch: strconv.FormatInt(q.Now.Unix(), 10)}
	s.budget = s.fresh()
	switch {
	case !isAccount(q.Account):
		return nil, fmt.Errorf("owner account %q: want twelve digits", q.Account)
	case q.Now.IsZero():
		return nil, fmt.Errorf("the current time is not given")
	}
	_, rest, _ := strings.Cut(q.Resource, ":")
	s.partition, rest, _ = strings.Cut(rest, ":")
	switch {
	case isBucket(q.Resource):
		s.recovery, s.others, s.inside = bucketRecovery, bucketFurther, bucketInside
	case isQueue(q.Resource):
		rest = strings.TrimPrefix(rest, "sqs:")
		s.region, rest, _ = strings.Cut(rest, ":")
		if !strings.HasPrefix(rest, q.Account+":") {
			return nil, fmt.Errorf("queue %s is not owned by account %s", q.Resource, q.Account)
		}
		s.recovery, s.others, s.inside = queueRecovery, queueFurther, queueInside
	default:
		return nil, fmt.Errorf("%q is not the ARN of a bucket or a queue", q.Resource)
	}
	s.denyOnly = onlyDenies(q.Policy, nil)
	for i := range s.denyOnly.Statements {
		s.denies = append(s.denies, &s.denyOnly.Statements[i])
	}
	s.mentioned = mentionedKeys(s.denies)
	return s, nil
}

// matter keeps the kinds of principals of which some can match the administrators. A pattern that names another account
// is for that one; any other that no principal of this account can match is a mistake.
func (s *setting) matter() error {
	if len(s.Administrators) == 0 {
		return nil
	}
	all := s.kinds
	s.kinds = slices.DeleteFunc(slices.Clone(all), func(k policies.Kind) bool {
		return !s.possible(k, s.Administrators) && !s.budget.out
	})
	for _, pattern := range s.Administrators {
		parts := strings.Split(pattern, ":")
		if len(parts) > 5 && isAccount(parts[4]) && parts[4] != s.Account && len(s.kinds) > 0 {
			continue
		}
		if !slices.ContainsFunc(all, func(k policies.Kind) bool {
			return s.possible(k, []string{pattern}) || s.budget.out
		}) {
			return fmt.Errorf("no principal of account %s can match the administrator %s: a mistake in the "+
				"configuration", s.Account, pattern)
		}
	}
	return nil
}

// possible tells whether a principal of the kind can match one of the patterns.
func (s *setting) possible(k policies.Kind, patterns []string) bool {
	var likely []string
	for _, p := range patterns[:min(len(patterns), 1)] {
		if one := instance(s.own(p)); s.arns(k).matches(one) {
			likely = append(likely, one)
		}
	}
	_, ok := (&textDomain{base: s.arns(k), in: []language{globs(patterns)}, out: s.barred(k, false)}).sample(likely,
		s.budget)
	return ok
}

// barred are the roles by which no request is made that counts. Those are service-linked roles, which only their
// service can use (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html). With MFA they are also those of
// Identity Center, whose sessions never carry its keys.
func (s *setting) barred(k policies.Kind, verified bool) (l []language) {
	if k != policies.Role {
		return nil
	}
	prefix := strings.TrimSuffix(s.shape(k), "?*")
	l = append(l, language{globOf(strings.TrimSuffix(prefix, "role/")+policies.ServiceLinkedPath+"*", globAs{})})
	if verified {
		l = append(l, language{globOf(prefix+"aws-reserved/sso.amazonaws.com/*", globAs{})})
	}
	return l
}

// globs are the ARNs that the patterns match, part by part as ArnLike does.
func globs(patterns []string) (l language) {
	for _, p := range patterns {
		l = append(l, globOf(p, globAs{arn: true}))
	}
	return l
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

// onlyDenies is the policy without its Allow statements: an administrator's own permissions allow everything. The
// statements keep their indices.
func onlyDenies(d *policies.Document, without []int) *policies.Document {
	rest := *d
	rest.Statements = nil
	for _, st := range d.Statements {
		if (st.Effect == policies.Deny || st.Ambiguous("Effect")) && !slices.Contains(without, st.Index) {
			rest.Statements = append(rest.Statements, st)
		}
	}
	return &rest
}
