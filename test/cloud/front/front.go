// Package front is what every request to this AWS passes, whatever service it is for. It finds out who calls, decides
// whether they may, counts and records the call, and lets it fail where a test says so.
//
// A service declares itself by a [Service], handed to [Front.Register]. It is known by the name in the credential scope
// of a signature. From then on its requests come to its Serve, as a [Request] that knows its caller. Serve finds the
// action and hands the work to [Request.Perform]. The work asks [Request.Authorize] for leave, tells CloudTrail by
// [Request.Record], and returns its answer. The time is [Front.Now], and no other clock.
//
// What stands above accounts is an [Organization], and who there is in them are the [Principals]. Both are told to the
// front by the services that know them.
//
// There is one lock for the state of all services. It is held while work is done, and so while Authorize and Record
// run: a call is done and recorded as a whole, or not at all.
package front

import (
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Config is what differs from one AWS to another.
type Config struct {
	Organization           string
	ManagementAccount      string
	DelegatedAdministrator string // for root access in member accounts
	Now                    func() time.Time
}

// A Front is the part of one AWS that all its services share. Make it with [New].
type Front struct {
	config   Config
	services map[string]Service
	order    []string // the services' names, as they were registered

	mu         sync.Mutex
	sessions   map[string]*Session
	calls      []Call
	counts     map[string]int
	fail       func(Call) *Fault
	observe    func(Call)
	publish    func(event []byte)
	above      Organization
	principals Principals
	limits     []limited
	throttled  map[string]int  // by service and action
	out        map[string]bool // account and Region: not enabled
	dated      bool            // dates of requests are looked at
	secret     string          // everybody's, or "" for any
}

// New makes a front without any service. Zero fields of the configuration get their usual values.
func New(c Config) *Front {
	if c.Organization == "" {
		c.Organization = "o-a1b2c3d4e5"
	}
	if c.ManagementAccount == "" {
		c.ManagementAccount = "000011112222"
	}
	if c.DelegatedAdministrator == "" {
		c.DelegatedAdministrator = "999988887777"
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Front{config: c, services: map[string]Service{}, sessions: map[string]*Session{},
		counts: map[string]int{}, publish: func([]byte) {}, above: alone{}, principals: everybody{},
		throttled: map[string]int{}, out: map[string]bool{}}
}

// Config is the configuration, with its defaults filled in.
func (f *Front) Config() Config { return f.config }

// Now is the time in this AWS.
func (f *Front) Now() time.Time { return f.config.Now() }

// Lock takes the lock on the state of all services. Tests reach that state past the API, and so does what is no
// request.
func (f *Front) Lock() { f.mu.Lock() }

// Unlock gives the lock back.
func (f *Front) Unlock() { f.mu.Unlock() }

// ServeHTTP finds the service by the credential scope of the signature, and who calls by the access key.
func (f *Front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key, at, signed := readSignature(r)
	service := f.service(f.addressed(r, at.service))
	call := &Request{Request: r, Region: at.region, SignedFor: at.service, ID: RandomID(16), front: f, service: service,
		w: w}
	if !signed {
		call.Reject(&service.Words.Unsigned)
		return
	}
	var err *Error
	if call.Caller, err = f.authenticate(key, r.Header.Get("X-Amz-Security-Token"), at, service.Words); err == nil {
		err = f.checkSignature(call)
	}
	if err != nil {
		call.Reject(err)
		return
	}
	service.Serve(call)
}

// RandomID makes an id of n bytes in hexadecimal.
func RandomID(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: see crypto/rand
	return hex.EncodeToString(b)
}

// UUID makes an id in the form of a UUID.
func UUID() string {
	h := RandomID(16)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// Letters makes an id of n capital letters and digits.
func Letters(n int) string { return strings.ToUpper(RandomID((n + 1) / 2))[:n] }
