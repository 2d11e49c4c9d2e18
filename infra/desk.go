package main

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2authorizers"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2integrations"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// A Desk says how the root desk is offered. Who may do what there is in the allow list.
type Desk struct {
	// Rate is how many requests a second the API takes, 20 by default, and Burst how many at once, 40 by default. Both
	// are for all people together.
	Rate  int `json:"rate"`
	Burst int `json:"burst"`
	// Address is where people see the pages: output PagesURL, once it is known, or that of what stands in front of it.
	// Notices about incidents link there; by default they say how to open a page with "locksmith desk".
	Address string `json:"address"`
	// SignIn serves the pages to people who sign in with an OpenID Connect issuer. Without it, the default, everybody runs
	// "locksmith desk", with AWS credentials.
	SignIn *SignIn `json:"signIn"`
}

// SignIn is an OpenID Connect issuer that signs people in. They are the desk's
// arn:aws:sts::ACCOUNT:federated-user/NAME, where NAME is what Claim says.
type SignIn struct {
	Issuer   string `json:"issuer"`   // https://…, as it calls itself
	ClientID string `json:"clientId"` // what it calls the pages: a public client, for the code flow with PKCE
	Claim    string `json:"claim"`    // the claim with a person's name; email by default
}

// A deskStack is the root desk: an API that only signed calls reach, and a function for each kind of task, each with a
// role of its own.
type deskStack struct {
	awscdk.Stack
	config   *Config
	central  *Central
	table    awsdynamodb.Table
	api      awsapigatewayv2.HttpApi
	public   awsapigatewayv2.HttpApi              // for people who sign in; nil where nobody does
	signedIn awsapigatewayv2.IHttpRouteAuthorizer // of the calls that the pages make
	queues   map[string]deskQueue                 // of the parts that run requests, by the part's name
}

// newDesk makes the desk's stack, in the central account and Region.
func newDesk(scope constructs.Construct, c *Config, root string, central *Central) {
	s := &deskStack{config: c, central: central, queues: map[string]deskQueue{},
		Stack: awscdk.NewStack(scope, jsii.String("Locksmith-Desk"), &awscdk.StackProps{
			Env:         env(c.Account, c.Region),
			Description: jsii.String("Locksmith's root desk: root tasks on request, signed, approved and recorded")})}
	s.table = s.newTable()
	s.api = s.newAPI("Api", "locksmith-desk", "Locksmith's root desk")
	if c.Desk.SignIn != nil {
		s.public = s.newAPI("Public", "locksmith-desk-pages", "Locksmith's root desk, for people who sign in")
	}
	for _, p := range deskParts() {
		if p.queue {
			s.queues[p.name] = s.newQueue(p)
		}
	}
	iam := awsapigatewayv2authorizers.NewHttpIamAuthorizer()
	for _, p := range deskParts() {
		f := s.newPart(p, root)
		s.route(s.api, p, f, iam)
		if s.public != nil {
			s.route(s.public, p, f, s.jwt())
		}
		s.run(p, f)
	}
	if s.public != nil {
		s.newPages(root)
	}
	awscdk.NewCfnOutput(s.Stack, jsii.String("DeskURL"), &awscdk.CfnOutputProps{Value: s.address(s.api)})
	awscdk.NewCfnOutput(s.Stack, jsii.String("DeskTable"), &awscdk.CfnOutputProps{Value: s.table.TableName()})
}

// The indexes of the desk's table: package ledger/requests' names.
const (
	listedIndex  = "listed"
	mineIndex    = "mine"
	waitingIndex = "waiting"
)

// newTable makes the desk's own table, apart from the ledger: people's requests are no incidents, and none of the
// desk's functions that only show needs to write the ledger.
func (s *deskStack) newTable() awsdynamodb.Table {
	text := func(name string) *awsdynamodb.Attribute {
		return &awsdynamodb.Attribute{Name: &name, Type: awsdynamodb.AttributeType_STRING}
	}
	table := awsdynamodb.NewTable(s.Stack, jsii.String("Requests"), &awsdynamodb.TableProps{
		PartitionKey: text("id"),
		BillingMode:  awsdynamodb.BillingMode_PAY_PER_REQUEST,
		PointInTimeRecoverySpecification: &awsdynamodb.PointInTimeRecoverySpecification{
			PointInTimeRecoveryEnabled: jsii.Bool(true)},
		DeletionProtection: jsii.Bool(true), RemovalPolicy: awscdk.RemovalPolicy_RETAIN,
		TimeToLiveAttribute: jsii.String("expires"), // answers to keys of idempotency alone have it
	})
	for _, index := range [][2]string{{listedIndex, "list"}, {mineIndex, "person"}, {waitingIndex, "waiting"}} {
		table.AddGlobalSecondaryIndex(&awsdynamodb.GlobalSecondaryIndexProps{IndexName: &index[0],
			PartitionKey: text(index[1]), SortKey: text("sort")})
	}
	return table
}

// newAPI makes the API. Every route, the one for what is no route as well, wants a signature by AWS credentials of this
// account that may execute-api:Invoke
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control-iam.html).
func (s *deskStack) newAPI(id, name, description string) awsapigatewayv2.HttpApi {
	api := awsapigatewayv2.NewHttpApi(s.Stack, &id, &awsapigatewayv2.HttpApiProps{
		ApiName: &name, Description: &description, CreateDefaultStage: jsii.Bool(false)})
	logs := newLog(s.Stack, s.config, id+"AccessLog")
	stage := awsapigatewayv2.NewHttpStage(s.Stack, jsii.String(id+"Stage"), &awsapigatewayv2.HttpStageProps{
		HttpApi: api, StageName: jsii.String("$default"), AutoDeploy: jsii.Bool(true),
		Throttle: &awsapigatewayv2.ThrottleSettings{RateLimit: jsii.Number(s.config.Desk.Rate),
			BurstLimit: jsii.Number(s.config.Desk.Burst)},
	})
	// What is logged of a call (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html).
	stage.Node().DefaultChild().(awsapigatewayv2.CfnStage).SetAccessLogSettings(
		&awsapigatewayv2.CfnStage_AccessLogSettingsProperty{DestinationArn: logs.LogGroupArn(),
			Format: jsii.String(`{"requestId":"$context.requestId","time":"$context.requestTime","ip":"$context.identity.sourceIp",` +
				`"caller":"$context.identity.userArn","agent":"$context.identity.userAgent","method":"$context.httpMethod",` +
				`"path":"$context.path","route":"$context.routeKey","status":"$context.status",` +
				`"error":"$context.error.message","integration":"$context.integrationErrorMessage",` +
				`"milliseconds":"$context.responseLatency"}`)})
	return api
}

// address is where an API answers.
func (s *deskStack) address(api awsapigatewayv2.HttpApi) *string {
	return jsii.String(fmt.Sprintf("https://%s.execute-api.%s.%s", *api.ApiId(), *s.Region(), *s.UrlSuffix()))
}

// home is where people see the pages: the API's own address, unless something stands in front of it.
func (s *deskStack) home() *string {
	if s.config.Desk.Address != "" {
		return &s.config.Desk.Address
	}
	return jsii.String(*s.address(s.public) + pagesPath)
}

// route leads the part's routes to its function. Nobody but the API, on these routes, may call it.
func (s *deskStack) route(api awsapigatewayv2.HttpApi, p deskPart, f awslambda.Function,
	by awsapigatewayv2.IHttpRouteAuthorizer) {
	id := *api.Node().Id()
	to := awsapigatewayv2integrations.NewHttpLambdaIntegration(jsii.String(id+p.title()), f,
		&awsapigatewayv2integrations.HttpLambdaIntegrationProps{
			PayloadFormatVersion: awsapigatewayv2.PayloadFormatVersion_VERSION_2_0()})
	for _, route := range p.routes {
		method, path, _ := strings.Cut(route, " ")
		key := awsapigatewayv2.HttpRouteKey_DEFAULT()
		if path != "" {
			key = awsapigatewayv2.HttpRouteKey_With(&path, awsapigatewayv2.HttpMethod(method))
		}
		name := strings.NewReplacer("/", "-", "{", "", "}", "", ".", "").Replace(strings.ToLower(method) + path)
		awsapigatewayv2.NewHttpRoute(s.Stack, jsii.String(id+"-"+name), &awsapigatewayv2.HttpRouteProps{
			HttpApi: api, RouteKey: key, Integration: to, Authorizer: by})
	}
}

// deskRoots are the root users that a part may become: those of the accounts that the desk's entries name for its
// tasks. Where an entry names units or tags, it is any of the pattern, and the code asks the organization.
func (c *Config) deskRoots(tasks ...string) []string {
	var all []string
	for _, e := range c.list.Desk {
		if !slices.ContainsFunc(tasks, func(t string) bool { return slices.Contains(e.Tasks, t) }) {
			continue
		}
		for _, account := range e.Accounts {
			if !accountID.MatchString(account) {
				account = "*"
			}
			all = append(all, "arn:aws:iam::"+account+":root")
		}
	}
	slices.Sort(all)
	all = slices.Compact(all)
	if any := "arn:aws:iam::*:root"; slices.Contains(all, any) {
		return []string{any}
	}
	return all
}

// problems are what is wrong with how the desk is offered.
func (d *Desk) problems(c *Config) (wrong []error) {
	say := sayTo(&wrong)
	say(d.Rate > 0 && d.Rate <= 10000, "desk.rate", fmt.Sprint(d.Rate), "requests a second, from 1 to 10000")
	say(d.Burst >= d.Rate && d.Burst <= 5000, "desk.burst", fmt.Sprint(d.Burst),
		"requests at once, at least desk.rate and at most 5000")
	at, err := url.Parse(d.Address)
	say(d.Address == "" || err == nil && at.Scheme == "https" && at.Host != "" && at.Path == pagesPath, "desk.address",
		d.Address, `the address of the pages, such as https://desk.example.com/pages, or ""`)
	if d.SignIn != nil {
		issuer, err := url.Parse(d.SignIn.Issuer)
		say(err == nil && issuer.Scheme == "https" && issuer.Host != "", "desk.signIn.issuer", d.SignIn.Issuer,
			"the issuer's https:// address, as its tokens have it")
		say(d.SignIn.ClientID != "", "desk.signIn.clientId", d.SignIn.ClientID, "what the issuer calls the pages")
		say(claimName.MatchString(d.SignIn.Claim), "desk.signIn.claim", d.SignIn.Claim, "the name of a claim, such as email")
	}
	if len(c.list.Desk) == 0 {
		wrong = append(wrong, fmt.Errorf(`desk: nobody could use it: allowList %q has no entries under "desk"`,
			c.AllowList))
	}
	return wrong
}
