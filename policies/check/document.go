package main

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"locksmith/policies"
)

// inResource finds the bucket or queue in a Resource value; for an object it is the bucket.
var inResource = regexp.MustCompile(`^arn:aws[a-z-]*:(?:s3:::[^:/*?{}$]+|sqs:[a-z0-9-]+:[0-9]{12}:[^:/*?{}$]+$)`)

// derive finds the bucket or queue that a policy document is for: the only one that its statements name. A policy is attached to one resource, and S3 refuses
// one that names another.
func (s subject) derive() (string, error) {
	d, err := s.parse()
	if err != nil {
		return "", err
	}
	var named []string
	principals := false
	for _, st := range d.Statements {
		principals = principals || st.Principal != nil
		if st.Resource == nil {
			continue
		}
		for _, value := range st.Resource.Values {
			if arn := inResource.FindString(value); arn != "" && !slices.Contains(named, arn) && plainEnd(value[len(arn):]) {
				named = append(named, arn)
			}
		}
	}
	switch {
	case len(named) == 1:
		return named[0], nil
	case len(named) > 1:
		return "", errors.New("several resources are named (" + strings.Join(named, ", ") + "); -resource tells which one the policy is for")
	case !principals:
		return "", errors.New("no statement has a principal, so this is no policy of a bucket or queue; to judge it as one, give -resource")
	}
	return "", errors.New("the policy names no bucket or queue; -resource tells which one it is for")
}

// plainEnd tells whether what follows a bucket's ARN leaves it that bucket: nothing, or an object's key.
func plainEnd(rest string) bool { return rest == "" || rest[0] == '/' }

// foreign tells whether a policy is plainly none of a bucket or queue: nobody is named in it, as in identity policies, or all its actions are other services'.
func foreign(d *policies.Document) bool {
	principals, others := false, true
	for _, st := range d.Statements {
		principals = principals || st.Principal != nil
		others = others && !st.Action.Not && !slices.ContainsFunc(st.Action.Values, ours)
	}
	return others || !principals
}

// ours tells whether an action pattern may be one of S3 or SQS.
func ours(action string) bool {
	service, _, ok := strings.Cut(strings.ToLower(action), ":")
	return !ok || strings.ContainsAny(service, "*?$") || service == "s3" || service == "sqs"
}

// judgeDocument judges a policy document by itself.
func (o *options) judgeDocument(f *file, root *policies.Value, r *report) {
	s := subject{settings: o.settings, text: f.text, place: f.position}
	if f.yaml {
		o.judgeYAML(f, root, r)
		return
	}
	d, err := s.parse()
	switch {
	case f.walked && (err == nil && foreign(d) || err != nil && !mentions(root, "Principal", "NotPrincipal")):
		return
	case err != nil:
		r.wrong(f.syntax(err))
		return
	}
	if s.resource == "" {
		s.resource, err = s.derive()
	}
	if err == nil {
		err = s.check()
	}
	if err != nil {
		r.wrong(f.fault(root.Start, "", "%v", err))
		return
	}
	v, err := s.judge()
	if err != nil {
		r.wrong(f.syntax(err))
		return
	}
	r.add(f, root.Start, "", s.resource, v)
}

// judgeYAML judges a policy document in YAML, as it may stand before it is put into a template: it can have intrinsics, of which nothing is known.
func (o *options) judgeYAML(f *file, root *policies.Value, r *report) {
	if m := repeated(root); m != nil {
		r.wrong(f.fault(m.Start, "which of the two counts is not known", "%q twice in one object", m.Name))
		return
	}
	t := o.newTemplate(f, nil, f.text)
	symbols := &symbols{steps: mostSteps}
	known, _ := newResolver(t, symbols, world{account: o.account, partition: "aws"}).resolve(root, 0)
	b := &bounder{symbols: symbols}
	known = b.policy(&known)
	text := render(&known)
	s := subject{settings: o.settings, text: text.text, place: text.place(f)}
	d, err := s.parse()
	switch {
	case f.walked && (err == nil && foreign(d) || err != nil):
		return
	case err != nil:
		r.wrong(f.syntax(err))
		return
	}
	if s.resource == "" {
		s.resource, err = s.derive()
	}
	if err == nil {
		err = s.check()
	}
	if err != nil {
		r.wrong(f.fault(root.Start, "", "%v", err))
		return
	}
	in := func(r *resolver) ([]placed, *fault) {
		document, _ := r.resolve(root, 0)
		return []placed{{s.resource, document}}, nil
	}
	o.judge(t, attachment{at: root.Start, in: in}, r)
}

// mentions tells whether one of the names stands somewhere in a value.
func mentions(v *policies.Value, names ...string) (found bool) {
	each(v, func(v *policies.Value) {
		found = found || slices.ContainsFunc(v.Members, func(m policies.Member) bool { return slices.Contains(names, m.Name) })
	})
	return found
}
