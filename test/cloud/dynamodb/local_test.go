package dynamodb_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"locksmith/test/cloud/place"
	"locksmith/test/engines"
)

// local is AWS's own DynamoDB Local, once for all tests of the package and from the first shelf on.
var local struct {
	once    sync.Once
	running *engines.DynamoDB
	err     error
	shelves int
}

func TestMain(m *testing.M) {
	code := m.Run()
	if local.running != nil {
		if err := local.running.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// A follower passes each call on to DynamoDB Local too, one after another, and compares the answers.
type follower struct {
	t       *testing.T
	place   *place.Place
	account string // in DynamoDB Local: each has tables of its own
	mu      sync.Mutex
}

// follow puts a follower before a place, where DynamoDB Local is installed.
func follow(t *testing.T, p *place.Place) {
	t.Helper()
	local.once.Do(func() { local.running, local.err = engines.StartDynamoDB() })
	if errors.Is(local.err, engines.ErrMissing) {
		return
	}
	if local.err != nil {
		t.Fatal(local.err)
	}
	local.shelves++
	server := httptest.NewServer(&follower{t: t, place: p, account: fmt.Sprint("shelf", local.shelves)})
	t.Cleanup(server.Close)
	p.URL = server.URL
}

func (f *follower) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	request, err := io.ReadAll(r.Body)
	if err != nil {
		f.t.Error(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(request))
	ours := httptest.NewRecorder()
	f.place.ServeHTTP(ours, r)
	for name, values := range ours.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(ours.Code)
	_, _ = w.Write(ours.Body.Bytes()) // who asked sees what is missing
	action := r.Header.Get("X-Amz-Target")
	if action == "" {
		return // a call of another service
	}
	theirs, err := f.ask(action, r.Header.Get("Authorization"), request)
	if err != nil {
		f.t.Error(err)
	} else if !agree(string(request), ours.Body.Bytes(), theirs) {
		f.t.Errorf("%s %.500s\n%.500s\nDynamoDB Local says\n%.500s", action, request, ours.Body, theirs)
	}
}

var scope = regexp.MustCompile(`Credential=[^/]+/[0-9]+/([^/]+)/`)

// ask makes a call of DynamoDB Local, in the same Region.
func (f *follower) ask(action, authorization string, request []byte) (answer []byte, err error) {
	m := scope.FindStringSubmatch(authorization)
	if m == nil {
		return nil, fmt.Errorf("no Region in %q", authorization)
	}
	r, err := http.NewRequest(http.MethodPost, local.running.URL, bytes.NewReader(request))
	if err != nil {
		return nil, err
	}
	r.Header.Set("X-Amz-Target", action)
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+f.account+"/20261121/"+m[1]+
		"/dynamodb/aws4_request, SignedHeaders=host, Signature=0")
	out, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer out.Body.Close()
	return io.ReadAll(out.Body)
}

// notAsked are the errors of calls whose answers cannot be the same: DynamoDB Local knows no permissions and more
// parameters, and takes some JSON that AWS does not take.
var notAsked = []string{"AccessDeniedException", "UnrecognizedClientException", "NotImplemented",
	"UnknownOperationException", "SerializationException"}

// known are the requests, each with our answer, of which DynamoDB Local 2.6.1 says something else than AWS does.
var known = []*regexp.Regexp{
	// AWS makes no item where only something is to be removed
	// (https://github.com/scylladb/scylladb/blob/master/test/alternator/test_update_expression.py,
	// test_nested_attribute_remove_from_missing_item).
	regexp.MustCompile(`"ALL_NEW".*"UpdateExpression":"(REMOVE|DELETE) [^"=]*"\}\n\{\}$`),
	// AWS returns what has changed within a map or a list, and not all of it
	// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GettingStarted.UpdateItem.html).
	regexp.MustCompile(`"ReturnValues":"UPDATED_.*"UpdateExpression":"[^"]*(m\.y\.z|#r\[)`),
	// AWS has this as a reason for which a transaction is cancelled
	// (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html).
	regexp.MustCompile(`"TransactItems".*\n.*"CancellationReasons".*An operand in the update expression has`),
	// AWS gives a reason for each action, in their order, and None where a key was wrong before any condition was tried
	// (see TestKeysOfTheWrongTypeCancel).
	regexp.MustCompile(`\n.*"CancellationReasons".*(Type mismatch for key|part of the key)`),
}

// agree compares two answers to a request: what comes back, or the code of the error. The messages of DynamoDB Local
// are often others.
func agree(request string, ours, theirs []byte) bool {
	code, result := read(ours)
	theirCode, theirResult := read(theirs)
	if slices.Contains(notAsked, code) || code == theirCode && result == theirResult {
		return true
	}
	both := request + "\n" + string(ours)
	return slices.ContainsFunc(known, func(r *regexp.Regexp) bool { return r.MatchString(both) })
}

// read is the code of the error in an answer, or what the call gave. The description of a table says less here, and
// DynamoDB Local counts capacity unasked.
func read(answer []byte) (code, result string) {
	var all map[string]any
	if err := json.Unmarshal(answer, &all); err != nil {
		return "no JSON", string(answer)
	}
	if kind, ok := all["__type"].(string); ok {
		_, code, _ = strings.Cut(kind, "#")
	}
	for _, name := range []string{"__type", "message", "Message", "Table", "TableDescription", "ConsumedCapacity"} {
		delete(all, name)
	}
	if reasons, ok := all["CancellationReasons"].([]any); ok {
		for _, reason := range reasons {
			delete(reason.(map[string]any), "Message")
		}
	}
	text, _ := json.Marshal(all) // it has just been read
	return code, string(text)
}

// TestDynamoDBLocalFollows: where it is installed, it hears the calls of every shelf, and a difference is seen.
func TestDynamoDBLocalFollows(t *testing.T) {
	s := newShelf(t)
	if errors.Is(local.err, engines.ErrMissing) {
		t.Skipf("this DynamoDB is not held against AWS's own: %v", local.err)
	}
	s.put(attributes{"id": text("a"), "n": number("1")})
	f := &follower{account: fmt.Sprint("shelf", local.shelves)}
	const get = `{"TableName":"books","Key":{"id":{"S":"a"}}}`
	heard, err := f.ask("DynamoDB_20120810.GetItem", "Credential=x/20261121/"+region+"/", []byte(get))
	if err != nil || !agree(get, []byte(`{"Item":{"n":{"N":"1"},"id":{"S":"a"}}}`), heard) {
		t.Errorf("%s, %v", heard, err)
	}
	for _, other := range []string{`{"Item":{"n":{"N":"2"},"id":{"S":"a"}}}`, `{}`,
		`{"__type":"x#ValidationException"}`} {
		if agree(get, []byte(other), heard) {
			t.Errorf("%s passes for %s", other, heard)
		}
	}
}
