package notice

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"locksmith/lambdas/remedy"
)

// bulletins has one of each kind, and a hostile one.
func bulletins() map[string]remedy.Bulletin {
	rows := map[string]remedy.Bulletin{
		"root-page": {Kind: "root", ID: "root-3c1f0e5a-7d52-4f0b-9a55-2c7e6b1d9f10", Page: true, Account: "111122223333",
			Title: "Somebody is creating a root password", At: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC),
			Text: []string{"A person opened root of this account with the task policy IAMCreateRootUserPassword. " +
				"With it, root's password can be set through the root mailbox. It was not Locksmith."},
			Facts: []remedy.Fact{{Name: "Who", Value: "arn:aws:sts::999988887777:assumed-role/Admin/kim"},
				{Name: "From", Value: "203.0.113.7"}, {Name: "With", Value: "aws-cli/2.17.20 md/awscrt#0.20.11 ua/2.0"},
				{Name: "Root session's key", Value: "ASIAIOSFODNN7EXAMPLE"},
				{Name: "Event", Value: "3c1f0e5a-7d52-4f0b-9a55-2c7e6b1d9f10"}},
			Action: "Ask who did it, and why. If nobody knows, close the root session and look at the role that opened it."},
		"sweep": {Kind: "sweep", ID: "sweep-20260304", Title: "3 of 1,000 accounts could not be swept",
			Text: []string{"The sweep of 2026-03-04 is over. It found 2 lockouts.", "These accounts refused."},
			Facts: []remedy.Fact{{Name: "root sessions not enabled", Value: "111122223333, 444455556666"},
				{Name: "denied by an organization policy", Value: "777788889999"}}},
		"preflight": {Kind: "preflight", ID: "preflight-0123456789abcdef", Title: "a rescue would fail in 1 account",
			At: time.Date(2026, 3, 4, 6, 0, 0, 0, time.UTC), Action: "correct the policy, and run the preflight again",
			Facts: []remedy.Fact{{Name: "111122223333 s3",
				Value: `blocked by statement "No root" of policy p-0a1b2c3d at r-a1b2`}}},
		"bulletin-bare": {},
	}
	h := rows["root-page"]
	h.Title = "Somebody opened root\r\nACTION NEEDED: no."
	h.Facts = []remedy.Fact{{Name: "Who", Value: "arn:aws:sts::999988887777:assumed-role/Admin/www.evil.example"},
		{Name: "With", Value: "`done` [see](https://evil.example) <!channel>"},
		{Name: "From", Value: "none\n\nACTION NEEDED: no.\nREFERENCE\n  Bulletin  none"}}
	rows["hostile-bulletin"] = h
	return rows
}

// TestGoldenBulletins holds every form against a file that a person has read.
func TestGoldenBulletins(t *testing.T) {
	for name, b := range bulletins() {
		t.Run(name, func(t *testing.T) {
			subject, text := mailOf(b, maxFacts)
			golden(t, name+".mail.txt", []byte("Subject: "+subject+"\n\n"+text))
			golden(t, name+".json", inLines(t, jsonOf(b, maxFacts)))
			golden(t, name+".chat.json", inLines(t, chatOf(b)))
			if b.Page {
				subject, body := pageOf(b)
				golden(t, name+".page.txt", append([]byte("Subject: "+subject+"\n\n"), inLines(t, body)...))
			}
		})
	}
}

func TestAnnounce(t *testing.T) {
	page, quiet := bulletins()["root-page"], bulletins()["sweep"]
	noChat := everywhere
	noChat.Chat = ""
	for _, tt := range []struct {
		name     string
		bulletin remedy.Bulletin
		topics   Topics
		refuses  []string
		told     []remedy.Channel
		want     []remedy.Channel // told afterwards
		fails    string           // part of the error
	}{
		{"everybody", page, everywhere, nil, nil, []remedy.Channel{"pages", "alerts", "chat"}, ""},
		{"nobody is paged", quiet, everywhere, nil, nil, []remedy.Channel{"alerts", "chat"}, ""},
		{"no chat", page, noChat, nil, nil, []remedy.Channel{"pages", "alerts"}, ""},
		{"who was told is not told again", page, everywhere, nil, []remedy.Channel{"pages"},
			[]remedy.Channel{"pages", "alerts", "chat"}, ""},
		{"one channel fails", page, everywhere, []string{everywhere.Pages}, nil, []remedy.Channel{"alerts", "chat"},
			`pages topic "` + everywhere.Pages + `": `},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := newMailbox(t, tt.refuses...)
			told, err := m.publisher(tt.topics).Announce(context.Background(), tt.bulletin, tt.told)
			if (err == nil) != (tt.fails == "") || err != nil && !strings.Contains(err.Error(), tt.fails) {
				t.Errorf("error %v, want %q in it", err, tt.fails)
			}
			if diff := cmp.Diff(tt.want, told); diff != "" {
				t.Errorf("told (-want +got):\n%s", diff)
			}
			if got := len(m.topics()); got != len(tt.want)-len(tt.told) {
				t.Errorf("%d messages", got)
			}
		})
	}
}

func TestWhatIsAnnounced(t *testing.T) {
	m := newMailbox(t)
	if _, err := m.publisher(everywhere).Announce(context.Background(), bulletins()["root-page"], nil); err != nil {
		t.Fatal(err)
	}
	page, alert, chat := m.got[0], m.got[1], m.got[2]
	const subject = "[Locksmith] Somebody is creating a root password (111122223333)"
	if page.Get("Subject") != "ALARM: "+subject || alert.Get("Subject") != subject || chat.Has("Subject") {
		t.Errorf("subjects %q, %q, %q", page["Subject"], alert["Subject"], chat["Subject"])
	}
	const name = `{"AlarmName":"Locksmith root root-3c1f0e5a-7d52-4f0b-9a55-2c7e6b1d9f10",`
	if !strings.HasPrefix(page.Get("Message"), name) ||
		!strings.Contains(page.Get("Message"), `"NewStateValue":"ALARM"`) ||
		!strings.HasPrefix(chat.Get("Message"), `{"version":"1.0","source":"custom",`) {
		t.Errorf("page %s\nchat %s", page.Get("Message"), chat.Get("Message"))
	}
	var forms map[string]string
	if err := json.Unmarshal([]byte(alert.Get("Message")), &forms); err != nil || alert.Get("MessageStructure") != "json" {
		t.Fatal(err, alert)
	}
	if !strings.HasPrefix(forms["email"], "Somebody is creating a root password (111122223333)\n\n") ||
		!strings.HasPrefix(forms["sqs"], `{"version":"1","kind":"root",`) || forms["https"] != forms["sqs"] ||
		!strings.HasPrefix(forms["default"], subject[len("[Locksmith] "):]+"\nACTION NEEDED: yes, now.") {
		t.Errorf("%v", forms)
	}
	for i, form := range m.got {
		got := map[string]string{}
		for _, j := range []string{"1", "2", "3"} {
			entry := "MessageAttributes.entry." + j
			got[form.Get(entry+".Name")] = form.Get(entry + ".Value.StringValue")
		}
		want := map[string]string{"kind": "root", "account": "111122223333", "needsPerson": "true"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("message %d, attributes (-want +got):\n%s", i, diff)
		}
	}
}

// bulletinFields sets one text of a bulletin each.
var bulletinFields = map[string]func(b *remedy.Bulletin, text string){
	"kind":    func(b *remedy.Bulletin, s string) { b.Kind = s },
	"id":      func(b *remedy.Bulletin, s string) { b.ID = s },
	"title":   func(b *remedy.Bulletin, s string) { b.Title = s },
	"account": func(b *remedy.Bulletin, s string) { b.Account = s },
	"text":    func(b *remedy.Bulletin, s string) { b.Text = []string{s} },
	"action":  func(b *remedy.Bulletin, s string) { b.Action = s },
	"name":    func(b *remedy.Bulletin, s string) { b.Facts = []remedy.Fact{{Name: s, Value: "x"}} },
	"value":   func(b *remedy.Bulletin, s string) { b.Facts = []remedy.Fact{{Name: "Who", Value: s}} },
}

// TestHostileBulletins: whatever stands in whichever field, in no channel is it a link, a mark, a mention, or a line
// that could be ours.
func TestHostileBulletins(t *testing.T) {
	for name, set := range bulletinFields {
		for i, text := range hostileTexts {
			b := bulletins()["root-page"]
			set(&b, text)
			t.Run(fmt.Sprint(name, " ", i), func(t *testing.T) { checkBulletin(t, b) })
		}
	}
}

func checkBulletin(t *testing.T, b remedy.Bulletin) {
	t.Helper()
	subject, mail := mailOf(b, maxFacts)
	pageSubject, page := pageOf(b)
	for where, text := range map[string]string{"subject": subject, "page's subject": pageSubject, "mail": mail} {
		harmlessText(t, where, text)
	}
	if n := strings.Count("\n"+mail, "\nACTION NEEDED:"); n != 1 || strings.Count(mail, "\nREFERENCE\n") != 1 {
		t.Errorf("%d lines tell what to do:\n%s", n, mail)
	}
	for _, s := range texts(t, page) {
		harmlessText(t, "page", s)
	}
	var chat notification
	if err := json.Unmarshal(chatOf(b), &chat); err != nil {
		t.Fatal(err)
	}
	for _, s := range texts(t, chatOf(b)) {
		harmlessText(t, "chat", s)
		if strings.ContainsAny(s, "<>&") {
			t.Errorf("chat: a mention or a link could be forged: %q", s)
		}
	}
	bare := regexp.MustCompile("`[^`]*`").ReplaceAllString(chat.Content.Description, "")
	if strings.Contains(bare, "`") || strings.Count(bare, "*") != 2 || strings.ContainsAny(bare, "_~[]|#@") {
		t.Errorf("chat: text from outside has marks: %q", bare)
	}
	var forMachines announced
	if err := json.Unmarshal(jsonOf(b, maxFacts), &forMachines); err != nil {
		t.Fatal(err)
	}
	for _, s := range append(forMachines.Text, forMachines.Action) {
		harmlessText(t, "JSON's sentences", s)
	}
}

// arbitraryBulletin draws a bulletin of which nothing can be relied on.
func arbitraryBulletin(t *rapid.T) remedy.Bulletin {
	text := func(name string) string {
		return rapid.OneOf(rapid.String(), rapid.StringMatching(`.{200,700}`),
			rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) })).Draw(t, name)
	}
	b := remedy.Bulletin{Kind: text("kind"), ID: text("id"), Title: text("title"), Page: rapid.Bool().Draw(t, "page"),
		Account: text("account"), At: time.Unix(rapid.Int64().Draw(t, "at"), 0), Action: text("action")}
	for range rapid.IntRange(0, 30).Draw(t, "texts") {
		b.Text = append(b.Text, text("text"))
	}
	for range rapid.IntRange(0, 90).Draw(t, "facts") {
		b.Facts = append(b.Facts, remedy.Fact{Name: text("name"), Value: text("value")})
	}
	return b
}

// TestBulletinsFitTheirChannels: SNS, its subjects, and the chat's schema, whatever is told.
func TestBulletinsFitTheirChannels(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { fitsItsChannels(t.Errorf, arbitraryBulletin(t)) })
	for _, filler := range []string{`"`, `\`, "\x01", "😀", "\xff", "[", "\n", "a."} {
		big := strings.Repeat(filler, 1<<12/len(filler))
		fitsItsChannels(t.Errorf, remedy.Bulletin{Kind: big, ID: big, Title: big, Account: big, Action: big, Page: true,
			Text: slices.Repeat([]string{big}, 100), Facts: slices.Repeat([]remedy.Fact{{Name: big, Value: big}}, 10_000)})
	}
}

func fitsItsChannels(fail func(string, ...any), b remedy.Bulletin) {
	var chat notification
	count := utf8.RuneCountInString
	if err := json.Unmarshal(chatOf(b), &chat); err != nil || chat.Content.Description == "" ||
		count(chat.Content.Title) > 250 || count(chat.Content.Description) > 8000 {
		fail("chat: %v, %+v", err, chat)
	}
	for _, k := range chat.Content.Keywords {
		if k == "" || count(k) > 75 {
			fail("keyword of %d characters: %q", count(k), k)
		}
	}
	for _, l := range (&Publisher{topics: everywhere}).announcements(b) {
		if len(l.message) > 256<<10-2000 || !utf8.ValidString(l.message) || !json.Valid([]byte(l.message)) {
			fail("%s: %d bytes", l.channel, len(l.message))
		}
		if l.channel != remedy.Chat && (len(l.subject) < 1 || len(l.subject) > 99 || ascii(l.subject) != l.subject) {
			fail("%s: subject %q", l.channel, l.subject)
		}
		for name, value := range l.attributes {
			if *value.StringValue == "" {
				fail("%s: attribute %s is empty", l.channel, name)
			}
		}
	}
}

// TestFactsThatDoNotFitAreCounted: nobody is to think that this is all.
func TestFactsThatDoNotFitAreCounted(t *testing.T) {
	b := bulletins()["sweep"]
	b.Facts = nil
	for i := range 75 {
		b.Facts = append(b.Facts, remedy.Fact{Name: fmt.Sprint("account ", i), Value: "111122223333"})
	}
	_, message, _ := announcement(b)
	var forms map[string]string
	if err := json.Unmarshal([]byte(message), &forms); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(forms["email"], "  account 59  111122223333\n  And 15 more.\n") ||
		!strings.Contains(forms["sqs"], `"more":15`) {
		t.Error(forms["email"], forms["sqs"])
	}
}
