package front

import (
	"cmp"
	"net/http"
	"regexp"
	"strings"

	"locksmith/policies"
)

// A Caller is who signed a request.
type Caller struct {
	policies.Caller
	Account     string
	AccessKey   string
	Session     *Session // issued here, or nil
	ID          string   // the unique id, or "" for root
	Permissions []*policies.Document
}

// scope is the credential scope of a signature
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html).
type scope struct {
	region, service string
}

var (
	authorization = regexp.MustCompile(`^AWS4-HMAC-SHA256 Credential=([^/]+)/[0-9]{8}/([^/]+)/([^/]+)/aws4_request`)
	namedKey      = regexp.MustCompile(`^([0-9]{12})(?:\.(root)|\.(user|role)\.([A-Za-z0-9_+=,.@-]{1,129}))?$`)
)

// readSignature finds the access key and the scope of a signature. S3 takes requests that nobody signed, so
// these are answered in its words, unless they are for a service that says so.
func readSignature(r *http.Request) (key string, at scope, signed bool) {
	m := authorization.FindStringSubmatch(r.Header.Get("Authorization"))
	if m == nil {
		return "", scope{region: "us-east-1", service: "s3"}, false
	}
	return m[1], scope{region: m[2], service: m[3]}, true
}

// authenticate finds out who calls. The access key says it; the signature is looked at afterwards, if at all. Nobody's
// key is known in a Region that is not enabled in the account.
func (f *Front) authenticate(key, token string, at scope, words Words) (Caller, *Error) {
	f.Lock()
	defer f.Unlock()
	caller, err := f.caller(key, token, words)
	if err == nil && f.OptedOut(caller.Account, at.region) {
		err = &words.UnknownKey
	}
	return caller, err
}

// caller is the holder of a key: of a session issued here, or of a key that says it. 111122223333 is user admin of that
// account, and 111122223333.user.NAME, .role.NAME, .role.NAME.SESSION and .root are the others. The name of a role ends
// at the first dot.
func (f *Front) caller(key, token string, words Words) (Caller, *Error) {
	if s, ok := f.sessions[key]; ok {
		return f.inSession(s, token, words)
	}
	named := namedKey.FindStringSubmatch(key)
	if named == nil {
		return Caller{}, &words.UnknownKey
	}
	account := named[1]
	f.Use(account)
	if named[2] == "root" {
		return rootCaller(account, key, nil), nil
	}
	kind, name, session := policies.User, named[4], ""
	switch {
	case named[3] == "role":
		kind = policies.Role
		name, session, _ = strings.Cut(name, ".")
	case name == "":
		name = "admin"
	}
	if name == "" {
		return Caller{}, &words.UnknownKey
	}
	p, ok := f.principals.Called(account, kind, name)
	if !ok {
		return Caller{}, &words.UnknownKey
	}
	c := Caller{Caller: policies.Caller{Kind: kind, ARN: p.ARN}, Account: account, AccessKey: key, ID: p.ID,
		Permissions: p.Permissions}
	if kind == policies.Role {
		c.Caller.Session = cmp.Or(session, "session")
	}
	return c, nil
}

// inSession is the holder of a session's credentials. A session ends with its role.
func (f *Front) inSession(s *Session, token string, words Words) (Caller, *Error) {
	if s.Role == "" {
		return rootCaller(s.Account, s.AccessKey, s), s.check(token, f.Now(), words)
	}
	p, ok := f.principals.Find(s.Account, policies.Role, s.Role[strings.LastIndexByte(s.Role, '/')+1:])
	if !ok || p.ID != s.RoleID {
		return Caller{}, &words.UnknownKey
	}
	return Caller{Caller: policies.Caller{Kind: policies.Role, ARN: s.Role, Session: s.Name}, Account: s.Account,
		AccessKey: s.AccessKey, Session: s, ID: p.ID, Permissions: p.Permissions}, s.check(token, f.Now(), words)
}

// rootCaller is root of an account: in a session, or with a long-term key where there is none.
func rootCaller(account, key string, s *Session) Caller {
	return Caller{Caller: policies.Caller{Kind: policies.Root, ARN: "arn:aws:iam::" + account + ":root"},
		Account: account, AccessKey: key, Session: s}
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

// UserID is the value of aws:userid.
func (c Caller) UserID() string {
	switch c.Kind {
	case policies.Role:
		return c.ID + ":" + c.Caller.Session
	case policies.Root:
		return c.Account
	}
	return c.ID
}
