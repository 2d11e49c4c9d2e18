// Package test holds the house rules that concern the whole tree.
package test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A room is what one folder's shipped code may import besides the standard library. The first room whose folder is the
// package's, or holds it, counts.
type room struct {
	folder string
	may    []string // what is ours begins with a dot and a slash, at the top of the tree
	why    string
}

// rooms is the floor plan, as .github/CONTRIBUTING.md draws it.
func rooms() []room {
	const yaml, events = "go.yaml.in/yaml/v4", "github.com/aws/aws-lambda-go/events"
	judged := []string{"./policies", "./policies/lockout", "./policies/allowlist"}
	sdk := []string{"github.com/aws/aws-sdk-go-v2/...", "github.com/aws/smithy-go/..."}
	cdk := []string{"github.com/aws/aws-cdk-go/...", "github.com/aws/constructs-go/...", "github.com/aws/jsii-runtime-go",
		"github.com/cdklabs/..."}
	adapter := slices.Concat([]string{"./lambdas/remedy", "./lambdas/sweeper", "./lambdas/watcher", "./lambdas/pace",
		"./lambdas/requests", "./lambdas/credentials", "./lambdas/desk/tasks"}, judged, sdk)
	return []room{
		{"policies/lockout/partial", []string{"./policies", "./policies/lockout"},
			"what is unknown is judged by the prover, wherever it was written"},
		{"policies/lockout", []string{"./policies"}, "the verdict depends on the policy language and nothing else"},
		{"policies/allowlist", []string{"./policies"}, "the allow list is read where nothing else is trusted yet"},
		{"policies/guardrails", nil, "policy documents need no code"},
		{"policies/reach", []string{"./policies"}, "what binds a root session follows from policy documents alone"},
		{"policies/difference", nil, "two texts are held against each other, whatever they mean"},
		{"policies/sources/cloudformation", []string{"./policies", "./policies/lockout/partial", "./policies/sources", yaml},
			"templates are YAML, and nothing else here is"},
		{"policies/sources", []string{"./policies", "./policies/lockout/partial", "./policies/sources"},
			"a source yields policies; it knows no other source, judges nothing and prints nothing"},
		{"policies/report", []string{"./policies/lockout"}, "a report only prints"},
		{"policies/linter", slices.Concat(judged, []string{"./policies/lockout/partial", "./policies/report",
			"./policies/sources/..."}), "the linter joins sources, prover and report, and needs no AWS"},
		{"policies/check", []string{"./policies/linter"}, "a check before AWS needs no AWS, and is one file"},
		{"policies", nil, "policies knows nobody"},
		{"lambdas/remedy", slices.Concat(judged, []string{"./policies/sources/cloudtrail", events}),
			"the flow talks to AWS through its adapters only"},
		{"lambdas/pace", []string{"golang.org/x/time/rate"}, "rates know nobody who keeps to them"},
		{"lambdas/sweeper", append([]string{"./lambdas/remedy", "./lambdas/pace", "./policies/sources/cloudtrail",
			events}, judged...), "the sweep talks to AWS through the adapters only"},
		{"lambdas/watcher", append([]string{"./lambdas/remedy", "./policies/sources/cloudtrail", events}, judged...),
			"the watch on root talks to AWS through the adapters only"},
		{"lambdas/readiness", append([]string{"./lambdas/remedy", "./policies/reach"}, judged...),
			"whether a rescue would work is judged from what the adapters tell"},
		{"lambdas/requests", append([]string{"./lambdas/remedy"}, judged...),
			"who may ask for a root task, and who approves, is decided without AWS"},
		{"lambdas/credentials", []string{"./lambdas/remedy", "./lambdas/pace", "golang.org/x/sync/errgroup"},
			"what root of an account has is asked through the adapters only"},
		{"lambdas/desk/pages", []string{}, "pages show what the API answers, and know nothing else"},
		{"lambdas/desk/signin", nil, "signing in is between a browser and an issuer, and trusts neither"},
		{"lambdas/desk/tasks", append([]string{"./lambdas/remedy", "./lambdas/requests", "./lambdas/credentials",
			"./policies/difference"}, judged...),
			"what a request does is joined here, and talks to AWS through the adapters only"},
		{"lambdas/desk/api", append([]string{"./lambdas/remedy", "./lambdas/requests", "./lambdas/credentials",
			"./lambdas/desk/tasks", "./lambdas/sweeper", "./lambdas/readiness"}, judged...),
			"the API talks to AWS through the adapters only"},
		{"lambdas/organization", append([]string{"./lambdas/readiness", "./policies/reach"}, adapter...),
			"adapters know what they serve, not each other"},
		{"lambdas/awsroot", adapter, "adapters know what they serve, not each other"},
		{"lambdas/notice", append([]string{"./policies/difference"}, adapter...),
			"adapters know what they serve, not each other"},
		{"lambdas/ledger", append([]string{"./lambdas/readiness"}, adapter...),
			"adapters know what they serve, not each other"},
		{"lambdas/locksmith", slices.Concat(judged, []string{"./policies/linter", "./lambdas/..."}),
			"the one command that people install: each of its commands is a package's own"},
		{"lambdas", slices.Concat(judged, []string{"./lambdas/...", "github.com/aws/aws-lambda-go/..."}),
			"mains wire; the SDK stays in the adapters, and no linter, test or CDK code reaches a Lambda's binary"},
		{"infra", slices.Concat([]string{"./policies/allowlist", "./policies/guardrails",
			"./policies/sources/cloudtrail"}, cdk), "the stacks deploy the functions, they do not link them"},
		{"test/cloud/place", slices.Concat([]string{"./test/cloud"}, sdk), "tests call this AWS by the SDK, as anybody does"},
		{"test/cloud/sigv4", nil, "signatures know nobody"},
		{"test/cloud/front", []string{"./policies", "./test/cloud/sigv4"}, "what all services pass knows none of them"},
		{"test/cloud", []string{"./policies", "./test/cloud/..."}, "this AWS knows no SDK and no Lambda"},
		{"test/local", slices.Concat([]string{"./lambdas/...", "./policies/...", "./test/...",
			"github.com/schollz/progressbar/v3"}, sdk), "people look at it, and at nothing else here"},
		{"test", slices.Concat([]string{"./lambdas/...", "./policies/...", "./test/...",
			"github.com/aws/aws-lambda-go/..."}, sdk), "nothing depends on infra"},
	}
}

// allows tells whether the room may import the package: an entry names one package, or with /... all that begin so.
func (r room) allows(path string) bool {
	return slices.ContainsFunc(r.may, func(entry string) bool {
		if ours, ok := strings.CutPrefix(entry, "./"); ok {
			entry = "locksmith/" + ours
		}
		prefix, many := strings.CutSuffix(entry, "...")
		return path == entry || many && (strings.HasPrefix(path, prefix) || path+"/" == prefix)
	})
}

// sourceFile is one parsed file and where it is, from the top of the tree, with slashes.
type sourceFile struct {
	path string
	ast  *ast.File
}

func sources(t *testing.T) []sourceFile {
	t.Helper()
	var files []sourceFile
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		none := strings.HasPrefix(name, ".") || name == "testdata" || name == "cdk.out" || name == "node_modules"
		if d.IsDir() && path != ".." && none {
			return filepath.SkipDir
		}
		if d.IsDir() || filepath.Ext(name) != ".go" {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.SkipObjectResolution)
		rel, _ := filepath.Rel("..", path)
		files = append(files, sourceFile{filepath.ToSlash(rel), f})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 20 {
		t.Fatalf("only %d Go files found: the test looks in the wrong place", len(files))
	}
	return files
}

func TestImportsKeepToTheirRooms(t *testing.T) {
	for _, f := range sources(t) {
		if strings.HasSuffix(f.path, "_test.go") {
			continue
		}
		if wrong := f.strangers(); len(wrong) > 0 {
			t.Error(strings.Join(wrong, "\n"))
		}
	}
}

// strangers are the imports that the file's room does not allow.
func (f sourceFile) strangers() (wrong []string) {
	folder := filepath.ToSlash(filepath.Dir(f.path))
	rooms := rooms()
	holds := func(r room) bool { return folder == r.folder || strings.HasPrefix(folder, r.folder+"/") }
	i := slices.IndexFunc(rooms, holds)
	if i < 0 {
		return []string{f.path + ": no room of the floor plan holds this folder"}
	}
	for _, spec := range f.ast.Imports {
		path, _ := strconv.Unquote(spec.Path.Value)
		standard := !strings.Contains(strings.Split(path, "/")[0], ".") && !strings.HasPrefix(path, "locksmith")
		if standard || rooms[i].allows(path) {
			continue
		}
		wrong = append(wrong, fmt.Sprintf("%s imports %s: %s", f.path, path, rooms[i].why))
	}
	return wrong
}

// TestStrangersAreSeen shows that the rule above can fail.
func TestStrangersAreSeen(t *testing.T) {
	for path, code := range map[string]string{
		"policies/a.go":                    `package a; import "github.com/aws/smithy-go"`,
		"policies/lockout/a.go":            `package a; import "locksmith/policies/allowlist"`,
		"policies/report/a.go":             `package a; import "locksmith/policies/sources"`,
		"policies/sources/a.go":            `package a; import "locksmith/policies/linter"`,
		"policies/sources/terraform/a.go":  `package a; import "locksmith/policies/sources/cloudformation"`,
		"policies/sources/cloudtrail/a.go": `package a; import "go.yaml.in/yaml/v4"`,
		"policies/linter/a.go":             `package a; import "locksmith/lambdas/remedy"`,
		"policies/check/a.go":              `package a; import "locksmith/policies/lockout"`,
		"lambdas/unlock/b.go":              `package a; import "locksmith/policies/linter"`,
		"lambdas/unlock/a.go":              `package a; import "locksmith/test/cloud"`,
		"lambdas/remedy/a.go":              `package a; import "github.com/aws/aws-sdk-go-v2/service/s3"`,
		"lambdas/notice/a.go":              `package a; import "locksmith/lambdas/awsroot"`,
		"test/cloud/a.go":                  `package a; import "locksmith/infra"`,
		"test/cloud/sqs/a.go":              `package a; import "locksmith/lambdas/remedy"`,
		"test/cloud/front/a.go":            `package a; import "locksmith/test/cloud/sqs"`,
		"tools/a.go":                       `package a`,
	} {
		f, err := parser.ParseFile(token.NewFileSet(), path, code, 0)
		if err != nil {
			t.Fatal(err)
		}
		if len(sourceFile{path, f}.strangers()) == 0 {
			t.Errorf("%s: %s passes", path, code)
		}
	}
}

func TestEveryPackageHasItsComment(t *testing.T) {
	documented := map[string]bool{}
	for _, f := range sources(t) {
		folder := filepath.Dir(f.path)
		documented[folder] = documented[folder] || f.ast.Doc != nil && strings.TrimSpace(f.ast.Doc.Text()) != ""
	}
	for folder, ok := range documented {
		if !ok {
			t.Errorf("package in %s has no comment", folder)
		}
	}
}

func TestTopLevel(t *testing.T) {
	allowed := []string{"lambdas", "infra", "policies", "test", "go.mod", "go.sum", "cdk.json", "README.md", "LICENSE",
		"cdk.out"}
	entries, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !slices.Contains(allowed, e.Name()) && !strings.HasPrefix(e.Name(), ".") {
			t.Errorf("%s stands at the top level; allowed there: %s and dotfiles", e.Name(), strings.Join(allowed, ", "))
		}
	}
}

func TestNoRoomForOddsAndEnds(t *testing.T) {
	odds := []string{"cmd", "pkg", "internal", "util", "utils", "common", "helper", "helpers", "misc", "manager"}
	for _, f := range sources(t) {
		for _, part := range strings.Split(filepath.ToSlash(filepath.Dir(f.path)), "/") {
			if slices.Contains(odds, part) {
				t.Errorf("%s: a folder named %s says nothing about what is in it", f.path, part)
			}
		}
	}
}

func TestNoInit(t *testing.T) {
	for _, f := range sources(t) {
		for _, decl := range f.ast.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				t.Errorf("%s has an init function: what happens at start belongs in main, where it can be read", f.path)
			}
		}
	}
}
