package s3

import (
	"bufio"
	"bytes"
	"crypto/md5" // the tag of objects in the protocol, no protection
	"encoding/hex"
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"locksmith/policies"
	"locksmith/test/cloud/front"
)

type object struct {
	content []byte
	written time.Time
}

func (o object) etag() string {
	sum := md5.Sum(o.content)
	return `"` + hex.EncodeToString(sum[:]) + `"`
}

// serveObject is PutObject, GetObject, HeadObject or DeleteObject. Uploads in parts, copies and the objects'
// subresources are not there.
func (r *request) serveObject(name, key string) {
	call, ok := map[string]string{http.MethodPut: "PutObject", http.MethodGet: "GetObject",
		http.MethodHead: "HeadObject", http.MethodDelete: "DeleteObject"}[r.Method]
	if !ok || r.Header.Get("X-Amz-Copy-Source") != "" || r.Header.Get("X-Amz-Tagging") != "" {
		r.Reject(front.Refuse("NotImplemented", "this AWS writes and reads whole objects only",
			http.StatusNotImplemented))
		return
	}
	if r.asksFor("x-id") {
		t := front.Target{Action: "s3:" + strings.Replace(call, "Head", "Get", 1), ARN: bucketARN(name) + "/" + key,
			Keys: r.objectKeys(call)}
		r.onBucket(call, name, t, func(b *bucket) (func(), *front.Error) { return r.object(call, b, key) })
	}
}

// objectKeys are the condition keys that an upload carries: its headers, where the reference lists a key for them.
func (r *request) objectKeys(call string) map[string]string {
	if call != "PutObject" {
		return nil
	}
	keys := map[string]string{"s3:ObjectCreationOperation": "true"}
	for header := range r.Header {
		if key, ok := policies.LookupKey("s3:" + header); ok {
			keys[key.Name] = r.Header.Get(header)
		}
	}
	return keys
}

func (r *request) object(call string, b *bucket, key string) (func(), *front.Error) {
	there, ok := b.objects[key]
	switch {
	case call == "PutObject":
		o := object{r.Content, r.Now()}
		b.objects[key] = o
		r.SetHeader("ETag", o.etag())
		return r.Empty(http.StatusOK), nil
	case call == "DeleteObject":
		delete(b.objects, key)
		return r.Empty(http.StatusNoContent), nil
	case !ok:
		return nil, front.Refuse("NoSuchKey", "The specified key does not exist.", http.StatusNotFound)
	}
	r.SetHeader("ETag", there.etag())
	r.SetHeader("Last-Modified", there.written.UTC().Format(http.TimeFormat))
	return func() { r.Send(http.StatusOK, "application/octet-stream", there.content) }, nil
}

// listKeys are the condition keys that a listing carries where it says them.
func listKeys(query url.Values) map[string]string {
	keys := map[string]string{}
	for parameter, key := range map[string]string{"prefix": "s3:prefix", "delimiter": "s3:delimiter",
		"max-keys": "s3:max-keys"} {
		if v := query[parameter]; len(v) == 1 {
			keys[key] = v[0]
		}
	}
	return keys
}

// A listing is the answer to both versions of ListObjects
// (https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html).
type listing struct {
	XMLName                           xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListBucketResult"`
	Name, Prefix                      string
	Delimiter                         string `xml:",omitempty"`
	KeyCount, MaxKeys                 int
	IsTruncated                       bool
	NextContinuationToken, NextMarker string `xml:",omitempty"`
	Contents                          []listed
	CommonPrefixes                    []prefix
}

type listed struct {
	Key, LastModified, ETag string
	Size                    int
	StorageClass            string
}

type prefix struct{ Prefix string }

func (r *request) listObjects(b *bucket, query url.Values) (func(), *front.Error) {
	most := 1000
	if s := query.Get("max-keys"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 0 {
			return nil, front.Refuse("InvalidArgument", "max-keys is no number of keys: "+s, http.StatusBadRequest)
		}
		most = min(n, most)
	}
	l := listing{Name: b.name, Prefix: query.Get("prefix"), Delimiter: query.Get("delimiter"), MaxKeys: most}
	l.fill(b, max(query.Get("continuation-token"), query.Get("start-after"), query.Get("marker")))
	return r.XML(http.StatusOK, l), nil
}

// fill takes the keys that come after another one, in their order. What has the delimiter behind the prefix is one
// entry.
func (l *listing) fill(b *bucket, after string) {
	var keys []string
	for key := range b.objects {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	last := after
	for _, key := range keys {
		entry := key
		rest, ok := strings.CutPrefix(key, l.Prefix)
		if i := strings.Index(rest, l.Delimiter); l.Delimiter != "" && i >= 0 {
			entry = l.Prefix + rest[:i+len(l.Delimiter)]
		}
		if !ok || entry <= last {
			continue
		}
		if l.KeyCount == l.MaxKeys {
			l.IsTruncated, l.NextContinuationToken, l.NextMarker = l.MaxKeys > 0, last, last
			return
		}
		if last = entry; entry == key {
			o := b.objects[key]
			l.Contents = append(l.Contents, listed{key, o.written.UTC().Format(time.RFC3339), o.etag(), len(o.content),
				"STANDARD"})
		} else {
			l.CommonPrefixes = append(l.CommonPrefixes, prefix{entry})
		}
		l.KeyCount++
	}
}

// readBody reads a body, taking the chunks apart where the SDK has signed each or put a checksum behind them
// (https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html).
func readBody(r *http.Request) ([]byte, error) {
	const limit = 8 << 20
	if !strings.Contains(r.Header.Get("Content-Encoding"), "aws-chunked") &&
		!strings.HasPrefix(r.Header.Get("X-Amz-Content-Sha256"), "STREAMING-") {
		return io.ReadAll(io.LimitReader(r.Body, limit))
	}
	var out bytes.Buffer
	in := bufio.NewReader(io.LimitReader(r.Body, limit))
	for {
		head, err := in.ReadString('\n')
		if err != nil {
			return nil, err
		}
		size, err := strconv.ParseInt(strings.SplitN(strings.TrimSpace(head), ";", 2)[0], 16, 32)
		if err != nil || size == 0 {
			return out.Bytes(), err
		}
		if _, err := io.CopyN(&out, in, size); err != nil {
			return nil, err
		}
		if _, err := in.ReadString('\n'); err != nil {
			return nil, err
		}
	}
}
