package front

import (
	"fmt"
	"regexp"

	"locksmith/policies"
)

// CheckPolicy says what a service would refuse about a new policy of at most so many bytes, or "". The service's own
// rule for a statement comes last; it may be nil. What this program does not know it refuses too: AWS knows no more
// operators and elements than the reference lists.
func CheckPolicy(text []byte, size int, rule func(*policies.Statement) string) string {
	doc, err := policies.Parse(text)
	switch {
	case len(text) > size:
		return fmt.Sprintf("the policy is longer than %d bytes", size)
	case err != nil:
		return "Policies must be valid JSON and the first byte must be '{': " + err.Error()
	case len(doc.Problems) > 0:
		return doc.Problems[0].String()
	}
	for i := range doc.Statements {
		if why := checkStatement(&doc.Statements[i]); why != "" {
			return why
		}
		if rule == nil {
			continue
		}
		if why := rule(&doc.Statements[i]); why != "" {
			return why
		}
	}
	return ""
}

func checkStatement(s *policies.Statement) string {
	if s.Principal == nil {
		return "Missing required field Principal"
	}
	problems := s.Problems
	for _, c := range s.Conditions {
		problems = append(problems, c.Problems...)
	}
	if len(problems) > 0 {
		return problems[0].String()
	}
	for _, p := range s.Principal.Named {
		if p.Kind == "AWS" && !named.MatchString(p.Value) {
			return "Invalid principal in policy"
		}
	}
	return ""
}

// named are the principals that a service can look up. The unique id that AWS shows for a principal that is gone
// (AIDA…, AROA…) is none (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html).
var named = regexp.MustCompile(`^(\*|[0-9]{12}|arn:.+)$`)
