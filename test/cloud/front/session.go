package front

import (
	"maps"
	"time"

	"locksmith/policies"
)

// A Session is one of root by sts:AssumeRoot, or one of a role by sts:AssumeRole.
type Session struct {
	Account, AccessKey, Secret, Token string
	Ceiling                           *policies.Document // root's task policy: what it denies, the session may not do
	Role, RoleID, Name                string             // the role's ARN and unique id, and the session's name
	Issued, Expires                   time.Time
}

// OpenRoot opens a root session in an account, and forgets those that ended long ago. It is called under the lock.
func (f *Front) OpenRoot(account string, ceiling *policies.Document, lifetime time.Duration) *Session {
	s := f.open(account, lifetime)
	s.Ceiling = ceiling
	return s
}

func (f *Front) open(account string, lifetime time.Duration) *Session {
	now := f.Now()
	maps.DeleteFunc(f.sessions, func(_ string, s *Session) bool { return now.Sub(s.Expires) > 12*time.Hour })
	s := &Session{Account: account, AccessKey: "ASIA" + Letters(16), Secret: RandomID(20), Token: RandomID(64),
		Issued: now, Expires: now.Add(lifetime)}
	f.sessions[s.AccessKey] = s
	return s
}

// check refuses a session that has ended, or whose token does not come with its key.
func (s *Session) check(token string, now time.Time, words Words) *Error {
	switch {
	case token == "":
		return &words.UnknownKey
	case token != s.Token:
		return &words.WrongToken
	case !now.Before(s.Expires):
		return &words.Expired
	}
	return nil
}

// Secrets are the credentials of all sessions, so that a test can look for them where they must not be.
func (f *Front) Secrets() []string {
	f.Lock()
	defer f.Unlock()
	var secrets []string
	for _, s := range f.sessions {
		secrets = append(secrets, s.AccessKey, s.Secret, s.Token)
	}
	return secrets
}
