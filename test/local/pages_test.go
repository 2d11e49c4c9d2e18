package main

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"
)

// TestPages: the pages are there, as the delegated administrator's user, or as whoever "as" names from then on.
func TestPages(t *testing.T) {
	t.Chdir("../..")
	address, out := serve(t)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	for _, row := range []struct{ path, at, says string }{
		{"/desk/pages", "/desk/pages/", "<strong>admin</strong>"},
		{"/desk/pages/requests?which=all&as=" + onCall, "/desk/pages/requests?which=all", "<strong>kim@example.com</strong>"},
		{"/desk/pages/new", "/desk/pages/new", "<strong>kim@example.com</strong> <span>as OnCall</span>"},
		{"/desk/pages/?as=nobody", "/desk/pages/", "Nobody says who you are"},
	} {
		answer, err := browser.Get(address + row.path)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil || answer.Request.URL.RequestURI() != row.at || !strings.Contains(string(text), row.says) {
			t.Errorf("%s: %v at %s\n%.2000s", row.path, err, answer.Request.URL, text)
		}
	}
	mustHold(t, out.String(), "Its pages are at "+address+"/desk/pages/?as="+onCall)
}
