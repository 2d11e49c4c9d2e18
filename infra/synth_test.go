package main

import (
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false,
	"write the snapshots and the list of permissions anew; read them before they are committed")

// A template is a synthesized CloudFormation template.
type template struct {
	Resources map[string]resource
	Outputs   map[string]any
}

type resource struct {
	Type       string
	Properties map[string]any
	DependsOn  any `json:",omitempty"`
}

// needNode skips a test where CDK cannot run.
func needNode(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("node is not installed: the CDK tests are skipped")
	}
}

// synthesize makes the whole app, with the Slack channel and the guardrails, into a folder. Without bundling the
// function's code is its source folder.
func synthesize(folder string, bundling bool) error {
	context := map[string]any{}
	if !bundling {
		context["aws:cdk:bundling-stacks"] = []string{}
	}
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: &folder, AnalyticsReporting: jsii.Bool(false), Context: &context})
	config := sample()
	config["pagers"] = []string{"https://events.example.com/enqueue"}
	config["chat"] = map[string]string{"workspace": "T07EA123LEP", "channel": "C07EZ1ABC23"}
	config["guardrail"], config["reader"] = true, "LocksmithReader"
	config["desk"] = map[string]any{"signIn": map[string]string{"issuer": "https://login.example.com", "clientId": "desk"}}
	config["allowList"] = "infra/testdata/allowlist.json"
	c, err := readConfig(config, "..")
	if err != nil {
		return err
	}
	if err := build(app, c, ".."); err != nil {
		return err
	}
	app.Synth(nil)
	return nil
}

// shared is where the synth goes that all tests share.
var shared string

var once = sync.OnceValue(func() error { return synthesize(shared, false) })

func TestMain(m *testing.M) {
	flag.Parse()
	var err error
	if shared, err = os.MkdirTemp("", "locksmith-synth-"); err != nil {
		panic(err)
	}
	code := m.Run()
	os.RemoveAll(shared)
	jsii.Close()
	os.Exit(code)
}

// synthesized is the folder of one synth that all tests share.
func synthesized(t *testing.T) string {
	t.Helper()
	needNode(t)
	if err := once(); err != nil {
		t.Fatal(err)
	}
	return shared
}

func stack(t *testing.T, name string) template {
	t.Helper()
	var s template
	readJSON(t, filepath.Join(synthesized(t), name+".template.json"), &s)
	return s
}

func readJSON(t *testing.T, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// of are the resources of a type.
func (s template) of(kind string) map[string]resource {
	found := map[string]resource{}
	for name, r := range s.Resources {
		if r.Type == kind {
			found[name] = r
		}
	}
	return found
}

// one is the resource whose logical id begins so.
func (s template) one(t *testing.T, kind, begin string) resource {
	t.Helper()
	for name, r := range s.of(kind) {
		if strings.HasPrefix(name, begin) {
			return r
		}
	}
	t.Fatalf("no %s %s", kind, begin)
	return resource{}
}

// at is what stands at a path of a resource's properties.
func at(v any, path ...any) any {
	for _, step := range path {
		switch s := step.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[s]
		case int:
			l, _ := v.([]any)
			if s >= len(l) {
				return nil
			}
			v = l[s]
		}
	}
	return v
}

// TestNoChannelNoTopic: without a chat channel there is no topic for it, since nobody would hear what is sent there.
func TestNoChannelNoTopic(t *testing.T) {
	needNode(t)
	c, err := readConfig(sample(), "..")
	if err != nil {
		t.Fatal(err)
	}
	folder, context := t.TempDir(), map[string]any{"aws:cdk:bundling-stacks": []string{}}
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: &folder, AnalyticsReporting: jsii.Bool(false), Context: &context})
	newCentral(app, c, "..", "{}")
	app.Synth(nil)
	var s template
	readJSON(t, filepath.Join(folder, "Locksmith-Central.template.json"), &s)
	f := s.one(t, "AWS::Lambda::Function", "Unlock").Properties
	topics := len(s.of("AWS::SNS::Topic"))
	if chat := at(f, "Environment", "Variables", "LOCKSMITH_CHAT_TOPIC"); chat != nil || topics != 2 {
		t.Errorf("chat goes to %v; %d topics", chat, topics)
	}
}

var assetHash = regexp.MustCompile(`[0-9a-f]{64}`)

// golden compares with a file that a person has read.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got), go test ./infra -update writes it anew:\n%s", path, diff)
	}
}

// TestSnapshots: every template is as it was reviewed. The names of assets change with the sources and are left out.
func TestSnapshots(t *testing.T) {
	for _, name := range []string{"Locksmith-Central", "Locksmith-Watch-us-east-1", "Locksmith-Management-eu-central-1",
		"Locksmith-Guardrails", "Locksmith-Desk"} {
		text, err := os.ReadFile(filepath.Join(synthesized(t), name+".template.json"))
		if err != nil {
			t.Fatal(err)
		}
		golden(t, name+".json", append(assetHash.ReplaceAll(text, []byte("ASSET")), '\n'))
	}
}

// TestSynthTwice: the same sources give the same templates and the same function, byte for byte.
func TestSynthTwice(t *testing.T) {
	needNode(t)
	if testing.Short() {
		t.Skip("the function is not built in -short: that two builds are the same is not tested")
	}
	var folders [2]string
	for i := range folders {
		folders[i] = t.TempDir()
		if err := synthesize(folders[i], true); err != nil {
			t.Fatal(err)
		}
	}
	files, err := filepath.Glob(filepath.Join(folders[0], "*.template.json"))
	if err != nil || len(files) != 7 {
		t.Fatalf("%d templates, want 7: %v", len(files), err)
	}
	assets, err := filepath.Glob(filepath.Join(folders[0], "asset.*", "*"))
	if err != nil || len(assets) == 0 || len(assets)%2 != 0 {
		t.Fatalf("%v, want bootstrap and the allow list of each function: %v", assets, err)
	}
	for _, path := range append(files, assets...) {
		rest := strings.TrimPrefix(path, folders[0])
		first, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		second, err := os.ReadFile(folders[1] + rest)
		if err != nil || string(first) != string(second) {
			t.Errorf("%s differs: %v", rest, err)
		}
	}
}

// TestNag: cdk-nag's AwsSolutions has nothing to say, beyond what is suppressed beside its resource with a reason.
func TestNag(t *testing.T) {
	reports, err := filepath.Glob(filepath.Join(synthesized(t), "*NagReport.csv"))
	if err != nil || len(reports) < 7 {
		t.Fatalf("%d reports: %v", len(reports), err)
	}
	for _, path := range reports {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(string(text), "\n") {
			if strings.Contains(line, `"Non-Compliant"`) || strings.Contains(line, `"UNKNOWN"`) {
				t.Errorf("%s: %s", filepath.Base(path), line)
			}
		}
	}
}

// TestLint: cfn-lint, where it is installed, is clean for every Region of the configuration.
func TestLint(t *testing.T) {
	folder := synthesized(t)
	lint, err := exec.LookPath("cfn-lint")
	if err != nil {
		t.Skip("cfn-lint is not installed: the templates are not linted")
	}
	member := filepath.Join(t.TempDir(), "member.template.json")
	set := stack(t, "Locksmith-Central").one(t, "AWS::CloudFormation::StackSet", "Members")
	body := set.Properties["TemplateBody"].(string)
	if err := os.WriteFile(member, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.template.json"))
	if err != nil || len(files) != 7 {
		t.Fatalf("%d templates, want 7: %v", len(files), err)
	}
	out, err := exec.Command(lint, append([]string{"-r", "eu-central-1", "us-east-1", "-t", member},
		files...)...).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
