package front

import (
	"fmt"
	"net/http"
	"time"

	"locksmith/test/cloud/sigv4"
)

// skew is how far the date of a request may be from the time in this AWS
// (https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html).
const skew = 15 * time.Minute

// longest is the longest body of which a hash is signed.
const longest = 16 << 20

// CheckSignatures has requests refused that are dated more than 15 minutes from now. A secret that is not "" is
// everybody's from then on, and signatures are verified; sessions have their own. Before this is called nothing is
// looked at, as suits tests whose time is their own.
func (f *Front) CheckSignatures(secret string) {
	f.Lock()
	defer f.Unlock()
	f.dated, f.secret = true, secret
}

// checkSignature looks at the date and the signature of a request whose caller is known.
func (f *Front) checkSignature(r *Request) *Error {
	f.Lock()
	dated, secret := f.dated, f.secret
	f.Unlock()
	if !dated {
		return nil
	}
	words := r.service.Words
	s, err := sigv4.Read(r.Request)
	if err != nil {
		return Refuse(words.BadSignature, err.Error(), http.StatusForbidden)
	}
	now := f.Now().UTC()
	if s.At.Before(now.Add(-skew)) || s.At.After(now.Add(skew)) {
		return Refuse(words.Skewed, skewed(s.At, now), http.StatusForbidden)
	}
	if secret == "" {
		return nil
	}
	if r.Caller.Session != nil {
		secret = r.Caller.Session.Secret
	}
	if err := s.Check(r.Request, secret, longest); err != nil {
		return Refuse(words.BadSignature, "The request signature we calculated does not match the signature you "+
			"provided. Check your AWS Secret Access Key and signing method. (here: "+err.Error()+")", http.StatusForbidden)
	}
	return nil
}

// skewed says that a request is too old, or too young.
func skewed(at, now time.Time) string {
	const moment = "20060102T150405Z"
	if at.After(now) {
		return fmt.Sprintf("Signature not yet current: %s is still later than %s (%s + 15 min.)", at.Format(moment),
			now.Add(skew).Format(moment), now.Format(moment))
	}
	return fmt.Sprintf("Signature expired: %s is now earlier than %s (%s - 15 min.)", at.Format(moment),
		now.Add(-skew).Format(moment), now.Format(moment))
}
