package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"locksmith/lambdas/remedy"
	"locksmith/test/cloud"
)

// playEvent puts the world into the state that an event tells of, and the event on the queue.
func playEvent(ctx context.Context, s *screen, o options, file string) error {
	event, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	g, err := open(s, "127.0.0.1:0", o)
	if err != nil {
		return err
	}
	defer g.close()
	g.title("%s", file)
	change, err := remedy.Parse(event)
	if nothing := (*remedy.NothingToDo)(nil); errors.As(err, &nothing) {
		g.line("locksmith", err.Error(), green, "LEFT ALONE")
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if change.Service() == "s3" {
		g.cloud.PutBucket(change.Account, change.Region, change.Name())
	} else {
		g.cloud.CreateQueue(change.Account, change.Region, change.Name(), nil)
	}
	g.cloud.SetPolicy(change.Resource, change.Policy)
	g.line("admin", fmt.Sprintf("%s on %s in %s, %s", change.Call, change.Resource, change.Region,
		change.Time.Format(time.RFC3339)), "", "")
	g.cloud.Send(g.Queue, string(event))
	g.deliver(ctx)
	g.mails(g.Topics.Alerts, "The mail", func(m cloud.Mail) string { return m.For("email") })
	g.mails(g.Topics.Pages, "The page", func(m cloud.Mail) string { return pageReason(m.For("https")) })
	return nil
}

// eventDelay leaves a person at the aws command line the time to see the lock.
const eventDelay = 4 * time.Second

// keepRunning serves that AWS until it is interrupted.
func keepRunning(ctx context.Context, s *screen, o options, address string) error {
	o.delay, o.desk = eventDelay, true
	g, err := open(s, address, o)
	if err != nil {
		return err
	}
	defer g.close()
	d, err := g.openDesk(ctx)
	if err != nil {
		return fmt.Errorf("desk: %w", err)
	}
	g.print(g.welcome(o))
	g.print(g.welcomeToDesk())
	g.cloud.OnCall(g.showEveryCall)
	for ctx.Err() == nil {
		if g.Deliver(ctx)+d.deliver(ctx) == 0 {
			_ = remedy.Sleep(ctx, 50*time.Millisecond)
		}
		g.mails(g.Topics.Alerts, "Mail", func(m cloud.Mail) string { return beginning(m.For("email")) })
		g.mails(g.Topics.Pages, "Page", func(m cloud.Mail) string { return pageReason(m.For("https")) })
	}
	g.print("\nstopped\n")
	return nil
}

// welcome says what runs, how to call it, and what bounds it.
func (g *stage) welcome(o options) string {
	covers := "The sample allow list covers account " + sandbox + ",\nunit ou-a1b2-11111111 and tag stage=sandbox"
	secret := "any secret serves"
	if o.list != sample {
		covers = "The allow list " + o.list + " says what is covered"
	}
	if o.secret != "" {
		secret = "signatures are verified"
	}
	return fmt.Sprintf(`That AWS runs at %[1]s with Locksmith attached: all its services on one port. Interrupt to stop.

  export AWS_ACCESS_KEY_ID=%[2]s AWS_SECRET_ACCESS_KEY=%[3]s AWS_DEFAULT_REGION=%[4]s
  aws --endpoint-url %[1]s s3api create-bucket …

The access key id says who calls, and %[5]s: %[2]s is the user admin of that account,
%[2]s.user.NAME that user, %[2]s.role.NAME or %[2]s.role.NAME.SESSION a session of that role,
%[2]s.root the account's root user. %[6]s and %[7]s are the management account
and the delegated administrator. Requests dated more than 15 minutes from now are refused.
%[8]s;
elsewhere lockouts are only told.
Guards (%[9]s): %[10]s.
An event takes %[11]s to come, at AWS some 20 seconds.

`, g.base, sandbox, g.secret, home, secret, g.cloud.Config().ManagementAccount, g.cloud.Config().DelegatedAdministrator,
		covers, o.whose(), o.guards(), o.delay)
}

// whose says whose guards there are.
func (o options) whose() string {
	if o.strict {
		return "a deployment's"
	}
	return "not a deployment's; -strict has those"
}

// showEveryCall prints the callers' calls too.
func (g *stage) showEveryCall(c cloud.Call) {
	if c.Account != g.cloud.Config().DelegatedAdministrator && c.Caller != "arn:aws:iam::"+c.Account+":root" {
		g.line("caller", fmt.Sprintf("%s:%s %s by %s", c.Service, c.Action, c.Resource, c.Caller), "", "")
		return
	}
	g.showCall(c)
}
