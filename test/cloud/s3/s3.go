// Package s3 is S3 in one process: buckets, their policies and whole objects
// (https://docs.aws.amazon.com/AmazonS3/latest/API/Welcome.html).
package s3

import (
	"encoding/xml"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"locksmith/test/cloud/front"
)

type bucket struct {
	name, account, region, policy, created string
	objects                                map[string]object
}

// Buckets are all buckets of one AWS.
type Buckets struct {
	front   *front.Front
	buckets map[string]*bucket
	names   map[string][]string // of an account's buckets, in order
}

// New makes an S3 without buckets behind a front.
func New(f *front.Front) *Buckets {
	s := &Buckets{f, map[string]*bucket{}, map[string][]string{}}
	f.Register(front.Service{
		Name:    "s3",
		Serve:   func(r *front.Request) { (&request{r, s}).serve() },
		Reject:  reject,
		Words:   words(),
		ByRight: []string{"s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"},
		Keys:    keys,
		Policy: func(arn string) string {
			if b := s.at(arn); b != nil {
				return b.policy
			}
			return ""
		},
		SetPolicy: func(arn, policy string) {
			if b := s.at(arn); b != nil {
				b.policy = policy
			}
		},
		Rewrite: func(change func(string) string) {
			for _, b := range s.buckets {
				b.policy = change(b.policy)
			}
		},
	})
	return s
}

// A request is one call of S3.
type request struct {
	*front.Request
	*Buckets
}

// PutBucket makes a bucket.
func (s *Buckets) PutBucket(account, region, name string) {
	s.front.Lock()
	defer s.front.Unlock()
	s.putBucket(account, region, name)
}

// at is the bucket with an ARN, or nil.
func (s *Buckets) at(arn string) *bucket {
	name, ok := strings.CutPrefix(arn, bucketARN(""))
	if !ok {
		return nil
	}
	return s.buckets[name]
}

func bucketARN(name string) string { return "arn:aws:s3:::" + name }

func (b *bucket) arn() string { return bucketARN(b.name) }

// serve finds the bucket and the object, by path or by host name, as S3's REST API does
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html).
func (r *request) serve() {
	body, err := readBody(r.Request.Request)
	if err != nil {
		r.Reject(front.Refuse("IncompleteBody", err.Error(), http.StatusBadRequest))
		return
	}
	r.Content = body
	path := strings.TrimPrefix(r.URL.Path, "/")
	for _, end := range []string{".s3.", ".localhost"} {
		if name, _, virtual := strings.Cut(r.Host, end); virtual {
			path = name + "/" + path
			break
		}
	}
	name, key, _ := strings.Cut(path, "/")
	switch {
	case name == "" && r.Method != http.MethodGet:
		r.Reject(notAllowed())
	case name == "":
		if r.asksFor("x-id", "prefix", "bucket-region", "max-buckets", "continuation-token") {
			r.Perform("ListBuckets", "", r.listBuckets)
		}
	case key == "":
		r.serveBucket(name)
	default:
		r.serveObject(name, key)
	}
}

// serveBucket finds a bucket's action by method and query.
func (r *request) serveBucket(name string) {
	query, arn := r.URL.Query(), bucketARN(name)
	switch {
	case query.Has("policy"):
		r.bucketPolicyCall(name)
	case query.Has("location") && r.Method == http.MethodGet:
		r.onBucket("GetBucketLocation", name, front.Target{Action: "s3:GetBucketLocation", ARN: arn}, r.location)
	case r.Method == http.MethodGet:
		call := "ListObjects"
		if query.Get("list-type") == "2" {
			call = "ListObjectsV2"
		}
		if r.asksFor("x-id", "list-type", "prefix", "delimiter", "max-keys", "marker", "start-after",
			"continuation-token", "encoding-type", "fetch-owner") {
			t := front.Target{Action: "s3:ListBucket", ARN: arn, Keys: listKeys(query)}
			r.onBucket(call, name, t, func(b *bucket) (func(), *front.Error) { return r.listObjects(b, query) })
		}
	case !r.asksFor("x-id"):
	case r.Method == http.MethodPut:
		r.Perform("CreateBucket", arn, func() (func(), *front.Error) { return r.createBucket(name) })
	case r.Method == http.MethodHead:
		r.onBucket("HeadBucket", name, front.Target{Action: "s3:ListBucket", ARN: arn},
			func(b *bucket) (func(), *front.Error) { return r.Empty(http.StatusOK), nil })
	case r.Method == http.MethodDelete:
		r.onBucket("DeleteBucket", name, front.Target{Action: "s3:DeleteBucket", ARN: arn}, r.deleteBucket)
	default:
		r.Reject(notAllowed())
	}
}

// asksFor tells whether the query says nothing but these parameters. Any other names a subresource that is not here,
// and is refused.
func (r *request) asksFor(known ...string) bool {
	for parameter := range r.URL.Query() {
		if !slices.Contains(known, parameter) {
			r.Reject(front.Refuse("NotImplemented", "this AWS does not know "+r.Method+" with "+parameter,
				http.StatusNotImplemented))
			return false
		}
	}
	return true
}

// onBucket does the work on a bucket that the caller may enter.
func (r *request) onBucket(call, name string, t front.Target, work func(*bucket) (func(), *front.Error)) {
	r.Perform(call, t.ARN, func() (func(), *front.Error) {
		b, err := r.enter(name, t)
		if err != nil {
			return nil, err
		}
		return work(b)
	})
}

// enter finds a bucket and decides whether the caller may do there what the target says. Only GetBucketLocation is
// answered in every Region.
func (r *request) enter(name string, t front.Target) (*bucket, *front.Error) {
	b, ok := r.buckets[name]
	if !ok {
		return nil, front.Refuse("NoSuchBucket", "The specified bucket does not exist", http.StatusNotFound)
	}
	elsewhere := b.region != r.Region && t.Action != "s3:GetBucketLocation"
	if elsewhere || r.Method == http.MethodHead {
		r.SetHeader("X-Amz-Bucket-Region", b.region)
	}
	if elsewhere {
		return nil, front.Refuse("PermanentRedirect",
			"The bucket you are attempting to access must be addressed using the specified endpoint. Please send all "+
				"future requests to this endpoint.", http.StatusMovedPermanently)
	}
	if owner := r.Header.Get("X-Amz-Expected-Bucket-Owner"); owner != "" && owner != b.account {
		return nil, front.Refuse("AccessDenied", "Access Denied", http.StatusForbidden)
	}
	t.Owner, t.Policy = b.account, b.policy
	return b, r.Authorize(t)
}

var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

func (r *request) createBucket(name string) (func(), *front.Error) {
	region, err := r.locationConstraint()
	if err != nil {
		return nil, err
	}
	t := front.Target{Action: "s3:CreateBucket", ARN: bucketARN(name), Owner: r.Caller.Account}
	if len(r.Content) > 0 {
		t.Keys = map[string]string{"s3:LocationConstraint": region}
	}
	if err := r.Authorize(t); err != nil {
		return nil, err
	}
	b, taken := r.buckets[name]
	switch {
	case taken && b.account == r.Caller.Account:
		return nil, front.Refuse("BucketAlreadyOwnedByYou",
			"Your previous request to create the named bucket succeeded and you already own it.", http.StatusConflict)
	case taken:
		return nil, front.Refuse("BucketAlreadyExists", "The requested bucket name is not available.",
			http.StatusConflict)
	case !bucketName.MatchString(name):
		return nil, front.Refuse("InvalidBucketName", "The specified bucket is not valid.", http.StatusBadRequest)
	}
	r.putBucket(r.Caller.Account, region, name)
	r.SetHeader("Location", "/"+name)
	return r.Empty(http.StatusOK), nil
}

// locationConstraint is the Region that a new bucket is to be in. The endpoint of us-east-1 makes buckets anywhere,
// every other only at home (https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html).
func (r *request) locationConstraint() (string, *front.Error) {
	var body struct{ LocationConstraint string }
	if len(r.Content) > 0 {
		if err := xml.Unmarshal(r.Content, &body); err != nil {
			return "", front.Refuse("MalformedXML",
				"The XML you provided was not well-formed or did not validate against our published schema",
				http.StatusBadRequest)
		}
	}
	asked := body.LocationConstraint
	switch {
	case r.Region == "us-east-1" && asked == "":
		return r.Region, nil
	case r.Region == "us-east-1" || asked == r.Region:
		return asked, nil
	case asked == "":
		asked = "unspecified"
	}
	return "", front.Refuse("IllegalLocationConstraintException", "The "+asked+" location constraint is "+
		"incompatible for the region specific endpoint this request was sent to.", http.StatusBadRequest)
}

func (s *Buckets) putBucket(account, region, name string) {
	s.front.Use(account)
	s.forget(name)
	s.buckets[name] = &bucket{name: name, account: account, region: region,
		created: s.front.Now().UTC().Format(time.RFC3339), objects: map[string]object{}}
	s.names[account] = insert(s.names[account], name)
}

func (r *request) deleteBucket(b *bucket) (func(), *front.Error) {
	if len(b.objects) > 0 {
		return nil, front.Refuse("BucketNotEmpty", "The bucket you tried to delete is not empty", http.StatusConflict)
	}
	r.forget(b.name)
	return r.Empty(http.StatusNoContent), nil
}

// location names us-east-1 by saying nothing.
func (r *request) location(b *bucket) (func(), *front.Error) {
	region := b.region
	if region == "us-east-1" {
		region = ""
	}
	return r.XML(http.StatusOK, struct {
		XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ LocationConstraint"`
		Value   string   `xml:",chardata"`
	}{Value: region}), nil
}
