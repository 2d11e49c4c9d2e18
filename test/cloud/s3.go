package cloud

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"sort"
	"strings"
)

type bucket struct {
	name, account, region, policy, created string
	objects                                map[string]object
}

func bucketARN(name string) string { return "arn:aws:s3:::" + name }

func (b *bucket) arn() string { return bucketARN(b.name) }

func notAllowed() *apiError {
	return &apiError{"MethodNotAllowed", "The specified method is not allowed against this resource.", http.StatusMethodNotAllowed}
}

// serveS3 finds the bucket and the object, by path or by host name, as S3's REST API does
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html).
func (r *request) serveS3() {
	body, err := readBody(r.Request)
	if err != nil {
		r.reject(&apiError{"IncompleteBody", err.Error(), http.StatusBadRequest})
		return
	}
	r.body = body
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
		r.reject(notAllowed())
	case name == "":
		if r.asksFor("x-id", "prefix", "bucket-region", "max-buckets", "continuation-token") {
			r.perform("ListBuckets", "", r.listBuckets)
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
		r.onBucket("GetBucketLocation", name, target{action: "s3:GetBucketLocation", arn: arn}, r.location)
	case r.Method == http.MethodGet:
		call := "ListObjects"
		if query.Get("list-type") == "2" {
			call = "ListObjectsV2"
		}
		if r.asksFor("x-id", "list-type", "prefix", "delimiter", "max-keys", "marker", "start-after", "continuation-token", "encoding-type", "fetch-owner") {
			t := target{action: "s3:ListBucket", arn: arn, keys: listKeys(query)}
			r.onBucket(call, name, t, func(b *bucket) (func(), *apiError) { return r.listObjects(b, query) })
		}
	case !r.asksFor("x-id"):
	case r.Method == http.MethodPut:
		r.perform("CreateBucket", arn, func() (func(), *apiError) { return r.createBucket(name) })
	case r.Method == http.MethodHead:
		r.onBucket("HeadBucket", name, target{action: "s3:ListBucket", arn: arn}, func(b *bucket) (func(), *apiError) { return r.empty(http.StatusOK), nil })
	case r.Method == http.MethodDelete:
		r.onBucket("DeleteBucket", name, target{action: "s3:DeleteBucket", arn: arn}, r.deleteBucket)
	default:
		r.reject(notAllowed())
	}
}

// asksFor tells whether the query says nothing but these parameters. Any other names a subresource that is not here, and is refused.
func (r *request) asksFor(known ...string) bool {
	for parameter := range r.URL.Query() {
		if !slices.Contains(known, parameter) {
			r.reject(&apiError{"NotImplemented", "this AWS does not know " + r.Method + " with " + parameter, http.StatusNotImplemented})
			return false
		}
	}
	return true
}

// onBucket does the work on a bucket that the caller may enter.
func (r *request) onBucket(call, name string, t target, work func(*bucket) (func(), *apiError)) {
	r.perform(call, t.arn, func() (func(), *apiError) {
		b, err := r.enter(name, t)
		if err != nil {
			return nil, err
		}
		return work(b)
	})
}

// enter finds a bucket and decides whether the caller may do there what the target says. Only GetBucketLocation is answered in every Region.
func (r *request) enter(name string, t target) (*bucket, *apiError) {
	b, ok := r.cloud.buckets[name]
	if !ok {
		return nil, &apiError{"NoSuchBucket", "The specified bucket does not exist", http.StatusNotFound}
	}
	elsewhere := b.region != r.region && t.action != "s3:GetBucketLocation"
	if elsewhere || r.Method == http.MethodHead {
		r.w.Header().Set("X-Amz-Bucket-Region", b.region)
	}
	if elsewhere {
		return nil, &apiError{"PermanentRedirect", "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.", http.StatusMovedPermanently}
	}
	if owner := r.Header.Get("X-Amz-Expected-Bucket-Owner"); owner != "" && owner != b.account {
		return nil, &apiError{"AccessDenied", "Access Denied", http.StatusForbidden}
	}
	t.owner, t.policy = b.account, b.policy
	return b, r.authorize(t)
}

var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

func (r *request) createBucket(name string) (func(), *apiError) {
	region, err := r.locationConstraint()
	if err != nil {
		return nil, err
	}
	t := target{action: "s3:CreateBucket", arn: bucketARN(name), owner: r.caller.account}
	if len(r.body) > 0 {
		t.keys = map[string]string{"s3:LocationConstraint": region}
	}
	if err := r.authorize(t); err != nil {
		return nil, err
	}
	b, taken := r.cloud.buckets[name]
	switch {
	case taken && b.account == r.caller.account:
		return nil, &apiError{"BucketAlreadyOwnedByYou", "Your previous request to create the named bucket succeeded and you already own it.", http.StatusConflict}
	case taken:
		return nil, &apiError{"BucketAlreadyExists", "The requested bucket name is not available.", http.StatusConflict}
	case !bucketName.MatchString(name):
		return nil, &apiError{"InvalidBucketName", "The specified bucket is not valid.", http.StatusBadRequest}
	}
	r.cloud.putBucket(r.caller.account, region, name)
	r.w.Header().Set("Location", "/"+name)
	return r.empty(http.StatusOK), nil
}

// locationConstraint is the Region that a new bucket is to be in. The endpoint of us-east-1 makes buckets anywhere, every other only at home
// (https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html).
func (r *request) locationConstraint() (string, *apiError) {
	var body struct{ LocationConstraint string }
	if len(r.body) > 0 {
		if err := xml.Unmarshal(r.body, &body); err != nil {
			return "", &apiError{"MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema", http.StatusBadRequest}
		}
	}
	asked := body.LocationConstraint
	switch {
	case r.region == "us-east-1" && asked == "":
		return r.region, nil
	case r.region == "us-east-1" || asked == r.region:
		return asked, nil
	case asked == "":
		asked = "unspecified"
	}
	return "", &apiError{"IllegalLocationConstraintException", fmt.Sprintf("The %s location constraint is incompatible for the region specific endpoint this request was sent to.", asked), http.StatusBadRequest}
}

func (c *Cloud) putBucket(account, region, name string) {
	c.buckets[name] = &bucket{name: name, account: account, region: region, created: c.stamp(), objects: map[string]object{}}
}

func (r *request) deleteBucket(b *bucket) (func(), *apiError) {
	if len(b.objects) > 0 {
		return nil, &apiError{"BucketNotEmpty", "The bucket you tried to delete is not empty", http.StatusConflict}
	}
	delete(r.cloud.buckets, b.name)
	return r.empty(http.StatusNoContent), nil
}

// location names us-east-1 by saying nothing.
func (r *request) location(b *bucket) (func(), *apiError) {
	region := b.region
	if region == "us-east-1" {
		region = ""
	}
	return r.xml(http.StatusOK, struct {
		XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ LocationConstraint"`
		Value   string   `xml:",chardata"`
	}{Value: region}), nil
}

// listBuckets gives all of the account's buckets at once: no page here ends early.
func (r *request) listBuckets() (func(), *apiError) {
	if err := r.authorize(target{action: "s3:ListAllMyBuckets", arn: "*", owner: r.caller.account}); err != nil {
		return nil, err
	}
	type entry struct {
		Name         string
		CreationDate string
		BucketRegion string
	}
	var answer struct {
		XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListAllMyBucketsResult"`
		ID      string   `xml:"Owner>ID"`
		Buckets []entry  `xml:"Buckets>Bucket"`
	}
	answer.ID = r.caller.account
	query := r.URL.Query()
	in := query.Get("bucket-region")
	for _, b := range r.cloud.buckets {
		if b.account == r.caller.account && (in == "" || in == b.region) && strings.HasPrefix(b.name, query.Get("prefix")) {
			answer.Buckets = append(answer.Buckets, entry{b.name, b.created, b.region})
		}
	}
	sort.Slice(answer.Buckets, func(i, j int) bool { return answer.Buckets[i].Name < answer.Buckets[j].Name })
	return r.xml(http.StatusOK, answer), nil
}
