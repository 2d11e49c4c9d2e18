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
	var d strings.Builder
	d.WriteString(s.happened + "\n*Action needed:* " + s.action + "\n")
	for _, f := range [][2]string{
		{"Resource", c.Resource}, {"Account", c.Account}, {"Region", c.Region},
		{"When", clock(c.Time)}, {"Call", c.Call}, {"Who", c.By.ARN}, {"Through", c.By.Via}, {"From", c.By.Address},
		{"Rule", s.Outcome.Rule}, {"Cause", string(s.Outcome.Cause)},
	} {
		if f[1] != "" {
			d.WriteString("\n*" + f[0] + ":* " + code(f[1]))
		}
	}
	if s.Outcome.Why != "" {
		d.WriteString("\n\n" + plain(sentence(s.Outcome.Why)))
	}
	for _, r := range s.Verdict.Reasons {
		d.WriteString("\n- " + plain(sentence(r)))
	}
	return encode(notification{Version: "1.0", Source: "custom", ID: c.EventID,
		Content: content{TextType: "client-markdown", Title: clean(plain(s.headline()), 250),
			Description: d.String(), NextSteps: inChat(s.steps), Keywords: keywords(s)},
		Metadata: metadata{ThreadID: cmp.Or(c.Resource, string(s.Outcome.Result)),
			Summary: clean(plain(s.summary()), 350), EventType: "Locksmith " + string(s.Outcome.Result),
			RelatedResources: []string{c.Resource}, AdditionalContext: map[string]string{
				"account": c.Account, "region": c.Region, "result": string(s.Outcome.Result),
				"verdict": string(s.Verdict.Answer), "eventId": c.EventID}},
	})
}

// headline is the title without a limit.
func (s story) headline() string {
	if s.Outcome.Result == remedy.Unreadable {
		return s.label
	}
	return s.label + ": " + s.kind + " " + s.name + " (" + s.Change.Account + ")"
}

// inChat is what to do, without the commands.
func inChat(steps []step) []string {
	var texts []string
	for _, step := range steps {
		texts = append(texts, clean(sentence(strings.TrimRight(plain(step.text), ":,")), 350))
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
			found = append(found, plain(w))
		}
	}
	return found
}

// code shows a value from outside as it is. Nothing in it has a meaning for the chat.
func code(s string) string { return "`" + plain(s) + "`" }

// plain replaces the marks that a chat would read as a link or a mention, such as <!channel>.
func plain(s string) string {
	return strings.NewReplacer("<", "‹", ">", "›", "`", "'").Replace(s)
}
