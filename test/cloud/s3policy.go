package cloud

import (
	"encoding/json"
	"net/http"
)

// bucketPolicyCall is Get, Put or DeleteBucketPolicy, which only the owning account may call
// (https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html). CloudTrail records the changes, refused ones too.
func (r *request) bucketPolicyCall(name string) {
	call, ok := map[string]string{http.MethodGet: "GetBucketPolicy", http.MethodPut: "PutBucketPolicy", http.MethodDelete: "DeleteBucketPolicy"}[r.Method]
	if !ok {
		r.reject(notAllowed())
		return
	}
	arn := bucketARN(name)
	r.perform(call, arn, func() (answer func(), err *apiError) {
		if call != "GetBucketPolicy" {
			defer func() { r.recordPolicyCall(call, name, err) }()
		}
		b, err := r.enter(name, target{action: "s3:" + call, arn: arn, ownOnly: true})
		if err != nil {
			return nil, err
		}
		switch call {
		case "PutBucketPolicy":
			if err := checkPolicy(r.body, 20*1024, arn); err != "" {
				return nil, &apiError{"MalformedPolicy", err, http.StatusBadRequest}
			}
			b.policy = string(r.body)
		case "DeleteBucketPolicy":
			b.policy = ""
		default:
			return r.bucketPolicy(b)
		}
		return r.empty(http.StatusNoContent), nil
	})
}

func (r *request) bucketPolicy(b *bucket) (func(), *apiError) {
	if b.policy == "" {
		return nil, &apiError{"NoSuchBucketPolicy", "The bucket policy does not exist", http.StatusNotFound}
	}
	text := []byte(b.policy) // the answer is sent when the lock is gone
	return func() { r.send(http.StatusOK, "application/json", text) }, nil
}

// recordPolicyCall writes the call to CloudTrail: the policy stands in bucketPolicy, as an object, and "policy" is the empty query flag.
func (r *request) recordPolicyCall(call, name string, refused *apiError) {
	parameters := map[string]any{"bucketName": name, "Host": name + ".s3." + r.region + ".amazonaws.com", "policy": ""}
	if call == "PutBucketPolicy" && json.Valid(r.body) {
		parameters["bucketPolicy"] = json.RawMessage(r.body)
	}
	var resources []any
	if b := r.cloud.buckets[name]; b != nil {
		resources = append(resources, map[string]any{"accountId": b.account, "type": "AWS::S3::Bucket", "ARN": b.arn()})
	}
	r.trail(call, parameters, nil, resources, refused)
}
