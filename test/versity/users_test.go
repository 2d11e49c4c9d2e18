package versity

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"sync"

	"github.com/versity/versitygw/auth"

	"locksmith/test/assumeroot"
)

// users are the gateway's accounts, and besides them the sessions that AssumeRoot began. Versitygw lets whoever keeps
// its accounts say who signs with a key (auth.SigningKeyProvider). The root account's own keys cannot be given out as a
// session's: versitygw answers a session token beside them with InvalidToken.
type users struct {
	auth.IAMService

	mu       sync.Mutex
	sessions map[string]assumeroot.Keys
}

func newUsers(accounts auth.IAMService) *users {
	return &users{IAMService: accounts, sessions: map[string]assumeroot.Keys{}}
}

// open begins a session that is root of every account: the gateway has one root for all.
func (u *users) open(string) (assumeroot.Keys, error) {
	keys := assumeroot.Keys{ID: "ASIA" + rand.Text()[:16], Secret: rand.Text(), Token: rand.Text()}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.sessions[keys.ID] = keys
	return keys, nil
}

// DeriveSigningKey gives the gateway what it checks a signature with, and who signs. A session has to bring its token,
// and nobody else may bring one.
func (u *users) DeriveSigningKey(access, token, date, region, service string) ([]byte, auth.Account, error) {
	u.mu.Lock()
	keys, session := u.sessions[access]
	u.mu.Unlock()
	if token != keys.Token {
		return nil, auth.Account{}, auth.ErrInvalidSessionToken
	}
	if session {
		return signingKey(keys.Secret, date, region, service), auth.Account{Access: access, Role: auth.RoleAdmin,
			SessionToken: token, IsSession: true}, nil
	}
	account, err := u.GetUserAccount(access)
	if err != nil {
		return nil, auth.Account{}, err
	}
	return signingKey(account.Secret, date, region, service), account, nil
}

// signingKey follows https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html.
func signingKey(secret, date, region, service string) []byte {
	key := []byte("AWS4" + secret)
	for _, part := range []string{date, region, service, "aws4_request"} {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(part))
		key = mac.Sum(nil)
	}
	return key
}
