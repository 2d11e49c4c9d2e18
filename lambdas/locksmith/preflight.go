package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"locksmith/lambdas/awsroot"
	"locksmith/lambdas/ledger/preflights"
	"locksmith/lambdas/ledger/sweeps"
	"locksmith/lambdas/notice"
	"locksmith/lambdas/organization"
	"locksmith/lambdas/readiness"
	"locksmith/policies/allowlist"
)

const preflightUsage = `usage: locksmith preflight -regions REGION,… [-account ACCOUNT] [-role ARN] [-allowlist FILE]
                           [-topics ARN,…] [-table TABLE] [-json]

Says of each account of the organization whether a rescue would work: whether root sessions are enabled and delegated,
and whether the organization's policies let them through. It reads policies and judges them; it opens no root session
and changes nothing. It needs the credentials of somebody who may read the organization, in the delegated
administrator's account, and the Region of the central stack.

Exit status 0: a rescue would work in every account; 1: something blocks one, or nobody can tell; 2: bad usage.

`

// A preflighting is what a person asks for.
type preflighting struct {
	readiness.Settings
	table string
	json  bool
}

// readPreflight reads the arguments after "preflight". The error for -help is [flag.ErrHelp].
func readPreflight(args []string, help io.Writer) (preflighting, error) {
	p := preflighting{Settings: readiness.Settings{Horizon: 24 * time.Hour}}
	f := flag.NewFlagSet("preflight", flag.ContinueOnError)
	f.SetOutput(help)
	f.Usage = func() { fmt.Fprint(help, preflightUsage); f.PrintDefaults() }
	regions := f.String("regions", "", "watched `Regions`, with a comma between")
	topics := f.String("topics", "", "`ARNs` of the topics to look for subscribers of; not asked without")
	list := f.String("allowlist", "", "the deployment's allow list `file`, whose organization has to be this one")
	f.StringVar(&p.Central, "account", "", "the `account` that opens root sessions; by default that of the credentials")
	f.StringVar(&p.Role, "role", "", "`ARN` of the unlock function's role, for policies that spare it by name")
	f.StringVar(&p.table, "table", "", "`name` of the ledger's table, to look at what sweeps have seen, and since when findings are known")
	f.BoolVar(&p.json, "json", false, "print the report as JSON")
	if err := f.Parse(args); err != nil {
		return p, err
	}
	switch {
	case f.NArg() > 0:
		return p, fmt.Errorf("%q: no such argument (locksmith preflight -help)", f.Arg(0))
	case *regions == "":
		return p, errors.New(`-regions "": want the watched Regions, such as eu-central-1,us-east-1`)
	case p.Central != "" && (len(p.Central) != 12 || strings.Trim(p.Central, "0123456789") != ""):
		return p, fmt.Errorf("-account %q: want twelve digits", p.Central)
	case p.Role != "" && !strings.Contains(p.Role, ":role/"):
		return p, fmt.Errorf("-role %q: want a role's ARN, such as arn:aws:iam::999988887777:role/NAME", p.Role)
	}
	p.Regions = strings.Split(*regions, ",")
	if *topics != "" {
		p.Topics = map[string]string{}
		for arn := range strings.SplitSeq(*topics, ",") {
			p.Topics[arn[strings.LastIndexByte(arn, ':')+1:]] = arn
		}
	}
	if *list == "" {
		return p, nil
	}
	text, err := os.ReadFile(*list)
	var allow *allowlist.List
	if err == nil {
		allow, err = allowlist.Read(text)
	}
	if err != nil {
		return p, fmt.Errorf("-allowlist %q: %w", *list, err)
	}
	p.Organization = allow.Organization
	return p, nil
}

// preflight is the command "locksmith preflight".
func preflight(ctx context.Context, args []string, _ io.Reader, out, diagnostics io.Writer) int {
	p, err := readPreflight(args, diagnostics)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	var report *readiness.Report
	if err == nil {
		report, err = p.report(ctx, diagnostics)
	}
	if err != nil {
		fmt.Fprintln(diagnostics, "locksmith preflight:", err)
		return 2
	}
	if p.json {
		e := json.NewEncoder(out)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		err = e.Encode(report)
	} else {
		err = report.Print(out)
	}
	if err != nil || !report.Sound() {
		return 1
	}
	return 0
}

// report reads and judges the organization that the credentials are of.
func (p preflighting) report(ctx context.Context, diagnostics io.Writer) (*readiness.Report, error) {
	cfg, err := awsroot.Load(ctx)
	if err != nil {
		return nil, err
	}
	if p.Home = cfg.Region; p.Home == "" {
		return nil, errors.New("no Region: set AWS_REGION to the central stack's, in which root is assumed")
	}
	c := readiness.Checker{Organization: organization.NewAccess(cfg), Settings: p.Settings, Now: time.Now}
	if len(p.Topics) > 0 {
		c.Topics = notice.New(cfg, notice.Topics{})
	}
	if p.table != "" {
		c.Coverage = sweeps.New(cfg, p.table)
	}
	report := c.Check(ctx)
	if p.table != "" {
		last, err := preflights.New(cfg, p.table).Last(ctx)
		if err != nil {
			fmt.Fprintf(diagnostics, "locksmith preflight: -table %q: %v\n", p.table, err)
		}
		report.Recall(last)
	}
	return report, nil
}
