// Package sigv4 checks Signature Version 4 of requests, as a service does that knows the secret
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).
//
// It knows signatures in the Authorization header. Those in the query, and those of each chunk of a body that is sent
// in chunks, it does not.
package sigv4

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Signature is what the Authorization header of a request says, and when the request was signed.
type Signature struct {
	Key, Region, Service string // the access key, and the credential scope
	At                   time.Time
	headers              []string // that are signed, in lower case and order
	date                 string   // of the scope: a day, in UTC
	hexadecimal          string
}

var authorization = regexp.MustCompile(`^AWS4-HMAC-SHA256 Credential=([^/, ]+)/([0-9]{8})/([^/, ]+)/([^/, ]+)/` +
	`aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$`)

const moment = "20060102T150405Z"

// Read reads the signature of a request. The error says what is wrong with its form.
func Read(r *http.Request) (Signature, error) {
	m := authorization.FindStringSubmatch(r.Header.Get("Authorization"))
	if m == nil {
		return Signature{}, errors.New("the Authorization header is none of Signature Version 4")
	}
	at, err := time.Parse(moment, r.Header.Get("X-Amz-Date"))
	if err != nil {
		at, err = http.ParseTime(r.Header.Get("Date"))
	}
	if err != nil {
		return Signature{}, errors.New("the request has no date: want X-Amz-Date, or Date")
	}
	return Signature{Key: m[1], date: m[2], Region: m[3], Service: m[4], At: at.UTC(), headers: strings.Split(m[5], ";"),
		hexadecimal: m[6]}, nil
}

// Check tells whether the request is signed with the secret. It reads the body where its hash is signed, and puts it
// back; a body longer than limit is an error.
func (s Signature) Check(r *http.Request, secret string, limit int64) error {
	if s.date != s.At.Format("20060102") {
		return fmt.Errorf("the credential scope is of %s, and the request of %s", s.date, s.At.Format(moment))
	}
	if !slices.Contains(s.headers, "host") {
		return errors.New("the host header is not signed")
	}
	hash, err := payload(r, limit)
	if err != nil {
		return err
	}
	path, query, _ := strings.Cut(r.RequestURI, "?")
	for _, path := range s.paths(path) {
		for _, query := range s.queries(query) {
			if s.signs(s.canonical(r, path, query, hash), secret) {
				return nil
			}
		}
	}
	return errors.New("the signature is not that of the request")
}

// signs tells whether the signature is that of a canonical request.
func (s Signature) signs(canonical, secret string) bool {
	scope := strings.Join([]string{s.date, s.Region, s.Service, "aws4_request"}, "/")
	sum := sha256.Sum256([]byte(canonical))
	text := "AWS4-HMAC-SHA256\n" + s.At.Format(moment) + "\n" + scope + "\n" + hex.EncodeToString(sum[:])
	key := []byte("AWS4" + secret)
	for _, part := range []string{s.date, s.Region, s.Service, "aws4_request", text} {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(part))
		key = mac.Sum(nil)
	}
	return hmac.Equal([]byte(hex.EncodeToString(key)), []byte(s.hexadecimal))
}

// paths are the forms of a path that the service takes as signed. S3 wants it escaped once, as it is sent, and all
// others twice. API Gateway is reported to take one that is escaped once, too, which is what older versions of curl
// sign (https://github.com/mhart/aws4/issues/91, https://github.com/curl/curl/issues/11794).
func (s Signature) paths(sent string) []string {
	switch s.Service {
	case "s3":
		return []string{sent}
	case "execute-api":
		return []string{escape(sent, true), sent, escapeOnce(sent)}
	}
	return []string{escape(sent, true)}
}

// queries are the forms of a query that are taken as signed: in order, and for API Gateway also as it is sent. AWS
// wants it in order. Older versions of curl do not sort, and their commands are to work here whatever their parameters.
func (s Signature) queries(sent string) []string {
	if s.Service == "execute-api" {
		return []string{parameters(sent), sent}
	}
	return []string{parameters(sent)}
}

// escapeOnce is a path that is escaped once, however it was sent.
func escapeOnce(sent string) string {
	if plain, err := url.PathUnescape(sent); err == nil {
		return escape(plain, true)
	}
	return sent
}

// payload is the hash of the body, or what stands for one. What the request says of its body has to be so.
func payload(r *http.Request, limit int64) (string, error) {
	said := r.Header.Get("X-Amz-Content-Sha256")
	if said != "" && !hash.MatchString(said) {
		return said, nil // UNSIGNED-PAYLOAD, or the kinds of bodies in chunks
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	if err != nil {
		return "", err
	}
	if int64(len(body)) > limit {
		return "", fmt.Errorf("a body of more than %d bytes", limit)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	sum := sha256.Sum256(body)
	if is := hex.EncodeToString(sum[:]); said == "" || said == is {
		return is, nil
	}
	return "", errors.New("the body is not the one of X-Amz-Content-Sha256")
}

var hash = regexp.MustCompile(`^[0-9a-f]{64}$`)

// canonical is the canonical request.
func (s Signature) canonical(r *http.Request, path, query, hash string) string {
	var b strings.Builder
	b.WriteString(r.Method + "\n" + path + "\n" + query + "\n")
	for _, name := range s.headers {
		b.WriteString(name + ":" + header(r, name) + "\n")
	}
	b.WriteString("\n" + strings.Join(s.headers, ";") + "\n" + hash)
	return b.String()
}

// parameters are those of the query, each escaped anew, in order.
func parameters(query string) string {
	var all [][2]string
	for part := range strings.SplitSeq(query, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		all = append(all, [2]string{again(name), again(value)})
	}
	slices.SortFunc(all, func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
	var parts []string
	for _, p := range all {
		parts = append(parts, p[0]+"="+p[1])
	}
	return strings.Join(parts, "&")
}

// again is a part of a query, escaped as signatures want it. What cannot be read stands for itself.
func again(part string) string {
	if plain, err := url.QueryUnescape(part); err == nil {
		return escape(plain, false)
	}
	return part
}

// escape escapes all but the unreserved characters of RFC 3986, and slashes where they separate.
func escape(text string, slashes bool) string {
	var b strings.Builder
	for i := range len(text) {
		c := text[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("-._~", c) >= 0,
			slashes && c == '/':
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// header is the value of a header, its spaces made one, and several values joined. Go keeps some of them elsewhere.
func header(r *http.Request, name string) string {
	values := slices.Clone(r.Header.Values(name))
	switch {
	case name == "host":
		values = []string{r.Host}
	case name == "content-length" && len(values) == 0:
		values = []string{strconv.FormatInt(r.ContentLength, 10)}
	case name == "transfer-encoding" && len(values) == 0:
		values = r.TransferEncoding
	}
	for i, v := range values {
		values[i] = strings.Join(strings.Fields(v), " ")
	}
	return strings.Join(values, ",")
}
