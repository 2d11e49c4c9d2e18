package requests_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	desk "locksmith/lambdas/requests"
	"locksmith/test/cloud"
)

// TestAPageIsOneCall: whatever the history, and whoever asks.
func TestAPageIsOneCall(t *testing.T) {
	c := cloud.New(cloud.Config{})
	var calls atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		c.ServeHTTP(w, r)
	}))
	defer s.Close()
	at := now
	store := create(t, s.URL, c.Config().DelegatedAdministrator+".role.LocksmithDesk", &at)
	ctx := context.Background()
	for i := range 500 {
		if err := store.Create(ctx, request(i, []string{"ann", "bob"}[i%2])); err != nil {
			t.Fatal(err)
		}
	}
	for _, which := range []desk.Listing{{}, {Person: "ann"}, {Open: true}} {
		from := ""
		for page := range 4 {
			before := calls.Load()
			all, next, err := store.List(ctx, which, 50, from)
			if err != nil || len(all) != 50 || next == "" || calls.Load() != before+1 {
				t.Errorf("%+v, page %d: %d of them, next %q, %d calls, %v", which, page, len(all), next, calls.Load()-before, err)
			}
			from = next
		}
	}
	before := calls.Load()
	if _, err := store.Get(ctx, fmt.Sprintf("r%02d", 7)); err != nil || calls.Load() != before+1 {
		t.Errorf("%d calls, %v", calls.Load()-before, err)
	}
}
