// Command infra is the CDK app: the central stack, the rules that member accounts get, and the guardrails.
//
//	npx aws-cdk@2 synth
//
// Its configuration is the context key "locksmith" (see [Config]), of which cdk.json has a sample. Run it from the top
// of the tree.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"
)

func main() {
	defer jsii.Close()
	if err := run(); err != nil {
		fmt.Fprintf(os.Stderr, "infra: %v\n", err)
		os.Exit(1)
	}
}

func run() error {
	if _, err := os.Stat("lambdas/unlock"); err != nil {
		return fmt.Errorf("working directory: %w (run it from the top of the tree)", err)
	}
	app := awscdk.NewApp(&awscdk.AppProps{AnalyticsReporting: jsii.Bool(false)})
	c, err := readConfig(app.Node().TryGetContext(jsii.String("locksmith")), ".")
	if err != nil {
		return err
	}
	if c.Mode == observe {
		fmt.Fprintln(os.Stderr,
			"Locksmith will OBSERVE ONLY: it proves, opens root to read, and tells; it changes nothing. "+
				`Set "mode": "act" in the context locksmith when you have seen it work.`)
	}
	if err := build(app, c, "."); err != nil {
		return err
	}
	app.Synth(nil)
	return nil
}

// build makes all stacks, for the tree at root.
func build(app awscdk.App, c *Config, root string) error {
	awscdk.Aspects_Of(app).Add(cdknag.NewAwsSolutionsChecks(&cdknag.NagPackProps{Verbose: jsii.Bool(true)}), nil)
	template, err := memberTemplate(c)
	if err != nil {
		return errors.Join(errors.New("member template"), err)
	}
	central := newCentral(app, c, root, template)
	if c.Desk != nil {
		newDesk(app, c, root, central)
	}
	for _, region := range c.Regions {
		newWatch(app, c, "Locksmith-Watch-"+region, c.Account, region)
		newWatch(app, c, "Locksmith-Management-"+region, c.ManagementAccount, region)
	}
	if c.Guardrail {
		newGuardrails(app, c)
	}
	return nil
}

// env is where a stack goes.
func env(account, region string) *awscdk.Environment {
	return &awscdk.Environment{Account: &account, Region: &region}
}
