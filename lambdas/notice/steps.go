package notice

import (
	"fmt"
	"regexp"
	"strings"

	"locksmith/lambdas/remedy"
	"locksmith/policies/lockout"
)

// A step is something for a person to do: a sentence, and the lines to type.
type step struct {
	text  string
	lines []string
}

// next says what to do, in the order in which it has to be done.
func next(n remedy.Notice) []step {
	c := n.Change
	switch n.Outcome.Result {
	case remedy.Digest:
		return []step{{text: "Look at each: the ledger has an entry for every event, with its verdict and its reasons."}}
	case remedy.Expiring:
		return []step{{text: "Correct the allow list, and have it checked:", lines: []string{
			"go run ./policies/check -allowlist policies/allowlist.json"}},
			{text: "Deploy it. Until then the one that is deployed counts."}}
	case remedy.Unreadable:
		return find(c)
	case remedy.StoodDown:
		return nil
	}
	if !wellFormed(c) {
		return []step{{text: "The event names an account, a Region or a resource as AWS would not, so there are no " +
			"commands here. Look the event up in CloudTrail, or in the dead letters of the work queue."}}
	}
	switch n.Outcome.Result {
	case remedy.Unlocked, remedy.Repaired, remedy.Reinstated:
		if n.Outcome.Unseen {
			return append(look(c), byHand(c)...)
		}
		return append(putBack(n), lastGood(n)...)
	case remedy.NotCovered:
		return append(byHand(c), allow(c))
	case remedy.Overtaken:
		return []step{look(c)[0],
			{"If its policy is gone, put back the copy in the ledger, as someone who may assume root:",
				undo(c, "-allowlist FILE")}}
	case remedy.Held:
		stop := "Find out who or what keeps setting this policy (see above), and stop it: otherwise it comes back."
		return append([]step{{text: stop}}, byHand(c)...)
	case remedy.Undecided, remedy.Restricted:
		return append(look(c), byHand(c)...)
	case remedy.Restored:
		if n.Verdict.Answer != lockout.Lockout && n.Verdict.Answer != lockout.Sealed {
			return nil
		}
	case remedy.Failed:
		open := byHand(c)
		if n.Outcome.Cause == remedy.ManagementAccount {
			open = open[1:] // by its own root user
		}
		return append(mend(n), open...)
	}
	return byHand(c)
}

// look is how to see whether the resource is locked.
func look(c remedy.Change) []step {
	return []step{
		{"As an administrator of the account, see whether you still get in. This only reads:", read(c)},
		{text: "If that is refused, go on with the steps that follow."},
	}
}

// find is how to learn what an event says that could not be read.
func find(c remedy.Change) []step {
	var steps []step
	if c.Found() {
		steps = []step{{text: "Tell those who run Locksmith: the sweep has sent a finding that cannot be read."}}
		if wellFormed(c) {
			steps = append(steps, append(look(c), byHand(c)...)...)
		}
		return steps
	}
	if c.EventID != "" && eventID.MatchString(c.EventID) && accountID.MatchString(c.Account) &&
		regionName.MatchString(c.Region) {
		steps = append(steps, step{"In account " + c.Account + ", read the event in CloudTrail:",
			shell("aws cloudtrail lookup-events", region(c),
				"--lookup-attributes AttributeKey=EventId,AttributeValue="+c.EventID)})
	} else {
		steps = append(steps, step{text: "Read the event in CloudTrail, or the message in the dead letters of the work " +
			"queue: it names the bucket or queue, if it is about one."})
	}
	steps = append(steps, step{"Have its policy judged, in Locksmith's source tree:",
		[]string{"go run ./policies/check event.json"}})
	if wellFormed(c) {
		return append(steps, append(look(c), byHand(c)...)...)
	}
	return append(steps, step{text: "If Locksmith should have read it, tell those who run it."})
}

var (
	eventID    = regexp.MustCompile(`^[A-Za-z0-9_-]{0,100}$`)
	accountID  = regexp.MustCompile(`^[0-9]{12}$`)
	regionName = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]$`)
	bucketARN  = regexp.MustCompile(`^arn:aws(-us-gov|-cn)?:s3:::[A-Za-z0-9._-]{3,255}$`)
	queueARN   = regexp.MustCompile(`^arn:aws(-us-gov|-cn)?:sqs:([a-z0-9-]+):([0-9]{12}):[A-Za-z0-9_-]{1,80}(\.fifo)?$`)
)

// wellFormed tells whether a change names its resource as AWS does. Commands are given for nothing else: what somebody
// has made up has no place among lines that people copy.
func wellFormed(c remedy.Change) bool {
	if !accountID.MatchString(c.Account) || !regionName.MatchString(c.Region) || !eventID.MatchString(c.EventID) {
		return false
	}
	of := queueARN.FindStringSubmatch(c.Resource)
	return bucketARN.MatchString(c.Resource) || of != nil && of[2] == c.Region && of[3] == c.Account
}

// mend is what has to be put right before anybody, Locksmith included, can assume root.
func mend(n remedy.Notice) []step {
	c := n.Change
	switch n.Outcome.Cause {
	case remedy.SessionsDisabled:
		return []step{{"In the management account, switch root sessions on:", []string{
			"aws organizations enable-aws-service-access --service-principal iam.amazonaws.com",
			"aws iam enable-organizations-root-sessions"}}}
	case remedy.NotDelegated:
		return []step{{"In the management account, see whether root sessions are on, and Locksmith's account is the " +
			"delegated administrator:", []string{
			"aws iam list-organizations-features",
			"aws organizations list-delegated-administrators --service-principal iam.amazonaws.com"}},
			{text: "See whether Locksmith's role may call sts:AssumeRoot on " + root(c) + " with the task policy " +
				taskPolicy(c) + "."},
			{text: "See whether the account is a member of the organization, and not its management account."}}
	case remedy.DeniedByOrg:
		policies := "aws organizations list-policies-for-target --target-id " + quote(c.Account)
		return []step{{"In the management account, look for a service or resource control policy that catches the " +
			"root user, here and on the units above:", []string{
			policies + " --filter SERVICE_CONTROL_POLICY",
			policies + " --filter RESOURCE_CONTROL_POLICY",
			"aws organizations list-parents --child-id " + quote(c.Account)}},
			{"Spare sessions like this one: add to the Condition of the Deny, beside what is there,",
				[]string{`"Null": {"aws:AssumedRoot": "true"}`}},
			{text: "If no policy is to blame: see whether the " + kind(c) + " still belongs to account " +
				c.Account + "."}}
	case remedy.RegionDisabled:
		return []step{{text: "Activate STS for the Region in account " + c.Account +
			" (IAM console, Account settings), or let Locksmith call STS in a Region that needs no opt-in."}}
	case remedy.ManagementAccount:
		return []step{{text: "Root of the management account cannot be assumed. Sign in as its own root user, and " +
			"run the rest in CloudShell there."}}
	}
	return []step{{text: "Tell those who run Locksmith what is said above under WHAT LOCKSMITH DID."}}
}

// byHand unlocks the resource without Locksmith.
func byHand(c remedy.Change) []step {
	become := shell("  $(aws sts assume-root", "--region "+stsRegion(c), "--target-principal "+quote(c.Account),
		"--task-policy-arn arn="+taskPolicy(c), `--query "Credentials.[AccessKeyId,SecretAccessKey,SessionToken]"`,
		"--output text))")
	return []step{
		{"In a shell of its own, with credentials of the management account or of the delegated administrator, " +
			"become root for this one task, for 15 minutes:",
			append([]string{`export $(printf "AWS_ACCESS_KEY_ID=%s AWS_SECRET_ACCESS_KEY=%s AWS_SESSION_TOKEN=%s" \`},
				become...)},
		{"Save the policy:", read(c, "> old-policy.json")},
		{"Take it off:", remove(c)},
	}
}

// lastGood says where the policy is that was there before, where it was not put back.
func lastGood(n remedy.Notice) []step {
	b := n.Outcome.Before
	if b == nil || b.Policy == "" || n.Outcome.Result == remedy.Reinstated ||
		len(policiesDiffer(b.Policy, n.Policy(), maxDifference)) == 0 {
		return nil
	}
	return []step{{"Or put back the last good policy, if those from outside whom it lets in are to get in again. The " +
		"entry of the ledger has it, as before in its outcome:", show(n.Change)}}
}

// putBack replaces what was deleted: by the corrected policy where there is one, else by what a person makes of it.
func putBack(n remedy.Notice) []step {
	c, corrected := n.Change, n.Outcome.Corrected
	switch {
	case corrected.Text != "" && usable(corrected.Text):
		return []step{
			{text: "Save the corrected policy below as corrected.json. It is the old one without what locked, and is proved " +
				"neither to lock nor to let in anybody from outside."},
			{"Put it back, unless somebody has put another one there since:", write(c)},
		}
	case corrected.Text != "":
		return []step{{"The corrected policy holds what is not shown here. Put it back from the ledger, as someone who may " +
			"assume root:", undo(c, "-allowlist FILE -repaired")}}
	}
	if c.Asked != nil && c.Asked.Forced {
		return nil // whoever asked for it knows why
	}
	return []step{
		{text: "Save the old policy as corrected.json, and take out or narrow what locked."},
		{"Check it, in Locksmith's source tree. It must not say lockout:",
			shell("go run ./policies/check", "-resource "+quote(c.Resource), "-account "+quote(c.Account),
				"corrected.json")},
		{"Put it back, unless somebody has done so already:", write(c)},
	}
}

// undo puts back what the ledger has.
func undo(c remedy.Change, flags string) []string {
	return shell("go run ./lambdas/locksmith undo", `-table "$table"`, "-event "+quote(c.EventID),
		"-resource "+quote(c.Resource), flags)
}

// show prints an entry of the ledger, with every policy as it was.
func show(c remedy.Change) []string {
	id := `{"id":{"S":` + inJSON("incident#"+c.EventID+"#"+c.Resource) + `}}`
	return shell("aws dynamodb get-item", `--table-name "$table"`, "--key "+quote(id))
}

// allow is the rule with which Locksmith would have done it.
func allow(c remedy.Change) step {
	return step{"If Locksmith may open it the next time, add a rule to the allow list. A \"never\" pattern that " +
		"covers it has to go first:", []string{
		`{"name": "...", "accounts": [` + inJSON(c.Account) + `],`,
		` "resources": [` + inJSON(c.Resource) + `],`,
		` "action": "delete", "owner": "...", "reason": "...", "expires": "..."}`}}
}

func read(c remedy.Change, to ...string) []string {
	if c.Service() == "sqs" {
		return shell(append([]string{"aws sqs get-queue-attributes", region(c), queue(c), "--attribute-names Policy",
			"--query Attributes.Policy --output text"}, to...)...)
	}
	return shell(append([]string{"aws s3api get-bucket-policy", region(c), bucket(c),
		"--query Policy --output text"}, to...)...)
}

func remove(c remedy.Change) []string {
	if c.Service() == "sqs" {
		return shell("aws sqs set-queue-attributes", region(c), queue(c), `--attributes '{"Policy":""}'`)
	}
	return shell("aws s3api delete-bucket-policy", region(c), bucket(c))
}

func write(c remedy.Change) []string {
	if c.Service() == "sqs" {
		return shell("aws sqs set-queue-attributes", region(c), queue(c),
			`--attributes "$(jq -n --rawfile p corrected.json '{Policy: $p}')"`)
	}
	return shell("aws s3api put-bucket-policy", region(c), bucket(c), "--policy file://corrected.json")
}

func region(c remedy.Change) string { return "--region " + quote(c.Region) }

func bucket(c remedy.Change) string {
	return "--bucket " + quote(c.Name()) + " --expected-bucket-owner " + quote(c.Account)
}

func queue(c remedy.Change) string {
	suffix := "amazonaws.com"
	if c.Partition() == "aws-cn" {
		suffix += ".cn"
	}
	return "--queue-url " + quote(fmt.Sprintf("https://sqs.%s.%s/%s/%s", c.Region, suffix, c.Account, c.Name()))
}

// shell lays a command out over lines that fit the mail, broken between its parts.
func shell(parts ...string) []string {
	lines := parts[:1:1]
	for _, part := range parts[1:] {
		last := &lines[len(lines)-1]
		if len(*last)+1+len(part) <= columns-len(commandIndent)-2 {
			*last += " " + part
			continue
		}
		*last += ` \`
		lines = append(lines, "  "+part)
	}
	return lines
}

func root(c remedy.Change) string {
	return "arn:" + c.Partition() + ":iam::" + c.Account + ":root"
}

func taskPolicy(c remedy.Change) string {
	task := "S3UnlockBucketPolicy"
	if c.Service() == "sqs" {
		task = "SQSUnlockQueuePolicy"
	}
	return quote("arn:" + c.Partition() + ":iam::aws:policy/root-task/" + task)
}

// stsRegion is a Region of the partition that needs no opt-in. AssumeRoot works at Regional endpoints only, and their
// tokens are valid everywhere.
func stsRegion(c remedy.Change) string {
	switch c.Partition() {
	case "aws-us-gov":
		return "us-gov-west-1"
	case "aws-cn":
		return "cn-north-1"
	}
	return "us-east-1"
}

var bare = regexp.MustCompile(`^[A-Za-z0-9_./:@=+,-]+$`)

// quote makes a value one argument for the shell, whatever it holds, since people copy these lines.
func quote(s string) string {
	if bare.MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

func inJSON(s string) string { return string(encode(s)) }
