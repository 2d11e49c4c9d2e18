package policies

// This file says who is an administrator: which principals a list of ARN patterns names, and which patterns can be
// meant. The allow list, the linter and the prover all ask here, so that none of them sees an administrator whom
// another does not.

import (
	"regexp"
	"strings"
)

// MatchARN tells whether an ARN fits a pattern as the ArnLike operator matches. Each of the six parts is matched by
// itself, and letter case counts. * stands for any run of characters and ? for one, neither across one of the first
// five colons. A pattern or a text with fewer than six parts matches nothing
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html).
//
// It cuts as it goes, since it is asked about every rule of an account.
func MatchARN(pattern, arn string) bool {
	for range 5 {
		part, rest, ok := strings.Cut(pattern, ":")
		of, restOf, isARN := strings.Cut(arn, ":")
		if !ok || !isARN || !Glob(part, of) {
			return false
		}
		pattern, arn = rest, restOf
	}
	return Glob(pattern, arn)
}

// IsAdministrator tells whether a principal is among the administrators that the patterns name, each matched as
// [MatchARN] does. Without patterns every user, role and federated user is one.
//
// The ARN is the value of aws:PrincipalArn: of a role session it is the role's, never the session's. An account's root
// user is never an administrator here, and neither is a service-linked role, even where a pattern matches it.
func IsAdministrator(patterns []string, principalARN string) bool {
	if !canAdminister(principalARN) {
		return false
	}
	for _, p := range patterns {
		if MatchARN(p, principalARN) {
			return true
		}
	}
	return len(patterns) == 0
}

// canAdminister tells whether an ARN is of a user, role or federated user that people can act as.
func canAdminister(principalARN string) bool {
	parts, ok := cutARN(principalARN)
	if !ok {
		return false
	}
	kind, name, _ := strings.Cut(parts[5], "/")
	switch parts[2] + " " + kind {
	case "iam user", "sts federated-user":
		return name != ""
	case "iam role":
		return name != "" && !IsServiceLinked(principalARN)
	}
	return false
}

// ServiceLinkedPath is how the last part of every service-linked role's ARN begins
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/using-service-linked-roles.html).
const ServiceLinkedPath = "role/aws-service-role/"

// IsServiceLinked tells whether an ARN is a service-linked role's. Only its service can use such a role.
func IsServiceLinked(principalARN string) bool {
	parts, ok := cutARN(principalARN)
	return ok && parts[2] == "iam" && strings.HasPrefix(parts[5], ServiceLinkedPath)
}

var (
	partitionPattern = regexp.MustCompile(`^(aws|aws-us-gov|aws-cn|\*)$`)
	// Paths hold any visible ASCII character
	// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html).
	namePattern = regexp.MustCompile(`^[!-~]+$`)
)

// CheckAdministrator says what an administrator's pattern should be, or "" where it can be meant. It wants the six
// parts of a user's, role's or federated user's ARN as aws:PrincipalArn shows it; the account and the name may hold
// wildcards
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html).
func CheckAdministrator(pattern string) (hint string) {
	parts, ok := cutARN(pattern)
	if !ok || parts[0] != "arn" {
		return "want an ARN such as arn:aws:iam::*:role/Name"
	}
	kind, name, _ := strings.Cut(parts[5], "/")
	switch of := parts[2] + " " + kind; {
	case !partitionPattern.MatchString(parts[1]):
		return "want the partition aws, aws-us-gov, aws-cn or *"
	case parts[3] != "":
		return "an IAM ARN holds no Region"
	case parts[4] != "*" && !account.MatchString(parts[4]):
		return "want an account's twelve digits, or *"
	case of == "sts assumed-role":
		return "name the role, arn:aws:iam::ACCOUNT:role/NAME: aws:PrincipalArn never holds a session"
	case of != "iam role" && of != "iam user" && of != "sts federated-user":
		return "want iam role/…, iam user/… or sts federated-user/…"
	case strings.HasPrefix(parts[5], ServiceLinkedPath):
		return "a service-linked role is no administrator: only its service can use it"
	case !namePattern.MatchString(name):
		return "want a name after " + kind + "/, or * for all, without spaces"
	}
	return ""
}
