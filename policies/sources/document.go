package sources

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"locksmith/policies"
)

// inResource finds the bucket or queue in a Resource value; for an object it is the bucket.
var inResource = regexp.MustCompile(`^arn:aws[a-z-]*:(?:s3:::[^:/*?{}$]+|sqs:[a-z0-9-]+:[0-9]{12}:[^:/*?{}$]+$)`)

// ResourceOf finds the bucket or queue that a policy document is for: the only one that its statements name. A policy
// is attached to one resource, and S3 refuses one that names another.
func ResourceOf(d *policies.Document) (string, error) {
	var named []string
	principals := false
	for _, st := range d.Statements {
		principals = principals || st.Principal != nil
		if st.Resource == nil {
			continue
		}
		for _, value := range st.Resource.Values {
			arn := inResource.FindString(value)
			if arn != "" && !slices.Contains(named, arn) && plainEnd(value[len(arn):]) {
				named = append(named, arn)
			}
		}
	}
	switch {
	case len(named) == 1:
		return named[0], nil
	case len(named) > 1:
		return "", errors.New("several resources are named (" + strings.Join(named, ", ") +
			"); -resource tells which one the policy is for")
	case !principals:
		return "", errors.New("no statement has a principal, so this is no policy of a bucket or queue; " +
			"to judge it as one, give -resource")
	}
	return "", errors.New("the policy names no bucket or queue; -resource tells which one it is for")
}

// plainEnd tells whether what follows a bucket's ARN leaves it that bucket: nothing, or an object's key.
func plainEnd(rest string) bool { return rest == "" || rest[0] == '/' }

// Foreign tells whether a policy is plainly none of a bucket or queue: nobody is named in it, as in identity
// policies, or all its actions are other services'.
func Foreign(d *policies.Document) bool {
	principals, others := false, true
	for _, st := range d.Statements {
		principals = principals || st.Principal != nil
		others = others && !st.Action.Not && !slices.ContainsFunc(st.Action.Values, ours)
	}
	return others || !principals
}

// ours tells whether an action pattern may be one of S3 or SQS.
func ours(action string) bool {
	service, _, ok := strings.Cut(strings.ToLower(action), ":")
	return !ok || strings.ContainsAny(service, "*?$") || service == "s3" || service == "sqs"
}
