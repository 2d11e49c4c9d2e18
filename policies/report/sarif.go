package report

import (
	"io"
	"net/url"
	"path/filepath"
	"strings"

	"locksmith/policies/lockout"
)

// The part of SARIF 2.1.0 that code scanning reads
// (https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/sarif-v2.1.0-os.html).
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool        sarifTool         `json:"tool"`
		Invocations []sarifInvocation `json:"invocations"`
		ColumnKind  string            `json:"columnKind"`
		Results     []sarifResult     `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name  string      `json:"name"`
		Rules []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID      string      `json:"id"`
		Short   sarifText   `json:"shortDescription"`
		Full    sarifText   `json:"fullDescription"`
		Help    sarifText   `json:"help"`
		Default sarifConfig `json:"defaultConfiguration"`
	}
	sarifConfig struct {
		Level string `json:"level"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifInvocation struct {
		Successful    bool          `json:"executionSuccessful"`
		Notifications []sarifNotice `json:"toolExecutionNotifications,omitempty"`
	}
	sarifNotice struct {
		Level     string          `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations"`
	}
	sarifResult struct {
		RuleID    string          `json:"ruleId"`
		RuleIndex int             `json:"ruleIndex"`
		Level     string          `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations"`
	}
	sarifLocation struct {
		Physical sarifPlace `json:"physicalLocation"`
	}
	sarifPlace struct {
		Artifact struct {
			URI string `json:"uri"`
		} `json:"artifactLocation"`
		Region *sarifRegion `json:"region,omitempty"`
	}
	sarifRegion struct {
		Line   int `json:"startLine"`
		Column int `json:"startColumn"`
	}
)

func sarifRules() []sarifRule {
	rule := func(id lockout.Answer, level, short, full, help string) sarifRule {
		return sarifRule{string(id), sarifText{short}, sarifText{full}, sarifText{help}, sarifConfig{level}}
	}
	return []sarifRule{
		rule(lockout.Lockout, "error", "The policy locks everybody out",
			"No administrator of the owning account can change or remove the policy, nor read it or use the bucket or queue; "+
				"only the account's root user can.",
			"Change or remove the statements that the message names, so that some role of the owning account is spared."),
		rule(lockout.Sealed, "error", "Nobody can take the policy off",
			"No administrator of the owning account can change or remove the policy, though other access remains; "+
				"only the account's root user can.",
			"Spare a role of the owning account, unless the seal is meant."),
		rule(lockout.Undecided, "warning", "Whether the policy locks everybody out could not be settled",
			"The policy says something that is not known here, or depends on values that the file does not hold.",
			"Settle what the message names, such as a template's parameter with -parameter, or have a person look at it."),
		rule(suffix, "warning", "The policy spares a role of IAM Identity Center by its suffix",
			"IAM Identity Center deletes the role with the account's last assignment of the permission set, and gives the next "+
				"one another suffix. The policy then spares nobody.",
			"Spare AWSReservedSSO_NAME_* with ArnNotLike, as AWS advises."),
	}
}

// suffix is the rule for a policy's warnings, which are no verdicts.
const suffix lockout.Answer = "suffix"

// SARIF writes SARIF 2.1.0 for code scanning: an error for each lockout and sealed policy, a warning for each undecided
// one, and for each that spares a role by its suffix. Columns count characters.
func (r *Report) SARIF(out io.Writer) error {
	run := sarifRun{ColumnKind: "unicodeCodePoints", Results: []sarifResult{},
		Invocations: []sarifInvocation{{Successful: len(r.Faults) == 0}}}
	run.Tool.Driver = sarifDriver{Name: "locksmith", Rules: sarifRules()}
	for _, f := range r.Findings {
		for i, rule := range run.Tool.Driver.Rules {
			says := f.Verdict.Reasons
			if rule.ID == string(suffix) {
				says = f.Warnings
			}
			if rule.ID != string(f.Verdict.Answer) && (rule.ID != string(suffix) || len(says) == 0) {
				continue
			}
			message := f.subject() + ": " + rule.ID + ": " + strings.Join(says, "; ")
			run.Results = append(run.Results,
				sarifResult{rule.ID, i, rule.Default.Level, sarifText{message}, []sarifLocation{location(f.Place)}})
		}
	}
	for _, f := range r.Faults {
		text := f.Text
		if f.Hint != "" {
			text += " (" + f.Hint + ")"
		}
		run.Invocations[0].Notifications = append(run.Invocations[0].Notifications,
			sarifNotice{"error", sarifText{text}, []sarifLocation{location(f.Place)}})
	}
	return encode(out, sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}})
}

// location is a place in a file. A relative path is one from the top of the repository when the command runs there, as
// code scanning wants it.
func location(p Place) (l sarifLocation) {
	l.Physical.Artifact.URI = (&url.URL{Path: filepath.ToSlash(p.File)}).String()
	if p.Line > 0 {
		l.Physical.Region = &sarifRegion{p.Line, p.Character}
	}
	return l
}
