package dynamodb

import (
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"locksmith/test/cloud/front"
)

// A transactItem is one action of a transaction: one of the four.
type transactItem struct {
	ConditionCheck, Put, Update, Delete *write
}

// one is the action, and the name of the call that it would be by itself; nil if there is not just one.
func (t transactItem) one() (action string, only *write) {
	n := 0
	for name, w := range map[string]*write{"ConditionCheckItem": t.ConditionCheck, "PutItem": t.Put,
		"UpdateItem": t.Update, "DeleteItem": t.Delete} {
		if w != nil {
			action, only, n = name, w, n+1
		}
	}
	if n != 1 {
		return "", nil
	}
	return action, only
}

// remembered is how long a transaction that has been done is not done again for its token
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html).
const remembered = 10 * time.Minute

// A done transaction is one that has taken effect.
type done struct {
	token   string // with the account and the Region
	request [sha256.Size]byte
	at      time.Time
}

// transactWriteItems follows
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html. Here no two transactions
// ever meet; a fault stands for it (see reject).
func transactWriteItems(r *request, in input) (any, *front.Error) {
	plans, err := r.plans(in)
	if err != nil {
		return nil, err
	}
	this := done{token: r.Caller.Account + r.Region + in.ClientRequestToken, request: fingerprint(r.Content),
		at: r.Now()}
	r.forget(this.at)
	if before, ok := r.done[this.token]; ok && in.ClientRequestToken != "" {
		if before.request != this.request {
			return nil, front.Refuse("IdempotentParameterMismatchException",
				"The provided client token is already used with different parameters", http.StatusBadRequest)
		}
		return struct{}{}, nil
	}
	effects, canceled, err := effectsOf(plans)
	if err != nil {
		return nil, err
	}
	if canceled != nil {
		return canceled, nil
	}
	for _, e := range effects {
		if e.plan.action != "ConditionCheckItem" {
			r.store(e.plan.table, e.key, e.after)
		}
	}
	if in.ClientRequestToken != "" {
		r.done[this.token] = this
		r.tokens = append(r.tokens, this)
	}
	return struct{}{}, nil
}

// largestTransaction is the limit of what all actions bring along: AWS counts that, not the items they meet.
const largestTransaction = 4 << 20

// plans understands all actions before it looks at any table, as AWS does.
func (r *request) plans(in input) ([]*plan, *front.Error) {
	switch n := len(in.TransactItems); {
	case n == 0:
		return nil, constraint("'[]'", "transactItems", "have length greater than or equal to 1")
	case n > 100:
		return nil, constraint("'["+strconv.Itoa(n)+" actions]'", "transactItems",
			"have length less than or equal to 100")
	case len(in.ClientRequestToken) > 36:
		return nil, constraint("'"+in.ClientRequestToken+"'", "clientRequestToken",
			"have length less than or equal to 36")
	}
	var plans []*plan
	size := 0
	for i, t := range in.TransactItems {
		action, w := t.one()
		switch {
		case w == nil:
			return nil, validation("TransactItems can only contain one of Check, Put, Update or Delete")
		case action == "ConditionCheckItem" && w.ConditionExpression == nil:
			return nil, constraint("null",
				"transactItems."+strconv.Itoa(i+1)+".member.conditionCheck.conditionExpression", "not be null")
		case action == "UpdateItem" && w.UpdateExpression == nil:
			return nil, constraint("null", "transactItems."+strconv.Itoa(i+1)+".member.update.updateExpression",
				"not be null")
		}
		p, err := w.understand(action)
		if err != nil {
			return nil, err
		}
		plans = append(plans, p)
		size += itemSize(w.Item) + itemSize(w.Key) + itemSize(w.ExpressionAttributeValues)
	}
	if size > largestTransaction {
		return nil, validation("Transaction payload size cannot exceed %d bytes", largestTransaction)
	}
	for _, p := range plans {
		if err := p.bind(r); err != nil {
			return nil, err
		}
	}
	return plans, nil
}

// An effect is what an action of a transaction leaves.
type effect struct {
	plan  *plan
	key   string
	after item
}

// effectsOf works out what a transaction leaves, and writes nothing. It is canceled if any action fails, with a reason
// for each; a key of the wrong type is a reason by itself, and ends the search for others.
func effectsOf(plans []*plan) (effects []effect, canceled exception, err *front.Error) {
	reasons, failed := make([]exception, len(plans)), false
	seen := map[string]bool{}
	for i, p := range plans {
		key, invalid := p.key()
		if invalid != nil {
			reasons[i] = exception{"Code": "ValidationError", "Message": invalid.Message}
			return nil, cancel(reasons), nil
		}
		if place := p.table.arn() + " " + key; seen[place] {
			return nil, nil, validation("Transaction request cannot include multiple operations on one item")
		} else {
			seen[place] = true
		}
		effects = append(effects, effect{plan: p, key: key})
	}
	for i, p := range plans {
		effects[i].after, reasons[i] = p.outcome(p.table.get(effects[i].key))
		failed = failed || reasons[i] != nil
	}
	if failed {
		return nil, cancel(reasons), nil
	}
	return effects, nil, nil
}

// outcome is the item after an action, or the reason why there is none.
func (p *plan) outcome(old item) (after item, reason exception) {
	if e := p.failed(old); e != nil {
		reason := exception{"Code": "ConditionalCheckFailed", "Message": e["message"]}
		if shown, ok := e["Item"]; ok {
			reason["Item"] = shown
		}
		return nil, reason
	}
	after, err := p.result(old)
	if err != nil {
		return nil, exception{"Code": "ValidationError", "Message": err.Message}
	}
	return after, nil
}

// cancel is the exception for reasons, nil where an action was not at fault.
func cancel(reasons []exception) exception {
	var codes []string
	for i, reason := range reasons {
		if reason == nil {
			reasons[i] = exception{"Code": "None"}
		}
		codes = append(codes, reasons[i]["Code"].(string))
	}
	return exception{"__type": ownErrors + "TransactionCanceledException", "CancellationReasons": reasons,
		"Message": "Transaction cancelled, please refer cancellation reasons for specific reasons [" +
			strings.Join(codes, ", ") + "]"}
}

// conflict is the exception of a transaction whose first item another is at work on.
func conflict(body []byte) exception {
	in, _ := readInput(body)
	reasons := make([]exception, max(1, len(in.TransactItems)))
	reasons[0] = exception{"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}
	return cancel(reasons)
}

// forget drops the tokens that count no more. They are noted in the order of time.
func (s *Tables) forget(now time.Time) {
	for len(s.tokens) > 0 && now.Sub(s.tokens[0].at) >= remembered {
		delete(s.done, s.tokens[0].token)
		s.tokens = s.tokens[1:]
	}
}

// fingerprint is that of a request's parameters, in whatever order they came.
func fingerprint(body []byte) [sha256.Size]byte {
	var parameters map[string]any
	_ = json.Unmarshal(body, &parameters) // it has been read before
	delete(parameters, "ClientRequestToken")
	sorted, _ := json.Marshal(parameters)
	return sha256.Sum256(sorted)
}
