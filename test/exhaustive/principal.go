package exhaustive

import (
	"regexp"
	"slices"
	"strings"
)

var digits = regexp.MustCompile(`^[0-9]{12}$`)

var uniqueID = regexp.MustCompile(`^(AROA|AIDA)[A-Za-z0-9]+$`)

var rootARN = regexp.MustCompile(`^arn:[a-z-]+:iam::([0-9]{12}):root$`)

// accountOf is the account that an entry names as a whole, "" for any other entry.
func accountOf(p Principal) string {
	if p.Kind != "AWS" {
		return ""
	}
	if digits.MatchString(p.Value) {
		return p.Value
	}
	if m := rootARN.FindStringSubmatch(p.Value); m != nil {
		return m[1]
	}
	return ""
}

// sessionARN is the ARN of a role session, which has the role's name but not its path.
func (r *Request) sessionARN() string {
	if r.Kind != role {
		return ""
	}
	return strings.Join([]string{"arn", strings.Split(r.ARN, ":")[1], "sts", "",
		strings.Split(r.ARN, ":")[4], "assumed-role/" + r.name() + "/" + r.Session}, ":")
}

// uniqueID is the principal's unique id, from aws:userid.
func (r *Request) uniqueID() string {
	id, _, _ := strings.Cut(r.get("aws:userid"), ":")
	return id
}

// isIdentity tells whether an entry is the user, the role or the federated user itself.
func (p Principal) isIdentity(r *Request) bool {
	return p.Kind == "AWS" && (p.Value == r.ARN || uniqueID.MatchString(p.Value) && p.Value == r.uniqueID())
}

// namesCaller says whether the statement's Principal or NotPrincipal element matches the caller.
func (s *Statement) namesCaller(r *Request, account string) Truth {
	if s.Not[notPrincipal] {
		return s.spares(r, account).Not()
	}
	t := No
	if len(s.Principals) == 0 {
		t = Maybe
	}
	for _, p := range s.Principals {
		switch {
		case p.Value == "*" && (p.Kind == "*" || p.Kind == "AWS"), accountOf(p) == account, p.isIdentity(r):
			t |= Yes
		case p.Kind == "AWS" && r.Kind == role && p.Value == r.sessionARN():
			t |= Yes
		case p.Kind == "AWS" && strings.ContainsAny(p.Value, "*?"):
			t |= Maybe
		case p.Kind == "CanonicalUser", !knownKind(p.Kind):
			t |= Maybe
		case p.Kind == "Federated" && r.Kind == role:
			t |= Maybe
		}
	}
	return t
}

// spares says whether a NotPrincipal element spares the caller.
func (s *Statement) spares(r *Request, account string) Truth {
	listsAccount, listsIdentity, listsSession := No, false, false
	for _, p := range s.Principals {
		switch {
		case p.Value == "*" || !knownKind(p.Kind) || p.Kind == "AWS" && strings.ContainsAny(p.Value, "*?"):
			return Maybe
		case accountOf(p) == account:
			listsAccount |= Yes
		case p.Kind == "CanonicalUser":
			listsAccount |= Maybe
		case p.isIdentity(r):
			listsIdentity = true
		case p.Kind == "AWS" && r.Kind == role && p.Value == r.sessionARN():
			listsSession = true
		case p.Kind == "Federated" && r.Kind == role:
			return Maybe
		}
	}
	switch {
	case !listsIdentity || r.Kind == role && !listsSession:
		return No
	case listsAccount == Yes:
		return Yes
	}
	return Maybe
}

func knownKind(kind string) bool {
	return slices.Contains([]string{"*", "AWS", "Service", "Federated", "CanonicalUser"}, kind)
}
