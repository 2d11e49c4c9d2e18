package function

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"

	"locksmith/lambdas/requests"
)

// HTTP answers one request of an HTTP API, payload 2.0
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html).
// Who calls is what its IAM authorizer or its JWT authorizer has verified, and nothing else.
func (f *Function) HTTP(ctx context.Context, event events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse,
	error) {
	switch a := event.RequestContext.Authorizer; {
	case a == nil:
	case a.IAM != nil && a.IAM.UserARN != "":
		ctx = f.WithCaller(ctx, requests.Caller{ARN: a.IAM.UserARN})
	case a.JWT != nil && f.SignedIn != nil:
		if who, ok := f.SignedIn.caller(a.JWT.Claims); ok {
			ctx = f.WithCaller(ctx, who)
		}
	}
	r, err := request(ctx, event)
	if err != nil {
		return events.APIGatewayV2HTTPResponse{}, err
	}
	w := &recorder{header: http.Header{}}
	f.API.ServeHTTP(w, r)
	return w.response(), nil
}

// request is the event as a request.
func request(ctx context.Context, event events.APIGatewayV2HTTPRequest) (*http.Request, error) {
	body := []byte(event.Body)
	if event.IsBase64Encoded {
		var err error
		if body, err = base64.StdEncoding.DecodeString(event.Body); err != nil {
			return nil, fmt.Errorf("request of API Gateway: body: %w", err)
		}
	}
	about := event.RequestContext
	// An HTTP API has decoded the path, and nobody may decode it again: what was sent as %252F is no slash.
	at := &url.URL{Path: withoutStage(event.RawPath, about.Stage), RawQuery: event.RawQueryString}
	r, err := http.NewRequestWithContext(ctx, about.HTTP.Method, "/", bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("request of API Gateway: %w", err)
	}
	r.URL, r.RequestURI = at, at.RequestURI()
	r.Host, r.RemoteAddr = about.DomainName, about.HTTP.SourceIP
	for name, values := range event.Headers { // several values of one name come as one, with commas
		r.Header.Set(name, values)
	}
	if len(event.Cookies) > 0 {
		r.Header.Set("Cookie", strings.Join(event.Cookies, "; "))
	}
	return r, nil
}

// withoutStage is the path below the stage. The stage $default stands in no path.
func withoutStage(path, stage string) string {
	if rest, ok := strings.CutPrefix(path, "/"+stage); ok && stage != "" && (rest == "" || rest[0] == '/') {
		path = rest
	}
	if path == "" {
		return "/"
	}
	return path
}

// A recorder keeps what a handler answers.
type recorder struct {
	header http.Header
	status int
	sent   http.Header // the header when the answer began
	body   bytes.Buffer
}

func (w *recorder) Header() http.Header { return w.header }

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status, w.sent = status, w.header.Clone()
	}
}

func (w *recorder) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

// response is the answer as API Gateway takes it. Cookies have a place of their own.
func (w *recorder) response() events.APIGatewayV2HTTPResponse {
	w.WriteHeader(http.StatusOK)
	out := events.APIGatewayV2HTTPResponse{StatusCode: w.status, Headers: map[string]string{}, Body: w.body.String(),
		Cookies: w.sent.Values("Set-Cookie")}
	for name, values := range w.sent {
		if name != "Set-Cookie" {
			out.Headers[name] = strings.Join(values, ", ")
		}
	}
	if !utf8.Valid(w.body.Bytes()) {
		out.Body, out.IsBase64Encoded = base64.StdEncoding.EncodeToString(w.body.Bytes()), true
	}
	return out
}
