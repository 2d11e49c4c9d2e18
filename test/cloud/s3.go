package cloud

import (
	"bufio"
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"sort"
	"strconv"
	"strings"

	"locksmith/policies"
)

type bucket struct {
	name, account, region, policy, created string
	objects                                map[string][]byte
}

func (b *bucket) arn() string { return "arn:aws:s3:::" + b.name }

// serveS3 routes by method and query, as S3's REST API does
// (https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html).
func (r *request) serveS3() {
	body, err := readBody(r.Request)
	if err != nil {
		r.reject(&apiError{"IncompleteBody", err.Error(), http.StatusBadRequest})
		return
	}
	r.body = body
	path := strings.TrimPrefix(r.URL.Path, "/")
	if name, _, virtual := strings.Cut(r.Host, ".s3."); virtual {
		path = name + "/" + path
	}
	name, key, _ := strings.Cut(path, "/")
	query := r.URL.Query()
	switch {
	case name == "" && r.Method == http.MethodGet:
		r.perform("ListBuckets", "", r.listBuckets)
	case key == "" && query.Has("policy"):
		r.bucketPolicyCall(name)
	case key == "" && query.Has("location") && r.Method == http.MethodGet:
		r.onBucket("GetBucketLocation", name, target{action: "s3:GetBucketLocation"}, func(b *bucket) (func(), *apiError) {
			return r.xml(http.StatusOK, struct {
				XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ LocationConstraint"`
				Value   string   `xml:",chardata"`
			}{Value: locationOf(b.region)}), nil
		})
	case key == "" && len(query) > 0 && !query.Has("list-type") && !query.Has("prefix") && !query.Has("max-keys") && !query.Has("delimiter") && !query.Has("x-id"):
		r.reject(&apiError{"NotImplemented", "this AWS does not know " + r.Method + " with " + r.URL.RawQuery, http.StatusNotImplemented})
	case key == "" && r.Method == http.MethodPut:
		r.perform("CreateBucket", "arn:aws:s3:::"+name, func() (func(), *apiError) { return r.createBucket(name) })
	case key == "" && r.Method == http.MethodHead:
		r.onBucket("HeadBucket", name, target{action: "s3:ListBucket"}, func(b *bucket) (func(), *apiError) { return r.empty(http.StatusOK), nil })
	case key == "" && r.Method == http.MethodDelete:
		r.onBucket("DeleteBucket", name, target{action: "s3:DeleteBucket"}, r.deleteBucket)
	case key == "" && r.Method == http.MethodGet:
		r.onBucket("ListObjects", name, target{action: "s3:ListBucket", keys: listKeys(query)}, func(b *bucket) (func(), *apiError) { return r.listObjects(b, query.Get("prefix")), nil })
	default:
		r.serveObject(name, key)
	}
}

// listKeys are the condition keys that a listing carries where it says them.
func listKeys(query map[string][]string) map[string]string {
	keys := map[string]string{}
	for parameter, key := range map[string]string{"prefix": "s3:prefix", "delimiter": "s3:delimiter", "max-keys": "s3:max-keys"} {
		if v := query[parameter]; len(v) == 1 {
			keys[key] = v[0]
		}
	}
	return keys
}

// onBucket does the work on a bucket that exists in the Region of the call, after authorization.
func (r *request) onBucket(call, name string, t target, work func(*bucket) (func(), *apiError)) {
	r.perform(call, "arn:aws:s3:::"+name, func() (func(), *apiError) {
		b, ok := r.cloud.buckets[name]
		if !ok {
			return nil, &apiError{"NoSuchBucket", "The specified bucket does not exist", http.StatusNotFound}
		}
		if err := r.reach(b); err != nil {
			return nil, err
		}
		if t.arn == "" {
			t.arn = b.arn()
		}
		t.owner, t.policy = b.account, b.policy
		if err := r.authorize(t); err != nil {
			return nil, err
		}
		return work(b)
	})
}

func (r *request) createBucket(name string) (func(), *apiError) {
	if b, ok := r.cloud.buckets[name]; ok {
		if b.account == r.caller.account {
			return nil, &apiError{"BucketAlreadyOwnedByYou", "Your previous request to create the named bucket succeeded and you already own it.", http.StatusConflict}
		}
		return nil, &apiError{"BucketAlreadyExists", "The requested bucket name is not available.", http.StatusConflict}
	}
	if err := r.authorize(target{action: "s3:CreateBucket", arn: "arn:aws:s3:::" + name, owner: r.caller.account}); err != nil {
		return nil, err
	}
	r.cloud.putBucket(r.caller.account, r.region, name)
	r.w.Header().Set("Location", "/"+name)
	return r.empty(http.StatusOK), nil
}

func (c *Cloud) putBucket(account, region, name string) {
	c.buckets[name] = &bucket{name: name, account: account, region: region, created: c.stamp(), objects: map[string][]byte{}}
}

func (r *request) deleteBucket(b *bucket) (func(), *apiError) {
	if len(b.objects) > 0 {
		return nil, &apiError{"BucketNotEmpty", "The bucket you tried to delete is not empty", http.StatusConflict}
	}
	delete(r.cloud.buckets, b.name)
	return r.empty(http.StatusNoContent), nil
}

// locationOf is the Region as GetBucketLocation names it: us-east-1 is null there.
func locationOf(region string) string {
	if region == "us-east-1" {
		return ""
	}
	return region
}

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
	for _, b := range r.cloud.buckets {
		if b.account == r.caller.account {
			answer.Buckets = append(answer.Buckets, entry{b.name, b.created, b.region})
		}
	}
	sort.Slice(answer.Buckets, func(i, j int) bool { return answer.Buckets[i].Name < answer.Buckets[j].Name })
	return r.xml(http.StatusOK, answer), nil
}

func (r *request) listObjects(b *bucket, prefix string) func() {
	type entry struct {
		Key          string
		LastModified string
		Size         int
	}
	var answer struct {
		XMLName     xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListBucketResult"`
		Name        string
		Prefix      string
		KeyCount    int
		MaxKeys     int
		IsTruncated bool
		Contents    []entry
	}
	answer.Name, answer.Prefix, answer.MaxKeys = b.name, prefix, 1000
	for key, content := range b.objects {
		if strings.HasPrefix(key, prefix) {
			answer.Contents = append(answer.Contents, entry{key, b.created, len(content)})
		}
	}
	sort.Slice(answer.Contents, func(i, j int) bool { return answer.Contents[i].Key < answer.Contents[j].Key })
	answer.KeyCount = len(answer.Contents)
	return r.xml(http.StatusOK, answer)
}

func (r *request) serveObject(name, key string) {
	calls := map[string]string{http.MethodPut: "PutObject", http.MethodGet: "GetObject", http.MethodHead: "GetObject", http.MethodDelete: "DeleteObject"}
	call, ok := calls[r.Method]
	if !ok {
		r.reject(&apiError{"MethodNotAllowed", "The specified method is not allowed against this resource.", http.StatusMethodNotAllowed})
		return
	}
	r.onBucket(call, name, target{action: "s3:" + call, arn: "arn:aws:s3:::" + name + "/" + key}, func(b *bucket) (func(), *apiError) {
		content, ok := b.objects[key]
		switch {
		case call == "PutObject":
			b.objects[key] = r.body
			r.w.Header().Set("ETag", `"`+randomID(16)+`"`)
			return r.empty(http.StatusOK), nil
		case call == "DeleteObject":
			delete(b.objects, key)
			return r.empty(http.StatusNoContent), nil
		case !ok:
			return nil, &apiError{"NoSuchKey", "The specified key does not exist.", http.StatusNotFound}
		}
		return func() { r.send(http.StatusOK, "application/octet-stream", content) }, nil
	})
}

// bucketPolicyCall is Get, Put or DeleteBucketPolicy.
func (r *request) bucketPolicyCall(name string) {
	call, ok := map[string]string{http.MethodGet: "GetBucketPolicy", http.MethodPut: "PutBucketPolicy", http.MethodDelete: "DeleteBucketPolicy"}[r.Method]
	if !ok {
		r.reject(&apiError{"MethodNotAllowed", "The specified method is not allowed against this resource.", http.StatusMethodNotAllowed})
		return
	}
	r.onRecorded(call, name, func(b *bucket) (func(), *apiError) {
		switch call {
		case "PutBucketPolicy":
			if err := checkPolicy(r.body, 20*1024, b.arn()); err != "" {
				return nil, &apiError{"MalformedPolicy", err, http.StatusBadRequest}
			}
			b.policy = string(r.body)
		case "DeleteBucketPolicy":
			b.policy = ""
		default:
			if b.policy == "" {
				return nil, &apiError{"NoSuchBucketPolicy", "The bucket policy does not exist", http.StatusNotFound}
			}
			return func() { r.send(http.StatusOK, "application/json", []byte(b.policy)) }, nil
		}
		return r.empty(http.StatusNoContent), nil
	})
}

// onRecorded is onBucket for the calls on policies, which only the owning account may make and which CloudTrail records, refused ones too.
func (r *request) onRecorded(call, name string, work func(*bucket) (func(), *apiError)) {
	r.onBucketThen(call, name, work, func(err *apiError) {
		if call == "GetBucketPolicy" {
			return
		}
		parameters := map[string]any{"bucketName": name, "Host": r.Host, "policy": ""}
		if call == "PutBucketPolicy" && json.Valid(r.body) {
			parameters["bucketPolicy"] = json.RawMessage(r.body)
		}
		var resources []any
		if b := r.cloud.buckets[name]; b != nil {
			resources = append(resources, map[string]any{"accountId": b.account, "type": "AWS::S3::Bucket", "ARN": b.arn()})
		}
		r.trail(call, parameters, nil, resources, err)
	})
}

func (r *request) onBucketThen(call, name string, work func(*bucket) (func(), *apiError), then func(*apiError)) {
	r.perform(call, "arn:aws:s3:::"+name, func() (answer func(), err *apiError) {
		defer func() { then(err) }()
		b, ok := r.cloud.buckets[name]
		if !ok {
			return nil, &apiError{"NoSuchBucket", "The specified bucket does not exist", http.StatusNotFound}
		}
		if err := r.reach(b); err != nil {
			return nil, err
		}
		if err := r.authorize(target{action: "s3:" + call, arn: b.arn(), owner: b.account, policy: b.policy, ownOnly: true}); err != nil {
			return nil, err
		}
		return work(b)
	})
}

// reach refuses a call at another Region's endpoint, or one that expects another owner.
func (r *request) reach(b *bucket) *apiError {
	if b.region != r.region {
		r.w.Header().Set("X-Amz-Bucket-Region", b.region)
		return &apiError{"PermanentRedirect", "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.", http.StatusMovedPermanently}
	}
	if owner := r.Header.Get("X-Amz-Expected-Bucket-Owner"); owner != "" && owner != b.account {
		return &apiError{"AccessDenied", "Access Denied", http.StatusForbidden}
	}
	return nil
}

// checkPolicy says what a service would refuse about a new policy, or "".
func checkPolicy(text []byte, size int, resource string) string {
	doc, err := policies.Parse(text)
	switch {
	case len(text) > size:
		return fmt.Sprintf("the policy is longer than %d bytes", size)
	case err != nil:
		return "Policies must be valid JSON and the first byte must be '{': " + err.Error()
	case len(doc.Problems) > 0:
		return doc.Problems[0].String()
	}
	for i := range doc.Statements {
		s := &doc.Statements[i]
		if s.Principal == nil {
			return "Missing required field Principal"
		}
		if s.Resource == nil && strings.Contains(resource, ":s3:") {
			return "Missing required field Resource"
		}
		for _, p := range s.Problems {
			return p.String()
		}
		for _, c := range s.Conditions {
			for _, p := range c.Problems {
				return p.String()
			}
		}
		if s.Resource != nil && !s.Resource.Not && strings.Contains(resource, ":s3:") {
			for _, v := range s.Resource.Values {
				if v != "*" && !policies.Glob(v, resource) && !policies.Glob(strings.SplitN(v, "/", 2)[0], resource) {
					return "Policy has invalid resource"
				}
			}
		}
	}
	return ""
}

// readBody reads a body, taking the chunks apart where the SDK has signed each or put a checksum behind them
// (https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html).
func readBody(r *http.Request) ([]byte, error) {
	const limit = 8 << 20
	if !strings.Contains(r.Header.Get("Content-Encoding"), "aws-chunked") && !strings.HasPrefix(r.Header.Get("X-Amz-Content-Sha256"), "STREAMING-") {
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
