package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"locksmith/lambdas/desk/function"
	"locksmith/lambdas/desk/pages"
	"locksmith/lambdas/desk/signin"
	"locksmith/lambdas/requests"
)

// pagesPart is the part that serves the pages to people who sign in. It may do nothing by itself, and calls the API
// with the ID token of whoever looks. Its environment variables:
//
//	LOCKSMITH_DESK_URL     the pages' address, https://…/pages
//	LOCKSMITH_DESK_API     the address of the API whose JWT authorizer verifies the tokens
//	LOCKSMITH_DESK_ISSUER  the OpenID Connect issuer
//	LOCKSMITH_DESK_CLIENT  what the issuer calls the pages
const pagesPart = "pages"

// apiTime is how long the API may take for an answer: as long as API Gateway waits.
const apiTime = 29 * time.Second

// newPages makes the function of the pages. The error names what is wrong in the environment.
func newPages(getenv func(string) string, log *slog.Logger) (*function.Function, error) {
	client := &http.Client{Timeout: apiTime, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse // the token goes to the API alone
	}}
	h, err := publicPages(getenv, client)
	if err != nil {
		return nil, err
	}
	nobody := func(ctx context.Context, _ requests.Caller) context.Context { return ctx }
	return &function.Function{API: h, WithCaller: nobody, Log: log}, nil
}

// publicPages are the pages behind their door.
func publicPages(getenv func(string) string, client *http.Client) (http.Handler, error) {
	home, api := getenv("LOCKSMITH_DESK_URL"), getenv("LOCKSMITH_DESK_API")
	at, err := url.Parse(home)
	if err != nil {
		return nil, fmt.Errorf("LOCKSMITH_DESK_URL=%q: %w", home, err)
	}
	if u, err := url.Parse(api); err != nil || u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("LOCKSMITH_DESK_API=%q: want an https:// address", api)
	}
	// Forms are bound to a cookie that no other site can set or read, so that the secret need not be one.
	secret := sha256.Sum256([]byte(home + "\x00" + getenv("LOCKSMITH_DESK_CLIENT")))
	h, err := pages.New(pages.Options{Base: at.Path, Secret: secret[:], Secure: true, Now: time.Now,
		SignOut: "/sign-out",
		Visit: func(r *http.Request) pages.Visitor {
			token := signin.Token(r)
			return pages.Visitor{Client: bearer{client, strings.TrimSuffix(api, "/"), token}, ARN: signin.Name(token)}
		}})
	if err != nil {
		return nil, err
	}
	door, err := signin.New(signin.Options{Issuer: getenv("LOCKSMITH_DESK_ISSUER"),
		ClientID: getenv("LOCKSMITH_DESK_CLIENT"), Home: home, Client: client, Now: time.Now}, h)
	if err != nil {
		return nil, fmt.Errorf("LOCKSMITH_DESK_…: %w", err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if signin.Token(r) == "" && r.URL.Path != at.Path+"/signed-in" && pages.Bounce(w, r) {
			return // from a link in a mail, with which the cookie does not come
		}
		door.ServeHTTP(w, r)
	}), nil
}

// bearer calls the API as the person who looks.
type bearer struct {
	client *http.Client
	api    string
	token  string
}

// most is how much of an answer is read: a list with policies has some hundred kilobytes.
const most = 8 << 20

// Do makes one call.
func (b bearer) Do(ctx context.Context, c pages.Call) (pages.Answer, error) {
	r, err := http.NewRequestWithContext(ctx, c.Method, b.api+c.Path, bytes.NewReader(c.Body))
	if err != nil {
		return pages.Answer{}, err
	}
	r.Header.Set("Authorization", "Bearer "+b.token)
	if c.Body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.Key != "" {
		r.Header.Set("Idempotency-Key", c.Key)
	}
	answer, err := b.client.Do(r)
	if err != nil {
		return pages.Answer{}, errors.New("the API did not answer")
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, most+1))
	if err != nil || len(body) > most {
		return pages.Answer{}, errors.New("the API's answer could not be read, or is too long")
	}
	return pages.Answer{Status: answer.StatusCode, Header: answer.Header, Body: body}, nil
}
