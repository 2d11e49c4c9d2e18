package function_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"

	"locksmith/lambdas/desk/function"
	"locksmith/lambdas/requests"
)

// event is what API Gateway hands over after its JWT authorizer, from its documentation's example, with these claims
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html).
func event(t *testing.T, claims map[string]string) json.RawMessage {
	t.Helper()
	text, err := json.Marshal(map[string]any{"version": "2.0", "routeKey": "GET /requests", "rawPath": "/requests",
		"headers": map[string]string{"authorization": "Bearer e30.e30.e30"},
		"requestContext": map[string]any{"accountId": "999988887777", "stage": "$default",
			"authorizer": map[string]any{"jwt": map[string]any{"claims": claims, "scopes": nil}},
			"http":       map[string]string{"method": "GET", "path": "/requests", "sourceIp": "192.0.2.1"}}})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// caller is what the API would see of events with these claims, and "" for nobody.
func caller(t *testing.T, in *function.SignedIn, claims map[string]string) requests.Caller {
	t.Helper()
	type key struct{}
	var got requests.Caller
	f := &function.Function{SignedIn: in,
		WithCaller: func(ctx context.Context, who requests.Caller) context.Context {
			return context.WithValue(ctx, key{}, who)
		},
		API: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			got, _ = r.Context().Value(key{}).(requests.Caller)
		})}
	if _, err := f.Handle(t.Context(), event(t, claims)); err != nil {
		t.Fatal(err)
	}
	return got
}

// TestWhoIsSignedIn: an issuer's people are the desk's federated users, by a name that it vouches for.
func TestWhoIsSignedIn(t *testing.T) {
	byMail := &function.SignedIn{Partition: "aws", Account: "999988887777", Claim: "email"}
	alice := map[string]string{"sub": "00u1", "email": "Alice@example.com", "email_verified": "true"}
	who := caller(t, byMail, alice)
	if who.ARN != "arn:aws:sts::999988887777:federated-user/Alice@example.com" {
		t.Errorf("%+v", who)
	}
	sso := requests.Caller{ARN: "arn:aws:sts::999988887777:assumed-role/AWSReservedSSO_Security_0123/alice@example.com"}
	one, err := who.Person()
	other, err2 := sso.Person()
	if one != other || err != nil || err2 != nil {
		t.Errorf("by the issuer she is %q, and by Identity Center %q", one, other)
	}
	for name, claims := range map[string]map[string]string{
		"an address nobody verified": {"sub": "00u1", "email": "alice@example.com"},
		"an address not verified":    {"sub": "00u1", "email": "alice@example.com", "email_verified": "false"},
		"nobody's token":             {"email": "alice@example.com", "email_verified": "true"},
		"no name":                    {"sub": "00u1", "email_verified": "true"},
		"a wildcard":                 {"sub": "00u1", "email": "*@example.com", "email_verified": "true"},
		"a path":                     {"sub": "00u1", "email": "a/b@example.com", "email_verified": "true"},
		"two lines":                  {"sub": "00u1", "email": "a@example.com\n", "email_verified": "true"},
	} {
		if who := caller(t, byMail, claims); who.ARN != "" {
			t.Errorf("%s: %+v", name, who)
		}
	}
	if who := caller(t, nil, alice); who.ARN != "" {
		t.Errorf("where nobody signs in: %+v", who)
	}
	byName := &function.SignedIn{Partition: "aws", Account: "999988887777", Claim: "preferred_username"}
	if who := caller(t, byName, map[string]string{"sub": "1", "preferred_username": "alice"}); who.ARN !=
		"arn:aws:sts::999988887777:federated-user/alice" {
		t.Errorf("%+v", who)
	}
}
