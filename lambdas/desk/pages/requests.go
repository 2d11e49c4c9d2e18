package pages

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// A listed is a list of requests with what leads to the others.
type listed struct {
	requestList
	Which string // waiting, mine or all
	More  string
}

// waiting is the home page: what waits for this person's decision.
func waiting(v *visit) error {
	return v.showList("waiting", "home", page{Title: "Waiting for me", Menu: "/"}, url.Values{"waiting": {"true"}})
}

// listRequests lists the person's own requests, or all.
func listRequests(v *visit) error {
	if v.r.URL.Query().Get("which") == "all" {
		return v.showList("all", "requests", page{Title: "All requests", Menu: "/requests"}, url.Values{})
	}
	return v.showList("mine", "requests", page{Title: "My requests", Menu: "/requests"}, url.Values{"mine": {"true"}})
}

func (v *visit) showList(which, name string, p page, query url.Values) error {
	query.Set("from", v.r.URL.Query().Get("from"))
	l := listed{Which: which}
	if err := v.get(path(query, "requests"), &l.requestList); err != nil {
		return err
	}
	l.More = more(v.site.Base, v.r.URL.Path, v.r.URL.Query(), l.Next)
	p.Body = l
	return v.show(http.StatusOK, name, p, which == "mine" && slices.ContainsFunc(l.Requests, request.Moves))
}

// Moves tells whether the request is about to change by itself.
func (r request) Moves() bool { return r.State == "approved" || r.State == "running" }

// Ended tells whether nothing more becomes of the request.
func (r request) Ended() bool { return !r.Moves() && r.State != "requested" }

// Missing is how many approvals it still needs.
func (r request) Missing() int {
	given := 0
	for _, d := range r.Decisions {
		if d.Decision == "approved" {
			given++
		}
	}
	return max(0, r.Needs-given)
}

// Subject is what the request is about, in the words of its page's heading.
func (r request) Subject() string {
	if r.Resource == "" {
		return "of account " + groups(r.Account)
	}
	return resourceKind(r.Resource) + " " + resourceName(r.Resource)
}

// A shownRequest is a request with what this person may do about it.
type shownRequest struct {
	request
	MayDecide, MayCancel bool
	Why                  string // why they may not decide
}

// showRequest shows one request. Its address is what notices link to.
func showRequest(v *visit) error {
	s := shownRequest{}
	if err := v.get(path(nil, "requests", v.r.PathValue("id")), &s.request); err != nil {
		return err
	}
	s.settle(v.Visitor.ARN)
	p := page{Title: taskWords(s.Task) + " " + s.Subject(), Menu: "/requests", Body: s}
	return v.show(http.StatusOK, "request", p, s.Moves())
}

// settle finds what the person may do: as the API says, or else as the patterns do, where the ARN is known. What is
// offered in vain is refused by the API, which decides in any case.
func (s *shownRequest) settle(arn string) {
	own := samePerson(arn, s.By)
	decided := slices.ContainsFunc(s.Decisions, func(d decision) bool { return samePerson(arn, d.By) })
	among := !strings.HasPrefix(arn, "arn:") ||
		slices.ContainsFunc(s.MayApprove, func(p string) bool { return fits(p, arn) })
	if s.May != nil {
		s.MayDecide, s.MayCancel = slices.Contains(s.May, "approve"), slices.Contains(s.May, "cancel")
	} else {
		s.MayDecide, s.MayCancel = s.State == "requested" && among && !own && !decided, own && !s.Ended()
	}
	s.MayCancel = s.MayCancel && s.State != "running"
	switch {
	case s.MayDecide || s.State != "requested":
	case own:
		s.Why = "You have asked for this yourself, so others have to approve it."
	case decided:
		s.Why = "You have approved it. It waits for others."
	default:
		s.Why = "You are not among those who may approve it."
	}
}

// samePerson tells whether two ARNs are surely of one person: the same, or sessions from Identity Center of one name. A
// name alone, as an issuer has signed somebody in, is compared with the name of the other.
func samePerson(a, b string) bool {
	const center = ":assumed-role/AWSReservedSSO_"
	switch {
	case a == b:
		return true
	case !strings.HasPrefix(a, "arn:"):
		return a != "" && a == whoIs(b).Name
	}
	return strings.Contains(a, center) && strings.Contains(b, center) && strings.EqualFold(whoIs(a).Name, whoIs(b).Name)
}

// fits tells whether a pattern with * and ? is of the whole text.
func fits(pattern, text string) bool {
	for i, c := range []byte(pattern) {
		switch {
		case c == '*':
			rest := pattern[i+1:]
			for cut := range len(text) + 1 {
				if fits(rest, text[cut:]) {
					return true
				}
			}
			return false
		case text == "" || c != '?' && c != text[0]:
			return false
		}
		text = text[1:]
	}
	return text == ""
}

// decide approves, denies or cancels, as the form's address says.
func decide(v *visit) error {
	act := v.r.URL.Path[strings.LastIndexByte(v.r.URL.Path, '/')+1:]
	body := map[string]string{}
	if reason := strings.TrimSpace(v.r.PostForm.Get("reason")); reason != "" {
		body["reason"] = reason
	}
	if digest := v.r.PostForm.Get("digest"); act == "approve" && digest != "" {
		body["digest"] = digest // of what the page showed
	}
	if act == "deny" && body["reason"] == "" {
		return &Problem{Title: "A reason is missing", Status: http.StatusBadRequest,
			Detail: "whoever asked is told why it was denied, so nothing was done", Hint: "go back, and say why"}
	}
	id := v.r.PathValue("id")
	_, err := v.post(path(nil, "requests", id, act), body)
	if p, ok := err.(*Problem); ok && act == "approve" && p.RequestID() != "" && p.Status == http.StatusBadGateway {
		return v.turn(path(nil, "requests", id)) // it was approved and failed, as its own page says
	}
	if err != nil {
		return err
	}
	word := map[string]string{"approve": "approved", "deny": "denied", "cancel": "cancelled"}[act]
	return v.turn(path(url.Values{"said": {word}}, "requests", id))
}

// turnTo sends the browser to the page of the request that an answer is, or that a problem is about.
func (v *visit) turnTo(a Answer, err error) error {
	var r request
	if p, ok := err.(*Problem); ok && p.RequestID() != "" {
		return v.turn(path(nil, "requests", p.RequestID())) // it is there, and its page says how it ended
	}
	if err != nil {
		return err
	}
	if json.Unmarshal(a.Body, &r) != nil || r.ID == "" {
		return &Problem{Title: "The answer cannot be read", Status: http.StatusBadGateway,
			Detail: "the API took it, and named no request", Hint: "look at your requests"}
	}
	return v.turn(path(url.Values{"said": {"asked"}}, "requests", r.ID))
}
