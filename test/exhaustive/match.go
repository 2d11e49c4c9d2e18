package exhaustive

import "strings"

// A piece is one character of a pattern; wild ones are * and ?.
type piece struct {
	char byte
	wild bool
}

// pieces reads a pattern in which * and ? are wild.
func pieces(pattern string) []piece {
	all := make([]piece, len(pattern))
	for i := range len(pattern) {
		all[i] = piece{pattern[i], pattern[i] == '*' || pattern[i] == '?'}
	}
	return all
}

// glob tells whether the pattern matches all of s.
func glob(p []piece, s string) bool {
	star, mark, i, j := -1, 0, 0, 0
	for j < len(s) {
		switch {
		case i < len(p) && p[i].wild && p[i].char == '*':
			star, mark, i = i, j, i+1
		case i < len(p) && (p[i].wild || p[i].char == s[j]):
			i, j = i+1, j+1
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	for i < len(p) && p[i].wild && p[i].char == '*' {
		i++
	}
	return i == len(p)
}

// parts are the six parts of an ARN pattern, nil where it has fewer.
func parts(p []piece) [][]piece {
	var all [][]piece
	start := 0
	for i, c := range p {
		if c.char == ':' && len(all) < 5 {
			all, start = append(all, p[start:i]), i+1
		}
	}
	if len(all) < 5 {
		return nil
	}
	return append(all, p[start:])
}

// isARN tells whether a value is an ARN.
func isARN(s string) bool { return strings.HasPrefix(s, "arn:") && strings.Count(s, ":") >= 5 }

// globARN matches as ArnLike does: the six parts each by itself. A pattern that is no ARN, or a value, is not settled.
func globARN(p []piece, s string) Truth {
	ps := parts(p)
	if ps == nil || !isARN(s) || len(ps[0]) == 0 {
		return Maybe
	}
	for i, v := range strings.SplitN(s, ":", 6) {
		if !glob(ps[i], v) {
			return No
		}
	}
	return Yes
}

// arnLike matches a plain pattern, such as an administrator's.
func arnLike(pattern, s string) bool { return globARN(pieces(pattern), s) == Yes }

// coversAction tells whether the statement's Action or NotAction covers the action; letters of either case are the
// same.
func (s *Statement) coversAction(action string) bool {
	found := false
	for _, a := range s.Actions {
		found = found || glob(pieces(strings.ToLower(a)), strings.ToLower(action))
	}
	return found != s.Not[notAction]
}

// coversResource tells whether the statement's Resource or NotResource covers the resource.
func (s *Statement) coversResource(r *Request, live bool) Truth {
	if len(s.Resources) == 0 {
		return Maybe
	}
	found := No
	for _, pattern := range s.Resources {
		p, state := expand(pattern, live, r.Context)
		switch {
		case state == unsettled || state == starred:
			found |= Maybe
		case state == null:
		case pattern == "*" || glob(p, r.Resource) && globARN(p, r.Resource) == Yes:
			found |= Yes
		case glob(p, r.Resource) != (globARN(p, r.Resource) == Yes):
			found |= Maybe
		}
	}
	if s.Not[notResource] {
		return found.Not()
	}
	return found
}
