package allowlist

// This file says which values an allow list may hold, and what was likely meant by others.

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
)

// A checker says what is wrong with a value and what it should be, or "".
type checker func(string) string

var (
	// https://docs.aws.amazon.com/organizations/latest/APIReference/API_Organization.html
	organizationID = regexp.MustCompile(`^o-[a-z0-9]{10,32}$`)
	twelveDigits   = regexp.MustCompile(`^[0-9]{12}$`)
	// https://docs.aws.amazon.com/organizations/latest/APIReference/API_Root.html and API_OrganizationalUnit.html
	unit = regexp.MustCompile(`^(r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[a-z0-9]{8,32})$`)
	// Keys have up to 128 characters, values up to 256
	// (https://docs.aws.amazon.com/organizations/latest/userguide/orgs_tagging.html).
	tag       = regexp.MustCompile(`^tag:[\pL\pN\p{Zs}_.:/+@-]{1,128}=[\pL\pN\p{Zs}_.:/=+@-]{0,256}$`)
	partition = regexp.MustCompile(`^(aws|aws-us-gov|aws-cn|\*)$`)
	// A Sid holds letters and digits; S3 and SQS allow more.
	sid = regexp.MustCompile(`^[A-Za-z0-9 _*?.:/+=@-]+$`)
	// Old buckets in us-east-1 may have upper case and underscores
	// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html), queues have dots in .fifo only
	// (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html).
	names   = regexp.MustCompile(`^[A-Za-z0-9._*?-]+$`)
	regions = regexp.MustCompile(`^[a-z0-9*?-]+$`)
	owners  = regexp.MustCompile(`^([0-9?]{12}|[0-9?]*\*[0-9*?]*)$`)
)

func organization(s string) string {
	if organizationID.MatchString(s) {
		return ""
	}
	return "want an organization's id, such as o-a1b2c3d4e5"
}

func account(s string) string {
	switch {
	case twelveDigits.MatchString(s) || unit.MatchString(s) || tag.MatchString(s):
		return ""
	case strings.HasPrefix(s, "tag:"):
		return "want tag:KEY=VALUE, such as tag:stage=sandbox"
	}
	return "want an account's twelve digits, a unit ou-…, the root r-… or tag:KEY=VALUE"
}

func filled(s string) string {
	switch {
	case strings.TrimSpace(s) == "":
		return "must not be empty: notices show it"
	case strings.ContainsFunc(s, unicode.IsControl):
		return "must be one line: notices show it"
	}
	return ""
}

// date wants a day. Years that no rule was written in are slips, and one of them would end at the zero time, which
// stands for "does not run out".
func date(s string) string {
	if day, err := time.Parse(time.DateOnly, s); err == nil && day.Year() >= 2000 {
		return ""
	}
	return "want a day such as 2027-06-30"
}

func sidPattern(s string) string {
	switch {
	case !sid.MatchString(s):
		return "want a pattern for Sids, such as Quarantine*"
	case strings.Trim(s, "*?") == "":
		return "would mark every lock as meant"
	}
	return ""
}

func oneOf(values ...string) checker {
	return func(s string) string {
		if slices.Contains(values, s) {
			return ""
		}
		return "want one of " + strings.Join(values, ", ")
	}
}

// resourcePattern wants the ARN of buckets or queues, with * and ? where many are meant. What no bucket or queue can
// be called is refused: such a pattern covers nothing, and its author would learn that from a lockout.
func resourcePattern(s string) string {
	parts := strings.SplitN(s, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" {
		return "want an ARN such as arn:aws:s3:::name or arn:aws:sqs:*:*:name"
	}
	region, owner, name := parts[3], parts[4], parts[5]
	switch {
	case !partition.MatchString(parts[1]):
		return "want the partition aws, aws-us-gov, aws-cn or *"
	case parts[2] != "s3" && parts[2] != "sqs":
		return "only s3 and sqs resources can be unlocked"
	case name == "":
		return "want a name, or * for all"
	case parts[2] == "s3":
		return bucketPattern(region, owner, name)
	}
	return queuePattern(region, owner, name)
}

func bucketPattern(region, owner, name string) string {
	switch {
	case region != "" || owner != "":
		return "a bucket's ARN holds no Region and no account: arn:aws:s3:::name"
	case strings.Contains(name, "/"):
		return "policies sit on buckets, not on objects: leave the / and what follows out"
	case !names.MatchString(name):
		return "a bucket's name holds letters, digits, dots, hyphens and underscores"
	}
	return ""
}

func queuePattern(region, owner, name string) string {
	switch {
	case region == "" || owner == "":
		return "a queue's ARN holds Region and account: arn:aws:sqs:*:*:name"
	case !regions.MatchString(region):
		return "want a Region such as eu-central-1, or *"
	case !owners.MatchString(owner):
		return "want an account's twelve digits, or *"
	case !names.MatchString(name):
		return "a queue's name holds letters, digits, hyphens and underscores, and .fifo at the end"
	}
	return ""
}
