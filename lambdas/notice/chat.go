package notice

import (
	"cmp"
	"strings"

	"locksmith/lambdas/remedy"
)

// notification is Amazon Q Developer's schema for custom notifications
// (https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html). It drops what does not follow the schema.
type notification struct {
	Version  string   `json:"version"`
	Source   string   `json:"source"`
	ID       string   `json:"id,omitempty"`
	Content  content  `json:"content"`
	Metadata metadata `json:"metadata"`
}

type content struct {
	TextType    string   `json:"textType"`
	Title       string   `json:"title"`               // at most 250 characters
	Description string   `json:"description"`         // at most 8,000
	NextSteps   []string `json:"nextSteps,omitempty"` // at most 350 each
	Keywords    []string `json:"keywords,omitempty"`  // at most 75 each
}

type metadata struct {
	ThreadID          string            `json:"threadId"`
	Summary           string            `json:"summary"`
	EventType         string            `json:"eventType"`
	RelatedResources  []string          `json:"relatedResources"`
	AdditionalContext map[string]string `json:"additionalContext"`
}

// Chat is the notice for Amazon Q Developer in chat applications (Slack, Microsoft Teams). All incidents of a resource
// are one thread. It says what to do, and leaves the commands to the mail. The bounds on every value keep the schema's
// limits.
func Chat(n remedy.Notice) []byte {
	s := tell(n)
	c := s.Change
	return encode(notification{Version: "1.0", Source: "custom", ID: inert(c.EventID, maxShort),
		Content: content{TextType: "client-markdown", Title: inert(s.title(250), 250),
			Description: s.description(), NextSteps: inChat(s.steps), Keywords: keywords(s)},
		Metadata: metadata{ThreadID: inert(cmp.Or(c.Resource, string(s.Outcome.Result)), maxARN),
			Summary: inert(s.summary(), 350), EventType: "Locksmith " + string(s.Outcome.Result),
			RelatedResources: []string{inert(c.Resource, maxARN)}, AdditionalContext: map[string]string{
				"account": inert(c.Account, 75), "region": inert(c.Region, 75), "result": string(s.Outcome.Result),
				"verdict": string(s.Verdict.Answer), "eventId": inert(c.EventID, 75)}},
	})
}

// maxDescription is how many bytes a description may have, which is never more than the schema's 8,000 characters.
const maxDescription = 7_900

// description is what happened. Only words of ours have marks that the chat reads; all else stands in code.
func (s story) description() string {
	c := s.Change
	lines := []string{s.happened, "*Action needed:* " + s.action, ""}
	when, who := "When", c.By.ARN
	if c.Found() {
		when, who = "Found", s.who()
	}
	for _, f := range [][2]string{
		{"Resource", c.Resource}, {"Account", c.Account}, {"Region", c.Region},
		{when, clock(c.Time)}, {"Call", c.Call}, {"Who", who}, {"Through", c.By.Via}, {"From", c.By.Address},
		{"Rule", s.Outcome.Rule}, {"Cause", string(s.Outcome.Cause)},
	} {
		if f[1] != "" {
			lines = append(lines, "*"+f[0]+":* "+code(f[1]))
		}
	}
	if a := c.Asked; a != nil {
		lines = append(lines, "*Reason:* "+code(a.Reason))
	}
	list := func(heading string, texts ...string) {
		if len(texts) > 0 {
			lines = append(lines, "", "*"+heading+":*")
		}
		for _, text := range texts {
			lines = append(lines, "- "+code(sentence(text)))
		}
	}
	if s.Outcome.Why != "" {
		list("What became of it", s.Outcome.Why)
	}
	list("Why", s.Verdict.Reasons...)
	list("Every way in needs", s.Outcome.Needs...)
	list("What went with the policy", s.lost()...)
	list("What is possible again", s.again()...)
	list("Listed", s.lines()...)
	if s.Link != "" {
		lines = append(lines, "", inChatLink(s.Link))
	}
	return fitting(lines)
}

// fitting joins as many lines as the schema has room for, and says where some are left out.
func fitting(lines []string) string {
	const rest = "The rest is in the mail."
	text := ""
	for _, line := range lines {
		if len(text)+len(line)+1+len(rest) > maxDescription {
			return text + rest
		}
		text += line + "\n"
	}
	return strings.TrimRight(text, "\n")
}

// inChat is what to do, without the commands.
func inChat(steps []step) []string {
	var texts []string
	for _, step := range steps {
		texts = append(texts, inert(sentence(strings.TrimRight(step.text, ":,")), 350))
	}
	if len(texts) > 0 {
		texts = append(texts, "The commands are in the mail.")
	}
	return texts
}

func keywords(s story) []string {
	var found []string
	for _, w := range []string{string(s.Outcome.Result), s.kind, s.Change.Account, s.Change.Region} {
		if w != "" {
			found = append(found, inert(w, 75))
		}
	}
	return found
}

// asCode replaces what a chat reads even in code: its end, links, and mentions such as <!channel>.
func asCode() *strings.Replacer {
	return strings.NewReplacer("`", "'", "<", "‹", ">", "›", "&", "＆")
}

// asText replaces all that a chat may read as a mark.
func asText() *strings.Replacer {
	return strings.NewReplacer("`", "'", "<", "‹", ">", "›", "&", "＆", "*", "∗", "_", "‗", "~", "∼", "[", "(", "]", ")",
		"@", "＠", "#", "＃", "|", "¦", `\`, "⧵")
}

// code shows a text as it is. Nothing in it has a meaning for the chat.
func code(s string) string { return "`" + asCode().Replace(s) + "`" }

// inert is a text for fields that may be rendered, in at most limit bytes. Nothing in it has a meaning for the chat.
func inert(s string, limit int) string { return clean(asText().Replace(s), limit) }
