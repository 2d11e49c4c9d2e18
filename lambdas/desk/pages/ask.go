package pages

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
)

// A wish is what the form asks about, and then what was seen of it.
type wish struct {
	Kind, Account, Name, Region string
	Sight                       *sight
	Problem                     *Problem
}

// newRequest asks what it is about. With that, it shows the policy and its verdict before anything is asked for.
func newRequest(v *visit) error {
	q := v.r.URL.Query()
	w := wish{Kind: q.Get("kind"), Account: strings.Join(strings.Fields(q.Get("account")), ""),
		Name: strings.TrimSpace(q.Get("name")), Region: strings.TrimSpace(q.Get("region"))}
	status, title := http.StatusOK, "New request"
	switch {
	case w.Account == "" && w.Name == "":
	case w.Kind == "credentials":
		return v.turn(path(nil, "root-credentials", w.Account))
	default:
		w.Sight = &sight{}
		err := v.get(w.path(), w.Sight)
		if errors.As(err, &w.Problem) {
			w.Sight, status = nil, w.Problem.Status
		} else if err != nil {
			return err
		} else {
			title = "New request: " + w.kind() + " " + w.Name
		}
	}
	return v.show(status, "new", page{Title: title, Menu: "/new", Body: w}, false)
}

func (w wish) kind() string {
	if w.Kind == "queue" {
		return "queue"
	}
	return "bucket"
}

// path is the API's for the bucket or queue. A name that is missing stands as a dash, which the API refuses by name.
func (w wish) path() string {
	route := "unlock-s3-bucket"
	if w.Kind == "queue" {
		route = "unlock-sqs-queue"
	}
	name := func(s string) string {
		if s == "" {
			return "-"
		}
		return s
	}
	return path(url.Values{"region": {w.Region}}, route, name(w.Account), name(w.Name))
}

// Offered are the acts that can be asked for.
func (s *sight) Offered() (offered []action) {
	for _, a := range s.Actions {
		if a.Refused == "" {
			offered = append(offered, a)
		}
	}
	return offered
}

// Asks tells whether there is something to ask for, by a person who may.
func (s *sight) Asks() bool {
	may := s.MayAsk == nil || s.MayAsk.Entry != ""
	return may && s.Policy != "" && !s.Never && len(s.Offered()) > 0
}

// asked is the body that the API takes.
type asked struct {
	Reason string `json:"reason"`
	Ticket string `json:"ticket,omitempty"`
	Action string `json:"action,omitempty"`
	Force  bool   `json:"force,omitempty"`
	Case   bool   `json:"case,omitempty"`
}

func (v *visit) asked() asked {
	f := v.r.PostForm
	return asked{Reason: strings.TrimSpace(f.Get("reason")), Ticket: strings.TrimSpace(f.Get("ticket")),
		Action: f.Get("action"), Force: f.Get("force") == "yes", Case: f.Get("case") == "yes"}
}

// submit asks for the act.
func submit(v *visit) error {
	f := v.r.PostForm
	w := wish{Kind: f.Get("kind"), Account: f.Get("account"), Name: f.Get("name"), Region: f.Get("region")}
	return v.turnTo(v.post(w.path(), v.asked()))
}
