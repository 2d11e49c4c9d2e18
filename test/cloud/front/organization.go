package front

import (
	"slices"
	"strings"

	"locksmith/policies"
)

// The types of the policies that bind accounts from above.
const (
	SCP = "SERVICE_CONTROL_POLICY"
	RCP = "RESOURCE_CONTROL_POLICY"
)

// An Organization is what stands above accounts. It is asked under the lock.
type Organization interface {
	// Use lets an account come into being, where it is new.
	Use(account string)
	// Units is where an account stands, as aws:PrincipalOrgPaths has it, or "" outside the organization.
	Units(account string) string
	// Levels are the policies of a type that bind an account, from the root down to the account itself.
	// There are none where nothing binds it.
	Levels(kind, account string) [][]Bound
}

// A Bound is one policy that is attached somewhere above an account, or to it.
type Bound struct {
	ARN      string
	Document *policies.Document
}

// SetOrganization sets what stands above accounts. It is called once, before the first request.
func (f *Front) SetOrganization(o Organization) { f.above = o }

// Use tells of an account, which comes into being where it is new. It is called under the lock.
func (f *Front) Use(account string) { f.above.Use(account) }

// alone is an AWS without an organization: no policy binds anybody from above.
type alone struct{}

func (alone) Use(string)                      {}
func (alone) Units(string) string             { return "" }
func (alone) Levels(string, string) [][]Bound { return nil }

// bounded asks the policies above: the SCPs for the caller's account, and the RCPs for the resource's. Service-linked
// roles are bound by neither
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html).
func (r *Request) bounded(owner string, question policies.Request) *Error {
	if strings.Contains(question.Caller.ARN, ":role/aws-service-role/") {
		return nil
	}
	scps := r.front.above.Levels(SCP, r.Caller.Account)
	if err := r.pass(scps, "service control policy", question); err != nil {
		return err
	}
	rcps := r.front.above.Levels(RCP, owner)
	err := r.pass(rcps, "resource control policy", question)
	switch service := serviceOf(question.Action); {
	case err == nil || slices.Contains(underRCPs, service):
		return err
	case slices.Contains(perhapsUnderRCPs, service):
		return cannot("tell whether resource control policies bind " + service)
	}
	return nil
}

// underRCPs are the services here that resource control policies bind. For those of perhapsUnderRCPs the
// documentation at hand does not settle it
// (https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html).
var (
	underRCPs        = []string{"s3", "sqs", "sts"}
	perhapsUnderRCPs = []string{"dynamodb"}
)

func serviceOf(action string) string {
	service, _, _ := strings.Cut(action, ":")
	return strings.ToLower(service)
}

// pass lets through what is allowed at every level and denied at none
// (https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html).
func (r *Request) pass(levels [][]Bound, kind string, question policies.Request) *Error {
	var unsure []string
	closed := false
	for _, level := range levels {
		l := atLevel(level, question)
		if l.denied != "" {
			return r.denied(question, "with an explicit deny in a "+kind+": "+l.denied)
		}
		closed = closed || !l.open && !l.perhapsOpen
		if l.perhapsDenied || !l.open && l.perhapsOpen {
			unsure = append(unsure, l.reasons...)
		}
	}
	switch {
	case closed:
		return r.denied(question, "because no "+kind+" allows the "+r.service.Words.Action(question.Action)+" action")
	case len(unsure) > 0:
		return cannot("tell what the " + kind + " says: " + strings.Join(unsure, "; "))
	}
	return nil
}

// A level is what the policies attached at one place say together.
type level struct {
	denied                           string // the ARN of a policy that denies
	open, perhapsOpen, perhapsDenied bool
	reasons                          []string
}

func atLevel(attached []Bound, question policies.Request) (l level) {
	for _, b := range attached {
		d := b.Document.Evaluate(question)
		switch {
		case d.Effect == policies.Denied:
			l.denied = b.ARN
		case d.Effect == policies.Allowed:
			l.open = true
		case d.Effect == policies.Unsettled && onlyAllows(b.Document, d.Statements):
			l.perhapsOpen = true
			l.reasons = append(l.reasons, d.Reasons...)
		case d.Effect == policies.Unsettled:
			l.perhapsDenied, l.perhapsOpen = true, true
			l.reasons = append(l.reasons, d.Reasons...)
		}
	}
	return l
}

// onlyAllows tells whether there are statements, and none of them a Deny.
func onlyAllows(doc *policies.Document, statements []int) bool {
	deny := func(index int) bool { return doc.Statements[index].Effect == policies.Deny }
	return len(statements) > 0 && !slices.ContainsFunc(statements, deny)
}

// unreadable is a policy that nobody could read: whatever is asked of it is not settled.
func unreadable(why error) *policies.Document {
	return &policies.Document{Problems: []policies.Problem{{Path: "policy", Text: why.Error()}}}
}

// ReadBound reads a policy that is to bind accounts. One that cannot be read leaves all unsettled.
func ReadBound(arn, text string) Bound {
	doc, err := policies.Parse([]byte(text))
	if err != nil {
		doc = unreadable(err)
	}
	return Bound{arn, doc}
}
