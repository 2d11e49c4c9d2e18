package lockout

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"locksmith/policies"
)

// The request that shows an answer, and how the evaluator confirms it.

// A Witness is a complete request that takes the policy off. Everyone can replay it with
// [policies.Document.Evaluate].
type Witness struct {
	Principal string        `json:"principal"`         // the value of aws:PrincipalArn
	Kind      policies.Kind `json:"kind"`              // user, role or federated
	Session   string        `json:"session,omitempty"` // the name of a role's session, else ""
	Action    string        `json:"action"`            // such as s3:PutBucketPolicy
	Resource  string        `json:"resource"`          // its ARN
	Context   Context       `json:"context"`
}

// Context holds the condition keys of a witness, by their names in lower case. A key that is not in it is absent. The
// keys are those of https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html. In JSON
// the names have their documented spelling, and a key that can hold several values has a list.
type Context map[string][]string

// MarshalJSON implements [json.Marshaler].
func (c Context) MarshalJSON() ([]byte, error) {
	spelled := make(map[string]any, len(c))
	for key, values := range c {
		known, ok := policies.LookupKey(key)
		if !ok {
			known.Name = key
		}
		spelled[known.Name] = values
		if !known.Multivalued && len(values) == 1 {
			spelled[known.Name] = values[0]
		}
	}
	return json.Marshal(spelled)
}

// UnmarshalJSON implements [json.Unmarshaler].
func (c *Context) UnmarshalJSON(text []byte) error {
	var spelled map[string]any
	if err := json.Unmarshal(text, &spelled); err != nil {
		return err
	}
	*c = make(Context, len(spelled))
	for key, value := range spelled {
		switch v := value.(type) {
		case string:
			(*c)[strings.ToLower(key)] = []string{v}
		case []any:
			values := make([]string, len(v))
			for i, item := range v {
				s, ok := item.(string)
				if !ok {
					return fmt.Errorf("witness context: %s: want strings, found %v", key, item)
				}
				values[i] = s
			}
			(*c)[strings.ToLower(key)] = values
		default:
			return fmt.Errorf("witness context: %s: want a string or a list of strings, found %v", key, value)
		}
	}
	return nil
}

// A candidate is a request that might not be denied.
type candidate struct {
	kind    policies.Kind
	arn     string
	session string
	context policies.Context
	room    []string // the values of the context, in one piece
	special []string // what is particular about it, for people; none for an ordinary administrator's request
}

// passes asks the evaluator. Only a clear decision that is no denial counts.
func (s *setting) passes(c candidate, action string) bool {
	decision := s.denyOnly.Evaluate(s.request(c, action))
	return decision.Effect == policies.Allowed || decision.Effect == policies.NotAllowed
}

// removable tells whether the action takes those statements away that would deny it to this sender.
// sqs:RemovePermission removes one by its label, so each of them needs a Sid
// (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_RemovePermission.html).
func (s *setting) removable(rest *policies.Document, c candidate, action string) bool {
	if action != removePermission {
		return true
	}
	nameless := *rest
	nameless.Statements = slices.DeleteFunc(slices.Clone(nameless.Statements), func(st policies.Statement) bool {
		return st.Sid != ""
	})
	decision := nameless.Evaluate(s.request(c, setQueueAttributes))
	return decision.Effect == policies.Allowed || decision.Effect == policies.NotAllowed
}

func (s *setting) request(c candidate, action string) policies.Request {
	return policies.Request{Caller: policies.Caller{Kind: c.kind, ARN: c.arn, Session: c.session}, Action: action,
		Resource: s.Resource, Context: c.context}
}

func (s *setting) witness(c candidate, action string) *Witness {
	return &Witness{Principal: c.arn, Kind: c.kind, Session: c.session, Action: action, Resource: s.Resource,
		Context: Context(c.context)}
}

// instance makes a string that the glob matches.
func instance(pattern string) string {
	return strings.Map(func(c rune) rune {
		if c == '*' || c == '?' {
			return 'x'
		}
		return c
	}, pattern)
}

// set puts a key, whose name is given in lower case.
func (c *candidate) set(key, value string) {
	c.room = append(c.room, value)
	c.context[key] = c.room[len(c.room)-1 : len(c.room) : len(c.room)]
}
