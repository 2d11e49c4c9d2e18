package notice

import (
	"fmt"
	"net/url"
	"strings"

	"locksmith/lambdas/remedy"
)

// A Desk is where people see what a notice is about. The zero value is none, and then nothing is said of it.
type Desk struct {
	On  bool
	URL string // of its pages, without a slash at its end; "": people open them by the command locksmith desk
}

// ReadDesk reads a setting: "" for no desk, "command" where people open its pages by the command, or their address.
func ReadDesk(setting string) (Desk, error) {
	switch setting {
	case "":
		return Desk{}, nil
	case "command":
		return Desk{On: true}, nil
	}
	u, err := url.Parse(setting)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.RawQuery+u.Fragment != "" {
		return Desk{}, fmt.Errorf("desk %q: want command, or the address of its pages, such as https://desk.example.com",
			setting)
	}
	return Desk{On: true, URL: strings.TrimRight(setting, "/")}, nil
}

// Linking is the Publisher, whose notices and bulletins say how people see at a desk what they are about.
func (p *Publisher) Linking(d Desk) *Publisher {
	linking := *p
	linking.desk = d
	return &linking
}

// link is how people get to a path of the desk.
func (d Desk) link(path string) string {
	switch {
	case !d.On || path == "":
		return ""
	case d.URL == "":
		return "locksmith desk -open " + quote(path)
	}
	return d.URL + path
}

// incident is the path of a notice's incident. What is named as AWS would not has none.
func incident(n remedy.Notice) string {
	if c := n.Change; c.EventID != "" && wellFormed(c) {
		return "/incidents/" + c.EventID + "~" + c.Resource
	}
	return ""
}

// desk says where the notice's incident, or what the bulletin is about, is shown.
func (p *page) desk(link string) {
	if link != "" {
		p.heading("AT THE DESK")
		p.line("  ", link)
	}
}

// inChatLink is the link as a line in chat: an address of ours is one, a command is code.
func inChatLink(link string) string {
	if strings.HasPrefix(link, "http") {
		return "*At the desk:* " + link
	}
	return "*At the desk:* " + code(link)
}
