package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/user"
	"text/tabwriter"
	"time"

	"locksmith/lambdas/awsroot"
	"locksmith/lambdas/ledger"
	"locksmith/lambdas/ledger/directory"
	"locksmith/lambdas/organization"
	"locksmith/lambdas/remedy"
	"locksmith/policies/allowlist"
)

const undoUsage = `usage: locksmith undo -table TABLE [-event ID -resource ARN -allowlist FILE [-copy N] [-repaired]
                      [-anyway] [-by NAME]]

Puts back a policy that Locksmith took off, from a copy in its ledger. With -table alone it lists what can be put back.
It looks twice, a minute apart, since a change by somebody else may take so long to show, and replaces nobody's policy.
The pipeline tells people with its next reminder. It needs the credentials of a person who may read and write the table
and assume root, in the account and Region of the central stack; and who may read accounts and tags of the organization,
where the allow list names units or tags.

`

// An undo is what a person asks for.
type undo struct {
	remedy.Undo
	table, event, resource string
	allow                  *allowlist.List
}

// readUndo reads the arguments after "undo". The error for -help is [flag.ErrHelp].
func readUndo(args []string, help io.Writer) (undo, error) {
	var u undo
	f := flag.NewFlagSet("undo", flag.ContinueOnError)
	f.SetOutput(help)
	f.Usage = func() { fmt.Fprint(help, undoUsage); f.PrintDefaults() }
	list := f.String("allowlist", "",
		"the deployment's allow list `file`, for whose administrators and organization the policy is judged")
	f.StringVar(&u.table, "table", "", "`name` of the ledger's table (output LedgerTable of the central stack)")
	f.StringVar(&u.event, "event", "", "`id` of the event, from the notice")
	f.StringVar(&u.resource, "resource", "", "`ARN` of the bucket or queue")
	f.IntVar(&u.Copy, "copy", 0, "`number` of the copy, as listed; the last one by default")
	f.BoolVar(&u.Repaired, "repaired", false, "without the statements that locked")
	f.BoolVar(&u.Anyway, "anyway", false,
		"even if it locks everybody out again, or lets in somebody from outside the account; Locksmith will see a lockout "+
			"as a new one, unless the allow list says never")
	name := "a person"
	if who, err := user.Current(); err == nil {
		name = who.Username
	}
	f.StringVar(&u.By.ARN, "by", name, "`name` of who asks, for the record")
	if err := f.Parse(args); err != nil {
		return undo{}, err
	}
	switch {
	case f.NArg() > 0:
		return undo{}, fmt.Errorf("%q: no such argument (locksmith undo -help)", f.Arg(0))
	case u.table == "":
		return undo{}, errors.New(
			`-table "": want the name of the ledger's table, the output LedgerTable of the central stack`)
	case (u.event == "") != (u.resource == ""):
		return undo{}, fmt.Errorf("-event %q, -resource %q: want both, or neither for a list", u.event, u.resource)
	}
	if u.event == "" {
		return u, nil
	}
	text, err := os.ReadFile(*list)
	if err == nil {
		u.allow, err = allowlist.Read(text)
	}
	if err != nil {
		return undo{}, fmt.Errorf("-allowlist %q: %w (want the deployment's own: its administrators decide what locks)",
			*list, err)
	}
	return u, nil
}

// A wait sleeps for some time, unless the context ends first.
type wait func(context.Context, time.Duration) error

// runUndo is the command "locksmith undo".
func runUndo(ctx context.Context, args []string, out, help io.Writer, sleep wait) error {
	u, err := readUndo(args, help)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	cfg, err := awsroot.Load(ctx)
	if err != nil {
		return err
	}
	book := ledger.NewDynamo(cfg, u.table, ledger.Defaults(), time.Now)
	if u.event == "" {
		return list(ctx, book, out)
	}
	e, err := book.Find(ctx, u.event, u.resource)
	if err != nil {
		return err
	}
	root, err := awsroot.New(cfg, awsroot.Options{})
	if err != nil {
		return err
	}
	u.By.Kind, u.By.Agent = "person", "locksmith undo"
	log, accounts := slog.New(slog.NewTextHandler(out, nil)), organization.New(cfg)
	accounts.Tags = u.allow.NamesTags()
	flow := &remedy.Flow{Allow: u.allow, Root: root, Ledger: book, Now: time.Now, Wait: sleep, Log: log,
		Directory: organization.NewDirectory(accounts, directory.New(cfg, u.table), time.Now, log)}
	v, err := flow.Undo(ctx, e, u.Undo)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s has its policy back; it is %s\n", u.resource, v.Answer)
	return err
}

// list shows every incident with a saved policy, and each of its copies with its number.
func list(ctx context.Context, book *ledger.Dynamo, out io.Writer) error {
	incidents, spoiled := book.Incidents(ctx)
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "AT\tEVENT\tRESOURCE\tRESULT\tCOPY\tSAVED")
	for _, i := range incidents {
		if len(i.Kept) == 0 {
			continue
		}
		e, err := book.Find(ctx, i.Change.EventID, i.Change.Resource)
		if err != nil {
			spoiled = errors.Join(spoiled, err)
			continue
		}
		for n, k := range e.Copies {
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%d\t%d bytes, %s, %s\n", k.At.UTC().Format(time.RFC3339), e.Change.EventID,
				e.Change.Resource, e.Outcome.Result, n+1, len(k.Policy), k.Verdict.Answer, k.Why)
		}
	}
	return errors.Join(t.Flush(), spoiled)
}
