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
func derive(d *policies.Document) (string, error) {
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

// judgeDocument judges a policy document by itself. One in YAML can have intrinsics, as before it is put into a template; of what they name nothing is known.
func (o *options) judgeDocument(f *file, root *policies.Value, r *report) {
	s := subject{settings: o.settings, text: f.text, place: f.position}
	t := o.newTemplate(f, nil, f.text)
	if f.yaml {
		if m := repeated(root); m != nil {
			r.wrong(f.fault(m.Start, "which of the two counts is not known", "%q twice in one object", m.Name))
			return
		}
		s.text, s.place = t.json(root)
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
		s.resource, err = derive(d)
	}
	if err == nil {
		err = s.check()
	}
	if err != nil {
		r.wrong(f.fault(root.Start, "", "%v", err))
		return
	}
	if f.yaml {
		o.judge(t, attachment{at: root.Start, in: func(r *resolver) ([]placed, *fault) {
			document, _ := r.resolve(root, 0)
			return []placed{{s.resource, document}}, nil
		}}, r)
		return
	}
	v, err := s.judge()
	if err != nil {
		r.wrong(f.syntax(err))
		return
	}
	r.add(f, root.Start, "", s.resource, v)
}

// json is a policy document as JSON, without what is unknown in it.
func (t *template) json(root *policies.Value) ([]byte, func(int) policies.Position) {
	symbols := &symbols{steps: mostSteps}
	resolved, _ := newResolver(t, symbols, world{account: t.owners.accounts[0], partition: t.partitions[0]}).resolve(root, 0)
	bounded := (&bounder{symbols: symbols}).policy(&resolved)
	text := render(&bounded)
	return text.text, text.place(t.file)
}

// mentions tells whether one of the names stands somewhere in a value.
func mentions(v *policies.Value, names ...string) (found bool) {
	each(v, func(v *policies.Value) {
		found = found || slices.ContainsFunc(v.Members, func(m policies.Member) bool { return slices.Contains(names, m.Name) })
	})
	return found
}
