package notice

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"locksmith/lambdas/remedy"
	"locksmith/policies"
	"locksmith/policies/lockout"
)

// fields sets one text of a notice each.
var fields = map[string]func(n *remedy.Notice, text string){
	"event id": func(n *remedy.Notice, s string) { n.Change.EventID = s },
	"call":     func(n *remedy.Notice, s string) { n.Change.Call = s },
	"bucket":   func(n *remedy.Notice, s string) { n.Change.Resource = "arn:aws:s3:::" + s },
	"resource": func(n *remedy.Notice, s string) { n.Change.Resource = s },
	"account":  func(n *remedy.Notice, s string) { n.Change.Account = s },
	"region":   func(n *remedy.Notice, s string) { n.Change.Region = s },
	"who":      func(n *remedy.Notice, s string) { n.Change.By.ARN = s },
	"kind":     func(n *remedy.Notice, s string) { n.Change.By.Kind = s },
	"address":  func(n *remedy.Notice, s string) { n.Change.By.Address = s },
	"agent":    func(n *remedy.Notice, s string) { n.Change.By.Agent = s },
	"via":      func(n *remedy.Notice, s string) { n.Change.By.Via = s },
	"rule":     func(n *remedy.Notice, s string) { n.Outcome.Rule = s },
	"why":      func(n *remedy.Notice, s string) { n.Outcome.Why = s },
	"reason":   func(n *remedy.Notice, s string) { n.Verdict.Reasons = []string{s} },
	"acl":      func(n *remedy.Notice, s string) { n.Outcome.ACL = s },
	"inside": func(n *remedy.Notice, s string) {
		n.Outcome.Inside, n.Outcome.Losses = []string{s}, losses().Outcome.Losses
	},
	"needs": func(n *remedy.Notice, s string) { n.Outcome.Needs, n.Outcome.Result = []string{s}, remedy.Restricted },
	"corrected": func(n *remedy.Notice, s string) {
		n.Outcome.Corrected.Reason, n.Outcome.Losses = s, losses().Outcome.Losses
	},
	"loss": func(n *remedy.Notice, s string) {
		n.Outcome.Losses = []lockout.Loss{{Label: s, Sentence: s + ": forbade all"}}
	},
	"witness": func(n *remedy.Notice, s string) {
		n.Verdict.Witness = &lockout.Witness{Principal: s, Action: s, Kind: policies.Kind(s)}
		n.Outcome.Result = remedy.Restricted
	},
	"warning": func(n *remedy.Notice, s string) { n.Warnings, n.Outcome.Result = []string{s}, remedy.Expiring },
	"digest": func(n *remedy.Notice, s string) {
		n.Digest = &remedy.Summary{Items: []remedy.Brief{{EventID: s, Resource: "arn:aws:s3:::" + s}}}
		n.Outcome.Result = remedy.Digest
	},
	"sid": func(n *remedy.Notice, s string) {
		text, _ := json.Marshal(s)
		n.Change.Policy = strings.Replace(bucketPolicy, `"DenyAllAccess"`, string(text), 1)
		n.Verdict.Reasons = []string{"statement " + s + " denies everyone"}
	},
}

var hostileTexts = []string{
	"*Action needed:* none, sign in at https://evil.example/login now",
	"x\nACTION NEEDED: no.\n\nREFERENCE\n  Event    none",
	"<!channel> <https://evil.example|click> &lt;!here&gt;",
	"`code` *bold* _it_ ~s~ [sign in](HTTPS://evil.example) | # x",
	"www.evil.example or evil.example/login or kim@evil.example",
	"\u202eelpmaxe.live//:sptth evil\u3002example",
	"ftp://evil.example javascript://evil.example",
}

var evil = regexp.MustCompile(`(?i)evil[.\x{3002}]example|(?:https?|ftp|javascript)://`)

// TestHostileTexts: whatever stands in whichever field, in no channel is it a link, a mark, a mention, or a line that
// could be ours. Commands hold addresses of AWS only, since they are given for names as AWS has them.
func TestHostileTexts(t *testing.T) {
	for name, set := range fields {
		for i, text := range hostileTexts {
			for _, result := range []remedy.Result{remedy.Held, remedy.Unlocked, remedy.Unreadable} {
				n := with(bucketLocked(), result, "")
				set(&n, text)
				t.Run(fmt.Sprint(name, " ", i, " ", result), func(t *testing.T) { checkEveryChannel(t, n) })
			}
		}
	}
}

func checkEveryChannel(t *testing.T, n remedy.Notice) {
	t.Helper()
	subject, mail := Mail(n)
	pageSubject, page := Page(n)
	harmlessText(t, "subject", subject)
	harmlessText(t, "page's subject", pageSubject)
	harmlessText(t, "mail", mail)
	if n := strings.Count("\n"+mail, "\nACTION NEEDED:"); n != 1 {
		t.Errorf("%d lines tell what to do:\n%s", n, mail)
	}
	for _, s := range texts(t, page) {
		harmlessText(t, "page", s)
	}
	var chat notification
	if err := json.Unmarshal(Chat(n), &chat); err != nil {
		t.Fatal(err)
	}
	for _, s := range texts(t, Chat(n)) {
		harmlessText(t, "chat", s)
		if strings.ContainsAny(s, "<>&") {
			t.Errorf("chat: a mention or a link could be forged: %q", s)
		}
	}
	for _, s := range append(chat.Content.NextSteps, chat.Content.Title, chat.Metadata.Summary) {
		if strings.ContainsAny(s, "*_~`[]|#@") {
			t.Errorf("chat: %q has marks", s)
		}
	}
	// Outside code there are words of ours only.
	bare := regexp.MustCompile("`[^`]*`").ReplaceAllString(chat.Content.Description, "")
	if strings.Contains(bare, "`") || strings.Contains(bare, "evil") || strings.Count(bare, "Action needed") != 1 {
		t.Errorf("chat: text from outside stands bare: %q", bare)
	}
	var b body
	if err := json.Unmarshal(JSON(n), &b); err != nil {
		t.Fatal(err)
	}
	for _, s := range append(b.Verdict.Reasons, b.Summary, b.Outcome.Why, b.Outcome.ACL) {
		harmlessText(t, "JSON's sentences", s)
	}
}

func harmlessText(t *testing.T, where, text string) {
	t.Helper()
	if found := evil.FindString(strings.ReplaceAll(text, "https://sqs.", "")); found != "" {
		t.Errorf("%s holds %q:\n%s", where, found, text)
	}
	if strings.ContainsRune(text, '\u202e') {
		t.Errorf("%s turns the direction of writing: %q", where, text)
	}
}

// texts are all strings of a JSON text.
func texts(t *testing.T, text []byte) (all []string) {
	t.Helper()
	root, err := policies.ReadJSON(text)
	if err != nil {
		t.Fatal(err)
	}
	root.Each(func(v *policies.Value) {
		if v.Type == policies.String {
			all = append(all, v.Text)
		}
	})
	return all
}

// TestOddTextsAreQuoted: a Sid or a value that reads like a sentence stands in quotes, and long ones are cut.
func TestOddTextsAreQuoted(t *testing.T) {
	n := with(bucketLocked(), remedy.Held, "")
	n.Change.Policy = `{"Statement":[{"Sid":"Fine. Nothing to do","Effect":"Deny","Principal":"*","Action":"s3:*",` +
		`"Resource":"*","Condition":{"StringNotEquals":{"aws:PrincipalTag/x":["say \"yes\"","` + strings.Repeat("a b ", 100) + `"]}}}]}`
	for sentence, want := range map[string]string{
		"statement Fine. Nothing to do denies all":       `statement "Fine. Nothing to do" denies all`,
		`unless aws:PrincipalTag/x is say "yes" or more`: `unless aws:PrincipalTag/x is "say 'yes'" or more`,
		"is " + strings.Repeat("a b ", 100) + " or":      `is "` + strings.Repeat("a b ", 19) + `a..." or`,
		"statement DenyAllAccess denies s3:*":            "statement DenyAllAccess denies s3:*",
	} {
		n.Verdict.Reasons = []string{sentence}
		if got := forPeople(n).Verdict.Reasons[0]; got != want {
			t.Errorf("%s\n got %s\nwant %s", sentence, got, want)
		}
	}
}

// TestSecretsAreShortened: whoever knows such a value gets in, so no form of a notice has it, wherever it stands.
func TestSecretsAreShortened(t *testing.T) {
	const secret, other = "open-sesame-4711", "referred by somebody"
	n := losses()
	policy := strings.Replace(bucketPolicy, `"Bool":{"aws:SecureTransport":"false"}`,
		`"StringNotLike":{"aws:\u0055serAgent":["`+secret+`","`+secret+`"],"AWS:Referer":"`+other+`"}`, 1)
	n.Change.Policy, n.Outcome.Removed, n.Outcome.Live = policy, policy, policy
	n.Outcome.Corrected.Text = policy
	n.Change.By.Agent = secret
	n.Verdict.Reasons = []string{"unless aws:UserAgent is " + secret + " or aws:Referer is " + other}
	n.Outcome.Why, n.Outcome.ACL = "it needs "+secret, other
	n.Outcome.Inside, n.Outcome.Losses[0].Sentence = []string{secret}, "forbade all unless "+other
	n.Verdict.Witness = &lockout.Witness{Context: lockout.Context{"aws:useragent": {secret}, "aws:referer": {other}}}
	subject, mail := Mail(n)
	_, page := Page(n)
	_, alert := alert(n)
	for where, text := range map[string]string{"subject": subject, "mail": mail, "page": string(page), "alert": alert,
		"chat": string(Chat(n)), "JSON": string(JSON(n))} {
		if strings.Contains(text, secret) || strings.Contains(text, other) {
			t.Errorf("%s: %s", where, text)
		}
	}
	for _, want := range []string{"aws:UserAgent is open...(16 characters)", "refe...(20 characters).",
		`"open...(16 characters)",`, "  1. The corrected policy holds what is not shown here. Put it back from the",
		"locksmith undo ", "-allowlist FILE -repaired", notQuite} {
		if !strings.Contains(mail, want) {
			t.Errorf("the mail lacks %q:\n%s", want, mail)
		}
	}
	if strings.Contains(mail, "READY TO PUT BACK") {
		t.Error("the mail offers a policy that it does not show as it is")
	}
	// What is no JSON has no places to find a secret at.
	for text, want := range map[string]bool{`{"aws:Referer":"` + other: false, "no JSON": true} {
		if got := strings.Join(pretty(text, maxPolicy), "") == text; got != want {
			t.Errorf("%s is shown: %t", text, got)
		}
	}
}

func TestDefang(t *testing.T) {
	for text, want := range map[string]string{
		"see https://a.example/b?c=d.e":      "see hxxps://a[.]example/b?c=d.e",
		"HTTP://A.example":                   "hxxp://A[.]example",
		"ftp://10.0.0.1":                     "ftp[:]//10.0.0.1",
		"kim@a.example":                      "kim@a[.]example",
		"www。a．example":                      "www[.]a[.]example",
		"cloudformation.amazonaws.com":       "cloudformation.amazonaws.com",
		"x.s3.amazonaws.com":                 "x[.]s3[.]amazonaws[.]com",
		"s3.amazonaws.com/x":                 "s3[.]amazonaws[.]com/x",
		"aws-cli/2.17.20 python#3.11":        "aws-cli/2.17.20 python#3.11",
		"arn:aws:sqs:eu-west-1:1:jobs.fifo":  "arn:aws:sqs:eu-west-1:1:jobs.fifo",
		"203.0.113.7":                        "203.0.113.7",
		"denies s3:* to everyone. The rest.": "denies s3:* to everyone. The rest.",
		"münchen.example":                    "münchen[.]example",
	} {
		if got := defang(text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	line := `"Resource": "arn:aws:s3:::www.payroll.example/*", "Sid": "www.evil.example"`
	want := `"Resource": "arn:aws:s3:::www.payroll.example/*", "Sid": "www[.]evil[.]example"`
	if got := defangPolicy(line); got != want {
		t.Error(got)
	}
}

// TestHostilePoliciesCostLittle: many texts, long texts, and texts that turn up everywhere.
func TestHostilePoliciesCostLittle(t *testing.T) {
	for name, sid := range map[string]func(i int) string{
		"many":  func(i int) string { return fmt.Sprint("e ", i) },
		"long":  func(int) string { return strings.Repeat("a ", 500_000) },
		"spots": func(i int) string { return " e" + strings.Repeat(" ", i%20) },
	} {
		var statements []string
		for i, size := 0, 0; size < 900_000 && i < 20_000; i++ {
			statements = append(statements, `{"Sid":"`+sid(i)+`"}`)
			size += len(statements[i])
		}
		n := with(bucketLocked(), remedy.Held, "")
		n.Change.Policy = `{"Statement":[` + strings.Join(statements, ",") + "]}"
		for range maxReasons {
			n.Verdict.Reasons = append(n.Verdict.Reasons, strings.Repeat("e e a a  e 1 ", 1000))
		}
		start := time.Now()
		forPeople(n)
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%s: %s", name, took)
		}
	}
}

// TestWhoPages: whoever locks cannot choose to be left alone.
func TestWhoPages(t *testing.T) {
	pages := []string{}
	for name, n := range incidents() {
		if n.NeedsPerson() {
			pages = append(pages, name)
		}
	}
	want := []string{"asked-breakglass", "asked-forced", "asked-forced-mark", "asked-saved", "before-hostile",
		"deliberate", "digest", "failed-denied-by-org", "failed-management-account",
		"failed-not-delegated", "failed-region-disabled", "failed-saved", "failed-sessions-disabled",
		"failed-unexpected", "found-deleted", "held", "hostile", "not-covered", "not-covered-again", "notify-only",
		"observed", "overtaken", "reinstated-losses", "sealed", "undecided", "unlocked-gone", "unlocked-hidden",
		"unlocked-losses", "unlocked-unseen", "unreadable", "unreadable-found", "unreadable-known"}
	if diff := cmp.Diff(want, sorted(pages)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestNothingIsDeniedThatWasDone: where a policy was saved, no notice says that nothing was changed.
func TestNothingIsDeniedThatWasDone(t *testing.T) {
	for r := range wording {
		n := with(bucketLocked(), r, "")
		n.Outcome.Removed = n.Change.Policy
		_, mail := Mail(n)
		if strings.Contains(mail, untouched) {
			t.Errorf("%s: the mail says that nothing was changed", r)
		}
	}
}

func sorted(s []string) []string {
	slices.Sort(s)
	return s
}
