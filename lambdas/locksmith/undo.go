package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"text/tabwriter"
	"time"

	"locksmith/lambdas/awsroot"
	"locksmith/lambdas/ledger"
	"locksmith/lambdas/remedy"
	"locksmith/policies/allowlist"
)

const undoUsage = `usage: locksmith undo -table TABLE [-event ID -resource ARN -allowlist FILE [-repaired] [-anyway]]

Puts back a policy that Locksmith took off, from the copy in its ledger. With -table alone it lists what can be put
back. It needs the credentials of a person who may read the table and assume root, in the account and Region of the
central stack.

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
	f.BoolVar(&u.Repaired, "repaired", false, "without the statements that locked")
	f.BoolVar(&u.Anyway, "anyway", false,
		"even if it locks everybody out again; Locksmith will see that as a new lockout, unless the allow list says never")
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

// runUndo is the command "locksmith undo".
func runUndo(ctx context.Context, args []string, out, help io.Writer) error {
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
	flow := &remedy.Flow{Allow: u.allow, Root: root, Now: time.Now, Log: slog.New(slog.NewTextHandler(out, nil))}
	v, err := flow.Undo(ctx, e, u.Undo)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s has its policy back; it is %s\n", u.resource, v.Answer)
	return err
}

// list shows every incident with a saved policy.
func list(ctx context.Context, book *ledger.Dynamo, out io.Writer) error {
	incidents, spoiled := book.Incidents(ctx)
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "AT\tEVENT\tRESOURCE\tRESULT\tSAVED")
	for _, e := range incidents {
		if e.Saved != "" {
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%d bytes\n",
				e.At.UTC().Format(time.RFC3339), e.Change.EventID, e.Change.Resource, e.Outcome.Result, len(e.Saved))
		}
	}
	return errors.Join(t.Flush(), spoiled)
}
