package awsroot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"locksmith/lambdas/credentials"
	"locksmith/lambdas/pace"
	"locksmith/lambdas/remedy"
)

// iamAnswer is an answer of IAM's to a call.
func iamAnswer(call, result string) answer {
	return answer{200, nil, fmt.Sprintf(`<%[1]sResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><%[1]sResult>`+
		`%[2]s</%[1]sResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></%[1]sResponse>`, call, result)}
}

// manage is a session for root's credentials, with STS's request already answered.
func manage(t *testing.T, task credentials.Task, answers ...answer) (credentials.Session, *wire) {
	t.Helper()
	w := newWire(t, append([]answer{rootIssued}, answers...)...)
	s, err := w.opener(t, Options{}).Credentials(t.Context(), "request-1", "111122223333", task)
	if err != nil {
		t.Fatal(err)
	}
	return s, w
}

// TestCredentialsCalls: every call as it goes over the wire. None names a user.
func TestCredentialsCalls(t *testing.T) {
	const profile = `<LoginProfile><CreateDate>2020-01-02T03:04:05Z</CreateDate></LoginProfile>`
	at := time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
	flags := func(password, keys, certificates, mfa int) string {
		text := `<SummaryMap><entry><key>Users</key><value>7</value></entry>`
		for name, n := range map[string]int{"AccountPasswordPresent": password, "AccountAccessKeysPresent": keys,
			"AccountSigningCertificatesPresent": certificates, "AccountMFAEnabled": mfa} {
			text += fmt.Sprintf("<entry><key>%s</key><value>%d</value></entry>", name, n)
		}
		return text + `</SummaryMap>`
	}
	drop := func(kind credentials.Kind, id string) func(context.Context, credentials.Session) (any, error) {
		return func(ctx context.Context, s credentials.Session) (any, error) { return nil, s.Drop(ctx, kind, id) }
	}
	for _, tt := range []struct {
		call, result string
		do           func(context.Context, credentials.Session) (any, error)
		want         any
		form         map[string]string
	}{
		{"GetAccountSummary", flags(1, 2, 0, 0),
			func(ctx context.Context, s credentials.Session) (any, error) { return s.Summary(ctx) },
			credentials.Summary{Password: true, AccessKeys: true}, nil},
		{"GetAccountSummary", flags(0, 0, 1, 1),
			func(ctx context.Context, s credentials.Session) (any, error) { return s.Summary(ctx) },
			credentials.Summary{Certificates: true, MFA: true}, nil},
		{"GetLoginProfile", profile,
			func(ctx context.Context, s credentials.Session) (any, error) { return s.Profile(ctx) }, at, nil},
		{"CreateLoginProfile", profile,
			func(ctx context.Context, s credentials.Session) (any, error) { return s.Create(ctx) }, at, nil},
		{"GetUser", `<User><Arn>a</Arn><UserId>1</UserId><PasswordLastUsed>2020-01-02T03:04:05Z</PasswordLastUsed></User>`,
			func(ctx context.Context, s credentials.Session) (any, error) { return s.LastLogin(ctx) }, at, nil},
		{"GetUser", `<User><Arn>a</Arn><UserId>1</UserId></User>`,
			func(ctx context.Context, s credentials.Session) (any, error) { return s.LastLogin(ctx) }, time.Time{}, nil},
		{"ListAccessKeys", `<AccessKeyMetadata><member><AccessKeyId>AKIA1</AccessKeyId><Status>Inactive</Status>` +
			`<CreateDate>2020-01-02T03:04:05Z</CreateDate></member></AccessKeyMetadata><IsTruncated>false</IsTruncated>`,
			func(ctx context.Context, s credentials.Session) (any, error) { return s.Keys(ctx) },
			[]credentials.Key{{ID: "AKIA1", Status: "Inactive", Since: at}}, nil},
		{"GetAccessKeyLastUsed", `<AccessKeyLastUsed><LastUsedDate>2020-01-02T03:04:05Z</LastUsedDate>` +
			`<ServiceName>s3</ServiceName><Region>us-east-1</Region></AccessKeyLastUsed>`,
			func(ctx context.Context, s credentials.Session) (any, error) {
				return s.KeyUsed(ctx, credentials.Key{ID: "AKIA1"})
			},
			credentials.Key{ID: "AKIA1", LastUsed: at, Service: "s3", Region: "us-east-1"},
			map[string]string{"AccessKeyId": "AKIA1"}},
		{"GetAccessKeyLastUsed",
			`<AccessKeyLastUsed><ServiceName>N/A</ServiceName><Region>N/A</Region></AccessKeyLastUsed>`,
			func(ctx context.Context, s credentials.Session) (any, error) {
				return s.KeyUsed(ctx, credentials.Key{ID: "AKIA1"})
			},
			credentials.Key{ID: "AKIA1"}, map[string]string{"AccessKeyId": "AKIA1"}},
		{"ListSigningCertificates", `<Certificates><member><CertificateId>C1</CertificateId><Status>Active</Status>` +
			`<UploadDate>2020-01-02T03:04:05Z</UploadDate></member></Certificates><IsTruncated>false</IsTruncated>`,
			func(ctx context.Context, s credentials.Session) (any, error) { return s.Certificates(ctx) },
			[]credentials.Signing{{ID: "C1", Status: "Active", Since: at}}, nil},
		{"ListMFADevices", `<MFADevices><member><SerialNumber>GAHT1</SerialNumber>` +
			`<EnableDate>2020-01-02T03:04:05Z</EnableDate></member></MFADevices><IsTruncated>false</IsTruncated>`,
			func(ctx context.Context, s credentials.Session) (any, error) { return s.Devices(ctx) },
			[]credentials.Device{{Serial: "GAHT1", Since: at}}, nil},
		{"DeleteLoginProfile", "", drop(credentials.Password, ""), nil, nil},
		{"DeleteAccessKey", "", drop(credentials.AccessKey, "AKIA1"), nil, map[string]string{"AccessKeyId": "AKIA1"}},
		{"DeleteSigningCertificate", "", drop(credentials.Certificate, "C1"), nil, map[string]string{"CertificateId": "C1"}},
		{"DeactivateMFADevice", "", drop(credentials.MFA, "GAHT1"), nil, map[string]string{"SerialNumber": "GAHT1"}},
		{"DeleteVirtualMFADevice", "", drop(credentials.Virtual, "arn"), nil, map[string]string{"SerialNumber": "arn"}},
	} {
		s, w := manage(t, credentials.ToDelete, iamAnswer(tt.call, tt.result))
		got, err := tt.do(t.Context(), s)
		if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", tt.call, err, diff)
		}
		call := w.seen()[1]
		want := map[string]string{"Action": tt.call, "Version": "2010-05-08"}
		for name, value := range tt.form {
			want[name] = value
		}
		if diff := cmp.Diff(want, form(t, call.body)); diff != "" {
			t.Errorf("%s, form (-want +got):\n%s", tt.call, diff)
		}
		if got := call.scope(); got != issuedKey+" us-east-1/iam" || call.header.Get("X-Amz-Security-Token") != issuedToken {
			t.Errorf("%s signed for %q", tt.call, got)
		}
	}
}

// TestASummaryWithoutItsFlags is an error, and never "nothing there".
func TestASummaryWithoutItsFlags(t *testing.T) {
	s, _ := manage(t, credentials.ToAudit, iamAnswer("GetAccountSummary",
		`<SummaryMap><entry><key>AccountMFAEnabled</key><value>0</value></entry></SummaryMap>`))
	if has, err := s.Summary(t.Context()); err == nil || errors.As(err, new(*remedy.Refusal)) {
		t.Errorf("%+v, %v", has, err)
	}
}

// TestCredentialsErrors: what IAM answers, in the words of the package credentials.
func TestCredentialsErrors(t *testing.T) {
	iamError := func(status int, code, message string) answer {
		a := stsError(status, code, message)
		a.body = strings.Replace(a.body, "sts.amazonaws.com/doc/2011-06-15", "iam.amazonaws.com/doc/2010-05-08", 1)
		return a
	}
	for _, tt := range []struct {
		answer answer
		is     error
		cause  remedy.Cause
		text   string
	}{
		{iamError(404, "NoSuchEntity", "Login Profile for User null cannot be found."), remedy.ErrGone, "", "gone"},
		{iamError(409, "EntityAlreadyExists", "Login Profile for user null already exists."), credentials.ErrThere, "",
			"already"},
		{iamError(400, "Throttling", "Rate exceeded"), pace.ErrThrottled, "", "Rate exceeded"},
		{iamError(429, "TooManyRequestsException", "Too many requests"), pace.ErrThrottled, "", "Too many"},
		{iamError(403, "AccessDenied", "User: arn:aws:iam::111122223333:root is not authorized to perform: x on resource: y "+
			"with an explicit deny in a service control policy"), nil, remedy.DeniedByOrg, "aws:AssumedRoot"},
		{iamError(403, "AccessDenied", "User: arn:aws:iam::111122223333:root is not authorized to perform: x on resource: y "+
			"with an explicit deny in a session policy"), nil, remedy.Unexpected, "the task policy does not allow it"},
		{iamError(409, "DeleteConflict", "MFA VirtualDevice in use. Must deactivate first."), nil, "", "in use"},
		{iamError(403, "ExpiredToken", "The security token included in the request is expired"), nil, "", "expired"},
		{iamError(500, "ServiceFailure", "key AKIAIOSFODNN7EXAMPLE"), nil, "", "[removed]"},
		{iamError(400, "ValidationError", "no"), nil, remedy.Unexpected, "no"},
	} {
		s, _ := manage(t, credentials.ToCreate, tt.answer)
		_, err := s.Create(t.Context())
		refusal := (*remedy.Refusal)(nil)
		refused := errors.As(err, &refusal)
		if err == nil || refused != (tt.cause != "") || refused && refusal.Cause != tt.cause ||
			tt.is != nil && !errors.Is(err, tt.is) || !strings.Contains(err.Error(), tt.text) {
			t.Errorf("%s: %v", tt.answer.body, err)
		}
	}
}

// TestOpeningForCredentials: what is asked of STS, noted before it is used, and refused without a call.
func TestOpeningForCredentials(t *testing.T) {
	var noted []remedy.Opening
	note := func(_ context.Context, o remedy.Opening) error {
		noted = append(noted, o)
		return nil
	}
	w := newWire(t, rootIssued)
	o := w.opener(t, Options{Opened: note, ManagementAccount: "000011112222"})
	for _, task := range []credentials.Task{credentials.ToAudit, credentials.ToCreate, credentials.ToDelete} {
		s, err := o.Credentials(t.Context(), "request-1", "111122223333", task)
		if err != nil {
			t.Fatal(err)
		}
		if text := fmt.Sprintf("%s %v %+v %#v", s, s, s, s); strings.Contains(text, issuedKey) ||
			strings.Contains(text, issuedSecret) || !strings.Contains(text, "root session in 111122223333 for "+string(task)) {
			t.Errorf("prints as %s", text)
		}
		calls := w.seen()
		if got := form(t, calls[len(calls)-1].body)["TaskPolicyArn.arn"]; got !=
			"arn:aws:iam::aws:policy/root-task/"+string(task) {
			t.Errorf("%s: %s", task, got)
		}
	}
	ends := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	want := remedy.Opening{Key: issuedKey, Account: "111122223333", Task: "IAMAuditRootUserCredentials", Purpose: "desk",
		Event: "request-1", Expires: ends}
	changes := want
	changes.Task, changes.Resource = "IAMCreateRootUserPassword", "arn:aws:iam::111122223333:root"
	deletes := changes
	deletes.Task = "IAMDeleteRootUserCredentials"
	if diff := cmp.Diff([]remedy.Opening{want, changes, deletes}, noted); diff != "" {
		t.Errorf("noted (-want +got):\n%s", diff)
	}
	for account, task := range map[string]credentials.Task{"000011112222": credentials.ToAudit, "": credentials.ToAudit,
		"https://evil": credentials.ToDelete, "111122223334": "S3UnlockBucketPolicy"} {
		if _, err := o.Credentials(t.Context(), "r", account, task); !errors.As(err, new(*remedy.Refusal)) {
			t.Errorf("%s, %s: %v", account, task, err)
		}
	}
	if n := len(w.seen()); n != 3 {
		t.Errorf("%d calls", n)
	}
}

// TestCredentialsFeatureOff has a cause and a way out of its own.
func TestCredentialsFeatureOff(t *testing.T) {
	w := newWire(t, stsError(403, "AccessDenied", "Root credentials management feature is not enabled for your AWS "+
		"Organization."))
	_, err := w.opener(t, Options{}).Credentials(t.Context(), "r", "111122223333", credentials.ToAudit)
	wantRefusal(t, err, credentials.Disabled, "enable-organizations-root-credentials-management")
}

// addressed keeps where calls go, and answers AssumeRoot alone.
type addressed struct{ hosts, scopes []string }

func (a *addressed) RoundTrip(r *http.Request) (*http.Response, error) {
	c := call{header: r.Header}
	a.hosts, a.scopes = append(a.hosts, r.URL.Host), append(a.scopes, strings.TrimPrefix(c.scope(), issuedKey+" "))
	body := rootIssued
	if strings.HasPrefix(r.URL.Host, "iam") {
		body = iamAnswer("GetLoginProfile",
			`<LoginProfile><CreateDate>2020-01-02T03:04:05Z</CreateDate></LoginProfile>`)
	}
	return &http.Response{StatusCode: body.status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body.body)),
		Request: r}, nil
}

// TestIAMIsOnePlaceInAPartition, whatever the Region of STS.
func TestIAMIsOnePlaceInAPartition(t *testing.T) {
	for region, want := range map[string]string{
		"eu-central-1":   "iam.amazonaws.com us-east-1/iam",
		"us-east-1":      "iam.amazonaws.com us-east-1/iam",
		"us-gov-east-1":  "iam.us-gov.amazonaws.com us-gov-west-1/iam",
		"cn-northwest-1": "iam.cn-north-1.amazonaws.com.cn cn-north-1/iam",
	} {
		a := &addressed{}
		o, err := New(awsConfig(region, a), Options{})
		if err != nil {
			t.Fatal(err)
		}
		s, err := o.Credentials(t.Context(), "r", "111122223333", credentials.ToAudit)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Profile(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := a.hosts[1] + " " + a.scopes[1]; got != want {
			t.Errorf("%s: %s, want %s", region, got, want)
		}
	}
	w := newWire(t, rootIssued, iamAnswer("GetLoginProfile",
		`<LoginProfile><CreateDate>2020-01-02T03:04:05Z</CreateDate></LoginProfile>`))
	s, err := w.opener(t, Options{STSRegion: "us-gov-east-1"}).Credentials(t.Context(), "r", "111122223333",
		credentials.ToAudit)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Profile(t.Context()); err != nil || w.seen()[1].scope() != issuedKey+" us-gov-west-1/iam" {
		t.Errorf("behind an address of one's own: %s, %v", w.seen()[1].scope(), err)
	}
}
