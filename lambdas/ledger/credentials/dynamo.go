package credentials

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"locksmith/lambdas/credentials"
)

// Dynamo keeps all in the desk's table, beside the requests. It has these kinds of items:
//
//	credentials#ACCOUNT             a row; in the index listed, list is "credentials", and sort the account
//	credentials-audit               the last audit of the organization, and who is busy with it (fence, until)
//	credentials-page#AUDIT#NUMBER   accounts, as an audit listed them
//	credentials-deletion#REQUEST    how far a deletion has come
//	credentials-case#ID             a case; as long as it is open in the index waiting, with waiting "cases"
//
// The functions need dynamodb:GetItem, PutItem, UpdateItem and DeleteItem, and Query of the two indexes.
type Dynamo struct {
	client *dynamodb.Client
	table  string
}

// New makes a store in the table.
func New(cfg aws.Config, table string) *Dynamo { return &Dynamo{dynamodb.NewFromConfig(cfg), table} }

// side is how many items are written or read at the same time.
const side = 16

// each does something for each of n, some at the same time.
func each(n int, do func(i int) error) error {
	problems := make([]error, n)
	slots, workers := make(chan struct{}, side), sync.WaitGroup{}
	for i := range n {
		slots <- struct{}{}
		workers.Go(func() {
			defer func() { <-slots }()
			problems[i] = do(i)
		})
	}
	workers.Wait()
	return errors.Join(problems...)
}

// Keep implements [credentials.Rows].
func (d *Dynamo) Keep(ctx context.Context, audit string, rows ...credentials.Row) error {
	return each(len(rows), func(i int) error {
		return d.put(ctx, rowID(rows[i].Account), newRowItem(rows[i], audit), nil)
	})
}

// Kept implements [credentials.Rows].
func (d *Dynamo) Kept(ctx context.Context, audit string, accounts []string) (map[string]bool, error) {
	of := make([]string, len(accounts))
	err := each(len(accounts), func(i int) error {
		var it rowItem
		_, err := d.get(ctx, rowID(accounts[i]), &it, "audit")
		of[i] = it.Audit
		return err
	})
	found := map[string]bool{}
	for i, a := range accounts {
		if of[i] == audit {
			found[a] = true
		}
	}
	return found, err
}

// Row implements [credentials.Rows].
func (d *Dynamo) Row(ctx context.Context, account string) (credentials.Row, error) {
	var it rowItem
	there, err := d.get(ctx, rowID(account), &it)
	if err == nil && !there {
		err = none("account " + account)
	}
	return it.Row, err
}

// Audit implements [credentials.Audits].
func (d *Dynamo) Audit(ctx context.Context) (credentials.Audit, error) {
	var it auditItem
	there, err := d.get(ctx, lastID, &it)
	if err == nil && !there {
		err = none("audit of the organization")
	}
	return it.audit(), err
}

// named is the condition that the audit has an id.
func named(id string) *condition {
	if id == "" {
		return &condition{text: "attribute_not_exists(id)"}
	}
	return &condition{text: "#name = :name", names: map[string]string{"#name": "name"}, values: item{":name": text(id)}}
}

// Begin implements [credentials.Audits].
func (d *Dynamo) Begin(ctx context.Context, a credentials.Audit, over string) error {
	return d.put(ctx, lastID, newAuditItem(a), named(over))
}

// Claim implements [credentials.Audits]. It makes one call.
func (d *Dynamo) Claim(ctx context.Context, id string, now, until time.Time) (credentials.Audit, error) {
	mine := rand.Int64()
	out, err := d.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: &d.table, Key: key(lastID),
		UpdateExpression:         aws.String("SET fence = :fence, #until = :until"),
		ConditionExpression:      aws.String("#name = :name AND #until <= :now AND attribute_not_exists(finished)"),
		ExpressionAttributeNames: map[string]string{"#until": "until", "#name": "name"},
		ExpressionAttributeValues: item{":fence": integer(mine), ":until": integer(until.UnixMilli()),
			":now": integer(now.UnixMilli()), ":name": text(id)},
		ReturnValues:                        types.ReturnValueAllNew,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld})
	found := item(nil)
	if failed := (*types.ConditionalCheckFailedException)(nil); errors.As(err, &failed) {
		found, err = failed.Item, nil
	} else if err == nil {
		found = out.Attributes
	}
	var it auditItem
	if err == nil {
		err = unmarshal(found, &it)
	}
	switch {
	case err != nil:
		return credentials.Audit{}, about(lastID, err)
	case it.Name != id:
		return credentials.Audit{}, changed("audit " + id)
	case it.Fence != mine && it.Finished == nil:
		return credentials.Audit{}, busy(time.UnixMilli(it.Until))
	}
	return it.audit(), nil
}

// Record implements [credentials.Audits]. A lease that is not given back lasts as it was taken: to the end of the
// worker's time.
func (d *Dynamo) Record(ctx context.Context, a credentials.Audit, release bool) error {
	if release {
		a.Until = time.Time{}
	}
	c := named(a.ID)
	c.text += " AND fence = :fence"
	c.values[":fence"] = integer(a.Fence)
	return d.put(ctx, lastID, newAuditItem(a), c)
}

// PutPage implements [credentials.Audits].
func (d *Dynamo) PutPage(ctx context.Context, id string, number int, members []credentials.Member,
	now time.Time) error {
	it := pageItem{ID: pageID(id, number), Kind: "page", Members: members, Expires: now.Add(passed).Unix()}
	return d.put(ctx, it.ID, it, nil)
}

// Page implements [credentials.Audits].
func (d *Dynamo) Page(ctx context.Context, id string, number int) ([]credentials.Member, error) {
	var it pageItem
	there, err := d.get(ctx, pageID(id, number), &it)
	if err == nil && !there {
		err = none(pageID(id, number))
	}
	return it.Members, err
}

// Deletion implements [credentials.Deletions].
func (d *Dynamo) Deletion(ctx context.Context, request string) (credentials.Deletion, error) {
	var it deletionItem
	_, err := d.get(ctx, deletionID(request), &it)
	return it.Deletion, err
}

// PutDeletion implements [credentials.Deletions].
func (d *Dynamo) PutDeletion(ctx context.Context, del credentials.Deletion, now time.Time) error {
	it := deletionItem{ID: deletionID(del.Request), Kind: "deletion", Deletion: del, Expires: now.Add(passed).Unix()}
	return d.put(ctx, it.ID, it, nil)
}

// PutCase implements [credentials.Cases].
func (d *Dynamo) PutCase(ctx context.Context, k credentials.Case) error {
	c := &condition{text: "attribute_not_exists(id)"}
	if k.Version > 1 {
		c = &condition{text: "version = :before", values: item{":before": integer(int64(k.Version - 1))}}
	}
	return d.put(ctx, caseID(k.ID), newCaseItem(k), c)
}

// Case implements [credentials.Cases].
func (d *Dynamo) Case(ctx context.Context, id string) (credentials.Case, error) {
	var it caseItem
	there, err := d.get(ctx, caseID(id), &it)
	if err == nil && !there {
		err = none("case " + id)
	}
	return it.Case, err
}

var _ credentials.Store = (*Dynamo)(nil)
