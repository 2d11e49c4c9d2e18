// Command check judges bucket and queue policies before they are applied.
//
//	go run ./policies/check -resource arn:aws:s3:::name [-account DIGITS] [flags] FILE…
//	go run ./policies/check -batch < questions.jsonl
//
// A file is a policy document, or a CloudTrail record or event. Without -account the owner may be any account the policy names, or none
// of them: locked only if it is for each. Exit 0: nothing is locked; 1: something is; 2: bad usage or input.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"locksmith/lambdas/remedy"
	"locksmith/policies"
	"locksmith/policies/lockout"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// options are the flags.
type options struct {
	resource, account, org string
	administrators         []string
	now                    time.Time
	json, batch            bool
}

// The exit codes.
const (
	nothingLocked = 0
	locked        = 1
	bad           = 2
)

func run(args []string, in io.Reader, out, errs io.Writer) int {
	o := options{now: time.Now()}
	flags := flag.NewFlagSet("check", flag.ContinueOnError)
	flags.SetOutput(errs)
	flags.StringVar(&o.resource, "resource", "", "the `ARN` of the bucket or queue")
	flags.StringVar(&o.account, "account", "", "its owner's twelve `digits`; without it, any account")
	flags.StringVar(&o.org, "org", "", "the owner's organization `id`")
	flags.Func("administrators", "ARN `pattern` of principals that must stay in control (repeatable)", func(v string) error {
		o.administrators = append(o.administrators, v)
		return nil
	})
	flags.Func("now", "judge as of this `time` (RFC 3339)", func(v string) (err error) {
		o.now, err = time.Parse(time.RFC3339, v)
		return err
	})
	flags.BoolVar(&o.json, "json", false, "write one JSON object a file")
	flags.BoolVar(&o.batch, "batch", false, "read questions from standard input, one JSON object a line, and answer each with one")
	if err := flags.Parse(args); err != nil {
		return bad
	}
	switch {
	case o.batch:
		return batch(in, out, errs, o.now)
	case flags.NArg() == 0:
		fmt.Fprintln(errs, "check: no file given; want check -resource ARN FILE…, or -batch")
		return bad
	}
	code := nothingLocked
	for _, file := range flags.Args() {
		code = max(code, o.file(file, out, errs))
	}
	return code
}

// file judges one file.
func (o options) file(file string, out, errs io.Writer) int {
	text, err := os.ReadFile(file)
	if err == nil {
		err = o.take(&text)
	}
	var v lockout.Verdict
	if err == nil {
		v, err = o.judge(text)
	}
	if err != nil {
		fmt.Fprintf(errs, "%s: %v\n", file, err)
		return bad
	}
	if o.json {
		_ = json.NewEncoder(out).Encode(struct {
			File     string `json:"file"`
			Resource string `json:"resource"`
			lockout.Verdict
		}{file, o.resource, v})
	} else {
		fmt.Fprintf(out, "%s: %s: %s\n", file, o.resource, v.Answer)
		for _, reason := range v.Reasons {
			fmt.Fprintf(out, "  %s\n", reason)
		}
	}
	return exit(v)
}

func exit(v lockout.Verdict) int {
	if v.Answer == lockout.Lockout || v.Answer == lockout.Sealed {
		return locked
	}
	return nothingLocked
}

// take takes the policy, its resource and its owner out of a CloudTrail record, if the text is one.
func (o *options) take(text *[]byte) error {
	if !bytes.Contains(*text, []byte(`"eventSource"`)) {
		return nil
	}
	change, err := remedy.Parse(*text)
	if nothing := (*remedy.NothingToDo)(nil); errors.As(err, &nothing) {
		*text = []byte(`{"Statement":[]}`)
		return nil
	}
	if err != nil {
		return err
	}
	*text, o.resource, o.account = []byte(change.Policy), change.Resource, change.Account
	return nil
}

// judge judges one policy: for its owner, or for each account that could be.
func (o options) judge(text []byte) (lockout.Verdict, error) {
	doc, err := policies.Parse(text)
	if err != nil {
		return lockout.Verdict{}, err
	}
	if o.resource == "" {
		return lockout.Verdict{}, errors.New("-resource is missing: the ARN of the bucket or queue that the policy is for")
	}
	q := lockout.Question{Policy: doc, Resource: o.resource, Organization: o.org, Now: o.now, Administrators: o.administrators}
	var first lockout.Verdict
	for i, account := range o.owners(string(text)) {
		q.Account = account
		v := lockout.Judge(q)
		if exit(v) == nothingLocked {
			return v, nil
		}
		if i == 0 {
			first = v
		}
	}
	return first, nil
}

// owners are the accounts that may own the resource: the one that is given or that the ARN tells, or each that the policy names and one that it does not.
func (o options) owners(policy string) []string {
	if o.account != "" {
		return []string{o.account}
	}
	if parts := strings.SplitN(o.resource, ":", 6); len(parts) == 6 && parts[4] != "" {
		return []string{parts[4]}
	}
	var owners []string
	run := 0
	for i := 0; i <= len(policy); i++ {
		if i < len(policy) && policy[i] >= '0' && policy[i] <= '9' {
			run++
			continue
		}
		if run == 12 {
			owners = append(owners, policy[i-12:i])
		}
		run = 0
	}
	for n := 1; ; n++ {
		if stranger := fmt.Sprintf("%012d", n); !strings.Contains(policy, stranger) {
			return append(owners, stranger)
		}
	}
}
