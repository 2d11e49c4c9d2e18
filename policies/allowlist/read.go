package allowlist

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strings"
	"time"

	"locksmith/policies"
)

// An Error is one thing that is wrong with an allow list.
type Error struct {
	policies.Problem
}

func (e *Error) Error() string { return e.Problem.String() }

// Read reads an allow list. The error joins one *[Error] for each thing that is wrong, in the order of the text.
func Read(text []byte) (*List, error) {
	root, err := policies.ReadJSON(text)
	if err != nil {
		if syntax := (*policies.SyntaxError)(nil); errors.As(err, &syntax) {
			syntax.Path = "allow list"
			return nil, &Error{syntax.Problem}
		}
		return nil, err
	}
	r := &reader{text: text}
	l := r.list(root)
	if len(r.wrong) == 0 {
		return l, nil
	}
	sort.SliceStable(r.wrong, func(i, j int) bool { return r.wrong[i].At.Offset < r.wrong[j].At.Offset })
	all := make([]error, len(r.wrong))
	for i, e := range r.wrong {
		all[i] = e
	}
	return nil, errors.Join(all...)
}

// A reader collects what is wrong, so that a person sees all of it at once.
type reader struct {
	text  []byte
	wrong []*Error
}

func (r *reader) fail(at int, path, text, hint string) {
	r.wrong = append(r.wrong, &Error{policies.Problem{At: policies.PositionIn(r.text, at), Path: path, Text: text, Hint: hint}})
}

// A field is how one name in an object is read.
type field struct {
	name     string
	required bool
	read     func(v *policies.Value, path string)
}

// object reads an object by its fields.
func (r *reader) object(v *policies.Value, path string, fields []field) {
	if v.Type != policies.Object {
		r.fail(v.Start, strings.TrimSuffix(path, "."), "want an object, this is a "+string(v.Type), "")
		return
	}
	seen := map[string]bool{}
	for _, m := range v.Members {
		i := slices.IndexFunc(fields, func(f field) bool { return f.name == m.Name })
		switch {
		case i < 0:
			r.fail(m.Start, path+m.Name, "unknown field", hint(m.Name, fields))
		case seen[m.Name]:
			r.fail(m.Start, path+m.Name, "the same field twice", "")
		default:
			fields[i].read(&m.Value, path+m.Name)
		}
		seen[m.Name] = true
	}
	for _, f := range fields {
		if f.required && !seen[f.name] {
			r.fail(v.Start, path+f.name, "missing", "")
		}
	}
}

// hint names the field that may be meant, or all there are.
func hint(name string, fields []field) string {
	var names []string
	for _, f := range fields {
		if strings.EqualFold(f.name, name) || strings.EqualFold(f.name, name+"s") || strings.EqualFold(f.name+"s", name) {
			return "did you mean " + f.name + "?"
		}
		names = append(names, f.name)
	}
	return "one of " + strings.Join(names, ", ")
}

func (r *reader) list(root *policies.Value) *List {
	l := &List{}
	r.object(root, "", []field{
		{"organization", true, func(v *policies.Value, path string) { l.Organization = r.word(v, path, organization) }},
		{"never", false, func(v *policies.Value, path string) { l.Never = r.words(v, path, false, resourcePattern) }},
		{"deliberate", false, func(v *policies.Value, path string) { l.Deliberate = r.words(v, path, false, sidPattern) }},
		{"rules", true, func(v *policies.Value, path string) { l.Rules = r.rules(v, path) }},
	})
	return l
}

func (r *reader) rules(v *policies.Value, path string) []Rule {
	if v.Type != policies.List {
		r.fail(v.Start, path, "want a list of rules, this is a "+string(v.Type), "")
		return nil
	}
	var rules []Rule
	for i := range v.Items {
		item := &v.Items[i]
		here := fmt.Sprintf("%s[%d]", path, i)
		rule := r.rule(item, here+".")
		if rule.Name != "" && slices.ContainsFunc(rules, func(other Rule) bool { return other.Name == rule.Name }) {
			r.fail(item.Start, here+".name", fmt.Sprintf("two rules named %q", rule.Name), "notices tell people which rule it was")
		}
		rules = append(rules, rule)
	}
	return rules
}

func (r *reader) rule(v *policies.Value, path string) Rule {
	rule := Rule{Verdicts: []string{"lockout"}}
	words := func(into *[]string, check checker) func(*policies.Value, string) {
		return func(v *policies.Value, path string) { *into = r.words(v, path, true, check) }
	}
	word := func(into *string, check checker) func(*policies.Value, string) {
		return func(v *policies.Value, path string) { *into = r.word(v, path, check) }
	}
	r.object(v, path, []field{
		{"name", true, word(&rule.Name, filled)},
		{"accounts", true, words(&rule.Accounts, account)},
		{"resources", true, words(&rule.Resources, resourcePattern)},
		{"administrators", false, words(&rule.Administrators, principalPattern)},
		{"verdicts", false, words(&rule.Verdicts, oneOf("lockout", "sealed"))},
		{"action", true, func(v *policies.Value, path string) {
			rule.Action = Action(r.word(v, path, oneOf("delete", "repair", "notify")))
		}},
		{"owner", true, word(&rule.Owner, filled)},
		{"reason", true, word(&rule.Reason, filled)},
		{"expires", false, func(v *policies.Value, path string) {
			if day, err := time.Parse(time.DateOnly, r.word(v, path, date)); err == nil {
				rule.Expires = day.AddDate(0, 0, 1) // valid to the end of that day, UTC
			}
		}},
	})
	return rule
}

// word reads a string, and reports what the checker has against it.
func (r *reader) word(v *policies.Value, path string, check checker) string {
	if v.Type != policies.String {
		h := ""
		if v.Type == policies.Number {
			h = fmt.Sprintf("put it in quotes: %q", v.Text)
		}
		r.fail(v.Start, path, "want a string, this is a "+string(v.Type), h)
		return ""
	}
	if h := check(v.Text); h != "" {
		r.fail(v.Start, path, fmt.Sprintf("%q", v.Text), h)
	}
	return v.Text
}

// words reads a list of strings.
func (r *reader) words(v *policies.Value, path string, some bool, check checker) []string {
	if v.Type != policies.List {
		r.fail(v.Start, path, "want a list of strings, this is a "+string(v.Type), "")
		return nil
	}
	if some && len(v.Items) == 0 {
		r.fail(v.Start, path, "an empty list", "leave the field out, or say what it holds")
	}
	var words []string
	for i := range v.Items {
		words = append(words, r.word(&v.Items[i], fmt.Sprintf("%s[%d]", path, i), check))
	}
	return words
}

// A checker says what is wrong with a value and what it should be, or "".
type checker func(string) string

var (
	organizationID = regexp.MustCompile(`^o-[a-z0-9]{10,32}$`) // https://docs.aws.amazon.com/organizations/latest/APIReference/API_Organization.html
	twelveDigits   = regexp.MustCompile(`^[0-9]{12}$`)
	partition      = regexp.MustCompile(`^(aws|aws-us-gov|aws-cn|\*)$`)
	// A Sid holds letters and digits; S3 and SQS allow more.
	sid = regexp.MustCompile(`^[A-Za-z0-9 _*?.:/+=@-]+$`)
)

func organization(s string) string {
	if organizationID.MatchString(s) {
		return ""
	}
	return "want an organization's id, such as o-a1b2c3d4e5"
}

func account(s string) string {
	if twelveDigits.MatchString(s) {
		return ""
	}
	return "want an account's twelve digits"
}

func filled(s string) string {
	if strings.TrimSpace(s) != "" {
		return ""
	}
	return "must not be empty: notices show it"
}

func date(s string) string {
	if _, err := time.Parse(time.DateOnly, s); err == nil {
		return ""
	}
	return "want a day such as 2027-06-30"
}

func sidPattern(s string) string {
	switch {
	case !sid.MatchString(s):
		return "want a pattern for Sids, such as Quarantine*"
	case strings.Trim(s, "*?") == "":
		return "would mark every lock as meant"
	}
	return ""
}

func oneOf(values ...string) checker {
	return func(s string) string {
		if slices.Contains(values, s) {
			return ""
		}
		return "want one of " + strings.Join(values, ", ")
	}
}

// resourcePattern wants the ARN of buckets or queues, with * and ? where many are meant.
func resourcePattern(s string) string {
	parts := strings.SplitN(s, ":", 6)
	switch {
	case len(parts) != 6 || parts[0] != "arn":
		return "want an ARN such as arn:aws:s3:::name or arn:aws:sqs:*:*:name"
	case !partition.MatchString(parts[1]):
		return "want the partition aws, aws-us-gov, aws-cn or *"
	case parts[2] != "s3" && parts[2] != "sqs":
		return "only s3 and sqs resources can be unlocked"
	case parts[5] == "":
		return "want a name, or * for all"
	case parts[2] == "s3" && (parts[3] != "" || parts[4] != ""):
		return "a bucket's ARN holds no Region and no account: arn:aws:s3:::name"
	case parts[2] == "s3" && strings.Contains(parts[5], "/"):
		return "policies sit on buckets, not on objects: leave the / and what follows out"
	case parts[2] == "sqs" && (parts[3] == "" || parts[4] == ""):
		return "a queue's ARN holds Region and account: arn:aws:sqs:*:*:name"
	}
	return ""
}

// principalPattern wants the ARNs of users, roles or federated users as aws:PrincipalArn shows them.
func principalPattern(s string) string {
	parts := strings.SplitN(s, ":", 6)
	switch {
	case len(parts) != 6 || parts[0] != "arn":
		return "want an ARN such as arn:aws:iam::*:role/Name"
	case !partition.MatchString(parts[1]):
		return "want the partition aws, aws-us-gov, aws-cn or *"
	case parts[3] != "":
		return "an IAM ARN holds no Region"
	case parts[4] != "*" && !twelveDigits.MatchString(parts[4]):
		return "want an account's twelve digits, or *"
	case parts[2] == "sts" && strings.HasPrefix(parts[5], "assumed-role/"):
		return "name the role, arn:aws:iam::ACCOUNT:role/NAME: aws:PrincipalArn never holds a session"
	case parts[2] == "iam" && (strings.HasPrefix(parts[5], "role/") || strings.HasPrefix(parts[5], "user/")):
		return ""
	case parts[2] == "sts" && strings.HasPrefix(parts[5], "federated-user/"):
		return ""
	}
	return "want iam role/…, iam user/… or sts federated-user/…"
}
