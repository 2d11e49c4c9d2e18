package sqs

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"

	"locksmith/test/cloud/front"
)

// place is what ListQueues looks through: one account in one Region.
func (q *queue) place() string { return q.account + " " + q.region }

// put keeps a queue, in the place of one of the same name.
func (s *Queues) put(q *queue) {
	s.front.Use(q.account)
	s.queues[q.arn()] = q
	names := s.names[q.place()]
	if at, there := slices.BinarySearch(names, q.name); !there {
		s.names[q.place()] = slices.Insert(names, at, q.name)
	}
}

// forget takes a queue away.
func (s *Queues) forget(q *queue) {
	delete(s.queues, q.arn())
	s.names[q.place()] = slices.DeleteFunc(s.names[q.place()], func(name string) bool { return name == q.name })
}

// listQueues gives at most a thousand queues. Only who asks for pages gets to know that there are more
// (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ListQueues.html).
func (r *request) listQueues(in input) (func(), *front.Error) {
	all := "arn:aws:sqs:" + r.Region + ":" + r.Caller.Account + ":*"
	if err := r.Authorize(front.Target{Action: "sqs:ListQueues", ARN: all, Owner: r.Caller.Account}); err != nil {
		return nil, err
	}
	size, paged := 1000, in.MaxResults != nil
	if paged {
		size = *in.MaxResults
	}
	after, err := base64.StdEncoding.DecodeString(in.NextToken)
	switch {
	case size < 1 || size > 1000:
		return nil, front.Refuse("InvalidParameterValue", "Value for parameter MaxResults is invalid. Reason: Must be an "+
			"integer from 1 to 1000.", http.StatusBadRequest)
	case in.NextToken != "" && !paged:
		return nil, front.Refuse("NotImplemented", "this AWS does not know what SQS makes of NextToken without MaxResults",
			http.StatusNotImplemented)
	case err != nil:
		return nil, front.Refuse("InvalidParameterValue", "Invalid or expired next token.", http.StatusBadRequest)
	}
	answer := map[string]any{}
	urls := []string{}
	names := r.names[r.Caller.Account+" "+r.Region]
	from, there := slices.BinarySearch(names, string(after))
	if there {
		from++
	}
	last := ""
	for _, name := range names[from:] {
		if !strings.HasPrefix(name, in.QueueNamePrefix) {
			continue
		}
		if len(urls) == size {
			if paged {
				answer["NextToken"] = base64.StdEncoding.EncodeToString([]byte(last))
			}
			break
		}
		last = name
		urls = append(urls, r.url(&queue{account: r.Caller.Account, name: name}))
	}
	answer["QueueUrls"] = urls
	return r.JSON(answer), nil
}
