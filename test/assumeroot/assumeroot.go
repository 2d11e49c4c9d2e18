// Package assumeroot is an STS that knows one call, AssumeRoot. It stands beside servers that are not AWS and have no
// such call, so that Locksmith can open its root sessions there as it does on AWS. The package test/cloud is the other
// way round: a whole AWS of our own, with an STS that decides who may.
package assumeroot

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Keys are the credentials of one session.
type Keys struct{ ID, Secret, Token string }

// A Session is one that was asked for and issued.
type Session struct {
	Caller  string // the access key id that signed the request
	Region  string // that the request is signed for
	Account string
	Task    string // the last part of the task policy's ARN
	Seconds int
}

// A Service answers as https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoot.html says, in the query
// protocol. It reads signatures and does not check them.
type Service struct {
	// Issue gives the keys that are root of the account at the server beside this one.
	Issue func(account string) (Keys, error)

	mu       sync.Mutex
	sessions []Session
}

// Sessions are those issued so far, the oldest first.
func (s *Service) Sessions() []Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sessions)
}

func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/xml")
	session, refusal := read(r)
	if refusal.code != "" {
		refusal.write(w, http.StatusBadRequest)
		return
	}
	keys, err := s.Issue(session.Account)
	if err != nil {
		fault{"InternalFailure", err.Error()}.write(w, http.StatusInternalServerError)
		return
	}
	s.mu.Lock()
	s.sessions = append(s.sessions, session)
	s.mu.Unlock()
	ends := time.Now().Add(time.Duration(session.Seconds) * time.Second).UTC().Format(time.RFC3339)
	_, _ = fmt.Fprintf(w,
		`<AssumeRootResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRootResult><Credentials>`+
			`<AccessKeyId>%s</AccessKeyId>`+
			`<SecretAccessKey>%s</SecretAccessKey><SessionToken>%s</SessionToken><Expiration>%s</Expiration>`+
			`</Credentials></AssumeRootResult>`+
			`<ResponseMetadata><RequestId>00000000-0000-4000-8000-000000000001</RequestId></ResponseMetadata>`+
			`</AssumeRootResponse>`, keys.ID, keys.Secret, keys.Token, ends)
}

var (
	scope      = regexp.MustCompile(`Credential=([^/]+)/[0-9]{8}/([a-z0-9-]+)/sts/aws4_request`)
	taskPolicy = regexp.MustCompile(`^arn:aws:iam::aws:policy/root-task/([A-Za-z0-9]+)$`)
	accountID  = regexp.MustCompile(`^[0-9]{12}$`)
)

// read reads the request, or says what AWS would not accept in it.
func read(r *http.Request) (Session, fault) {
	if err := r.ParseForm(); err != nil {
		return Session{}, fault{"MalformedInput", err.Error()}
	}
	if action := r.PostForm.Get("Action"); action != "AssumeRoot" {
		return Session{}, fault{"InvalidAction", fmt.Sprintf("could not find operation %s", action)}
	}
	signed := scope.FindStringSubmatch(r.Header.Get("Authorization"))
	task := taskPolicy.FindStringSubmatch(r.PostForm.Get("TaskPolicyArn.arn"))
	account := r.PostForm.Get("TargetPrincipal")
	seconds, err := strconv.Atoi(r.PostForm.Get("DurationSeconds"))
	switch {
	case signed == nil:
		return Session{}, fault{"IncompleteSignature", "no signature for STS"}
	case task == nil:
		return Session{}, fault{"ValidationError", "no AWS managed task policy"}
	case !accountID.MatchString(account):
		return Session{}, fault{"ValidationError", "no account as the target principal"}
	case err != nil || seconds < 0 || seconds > 900:
		return Session{}, fault{"ValidationError", "durationSeconds has to be 900 or less"}
	}
	return Session{Caller: signed[1], Region: signed[2], Account: account, Task: task[1], Seconds: seconds}, fault{}
}

// A fault is an error in the query protocol's form.
type fault struct{ code, message string }

func (f fault) write(w http.ResponseWriter, status int) {
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w,
		`<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>%s</Code>`+
			`<Message>%s</Message></Error>`+
			`<RequestId>00000000-0000-4000-8000-000000000002</RequestId></ErrorResponse>`, f.code, f.message)
}
