package notice

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/google/go-cmp/cmp"

	"locksmith/lambdas/remedy"
)

var everywhere = Topics{
	Alerts: "arn:aws:sns:eu-central-1:999988887777:alerts",
	Pages:  "arn:aws:sns:eu-central-1:999988887777:pages",
	Chat:   "arn:aws:sns:eu-central-1:999988887777:chat",
}

// mailbox is an SNS that keeps what is published, and refuses what goes to the topics in refuses.
type mailbox struct {
	*httptest.Server
	mu      sync.Mutex
	refuses map[string]bool
	got     []url.Values
}

func newMailbox(t *testing.T, refuses ...string) *mailbox {
	t.Helper()
	m := &mailbox{refuses: map[string]bool{}}
	for _, topic := range refuses {
		m.refuses[topic] = true
	}
	m.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		form, err := url.ParseQuery(string(text))
		if err != nil || form.Get("Action") != "Publish" {
			t.Errorf("no Publish call: %s", text)
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.refuses[form.Get("TopicArn")] {
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w,
				`<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type>`+
					`<Code>AuthorizationError</Code>`+
					`<Message>not authorized to perform: SNS:Publish</Message></Error>`+
					`<RequestId>5d3a0000-0000-4000-8000-000000000001</RequestId></ErrorResponse>`)
			return
		}
		m.got = append(m.got, form)
		_, _ = io.WriteString(w,
			`<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult>`+
				`<MessageId>9f0e0000-0000-4000-8000-000000000001</MessageId></PublishResult>`+
				`<ResponseMetadata><RequestId>9f0e0000-0000-4000-8000-000000000002</RequestId></ResponseMetadata>`+
				`</PublishResponse>`)
	}))
	t.Cleanup(m.Close)
	return m
}

func (m *mailbox) publisher(topics Topics) *Publisher {
	return New(aws.Config{Region: "eu-central-1", BaseEndpoint: &m.URL,
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", "")}, topics)
}

func (m *mailbox) topics() []string {
	var arns []string
	for _, form := range m.got {
		arns = append(arns, strings.TrimPrefix(form.Get("TopicArn"), "arn:aws:sns:eu-central-1:999988887777:"))
	}
	return arns
}

func TestTell(t *testing.T) {
	locked, unlocked := incidents()["held"], incidents()["unlocked"]
	noChat := everywhere
	noChat.Chat = ""
	for _, tt := range []struct {
		name    string
		notice  remedy.Notice
		topics  Topics
		refuses []string
		told    []remedy.Channel
		want    []remedy.Channel // told afterwards
		sent    []string
		fails   string // part of the error
	}{
		{"everybody", locked, everywhere, nil, nil, []remedy.Channel{"pages", "alerts", "chat"},
			[]string{"pages", "alerts", "chat"}, ""},
		{"nobody is paged for an unlock", unlocked, everywhere, nil, nil, []remedy.Channel{"alerts", "chat"},
			[]string{"alerts", "chat"}, ""},
		{"no chat", locked, noChat, nil, nil, []remedy.Channel{"pages", "alerts"}, []string{"pages", "alerts"}, ""},
		{"who was told is not told again", locked, everywhere, nil, []remedy.Channel{"alerts"},
			[]remedy.Channel{"alerts", "pages", "chat"}, []string{"pages", "chat"}, ""},
		{"all were told", locked, everywhere, nil, []remedy.Channel{"alerts", "chat", "pages"},
			[]remedy.Channel{"alerts", "chat", "pages"}, nil, ""},
		{"one channel fails", locked, everywhere, []string{everywhere.Pages}, nil, []remedy.Channel{"alerts", "chat"},
			[]string{"alerts", "chat"}, `pages topic "` + everywhere.Pages + `": `},
		{"one of the rest fails", locked, everywhere, []string{everywhere.Alerts}, []remedy.Channel{"pages"},
			[]remedy.Channel{"pages", "chat"}, []string{"chat"}, "AuthorizationError"},
		{"all fail", unlocked, everywhere, []string{everywhere.Alerts, everywhere.Chat}, nil, nil, nil, "chat topic"},
		{"a pager is missing", locked, Topics{Alerts: everywhere.Alerts}, nil, nil, []remedy.Channel{"alerts"},
			[]string{"alerts"}, `pages topic "": no topic is configured`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := newMailbox(t, tt.refuses...)
			told, err := m.publisher(tt.topics).Tell(context.Background(), tt.notice, tt.told)
			if (err == nil) != (tt.fails == "") || err != nil && !strings.Contains(err.Error(), tt.fails) {
				t.Errorf("error %v, want %q in it", err, tt.fails)
			}
			if diff := cmp.Diff(tt.want, told); diff != "" {
				t.Errorf("told (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.sent, m.topics()); diff != "" {
				t.Errorf("sent (-want +got):\n%s", diff)
			}
		})
	}
}

// TestTellLeavesTheCallersListAlone: the ledger's copy may have room behind its end.
func TestTellLeavesTheCallersListAlone(t *testing.T) {
	before := []remedy.Channel{"alerts", "sentinel"}
	if _, err := newMailbox(t).publisher(everywhere).Tell(context.Background(), incidents()["unlocked"],
		before[:1]); err != nil {
		t.Fatal(err)
	}
	if before[1] != "sentinel" {
		t.Errorf("Tell wrote %q into its caller's list", before[1])
	}
}

func TestWhatIsPublished(t *testing.T) {
	m := newMailbox(t)
	n := incidents()["held"]
	if _, err := m.publisher(everywhere).Tell(context.Background(), n, nil); err != nil {
		t.Fatal(err)
	}
	page, alert, chat := m.got[0], m.got[1], m.got[2]

	if page.Get("Subject") != "ALARM: [Locksmith] STILL LOCKED (held back) bucket payroll-exports (111122223333)" ||
		page.Get("MessageStructure") != "" ||
		!strings.HasPrefix(page.Get("Message"), `{"AlarmName":"Locksmith arn:aws:s3:::payroll-exports",`) {
		t.Errorf("page: %q", page)
	}
	if alert.Get("Subject") != "[Locksmith] STILL LOCKED (held back) bucket payroll-exports (111122223333)" ||
		alert.Get("MessageStructure") != "json" {
		t.Errorf("alert: %q", alert)
	}
	var forms map[string]string
	if err := json.Unmarshal([]byte(alert.Get("Message")), &forms); err != nil {
		t.Fatal(err)
	}
	_, mail := Mail(n)
	body := string(JSON(n))
	brief := forms["default"]
	if !strings.HasPrefix(brief, "STILL LOCKED (held back): bucket payroll-exports in account 111122223333. ") ||
		!strings.Contains(brief, "\nACTION NEEDED: yes, now.") {
		t.Errorf("for other protocols: %q", brief)
	}
	if diff := cmp.Diff(map[string]string{"default": brief, "email": mail, "sqs": body, "https": body, "http": body,
		"lambda": body}, forms); diff != "" {
		t.Errorf("alert (-want +got):\n%s", diff)
	}
	if chat.Has("Subject") || chat.Has("MessageStructure") ||
		!strings.HasPrefix(chat.Get("Message"), `{"version":"1.0","source":"custom",`) {
		t.Errorf("chat: %q", chat)
	}
	for i, form := range m.got {
		got := map[string]string{}
		for _, j := range []string{"1", "2", "3", "4", "5"} {
			entry := "MessageAttributes.entry." + j
			got[form.Get(entry+".Name")] = form.Get(entry+".Value.DataType") + " " +
				form.Get(entry+".Value.StringValue")
		}
		want := map[string]string{"result": "String held", "account": "String 111122223333", "service": "String s3",
			"verdict": "String lockout", "needsPerson": "String true"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("message %d, attributes (-want +got):\n%s", i, diff)
		}
	}
}

// TestEmptyNotice: SNS refuses empty attributes and subjects, so there must be none.
func TestEmptyNotice(t *testing.T) {
	m := newMailbox(t)
	if _, err := m.publisher(everywhere).Tell(context.Background(), remedy.Notice{}, nil); err != nil {
		t.Fatal(err)
	}
	for _, form := range m.got {
		for name, values := range form {
			if values[0] == "" {
				t.Errorf("%s is empty", name)
			}
		}
	}
}
