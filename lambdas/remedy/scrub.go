package remedy

import "regexp"

// secrets finds access key ids, and runs of base64 that are long enough for a secret key (40 characters) or a session
// token (hundreds). A long name without a dash may be caught too. That costs a name in a message, while the other
// mistake costs a key.
var secrets = regexp.MustCompile(`\b(?:A3T[A-Z0-9]|ABIA|ACCA|AKIA|ASIA)[A-Z0-9]{12,}|[A-Za-z0-9+/_=]{40,}`)

// Scrub takes what looks like a credential out of a text. AWS services are known to repeat the signed headers, and so a
// session token, in what they say about a wrong signature.
func Scrub(s string) string { return secrets.ReplaceAllString(s, "[removed]") }

// scrubbed is an error that people and logs may read.
type scrubbed struct{ error }

func (s scrubbed) Error() string { return Scrub(s.error.Error()) }

func (s scrubbed) Unwrap() error { return s.error }
