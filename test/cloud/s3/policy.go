package s3

import (
	"encoding/json"
	"net/http"
	"strings"

	"locksmith/policies"
	"locksmith/test/cloud/front"
)

// bucketPolicyCall is Get, Put or DeleteBucketPolicy, which only the owning account may call
// (https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html). CloudTrail records the changes, refused
// ones too.
func (r *request) bucketPolicyCall(name string) {
	call, ok := map[string]string{http.MethodGet: "GetBucketPolicy", http.MethodPut: "PutBucketPolicy",
		http.MethodDelete: "DeleteBucketPolicy"}[r.Method]
	if !ok {
		r.Reject(notAllowed())
		return
	}
	arn := bucketARN(name)
	r.Perform(call, arn, func() (answer func(), err *front.Error) {
		if call != "GetBucketPolicy" {
			defer func() { r.recordPolicyCall(call, name, err) }()
		}
		b, err := r.enter(name, front.Target{Action: "s3:" + call, ARN: arn, OwnOnly: true})
		if err != nil {
			return nil, err
		}
		switch call {
		case "PutBucketPolicy":
			if err := front.CheckPolicy(r.Content, 20*1024, onlyOf(arn)); err != "" {
				return nil, front.Refuse("MalformedPolicy", err, http.StatusBadRequest)
			}
			b.policy = string(r.Content)
		case "DeleteBucketPolicy":
			b.policy = ""
		default:
			return r.bucketPolicy(b)
		}
		return r.Empty(http.StatusNoContent), nil
	})
}

func (r *request) bucketPolicy(b *bucket) (func(), *front.Error) {
	if b.policy == "" {
		return nil, front.Refuse("NoSuchBucketPolicy", "The bucket policy does not exist", http.StatusNotFound)
	}
	text := []byte(b.policy) // the answer is sent when the lock is gone
	return func() { r.Send(http.StatusOK, "application/json", text) }, nil
}

// recordPolicyCall writes the call to CloudTrail: the policy stands in bucketPolicy, as an object, and "policy" is the
// empty query flag.
func (r *request) recordPolicyCall(call, name string, refused *front.Error) {
	parameters := map[string]any{"bucketName": name, "Host": name + ".s3." + r.Region + ".amazonaws.com", "policy": ""}
	if call == "PutBucketPolicy" && json.Valid(r.Content) {
		parameters["bucketPolicy"] = json.RawMessage(r.Content)
	}
	var resources []any
	if b := r.buckets[name]; b != nil {
		resources = append(resources, map[string]any{"accountId": b.account, "type": "AWS::S3::Bucket", "ARN": b.arn()})
	}
	r.Record(front.Record{Call: call, Parameters: parameters, Resources: resources, Refused: refused})
}

// onlyOf is S3's own rule for a statement of a bucket's policy: it speaks of this bucket and of what is in it.
func onlyOf(arn string) func(*policies.Statement) string {
	return func(s *policies.Statement) string {
		if s.Resource == nil {
			return "Missing required field Resource"
		}
		for _, v := range s.Resource.Values {
			if bucket, _, _ := strings.Cut(v, "/"); !policies.Glob(bucket, arn) {
				return "Policy has invalid resource"
			}
		}
		return ""
	}
}
