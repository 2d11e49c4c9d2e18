package pages

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"net/url"
	"slices"
	"strings"
	"time"
)

// load reads the templates: each page's own, in the frame that all have.
func (s *site) load() error {
	text, err := files.ReadFile("style.css")
	if err != nil {
		return err
	}
	sum := sha256.Sum256(text)
	s.style = s.Base + "/style.css?v=" + hex.EncodeToString(sum[:6])
	frame, err := template.New("frame").Funcs(s.functions()).ParseFS(files, "templates/frame.html",
		"templates/parts.html")
	if err != nil {
		return err
	}
	s.templates = map[string]*template.Template{}
	names, err := fs.Glob(files, "templates/*.html")
	for _, file := range names {
		name := strings.TrimSuffix(strings.TrimPrefix(file, "templates/"), ".html")
		if name == "frame" || name == "parts" {
			continue
		}
		t, err := frame.Clone()
		if err == nil {
			t, err = t.ParseFS(files, file)
		}
		if err != nil {
			return err
		}
		s.templates[name] = t
	}
	return err
}

func (s *site) functions() template.FuncMap {
	return template.FuncMap{
		"short": func(t time.Time) string { return short(s.Now(), t) },
		"near":  func(t time.Time) string { return near(s.Now(), t) }, "when": when, "stamp": stamp,
		"whoIs": whoIs, "pretty": pretty, "tone": tone, "task": taskWords, "state": stateWords, "name": resourceName,
		"kind": resourceKind, "here": func(segments ...string) string { return s.Base + path(nil, segments...) },
		"plural": plural, "percent": percent, "upper": upper, "sentence": sentence, "part": part, "account": groups,
		"pattern": pattern, "verdictWords": verdictWords,
	}
}

// part gives a template several values under names.
func part(pairs ...any) map[string]any {
	m := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		m[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return m
}

// A who is a person, as people say it.
type who struct{ Name, Role, Account, ARN string }

// whoIs reads an ARN: a session's name and role, or a user. What is none is its own name.
func whoIs(arn string) who {
	fields := strings.SplitN(arn, ":", 6)
	if len(fields) < 6 {
		return who{Name: arn, ARN: arn}
	}
	w := who{Account: fields[4], ARN: arn, Name: fields[5]}
	switch parts := strings.Split(fields[5], "/"); {
	case parts[0] == "assumed-role" && len(parts) == 3:
		w.Role, w.Name = permissionSet(parts[1]), parts[2]
	case len(parts) > 1:
		w.Role, w.Name = parts[0], parts[len(parts)-1]
	}
	return w
}

// permissionSet is the name that people know of an Identity Center role: AWSReservedSSO_NAME_DIGEST.
func permissionSet(role string) string {
	name, ok := strings.CutPrefix(role, "AWSReservedSSO_")
	if i := strings.LastIndexByte(name, '_'); ok && i > 0 {
		return name[:i]
	}
	return role
}

// pattern is a pattern of ARNs as people say it: "anybody of OnCall" for its sessions.
func pattern(arn string) string {
	w := whoIs(arn)
	if w.Name == "*" && w.Role != "" {
		return "anybody as " + strings.Trim(permissionSet(w.Role), "_*")
	}
	return w.Name
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func when(t time.Time) string { return t.UTC().Format("2 Jan 2006, 15:04 MST") }

// short is a time in a list, where the year goes without saying if it is this one.
func short(now, t time.Time) string {
	if t.UTC().Year() == now.UTC().Year() {
		return t.UTC().Format("2 Jan, 15:04 MST")
	}
	return when(t)
}

// near says how far a time is from now: "in 3 hours", "2 days ago".
func near(now, t time.Time) string {
	const day = 24 * time.Hour
	d := t.Sub(now)
	ahead := d > 0
	d = d.Abs()
	var text string
	switch {
	case d < time.Minute:
		return map[bool]string{true: "in less than a minute", false: "just now"}[ahead]
	case d < 90*time.Minute:
		text = plural(int(d.Round(time.Minute).Minutes()), "minute")
	case d < 36*time.Hour:
		text = plural(int(d.Round(time.Hour).Hours()), "hour")
	case d < 60*day:
		text = plural(int(d.Round(day)/day), "day")
	case d < 2*365*day:
		text = plural(int(d/(30*day)), "month")
	default:
		text = plural(int(d/(365*day)), "year")
	}
	if ahead {
		return "in " + text
	}
	return text + " ago"
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if strings.HasSuffix(noun, "ry") {
		return fmt.Sprintf("%d %sies", n, strings.TrimSuffix(noun, "y"))
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func percent(done, of int) int {
	if of == 0 {
		return 0
	}
	return min(100, done*100/of)
}

func upper(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// sentence makes one of what the API says, which begins small and has no period.
func sentence(text string) string {
	text = upper(strings.TrimSpace(text))
	if text == "" || strings.ContainsAny(text[len(text)-1:], ".!?:") {
		return text
	}
	return text + "."
}

// groups is an account's number so that people can read it out; anything else as it is.
func groups(number string) string {
	if len(number) != 12 {
		return number
	}
	return number[:4] + "\u2009" + number[4:8] + "\u2009" + number[8:]
}

// pretty lays a policy out. What is no JSON stays as it is.
func pretty(policy string) string {
	var b bytes.Buffer
	if json.Indent(&b, []byte(policy), "", "  ") != nil {
		return policy
	}
	return b.String()
}

// resourceName is the last part of an ARN.
func resourceName(arn string) string { return arn[strings.LastIndexByte(arn, ':')+1:] }

func resourceKind(arn string) string {
	switch {
	case strings.HasPrefix(arn, "arn:") && strings.Contains(arn, ":s3:"):
		return "bucket"
	case strings.Contains(arn, ":sqs:"):
		return "queue"
	}
	return "resource"
}

// taskWords say what a task does.
func taskWords(task string) string {
	if words, ok := map[string]string{"unlock": "Unlock", "force": "Force-unlock", "restore": "Restore",
		"create-password": "Create root password", "delete-credentials": "Delete root credentials"}[task]; ok {
		return words
	}
	return upper(task)
}

// stateWords say what a state means for the person who looks.
func stateWords(state string) string {
	return map[string]string{
		"requested": "It waits for people to decide.",
		"approved":  "It may run, and has not begun.",
		"running":   "It is being done now.",
		"done":      "It is done.",
		"failed":    "It was tried, and failed.",
		"unknown":   "Whoever did it never came back. What was done is not known: look before you ask again.",
		"denied":    "Somebody denied it. Nothing was done.",
		"cancelled": "Whoever asked has taken it back. Nothing was done.",
		"expired":   "Time ran out. Nothing was done.",
	}[state]
}

func verdictWords(verdict string) string {
	return map[string]string{
		"lockout": "Proved: nobody of the account gets in or can take this policy off, except its root user.",
		"sealed": "Proved: nobody of the account can take this policy off, except its root user. " +
			"Other access remains.",
		"restricted": "It can be taken off, but only by some, from somewhere, or later.",
		"undecided":  "Nobody can tell for sure whether this policy locks everybody out.",
		"open":       "Not locked: an administrator of the account can take the policy off.",
	}[verdict]
}

// tone is how loud a word is shown: bad, wait, good or calm.
func tone(word string) string {
	tones := map[string][]string{
		"bad": {"failed", "unknown", "unreadable", "overtaken", "lockout", "blocked", "refused", "locked", "left"},
		"wait": {"requested", "approved", "running", "sealed", "undecided", "partial", "waiting", "stopped",
			"blocked for some", "cannot tell", "told", "later", "restricted", "held", "not covered",
			"notify only", "observed"},
		"good": {"done", "open", "unlocked", "repaired", "complete", "over", "reachable", "deleted", "created", "restored",
			"reinstated", "deactivated"},
	}
	for name, words := range tones {
		if slices.Contains(words, word) {
			return name
		}
	}
	return "calm"
}

// more is the address of the next page of a list.
func more(base, at string, query url.Values, next string) string {
	if next == "" {
		return ""
	}
	q := url.Values{}
	for name, values := range query {
		if name != "said" && name != "still" {
			q[name] = values
		}
	}
	q.Set("from", next)
	return base + at + "?" + q.Encode()
}
