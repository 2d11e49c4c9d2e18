// Command coldstart measures how long the unlock function takes from the start of its process to its first answer:
//
//	go run ./test/coldstart
//
// The function is built as it is deployed, but for this machine, and gets its work from a stand-in for Lambda's runtime
// API. The AWS it calls is test/cloud. Two events are answered: a policy that is open, for which one call is made, and
// one that locks everybody out of a bucket. Beside it, start by start in turn, runs unlock.py, which makes the same
// calls with boto3. That is installed under .cache by exact version. Where it cannot be installed, the table says so
// and leaves it out. The table is Markdown.
//
// What Lambda does before it starts the process is not measured: it fetches the bundle, whose size is printed too, and
// makes a sandbox. Nor is the share of a processor that Lambda gives to a function of little memory. The column of
// processor time says what there is to share
// (https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html).
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"locksmith/test/lambda"
)

// rounds is how many starts of each kind are counted. One more comes first and is not, so that all files have been read
// once.
const rounds = 20

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "coldstart:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	if _, err := os.Stat("test/coldstart/unlock.py"); err != nil {
		return fmt.Errorf("working directory: %w (run it from the top of the tree)", err)
	}
	folder, err := os.MkdirTemp("", "coldstart")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }() // what stays is in the system's folder for temporary files
	deployed, err := weigh(".", filepath.Join(folder, "deployed"))
	if err != nil {
		return err
	}
	ours, err := lambda.Unlock(".", filepath.Join(folder, "ours"))
	if err != nil {
		return err
	}
	functions := []lambda.Function{ours}
	theirs, missing := placeTheirs(filepath.Join(folder, "theirs"))
	if missing == nil {
		functions = append(functions, theirs)
	}
	s, err := open()
	if err != nil {
		return err
	}
	defer s.close()
	results, err := measure(ctx, s, functions, rounds)
	if err != nil {
		return err
	}
	return report{results, deployed, missing}.write(os.Stdout)
}

// placeTheirs puts the Python function into a folder of its own, where Python may keep what it has compiled.
func placeTheirs(folder string) (lambda.Function, error) {
	said, err := exec.Command("test/coldstart/install.sh").Output()
	python := strings.TrimSpace(string(said))
	if err != nil && python != "" {
		return lambda.Function{}, errors.New(python)
	}
	if err == nil {
		said, err = exec.Command(python, "-c",
			"import boto3, platform; print('boto3', boto3.__version__ + ', Python', platform.python_version())").
			Output()
	}
	if err != nil {
		return lambda.Function{}, err
	}
	for _, name := range []string{"bootstrap.py", "unlock.py"} {
		if err := copyFile(filepath.Join("test/coldstart", name), filepath.Join(folder, name)); err != nil {
			return lambda.Function{}, err
		}
	}
	return lambda.Function{Name: strings.TrimSpace(string(said)),
		Command: []string{python, filepath.Join(folder, "bootstrap.py")}, Folder: folder}, nil
}
