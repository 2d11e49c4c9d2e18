package cloud

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"locksmith/policies"
)

// checkPolicy says what a service would refuse about a new policy for the resource, or "". What this program does not know it refuses too: AWS knows no more
// operators and elements than the reference lists.
func checkPolicy(text []byte, size int, resource string) string {
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
		if why := checkStatement(&doc.Statements[i], resource); why != "" {
			return why
		}
	}
	return ""
}

func checkStatement(s *policies.Statement, resource string) string {
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
	if !strings.Contains(resource, ":s3:") {
		return ""
	}
	if s.Resource == nil {
		return "Missing required field Resource"
	}
	for _, v := range s.Resource.Values {
		bucket, _, _ := strings.Cut(v, "/")
		if !policies.Glob(bucket, resource) {
			return "Policy has invalid resource"
		}
	}
	return ""
}

// named are the principals that a service can look up. The unique id that AWS shows for a principal that is gone (AIDA…, AROA…) is none
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html).
var named = regexp.MustCompile(`^(\*|[0-9]{12}|arn:.+)$`)

// checkQueuePolicy refuses a policy as SQS does; its quotas: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html.
func checkQueuePolicy(text, arn string) *apiError {
	refuse := func(why string) *apiError {
		return &apiError{"InvalidAttributeValue", "Invalid value for the parameter Policy. Reason: " + why, http.StatusBadRequest}
	}
	if text == "" {
		return nil
	}
	if why := checkPolicy([]byte(text), 8192, arn); why != "" {
		return refuse(why)
	}
	doc, err := policies.Parse([]byte(text))
	if err != nil || len(doc.Statements) > 20 {
		return refuse("more than 20 statements")
	}
	for i := range doc.Statements {
		if len(doc.Statements[i].Action.Values) > 7 {
			return refuse("more than 7 actions in a statement")
		}
	}
	return nil
}
