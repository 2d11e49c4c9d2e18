package oracle

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"locksmith/policies"
)

const userGuide = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"

// A difference is a rule of the documentation that the simulator does not follow. Its rewriting says, by that rule,
// the same with other words, which the simulator does follow: so its answer to the rewritten question has to be ours
// to the original. That way a difference is explained and not waved through.
type difference struct {
	name, rule, page string
	rewrite          func(policy map[string]any, r *Request)
}

var differences = []difference{
	{"variables in old versions", "${…} is a variable in version 2012-10-17 only; in any other it is text",
		"reference_policies_variables.html#policy-vars-intro", literalVariables},
	{"NotPrincipal in a Deny",
		"a caller is spared only if its account, its user or role, and its session are all listed",
		"reference_policies_elements_notprincipal.html#specifying-notprincipal", everybodyButListed},
	{"path of a role",
		"the path belongs to the role's ARN, and a Principal names one ARN; " +
			"the simulator knows a session by the role's name alone",
		"reference_identifiers.html#identifiers-arns", otherRole},
	{"every IPv4 address", "0.0.0.0/0 is a range like any other; shifting by 32 bits, the simulator finds it empty",
		"reference_policies_elements_condition_operators.html#Conditions_IPAddress", halves},
	{"seconds since 1970",
		"a date is written in ISO 8601 or in seconds; the simulator takes the seconds for milliseconds",
		"reference_policies_elements_condition_operators.html#Conditions_Date", inISO},
	{"line breaks", "* is any combination of characters; the simulator's stops at the end of a line",
		"reference_policies_elements_condition_operators.html#Conditions_String", oneLine},
	{"value of a variable",
		"a variable stands for its value, also in an ARN, and may be empty; " +
			"without a value, inverted operators match and a Resource matches nothing",
		"reference_policies_variables.html#policy-vars-no-value", expanded},
	{"escapes in equalities",
		"${*}, ${?} and ${$} are variables with a fixed value; the simulator knows them in patterns only",
		"reference_policies_variables.html#policy-vars-specialchars", unescaped},
}

// otherwise is the pair as the simulator understands it, and the differences that made it so; none if it is the same.
func otherwise(p Pair) (Pair, []string) {
	var policy map[string]any
	if err := json.Unmarshal(p.Policy, &policy); err != nil {
		panic(err) // generated policies are JSON
	}
	var names []string
	said := Pair{ID: p.ID + "+", Policy: p.Policy, Request: p.Request}
	said.Request.Context = map[string]any{}
	for key, value := range p.Request.Context {
		said.Request.Context[key] = value
	}
	for _, d := range differences {
		d.rewrite(policy, &said.Request)
		text, err := json.Marshal(policy)
		if err != nil {
			panic(err) // it came from JSON
		}
		if string(text) != string(said.Policy) {
			names = append(names, d.name)
			said.Policy = text
		}
	}
	return said, names
}

// statements of a policy that was read into a map.
func statements(policy map[string]any) []map[string]any {
	var all []map[string]any
	list, ok := policy["Statement"].([]any)
	if !ok {
		list = []any{policy["Statement"]}
	}
	for _, s := range list {
		all = append(all, s.(map[string]any))
	}
	return all
}

// texts is a value that may be a scalar or a list.
func texts(value any) []string {
	list, ok := value.([]any)
	if !ok {
		list = []any{value}
	}
	var all []string
	for _, v := range list {
		if s, ok := v.(string); ok {
			all = append(all, s)
		}
	}
	return all
}

// replace puts other values in the place of those of a policy's element, if they differ.
func replace(holder map[string]any, element string, change func(string) []string) {
	if holder[element] == nil {
		return
	}
	var changed []any
	for _, v := range texts(holder[element]) {
		for _, w := range change(v) {
			changed = append(changed, w)
		}
	}
	if before := texts(holder[element]); !slices.Equal(before, texts(changed)) {
		holder[element] = changed
	}
}

// conditions goes through the conditions; the change is given the operator without its modifiers.
func conditions(policy map[string]any, change func(operator string, block map[string]any, key string)) {
	for _, s := range statements(policy) {
		blocks, _ := s["Condition"].(map[string]any)
		for written, block := range blocks {
			_, operator, found := strings.Cut(written, ":")
			if !found {
				operator = written
			}
			block := block.(map[string]any)
			for key := range block {
				change(strings.TrimSuffix(operator, "IfExists"), block, key)
			}
		}
	}
}

// literalVariables takes the $ off, in policy and request alike. No other text of theirs holds "%{".
func literalVariables(policy map[string]any, r *Request) {
	if policy["Version"] == "2012-10-17" {
		return
	}
	plain := func(s string) []string { return []string{strings.ReplaceAll(s, "${", "%{")} }
	for key, value := range r.Context {
		if s, ok := value.(string); ok {
			r.Context[key] = plain(s)[0]
		}
	}
	conditions(policy, func(_ string, block map[string]any, key string) { replace(block, key, plain) })
	for _, s := range statements(policy) {
		replace(s, "Resource", plain)
		replace(s, "NotResource", plain)
	}
}

// everybodyButListed names everybody where the caller is not spared, and a stranger where it is.
func everybodyButListed(policy map[string]any, r *Request) {
	for _, s := range statements(policy) {
		element, ok := s["NotPrincipal"].(map[string]any)
		if !ok || s["Effect"] != "Deny" {
			continue
		}
		owner := strings.Split(r.Principal, ":")[4]
		listed := texts(element["AWS"])
		spared := slices.Contains(listed, r.Principal) && slices.Contains(listed, sessionOf(*r)) &&
			(slices.Contains(listed, owner) || slices.Contains(listed, "arn:aws:iam::"+owner+":root"))
		delete(s, "NotPrincipal")
		s["Principal"] = "*"
		if spared {
			s["Principal"] = map[string]any{"Service": "nobody.amazonaws.com"}
		}
	}
}

// otherRole gives a role that has the caller's name and another path another name as well.
func otherRole(policy map[string]any, r *Request) {
	if r.Kind != policies.Role {
		return
	}
	name := func(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }
	for _, s := range statements(policy) {
		element, _ := s["Principal"].(map[string]any)
		replace(element, "AWS", func(v string) []string {
			if strings.Contains(v, ":role/") && v != r.Principal && name(v) == name(r.Principal) {
				v += "-of-another-path"
			}
			return []string{v}
		})
	}
}

func halves(policy map[string]any, _ *Request) {
	conditions(policy, func(_ string, block map[string]any, key string) {
		replace(block, key, func(v string) []string {
			if v == "0.0.0.0/0" {
				return []string{"0.0.0.0/1", "128.0.0.0/1"}
			}
			return []string{v}
		})
	})
}

// inISO writes the dates of policy and request alike.
func inISO(policy map[string]any, r *Request) {
	iso := map[string]string{"1577836800": "2020-01-01T00:00:00Z", "1795262400": "2026-11-21T12:00:00Z",
		"1924992000": "2031-01-01T00:00:00Z"}
	conditions(policy, func(operator string, block map[string]any, key string) {
		if !strings.HasPrefix(operator, "Date") {
			return
		}
		held, value := lookup(*r, key)
		if text := iso[value]; text != "" {
			r.Context[held] = text
		}
		replace(block, key, func(v string) []string {
			if text := iso[v]; text != "" {
				v = text
			} else if t, err := time.Parse(time.RFC3339, v); err == nil {
				v = t.UTC().Format("2006-01-02T15:04:05.000Z") // as changed as the request may be
			}
			return []string{v}
		})
	})
}

func oneLine(policy map[string]any, r *Request) {
	conditions(policy, func(_ string, block map[string]any, key string) {
		held, value := lookup(*r, key)
		if !strings.Contains(value, "\n") {
			return
		}
		r.Context[held] = strings.ReplaceAll(value, "\n", " ")
		replace(block, key, func(v string) []string { return []string{strings.ReplaceAll(v, "\n", " "), "no line"} })
	})
}

// lookup finds a key with one value in whatever letter case, and its name in the request.
func lookup(r Request, key string) (held, value string) {
	for k, v := range r.Context {
		if s, ok := v.(string); ok && strings.EqualFold(k, key) {
			return k, s
		}
	}
	return "", ""
}

// nothing stands for a variable without a value: no request holds it. Its colons do for an ARN.
const nothing = "arn:none:none:none:none:none"

// expanded puts values in the place of variables. ${*}, ${?} and ${$} stay.
func expanded(policy map[string]any, r *Request) {
	if policy["Version"] != "2012-10-17" {
		return
	}
	value := func(s string) []string { return []string{expand(s, *r)} }
	conditions(policy, func(_ string, block map[string]any, key string) { replace(block, key, value) })
	for _, s := range statements(policy) {
		replace(s, "Resource", value)
		replace(s, "NotResource", value)
	}
}

// unescaped puts the characters themselves in the place of ${*}, ${?} and ${$} where they mean nothing else.
func unescaped(policy map[string]any, _ *Request) {
	if policy["Version"] != "2012-10-17" {
		return
	}
	plain := strings.NewReplacer("${*}", "*", "${?}", "?", "${$}", "$")
	conditions(policy, func(operator string, block map[string]any, key string) {
		if strings.HasPrefix(operator, "String") && strings.Contains(operator, "Equals") {
			replace(block, key, func(v string) []string { return []string{plain.Replace(v)} })
		}
	})
}

func expand(s string, r Request) string {
	before, rest, found := strings.Cut(s, "${")
	name, after, closed := strings.Cut(rest, "}")
	if !found || !closed {
		return s
	}
	key, fallback, hasDefault := strings.Cut(name, ", ")
	held, value := lookup(r, key)
	switch {
	case len(name) == 1: // an escape
		value = "${" + name + "}"
	case held == "" && hasDefault:
		value = strings.Trim(fallback, "'")
	case held == "":
		return nothing
	}
	after = expand(after, r)
	if after == nothing {
		return nothing
	}
	return before + value + after
}
