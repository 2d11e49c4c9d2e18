package lockout

import (
	"slices"
	"strings"
	"time"

	"locksmith/policies"
)

// The request from outside that a search found, put together in full. It is what dressed.go is for the owner's own.

// A made is a request from outside in the making.
type made struct {
	*world
	choices []*choice
	policies.Request
}

// compose is the request with the values for now. What the policies do not ask for has an ordinary value.
func (w *world) compose(s *search, choices []*choice) policies.Request {
	m := &made{world: w, choices: choices, Request: policies.Request{Resource: w.Resource, Context: policies.Context{}}}
	m.Caller.Kind = w.outsider.kind
	m.ordinary()
	if v, there := m.chosen("resource"); there {
		m.Resource = v
	}
	name, _ := m.chosen("action")
	for _, a := range w.outsider.actions {
		if lowered(a.name) == name {
			m.Action = a.name
		}
	}
	m.caller()
	for i, v := range w.variables {
		if i >= len(choices) || choices[i] == nil || v.name == "action" || v.name == "resource" || v.name == "caller" {
			continue
		}
		for _, key := range append([]string{v.name}, m.shown(v.name)...) {
			delete(m.Context, key)
			if choices[i].gone {
				continue
			}
			if v.plural {
				m.Context[key] = choices[i].values
			} else if value, present := w.value(key, choices[i].values[0]); present {
				m.Context[key] = []string{value}
			}
		}
	}
	m.hang()
	if id := m.Context["aws:userid"]; m.Caller.Kind == policies.Role && len(id) == 1 {
		_, m.Caller.Session, _ = strings.Cut(id[0], ":")
	}
	return m.Request
}

// chosen is the value that the search has chosen for a key; there is false where it was not asked for one, or chose
// absence.
func (m *made) chosen(key string) (value string, there bool) {
	i, asked := m.index[m.outsider.variableOf(key)]
	if !asked || i >= len(m.choices) || m.choices[i] == nil || m.choices[i].gone {
		return "", false
	}
	return m.choices[i].values[0], true
}

// asked tells whether the search has chosen a value, or absence, for a key.
func (m *made) asked(key string) bool {
	i, asked := m.index[m.outsider.variableOf(key)]
	return asked && i < len(m.choices) && m.choices[i] != nil
}

// shown are the further keys that show a variable.
func (m *made) shown(name string) []string {
	switch {
	case name == "aws:currenttime":
		return []string{"aws:epochtime"}
	case name == "aws:securetransport" && m.bucket():
		return []string{"s3:tlsversion"}
	case name == "aws:principalarn" && m.outsider.account() && m.outsider.kind == policies.User:
		return []string{"aws:principalaccount", "aws:username"}
	case name == "aws:principalarn" && m.outsider.account():
		return []string{"aws:principalaccount"}
	}
	return nil
}

func (m *made) set(key string, values ...string) { m.Context[key] = values }

// ordinary is a call now, over TLS.
func (m *made) ordinary() {
	o := m.outsider
	m.set("aws:resourceaccount", m.Account)
	m.set("aws:securetransport", "true")
	m.set("aws:currenttime", m.now)
	m.set("aws:epochtime", m.epoch)
	m.set("aws:viaawsservice", "false")
	if m.Organization != "" {
		m.set("aws:resourceorgid", m.Organization)
	}
	if m.region != "" {
		m.set("aws:requestedregion", m.region)
	}
	switch {
	case o.private:
		m.set("aws:sourcevpce", "vpce-0fedcba9876543210")
		m.set("aws:sourcevpc", "vpc-0fedcba9876543210")
		m.set("aws:vpcsourceip", "10.0.0.7")
	case o.sender != FromService:
		m.set("aws:sourceip", "198.51.99.7")
	}
	if !m.bucket() {
		return
	}
	m.set("s3:resourceaccount", m.Account)
	m.set("s3:tlsversion", "1.3")
	if o.kind != policies.Anonymous {
		m.set("s3:authtype", "REST-HEADER")
		m.set("s3:signatureversion", "AWS4-HMAC-SHA256")
		m.set("s3:signatureage", "1000")
		m.set("s3:x-amz-content-sha256", "UNSIGNED-PAYLOAD")
	}
}

// caller puts in who calls.
func (m *made) caller() {
	switch o := m.outsider; {
	case o.kind == policies.Anonymous:
		m.set("aws:principalaccount", "anonymous")
		m.set("aws:principaltype", "Anonymous")
		m.set("aws:userid", "anonymous")
	case o.kind == policies.Service:
		name, there := m.chosen("caller")
		if !there {
			name = "sns.amazonaws.com"
		}
		m.Caller.ARN = name
		m.set("aws:principalisawsservice", "true")
		m.set("aws:principalservicename", name)
		m.set("aws:principalservicenameslist", name)
	case o.origin:
		m.Caller.ARN, _ = m.chosen("caller")
		if m.Caller.ARN == "" {
			m.Caller.ARN = "arn:" + m.partition + ":iam::cloudfront:user/CloudFront Origin Access Identity E1EXAMPLE"
		}
	default:
		m.stranger()
	}
}

// stranger puts in a principal of another account.
func (m *made) stranger() {
	m.Caller.ARN, _ = m.chosen("caller") // a clause of every search asks for it: see bounds
	parts := strings.SplitN(m.Caller.ARN, ":", 6)
	kind := m.outsider.kind
	m.set("aws:principalarn", m.Caller.ARN)
	m.set("aws:principalaccount", parts[4])
	m.set("aws:principalisawsservice", "false")
	m.set("aws:principaltype", principalType[kind])
	m.set("aws:userid", map[policies.Kind]string{
		policies.User:      "AIDAWITNESSEXAMPLE000",
		policies.Role:      "AROAWITNESSEXAMPLE000:witness",
		policies.Federated: parts[4] + ":" + strings.TrimPrefix(parts[5], "federated-user/"),
		policies.Root:      parts[4],
	}[kind])
	if kind == policies.User {
		m.set("aws:username", parts[5][strings.LastIndexByte(parts[5], '/')+1:])
	}
	if kind == policies.Role || kind == policies.Federated {
		m.set("aws:tokenissuetime", m.Now.UTC().Add(-time.Minute).Format(time.RFC3339))
	}
}

// hang puts in the keys that depend on what was chosen.
func (m *made) hang() {
	first := func(key string) string {
		if v := m.Context[key]; len(v) > 0 {
			return v[0]
		}
		return ""
	}
	for _, of := range []string{"aws:principalorg", "aws:resourceorg", "aws:sourceorg"} {
		if path := first(of + "paths"); path != "" && !m.asked(of+"id") {
			id, _, _ := strings.Cut(path, "/")
			m.set(of+"id", id)
		}
	}
	parts := strings.Split(first("aws:sourcearn"), ":")
	if len(parts) > 5 && isAccount(parts[4]) && !m.asked("aws:sourceaccount") {
		m.set("aws:sourceaccount", parts[4])
	}
	if arn := first("aws:sourcevpcarn"); arn != "" && !m.asked("aws:sourcevpc") {
		m.set("aws:sourcevpc", arn[strings.LastIndexByte(arn, '/')+1:])
	}
	if first("aws:multifactorauthage") != "" && !m.asked("aws:multifactorauthpresent") {
		m.set("aws:multifactorauthpresent", "true")
	}
	if names := m.Context["aws:principalservicenameslist"]; len(names) > 0 && !slices.Contains(names, m.Caller.ARN) {
		m.set("aws:principalservicenameslist", append(slices.Clone(names), m.Caller.ARN)...)
	}
}
