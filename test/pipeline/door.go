package pipeline

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/aws/aws-lambda-go/events"

	"locksmith/test/cloud/gateway"
)

// DeskPath is the path that the desk's API is below.
const DeskPath = "/desk"

// longestPayload is what API Gateway takes
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html).
const longestPayload = 10 << 20

// Serve has API Gateway put what is signed for the desk before its function.
func (d *Desk) Serve() {
	central := d.pipeline.cloud.Config().DelegatedAdministrator
	d.pipeline.cloud.ServeAPI(central, Region, DeskPath, http.HandlerFunc(d.invoke))
}

// handle has the function in this process take an event.
func (d *Desk) handle(ctx context.Context, event []byte) ([]byte, error) {
	said, err := d.Function.Handle(ctx, event)
	if err != nil {
		return nil, err
	}
	return json.Marshal(said)
}

// invoke hands a request to the function as the event that API Gateway makes of it, and its answer back.
func (d *Desk) invoke(w http.ResponseWriter, r *http.Request) {
	event, err := eventOf(r)
	var answer events.APIGatewayV2HTTPResponse
	if err == nil {
		var said []byte
		if said, err = d.Handle(r.Context(), event); err == nil {
			err = json.Unmarshal(said, &answer)
		}
	}
	body := []byte(answer.Body)
	if err == nil && answer.IsBase64Encoded {
		body, err = base64.StdEncoding.DecodeString(answer.Body)
	}
	if err != nil { // what API Gateway says of a function that fails
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = w.Write([]byte(`{"message":"Internal Server Error"}`))
		return
	}
	for name, value := range answer.Headers {
		w.Header().Set(name, value)
	}
	for _, cookie := range answer.Cookies {
		w.Header().Add("Set-Cookie", cookie)
	}
	w.WriteHeader(answer.StatusCode)
	_, _ = w.Write(body) // a client that has gone needs no answer
}

// eventOf is a request as an HTTP API hands it to a function, payload 2.0. The path is decoded, the query is not, and
// several headers of one name are one with commas.
func eventOf(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, longestPayload+1))
	if err != nil || len(body) > longestPayload {
		return nil, errors.Join(err, errors.New("no body of more than 10 MB passes"))
	}
	path := strings.TrimPrefix(r.URL.Path, DeskPath)
	event := events.APIGatewayV2HTTPRequest{Version: "2.0", RouteKey: "$default", RawPath: path,
		RawQueryString: r.URL.RawQuery, Headers: map[string]string{"host": r.Host}, Body: string(body)}
	if len(body) > 0 && !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		event.Body, event.IsBase64Encoded = base64.StdEncoding.EncodeToString(body), true
	}
	for name, values := range r.Header {
		if name == "Cookie" {
			event.Cookies = strings.Split(strings.Join(values, "; "), "; ")
			continue
		}
		event.Headers[strings.ToLower(name)] = strings.Join(values, ",")
	}
	event.RequestContext = events.APIGatewayV2HTTPRequestContext{Stage: "$default", DomainName: r.Host,
		HTTP: events.APIGatewayV2HTTPRequestContextHTTPDescription{Method: r.Method, Path: path, Protocol: r.Proto,
			SourceIP: "198.51.99.7", UserAgent: r.UserAgent()}}
	if who, ok := gateway.CallerOf(r.Context()); ok {
		event.RequestContext.Authorizer = &events.APIGatewayV2HTTPRequestContextAuthorizerDescription{
			IAM: &events.APIGatewayV2HTTPRequestContextAuthorizerIAMDescription{AccessKey: who.AccessKey,
				AccountID: who.Account, CallerID: who.UserID, UserARN: who.ARN, UserID: who.UserID}}
	}
	return json.Marshal(event)
}
