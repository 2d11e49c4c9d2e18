package iam

import (
	"encoding/xml"
	"maps"
	"net/http"
	"slices"

	"locksmith/policies"
	"locksmith/test/cloud/front"
)

// checkTrust says what IAM would refuse about a trust policy: it names principals, and no resources.
func checkTrust(text string) *front.Error {
	malformed := func(why string) *front.Error {
		return front.Refuse("MalformedPolicyDocument", why, http.StatusBadRequest)
	}
	if text == "" {
		return invalid("1 validation error detected: Value at 'assumeRolePolicyDocument' failed to satisfy " +
			"constraint: Member must not be null")
	}
	why := front.CheckPolicy([]byte(text), 4096, func(s *policies.Statement) string {
		if s.Resource != nil {
			return "Has prohibited field Resource"
		}
		return ""
	})
	if why != "" {
		return malformed(why)
	}
	return nil
}

func updateTrust(r *request) (any, *front.Error) {
	i, err := r.named(policies.Role)
	if err != nil {
		return nil, err
	}
	r.form.Set("AssumeRolePolicyDocument", r.form.Get("PolicyDocument"))
	if err := checkTrust(r.form.Get("PolicyDocument")); err != nil {
		return nil, err
	}
	i.trust = r.form.Get("PolicyDocument")
	return nil, nil
}

// putRolePolicy gives a role an identity policy. From the first one on the role may do only what its policies allow.
func putRolePolicy(r *request) (any, *front.Error) {
	i, err := r.named(policies.Role)
	if err != nil {
		return nil, err
	}
	text := r.form.Get("PolicyDocument")
	doc, bad := policies.Parse([]byte(text))
	switch {
	case bad != nil:
		return nil, front.Refuse("MalformedPolicyDocument", bad.Error(), http.StatusBadRequest)
	case slices.ContainsFunc(doc.Statements, func(s policies.Statement) bool { return s.Principal != nil }):
		return nil, front.Refuse("MalformedPolicyDocument", "Policy document should not specify a principal.",
			http.StatusBadRequest)
	}
	if i.permissions == nil {
		i.permissions = map[string]string{}
	}
	i.permissions[r.form.Get("PolicyName")] = text
	i.read()
	return nil, nil
}

func deleteRolePolicy(r *request) (any, *front.Error) {
	i, err := r.named(policies.Role)
	if err != nil {
		return nil, err
	}
	name := r.form.Get("PolicyName")
	if _, there := i.permissions[name]; !there {
		return nil, noPolicy(name)
	}
	delete(i.permissions, name)
	i.read()
	return nil, nil
}

func noPolicy(name string) *front.Error {
	return front.Refuse("NoSuchEntity", "The role policy with name "+name+" cannot be found.", http.StatusNotFound)
}

func getRolePolicy(r *request) (any, *front.Error) {
	i, err := r.named(policies.Role)
	if err != nil {
		return nil, err
	}
	name := r.form.Get("PolicyName")
	text, there := i.permissions[name]
	if !there {
		return nil, noPolicy(name)
	}
	return struct {
		XMLName                              xml.Name `xml:"GetRolePolicyResult"`
		RoleName, PolicyName, PolicyDocument string
	}{RoleName: i.name, PolicyName: name, PolicyDocument: escape(text)}, nil
}

func listRolePolicies(r *request) (any, *front.Error) {
	i, err := r.named(policies.Role)
	if err != nil {
		return nil, err
	}
	return struct {
		XMLName     xml.Name `xml:"ListRolePoliciesResult"`
		PolicyNames []string `xml:"PolicyNames>member"`
		IsTruncated bool
	}{PolicyNames: slices.Sorted(maps.Keys(i.permissions))}, nil
}
