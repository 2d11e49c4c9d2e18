package iam

import (
	"encoding/xml"
	"net/http"
	"slices"
	"strconv"
	"time"

	"locksmith/policies"
	"locksmith/test/cloud/front"
)

// A RootUser is what the root of an account can sign in and sign with.
type RootUser struct {
	Password     bool
	AccessKeys   []string // ids
	Certificates []string // ids
	MFA          []string // serial numbers
}

// PutRoot sets what root of an account has; it has nothing at the start.
func (s *Identities) PutRoot(account string, has RootUser) {
	s.front.Lock()
	defer s.front.Unlock()
	s.front.Use(account)
	s.roots[account] = &root{RootUser: has, since: s.front.Now()}
}

// RootHas is what root of an account has.
func (s *Identities) RootHas(account string) RootUser {
	s.front.Lock()
	defer s.front.Unlock()
	return s.root(account).RootUser
}

type root struct {
	RootUser
	since time.Time
}

func (s *Identities) root(account string) *root {
	if s.roots[account] == nil {
		s.roots[account] = &root{since: s.front.Now()}
	}
	return s.roots[account]
}

// rootReads and rootChanges are the calls about the credentials of root itself, which name no user
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-privileged-task.html).
var (
	rootReads = map[string]func(*request, *root) (any, *front.Error){
		"GetLoginProfile": getLoginProfile, "ListAccessKeys": listAccessKeys,
		"ListSigningCertificates": listCertificates, "ListMFADevices": listMFADevices,
		"GetAccountSummary": getAccountSummary,
	}
	rootChanges = map[string]func(*request, *root) (any, *front.Error){
		"CreateLoginProfile": createLoginProfile, "DeleteLoginProfile": deleteLoginProfile,
		"CreateAccessKey": createAccessKey, "DeleteAccessKey": deleteAccessKey,
		"DeleteSigningCertificate": deleteCertificate, "DeactivateMFADevice": deactivateMFADevice,
	}
)

// asRoot is a call that only root makes here, about itself. The same calls about users are not done.
func asRoot(do func(*request, *root) (any, *front.Error)) func(*request) (any, *front.Error) {
	return func(r *request) (any, *front.Error) {
		if r.form.Has("UserName") || r.Caller.Kind != policies.Root && r.call != "GetAccountSummary" {
			return nil, front.Refuse("NotImplemented", "this AWS does "+r.call+" for root only", http.StatusNotImplemented)
		}
		arn := "arn:aws:iam::" + r.Caller.Account + ":root"
		if r.call == "GetAccountSummary" {
			arn = "*"
		}
		target := front.Target{Action: "iam:" + r.call, ARN: arn, Owner: r.Caller.Account}
		if err := r.Authorize(target); err != nil {
			return nil, err
		}
		return do(r, r.root(r.Caller.Account))
	}
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
	p.LoginProfile.CreateDate = of.since.UTC().Format(time.RFC3339)
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
	of.Password, of.since = true, r.Now()
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
		answer.Keys = append(answer.Keys, key{AccessKeyId: id, Status: "Active",
			CreateDate: of.since.UTC().Format(time.RFC3339)})
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
		CreateDate: r.Now().UTC().Format(time.RFC3339)}
	of.AccessKeys = append(of.AccessKeys, k.AccessKeyId)
	return created{Key: k}, nil
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

func deactivateMFADevice(r *request, of *root) (any, *front.Error) {
	return r.drop(&of.MFA, "SerialNumber", "MFA Device")
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
			certificate{id, "Active", of.since.UTC().Format(time.RFC3339)})
	}
	return answer, nil
}

func listMFADevices(_ *request, of *root) (any, *front.Error) {
	type device struct{ SerialNumber, EnableDate string }
	var answer struct {
		XMLName     xml.Name `xml:"ListMFADevicesResult"`
		Devices     []device `xml:"MFADevices>member"`
		IsTruncated bool
	}
	for _, serial := range of.MFA {
		answer.Devices = append(answer.Devices, device{serial, of.since.UTC().Format(time.RFC3339)})
	}
	return answer, nil
}

// getAccountSummary tells all that root has at once
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html).
func getAccountSummary(r *request, of *root) (any, *front.Error) {
	type entry struct {
		Key   string `xml:"key"`
		Value string `xml:"value"`
	}
	var answer struct {
		XMLName xml.Name `xml:"GetAccountSummaryResult"`
		Entries []entry  `xml:"SummaryMap>entry"`
	}
	say := func(name string, n int) { answer.Entries = append(answer.Entries, entry{name, strconv.Itoa(n)}) }
	present := func(is bool) int {
		if is {
			return 1
		}
		return 0
	}
	account := r.Caller.Account
	say("AccountPasswordPresent", present(of.Password))
	say("AccountAccessKeysPresent", present(len(of.AccessKeys) > 0))
	say("AccountSigningCertificatesPresent", present(len(of.Certificates) > 0))
	say("AccountMFAEnabled", present(len(of.MFA) > 0))
	say("Users", len(r.names[place(account, policies.User)]))
	say("Roles", len(r.names[place(account, policies.Role)]))
	return answer, nil
}
