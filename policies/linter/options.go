package linter

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"locksmith/policies/lockout/partial"
)

// Options say what to judge, and what is known of its place. The question's resource is for policy documents only,
// where they do not name exactly one.
type Options struct {
	partial.Question
	Files      []string          // files and folders; - is standard input
	AllowLists []string          // files that hold an allow list
	Parameters map[string]string // values of templates' parameters, of pseudo parameters too
}

// commandLine is what the arguments say.
type commandLine struct {
	Options
	json, sarif, batch bool
}

// errShown is an error that the flag package has already told.
var errShown = errors.New("usage")

func readOptions(name string, args []string, diagnostics io.Writer) (*commandLine, error) {
	o := &commandLine{}
	o.Parameters, o.Now = map[string]string{}, time.Now()
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(diagnostics)
	flags.Usage = func() {
		fmt.Fprintf(diagnostics, "usage: %[1]s [flags] FILE…\n"+
			"       %[1]s -batch [flags] < LINES\n"+
			"       %[1]s -allowlist FILE\n", name)
		flags.PrintDefaults()
	}
	o.place(flags)
	flags.BoolVar(&o.json, "json", false, "write JSON")
	flags.BoolVar(&o.sarif, "sarif", false, "write SARIF 2.1.0, for code scanning")
	flags.BoolVar(&o.batch, "batch", false, "judge JSON lines from standard input")
	flags.Func("allowlist", "check this allow-list `FILE`; repeatable", appendTo(&o.AllowLists))
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil, err
	} else if err != nil {
		return nil, errShown
	}
	o.Files = flags.Args()
	return o, o.check(name)
}

// place defines the flags that tell of the policies' place.
func (o *Options) place(flags *flag.FlagSet) {
	flags.StringVar(&o.Resource, "resource", "",
		"the `ARN` of the bucket or queue that policy documents are for, where they do not name exactly one")
	flags.StringVar(&o.Account, "account", "",
		"the owner's twelve `DIGITS`; without it, any account the policy names or none of them")
	flags.StringVar(&o.Organization, "org", "", "the `ID` of the owner's organization, o-…")
	flags.Func("administrators",
		"an ARN `PATTERN` of those who must stay in control; repeatable; without it, everyone in the account",
		appendTo(&o.Administrators))
	flags.Func("now", "judge as of this `TIME` (RFC 3339), not the current one", func(v string) (err error) {
		o.Now, err = readTime(v)
		return err
	})
	flags.Func("parameter", "a template parameter's value, `NAME=VALUE`; repeatable", func(v string) error {
		name, value, ok := strings.Cut(v, "=")
		if o.Parameters[name] = value; !ok || name == "" {
			return errors.New("want NAME=VALUE")
		}
		return nil
	})
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
func (o *commandLine) check(name string) error {
	switch {
	case o.batch && (len(o.Files) > 0 || len(o.AllowLists) > 0 || o.json || o.sarif):
		return errors.New("-batch reads standard input and writes JSON lines: " +
			"leave out files, -allowlist, -json and -sarif")
	case o.json && o.sarif:
		return errors.New("-json and -sarif: want one of them")
	case !o.batch && len(o.Files) == 0 && len(o.AllowLists) == 0:
		return fmt.Errorf("no FILE given (%s -help shows the usage)", name)
	}
	return o.Question.Check()
}
