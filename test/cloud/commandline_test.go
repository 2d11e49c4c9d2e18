package cloud_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"locksmith/test/cloud/iam"
	"locksmith/test/cloud/place"
)

// commandLine runs the real aws command line against the place, as somebody whose keys stand in the environment.
func commandLine(t *testing.T, p *place.Place, keys ...string) func(args ...string) string {
	if _, err := exec.LookPath("aws"); err != nil {
		t.Skip("aws is not installed: the test with the real command line is skipped")
	}
	names := []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}
	env := append(os.Environ(), "AWS_PAGER=", "AWS_EC2_METADATA_DISABLED=true", "AWS_MAX_ATTEMPTS=1",
		"AWS_CONFIG_FILE="+os.DevNull, "AWS_SHARED_CREDENTIALS_FILE="+os.DevNull)
	for i, key := range keys {
		env = append(env, names[i]+"="+key)
	}
	return func(args ...string) string {
		cmd := exec.Command("aws", append([]string{"--endpoint-url", p.URL, "--region", region}, args...)...)
		cmd.Env = env
		out, _ := cmd.CombinedOutput() // what it says tells more than its exit code
		return string(out)
	}
}

// What the commands name by one word: a service control policy and a trust policy.
const (
	noUnlock = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}`
	trust    = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},` +
		`"Action":"sts:AssumeRole"}]}`
)

// A step is one command, and what it says among other things; "" is nothing at all.
type step struct {
	args, want string
}

func play(t *testing.T, run func(...string) string, steps ...step) {
	t.Helper()
	for _, s := range steps {
		var args []string
		for _, a := range strings.Fields(s.args) {
			args = append(args, strings.NewReplacer("SCP", noUnlock, "TRUST", trust, "LOCKQ", `{"Policy":`+quoted(lockQ)+`}`, "LOCK",
				strings.ReplaceAll(lock, ":::b", ":::mine")).Replace(a))
		}
		if out := run(args...); s.want == "" && out != "" || !strings.Contains(out, s.want) {
			t.Errorf("aws %s: %q, want %q", s.args, out, s.want)
		}
	}
}

func quoted(s string) string {
	text, _ := json.Marshal(s) // a string always marshals
	return string(text)
}

func TestCommandLineBuckets(t *testing.T) {
	t.Parallel()
	p := place.New(t)
	admin := commandLine(t, p, owner+".role.Admin", "any")
	play(t, admin,
		step{"s3 mb s3://mine", "make_bucket: mine"},
		step{"s3api put-bucket-policy --bucket mine --policy LOCK", ""},
		step{"s3api get-bucket-policy --bucket mine",
			`(AccessDenied) when calling the GetBucketPolicy operation: User: ` +
				`arn:aws:sts::111122223333:assumed-role/Admin/session ` +
				`is not authorized to perform: s3:GetBucketPolicy on resource: "arn:aws:s3:::mine" with an explicit ` +
				`deny in a resource-based policy`},
	)
	out := commandLine(t, p, central+".role.Locksmith", "any")("sts", "assume-root", "--target-principal", owner,
		"--duration-seconds", "60",
		"--task-policy-arn", "arn=arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy")
	var issued struct {
		Credentials struct{ AccessKeyId, SecretAccessKey, SessionToken string }
	}
	if err := json.Unmarshal([]byte(out), &issued); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	root := commandLine(t, p, issued.Credentials.AccessKeyId, issued.Credentials.SecretAccessKey,
		issued.Credentials.SessionToken)
	play(t, root, step{"s3api delete-bucket-policy --bucket mine --expected-bucket-owner 111122223333", ""})
	if policy := p.Policy("arn:aws:s3:::mine"); policy != "" {
		t.Errorf("left: %s", policy)
	}
}

func TestCommandLineQueues(t *testing.T) {
	t.Parallel()
	p := place.New(t)
	url := " --queue-url " + *p.QueueURL()
	play(t, commandLine(t, p, owner, "any"),
		step{"sqs set-queue-attributes --attributes LOCKQ" + url, ""},
		step{"sqs get-queue-attributes --attribute-names Policy" + url,
			`(AccessDenied) when calling the GetQueueAttributes operation: ` +
				`User: arn:aws:iam::111122223333:user/admin ` +
				`is not authorized to perform: sqs:getqueueattributes on resource: ` +
				`arn:aws:sqs:eu-central-1:111122223333:q with an explicit deny in a resource-based policy`},
	)
	c, err := p.Root(t, "SQSUnlockQueuePolicy").Credentials.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	play(t, commandLine(t, p, c.AccessKeyID, c.SecretAccessKey, c.SessionToken),
		step{`sqs set-queue-attributes --attributes {"Policy":""}` + url, ""})
	if policy := p.Policy("arn:aws:sqs:eu-central-1:111122223333:q"); policy != "" {
		t.Errorf("left: %s", policy)
	}
}

func TestCommandLineObjects(t *testing.T) {
	t.Parallel()
	p := place.New(t)
	file := filepath.Join(t.TempDir(), "note")
	if err := os.WriteFile(file, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	play(t, commandLine(t, p, owner, "any"),
		step{"s3 cp --no-progress " + file + " s3://b/a/note", "upload: "},
		step{"s3 cp --no-progress s3://b/a/note -", "hello"},
	)
}

func TestCommandLineOrganization(t *testing.T) {
	t.Parallel()
	p := place.New(t)
	play(t, commandLine(t, p, "000011112222", "any"),
		step{"organizations list-accounts --query Accounts[].[Id,State] --output text", "111122223333\tACTIVE"},
		step{"organizations create-policy --type SERVICE_CONTROL_POLICY --name NoUnlock --description d --content SCP",
			`"AwsManaged": false`},
		step{"organizations describe-account --account-id 123412341234",
			"(AccountNotFoundException) when calling the DescribeAccount operation"},
		step{"iam disable-organizations-root-sessions", `"RootCredentialsManagement"`},
	)
	play(t, commandLine(t, p, owner+".role.Admin", "any"),
		step{"iam create-role --role-name Reader --path /x/ --assume-role-policy-document TRUST",
			"arn:aws:iam::111122223333:role/x/Reader"},
		step{"iam list-roles --query Roles[].RoleName --output text", "Admin\tReader"},
		step{"sts assume-role --role-arn arn:aws:iam::111122223333:role/x/Reader --role-session-name sweep",
			"assumed-role/Reader/sweep"},
		step{"s3api list-buckets --max-buckets 1 --query Buckets[].BucketRegion --output text", region},
	)
}

// TestCommandLineRootCredentials: audited, deleted and created by the real command line, in root sessions.
func TestCommandLineRootCredentials(t *testing.T) {
	t.Parallel()
	p := place.New(t)
	p.PutRoot(owner, iam.RootUser{Password: true, AccessKeys: []string{"AKIAIOSFODNN7EXAMPLE"},
		MFA: []string{"GAHT12345678"}})
	in := func(task string) func(...string) string {
		c, err := p.Root(t, task).Credentials.Retrieve(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return commandLine(t, p, c.AccessKeyID, c.SecretAccessKey, c.SessionToken)
	}
	const denied = "is not authorized to perform: iam:"
	play(t, in("IAMAuditRootUserCredentials"),
		step{"iam get-account-summary --query SummaryMap.AccountPasswordPresent", "1\n"},
		step{"iam list-access-keys --query AccessKeyMetadata[0].AccessKeyId", "AKIAIOSFODNN7EXAMPLE"},
		step{"iam get-access-key-last-used --access-key-id AKIAIOSFODNN7EXAMPLE", `"ServiceName": "N/A"`},
		step{"iam delete-access-key --access-key-id AKIAIOSFODNN7EXAMPLE", denied + "DeleteAccessKey on resource: " +
			"arn:aws:iam::111122223333:root with an explicit deny in a session policy"},
	)
	play(t, in("IAMDeleteRootUserCredentials"),
		step{"iam get-account-summary", denied + "GetAccountSummary on resource: *"},
		step{"iam update-access-key --access-key-id AKIAIOSFODNN7EXAMPLE --status Inactive", denied + "UpdateAccessKey"},
		step{"iam delete-access-key --access-key-id AKIAIOSFODNN7EXAMPLE", ""},
		step{"iam delete-login-profile", ""},
		step{"iam delete-login-profile", "(NoSuchEntity) when calling the DeleteLoginProfile operation: " +
			"Login Profile for User null cannot be found."},
		step{"iam deactivate-mfa-device --serial-number GAHT12345678", ""},
	)
	play(t, in("IAMCreateRootUserPassword"),
		step{"iam create-login-profile", `"CreateDate": "2026-11-21T08:00:00`},
		step{"iam create-login-profile", "(EntityAlreadyExists) when calling the CreateLoginProfile operation: "},
	)
	if left := p.RootHas(owner); !left.Password || len(left.AccessKeys)+len(left.MFA) > 0 {
		t.Errorf("%+v", left)
	}
}
