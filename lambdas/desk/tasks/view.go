package tasks

import (
	"time"

	"locksmith/lambdas/remedy"
	"locksmith/lambdas/requests"
	"locksmith/policies/allowlist"
	"locksmith/policies/difference"
	"locksmith/policies/lockout"
)

// A View is a bucket or queue as it was seen: its policy in force, what that means, and what each action would do.
type View struct {
	Account    string           `json:"account"`
	Resource   string           `json:"resource"`
	Region     string           `json:"region"`
	Policy     string           `json:"policy,omitempty"` // none: there is no policy
	Verdict    lockout.Answer   `json:"verdict"`
	Statements []int            `json:"statements,omitempty"`
	Reasons    []string         `json:"reasons,omitempty"`
	Witness    *lockout.Witness `json:"witness,omitempty"`
	Locked     bool             `json:"locked"` // proved, and not marked as meant
	Task       requests.Task    `json:"task"`   // that taking it off would be: unlock or force
	Covered    Covered          `json:"covered"`
	Never      bool             `json:"never"`
	Actions    []Action         `json:"actions"`
	Before     *Before          `json:"before,omitempty"`
	MayAsk     *MayAsk          `json:"mayAsk,omitempty"` // what the desk's entries say of the caller
	Incidents  []string         `json:"incidents,omitempty"`
}

// Covered is what the allow list's rules say of a resource.
type Covered struct {
	Rule string `json:"rule,omitempty"`
	Why  string `json:"why,omitempty"` // why no rule covers it
}

// An Action is what an act would come to, or why it would be refused.
type Action struct {
	Action  allowlist.Action `json:"action"`
	Result  remedy.Result    `json:"result,omitempty"`
	Why     string           `json:"why,omitempty"`
	Refused string           `json:"refused,omitempty"`
	After   string           `json:"after,omitempty"`   // the policy that would be in force
	Outside string           `json:"outside,omitempty"` // whether anybody from outside would be let in
	Inside  []string         `json:"inside,omitempty"`
	ACL     string           `json:"acl,omitempty"`
	Losses  []string         `json:"losses,omitempty"`
}

// Before is the last good policy that a sweep saw. An empty Policy says that there was none.
type Before struct {
	Policy     string            `json:"policy"`
	At         time.Time         `json:"at"`
	Verdict    lockout.Answer    `json:"verdict"`
	Difference []difference.Line `json:"difference"` // to the policy in force
}

// MayAsk is what the desk's entries say of a caller and a task.
type MayAsk struct {
	Task       requests.Task `json:"task"`
	Entry      string        `json:"entry,omitempty"` // none: no entry lets the caller ask
	Approvals  int           `json:"approvals,omitempty"`
	Approvers  []string      `json:"approvers,omitempty"`
	BreakGlass bool          `json:"breakGlass,omitempty"`
	Why        string        `json:"why,omitempty"` // why not
}
