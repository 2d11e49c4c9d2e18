package sqs

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"

	"locksmith/policies"
	"locksmith/test/cloud/front"
)

// checkQueuePolicy refuses a policy as SQS does; its quotas are those of
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html.
func checkQueuePolicy(text string) *front.Error {
	refuse := func(why string) *front.Error {
		return front.Refuse("InvalidAttributeValue", "Invalid value for the parameter Policy. Reason: "+why,
			http.StatusBadRequest)
	}
	if text == "" {
		return nil
	}
	if why := front.CheckPolicy([]byte(text), 8192, nil); why != "" {
		return refuse(why)
	}
	doc, err := policies.Parse([]byte(text))
	if err != nil || len(doc.Statements) > 20 {
		return refuse("more than 20 statements")
	}
	for i := range doc.Statements {
		if len(doc.Statements[i].Action.Values) > 7 {
			return refuse("more than 7 actions in a statement")
		}
	}
	return nil
}

// statementsOf reads the policy's statements for AddPermission and RemovePermission.
func statementsOf(q *queue) (policy map[string]any, statements []any) {
	policy = map[string]any{"Version": "2008-10-17", "Id": q.arn() + "/SQSDefaultPolicy"}
	// "" leaves the default; what cannot be read, authorization has stopped at
	_ = json.Unmarshal([]byte(q.attributes["Policy"]), &policy)
	switch s := policy["Statement"].(type) {
	case []any:
		statements = s
	case map[string]any:
		statements = []any{s}
	}
	return policy, statements
}

// setStatements puts the statements in force; without any there is no policy.
func (r *request) setStatements(q *queue, policy map[string]any, statements []any) (any, *front.Error) {
	changed := ""
	if len(statements) > 0 {
		policy["Statement"] = statements
		text, err := json.Marshal(policy)
		if err != nil {
			return nil, front.Refuse("InternalFailure", err.Error(), http.StatusInternalServerError)
		}
		changed = string(text)
	}
	if err := checkQueuePolicy(changed); err != nil {
		return nil, front.Refuse("OverLimit", err.Message, http.StatusForbidden)
	}
	q.change(map[string]string{"Policy": changed}, r.Now(), r.propagation)
	return struct{}{}, nil
}

func labelled(label string) func(any) bool {
	return func(statement any) bool {
		m, ok := statement.(map[string]any)
		return ok && m["Sid"] == label
	}
}

var (
	accountID = regexp.MustCompile(`^[0-9]{12}$`)
	label     = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)
)

// addPermission follows https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_AddPermission.html:
// it writes Allow statements for accounts, nothing else.
func addPermission(r *request, q *queue, in input) (any, *front.Error) {
	policy, statements := statementsOf(q)
	var principals, actions []string
	for _, account := range in.AWSAccountIds {
		if !accountID.MatchString(account) {
			return nil, parameter("Value %s for parameter PrincipalId is invalid. Reason: Unable to verify.", account)
		}
		principals = append(principals, "arn:aws:iam::"+account+":root")
	}
	for _, action := range in.Actions {
		actions = append(actions, "SQS:"+action)
	}
	switch {
	case len(principals) == 0 || len(actions) == 0:
		return nil, front.Refuse("MissingParameter",
			"The request must contain the parameters AWSAccountIds and Actions.", http.StatusBadRequest)
	case !label.MatchString(in.Label) || slices.ContainsFunc(statements, labelled(in.Label)):
		return nil, parameter("Value %s for parameter Label is invalid. Reason: Already exists, or no label.", in.Label)
	}
	added := map[string]any{"Sid": in.Label, "Effect": "Allow", "Principal": map[string]any{"AWS": principals},
		"Action": actions, "Resource": q.arn()}
	return r.setStatements(q, policy, append(statements, added))
}

// removePermission takes away whatever statement has the label for its Sid.
func removePermission(r *request, q *queue, in input) (any, *front.Error) {
	policy, statements := statementsOf(q)
	if !slices.ContainsFunc(statements, labelled(in.Label)) {
		return nil, parameter("Value %s for parameter Label is invalid. Reason: can't find label.", in.Label)
	}
	return r.setStatements(q, policy, slices.DeleteFunc(statements, labelled(in.Label)))
}
