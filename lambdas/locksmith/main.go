// Command locksmith is the one command that operators and developers install.
//
//	go run ./lambdas/locksmith check [flags] FILE…  judges policies before they are applied, as ./policies/check does
//	go run ./lambdas/locksmith undo [flags]         puts back a policy that Locksmith took off
//	go run ./lambdas/locksmith sweep COMMAND [flags]  looks for lockouts that no event told of
//	go run ./lambdas/locksmith preflight [flags]    says of each account whether a rescue would work
//	go run ./lambdas/locksmith desk [flags]         shows the pages of the root desk in your browser
//
// Each command tells its flags with -help, and does nothing else then. A command that changes something says what.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"locksmith/lambdas/remedy"
	"locksmith/policies/linter"
)

func main() {
	os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// A command is one of those that locksmith has. It returns the exit status.
type command struct {
	name, does string
	run        func(ctx context.Context, args []string, in io.Reader, out, diagnostics io.Writer) int
}

func commands() []command {
	return []command{
		{"check", "judges policies, templates, plans and events before they are applied", check},
		{"undo", "puts back a policy that Locksmith took off, from the copy in its ledger", putBack},
		{"sweep", "looks for lockouts that no event told of: start, status, stop", sweepAll},
		{"preflight", "says of each account whether a rescue would work, and tries nothing", preflight},
		{"desk", "shows the pages of the root desk in your browser, with your own credentials", desk},
	}
}

// run leads the arguments to the command that they name; the result is the exit status.
func run(ctx context.Context, args []string, in io.Reader, out, diagnostics io.Writer) int {
	if len(args) == 0 {
		fmt.Fprintf(diagnostics, "locksmith: no command given\n%s", usage())
		return 2
	}
	for _, c := range commands() {
		if c.name == args[0] {
			return c.run(ctx, args[1:], in, out, diagnostics)
		}
	}
	switch strings.TrimLeft(args[0], "-") {
	case "h", "help":
		fmt.Fprint(out, usage())
		return 0
	}
	fmt.Fprintf(diagnostics, "locksmith: %q: no such command\n%s", args[0], usage())
	return 2
}

func usage() string {
	text := "usage: locksmith COMMAND [flags]\n\n"
	for _, c := range commands() {
		text += fmt.Sprintf("  %-9s %s\n", c.name, c.does)
	}
	return text + "\nlocksmith COMMAND -help tells a command's flags.\n"
}

func check(_ context.Context, args []string, in io.Reader, out, diagnostics io.Writer) int {
	return linter.Run("locksmith check", args, in, out, diagnostics)
}

func putBack(ctx context.Context, args []string, _ io.Reader, out, diagnostics io.Writer) int {
	err := runUndo(ctx, args, out, diagnostics, remedy.Sleep)
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return 0
	}
	fmt.Fprintln(diagnostics, "locksmith undo:", err)
	return 1
}

func sweepAll(ctx context.Context, args []string, _ io.Reader, out, diagnostics io.Writer) int {
	switch err := runSweep(ctx, args, out, diagnostics); {
	case err == nil || errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, errUsage):
		fmt.Fprintln(diagnostics, "locksmith sweep:", err)
		return 2
	default:
		fmt.Fprintln(diagnostics, "locksmith sweep:", err)
		return 1
	}
}
