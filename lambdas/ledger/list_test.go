package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"locksmith/lambdas/desk/tasks"
	"locksmith/lambdas/ledger"
	"locksmith/lambdas/remedy"
)

// lister is a ledger that lists.
type lister interface {
	List(ctx context.Context, which tasks.Listing, n int, from string) ([]tasks.Line, string, error)
}

// pages are the events of all pages, one list each.
func (w world) pages(which tasks.Listing, n int) (pages [][]string) {
	w.t.Helper()
	for from := ""; ; {
		lines, next, err := w.book.(lister).List(context.Background(), which, n, from)
		if err != nil {
			w.t.Fatal(err)
		}
		page := []string{}
		for _, l := range lines {
			page = append(page, l.Event)
		}
		pages = append(pages, page)
		if from = next; next == "" {
			return pages
		}
	}
}

// TestIncidentsAreListed: the newest first, page by page, by account, and by what is open.
func TestIncidentsAreListed(t *testing.T) {
	each(t, ledger.Limits{Lease: time.Minute}, func(t *testing.T, w world) {
		for i := range 7 {
			one := incident(fmt.Sprintf("e%d", i), fmt.Sprintf("b%d", i))
			one.Change.Account = []string{"111122223333", "222233334444"}[i%2]
			one.Change.Region, one.Change.Call, one.Change.By.ARN = "eu-central-1", "PutBucketPolicy", "arn:aws:iam::1:user/u"
			e, err := w.Claim(context.Background(), one)
			if err != nil {
				t.Fatal(err)
			}
			e.State, e.Outcome = remedy.Closed, remedy.Outcome{Result: remedy.NotCovered, At: w.Now()}
			if e.Open = i < 3; !e.Open {
				e.Outcome.Result = remedy.Unlocked
			}
			if err := w.Record(context.Background(), e); err != nil {
				t.Fatal(err)
			}
			w.pass(500 * time.Millisecond)
		}
		for _, row := range []struct {
			which tasks.Listing
			n     int
			want  string
		}{
			{tasks.Listing{}, 10, "[[e6 e5 e4 e3 e2 e1 e0]]"},
			{tasks.Listing{}, 3, "[[e6 e5 e4] [e3 e2 e1] [e0]]"},
			{tasks.Listing{Account: "111122223333"}, 3, "[[e6 e4 e2] [e0]]"},
			{tasks.Listing{Open: true}, 2, "[[e2 e1] [e0]]"},
			{tasks.Listing{Open: true, Account: "222233334444"}, 2, "[[e1]]"},
			{tasks.Listing{Resource: "arn:aws:s3:::b4"}, 2, "[[e4]]"},
			{tasks.Listing{Account: "333344445555"}, 2, "[[]]"},
		} {
			if got := fmt.Sprint(w.pages(row.which, row.n)); got != row.want {
				t.Errorf("%+v by %d: %s, want %s", row.which, row.n, got, row.want)
			}
		}
		lines, _, _ := w.book.(lister).List(context.Background(), tasks.Listing{}, 1, "")
		want := tasks.Line{ID: "e6~arn:aws:s3:::b6", Event: "e6", Resource: "arn:aws:s3:::b6", Account: "111122223333",
			Region: "eu-central-1", Result: remedy.Unlocked, State: remedy.Closed, Call: "PutBucketPolicy",
			By: "arn:aws:iam::1:user/u", At: time.Date(2026, 11, 21, 8, 0, 3, 0, time.UTC)}
		if !slices.Equal(lines, []tasks.Line{want}) {
			t.Errorf("%+v", lines)
		}
		for _, from := range []string{"nowhere", "!", "MjAyNiBncm91cCM"} {
			_, _, err := w.book.(lister).List(context.Background(), tasks.Listing{}, 1, from)
			if !errors.Is(err, tasks.ErrPage) {
				t.Errorf("page %q: %v", from, err)
			}
		}
	})
}
