package notice

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"locksmith/lambdas/remedy"
	"locksmith/policies/lockout"
)

// arbitrary draws a notice of which nothing can be relied on.
func arbitrary(t *rapid.T) remedy.Notice {
	text := func(name string) string {
		return rapid.OneOf(rapid.String(),
			rapid.StringMatching(`arn:aws:(s3|sqs):[a-z0-9-]{0,12}:[0-9]{0,12}:.{0,300}`),
			rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) })).Draw(t, name)
	}
	results := []remedy.Result{"", "no such result"}
	for r := range wording {
		results = append(results, r)
	}
	slices.Sort(results)
	return remedy.Notice{
		Change: remedy.Change{EventID: text("event"), Call: text("call"), Resource: text("resource"),
			Account: text("account"), Region: text("region"),
			Time: time.Unix(rapid.Int64().Draw(t, "time"), 0), Policy: text("policy"),
			By: remedy.Caller{ARN: text("arn"), Kind: text("kind"), Address: text("address"), Agent: text("agent"),
				Via: text("via")}},
		Verdict: lockout.Verdict{
			Answer: rapid.SampledFrom([]lockout.Answer{lockout.Lockout, lockout.Sealed, lockout.Undecided,
				"?"}).Draw(t, "answer"),
			Statements: rapid.SliceOf(rapid.Int()).Draw(t, "statements"),
			Reasons:    []string{text("reason"), text("reason")}},
		Outcome: remedy.Outcome{Result: rapid.SampledFrom(results).Draw(t, "result"), Why: text("why"),
			Cause: remedy.Cause(text("cause")),
			Rule:  text("rule"), Removed: text("removed"), At: time.Unix(rapid.Int64().Draw(t, "at"), 0)},
	}
}

func TestSubjectsAlwaysFitSNS(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := arbitrary(t)
		mail, _ := Mail(n)
		page, _ := Page(n)
		for _, subject := range []string{mail, page} {
			if len(subject) < 1 || len(subject) > 99 || strings.ContainsFunc(subject, func(r rune) bool {
				return r < ' ' || r > '~'
			}) {
				t.Fatalf("subject %q, %d bytes", subject, len(subject))
			}
		}
		if !strings.HasPrefix(mail, "[Locksmith] ") || !strings.HasPrefix(page, "ALARM: [Locksmith] ") {
			t.Fatalf("subjects %q, %q", mail, page)
		}
	})
}

// TestJSONAlwaysHasItsSchema: also for times that RFC 3339 cannot write.
func TestJSONAlwaysHasItsSchema(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := arbitrary(t)
		var got body
		if err := json.Unmarshal(JSON(n), &got); err != nil {
			t.Fatal(err)
		}
		if got.Version != "1" || got.NeedsPerson != n.NeedsPerson() || got.Summary == "" {
			t.Fatalf("%+v", got)
		}
	})
	n := bucketLocked()
	n.Change.Time = time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC)
	if text := string(JSON(n)); !strings.Contains(text, `"time":"0001-01-01T00:00:00Z"`) {
		t.Error(text)
	}
}

func TestALongNameLosesItsMiddle(t *testing.T) {
	n := bucketLocked()
	n.Change.Resource = "arn:aws:s3:::" + "first-part-of-a-long-name-" + strings.Repeat("x", 20) + "-last-part"
	n = with(n, remedy.NotCovered, "")
	subject, _ := Mail(n)
	if want := "[Locksmith] STILL LOCKED (not covered) bucket first-part-of-a-lo...xxxxxxx-last-part " +
		"(111122223333)"; subject != want {
		t.Errorf("%q (%d), want %q (%d)", subject, len(subject), want, len(want))
	}
}

// TestChatKeepsToTheSchema: what does not is dropped silently.
func TestChatKeepsToTheSchema(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var got notification
		if err := json.Unmarshal(Chat(arbitrary(t)), &got); err != nil {
			t.Fatal(err)
		}
		count := utf8.RuneCountInString
		if got.Version != "1.0" || got.Source != "custom" || got.Content.Description == "" ||
			count(got.Content.Title) > 250 || count(got.Content.Description) > 8000 {
			t.Fatalf("%+v", got)
		}
		for _, s := range got.Content.NextSteps {
			if s == "" || count(s) > 350 {
				t.Fatalf("step of %d characters: %q", count(s), s)
			}
		}
		for _, k := range got.Content.Keywords {
			if k == "" || count(k) > 75 {
				t.Fatalf("keyword of %d characters: %q", count(k), k)
			}
		}
		if strings.ContainsAny(got.Content.Title+got.Content.Description, "<>") {
			t.Fatalf("a mention could be forged: %q", got.Content.Description)
		}
	})
}

// TestMessagesFitSNS: the largest of everything, in the costliest characters. The policy gives way, the rest stays.
func TestMessagesFitSNS(t *testing.T) {
	for name, filler := range map[string]string{"quotes": `"`, "backslashes": `\`, "control characters": "\x01",
		"emoji": "😀", "broken UTF-8": "\xff", "brackets": "[", "lines": "\n"} {
		t.Run(name, func(t *testing.T) {
			big := strings.Repeat(filler, 1<<17/len(filler))
			n := failed(bucketLocked(), remedy.DeniedByOrg, big)
			n.Change.EventID, n.Change.Call, n.Change.Region, n.Change.Policy, n.Outcome.Rule = big, big, big, big, big
			n.Change.By = remedy.Caller{ARN: big, Kind: big, Address: big, Agent: big, Via: big}
			n.Change.Resource += big
			n.Verdict.Reasons = slices.Repeat([]string{big}, 1000)
			n.Verdict.Statements = make([]int, 100_000)
			n.Verdict.Witness = &lockout.Witness{Context: lockout.Context{"aws:username": {big}}}
			var chat notification
			if err := json.Unmarshal(Chat(n), &chat); err != nil ||
				utf8.RuneCountInString(chat.Content.Description) > 8000 {
				t.Errorf("chat: %v, %d characters", err, utf8.RuneCountInString(chat.Content.Description))
			}
			for _, l := range (&Publisher{topics: everywhere}).letters(n) {
				if len(l.message) > 256<<10-2000 || !utf8.ValidString(l.message) || !json.Valid([]byte(l.message)) {
					t.Errorf("%s: %d bytes", l.channel, len(l.message))
				}
			}
		})
	}
}

// TestARealPolicyIsNeverShortened: 20 KB is the most that S3 takes.
func TestARealPolicyIsNeverShortened(t *testing.T) {
	statement := `{"Effect":"Deny","Principal":{"AWS":"*"},"Action":["s3:GetObject","s3:PutObject"],
		"Resource":"arn:aws:s3:::payroll-exports/*"},`
	policy := `{"Version":"2012-10-17","Statement":[` + strings.Repeat(statement, 20_000/len(statement)) +
		statement[:len(statement)-1] + `]}`
	n := bucketLocked()
	n.Change.Policy = policy
	n = with(n, remedy.Unlocked, "")
	n.Outcome.Losses, n.Outcome.Corrected.Text = losses().Outcome.Losses, policy // the mail has two such policies
	_, message := alert(n)
	var forms map[string]string
	if err := json.Unmarshal([]byte(message), &forms); err != nil {
		t.Fatal(err)
	}
	var b body
	if err := json.Unmarshal([]byte(forms["sqs"]), &b); err != nil {
		t.Fatal(err)
	}
	if b.Policy != policy || b.PolicyShortened || strings.Contains(forms["email"], "shortened") {
		t.Errorf("a policy of %d bytes was shortened; the message has %d bytes", len(policy), len(message))
	}
}

func TestWhatIsShortenedSaysSo(t *testing.T) {
	n := bucketLocked()
	n.Change.Policy = `{"Statement":"` + strings.Repeat("x", 200_000) + `"}`
	_, message := alert(with(n, remedy.Held, ""))
	var forms map[string]string
	if err := json.Unmarshal([]byte(message), &forms); err != nil {
		t.Fatal(err)
	}
	var b body
	if err := json.Unmarshal([]byte(forms["sqs"]), &b); err != nil || !b.PolicyShortened || b.Policy == "" {
		t.Errorf("policyShortened %t, %d bytes, %v", b.PolicyShortened, len(b.Policy), err)
	}
	if !strings.Contains(forms["email"], "... shortened: 30000 of 200016 bytes; the ledger has all of it\n") {
		t.Errorf("the mail does not say that the policy was shortened: %.2000s", forms["email"])
	}
}

// TestALongLockingStatement: by itself it is shortened, in the policy below it is whole.
func TestALongLockingStatement(t *testing.T) {
	long := strings.Repeat("arn:aws:iam::111122223333:role/x,", 200)
	n := bucketLocked()
	n.Change.Policy = strings.Replace(bucketPolicy, `"DenyAllAccess"`, `"DenyAllAccess","Note":"`+long+`"`, 1)
	_, text := Mail(with(n, remedy.Held, ""))
	reasons, policy, _ := strings.Cut(text, "\nTHE POLICY\n")
	if strings.Contains(reasons, long) || !strings.Contains(reasons, "    ... shortened: 3000 of ") ||
		!strings.Contains(policy, long) {
		t.Error(text)
	}
}

const notQuite = "... secrets shortened, links broken up; the ledger has it as it is"

func TestPolicyIsShownAsItIs(t *testing.T) {
	for text, want := range map[string][]string{
		`{"a":[1,{"b":"x\ny"}]}`: {"{", `  "a": [`, "    1,", "    {", `      "b": "x\ny"`, "    }", "  ]", "}"},
		"no JSON\r\nat all":      {"no JSON", "at all"},
		"\u202etxt.\x1b[2J":      {"?txt.?[2J", notQuite},
		"\u2028REFERENCE":        {"?REFERENCE", notQuite},
		"":                       nil,
		`[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]`: {
			// This is too deep for indents.
			`[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]`},
	} {
		if diff := cmp.Diff(want, pretty(text, maxPolicy)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

var headings = []string{"WHAT HAPPENED", "WHY THIS IS A LOCKOUT", "WHAT HAS CHANGED SINCE IT WAS GOOD",
	"WHAT LOCKSMITH DID", "WHAT TO DO NEXT", "THE POLICY THAT WAS TAKEN OFF", "REFERENCE"}

// checkMail fails if what came from outside could pass for what Locksmith says.
func checkMail(t *testing.T, n remedy.Notice) {
	t.Helper()
	subject, text := Mail(n)
	if len(subject) < 1 || len(subject) > 99 || strings.ContainsFunc(subject, func(r rune) bool {
		return r < ' ' || r > '~'
	}) {
		t.Errorf("subject %q", subject)
	}
	if strings.ContainsFunc(text, func(r rune) bool {
		return r != '\n' && !unicode.IsPrint(r)
	}) || !utf8.ValidString(text) {
		t.Errorf("something unprintable in %q", text)
	}
	checkMargin(t, text)
	checkFields(t, text)
}

var firstLine = regexp.MustCompile(`^UNLOCKED: (bucket|queue|resource) .* \(.*\)$`)

// checkMargin: only the first lines and the headings stand at the left margin, each in its place.
func checkMargin(t *testing.T, text string) {
	t.Helper()
	var margin []string
	for line := range strings.Lines(text) {
		if line != "\n" && line[0] != ' ' {
			margin = append(margin, strings.TrimSuffix(line, "\n"))
		}
	}
	if len(margin) < 5 || !firstLine.MatchString(margin[0]) || len(margin[0]) > columns ||
		!strings.HasPrefix(margin[1], "The policy of this ") ||
		!strings.HasPrefix(margin[3], "ACTION NEEDED: not now. Put") {
		t.Errorf("the first lines are not ours:\n%s", text)
		return
	}
	rest := margin[5:]
	for _, h := range headings {
		if len(rest) > 0 && rest[0] == h {
			rest = rest[1:]
		}
	}
	if len(rest) > 0 {
		t.Errorf("%q stands at the left margin:\n%s", rest, text)
	}
}

// checkFields: the fields of the change are ours, and each stands once.
func checkFields(t *testing.T, text string) {
	t.Helper()
	_, fields, _ := strings.Cut(text, "\nWHAT HAPPENED\n")
	fields, _, _ = strings.Cut(fields, "\n\n")
	seen := map[string]bool{}
	for line := range strings.Lines(fields) {
		name := strings.TrimSpace(line[:min(len(line), 11)])
		if seen[name] || !slices.Contains([]string{"Bucket", "Queue", "Resource", "Account", "Region", "When", "Call",
			"Who", "Through", "From", "With"}, name) {
			t.Errorf("a line under WHAT HAPPENED is not ours: %q\n%s", line, text)
		}
		seen[name] = true
	}
}

func FuzzMail(f *testing.F) {
	n := incidents()["unlocked"]
	f.Add(n.Change.Policy, n.Change.Resource, "DenyAllAccess", n.Change.By.Agent, n.Change.Account)
	f.Add("\nREFERENCE\n  Event    forged", "arn:aws:s3:::x\r\nACTION NEEDED: no.", "a\nWHAT LOCKSMITH DID\n  Nothing",
		"x\n  Who      nobody", "1\n2")
	f.Add(strings.Repeat("[", 99), "arn:aws:sqs:::"+strings.Repeat(" REFERENCE", 20), "\u2028REFERENCE",
		"\x1b[2J\u202e", strings.Repeat("WHAT TO DO NEXT ", 9))
	f.Add("{\"Statement\":[{\"Sid\":\"\xff\"}]}", "", "", "", "")
	f.Add(
		`{"Statement":[{"Sid":"\u001b[2J\nREFERENCE","Effect":"Deny","Principal":"*","Action":"*","Resource":"*"},
			{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"},`+
			`{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}`, "arn:aws:s3:::x", "x", "x",
		"111122223333")
	f.Fuzz(func(t *testing.T, policy, arn, sid, agent, account string) {
		n := bucketLocked()
		n.Change.Policy, n.Change.Resource, n.Change.By.Agent, n.Change.Account = policy, arn, agent, account
		n.Change.EventID, n.Change.By.ARN, n.Change.By.Address, n.Change.By.Kind, n.Change.Region = agent, arn, agent,
			agent, account
		n.Outcome.Rule, n.Change.Call, n.Change.By.Via = sid, sid, sid
		n.Verdict.Statements = []int{0, 1, 7, -1}
		n.Verdict.Reasons = []string{"statement " + sid + " denies everybody", sid}
		n = with(n, remedy.Unlocked, "statement "+sid)
		checkMail(t, n)
		checkMail(t, past(n, sid))
		for _, l := range (&Publisher{topics: everywhere}).letters(with(n, remedy.Held, sid)) {
			if !json.Valid([]byte(l.message)) || len(l.message) > 256<<10 {
				t.Errorf("%s: %q", l.channel, l.message)
			}
		}
	})
}

// differing is a line of a policy that the other one does not have.
var differing = regexp.MustCompile(`^    [-+]  +"`)

// TestLinesAreShort: only ARNs, commands and the policy may be longer.
func TestLinesAreShort(t *testing.T) {
	for name, n := range incidents() {
		_, text := Mail(n)
		text, _, _ = strings.Cut(text, "\nTHE POLICY")
		for line := range strings.Lines(text) {
			if len(line) > columns+1 && !strings.HasPrefix(line, commandIndent) && !strings.Contains(line, "arn:") &&
				!strings.HasPrefix(line, `      "`) && !differing.MatchString(line) { // a statement
				t.Errorf("%s: %d columns: %s", name, len(line)-1, line)
			}
		}
	}
}
