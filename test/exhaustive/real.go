package exhaustive

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Question is what the prover is asked, with the policy as text.
type Question struct {
	Policy         string
	Resource       string
	Account        string
	Organization   string
	Now            time.Time
	Administrators []string
}

func (q *Question) s3() bool { return strings.Split(q.Resource, ":")[2] == "s3" }

func (q *Question) partition() string { return strings.Split(q.Resource, ":")[1] }

// recoveryActions take a policy off; furtherActions are what a deny-all forbids besides; insideActions use what is
// inside.
func (q *Question) recoveryActions() []string {
	if q.s3() {
		return []string{"s3:PutBucketPolicy", "s3:DeleteBucketPolicy"}
	}
	return []string{"sqs:SetQueueAttributes", "sqs:RemovePermission"}
}

func (q *Question) furtherActions() []string {
	if q.s3() {
		return []string{"s3:GetBucketPolicy", "s3:ListBucket"}
	}
	return []string{"sqs:GetQueueAttributes"}
}

func (q *Question) insideActions() []string {
	if q.s3() {
		return []string{"s3:GetObject", "s3:PutObject"}
	}
	return []string{"sqs:SendMessage", "sqs:ReceiveMessage"}
}

const nameClass = `[A-Za-z0-9_+=,.@-]`

var (
	userName      = regexp.MustCompile(`^user/([\x21-\x7e]+/)?` + nameClass + `{1,64}$`)
	roleName      = regexp.MustCompile(`^role/([\x21-\x7e]+/)?` + nameClass + `{1,64}$`)
	federatedName = regexp.MustCompile(`^federated-user/` + nameClass + `{2,32}$`)
	sessionName   = regexp.MustCompile(`^` + nameClass + `{2,64}$`)
	roleID        = regexp.MustCompile(`^AROA[A-Za-z0-9]+$`)
	userID        = regexp.MustCompile(`^AIDA[A-Za-z0-9]+$`)
	tagValue      = regexp.MustCompile(`^[A-Za-z0-9 _.:/=+@-]{0,256}$`)
	orgID         = regexp.MustCompile(`^o-[a-z0-9]{10,32}$`)
	orgPath       = regexp.MustCompile(`^(o-[a-z0-9]{10,32})/r-[a-z0-9]{4,32}/(ou-[a-z0-9-]+/)*$`)
	endpointID    = regexp.MustCompile(`^vpce-[0-9a-z]+$`)
	vpcID         = regexp.MustCompile(`^vpc-[0-9a-z]+$`)
	vpcARN        = regexp.MustCompile(`^arn:[a-z-]+:ec2:[a-z0-9-]+:[0-9]{12}:vpc/(vpc-[0-9a-z]+)$`)
	serviceName   = regexp.MustCompile(`^[a-z0-9.-]+\.amazonaws\.com$`)
	arnValue      = regexp.MustCompile(`^arn:[a-z-]+:[a-z0-9-]+:[a-z0-9-]*:[0-9]*:[^*?]+$`)
	region        = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]+$`)
	hostName      = regexp.MustCompile(`^[a-z0-9-]+(\.[a-z0-9-]+)+$`)
)

// A realism collects what is wrong with a request.
type realism struct {
	q     *Question
	r     *Request
	wrong []string
}

func (c *realism) check(ok bool, format string, values ...any) {
	if !ok {
		c.wrong = append(c.wrong, fmt.Sprintf(format, values...))
	}
}

func (c *realism) has(key string) bool { _, ok := c.r.Context[key]; return ok }

// Missing are keys that every such request carries, and that this one does not say anything about.
func (q *Question) Missing(r *Request) (all []string) {
	want := []string{"aws:principalorgpaths", "aws:resourceorgpaths"}
	if q.Organization == "" {
		want = nil
	}
	for _, k := range want {
		if _, ok := r.Context[k]; !ok {
			all = append(all, k)
		}
	}
	return all
}

// Unreal says why the request cannot happen, or why its sender does not matter; nothing where it can and does.
func (q *Question) Unreal(r *Request) []string {
	c := &realism{q: q, r: r}
	c.principal()
	c.matters()
	c.identity()
	c.organization()
	c.network()
	c.clock()
	c.keys()
	return c.wrong
}

func (c *realism) principal() {
	q, r := c.q, c.r
	prefix := "arn:" + q.partition() + ":iam::" + q.Account + ":"
	var ok bool
	switch r.Kind {
	case user:
		ok = userName.MatchString(strings.TrimPrefix(r.ARN, prefix))
	case role:
		ok = roleName.MatchString(strings.TrimPrefix(r.ARN, prefix)) && sessionName.MatchString(r.Session)
	case federated:
		prefix = "arn:" + q.partition() + ":sts::" + q.Account + ":"
		ok = federatedName.MatchString(strings.TrimPrefix(r.ARN, prefix))
	}
	c.check(ok && strings.HasPrefix(r.ARN, prefix), "%s %s session %q is no principal of the account", r.Kind, r.ARN,
		r.Session)
	c.check(r.Resource == q.Resource, "the resource is %s", r.Resource)
	all := slices.Concat(q.recoveryActions(), q.furtherActions())
	c.check(slices.Contains(all, r.Action), "the action %s does not count", r.Action)
}

// matters checks that the sender is one of those who matter.
func (c *realism) matters() {
	c.check(c.q.matters(c.r.ARN), "%s does not matter", c.r.ARN)
}

func (q *Question) matters(arn string) bool {
	if strings.HasPrefix(arn, "arn:"+q.partition()+":iam::"+q.Account+":role/aws-service-role/") {
		return false
	}
	return len(q.Administrators) == 0 || slices.ContainsFunc(q.Administrators,
		func(p string) bool { return arnLike(p, arn) })
}

func (c *realism) fixed(key, want string) {
	v, ok := c.r.Context[key]
	c.check(ok && slices.Equal(v, []string{want}), "%s is %q, not %q", key, v, want)
}

func (c *realism) gone(keys ...string) {
	for _, k := range keys {
		v, ok := c.r.Context[k]
		c.check(!ok, "%s is %q, and should be absent", k, v)
	}
}

func (c *realism) shaped(key string, shape *regexp.Regexp) {
	for _, v := range c.r.Context[key] {
		c.check(shape.MatchString(v), "%s cannot be %q", key, v)
	}
}

func (c *realism) identity() {
	r, id := c.r, c.r.get("aws:userid")
	c.fixed("aws:principalarn", r.ARN)
	c.fixed("aws:principalaccount", c.q.Account)
	c.fixed("aws:resourceaccount", c.q.Account)
	c.fixed("aws:principalisawsservice", "false")
	switch r.Kind {
	case user:
		c.fixed("aws:principaltype", "User")
		c.fixed("aws:username", r.name())
		c.check(userID.MatchString(id), "a user's aws:userid is %q", id)
	case role:
		c.fixed("aws:principaltype", "AssumedRole")
		c.gone("aws:username")
		first, session, _ := strings.Cut(id, ":")
		c.check(roleID.MatchString(first) && session == r.Session, "aws:userid of session %s is %q", r.Session, id)
	case federated:
		c.fixed("aws:principaltype", "FederatedUser")
		c.gone("aws:username")
		c.fixed("aws:userid", c.q.Account+":"+r.name())
	}
}

func (c *realism) organization() {
	id, has := c.r.Context["aws:principalorgid"]
	other, hasOther := c.r.Context["aws:resourceorgid"]
	c.check(has == hasOther && slices.Equal(id, other), "the organizations are %q and %q", id, other)
	if c.q.Organization != "" {
		c.fixed("aws:principalorgid", c.q.Organization)
	}
	c.shaped("aws:principalorgid", orgID)
	for _, k := range []string{"aws:principalorgpaths", "aws:resourceorgpaths"} {
		paths, hasPath := c.r.Context[k]
		c.check(!hasPath || has, "%s without an organization", k)
		for _, p := range paths {
			m := orgPath.FindStringSubmatch(p)
			c.check(m != nil && has && m[1] == id[0], "%s cannot be %q", k, p)
		}
	}
}

func (c *realism) address(key string, global bool) {
	for _, v := range c.r.Context[key] {
		a, err := netip.ParseAddr(v)
		c.check(err == nil && (!global || public(a)), "%s cannot be %q", key, v)
	}
}

var endpointKeys = []string{"aws:sourcevpce", "aws:sourcevpc", "aws:sourcevpcarn", "aws:vpcsourceip",
	"aws:vpceaccount",
	"aws:vpceorgid", "aws:vpceorgpaths"}

func (c *realism) network() {
	calledVia, called := c.r.Context["aws:calledvia"]
	service := c.r.get("aws:viaawsservice") == "true"
	switch {
	case service:
		c.gone(endpointKeys...)
		c.check(called && len(calledVia) > 0, "aws:CalledVia is not set")
		if called && len(calledVia) > 0 {
			c.fixed("aws:calledviafirst", calledVia[0])
			c.fixed("aws:calledvialast", calledVia[len(calledVia)-1])
		}
		c.shaped("aws:calledvia", serviceName)
	default:
		c.fixed("aws:viaawsservice", "false")
		c.gone("aws:calledvia", "aws:calledviafirst", "aws:calledvialast")
		c.endpoint()
		c.check(c.has("aws:securetransport"), "aws:SecureTransport is missing")
	}
	c.address("aws:sourceip", true)
	c.address("aws:vpcsourceip", false)
	c.transport(service)
}

func (c *realism) endpoint() {
	through := slices.ContainsFunc(endpointKeys, c.has)
	c.check(through != c.has("aws:sourceip"), "a direct call has an address or an endpoint")
	if !through {
		return
	}
	c.check(c.has("aws:sourcevpce") || c.has("aws:sourcevpc"), "neither aws:SourceVpce nor aws:SourceVpc is there")
	c.shaped("aws:sourcevpce", endpointID)
	c.shaped("aws:sourcevpc", vpcID)
	c.shaped("aws:vpceaccount", digits)
	c.shaped("aws:vpceorgid", orgID)
	c.shaped("aws:vpceorgpaths", orgPath)
	c.shaped("aws:sourcevpcarn", vpcARN)
	m := vpcARN.FindStringSubmatch(c.r.get("aws:sourcevpcarn"))
	c.check(m == nil || !c.has("aws:sourcevpc") || m[1] == c.r.get("aws:sourcevpc"), "two VPCs: %s",
		c.r.get("aws:sourcevpcarn"))
}

func (c *realism) transport(service bool) {
	secure := c.r.get("aws:securetransport")
	c.check(!c.has("aws:securetransport") || secure == "true" || secure == "false", "aws:SecureTransport is %q",
		secure)
	version := c.r.get("s3:tlsversion")
	if !c.q.s3() || secure == "false" {
		c.gone("s3:tlsversion")
		return
	}
	c.check(service && !c.has("s3:tlsversion") || version == "1.2" || version == "1.3", "s3:TlsVersion is %q", version)
}

func (c *realism) clock() {
	r := c.r
	now, ok := readTime(r.get("aws:currenttime"))
	epoch, ok2 := readTime(r.get("aws:epochtime"))
	c.check(ok && ok2 && now.Truncate(time.Second).Equal(epoch), "the clocks show %v and %v", now, epoch)
	c.check(!now.Before(c.q.Now.Truncate(time.Second)), "the time %v is over", now)
	if c.has("aws:tokenissuetime") {
		issued, ok := readTime(r.get("aws:tokenissuetime"))
		c.check(ok && !issued.After(now), "the token is issued at %v", issued)
	} else {
		c.check(r.Kind == user, "a session without a token")
	}
	present := r.get("aws:multifactorauthpresent")
	c.check(!c.has("aws:multifactorauthpresent") || present == "true" || present == "false", "MFA is %q", present)
	c.check(!c.has("aws:multifactorauthage") || present == "true", "an age of an MFA that is not")
	age, err := strconv.ParseFloat(r.get("aws:multifactorauthage"), 64)
	c.check(!c.has("aws:multifactorauthage") || err == nil && age >= 0, "the MFA's age is %v", age)
	if r.Kind == federated || strings.Contains(r.ARN, ":role/aws-reserved/sso.amazonaws.com/") {
		c.check(present != "true", "MFA in a session that never has it")
	}
	if r.Kind == user && c.has("aws:tokenissuetime") {
		c.check(c.has("aws:multifactorauthpresent"), "temporary credentials of a user without the MFA key")
	}
}

// keys checks the keys that stand by themselves.
func (c *realism) keys() {
	for k := range c.r.Context {
		info, ok := lookup(k)
		c.check(ok, "%s is in no reference", k)
		c.check(info.many || len(c.r.Context[k]) == 1, "%s has %d values", k, len(c.r.Context[k]))
		switch info.carrier {
		case nowhere:
			c.gone(k)
		case sessions:
			c.check(c.r.Kind != user, "%s on a user", k)
			c.check(info.kind != "ARN" || arnValue.MatchString(c.r.get(k)), "%s cannot be %q", k, c.r.get(k))
		case listing:
			c.check(c.r.Action == "s3:ListBucket", "%s on %s", k, c.r.Action)
		case everyS3:
			c.check(c.q.s3(), "%s on a queue", k)
		case principals, tags:
			c.shaped(k, tagValue)
		case sender:
			c.check(c.r.get(k) != "", "%s is empty", k)
		}
	}
	if c.q.s3() {
		c.fixed("s3:resourceaccount", c.q.Account)
		for _, k := range []string{"s3:authtype", "s3:signatureversion", "s3:signatureage",
			"s3:x-amz-content-sha256"} {
			c.check(c.has(k), "%s is missing", k)
		}
	} else {
		c.fixed("aws:requestedregion", strings.Split(c.q.Resource, ":")[3])
	}
	c.shaped("aws:requestedregion", region)
	c.shaped("aws:ec2instancesourcevpc", vpcID)
	c.shaped("aws:sourceidentity", sessionName)
	c.shaped("s3:dataaccesspointaccount", digits)
	c.check(!strings.HasPrefix(c.r.get("aws:federatedprovider"),
		"arn:") == hostName.MatchString(c.r.get("aws:federatedprovider")) ||
		!c.has("aws:federatedprovider"), "no provider: %s", c.r.get("aws:federatedprovider"))
	if age := c.r.get("s3:signatureage"); age != "" {
		_, err := strconv.ParseUint(age, 10, 64)
		c.check(err == nil, "s3:signatureAge is %q", age)
	}
	for _, k := range []string{"s3:buckettag/", "s3:accesspointtag/"} {
		for key := range c.r.Context {
			c.check(c.q.s3() || !strings.HasPrefix(key, k), "%s on a queue", key)
		}
	}
}
