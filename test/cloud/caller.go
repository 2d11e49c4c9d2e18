package cloud

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"locksmith/policies"
)

// A caller is who signed a request.
type caller struct {
	policies.Caller
	account   string
	accessKey string
	session   *session // of root, else nil
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

// authenticate finds out who calls. The access key says it; any secret serves, so the signature itself is not looked at.
func (c *Cloud) authenticate(r *http.Request) (caller, scope, *apiError) {
	m := authorization.FindStringSubmatch(r.Header.Get("Authorization"))
	if m == nil {
		return caller{}, scope{region: "us-east-1", service: "s3"}, &apiError{"AccessDenied", "Access Denied", http.StatusForbidden}
	}
	at := scope{region: m[2], service: m[3]}
	c.mu.Lock()
	defer c.mu.Unlock()
	if s, ok := c.sessions[m[1]]; ok {
		return rootCaller(s), at, s.check(r.Header.Get("X-Amz-Security-Token"), c.config.Now(), at.service)
	}
	if named := namedKey.FindStringSubmatch(m[1]); named != nil {
		return userOrRole(m[1], named[1], named[2], named[3]), at, nil
	}
	return caller{}, at, unknownKey(at.service)
}

// unknownKey is what the services say of an access key that nobody has.
func unknownKey(service string) *apiError {
	if service == "s3" {
		return &apiError{"InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", http.StatusForbidden}
	}
	return &apiError{"InvalidClientTokenId", "The security token included in the request is invalid.", http.StatusForbidden}
}

func userOrRole(key, account, kind, name string) caller {
	if kind == "role" {
		return caller{Caller: policies.Caller{Kind: policies.Role, ARN: "arn:aws:iam::" + account + ":role/" + name, Session: "session"}, account: account, accessKey: key}
	}
	if name == "" {
		name = "admin"
	}
	return caller{Caller: policies.Caller{Kind: policies.User, ARN: "arn:aws:iam::" + account + ":user/" + name}, account: account, accessKey: key}
}

func rootCaller(s *session) caller {
	return caller{Caller: policies.Caller{Kind: policies.Root, ARN: "arn:aws:iam::" + s.account + ":root"}, account: s.account, accessKey: s.accessKey, session: s}
}

// name is the last part of the ARN.
func (c caller) name() string { return c.ARN[strings.LastIndexByte(c.ARN, '/')+1:] }

// arn is the caller as messages and records name it: a role session by the session's ARN.
func (c caller) arn() string {
	if c.Kind == policies.Role {
		return "arn:aws:sts::" + c.account + ":assumed-role/" + c.name() + "/" + c.Session
	}
	return c.ARN
}

// userID is the unique id, made up from the name.
func (c caller) userID() string {
	id := strings.ToUpper(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return 'X'
	}, c.name()))
	id = (id + "EXAMPLEEXAMPLEEXA")[:17]
	switch c.Kind {
	case policies.Role:
		return "AROA" + id + ":" + c.Session
	case policies.Root:
		return c.account
	}
	return "AIDA" + id
}

// An apiError is an error as a service answers it.
type apiError struct {
	Code, Message string
	Status        int
}

// A Call is one call that reached a service.
type Call struct {
	Service  string // s3, sqs, sts, sns, dynamodb
	Action   string // such as PutBucketPolicy
	Account  string // the caller's
	Caller   string // ARN
	Region   string
	Resource string // ARN, or "" where the call names none
	N        int    // how many calls of this service and action there have been, this one included
}

// A Fault is how a call fails.
type Fault struct {
	Code, Message string
	Status        int  // 0 stands for 500
	AfterEffect   bool // the work is done, and the error answered all the same
	DropReply     bool // the work is done, and the connection closed without an answer
	DropRequest   bool // nothing is done, and the connection closed without an answer
}

// Fail sets what decides whether a call fails; nil lets all pass. It is called before the work, under no lock.
func (c *Cloud) Fail(f func(Call) *Fault) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fail = f
}

// OnCall sets what hears of every call, before the work is done and under no lock.
func (c *Cloud) OnCall(f func(Call)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.observe = f
}

// Calls are the calls since the start or the last ResetCalls, in their order: the latest ten thousand.
func (c *Cloud) Calls() []Call {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Call(nil), c.calls...)
}

// ResetCalls forgets the calls so far.
func (c *Cloud) ResetCalls() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls, c.counts = nil, map[string]int{}
}

// A request is one call on its way through a service.
type request struct {
	*http.Request
	w       http.ResponseWriter
	cloud   *Cloud
	caller  caller
	region  string
	service string
	id      string
	body    []byte
}

// perform notes the call, lets a fault come first, and does the work under the cloud's lock. The answer is sent after it.
func (r *request) perform(action, resource string, work func() (answer func(), err *apiError)) {
	c := r.cloud
	c.mu.Lock()
	c.counts[r.service+action]++
	call := Call{Service: r.service, Action: action, Account: r.caller.account, Caller: r.caller.arn(), Region: r.region, Resource: resource, N: c.counts[r.service+action]}
	c.calls = append(c.calls, call)
	if extra := len(c.calls) - 10_000; extra > 0 {
		c.calls = slices.Delete(c.calls, 0, extra)
	}
	fail, observe := c.fail, c.observe
	c.mu.Unlock()
	if observe != nil {
		observe(call)
	}
	var fault *Fault
	if fail != nil {
		fault = fail(call)
	}
	if fault != nil && fault.DropRequest {
		panic(http.ErrAbortHandler)
	}
	if fault != nil && !fault.AfterEffect && !fault.DropReply {
		r.reject(fault.error())
		return
	}
	answer, err := c.locked(work)
	switch {
	case fault != nil && fault.DropReply:
		panic(http.ErrAbortHandler)
	case fault != nil:
		r.reject(fault.error())
	case err != nil:
		r.reject(err)
	default:
		answer()
	}
}

// locked gives the lock back even where the work panics, so that one bad request does not stop this AWS.
func (c *Cloud) locked(work func() (func(), *apiError)) (func(), *apiError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return work()
}

func (f *Fault) error() *apiError {
	if f.Status == 0 {
		return &apiError{f.Code, f.Message, http.StatusInternalServerError}
	}
	return &apiError{f.Code, f.Message, f.Status}
}

func (c *Cloud) stamp() string { return c.config.Now().UTC().Format(time.RFC3339) }
