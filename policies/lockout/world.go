package lockout

import (
	"math"
	"strconv"
	"strings"
	"time"

	"locksmith/policies"
)

// A world is one set of circumstances of a request: who sends it, how it comes, with what credentials. In a world
// each condition key is a variable. Which values it has is in carried.go.

// A world is one set of circumstances of a request: the kind of its sender and the few facts that decide which keys it
// carries. Taken together the worlds hold every real request.
type world struct {
	*setting
	kind     policies.Kind
	route    route
	session  session
	org      string    // the organization that the account is in, [anyOrganization], or "" for none
	ordinary bool      // only ordinary administrators' requests count
	outsider *outsider // the sender is of no principal of the owning account: see opens.go

	bound *world // this one, with some variables held at one value
	// fixed are the variables that are held at one value, for the sake of policy variables that speak of them.
	fixed     map[string]string
	variables []*variable
	index     map[string]int
	first     []*choice  // of each variable, before any clause has been looked at
	demands   [][]clause // of each Deny statement
	outs      map[*policies.Condition][]way
	closed    []string // the actions that nobody can perform, without any doubt
}

// A route is how a call comes, and which of the keys that tell of it the call carries. The zero route is a direct call
// from an address.
type route struct {
	endpoint presence // aws:SourceVpce
	vpc      presence // aws:SourceVpc
	vpcARN   presence // aws:SourceVpcArn
	service  bool     // a service calls on the sender's behalf, and keeps nothing of an endpoint
	single   bool     // and no other has called that
}

// private tells whether the call comes through a VPC endpoint, and so without an address.
func (r route) private() bool { return r.endpoint != missing || r.vpc != missing }

// oneVPC tells whether the call names its VPC twice, so that one variable stands for both.
func (r route) oneVPC() bool { return r.vpc == carried && r.vpcARN == carried }

// presence tells whether requests of a world carry a key.
type presence int

const (
	missing presence = iota
	either
	carried
)

// variable is the variable of a key with texts for values.
func (p presence) variable(base language, favour ...string) *variable {
	return &variable{base: base, absent: p != carried, present: p != missing, favour: favour}
}

// session is what kind of credentials a request is signed with.
type session int

const (
	longTerm   session = iota // a user's access key
	bare                      // a session that tells nothing of MFA
	unverified                // a session without MFA
	verified                  // a session with MFA
	// keyVerified is a user's access key with MFA. No page says that there is such a thing, and none that there is not.
	keyVerified
)

// A variable is what a request may choose: the value of a condition key, or of several that depend on each other.
type variable struct {
	name   string
	base   language // the values of a text; nil for a variable with points
	points []string // the values of one that has few, or of which a few stand for all
	// dense says that the points stand for values between and beyond them too, as far as an operator of the key's own
	// type can tell.
	dense   bool
	plural  bool     // the key is multivalued: a set of texts
	absent  bool     // it may be absent
	present bool     // it may be present
	favour  []string // texts to try first
}

// constant is a variable with one value.
func constant(value string) *variable { return &variable{points: []string{value}, present: true} }

// none is a variable that is never there.
func none() *variable { return &variable{absent: true} }

// variableOf is the variable that a key, in lower case, depends on.
func (w *world) variableOf(key string) int {
	name := key
	switch {
	case key == "aws:epochtime":
		name = "aws:currenttime"
	case key == "s3:tlsversion" && w.bucket():
		name = "aws:securetransport"
	case key == "aws:resourceorgid":
		name = "aws:principalorgid"
	case key == "aws:sourcevpc" && w.route.oneVPC():
		name = "aws:sourcevpcarn"
	case w.route.single && begins(key, "aws:calledvia"):
		name = "aws:calledviafirst"
	case key == "aws:username" && w.kind == policies.User, key == "aws:userid" && w.kind == policies.Federated:
		name = "aws:principalarn"
	}
	if w.outsider != nil {
		name = w.outsider.variableOf(key)
	}
	if i, ok := w.index[name]; ok {
		return i
	}
	v := w.variable(name)
	v.name = name
	if value, ok := w.fixed[name]; ok && v.base != nil {
		v.base, v.absent, v.present, v.favour = language{text(value)}, false, true, nil
	}
	w.index[name] = len(w.variables)
	w.variables = append(w.variables, v)
	return w.index[name]
}

// variable makes the variable of a key by the tables of what a real request carries.
func (w *world) variable(key string) *variable {
	if w.outsider != nil {
		return w.outside(key)
	}
	for _, of := range []func(key string) *variable{w.principal, w.credentials, w.onBehalf, w.network,
		w.organization} {
		if v := of(key); v != nil {
			return v
		}
	}
	if values, ok := w.settled(w.kind).Get(key); ok {
		return constant(values[0])
	}
	if _, known := policies.LookupKey(key); !known || w.absent(key, w.kind) {
		return none()
	}
	return w.free(key)
}

// plainHTTP is the point of the transport's variable that is no version of TLS. Of a service's call on somebody's
// behalf other points tell which of the two keys it leaves out: the transport (untold), the version (tls), or both.
const plainHTTP = "http"

// value is what a key shows when the variable that it depends on has a value.
func (w *world) value(key, of string) (value string, present bool) {
	if w.outsider != nil && w.outsider.named(key) {
		return w.outsider.value(key, of), true
	}
	switch {
	case key == "aws:securetransport":
		return strconv.FormatBool(of != plainHTTP), !strings.HasSuffix(of, "untold")
	case key == "s3:tlsversion" && w.bucket():
		version, _, _ := strings.Cut(of, " ")
		return version, strings.HasPrefix(of, "1.")
	case key == "aws:sourcevpc" && w.route.oneVPC():
		return of[strings.LastIndexByte(of, '/')+1:], true
	case key == "aws:epochtime":
		t, _ := parseDate(of)
		return strconv.FormatInt(t.Unix(), 10), true
	case key == "aws:username" && w.kind == policies.User:
		return of[strings.LastIndexByte(of, '/')+1:], true
	case key == "aws:userid" && w.kind == policies.Federated:
		return w.Account + ":" + of[strings.LastIndexByte(of, '/')+1:], true
	}
	return of, true
}

// maxEpoch is beyond the last second of the year 9999, which is the last that a date shows.
const maxEpoch = 253_402_300_800

// parseDate reads a date or a number of seconds since 1970, to the second below; ok is false for what it cannot read,
// and for times that no date shows.
func parseDate(v string) (time.Time, bool) {
	if f, err := strconv.ParseFloat(v, 64); err == nil && len(v) != 4 {
		return time.Unix(int64(math.Floor(f)), 0).UTC(), math.Abs(f) < maxEpoch
	}
	for _, form := range []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", "2006-01-02", "2006-01"} {
		if t, err := time.Parse(form, v); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}
