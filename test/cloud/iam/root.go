package iam

import (
	"encoding/xml"
	"maps"
	"net/http"
	"slices"
	"time"

	"locksmith/policies"
	"locksmith/test/cloud/front"
)

// A RootUser is what the root of an account can sign in and sign with.
type RootUser struct {
	Password     bool
	AccessKeys   []string // ids
	Inactive     []string // those of them that are switched off
	Certificates []string // ids
	MFA          []string // serial numbers: ARNs, or those of hardware

	// Since is when each of them was made, by id, and the password by "password"; by default now. Used is the last use of
	// an access key by its id, and PasswordUsed that of the password; left out, it was never used.
	Since        map[string]time.Time
	Used         map[string]KeyUse
	PasswordUsed time.Time
}

// A KeyUse is the last use of an access key.
type KeyUse struct {
	At              time.Time
	Service, Region string
}

// password is under which name a RootUser has the time of its password.
const password = "password"

// PutRoot sets what root of an account has; it has nothing at the start.
func (s *Identities) PutRoot(account string, has RootUser) {
	s.front.Lock()
	defer s.front.Unlock()
	s.front.Use(account)
	s.roots[account] = &root{RootUser: has.clone(), made: s.front.Now()}
}

// RootHas is what root of an account has.
func (s *Identities) RootHas(account string) RootUser {
	s.front.Lock()
	defer s.front.Unlock()
	return s.root(account).clone()
}

// LooseDevices are the virtual MFA devices of an account that were deactivated, and not deleted.
func (s *Identities) LooseDevices(account string) []string {
	s.front.Lock()
	defer s.front.Unlock()
	return slices.Clone(s.root(account).loose)
}

// DeleteVirtualDevices says whether a root session may delete virtual MFA devices. By the letter of the task policy it
// may not, since such a device is no part of arn:aws:iam::*:root; whether AWS takes it so was seen both ways.
func (s *Identities) DeleteVirtualDevices(allowed bool) {
	s.front.Lock()
	defer s.front.Unlock()
	s.virtual = allowed
}

func (u RootUser) clone() RootUser {
	u.AccessKeys, u.Certificates, u.MFA = slices.Clone(u.AccessKeys), slices.Clone(u.Certificates), slices.Clone(u.MFA)
	u.Since, u.Used, u.Inactive = maps.Clone(u.Since), maps.Clone(u.Used), slices.Clone(u.Inactive)
	return u
}

type root struct {
	RootUser
	made  time.Time
	loose []string // virtual MFA devices that nobody has
}

// since is when a credential was made, as the API writes it.
func (u *root) since(id string) string {
	at, ok := u.Since[id]
	if !ok {
		at = u.made
	}
	return stamp(at)
}

func stamp(at time.Time) string { return at.UTC().Format(time.RFC3339) }

// make notes when a credential was made.
func (u *root) make(id string, at time.Time) {
	if u.Since == nil {
		u.Since = map[string]time.Time{}
	}
	u.Since[id] = at
}

func (s *Identities) root(account string) *root {
	if s.roots[account] == nil {
		s.roots[account] = &root{made: s.front.Now()}
	}
	return s.roots[account]
}

// rootReads and rootChanges are the calls about the credentials of root itself, which name no user
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-privileged-task.html).
var (
	rootReads = map[string]func(*request, *root) (any, *front.Error){
		"GetLoginProfile": getLoginProfile, "ListAccessKeys": listAccessKeys,
		"ListSigningCertificates": listCertificates, "ListMFADevices": listMFADevices,
		"GetAccountSummary": getAccountSummary, "GetAccessKeyLastUsed": getAccessKeyLastUsed,
	}
	rootChanges = map[string]func(*request, *root) (any, *front.Error){
		"CreateLoginProfile": createLoginProfile, "DeleteLoginProfile": deleteLoginProfile,
		"CreateAccessKey": createAccessKey, "UpdateAccessKey": updateAccessKey, "DeleteAccessKey": deleteAccessKey,
		"DeleteSigningCertificate": deleteCertificate, "DeactivateMFADevice": deactivateMFADevice,
		"DeleteVirtualMFADevice": deleteVirtualMFADevice, "CreateVirtualMFADevice": createVirtualMFADevice,
		"EnableMFADevice": enableMFADevice, "UploadSigningCertificate": uploadCertificate,
	}
)

// asRoot is a call that only root makes here, about itself. The same calls about users are not done, if they are
// allowed at all.
func asRoot(do func(*request, *root) (any, *front.Error)) func(*request) (any, *front.Error) {
	return func(r *request) (any, *front.Error) {
		target := front.Target{Action: "iam:" + r.call, ARN: r.about(), Owner: r.Caller.Account}
		if err := r.Authorize(target); err != nil {
			return nil, err
		}
		if r.form.Has("UserName") || r.Caller.Kind != policies.Root && r.call != "GetAccountSummary" {
			return nil, front.Refuse("NotImplemented", "this AWS does "+r.call+" for root only", http.StatusNotImplemented)
		}
		return do(r, r.root(r.Caller.Account))
	}
}

// about is the ARN of what a call of root is about: a user, a virtual device or root itself
// (https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagement.html).
func (r *request) about() string {
	arn := "arn:aws:iam::" + r.Caller.Account + ":"
	switch {
	case r.call == "GetAccountSummary":
		return "*"
	case r.form.Has("UserName"):
		return arn + "user/" + r.form.Get("UserName")
	case r.call == "DeleteVirtualMFADevice" && !r.virtual:
		return r.form.Get("SerialNumber")
	}
	return arn + "root"
}

func none(what string) *front.Error {
	return front.Refuse("NoSuchEntity", what+" cannot be found.", http.StatusNotFound)
}

// profile is root's password as the API shows it: without a user's name.
type profile struct {
	XMLName      xml.Name
	LoginProfile struct {
		CreateDate            string
		PasswordResetRequired bool
	}
}

func (r *request) profile(of *root) profile {
	p := profile{XMLName: xml.Name{Local: r.call + "Result"}}
	p.LoginProfile.CreateDate = of.since(password)
	return p
}

func getLoginProfile(r *request, of *root) (any, *front.Error) {
	if !of.Password {
		return nil, none("Login Profile for User null")
	}
	return r.profile(of), nil
}

// createLoginProfile lets root recover its password by mail; nobody is sent one.
func createLoginProfile(r *request, of *root) (any, *front.Error) {
	if of.Password {
		return nil, front.Refuse("EntityAlreadyExists", "Login Profile for user null already exists.",
			http.StatusConflict)
	}
	of.Password, of.PasswordUsed = true, time.Time{}
	of.make(password, r.Now())
	return r.profile(of), nil
}

func deleteLoginProfile(_ *request, of *root) (any, *front.Error) {
	if !of.Password {
		return nil, none("Login Profile for User null")
	}
	of.Password = false
	return nil, nil
}

// key is an access key as the API shows it, and the secret where it is new.
type key struct {
	AccessKeyId, Status, CreateDate string
	SecretAccessKey                 string `xml:",omitempty"`
}

func listAccessKeys(_ *request, of *root) (any, *front.Error) {
	var answer struct {
		XMLName     xml.Name `xml:"ListAccessKeysResult"`
		Keys        []key    `xml:"AccessKeyMetadata>member"`
		IsTruncated bool
	}
	for _, id := range of.AccessKeys {
		status := "Active"
		if slices.Contains(of.Inactive, id) {
			status = "Inactive"
		}
		answer.Keys = append(answer.Keys, key{AccessKeyId: id, Status: status, CreateDate: of.since(id)})
	}
	return answer, nil
}

// getAccessKeyLastUsed says N/A of a key that was never used
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKeyLastUsed.html). Of a key of somebody else IAM says
// that it is forbidden, whether there is one or not.
func getAccessKeyLastUsed(r *request, of *root) (any, *front.Error) {
	id := r.form.Get("AccessKeyId")
	if !slices.Contains(of.AccessKeys, id) {
		return nil, front.Refuse("AccessDenied", "User: "+r.Caller.Identity()+" is not authorized to perform: "+
			"iam:GetAccessKeyLastUsed on resource: access key "+id, http.StatusForbidden)
	}
	var answer struct {
		XMLName xml.Name `xml:"GetAccessKeyLastUsedResult"`
		Used    struct {
			LastUsedDate        string `xml:",omitempty"`
			ServiceName, Region string
		} `xml:"AccessKeyLastUsed"`
	}
	answer.Used.ServiceName, answer.Used.Region = "N/A", "N/A"
	if used, ok := of.Used[id]; ok {
		answer.Used.LastUsedDate = stamp(used.At)
		answer.Used.ServiceName, answer.Used.Region = used.Service, used.Region
	}
	return answer, nil
}

// created is a new access key. CloudTrail shows it without its secret.
type created struct {
	XMLName xml.Name `xml:"CreateAccessKeyResult"`
	Key     key      `xml:"AccessKey"`
}

func (c created) recorded() any {
	return map[string]any{"accessKey": map[string]any{"accessKeyId": c.Key.AccessKeyId, "status": c.Key.Status}}
}

func createAccessKey(r *request, of *root) (any, *front.Error) {
	if len(of.AccessKeys) >= 2 {
		return nil, front.Refuse("LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2", http.StatusConflict)
	}
	k := key{AccessKeyId: "AKIA" + front.Letters(16), Status: "Active", SecretAccessKey: front.RandomID(20),
		CreateDate: stamp(r.Now())}
	of.AccessKeys = append(of.AccessKeys, k.AccessKeyId)
	of.make(k.AccessKeyId, r.Now())
	return created{Key: k}, nil
}

// updateAccessKey switches a key on or off. None of the task policies allows it.
func updateAccessKey(r *request, of *root) (any, *front.Error) {
	id, status := r.form.Get("AccessKeyId"), r.form.Get("Status")
	switch {
	case !slices.Contains(of.AccessKeys, id):
		return nil, none("The Access Key with id " + id)
	case status != "Active" && status != "Inactive":
		return nil, invalid("1 validation error detected: Value '%s' at 'status' failed to satisfy constraint: Member must "+
			"satisfy enum value set: [Active, Inactive]", status)
	}
	of.Inactive = slices.DeleteFunc(of.Inactive, func(k string) bool { return k == id })
	if status == "Inactive" {
		of.Inactive = append(of.Inactive, id)
	}
	return nil, nil
}

// drop takes what a parameter names out of a list.
func (r *request) drop(list *[]string, parameter, what string) (any, *front.Error) {
	id := r.form.Get(parameter)
	at := slices.Index(*list, id)
	if at < 0 {
		return nil, none("The " + what + " with id " + id)
	}
	*list = slices.Delete(slices.Clone(*list), at, at+1)
	return nil, nil
}

func deleteAccessKey(r *request, of *root) (any, *front.Error) {
	return r.drop(&of.AccessKeys, "AccessKeyId", "Access Key")
}

func deleteCertificate(r *request, of *root) (any, *front.Error) {
	return r.drop(&of.Certificates, "CertificateId", "Certificate")
}

func listCertificates(_ *request, of *root) (any, *front.Error) {
	type certificate struct{ CertificateId, Status, UploadDate string }
	var answer struct {
		XMLName      xml.Name      `xml:"ListSigningCertificatesResult"`
		Certificates []certificate `xml:"Certificates>member"`
		IsTruncated  bool
	}
	for _, id := range of.Certificates {
		answer.Certificates = append(answer.Certificates,
			certificate{id, "Active", of.since(id)})
	}
	return answer, nil
}
