package remedy_test

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"time"

	"locksmith/lambdas/ledger"
	"locksmith/lambdas/remedy"
	"locksmith/test/events"
)

// An eventRow is one row of the events' table.
type eventRow struct {
	file, says string
	event      []byte
}

func eventRows(tb testing.TB) []eventRow {
	tb.Helper()
	table, err := events.Files.ReadFile("README.md")
	if err != nil {
		tb.Fatal(err)
	}
	var rows []eventRow
	line := regexp.MustCompile(`(?m)^\| (\S+\.json) \|.*\| (change|nothing|error) \|$`)
	for _, m := range line.FindAllStringSubmatch(string(table), -1) {
		event, err := events.Files.ReadFile(m[1])
		if err != nil {
			tb.Fatal(err)
		}
		rows = append(rows, eventRow{m[1], m[2], event})
	}
	files, err := fs.Glob(events.Files, "*.json")
	if err != nil || len(files) != len(rows) || len(rows) < 40 {
		tb.Fatalf("%d files, %d rows in the table (%v)", len(files), len(rows), err)
	}
	return rows
}

func TestParseEvents(t *testing.T) {
	gov := map[string]string{
		"09-s3-gov.json": "arn:aws-us-gov:s3:::payroll", "10-s3-gov-no-resources.json": "arn:aws-us-gov:s3:::payroll",
		"11-s3-cn.json": "arn:aws-cn:s3:::payroll", "12-s3-cn-no-resources.json": "arn:aws-cn:s3:::payroll",
		"26-sqs-legacy-url-2018.json":     "arn:aws:sqs:us-east-2:111122223333:orders",
		"27-sqs-legacy-url-regional.json": "arn:aws:sqs:us-east-2:111122223333:orders",
		"28-sqs-legacy-url-global.json":   "arn:aws:sqs:us-east-1:111122223333:orders",
		"29-sqs-url-cn.json":              "arn:aws-cn:sqs:cn-north-1:111122223333:orders",
		"30-sqs-url-gov.json":             "arn:aws-us-gov:sqs:us-gov-west-1:111122223333:orders",
	}
	for _, row := range eventRows(t) {
		t.Run(row.file, func(t *testing.T) {
			change, err := remedy.Parse(row.event)
			nothing := (*remedy.NothingToDo)(nil)
			switch {
			case row.says == "change" && err != nil:
				t.Fatal(err)
			case row.says == "nothing" && !errors.As(err, &nothing):
				t.Fatalf("%+v, %v, want nothing to do", change, err)
			case row.says == "error" && (err == nil || errors.As(err, &nothing)):
				t.Fatalf("%+v, %v, want an error", change, err)
			case row.says != "change":
				return
			}
			want := "arn:aws:s3:::payroll"
			if strings.Contains(row.file, "-sqs-") {
				want = "arn:aws:sqs:eu-central-1:111122223333:orders"
			}
			if other, ok := gov[row.file]; ok {
				want = other
			}
			if change.Resource != want || change.Account != "111122223333" || change.EventID == "" ||
				!strings.Contains(change.Policy, `"Deny"`) ||
				!change.Time.Equal(time.Date(2026, 11, 21, 8, 15, 30, 0, time.UTC)) || change.By.ARN == "" {
				t.Errorf("%+v", change)
			}
		})
	}
}

// FuzzHandle leads arbitrary bytes, and mutated events, through the flow. Whatever they say, the policy in force
// demands TLS and nothing else: no event may have it changed.
func FuzzHandle(f *testing.F) {
	for _, row := range eventRows(f) {
		f.Add(row.event)
	}
	list := sampleAllowList(f)
	now := func() time.Time { return time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC) }
	f.Fuzz(func(t *testing.T, event []byte) {
		s := &stage{t: t}
		flow := &remedy.Flow{Allow: list, Root: s, Ledger: ledger.NewMemory(ledger.Defaults(), now), Teller: s,
			Now: now, LookAgain: []time.Duration{0}, Log: slog.New(slog.DiscardHandler)}
		var last remedy.Report
		flow.Report = func(r remedy.Report) { last = r }
		err := flow.Handle(context.Background(), remedy.Delivery{Event: event, Try: 1})
		if done := last.Nothing != "" || s.told; err == nil && !done {
			t.Errorf("finished, and nobody was told: %+v", last)
		}
	})
}

// A stage is root and people, for a policy that may not be touched.
type stage struct {
	t    *testing.T
	told bool
}

func (s *stage) Open(context.Context, remedy.Change) (remedy.Session, error) { return s, nil }

func (s *stage) Policy(context.Context) (string, error) { return harmless, nil }

func (s *stage) Delete(context.Context) error {
	s.t.Error("deleted")
	return nil
}

func (s *stage) Put(context.Context, string) error {
	s.t.Error("replaced")
	return nil
}

func (s *stage) Tell(_ context.Context, _ remedy.Notice, told []remedy.Channel) ([]remedy.Channel, error) {
	s.told = true
	return append(told, remedy.Alerts), nil
}
