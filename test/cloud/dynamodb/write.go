package dynamodb

import (
	"slices"
	"strings"

	"locksmith/test/cloud/front"
)

// A write is one write or check, by itself or in a transaction.
type write struct {
	TableName                           string
	Key, Item                           item
	ConditionExpression                 *string
	UpdateExpression                    *string
	ExpressionAttributeNames            map[string]string
	ExpressionAttributeValues           map[string]attributeValue
	ReturnValuesOnConditionCheckFailure string
}

// A plan is a write that has been understood.
type plan struct {
	action    string // PutItem, UpdateItem, DeleteItem or ConditionCheckItem
	write     write
	condition condition // nil where there is none
	words     *placeholders
	update    *update // of UpdateItem; without an expression it makes an item of the key alone
	table     *table  // nil until it is bound
}

const (
	// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-items
	largestItem  = 400 << 10
	updateTooBig = "Item size to update has exceeded the maximum allowed size"
)

// understand reads all of a write that can be judged without its table.
func (w write) understand(action string) (*plan, *front.Error) {
	p := &plan{action: action, write: w, update: &update{}}
	words, err := newPlaceholders(w.ExpressionAttributeNames, w.ExpressionAttributeValues, w.ConditionExpression,
		w.UpdateExpression)
	if err != nil {
		return nil, err
	}
	switch {
	case action == "PutItem" && w.Item == nil:
		return nil, constraint("null", "item", "not be null")
	case action != "PutItem" && w.Key == nil:
		return nil, constraint("null", "key", "not be null")
	case !slices.Contains([]string{"", "NONE", "ALL_OLD"}, w.ReturnValuesOnConditionCheckFailure):
		return nil, constraint("'"+w.ReturnValuesOnConditionCheckFailure+"'", "returnValuesOnConditionCheckFailure",
			"satisfy enum value set: [ALL_OLD, NONE]")
	case itemSize(w.Item) > largestItem:
		return nil, validation("Item size has exceeded the maximum allowed size")
	}
	p.words = words
	if w.UpdateExpression != nil {
		if p.update, err = parseUpdate(*w.UpdateExpression, words); err != nil {
			return nil, err
		}
	}
	if w.ConditionExpression != nil {
		if p.condition, err = parseCondition("ConditionExpression", *w.ConditionExpression, words); err != nil {
			return nil, err
		}
	}
	return p, words.check()
}

// bind finds the plan's table. Whether the key is of the right type comes later: a transaction has another error for
// it.
func (p *plan) bind(r *request) (err *front.Error) {
	if p.table, err = r.tableNamed(p.action, p.write.TableName); err != nil {
		return err
	}
	if p.action == "PutItem" {
		return p.table.checkKeyText(p.write.Item)
	}
	return p.table.checkKeyText(p.write.Key)
}

// key is the partition key, which no update may change.
func (p *plan) key() (string, *front.Error) {
	for _, to := range p.update.paths() {
		if to[0].name == p.table.key {
			return "", invalid("Cannot update attribute %s. This attribute is part of the key", p.table.key)
		}
	}
	if err := p.words.scalar(p.table.key); err != nil {
		return "", err
	}
	if p.action == "PutItem" {
		return p.table.keyIn(p.write.Item)
	}
	return p.table.keyOf(p.write.Key)
}

// failed is an exception without its type if the item in force does not meet the condition, with the item if the write
// asks for it.
func (p *plan) failed(old item) exception {
	if p.condition == nil || p.condition(old) {
		return nil
	}
	e := exception{"message": "The conditional request failed"}
	if old != nil && p.write.ReturnValuesOnConditionCheckFailure == "ALL_OLD" {
		e["Item"] = old
	}
	return e
}

// result is the item after the write, or nil.
func (p *plan) result(old item) (item, *front.Error) {
	switch p.action {
	case "PutItem":
		return p.write.Item, nil
	case "DeleteItem":
		return nil, nil
	case "ConditionCheckItem":
		return old, nil
	}
	after, err := p.update.apply(old, p.write.Key)
	if err == nil && itemSize(after) > largestItem {
		return nil, validation(updateTooBig)
	}
	return after, err
}

// store puts what a write leaves in its place.
func (r *request) store(t *table, key string, after item) {
	t.put(key, after, r.Now(), r.propagation)
}

// single does one write by itself, and returns what it was asked to return of the item before or after.
func (r *request) single(action string, in input, returns ...string) (any, *front.Error) {
	if err := checkReturns(in.ReturnValues, returns); err != nil {
		return nil, err
	}
	p, err := in.understand(action)
	if err != nil {
		return nil, err
	}
	if err := p.bind(r); err != nil {
		return nil, err
	}
	key, err := p.key()
	if err != nil {
		return nil, err
	}
	old := p.table.get(key)
	if e := p.failed(old); e != nil {
		e["__type"] = ownErrors + "ConditionalCheckFailedException"
		return e, nil
	}
	after, err := p.result(old)
	if err != nil {
		return nil, err
	}
	r.store(p.table, key, after)
	shown := old
	if strings.HasSuffix(in.ReturnValues, "_NEW") {
		shown = after
	}
	if strings.HasPrefix(in.ReturnValues, "UPDATED_") {
		shown = project(shown, p.update.paths())
	}
	if len(shown) == 0 || in.ReturnValues == "" || in.ReturnValues == "NONE" {
		return struct{}{}, nil
	}
	return map[string]item{"Attributes": shown}, nil
}

// checkReturns checks ReturnValues against those that an action knows.
func checkReturns(asked string, known []string) *front.Error {
	switch {
	case asked == "" || slices.Contains(known, asked):
		return nil
	case slices.Contains([]string{"NONE", "ALL_OLD", "UPDATED_OLD", "ALL_NEW", "UPDATED_NEW"}, asked):
		return validation("Return values set to invalid value")
	}
	return constraint("'"+asked+"'", "returnValues",
		"satisfy enum value set: [ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]")
}

// putItem follows https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutItem.html.
func putItem(r *request, in input) (any, *front.Error) {
	return r.single("PutItem", in, "NONE", "ALL_OLD")
}

// updateItem follows https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html.
func updateItem(r *request, in input) (any, *front.Error) {
	return r.single("UpdateItem", in, "NONE", "ALL_OLD", "UPDATED_OLD", "ALL_NEW", "UPDATED_NEW")
}

// deleteItem follows https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DeleteItem.html.
func deleteItem(r *request, in input) (any, *front.Error) {
	return r.single("DeleteItem", in, "NONE", "ALL_OLD")
}
