// Package linter judges bucket and queue policies before they are applied: the library under the check command.
//
// It is the way of a file, from left to right. [Options] say what to judge and what is known of its place. Files and
// folders are read and recognized (files.go). Their source, one of the packages below sources, yields policies. Each is
// judged by package partial of the prover (judge.go). What comes out is a [report.Report], which package report prints.
//
// [Options.Judge] is that way for programs. [Run] is the whole command, with its flags, its output and its exit status.
// [Batch] is its other half, which judges one policy for each line of JSON (batch.go).
package linter

import (
	"errors"
	"flag"
	"fmt"
	"io"

	"locksmith/policies/report"
)

// The exit statuses, as a linter's.
const (
	Clean  = 0 // nothing is locked, and everything was read
	Locked = 1 // something is locked, whatever else there is
	Bad    = 2 // nothing is locked, but the usage or an input is wrong
)

// Run is the command: it reads the arguments, judges what they name, prints it, and returns the exit status. Name is
// how the command is called in what it says of itself.
func Run(name string, args []string, in io.Reader, out, diagnostics io.Writer) int {
	o, err := readOptions(name, args, diagnostics)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return Clean
	case errors.Is(err, errShown):
		return Bad
	case err != nil:
		fmt.Fprintf(diagnostics, "%s: %v\n", name, err)
		return Bad
	case o.batch:
		status, err := Batch(o.Options, in, out)
		if err != nil {
			fmt.Fprintf(diagnostics, "%s: %v\n", name, err)
		}
		return status
	}
	r := o.Judge(in)
	switch {
	case o.json:
		err = r.JSON(out)
	case o.sarif:
		err = r.SARIF(out)
	default:
		err = r.Text(out)
	}
	for _, f := range r.Faults {
		if !o.json {
			fmt.Fprintln(diagnostics, f)
		}
	}
	if err != nil {
		fmt.Fprintf(diagnostics, "%s: writing the report: %v\n", name, err)
		return Bad
	}
	return Status(r)
}

// Status is the exit status for a report.
func Status(r *report.Report) int {
	status := Clean
	if len(r.Faults) > 0 {
		status = Bad
	}
	for _, f := range r.Findings {
		status = worse(status, statusOf(f.Verdict.Answer))
	}
	return status
}
