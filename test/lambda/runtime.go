package lambda

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// A runtimeAPI is Lambda's side of one function process: it hands out events and takes the answers
// (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html).
type runtimeAPI struct {
	address string
	server  *http.Server
	events  chan []byte
	answers chan Answer

	mu     sync.Mutex
	asked  time.Time // when the process first asked for work: it has started
	number int       // of the event that was handed out last
	open   bool      // that event has no answer yet
}

// An Answer is what the process posted for an event, or for its own start.
type Answer struct {
	Body string
	Kind string // response, error, or init/error
	At   time.Time
}

// deadline is how long the function has for a batch in a deployment (infra/central.go).
const deadline = 120 * time.Second

// listen starts the API on a free port of the loopback interface.
func listen() (*runtimeAPI, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	a := &runtimeAPI{address: listener.Addr().String(), events: make(chan []byte, 1), answers: make(chan Answer, 1)}
	routes := http.NewServeMux()
	routes.HandleFunc("GET /2018-06-01/runtime/invocation/next", a.next)
	routes.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", a.answer("response"))
	routes.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", a.answer("error"))
	routes.HandleFunc("POST /2018-06-01/runtime/init/error", a.answer("init/error"))
	a.server = &http.Server{Handler: routes, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = a.server.Serve(listener) }() // ends with Close
	return a, nil
}

func (a *runtimeAPI) close() { _ = a.server.Close() }

// next waits for an event, as long as the process does.
func (a *runtimeAPI) next(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	if a.asked.IsZero() {
		a.asked = time.Now()
	}
	a.mu.Unlock()
	select {
	case <-r.Context().Done():
	case event := <-a.events:
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Lambda-Runtime-Aws-Request-Id", a.handOut())
		w.Header().Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(deadline).UnixMilli(), 10))
		w.Header().Set("Lambda-Runtime-Invoked-Function-Arn",
			"arn:aws:lambda:us-east-1:999988887777:function:locksmith-unlock")
		_, _ = w.Write(event) // a process that is gone gives no answer, and that is seen
	}
}

// handOut opens the next event and returns its id.
func (a *runtimeAPI) handOut() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.number++
	a.open = true
	return requestID(a.number)
}

func requestID(number int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", number) }

// answer takes the one answer to the event that is out, and refuses any other.
func (a *runtimeAPI) answer(kind string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		at := time.Now()
		a.mu.Lock()
		awaited := kind == "init/error" && a.number == 0 || a.open && r.PathValue("id") == requestID(a.number)
		a.open = a.open && !awaited
		a.mu.Unlock()
		if err != nil || !awaited {
			http.Error(w, `{"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"}`, http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusAccepted)
		select {
		case a.answers <- Answer{string(body), kind, at}:
		default: // a second complaint about the start, and nobody has read the first
		}
	}
}

// started is when the process first asked for work.
func (a *runtimeAPI) started() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.asked
}
