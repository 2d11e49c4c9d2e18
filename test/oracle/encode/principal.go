package encode

import (
	"encoding/json"
	"slices"
	"strings"
)

// principal says that the statement is about the sender
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html).
func (w *world) principal(s statement) (string, error) {
	element, except := s.elements["Principal"], false
	if element == nil {
		element, except = s.elements["NotPrincipal"], true
	}
	var word string
	if json.Unmarshal(element, &word) == nil && word == "*" {
		return map[bool]string{false: "true", true: "false"}[except], nil
	}
	var byKind map[string]json.RawMessage
	if err := json.Unmarshal(element, &byKind); err != nil {
		return "", beyond("the principal %s", element)
	}
	for kind := range byKind {
		if !slices.Contains([]string{"AWS", "Service", "Federated", "CanonicalUser"}, kind) {
			return "", beyond("the principal %s", kind)
		}
	}
	var named []string
	if byKind["AWS"] != nil {
		var err error
		if named, err = list(byKind["AWS"]); err != nil {
			return "", err
		}
	}
	who, session, err := w.named(named)
	if err != nil {
		return "", err
	}
	provider := byKind["Federated"] != nil && w.kind == "role" // the session may have come through it
	if except && len(w.Administrators) > 0 && slices.ContainsFunc(named, isID) {
		return "", beyond("NotPrincipal with a unique id where administrators are named")
	}
	if except {
		return w.except(named, who, session, provider), nil
	}
	if slices.Contains(named, "*") || w.account(named) {
		return "true", nil
	}
	if provider || byKind["CanonicalUser"] != nil { // which may be the owning account's
		return or(who, session, w.doubt()), nil
	}
	return or(who, session), nil
}

// except is about everybody but those who are spared
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html). Those are certainly
// spared of whom all is listed: the account, and the user, or the role and its session. Where only the account is
// missing it is in doubt. Nobody else is spared, but a session's provider may be listed.
func (w *world) except(named []string, who, session string, provider bool) string {
	if slices.Contains(named, "*") {
		return "false"
	}
	if w.kind != "role" {
		session = "true"
	}
	listed := and(who, session)
	switch {
	case w.account(named) && provider:
		return and(not(listed), w.doubt())
	case w.account(named):
		return not(listed)
	case provider:
		return w.doubt()
	}
	return or(not(listed), w.doubt())
}

// account tells whether the owning account is listed, by its number or as its root.
func (w *world) account(named []string) bool {
	return slices.Contains(named, w.Account) ||
		slices.Contains(named, "arn:"+w.partition()+":iam::"+w.Account+":root")
}

// named says that the sender is listed by its ARN or its unique id, and that its session is.
func (w *world) named(listed []string) (who, session string, err error) {
	var whos, sessions []string
	for _, one := range listed {
		rest, isSession := strings.CutPrefix(one, "arn:"+w.partition()+":sts::"+w.Account+":assumed-role/")
		isARN := strings.Count(one, ":") >= 5
		switch {
		case one == "*" || isAccount(one):
		case strings.ContainsAny(one, "*?"):
			return "", "", beyond("the principal %q", one)
		case isSession && w.kind == "role":
			name, called, _ := strings.Cut(rest, "/")
			sessions = append(sessions,
				and("(= "+w.name()+" "+literal(name)+")", "(= "+w.session()+" "+literal(called)+")"))
		case isARN && strings.HasPrefix(one, w.prefix()):
			whos = append(whos, w.arn().equals(one))
		case isARN:
		default:
			who, err := w.byID(one)
			if err != nil {
				return "", "", err
			}
			whos = append(whos, who)
		}
	}
	return or(whos...), or(sessions...), nil
}

// byID says that the sender has the unique id. It may be that of any user or role, so an id is as good as another.
// Where administrators are named, it may be theirs.
func (w *world) byID(id string) (string, error) {
	of := map[string]string{"AIDA": "user", "AROA": "role"}[id[:min(4, len(id))]]
	switch {
	case of == "" || strings.Contains(id, ":"):
		return "", beyond("the principal %q", id)
	case of != w.kind:
		return "false", nil
	case len(w.Administrators) > 0:
		return w.doubt(), nil
	case of == "user":
		return "(= " + w.userid() + " " + literal(id) + ")", nil
	}
	return "(str.prefixof " + literal(id+":") + " " + w.userid() + ")", nil
}

func isID(text string) bool {
	return strings.HasPrefix(text, "AIDA") || strings.HasPrefix(text, "AROA")
}

func isAccount(text string) bool { return len(text) == 12 && strings.Trim(text, "0123456789") == "" }
