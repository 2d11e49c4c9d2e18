package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2authorizers"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2integrations"
	"github.com/aws/jsii-runtime-go"
)

// The door for people without AWS credentials. The pages' function has no rights at all: it takes each person's ID
// token from their cookie, and calls the API with it, whose JWT authorizer verifies it. So whoever took the function
// over could do no more than the people who come by.

// pagesPath is where the pages are.
const pagesPath = "/pages"

// pagesTime is how many seconds the pages' function may take: as long as API Gateway waits.
const pagesTime = 29

// jwt is the authorizer of the calls that the pages make for people
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html).
func (s *deskStack) jwt() awsapigatewayv2.IHttpRouteAuthorizer {
	if s.signedIn == nil {
		in := s.config.Desk.SignIn
		s.signedIn = awsapigatewayv2authorizers.NewHttpJwtAuthorizer(jsii.String("SignedIn"), &in.Issuer,
			&awsapigatewayv2authorizers.HttpJwtAuthorizerProps{JwtAudience: jsii.Strings(in.ClientID)})
	}
	return s.signedIn
}

// newPages makes the function of the pages, and its routes, which anybody may ask.
func (s *deskStack) newPages(root string) {
	home := *s.home()
	f := newFunction(s.Stack, s.config, root, s.central.topics, functionSpec{name: "DeskPages",
		description: "Locksmith's root desk: the pages, for people who sign in",
		purpose:     "Locksmith's root desk: the pages. It may do nothing", silent: true,
		source: "lambdas/desk", memory: deskMemory, timeout: pagesTime,
		environment: map[string]*string{
			"LOCKSMITH_DESK_PART": jsii.String("pages"), "LOCKSMITH_DESK_URL": &home,
			"LOCKSMITH_DESK_API":    s.address(s.public),
			"LOCKSMITH_DESK_ISSUER": &s.config.Desk.SignIn.Issuer, "LOCKSMITH_DESK_CLIENT": &s.config.Desk.SignIn.ClientID,
		}})
	to := awsapigatewayv2integrations.NewHttpLambdaIntegration(jsii.String("Pages"), f,
		&awsapigatewayv2integrations.HttpLambdaIntegrationProps{
			PayloadFormatVersion: awsapigatewayv2.PayloadFormatVersion_VERSION_2_0()})
	for _, r := range [][2]string{{"Pages", pagesPath}, {"PagesBelow", pagesPath + "/{proxy+}"}} {
		route := awsapigatewayv2.NewHttpRoute(s.Stack, &r[0], &awsapigatewayv2.HttpRouteProps{HttpApi: s.public,
			RouteKey: awsapigatewayv2.HttpRouteKey_With(&r[1], awsapigatewayv2.HttpMethod_ANY), Integration: to,
			Authorizer: awsapigatewayv2.NewHttpNoneAuthorizer()})
		suppress(route, "AwsSolutions-APIG4", "people sign in here; the function behind it has no rights, and passes on "+
			"what they were given")
	}
	awscdk.NewCfnOutput(s.Stack, jsii.String("PagesURL"), &awscdk.CfnOutputProps{Value: &home})
	awscdk.NewCfnOutput(s.Stack, jsii.String("SignedInURL"), &awscdk.CfnOutputProps{
		Value: jsii.String(home + "/signed-in"), Description: jsii.String("The redirect URI to register at the issuer")})
}
