package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"locksmith/lambdas/awsroot"
	"locksmith/lambdas/desk/pages"
)

const deskUsage = `usage: locksmith desk -url URL [-region REGION] [-profile NAME] [-open PATH] [-port N] [-no-browser]

Serves the pages of the root desk on 127.0.0.1, for you alone, and opens them in your browser. Each page asks the
desk's API with your own AWS credentials, from where the SDK finds them (profile, SSO, environment). They never reach
the browser. Nothing is changed unless you send a form. Interrupt to stop.

`

// A deskCommand is what a person asks for.
type deskCommand struct {
	url, region, profile, page string
	port                       int
	noBrowser                  bool
}

// readDesk reads the arguments after "desk". The error for -help is [flag.ErrHelp].
func readDesk(args []string, help io.Writer) (c deskCommand, err error) {
	f := flag.NewFlagSet("desk", flag.ContinueOnError)
	f.SetOutput(help)
	f.Usage = func() { fmt.Fprint(help, deskUsage); f.PrintDefaults() }
	f.StringVar(&c.url, "url", "", "`URL` of the desk's API (output DeskURL of the desk's stack)")
	f.StringVar(&c.region, "region", "", "the API's `Region`; by default the one in its address, or the profile's")
	f.StringVar(&c.profile, "profile", "", "`name` of the AWS profile to call as")
	f.StringVar(&c.page, "open", "/", "`path` of the page to open, such as /requests/ID")
	f.IntVar(&c.port, "port", 0, "`number` of the port to listen on; a free one by default")
	f.BoolVar(&c.noBrowser, "no-browser", false, "print the address, and open no browser")
	if err := f.Parse(args); errors.Is(err, flag.ErrHelp) {
		return c, err
	} else if err != nil {
		return c, fmt.Errorf("%w: %w", errUsage, err)
	}
	switch {
	case f.NArg() > 0:
		return c, fmt.Errorf("%w: %q: no such argument (locksmith desk -help)", errUsage, f.Arg(0))
	case c.url == "":
		return c, fmt.Errorf(`%w: -url "": want the address of the desk's API`, errUsage)
	case !strings.HasPrefix(c.page, "/"):
		return c, fmt.Errorf("%w: -open %q: want a path, such as /requests/ID", errUsage, c.page)
	case c.port < 0 || c.port > 65535:
		return c, fmt.Errorf("%w: -port %d: want a number up to 65535", errUsage, c.port)
	}
	return c, nil
}

// desk is the command "locksmith desk".
func desk(ctx context.Context, args []string, _ io.Reader, out, diagnostics io.Writer) int {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	c, err := readDesk(args, diagnostics)
	if err == nil {
		err = c.serve(ctx, out)
	}
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, errUsage):
		fmt.Fprintln(diagnostics, "locksmith desk:", err)
		return 2
	default:
		fmt.Fprintln(diagnostics, "locksmith desk:", err)
		return 1
	}
}

// serve shows the pages until it is interrupted.
func (c deskCommand) serve(ctx context.Context, out io.Writer) error {
	cfg, err := awsroot.LoadAs(ctx, c.profile, c.region)
	if err != nil {
		return err
	}
	api, err := awsroot.NewAPI(cfg, c.url, c.region)
	if err != nil {
		return fmt.Errorf("-url: %w", err)
	}
	who, err := api.Caller(ctx)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(c.port)))
	if err != nil {
		return fmt.Errorf("-port %d: %w", c.port, err)
	}
	host := listener.Addr().String()
	handler, gate, err := deskPages(host, pages.Visitor{Client: signed{api}, ARN: who})
	if err != nil {
		return err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	address := gate.Address(c.page)
	fmt.Fprintf(out, "The desk of %s, as %s:\n\n  %s\n\nThe address works once. Interrupt to stop.\n", c.url, who, address)
	if !c.noBrowser {
		if err := openBrowser(address); err != nil {
			fmt.Fprintf(out, "No browser could be opened (%v): open the address yourself.\n", err)
		}
	}
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		return server.Close()
	}
}

// deskPages are the pages for one person, behind their gate.
func deskPages(host string, person pages.Visitor) (http.Handler, *pages.Gate, error) {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails: https://pkg.go.dev/crypto/rand#Read
	h, err := pages.New(pages.Options{Secret: secret, Now: time.Now,
		Visit: func(*http.Request) pages.Visitor { return person }})
	if err != nil {
		return nil, nil, err
	}
	gate := pages.NewGate(host)
	return gate.Guard(h), gate, nil
}

// signed is the pages' way to the API.
type signed struct{ api *awsroot.API }

// Do signs the request with the person's credentials.
func (s signed) Do(ctx context.Context, c pages.Call) (pages.Answer, error) {
	header := http.Header{}
	if c.Body != nil {
		header.Set("Content-Type", "application/json")
	}
	if c.Key != "" {
		header.Set("Idempotency-Key", c.Key)
	}
	answer, body, err := s.api.Do(ctx, c.Method, c.Path, header, c.Body)
	if err != nil {
		return pages.Answer{}, err
	}
	return pages.Answer{Status: answer.StatusCode, Header: answer.Header, Body: body}, nil
}

// openBrowser opens an address as the system does.
func openBrowser(address string) error {
	command, args := "xdg-open", []string{address}
	switch runtime.GOOS {
	case "darwin":
		command = "open"
	case "windows":
		command, args = "rundll32", []string{"url.dll,FileProtocolHandler", address}
	}
	opener := exec.Command(command, args...)
	if err := opener.Start(); err != nil {
		return err
	}
	go func() { _ = opener.Wait() }() // how it ends is nobody's concern
	return nil
}
