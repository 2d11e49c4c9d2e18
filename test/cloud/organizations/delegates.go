package organizations

import (
	"maps"
	"slices"
	"time"

	"locksmith/test/cloud/front"
)

// Delegate makes an account the delegated administrator of a service, such as iam.amazonaws.com, or takes that away.
func (t *Tree) Delegate(account, service string, on bool) {
	t.front.Lock()
	defer t.front.Unlock()
	t.Use(account)
	t.delegate(account, service, on)
}

func (t *Tree) delegate(account, service string, on bool) {
	switch {
	case on && t.delegates[account] == nil:
		t.delegates[account] = map[string]time.Time{service: t.front.Now()}
	case on:
		t.delegates[account][service] = t.front.Now()
	default:
		delete(t.delegates[account], service)
		if len(t.delegates[account]) == 0 {
			delete(t.delegates, account)
		}
	}
}

// TrustedAccess switches a service's access to the organization on or off; it is on at the start for
// iam.amazonaws.com.
func (t *Tree) TrustedAccess(service string, on bool) {
	t.front.Lock()
	defer t.front.Unlock()
	t.trust(service, on)
}

func (t *Tree) trust(service string, on bool) {
	if _, there := t.trusted[service]; on && !there {
		t.trusted[service] = t.front.Now()
	}
	if !on {
		delete(t.trusted, service)
	}
}

// Administers tells whether an account may do for the organization what the service's administrators may: it is the
// management account, or the service's delegated administrator while the service is trusted. It is called under the
// lock.
func (t *Tree) Administers(account, service string) bool {
	return t.Trusts(service) && (t.Delegated(account, service) || account == t.front.Config().ManagementAccount)
}

// Delegated tells whether an account is registered as the delegated administrator of a service. It is called under the
// lock.
func (t *Tree) Delegated(account, service string) bool {
	_, delegated := t.delegates[account][service]
	return delegated
}

// Trusts tells whether a service has access to the organization. It is called under the lock.
func (t *Tree) Trusts(service string) bool {
	_, trusted := t.trusted[service]
	return trusted
}

// Member is an account of the organization: its state, and whether it is one at all. It is called under the lock.
func (t *Tree) Member(account string) (state string, ok bool) {
	if !t.member(account) {
		return "", false
	}
	return t.nodes[account].state, true
}

func listDelegates(r *request, in input) (any, *front.Error) {
	type delegate struct {
		account
		DelegationEnabledDate float64
	}
	var all []delegate
	for _, number := range slices.Sorted(maps.Keys(r.delegates)) {
		since, found := earliest(r.delegates[number], in.ServicePrincipal)
		if found {
			a := r.shown(r.nodes[number])
			a.Paths = nil // the API does not tell them here
			all = append(all, delegate{a, seconds(since)})
		}
	}
	part, next, err := page(r, "ListDelegatedAdministrators "+in.ServicePrincipal, in, all)
	return list("DelegatedAdministrators", part, next), err
}

// earliest is since when an account has administered a service, or any where none is asked for.
func earliest(services map[string]time.Time, service string) (since time.Time, found bool) {
	if service != "" {
		since, found = services[service]
		return since, found
	}
	for _, at := range services {
		if !found || at.Before(since) {
			since, found = at, true
		}
	}
	return since, found
}

// served is a service and a date as the API shows them.
type served struct {
	ServicePrincipal      string
	DelegationEnabledDate float64 `json:",omitempty"`
	DateEnabled           float64 `json:",omitempty"`
}

func listDelegated(r *request, in input) (any, *front.Error) {
	switch {
	case !r.member(in.AccountId):
		return nil, notFound("Account", "an account")
	case r.delegates[in.AccountId] == nil:
		return nil, notRegistered()
	}
	var all []served
	for _, service := range slices.Sorted(maps.Keys(r.delegates[in.AccountId])) {
		all = append(all, served{ServicePrincipal: service,
			DelegationEnabledDate: seconds(r.delegates[in.AccountId][service])})
	}
	part, next, err := page(r, "ListDelegatedServicesForAccount "+in.AccountId, in, all)
	return list("DelegatedServices", part, next), err
}

func listTrusted(r *request, in input) (any, *front.Error) {
	var all []served
	for _, service := range slices.Sorted(maps.Keys(r.trusted)) {
		all = append(all, served{ServicePrincipal: service, DateEnabled: seconds(r.trusted[service])})
	}
	part, next, err := page(r, "ListAWSServiceAccessForOrganization", in, all)
	return list("EnabledServicePrincipals", part, next), err
}

func notRegistered() *front.Error {
	return refuse("AccountNotRegisteredException",
		"The specified account is not a registered delegated administrator for the service.")
}

// registerDelegate needs trusted access for the service first
// (https://docs.aws.amazon.com/organizations/latest/APIReference/API_RegisterDelegatedAdministrator.html).
func registerDelegate(r *request, in input) (any, *front.Error) {
	switch {
	case !r.member(in.AccountId):
		return nil, notFound("Account", "an account")
	case in.AccountId == r.front.Config().ManagementAccount:
		return nil, refuse("ConstraintViolationException/CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR",
			"You cannot register master account/yourself as delegated administrator for your organization.")
	case !r.Trusts(in.ServicePrincipal):
		return nil, refuse("ConstraintViolationException/SERVICE_ACCESS_NOT_ENABLED",
			"You cannot register a delegated administrator before you enable service access.")
	case !r.delegates[in.AccountId][in.ServicePrincipal].IsZero():
		return nil, refuse("AccountAlreadyRegisteredException",
			"The provided account is already a delegated administrator for your organization.")
	}
	r.delegate(in.AccountId, in.ServicePrincipal, true)
	return nil, nil
}

func deregisterDelegate(r *request, in input) (any, *front.Error) {
	switch {
	case !r.member(in.AccountId):
		return nil, notFound("Account", "an account")
	case r.delegates[in.AccountId][in.ServicePrincipal].IsZero():
		return nil, notRegistered()
	}
	r.delegate(in.AccountId, in.ServicePrincipal, false)
	return nil, nil
}

func enableTrust(r *request, in input) (any, *front.Error) {
	if in.ServicePrincipal == "" {
		return nil, refuse("InvalidInputException/MIN_LENGTH_EXCEEDED", "You specified an empty service principal.")
	}
	r.trust(in.ServicePrincipal, true)
	return nil, nil
}

// disableTrust leaves the delegated administrators registered; they can do nothing for the service without it.
func disableTrust(r *request, in input) (any, *front.Error) {
	r.trust(in.ServicePrincipal, false)
	return nil, nil
}
