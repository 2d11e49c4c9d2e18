package notice

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"locksmith/lambdas/remedy"
)

// Announce publishes a bulletin on every channel that it is meant for and that is not in told. A channel that fails
// does not stop the others. Returned are told and the channels that took the bulletin now, also with an error. See
// [remedy.Herald].
//
// Machines get a form of its own on the alerts topic, known by its "kind", which no notice has:
//
//	version      "1"
//	kind         sweep, root, preflight, directory, request or credentials
//	id           the same for the same news, however often it is told
//	title        one line
//	needsPerson  somebody was paged
//	account      the one account that it is about, or absent
//	at           when it happened or was found (RFC 3339, UTC), or absent
//	text         paragraphs for people
//	facts        [{name, value}]: values may come from anybody, and are not fit to be rendered
//	more         how many facts were left out, or absent
//	action       what to do now, or absent
//	link         where the desk shows it: an address or a command; or absent
//
// For filter policies it has the attributes kind, account and needsPerson.
func (p *Publisher) Announce(ctx context.Context, b remedy.Bulletin, told []remedy.Channel) ([]remedy.Channel, error) {
	b.Link = p.desk.link(b.Link)
	return p.send(ctx, p.announcements(b), told)
}

// Bounds on a bulletin, in bytes and in numbers.
const (
	maxTitle      = 200
	maxParagraph  = 1_000
	maxParagraphs = 12
	maxFacts      = 60
	maxFactName   = 60
	maxLink       = 600
)

// announcements are the messages that the bulletin asks for: the pager waits for nobody.
func (p *Publisher) announcements(b remedy.Bulletin) []letter {
	subject, message, filter := announcement(b)
	var letters []letter
	if b.Page {
		pageSubject, body := pageOf(b)
		letters = append(letters, letter{channel: remedy.Pages, topic: p.topics.Pages,
			subject: pageSubject, message: string(body), attributes: stringAttributes(filter)})
	}
	letters = append(letters, letter{channel: remedy.Alerts, topic: p.topics.Alerts,
		subject: subject, message: message, structure: "json", attributes: stringAttributes(filter)})
	if p.topics.Chat != "" {
		letters = append(letters, letter{channel: remedy.Chat, topic: p.topics.Chat,
			message: string(chatOf(b)), attributes: stringAttributes(filter)})
	}
	return letters
}

// announcement is the message of the alerts topic. Where it would be too long for SNS, it tells fewer facts.
func announcement(b remedy.Bulletin) (subject, message string, filter map[string]string) {
	for _, limit := range []int{maxFacts, 20, 5, 0} {
		var mail string
		subject, mail = mailOf(b, limit)
		s := readable(b, limit)
		message = forProtocols(s.Title+s.about()+"\nACTION NEEDED: "+s.need, mail, string(jsonOf(b, limit)))
		if len(message) <= maxMessage {
			break
		}
	}
	plain := shownBulletin(b, maxFacts, outside{}.plain, outside{}.plain)
	return subject, message, map[string]string{"kind": plain.Kind, "account": plain.Account,
		"needsPerson": fmt.Sprint(plain.Page)}
}

// A telling is a bulletin all of whose texts are fit for a place.
type telling struct {
	remedy.Bulletin
	need string // whether somebody has to do something, a sentence
	more int    // how many facts are left out
}

// readable is a bulletin for people. Values stand in quotes where they are odd, and no address is a link.
func readable(b remedy.Bulletin, facts int) telling {
	return shownBulletin(b, facts, outside{}.value, outside{}.sentence)
}

// shownBulletin makes the texts of a bulletin fit: values in one way and sentences in another. Our own sentences are
// not trusted either, since somebody may have built one from a name.
func shownBulletin(b remedy.Bulletin, facts int, value, said showing) telling {
	s := telling{Bulletin: remedy.Bulletin{Kind: value(b.Kind, 30), ID: value(b.ID, maxShort), Page: b.Page,
		Title: cmp.Or(said(b.Title, maxTitle), "Bulletin"), Account: value(b.Account, 20), At: fourDigits(b.At),
		Action: sentence(said(b.Action, maxParagraph)), Link: clean(b.Link, maxLink)}}
	for _, text := range b.Text[:min(len(b.Text), maxParagraphs)] {
		s.Text = append(s.Text, sentence(said(text, maxParagraph)))
	}
	shown := b.Facts[:min(len(b.Facts), facts)]
	for _, f := range shown {
		s.Facts = append(s.Facts, remedy.Fact{Name: said(f.Name, maxFactName), Value: value(f.Value, maxSentence)})
	}
	s.more = len(b.Facts) - len(shown)
	if s.need = cmp.Or(s.Action, "no."); b.Page {
		s.need = "yes, now. " + cmp.Or(s.Action, "Have a look.")
	}
	return s
}

// about is the account after a title.
func (s telling) about() string {
	if s.Account == "" {
		return ""
	}
	return " (" + s.Account + ")"
}

// subject fits SNS. See [story.subject].
func (s telling) subject(prefix string) string {
	prefix, after := ascii(prefix), ascii(s.about())
	return prefix + middle(ascii(s.Title), 99-len(prefix)-len(after)) + after
}

// mailOf is the bulletin for people, laid out as [Mail] is.
func mailOf(b remedy.Bulletin, facts int) (subject, body string) {
	s := readable(b, facts)
	var m page
	m.line("", s.Title+s.about())
	for _, text := range s.Text {
		m.blank()
		m.text("", text)
	}
	m.blank()
	m.text("", "ACTION NEEDED: "+s.need)
	if len(s.Facts)+s.more > 0 {
		m.heading("WHAT IS KNOWN")
	}
	m.facts(s.Facts)
	if s.more > 0 {
		m.text("  ", fmt.Sprintf("And %d more.", s.more))
	}
	m.desk(s.Link)
	if s.Kind+s.ID != "" {
		m.heading("REFERENCE")
	}
	m.facts([]remedy.Fact{{Name: "When", Value: clock(s.At)},
		{Name: "Bulletin", Value: strings.TrimSpace(s.Kind + " " + s.ID)}})
	return s.subject("[Locksmith] "), m.String()
}

// facts are lines of names and values, in two columns. A value goes on in its own column.
func (p *page) facts(facts []remedy.Fact) {
	const most = 24
	width := 0
	for _, f := range facts {
		width = max(width, min(utf8.RuneCountInString(f.Name), most))
	}
	for _, f := range facts {
		if f.Value != "" {
			p.item(fmt.Sprintf("  %-*s  ", width, f.Name), f.Value)
		}
	}
}

// announced is version 1 of the schema. See [Publisher.Announce].
type announced struct {
	Version     string        `json:"version"`
	Kind        string        `json:"kind"`
	ID          string        `json:"id"`
	Title       string        `json:"title"`
	NeedsPerson bool          `json:"needsPerson"`
	Account     string        `json:"account,omitempty"`
	At          time.Time     `json:"at,omitzero"`
	Text        []string      `json:"text"`
	Facts       []remedy.Fact `json:"facts,omitempty"`
	More        int           `json:"more,omitempty"`
	Action      string        `json:"action,omitempty"`
	Link        string        `json:"link,omitempty"`
}

// jsonOf is the bulletin for machines. Values are what they are, and sentences are fit to be rendered.
func jsonOf(b remedy.Bulletin, facts int) []byte {
	s := shownBulletin(b, facts, outside{}.plain, outside{}.sentence)
	return encode(announced{Version: "1", Kind: s.Kind, ID: s.ID, Title: s.Title, NeedsPerson: s.Page, Account: s.Account,
		At: s.At, Text: s.Text, Facts: s.Facts, More: s.more, Action: s.Action,
		Link: s.Link})
}

// bulletinAlarm is the page of a bulletin, with some fields of our own.
type bulletinAlarm struct {
	alarmState
	Kind  string        `json:"kind"`
	ID    string        `json:"id"`
	Facts []remedy.Fact `json:"facts,omitempty"`
	Link  string        `json:"link,omitempty"`
}

// pageOf is the bulletin for a pager, as [Page] is. The alarm's name is the same for the same news.
func pageOf(b remedy.Bulletin) (subject string, body []byte) {
	s := readable(b, 20)
	at := ""
	if !s.At.IsZero() {
		at = s.At.Format(alarmTime)
	}
	why := clean(strings.Join(append([]string{s.Title + s.about() + "."}, s.Text...), " "), 3*maxParagraph)
	return s.subject("ALARM: [Locksmith] "), encode(bulletinAlarm{
		alarmState: alarmState{AlarmName: clean("Locksmith "+s.Kind+" "+s.ID, 255), AlarmDescription: s.Title,
			AWSAccountID: s.Account, NewStateValue: "ALARM", OldStateValue: "OK",
			NewStateReason: why + " Action needed: " + s.need, StateChangeTime: at},
		Kind: s.Kind, ID: s.ID, Facts: s.Facts, Link: s.Link})
}

// chatOf is the bulletin for Amazon Q Developer in chat applications. All bulletins of a kind about an account are one
// thread.
func chatOf(b remedy.Bulletin) []byte {
	s := readable(b, maxFacts)
	lines := []string{}
	for _, text := range s.Text {
		lines = append(lines, inert(text, maxParagraph))
	}
	lines = append(lines, "*Action needed:* "+inert(s.need, maxParagraph), "")
	for _, f := range s.Facts {
		lines = append(lines, "- "+inert(f.Name, maxFactName)+": "+code(f.Value))
	}
	if s.more > 0 {
		lines = append(lines, fmt.Sprintf("And %d more.", s.more))
	}
	if s.Link != "" {
		lines = append(lines, inChatLink(s.Link))
	}
	context := map[string]string{"kind": inert(s.Kind, 75), "account": inert(s.Account, 75)}
	words := []string{}
	for _, word := range []string{s.Kind, s.Account} {
		if word != "" {
			words = append(words, inert(word, 75))
		}
	}
	return encode(notification{Version: "1.0", Source: "custom", ID: inert(s.ID, maxShort),
		Content: content{TextType: "client-markdown", Title: inert(s.Title+s.about(), 250), Description: fitting(lines),
			Keywords: words},
		Metadata: metadata{ThreadID: inert(strings.TrimSpace("bulletin "+s.Kind+" "+cmp.Or(s.Account, s.ID)), maxARN),
			Summary: inert(s.Title+s.about(), 350), EventType: "Locksmith " + inert(s.Kind, 75),
			RelatedResources: []string{inert(s.Account, 20)}, AdditionalContext: context}})
}
