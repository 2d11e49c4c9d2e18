package pages

import (
	"encoding/json"
	"time"
)

// What the API answers, as far as the pages show it.

// A request is one wish for one act.
type request struct {
	ID         string     `json:"id"`
	State      string     `json:"state"`
	Task       string     `json:"task"`
	Account    string     `json:"account"`
	Resource   string     `json:"resource"`
	Region     string     `json:"region"`
	Action     string     `json:"action"`
	Incident   string     `json:"incident"`
	Copy       int        `json:"copy"`
	Force      bool       `json:"force"` // of a restore: even if it locks
	Case       bool       `json:"case"`
	By         string     `json:"by"`
	Reason     string     `json:"reason"`
	Ticket     string     `json:"ticket"`
	Entry      string     `json:"entry"`
	Needs      int        `json:"needs"`
	Decisions  []decision `json:"decisions"`
	MayApprove []string   `json:"mayApprove"`
	Silent     []string   `json:"silent"`
	BreakGlass bool       `json:"breakGlass"`
	Created    time.Time  `json:"created"`
	Expires    time.Time  `json:"expires"`
	Shown      string     `json:"shown"`
	Digest     string     `json:"digest"` // what an approval is bound to
	Rounds     int        `json:"rounds"`
	History    []event    `json:"history"`
	Outcome    *outcome   `json:"outcome"`
	May        []string   `json:"may"` // what the caller may do with it, where the API says so
}

type decision struct {
	By       string    `json:"by"`
	At       time.Time `json:"at"`
	Decision string    `json:"decision"`
	Reason   string    `json:"reason"`
}

type event struct {
	At    time.Time `json:"at"`
	State string    `json:"state"`
	By    string    `json:"by"`
	Why   string    `json:"why"`
}

type outcome struct {
	Result   string    `json:"result"`
	Why      string    `json:"why"`
	At       time.Time `json:"at"`
	Incident string    `json:"incident"`
	Steps    []step    `json:"steps"`
}

type step struct {
	What   string    `json:"what"`
	At     time.Time `json:"at"`
	Result string    `json:"result"`
	Why    string    `json:"why"`
	Note   bool      `json:"note"`
}

type requestList struct {
	Requests []request `json:"requests"`
	Next     string    `json:"next"`
	Hidden   int       `json:"hidden"`
}

// A sight is a resource's policy as it is now, and what the visitor may ask for.
type sight struct {
	Account  string   `json:"account"`
	Resource string   `json:"resource"`
	Region   string   `json:"region"`
	Policy   string   `json:"policy"`
	Verdict  string   `json:"verdict"`
	Reasons  []string `json:"reasons"`
	Locked   bool     `json:"locked"`
	Task     string   `json:"task"`
	Covered  struct {
		Rule string `json:"rule"`
		Why  string `json:"why"`
	} `json:"covered"`
	Never     bool     `json:"never"`
	Actions   []action `json:"actions"`
	Before    *before  `json:"before"`
	MayAsk    *mayAsk  `json:"mayAsk"` // nil: that cannot be told now
	Incidents []string `json:"incidents"`
}

type action struct {
	Action  string   `json:"action"`
	Result  string   `json:"result"`
	Why     string   `json:"why"`
	Refused string   `json:"refused"`
	After   string   `json:"after"`
	Outside string   `json:"outside"`
	Inside  []string `json:"inside"`
	ACL     string   `json:"acl"`
	Losses  []string `json:"losses"`
}

type before struct {
	Policy     string    `json:"policy"`
	At         time.Time `json:"at"`
	Verdict    string    `json:"verdict"`
	Difference []line    `json:"difference"`
}

// A line of a difference is in both (=), gone (-) or new (+).
type line struct {
	Op   string `json:"op"`
	Text string `json:"text"`
}

type mayAsk struct {
	Task       string   `json:"task"`
	Entry      string   `json:"entry"`
	Approvals  int      `json:"approvals"`
	Approvers  []string `json:"approvers"`
	BreakGlass bool     `json:"breakGlass"`
	Why        string   `json:"why"`
}

// An incident is one lockout, or one act.
type incident struct {
	ID         string    `json:"id"`
	Event      string    `json:"event"`
	Resource   string    `json:"resource"`
	Account    string    `json:"account"`
	Region     string    `json:"region"`
	Result     string    `json:"result"`
	Verdict    string    `json:"verdict"`
	State      string    `json:"state"`
	Open       bool      `json:"open"`
	At         time.Time `json:"at"`
	Call       string    `json:"call"`
	By         string    `json:"by"`
	Reasons    []string  `json:"reasons"`
	Before     string    `json:"before"`
	After      string    `json:"after"`
	Difference []line    `json:"difference"`
	Steps      []step    `json:"steps"`
	Told       texts     `json:"told"`
	Copies     []saved   `json:"copies"`
	Requests   texts     `json:"requests"`
	Quiet      string    `json:"quiet"`
	Why        string    `json:"why"`
	Losses     texts     `json:"losses"`
	Rule       string    `json:"rule"`
	Good       *before   `json:"good"` // what was there before the lock
}

type saved struct {
	Number  int       `json:"number"`
	At      time.Time `json:"at"`
	Why     string    `json:"why"`
	Verdict string    `json:"verdict"`
	Policy  string    `json:"policy"`
}

type incidentList struct {
	Incidents []incident `json:"incidents"`
	Next      string     `json:"next"`
	Hidden    int        `json:"hidden"`
}

// texts are what a list says, whether its items are texts or objects with an id.
type texts []string

func (t *texts) UnmarshalJSON(b []byte) error {
	var items []json.RawMessage
	if json.Unmarshal(b, &items) != nil {
		items = []json.RawMessage{b}
	}
	*t = nil
	for _, item := range items {
		var text string
		var object map[string]any
		switch {
		case string(item) == "null":
			continue
		case json.Unmarshal(item, &text) == nil:
		case json.Unmarshal(item, &object) == nil && object["id"] != nil:
			text, _ = object["id"].(string)
		default:
			text = string(item)
		}
		*t = append(*t, text)
	}
	return nil
}

// A credentials row is what root of one account has.
type credentials struct {
	Account          string        `json:"account"`
	Name             string        `json:"name"`
	State            string        `json:"state"` // complete, refused or failed
	Cause            string        `json:"cause"`
	Why              string        `json:"why"`
	At               time.Time     `json:"at"`
	Password         bool          `json:"password"`
	PasswordSince    time.Time     `json:"passwordSince"`
	PasswordLastUsed time.Time     `json:"passwordLastUsed"`
	AccessKeys       []accessKey   `json:"accessKeys"`
	Certificates     []certificate `json:"certificates"`
	MFA              []device      `json:"mfa"`
	MFAEnabled       bool          `json:"mfaEnabled"`
	MayAsk           []mayAsk      `json:"mayAsk"`
}

type accessKey struct {
	ID       string    `json:"id"`
	Status   string    `json:"status"`
	Since    time.Time `json:"since"`
	LastUsed time.Time `json:"lastUsed"`
	Service  string    `json:"service"`
	Region   string    `json:"region"`
}

type certificate struct {
	ID     string    `json:"id"`
	Status string    `json:"status"`
	Since  time.Time `json:"since"`
}

type device struct {
	Serial string    `json:"serial"`
	Since  time.Time `json:"since"`
}

// Any tells whether root has anything that could be used, or stolen.
func (c credentials) Any() bool {
	return c.Password || len(c.AccessKeys)+len(c.Certificates)+len(c.MFA) > 0 || c.MFAEnabled
}

// Devices is how many MFA devices there are. A switched-on flag stands for one where nobody listed them.
func (c credentials) Devices() int {
	if len(c.MFA) == 0 && c.MFAEnabled {
		return 1
	}
	return len(c.MFA)
}

type credentialsList struct {
	Accounts []credentials `json:"accounts"`
	Next     string        `json:"next"`
	Hidden   int           `json:"hidden"`
	Audit    *struct {
		ID       string    `json:"id"`
		Started  time.Time `json:"started"`
		Finished time.Time `json:"finished"`
		Done     int       `json:"done"`
		Of       int       `json:"of"`
	} `json:"audit"`
}

// A sweep is how far one has come.
type sweep struct {
	ID        string         `json:"id"`
	State     string         `json:"state"`
	By        string         `json:"by"`
	Started   time.Time      `json:"started"`
	Ended     time.Time      `json:"ended"`
	Visits    share          `json:"visits"`
	Listed    bool           `json:"listed"`
	Counts    map[string]int `json:"accounts"`
	Resources int            `json:"resources"`
	Findings  int            `json:"findings"`
	Calls     map[string]int `json:"calls"`
	Throttles int            `json:"throttles"`
	Dollars   float64        `json:"dollars"`
	Gaps      []gap          `json:"gaps"`
	Unknown   []string       `json:"unknown"`
	Oldest    *struct {
		Account string  `json:"account"`
		Hours   float64 `json:"hours"`
	} `json:"oldestGap"`
}

type share struct {
	Done int `json:"done"`
	Of   int `json:"of"`
}

type gap struct {
	Outcome  string   `json:"outcome"`
	Cause    string   `json:"cause"`
	Tasks    string   `json:"tasks"`
	Accounts []string `json:"accounts"`
	Example  string   `json:"example"`
}

type sweepList struct {
	Sweeps []sweep `json:"sweeps"`
	Next   string  `json:"next"`
}

// A preflight says of each account whether a rescue would work.
type preflight struct {
	At           time.Time `json:"at"`
	Until        time.Time `json:"until"`
	Organization string    `json:"organization"`
	State        string    `json:"state"`
	Findings     []finding `json:"findings"`
	Accounts     []reached `json:"accounts"`
	Counts       struct {
		Reachable  int `json:"reachable"`
		Blocked    int `json:"blocked"`
		Partly     int `json:"partly"`
		CannotTell int `json:"cannotTell"`
		OutOfReach int `json:"outOfReach"`
	} `json:"counts"`
	NotAsked []string `json:"notAsked"`
}

type finding struct {
	ID       string    `json:"id"`
	Kind     string    `json:"kind"`
	State    string    `json:"state"`
	What     string    `json:"what"`
	Where    string    `json:"where"`
	Since    time.Time `json:"since"`
	Do       string    `json:"do"`
	Example  string    `json:"example"`
	Accounts []string  `json:"accounts"`
	Actions  []string  `json:"actions"`
	Regions  []string  `json:"regions"`
}

type reached struct {
	Number   string `json:"account"`
	Name     string `json:"name"`
	State    string `json:"state"`
	Services []struct {
		Service string `json:"service"`
		State   string `json:"state"`
		Listing string `json:"listing"`
	} `json:"services"`
	Why string `json:"why"`
}
