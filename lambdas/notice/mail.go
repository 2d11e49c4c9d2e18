package notice

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"locksmith/lambdas/remedy"
	"locksmith/policies/lockout"
)

// Mail is the notice for people. The first lines say what happened and whether somebody has to do something. The rest
// is for whoever does it. Lines have at most 78 columns, except for ARNs, commands and the policy. Everything but the
// first lines and the headings is indented.
func Mail(n remedy.Notice) (subject, body string) { return writeMail(n, maxPolicy) }

func writeMail(n remedy.Notice, limit int) (subject, body string) {
	s := tell(n)
	var m page
	m.line("", s.title(columns))
	m.blank()
	m.text("", s.happened)
	m.blank()
	m.text("", "ACTION NEEDED: "+s.action)
	m.listed(s)
	m.change(s)
	m.request(s)
	m.reasons(s, limit)
	m.before(s, limit)
	m.gone(s)
	m.done(s)
	m.next(s.steps)
	m.policy(s, limit)
	m.desk(s.Link)
	m.reference(s)
	return s.subject("[Locksmith] "), m.String()
}

// title is one line of at most n bytes. It is not wrapped: a name with spaces in it could otherwise begin a line.
func (s story) title(n int) string {
	if about := s.named(n - len(s.label) - 1); about != "" {
		return s.label + ":" + about
	}
	return s.label
}

// subject fits SNS, which wants fewer than 100 printable ASCII characters
// (https://docs.aws.amazon.com/sns/latest/api/API_Publish.html).
func (s story) subject(prefix string) string {
	before := ascii(prefix + s.label)
	return before + s.named(99-len(before))
}

// page is a text as it grows.
type page struct{ strings.Builder }

const (
	columns       = 78
	commandIndent = "       "
)

func (p *page) line(indent, text string) { p.WriteString(strings.TrimRight(indent+text, " ") + "\n") }

func (p *page) blank() { p.WriteString("\n") }

// text is prose. The lines after the first are indented as far as it is.
func (p *page) text(indent, text string) {
	for _, line := range wrap(text, columns-len(indent)) {
		p.line(indent, line)
	}
}

// item is prose after a mark, with a hanging indent.
func (p *page) item(mark, text string) {
	for i, line := range wrap(text, columns-len(mark)) {
		if i == 0 {
			p.line(mark, line)
		} else {
			p.line(strings.Repeat(" ", len(mark)), line)
		}
	}
}

func (p *page) heading(text string) {
	p.blank()
	p.line("", text)
}

// field is a name and a value on one line, or nothing where there is no value. Only an ARN may be longer than the line.
func (p *page) field(name, value string) {
	if !strings.HasPrefix(value, "arn:") {
		value = clean(value, columns-11)
	}
	if value != "" {
		p.line("  ", fmt.Sprintf("%-9s%s", name, value))
	}
}

// listed is what a digest or a warning lists.
func (p *page) listed(s story) {
	if len(s.Warnings) > 0 {
		p.heading("WHAT NEEDS PEOPLE")
	}
	for _, w := range s.Warnings {
		p.item("  - ", sentence(w))
	}
	if s.Digest == nil {
		return
	}
	p.heading("WHAT HAPPENED FROM " + clock(s.Digest.From))
	for _, line := range s.lines() {
		p.item("  - ", line)
	}
}

func (p *page) change(s story) {
	c := s.Change
	if !s.aboutOne() || c.Resource == "" && c.Account == "" && c.EventID == "" {
		return
	}
	p.heading("WHAT HAPPENED")
	p.field(strings.ToUpper(s.kind[:1])+s.kind[1:], c.Resource)
	p.field("Account", c.Account)
	p.field("Region", c.Region)
	if c.Found() {
		p.field("Found", clock(c.Time))
		p.field("Who", s.who())
		return
	}
	p.field("When", clock(c.Time))
	p.field("Call", c.Call)
	p.field("Who", s.who())
	p.field("Through", c.By.Via)
	p.field("From", c.By.Address)
	p.field("With", c.By.Agent)
}

func (p *page) reasons(s story, limit int) {
	headings := map[lockout.Answer]string{lockout.Lockout: "WHY THIS IS A LOCKOUT",
		lockout.Sealed: "WHY THIS IS A SEAL", lockout.Undecided: "WHY THIS IS NOT SETTLED",
		lockout.Restricted: "WHAT THIS ASKS FOR"}
	found, all := locks(s.Policy(), s.Verdict)
	if len(s.Verdict.Reasons)+len(found) == 0 {
		return
	}
	p.heading(cmp.Or(headings[s.Verdict.Answer], "WHY"))
	for _, r := range s.Verdict.Reasons {
		p.item("  - ", sentence(r))
	}
	p.wayIn(s)
	if all {
		return // they are the policy, which is shown below
	}
	for _, l := range found {
		p.blank()
		p.text("  ", "The locking statement "+fromOutside(s.Notice).value(l.label, maxShort)+":")
		for _, line := range pretty(l.text, min(limit, maxStatement)) {
			p.line("    ", line)
		}
	}
}

// wayIn is what every way in needs, and one of them.
func (p *page) wayIn(s story) {
	if s.Outcome.Result != remedy.Restricted {
		return
	}
	for _, needs := range s.Outcome.Needs {
		p.item("  - ", "Every way in needs "+strings.TrimSuffix(needs, ".")+".")
	}
	if w := s.Verdict.Witness; w != nil {
		p.blank()
		p.text("  ", "A request that gets in:")
		p.field("Call", s.witness(w.Action))
		p.field("Who", s.witness(w.Principal)+" ("+s.witness(string(w.Kind))+")")
	}
}

// witness is a value of the witness, which may stand in the policy.
func (s story) witness(value string) string { return fromOutside(s.Notice).value(value, maxARN) }

// before is what was there before the lock, and what has changed since.
func (p *page) before(s story, limit int) {
	said := s.before()
	if said == "" {
		return
	}
	p.heading("WHAT HAS CHANGED SINCE IT WAS GOOD")
	p.text("  ", said)
	for _, line := range s.difference(limit) {
		p.line("    ", line)
	}
}

// gone is what went with the policy although it did not lock, and what is possible again.
func (p *page) gone(s story) {
	for _, part := range []struct {
		heading string
		texts   []string
	}{{"WHAT WENT WITH THE POLICY", s.lost()}, {"WHAT IS POSSIBLE AGAIN", s.again()}} {
		if len(part.texts) > 0 {
			p.heading(part.heading)
		}
		for _, text := range part.texts {
			p.item("  - ", sentence(text))
		}
	}
	if c := s.Outcome.Corrected; len(s.Outcome.Losses) > 0 && c.Text == "" && c.Reason != "" {
		p.blank()
		p.text("  ", "There is no corrected policy to put back: "+c.Reason+".")
	}
}

func (p *page) done(s story) {
	o := s.Outcome
	p.heading("WHAT LOCKSMITH DID")
	p.field("When", clock(o.At)+s.after())
	p.field("Rule", o.Rule)
	p.text("  ", s.did+" "+sentence(o.Why))
}

func (p *page) next(steps []step) {
	if len(steps) == 0 {
		return
	}
	p.heading("WHAT TO DO NEXT")
	for i, s := range steps {
		p.item(fmt.Sprintf("  %d. ", i+1), s.text)
		for _, line := range s.lines {
			p.line(commandIndent, line)
		}
	}
}

func (p *page) policy(s story, limit int) {
	if text := s.Outcome.Corrected.Text; text != "" && usable(text) {
		p.heading("THE CORRECTED POLICY, READY TO PUT BACK")
		p.shown(text, limit)
	}
	if s.Policy() == "" {
		return
	}
	heading := "THE POLICY"
	switch {
	case s.saved():
		heading = "THE POLICY THAT WAS SAVED, AND MAY HAVE BEEN TAKEN OFF"
	case s.Outcome.Result == remedy.Restored:
		heading = "THE POLICY THAT WAS PUT BACK"
	case s.Outcome.Result == remedy.Reinstated:
		heading = "THE POLICY THAT WAS REPLACED"
	case s.Outcome.Put != "":
		heading = "THE POLICY AS IT WAS"
	case s.Outcome.Removed != "":
		heading = "THE POLICY THAT WAS TAKEN OFF"
	}
	p.heading(heading)
	p.shown(s.Policy(), limit)
}

func (p *page) shown(policy string, limit int) {
	for _, line := range pretty(policy, limit) {
		p.line("  ", line)
	}
}

// reference says where the rest is: in CloudTrail, and in the ledger, which has every policy as it was.
func (p *page) reference(s story) {
	if s.raw.Change.EventID == "" {
		return
	}
	p.heading("REFERENCE")
	id := "This is the event's id in CloudTrail"
	switch {
	case s.Change.Found():
		id = "This is the id of the sweep's finding"
	case s.Change.Asked != nil:
		id = "This is the request's id"
	}
	p.field("Event", s.Change.EventID)
	if s.Outcome.Result == remedy.Unreadable {
		p.text("  ", id+".")
		return
	}
	p.text("  ", id+", and the name of its entry in Locksmith's ledger.")
	if s.Policy() != "" && wellFormed(s.raw.Change) {
		p.text("  ", "The ledger has the policy as it was. This shows it, with the table that the stack's output "+
			"LedgerTable names:")
		for _, line := range show(s.raw.Change) {
			p.line("     ", line)
		}
	}
}

// clock is a time as people read it, in UTC.
func clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

// after says how long the work took, where both times are known.
func (s story) after() string {
	from, to, what := s.Change.Time, s.Outcome.At, "the change"
	switch {
	case s.Change.Found():
		what = "it was found"
	case s.Change.Asked != nil:
		what = "the first look"
	}
	if from.IsZero() || !to.After(from) {
		return ""
	}
	return ", " + to.Sub(from).Round(time.Second).String() + " after " + what
}
