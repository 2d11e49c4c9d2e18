package encode

import (
	"encoding/json"
	"slices"
	"strings"
)

// principal says that the statement is about the sender
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html).
func (w *world) principal(s statement) (string, error) {
	element, except := s.Principal, s.NotPrincipal != nil
	if except {
		element = s.NotPrincipal
	}
	var word string
	var byKind map[string]json.RawMessage
	if json.Unmarshal(element, &word) == nil && word == "*" {
		return map[bool]string{false: "true", true: "false"}[except], nil
	}
	if err := json.Unmarshal(element, &byKind); err != nil {
		return "", beyond("the principal %s", element)
	}
	if byKind["AWS"] == nil {
		return map[bool]string{false: "false", true: "true"}[except], nil // services, providers and canonical ids are nobody of the account
	}
	named, err := list(byKind["AWS"])
	if err != nil {
		return "", err
	}
	if except {
		return w.except(named)
	}
	if slices.Contains(named, "*") || w.account(named) {
		return "true", nil
	}
	who, session, err := w.named(named)
	return or(who, session), err
}

// except is about everybody but those of whom all is listed: the account, the user or role, and the role's session
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html).
func (w *world) except(named []string) (string, error) {
	if slices.Contains(named, "*") {
		return "false", nil
	}
	if !w.account(named) {
		return "true", nil
	}
	who, session, err := w.named(named)
	if w.kind != "role" {
		session = "true"
	}
	return not(and(who, session)), err
}

// account tells whether the owning account is listed, by its number or as its root.
func (w *world) account(named []string) bool {
	return slices.Contains(named, w.Account) || slices.Contains(named, "arn:"+strings.Split(w.Resource, ":")[1]+":iam::"+w.Account+":root")
}

// named says that the sender's ARN is listed, and that its session is.
func (w *world) named(listed []string) (who, session string, err error) {
	var whos, sessions []string
	for _, one := range listed {
		prefix := "arn:" + strings.Split(w.Resource, ":")[1] + ":sts::" + w.Account + ":assumed-role/"
		switch rest, isSession := strings.CutPrefix(one, prefix); {
		case strings.ContainsAny(one, "*?") || !strings.Contains(one, ":") && one != w.Account && len(one) != 12:
			return "", "", beyond("the principal %q", one)
		case isSession && w.kind == "role":
			name, called, _ := strings.Cut(rest, "/")
			sessions = append(sessions, and("(= "+w.name()+" "+literal(name)+")", "(= "+w.session()+" "+literal(called)+")"))
		case strings.HasPrefix(one, w.prefix()):
			whos = append(whos, "(= arn "+literal(one)+")")
		}
	}
	return or(whos...), or(sessions...), nil
}
