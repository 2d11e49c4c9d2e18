package linter

import (
	"errors"
	"slices"

	"locksmith/policies"
	"locksmith/policies/lockout"
	"locksmith/policies/lockout/partial"
	"locksmith/policies/report"
	"locksmith/policies/sources"
	"locksmith/policies/sources/cloudformation"
	"locksmith/policies/sources/cloudtrail"
	"locksmith/policies/sources/terraform"
)

// root finds the source of one value of a file, and judges every policy that it yields.
func (r *run) root(f *sources.File, root *policies.Value, found bool) {
	switch {
	case cloudformation.Recognizes(root):
		r.all(f, cloudformation.Policies(f, root, r.Parameters))
	case terraform.Recognizes(root):
		r.all(f, terraform.Policies(f, root, r.Parameters))
	case cloudtrail.Recognizes(root):
		r.all(f, cloudtrail.Policies(f, root))
	case root.Find("Statement") != nil:
		r.document(f, root, found)
	case !found:
		hint := "want a policy document, a CloudFormation template, a Terraform plan as JSON, a CloudTrail record " +
			"or an EventBridge event"
		r.wrong(f.Fault(root.Start, hint, "none of the kinds of file that hold a policy"))
	}
}

func (r *run) all(f *sources.File, found sources.Policies) {
	for p, err := range found {
		if err != nil {
			r.failed(f, err)
			continue
		}
		r.judge(p)
	}
}

// failed notes an error of a source or of judging.
func (r *run) failed(f *sources.File, err error) {
	var fault *sources.Fault
	var nothing *sources.Nothing
	switch {
	case errors.As(err, &nothing):
		r.idle(f, nothing.At, nothing.Why)
	case errors.As(err, &fault):
		r.wrong(fault)
	default:
		r.wrong(f.Syntax(err))
	}
}

// judge judges one policy and notes the verdict. What the source tells of its place counts for more than the options.
func (r *run) judge(p sources.Policy) {
	if p.Template != nil {
		v, err := r.JudgeTemplate(*p.Template)
		switch {
		case err != nil:
			r.failed(p.File, err)
		case v.Answer == "":
			r.idle(p.File, p.At, p.Name+" is made under a condition that never holds")
		default:
			r.add(p, v.Resource, v, r.AtLeast(*p.Template))
		}
		return
	}
	q := r.Question
	q.Resource, q.Account = p.Resource, p.Account
	v, err := q.Judge(p.Whole)
	if err != nil {
		r.failed(p.File, err)
		return
	}
	r.add(p, p.Resource, v, p.Whole)
}

// document judges a policy document by itself. One in YAML can have intrinsic functions, as before it is put into a
// template. Of what they name nothing is known.
func (r *run) document(f *sources.File, root *policies.Value, found bool) {
	q := r.Question
	whole := partial.Whole{Text: f.Text, Place: f.Position}
	if f.YAML {
		if m := sources.Repeated(root); m != nil {
			r.wrong(f.Fault(m.Start, "which of the two counts is not known", "%q twice in one object", m.Name))
			return
		}
		whole = q.AtLeast(*cloudformation.Document(f, root, "", r.Parameters).Template)
	}
	d, err := whole.Parse()
	switch {
	case found && (err == nil && sources.Foreign(d) || err != nil && !mentions(root, "Principal", "NotPrincipal")):
		return
	case err != nil:
		r.failed(f, err)
		return
	}
	if q.Resource == "" {
		q.Resource, err = sources.ResourceOf(d)
	}
	if err == nil {
		err = q.Check()
	}
	switch {
	case err != nil:
		r.wrong(f.Fault(root.Start, "", "%v", err))
	case f.YAML:
		r.judge(cloudformation.Document(f, root, q.Resource, r.Parameters))
	default:
		r.judge(sources.Policy{File: f, At: root.Start, Resource: q.Resource, Account: q.Account, Whole: whole})
	}
}

// mentions tells whether one of the names stands somewhere in a value.
func mentions(root *policies.Value, names ...string) (found bool) {
	named := func(m policies.Member) bool { return slices.Contains(names, m.Name) }
	root.Each(func(v *policies.Value) { found = found || slices.ContainsFunc(v.Members, named) })
	return found
}

// add notes the verdict about a policy. Its place is that of the first statement that has to go, or else its own.
func (r *run) add(p sources.Policy, resource string, v partial.Ruling, whole partial.Whole) {
	at := p.File.Position(p.At)
	if len(v.Statements) > 0 && v.Statements[0] < len(v.Places) {
		at = v.Places[v.Statements[0]]
	}
	r.report.Findings = append(r.report.Findings, report.Finding{Place: place(p.File, at), Name: p.Name,
		Resource: resource, Account: v.Account, Verdict: v.Verdict, Warnings: warnings(whole, v.Account)})
}

// warnings are what is wrong with a policy today or tomorrow, whatever the verdict is.
func warnings(w partial.Whole, account string) (all []string) {
	d, err := w.Parse()
	if err != nil {
		return nil // whoever judged it has said so
	}
	for _, name := range lockout.Suffixed(lockout.Spared(d, account)) {
		all = append(all, lockout.SuffixWarning(name))
	}
	return all
}

func (r *run) idle(f *sources.File, at int, why string) {
	r.report.Idle = append(r.report.Idle, report.Idle{Place: place(f, f.Position(at)), Why: why})
}

func (r *run) wrong(f *sources.Fault) {
	at := report.Place{File: f.File, Line: f.At.Line, Column: f.At.Column, Character: f.Characters}
	r.report.Faults = append(r.report.Faults, report.Fault{Place: at, Text: f.Text, Hint: f.Hint})
}

func place(f *sources.File, at policies.Position) report.Place {
	return report.Place{File: f.Name, Line: at.Line, Column: at.Column, Character: f.Characters(at)}
}

// statusOf is the exit status for one verdict.
func statusOf(a lockout.Answer) int {
	if a == lockout.Lockout || a == lockout.Sealed {
		return Locked
	}
	return Clean
}

// worse is the exit status for both: that something is locked counts for more than that something could not be read.
func worse(a, b int) int {
	switch {
	case a == Locked || b == Locked:
		return Locked
	case a == Bad || b == Bad:
		return Bad
	}
	return Clean
}
