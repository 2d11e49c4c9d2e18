package exhaustive

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A value is one choice for the keys of a factor; keys of the factor that are not in set are absent.
type value struct {
	set      map[string][]string
	id       *identity
	ordinary bool // an ordinary administrator's request may have it
}

// A factor is a group of keys that hang together, with the choices for them. Factors are independent of each other.
type factor struct {
	id     string // the same in every scene that has it, "" where it was multiplied out
	keys   []string
	values []value
}

func (f *factor) add(ordinary bool, pairs ...string) {
	v := value{set: map[string][]string{}, ordinary: ordinary}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != gone {
			v.set[pairs[i]] = []string{pairs[i+1]}
		}
	}
	f.values = append(f.values, v)
}

// gone stands for the absence of a key.
const gone = "\x00"

// A mode is how a request comes in.
type mode int

const (
	direct mode = iota
	endpoint
	service
)

// A scene is what splits requests into groups whose factors are independent.
type scene struct {
	class
	mode   mode
	listed bool // a listing through an access point
}

// factors are all the factors of a scene.
func (u *universe) factors(s scene) []factor {
	kind := fmt.Sprint(s.class)
	all := []factor{
		u.once("principals"+kind, func() factor { return u.principals(s.class) }),
		u.once("owner", u.owner),
		u.once("organization", u.organization),
		u.once("credentials"+kind, func() factor { return u.credentials(s.class) }),
	}
	for i, f := range u.networks(s.mode) {
		f.id = fmt.Sprint("network", s.mode, i)
		all = append(all, f)
	}
	for _, key := range slices.Sorted(maps.Keys(u.mentions)) {
		if info, ok := lookup(key); ok {
			all = u.free(all, s, key, info)
		}
	}
	return all
}

// once builds a factor the first time that a scene needs it.
func (u *universe) once(id string, build func() factor) factor {
	if f, ok := u.factored[id]; ok {
		return f
	}
	f := build()
	f.id = id
	u.factored[id] = f
	return f
}

// free appends the factor of a key that stands by itself.
func (u *universe) free(all []factor, s scene, key string, info keyInfo) []factor {
	f := factor{id: fmt.Sprint(key, s.kind == user, s.listed), keys: []string{key}}
	switch info.carrier {
	case nowhere:
		f.add(true, key, gone)
	case principals, tags:
		f.add(true, key, gone)
		if strings.HasPrefix(key, "s3:") && !u.q.s3() {
			break
		}
		u.each(&f, key, func(string) bool { return false })
	case sessions:
		f.add(true, key, gone)
		if s.kind != user {
			u.session(&f, key, info)
		}
	case sender:
		f.add(true, key, gone)
		u.each(&f, key, func(v string) bool { return len(u.seeds[key]) == 0 && !u.names(key, v) })
	case listing:
		if s.listed {
			u.each(&f, key, func(string) bool { return false })
		}
		f.add(true, key, gone)
	case everyS3:
		u.everyS3(&f, key)
	default:
		return all
	}
	return append(all, f)
}

func (u *universe) each(f *factor, key string, ordinary func(string) bool) {
	for _, t := range u.texts(key) {
		f.add(ordinary(t), key, t)
	}
}

func (u *universe) session(f *factor, key string, info keyInfo) {
	switch info.kind {
	case "IP":
		for _, a := range u.addresses(key) {
			f.add(false, key, a.String())
		}
	case "Numeric":
		for _, n := range u.numbers(key) {
			f.add(false, key, n)
		}
	default:
		u.each(f, key, func(string) bool { return false })
	}
}

func (u *universe) everyS3(f *factor, key string) {
	values := map[string][]string{"s3:authtype": {"REST-HEADER", "REST-QUERY-STRING", "POST"},
		"s3:signatureversion":     {"AWS4-HMAC-SHA256", "AWS", "AWS4-ECDSA-P256-SHA256"},
		"s3:x-amz-content-sha256": {"UNSIGNED-PAYLOAD", strings.Repeat("4be1", 16)},
		"s3:resourceaccount":      {u.q.Account}}[key]
	if key == "s3:signatureage" {
		values = append(u.numbers(key), "600000")
	}
	for i, v := range values {
		n, err := strconv.Atoi(v)
		f.add(i == 0 && key != "s3:signatureage" || err == nil && n > 100 && n < 10000, key, v)
	}
	if !u.q.s3() {
		f.values = nil
		f.add(true, key, gone)
	}
}

// owner is what the question fixes.
func (u *universe) owner() factor {
	f := factor{keys: []string{"aws:principalaccount", "aws:resourceaccount", "aws:principalisawsservice",
		"aws:requestedregion"}}
	regions := []string{strings.Split(u.q.Resource, ":")[3]}
	if u.q.s3() {
		regions = []string{"us-east-1"}
		if u.mentioned("aws:requestedregion") {
			regions = u.texts("aws:requestedregion")
		}
	}
	for _, r := range regions {
		f.add(!u.q.s3() || !u.mentioned("aws:requestedregion"), "aws:principalaccount", u.q.Account,
			"aws:resourceaccount", u.q.Account,
			"aws:principalisawsservice", "false", "aws:requestedregion", r)
	}
	return f
}

// organization is one organization, of the principal and of the resource, and their one path in it.
func (u *universe) organization() factor {
	f := factor{keys: []string{"aws:principalorgid", "aws:resourceorgid", "aws:principalorgpaths",
		"aws:resourceorgpaths"}}
	ids := []string{u.q.Organization}
	asked := slices.ContainsFunc(f.keys, u.mentioned)
	if u.q.Organization == "" {
		f.add(!asked, f.keys[0], gone)
		if !asked {
			return f
		}
		ids = append(u.texts(f.keys[0]), u.texts(f.keys[1])...)
		for _, k := range f.keys[2:] {
			for _, m := range u.mentions[k] {
				id, _, _ := strings.Cut(m.value, "/")
				ids = append(ids, id)
			}
		}
	}
	for _, id := range distinct(ids) {
		if !orgID.MatchString(id) {
			continue
		}
		for _, path := range u.orgPaths(id, f.keys[2:]) {
			f.add(!asked || u.q.Organization != "" && !u.mentioned(f.keys[2]) && !u.mentioned(f.keys[3]), f.keys[0],
				id, f.keys[1], id, f.keys[2], path, f.keys[3], path)
		}
	}
	return f
}

func (u *universe) orgPaths(id string, keys []string) (all []string) {
	s := shape{`^` + id + `/r-[a-z0-9]{4}/(ou-[a-z0-9]{4}-[a-z0-9]{8}/)*$`, id + "/r-u"}
	for _, k := range keys {
		if u.mentioned(k) {
			all = append(all, u.textsOf(k, s)...)
		}
	}
	return distinct(append(all, id+"/r-qz70/ou-qz70-qz700000/"))
}

// numbers are values around the numbers that the policy names for a key.
func (u *universe) numbers(key string) (all []string) {
	for _, m := range u.mentions[key] {
		if n, err := strconv.ParseFloat(m.value, 64); err == nil {
			for _, d := range []float64{-1, 0, 1} {
				if k := int64(n + d); k >= 0 {
					all = append(all, strconv.FormatInt(k, 10))
				}
			}
		}
	}
	return distinct(append(all, "0", "1000", "100000000"))
}

// instants are times around those that the policy names for some keys.
func (u *universe) instants(keys ...string) (all []time.Time) {
	for _, k := range keys {
		for _, m := range u.mentions[k] {
			if t, ok := readTime(m.value); ok {
				all = append(all, t.Add(-time.Second), t, t.Add(time.Second))
			}
		}
	}
	return all
}

// credentials are the clocks, the token and the MFA.
func (u *universe) credentials(c class) factor {
	f := factor{keys: []string{"aws:currenttime", "aws:epochtime", "aws:tokenissuetime", "aws:multifactorauthpresent",
		"aws:multifactorauthage"}}
	clocks := []time.Time{u.q.Now}
	if u.mentioned(f.keys[0]) || u.mentioned(f.keys[1]) || u.mentioned(f.keys[2]) {
		clocks = append(u.instants(f.keys[:3]...), u.q.Now, u.q.Now.Add(time.Hour),
			time.Date(2190, 1, 1, 0, 0, 0, 0, time.UTC))
	}
	for _, now := range clocks {
		if now.Before(u.q.Now) {
			continue
		}
		for _, token := range u.tokens(c, now) {
			for _, mfa := range u.mfa(c, token == gone) {
				recent := token == gone || token >= now.Add(-2*time.Hour).Format(time.RFC3339)
				f.add(now.Equal(u.q.Now) && recent, f.keys[0], now.UTC().Format(time.RFC3339), f.keys[1],
					strconv.FormatInt(now.Unix(), 10),
					f.keys[2], token, f.keys[3], mfa[0], f.keys[4], mfa[1])
			}
		}
	}
	return f
}

func (u *universe) tokens(c class, now time.Time) (all []string) {
	if c.kind == user {
		all = append(all, gone)
	}
	issued := []time.Time{now.Add(-time.Hour), now}
	if u.mentioned("aws:tokenissuetime") {
		issued = append(issued, u.instants("aws:tokenissuetime")...)
		issued = append(issued, time.Date(2012, 1, 1, 0, 0, 0, 0, time.UTC))
	}
	for _, t := range issued {
		if !t.After(now) {
			all = append(all, t.UTC().Format(time.RFC3339))
		}
	}
	return distinct(all)
}

// mfa are the values of aws:MultiFactorAuthPresent and …Age.
func (u *universe) mfa(c class, longTerm bool) (all [][2]string) {
	if c.kind != user || longTerm {
		all = append(all, [2]string{gone, gone})
	}
	if c.kind == user && longTerm {
		for _, age := range u.numbers("aws:multifactorauthage") {
			all = append(all, [2]string{"true", age})
		}
		return all
	}
	if c.kind != federated {
		all = append(all, [2]string{"false", gone})
	}
	if c.kind == federated || c.center {
		return append(all, [2]string{"false", gone})
	}
	for _, age := range u.numbers("aws:multifactorauthage") {
		all = append(all, [2]string{"true", age})
	}
	return all
}

// addresses are addresses around everything that the policy names, and around the special ranges.
func (u *universe) addresses(key string) (all []netip.Addr) {
	for _, s := range []string{"8.8.8.8", "10.1.2.3", "2600::1", "fd00::1"} {
		all = append(all, netip.MustParseAddr(s))
	}
	asked := false
	for _, m := range u.mentions[key] {
		asked = true
		if n, ok := readNetwork(m.value); ok {
			all = append(all, edges(n)...)
		}
	}
	if asked {
		for _, n := range slices.Concat(special, reachable) {
			all = append(all, edges(n)...)
		}
	}
	return all
}
