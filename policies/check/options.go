package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"
)

// options are what the command line says.
type options struct {
	settings
	json, sarif, batch bool
	files, allowLists  []string
	parameters         map[string]string // of templates
}

// settings are what is known about the place of every policy.
type settings struct {
	resource       string // "" where each policy has to tell
	account        string // "" where it is not known
	organization   string
	administrators []string
	now            time.Time
}

// errShown is an error that the flag package has already told.
var errShown = errors.New("usage")

var (
	twelveDigits = regexp.MustCompile(`^[0-9]{12}$`)
	organization = regexp.MustCompile(`^o-[a-z0-9]{10,32}$`)
	anyARN       = regexp.MustCompile(`^arn:(aws[a-z-]*):(?:s3:::[^:/*?]+|sqs:[a-z0-9-]+:([0-9]{12}):[^:/*?]+)$`)
)

func readOptions(args []string, diagnostics io.Writer) (*options, error) {
	o := &options{parameters: map[string]string{}}
	o.now = time.Now()
	flags := flag.NewFlagSet("check", flag.ContinueOnError)
	flags.SetOutput(diagnostics)
	flags.Usage = func() {
		fmt.Fprint(diagnostics, "usage: check [flags] FILE…\n       check -batch [flags] < LINES\n       check -allowlist FILE\n")
		flags.PrintDefaults()
	}
	flags.StringVar(&o.resource, "resource", "", "the `ARN` of the bucket or queue that policy documents are for, where they do not name exactly one")
	flags.StringVar(&o.account, "account", "", "the owner's twelve `DIGITS`; without it, any account the policy names or none of them")
	flags.StringVar(&o.organization, "org", "", "the `ID` of the owner's organization, o-…")
	flags.Func("administrators", "an ARN `PATTERN` of those who must stay in control; repeatable; without it, everyone in the account", appendTo(&o.administrators))
	flags.Func("now", "judge as of this `TIME` (RFC 3339), not the current one", func(v string) (err error) {
		o.now, err = readTime(v)
		return err
	})
	flags.Func("parameter", "a template parameter's value, `NAME=VALUE`; repeatable", func(v string) error {
		name, value, ok := strings.Cut(v, "=")
		if o.parameters[name] = value; !ok || name == "" {
			return errors.New("want NAME=VALUE")
		}
		return nil
	})
	flags.BoolVar(&o.json, "json", false, "write JSON")
	flags.BoolVar(&o.sarif, "sarif", false, "write SARIF 2.1.0, for code scanning")
	flags.BoolVar(&o.batch, "batch", false, "judge JSON lines from standard input")
	flags.Func("allowlist", "check this allow-list `FILE`; repeatable", appendTo(&o.allowLists))
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil, err
	} else if err != nil {
		return nil, errShown
	}
	o.files = flags.Args()
	return o, o.check()
}

func appendTo(list *[]string) func(string) error {
	return func(v string) error {
		*list = append(*list, v)
		return nil
	}
}

func readTime(v string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, v)
	if err != nil || t.IsZero() {
		return t, fmt.Errorf("time %q: want one such as 2027-01-31T12:00:00Z", v)
	}
	return t, nil
}

// check refuses what cannot be meant.
func (o *options) check() error {
	switch {
	case o.batch && (len(o.files) > 0 || len(o.allowLists) > 0 || o.json || o.sarif):
		return errors.New("-batch reads standard input and writes JSON lines: leave out files, -allowlist, -json and -sarif")
	case o.json && o.sarif:
		return errors.New("-json and -sarif: want one of them")
	case !o.batch && len(o.files) == 0 && len(o.allowLists) == 0:
		return errors.New("no FILE given (check -help shows the usage)")
	}
	return o.settings.check()
}

// check refuses a place that cannot be one.
func (s settings) check() error {
	where := anyARN.FindStringSubmatch(s.resource)
	switch {
	case s.resource != "" && where == nil:
		return fmt.Errorf("resource %q: want the ARN of a bucket or queue, such as arn:aws:s3:::payroll-exports", s.resource)
	case s.account != "" && !twelveDigits.MatchString(s.account):
		return fmt.Errorf("account %q: want twelve digits", s.account)
	case s.organization != "" && !organization.MatchString(s.organization):
		return fmt.Errorf("organization %q: want an id such as o-a1b2c3d4e5", s.organization)
	case where != nil && where[2] != "" && s.account != "" && where[2] != s.account:
		return fmt.Errorf("account %s: the queue's ARN names account %s, and that is its owner", s.account, where[2])
	}
	for _, pattern := range s.administrators {
		if !strings.HasPrefix(pattern, "arn:") && pattern != "*" {
			return fmt.Errorf("administrators %q: want an ARN pattern such as arn:aws:iam::*:role/Admin", pattern)
		}
	}
	return nil
}
