package front

import (
	"cmp"
	"net/http"
	"strings"
)

// A Service is what one AWS service declares of itself. Only Name, Serve and Reject must be there.
type Service struct {
	// Name is the name that requests are signed for, such as s3. CloudTrail's records have it too.
	Name string
	// Serve reads a request, finds its action, and does it by [Request.Perform]. It is called without the lock.
	Serve func(*Request)
	// Reject answers an error in the service's own form.
	Reject func(*Request, *Error)
	// Words are how the service says what the front refuses. The zero value says it as most services do.
	Words Words
	// ByRight are the actions that the owner's root may perform, whatever the resource's policy says.
	ByRight []string
	// Keys are the condition keys of this service that every call carries.
	Keys func(*Request, Target) map[string]string
	// Owns tells whether a path is this service's, whatever service a request to it is signed for. It may be nil.
	Owns func(path string) bool
	// Policy is the policy in force on a resource, by its ARN, or "". SetPolicy puts one there, unasked.
	// Both are called under the lock, and for resources of other services too, where they do nothing.
	Policy    func(arn string) string
	SetPolicy func(arn, policy string)
	// Rewrite changes each policy that the service holds. It is called under the lock; it may be nil.
	Rewrite func(change func(policy string) string)
}

// Words are how a service says what the front refuses. What is left out is said as most services say it.
type Words struct {
	Denied     string              // the code of an error where a policy stands in the way
	Action     func(string) string // an action as messages spell it
	Resource   func(string) string // an ARN as messages spell it
	UnknownKey Error               // nobody has the access key
	WrongToken Error               // the session token is not the one of the access key
	Expired    Error               // the session has ended
	Unsigned   Error               // nobody signed the request
	// BadSignature and Skewed are the codes for a signature that does not fit, and for a date that is far away.
	BadSignature, Skewed string
	Throttled            Error // a limit is exceeded
	NotAcross            Error // a policy allows a stranger what only the owner's principals may do
}

// Register adds a service. All services are registered before the first request comes.
func (f *Front) Register(s Service) {
	f.services[s.Name] = s.complete()
	f.order = append(f.order, s.Name)
}

// complete fills in what a service has left out.
func (s Service) complete() Service {
	same := func(text string) string { return text }
	w := &s.Words
	if w.Denied == "" {
		w.Denied = "AccessDenied"
	}
	if w.Action == nil {
		w.Action = same
	}
	if w.Resource == nil {
		w.Resource = same
	}
	if w.UnknownKey.Code == "" {
		w.UnknownKey = Error{"InvalidClientTokenId", "The security token included in the request is invalid.",
			http.StatusForbidden}
	}
	if w.WrongToken.Code == "" {
		w.WrongToken = w.UnknownKey
	}
	if w.Expired.Code == "" {
		w.Expired = Error{"ExpiredToken", "The security token included in the request is expired", http.StatusForbidden}
	}
	if w.Unsigned.Code == "" {
		w.Unsigned = Error{"AccessDenied", "Access Denied", http.StatusForbidden}
	}
	w.BadSignature = cmp.Or(w.BadSignature, "SignatureDoesNotMatch")
	w.Skewed = cmp.Or(w.Skewed, w.BadSignature)
	if w.Throttled.Code == "" {
		w.Throttled = Error{"Throttling", "Rate exceeded", http.StatusBadRequest}
	}
	if s.Keys == nil {
		s.Keys = func(*Request, Target) map[string]string { return nil }
	}
	if s.Policy == nil {
		s.Policy, s.SetPolicy = func(string) string { return "" }, func(_, _ string) {}
	}
	return s
}

// service finds a service by its name. One that is not here rejects every call.
func (f *Front) service(name string) Service {
	if s, ok := f.services[name]; ok {
		return s
	}
	return Service{Name: name, Reject: RejectQuery, Serve: func(r *Request) {
		r.Reject(Refuse("UnknownService", "this AWS has no service "+name, http.StatusNotImplemented))
	}}.complete()
}

// addressed is the service that a request is for: the one that it is signed for, unless the path is another's own.
// Paths of S3 are anybody's names, so what is signed for S3 is S3's; so is what nobody signed, and no other owns.
func (f *Front) addressed(r *http.Request, signedFor string) string {
	if signedFor == "s3" && strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-") {
		return signedFor
	}
	for _, name := range f.order {
		if owns := f.services[name].Owns; owns != nil && owns(r.URL.Path) {
			return name
		}
	}
	return signedFor
}

// Policy is the policy in force on a resource of any service, by its ARN, or "".
func (f *Front) Policy(arn string) string {
	f.Lock()
	defer f.Unlock()
	for _, name := range f.order {
		if policy := f.services[name].Policy(arn); policy != "" {
			return policy
		}
	}
	return ""
}

// SetPolicy puts a policy on a resource, unasked, unchecked and unrecorded. It is seen at once.
func (f *Front) SetPolicy(arn, policy string) {
	f.Lock()
	defer f.Unlock()
	for _, name := range f.order {
		f.services[name].SetPolicy(arn, policy)
	}
}

// Forget puts a principal's unique id in the place of its ARN wherever a policy names it in a Principal or NotPrincipal
// element, as AWS shows one that was deleted. It is called under the lock.
func (f *Front) Forget(arn, id string) {
	change := func(policy string) string { return forget(policy, arn, id) }
	for _, name := range f.order {
		if rewrite := f.services[name].Rewrite; rewrite != nil {
			rewrite(change)
		}
	}
}
