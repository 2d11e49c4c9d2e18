package front

import (
	"net/http"
	"regexp"
	"strings"

	"locksmith/policies"
)

// A Caller is who signed a request.
type Caller struct {
	policies.Caller
	Account   string
	AccessKey string
	Session   *Session // of root, else nil
}

// scope is the credential scope of a signature
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html).
type scope struct {
	region, service string
}

var (
	authorization = regexp.MustCompile(`^AWS4-HMAC-SHA256 Credential=([^/]+)/[0-9]{8}/([^/]+)/([^/]+)/aws4_request`)
	namedKey      = regexp.MustCompile(`^([0-9]{12})(?:\.(user|role)\.([A-Za-z0-9_+=,.@-]{1,64}))?$`)
)

// readSignature finds the access key and the scope of a signature. Only S3 takes requests that nobody signed, so
// these are answered in its words.
func readSignature(r *http.Request) (key string, at scope, signed bool) {
	m := authorization.FindStringSubmatch(r.Header.Get("Authorization"))
	if m == nil {
		return "", scope{region: "us-east-1", service: "s3"}, false
	}
	return m[1], scope{region: m[2], service: m[3]}, true
}

// authenticate finds out who calls. The access key says it. Any secret serves, so the signature itself is not looked
// at. Nobody's key is known in a Region that is not enabled in the account.
func (f *Front) authenticate(key, token string, at scope, words Words) (Caller, *Error) {
	f.Lock()
	defer f.Unlock()
	caller, err := f.caller(key, token, words)
	if err == nil && f.OptedOut(caller.Account, at.region) {
		err = &words.UnknownKey
	}
	return caller, err
}

func (f *Front) caller(key, token string, words Words) (Caller, *Error) {
	if s, ok := f.sessions[key]; ok {
		return rootCaller(s), s.check(token, f.Now(), words)
	}
	if named := namedKey.FindStringSubmatch(key); named != nil {
		f.Use(named[1])
		return userOrRole(key, named[1], named[2], named[3]), nil
	}
	return Caller{}, &words.UnknownKey
}

func userOrRole(key, account, kind, name string) Caller {
	c := Caller{Account: account, AccessKey: key}
	if kind == "role" {
		c.Caller = policies.Caller{Kind: policies.Role, ARN: "arn:aws:iam::" + account + ":role/" + name,
			Session: "session"}
		return c
	}
	if name == "" {
		name = "admin"
	}
	c.Caller = policies.Caller{Kind: policies.User, ARN: "arn:aws:iam::" + account + ":user/" + name}
	return c
}

func rootCaller(s *Session) Caller {
	return Caller{Caller: policies.Caller{Kind: policies.Root, ARN: "arn:aws:iam::" + s.Account + ":root"},
		Account: s.Account, AccessKey: s.AccessKey, Session: s}
}

// name is the last part of the ARN.
func (c Caller) name() string { return c.ARN[strings.LastIndexByte(c.ARN, '/')+1:] }

// Identity is the caller as messages and records name it: a role session by the session's ARN.
func (c Caller) Identity() string {
	if c.Kind == policies.Role {
		return "arn:aws:sts::" + c.Account + ":assumed-role/" + c.name() + "/" + c.Caller.Session
	}
	return c.ARN
}

// UserID is the unique id, made up from the name.
func (c Caller) UserID() string {
	id := strings.ToUpper(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return 'X'
	}, c.name()))
	id = (id + "EXAMPLEEXAMPLEEXA")[:17]
	switch c.Kind {
	case policies.Role:
		return "AROA" + id + ":" + c.Caller.Session
	case policies.Root:
		return c.Account
	}
	return "AIDA" + id
}
