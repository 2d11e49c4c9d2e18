package function

import (
	"regexp"

	"locksmith/lambdas/requests"
)

// SignedIn says who people are that an issuer has signed in. To the desk they are federated users of its account, by
// the name that the issuer vouches for: arn:aws:sts::ACCOUNT:federated-user/NAME.
type SignedIn struct {
	Partition string // such as aws
	Account   string // the desk's, twelve digits
	Claim     string // the claim with a person's name
}

// names are those that a federated user can have, and somewhat longer
// (https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html). None has a wildcard or a slash.
var names = regexp.MustCompile(`^[A-Za-z0-9_+=,.@-]{2,64}$`)

// caller is who the claims of a verified token speak of. An address that the issuer has not verified is nobody's: with
// some issuers people choose it.
func (s *SignedIn) caller(claims map[string]string) (requests.Caller, bool) {
	name, subject := claims[s.Claim], claims["sub"]
	if !names.MatchString(name) || subject == "" || s.Claim == "email" && claims["email_verified"] != "true" {
		return requests.Caller{}, false
	}
	return requests.Caller{ARN: "arn:" + s.Partition + ":sts::" + s.Account + ":federated-user/" + name,
		SourceIdentity: name}, true
}
