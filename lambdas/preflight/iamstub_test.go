package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"locksmith/test/cloud/place"
)

func withIAM(t *testing.T, d *place.Place, sessions func() bool) aws.Config {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if !strings.Contains(string(body), "Action=ListOrganizationsFeatures") {
			r.Body = io.NopCloser(bytes.NewReader(body))
			d.ServeHTTP(w, r)
			return
		}
		members := "<member>RootCredentialsManagement</member>"
		if sessions() {
			members += "<member>RootSessions</member>"
		}
		fmt.Fprintf(w, `<ListOrganizationsFeaturesResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ListOrganizationsFeaturesResult><EnabledFeatures>%s</EnabledFeatures></ListOrganizationsFeaturesResult></ListOrganizationsFeaturesResponse>`, members)
	}))
	t.Cleanup(server.Close)
	cfg := d.As(place.Central+".role.Locksmith", home)
	cfg.BaseEndpoint = &server.URL
	return cfg
}
