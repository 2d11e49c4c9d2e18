package sources

import (
	"strings"

	"locksmith/policies"
	"locksmith/policies/lockout/partial"
)

// A Resolution is the work of finding out what a template comes to in one world.
type Resolution struct {
	*File
	*partial.Unknowns
	partial.World
}

// Unknown is a value that the file does not tell; see [partial.Unknowns.Hole].
func (r Resolution) Unknown(at *policies.Value, id, why string) policies.Value {
	return policies.Value{Type: partial.Unknown, Text: r.Hole(id, why, at.Start), Start: at.Start, End: at.End}
}

// BucketARN is the ARN of a bucket in the world's partition.
func (r Resolution) BucketARN(name string) string { return "arn:" + r.Partition + ":s3:::" + name }

// QueueARN is the ARN of a queue in the world's partition.
func (r Resolution) QueueARN(region, account, name string) string {
	return strings.Join([]string{"arn", r.Partition, "sqs", region, account, name}, ":")
}

// Bucket is the ARN of the bucket that a policy's property names.
func (r Resolution) Bucket(named *policies.Value) (string, *Fault) {
	switch {
	case named.Type != policies.String && named.Type != partial.Unknown:
		return "", r.noText(named)
	case named.Text == "" || strings.ContainsAny(named.Text, ":/*?"):
		shown := r.Shown(named.Text)
		return "", r.Fault(named.Start, "Bucket is a name; did you mean Ref?", "Bucket %q is no bucket's name", shown)
	}
	return r.BucketARN(named.Text), nil
}

func (r Resolution) noText(named *policies.Value) *Fault {
	return r.Fault(named.Start, "", "the bucket or queue of a policy is no text")
}

// Queue is the ARN of the queue that a policy's property names by its URL. Older URLs have other hosts
// (https://docs.aws.amazon.com/general/latest/gr/sqs-service.html).
func (r Resolution) Queue(named *policies.Value) (string, *Fault) {
	if named.Type != policies.String && named.Type != partial.Unknown {
		return "", r.noText(named)
	}
	address := named.Text
	host, path, isURL := strings.Cut(strings.TrimPrefix(address, "https://"), "/")
	account, name, isPath := strings.Cut(path, "/")
	switch {
	case isURL && isPath && partial.IsAccount(account) && name != "" && !strings.ContainsAny(name, "/:*?"):
		return r.QueueARN(r.regionOf(host, named), account, name), nil
	case partial.Holed(address) && !strings.HasPrefix(address, "arn:"):
		shown := r.Shown(address)
		region := r.Hole("Region", "the Region of the queue", named.Start)
		return r.QueueARN(region, r.Account, r.Hole(shown, "the queue "+shown, named.Start)), nil
	}
	return "", r.Fault(named.Start, "queues are named by URL; did you mean Ref?", "%q is no queue's URL", r.Shown(address))
}

func (r Resolution) regionOf(host string, named *policies.Value) string {
	switch parts := strings.Split(host, "."); {
	case parts[0] == "sqs" && len(parts) > 2:
		return parts[1]
	case len(parts) > 2 && parts[1] == "queue":
		return parts[0]
	case host == "queue.amazonaws.com":
		return "us-east-1"
	}
	return r.Hole("Region of "+host, "the Region of "+r.Shown(host), named.Start)
}
