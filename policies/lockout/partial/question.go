package partial

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"locksmith/policies"
	"locksmith/policies/lockout"
)

// A Question is what is asked of a policy, as far as its place is known.
type Question struct {
	Resource       string // the ARN of the bucket or queue; a [Template] tells its own
	Account        string // its owner, twelve digits; "" where that is not known
	Organization   string // the owner's, o-…; "" where that is not known
	Administrators []string
	Now            time.Time
}

// A Ruling is the verdict about a policy, and the owner it is for.
type Ruling struct {
	lockout.Verdict
	Account  string              // "" for a stand-in, which the policy does not name
	Resource string              // of a [Template], as people are shown it
	Places   []policies.Position // of each statement
}

// A Whole is a policy without unknown parts.
type Whole struct {
	Text  []byte                      // JSON
	Place func(int) policies.Position // where a byte of the text stands in its file
}

var (
	twelveDigits = regexp.MustCompile(`^[0-9]{12}$`)
	organization = regexp.MustCompile(`^o-[a-z0-9]{10,32}$`)
	anyARN       = regexp.MustCompile(`^arn:(aws[a-z-]*):(?:s3:::[^:/*?]+|sqs:[a-z0-9-]+:([0-9]{12}):[^:/*?]+)$`)
)

// IsAccount tells whether a text is an account's number.
func IsAccount(text string) bool { return twelveDigits.MatchString(text) }

// IsResource tells whether a text is the ARN of a bucket or queue.
func IsResource(arn string) bool { return anyARN.MatchString(arn) }

// Check refuses what cannot be the place of a policy.
func (q Question) Check() error {
	where := anyARN.FindStringSubmatch(q.Resource)
	switch {
	case q.Resource != "" && where == nil:
		return fmt.Errorf("resource %q: want the ARN of a bucket or queue, such as arn:aws:s3:::payroll-exports", q.Resource)
	case q.Account != "" && !IsAccount(q.Account):
		return fmt.Errorf("account %q: want twelve digits", q.Account)
	case q.Organization != "" && !organization.MatchString(q.Organization):
		return fmt.Errorf("organization %q: want an id such as o-a1b2c3d4e5", q.Organization)
	case where != nil && where[2] != "" && q.Account != "" && where[2] != q.Account:
		return fmt.Errorf("account %s: the queue's ARN names account %s, and that is its owner", q.Account, where[2])
	}
	for _, pattern := range q.Administrators {
		if !strings.HasPrefix(pattern, "arn:") && pattern != "*" {
			return fmt.Errorf("administrators %q: want an ARN pattern such as arn:aws:iam::*:role/Admin", pattern)
		}
	}
	return nil
}

// Judge answers the question for each account that may be the owner, and takes the answer that is the least locked: the
// policy is locked only if it is for each. The error is a *[policies.SyntaxError] with its place in the file.
func (q Question) Judge(w Whole) (Ruling, error) {
	d, err := w.Parse()
	if err != nil {
		return Ruling{}, err
	}
	places := make([]policies.Position, len(d.Statements))
	for i, st := range d.Statements {
		places[i] = w.Place(st.Start)
	}
	o := OwnersIn(w.Text)
	if owner := q.owner(); owner != "" {
		o = known(owner)
	}
	return o.each(func(account string) Ruling {
		v := lockout.Judge(lockout.Question{Policy: d, Resource: q.Resource, Account: account,
			Organization: q.Organization, Now: q.Now, Administrators: q.Administrators})
		return Ruling{Verdict: v, Places: places}
	}), nil
}

// owner is the account that surely owns the resource: the one that is given, or the one in a queue's ARN.
func (q Question) owner() string {
	if where := anyARN.FindStringSubmatch(q.Resource); q.Account == "" && where != nil {
		return where[2]
	}
	return q.Account
}

// Parse reads the policy. It puts the places of what is wrong with it where they are in the file.
func (w Whole) Parse() (*policies.Document, error) {
	d, err := policies.Parse(w.Text)
	if syntax, ok := err.(*policies.SyntaxError); ok {
		moved := *syntax
		moved.At = w.Place(syntax.At.Offset)
		return nil, &moved
	}
	if err != nil {
		return nil, err
	}
	w.move(d.Problems)
	for i := range d.Statements {
		w.move(d.Statements[i].Problems)
		for j := range d.Statements[i].Conditions {
			c := &d.Statements[i].Conditions[j]
			c.At = w.Place(c.At.Offset)
			w.move(c.Problems)
		}
	}
	return d, nil
}

func (w Whole) move(problems []policies.Problem) {
	for i := range problems {
		problems[i].At = w.Place(problems[i].At.Offset)
	}
}

// locked tells whether nobody but root can take the policy off.
func locked(a lockout.Answer) bool { return a == lockout.Lockout || a == lockout.Sealed }
