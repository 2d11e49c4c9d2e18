package lockout

import (
	"slices"
	"strings"

	"locksmith/policies"
)

// The shortcut before the search: one ordinary request, shown to the evaluator. It can only answer Open.

// quick tries one ordinary request, which settles nearly every policy. It is only for policies that speak of keys which
// every such request carries, or none, and of no principal by name.
func (s *setting) quick() *Witness {
	d := s.denyOnly
	arn, kind, ok := s.somebody()
	if !ok || mentions(d, arn) || len(s.Administrators) > 0 && len(s.ids()) > 0 {
		return nil // whose a unique id is takes a closer look
	}
	c := s.ordinary(d, kind, arn)
	if slices.ContainsFunc(valuesOf(d, "aws:SourceIp"), func(v string) bool {
		return contains(v, c.context["aws:sourceip"][0])
	}) {
		return nil // whether the ranges hold every public address takes a closer look
	}
	for _, key := range s.mentioned {
		if _, carried := c.context[key]; key == "aws:principalarn" || key == "aws:useragent" ||
			strings.HasSuffix(key, "orgpaths") || !carried && !s.absent(key, kind) {
			return nil
		}
	}
	for i := range d.Statements {
		if p := d.Statements[i].Principal; p != nil && d.Statements[i].Effect == policies.Deny && len(p.Named) > 1 {
			return nil
		}
	}
	for _, action := range s.recovery {
		if s.passes(c, action) && s.removable(d, c, action) {
			return s.witness(c, action)
		}
	}
	return nil
}

// somebody is a user or role that matters.
func (s *setting) somebody() (arn string, kind policies.Kind, ok bool) {
	if len(s.Administrators) == 0 {
		return strings.TrimSuffix(s.shape(policies.User), "?*") + "Administrator", policies.User, true
	}
	for _, pattern := range s.Administrators {
		arn := instance(s.own(pattern))
		for _, kind := range s.kinds {
			if kind != policies.Federated && plainName(strings.TrimPrefix(arn,
				strings.TrimSuffix(s.shape(kind), "?*"))) && policies.IsAdministrator([]string{pattern}, arn) {
				return arn, kind, true
			}
		}
	}
	return "", "", false
}

// plainName tells whether a name is one that a user or role can have, without a path.
func plainName(name string) bool {
	return len(name) > 0 && len(name) <= 64 && !strings.ContainsFunc(name, func(r rune) bool { return !nameSet.has(r) })
}

// own is a pattern with the account's partition and number where it leaves them open.
func (s *setting) own(pattern string) string {
	return strings.Replace(strings.Replace(pattern, "arn:*:", "arn:"+s.partition+":", 1), "::*:", "::"+s.Account+":", 1)
}
