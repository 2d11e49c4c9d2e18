package sweeps

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"locksmith/lambdas/remedy"
	"locksmith/lambdas/sweeper"
)

// sparesKept is how long an index is kept that no sweep has written anew: the account has left, or nobody sweeps.
const sparesKept = 30 * 24 * time.Hour

// A sparesItem is which resources of an account and task spare principals by name. A visit remembers some hundreds, so
// that the item stays below the 400 KB that DynamoDB takes.
type sparesItem struct {
	ID      string          `json:"id"`
	Kind    string          `json:"kind"`
	Account remedy.Account  `json:"of"`
	Spares  []sweeper.Spare `json:"spares"`
	At      time.Time       `json:"at"`
	Expires int64           `json:"expires"`
}

func sparesID(account string, task sweeper.Task) string {
	return "spared#" + account + "#" + string(task)
}

// KeepSpares implements [sweeper.Index]. It makes one call, and one more where the visit is not whole.
func (d *Dynamo) KeepSpares(ctx context.Context, a remedy.Account, task sweeper.Task, spares []sweeper.Spare,
	whole bool, at time.Time) error {
	it := sparesItem{ID: sparesID(a.Number, task), Kind: "spared", Account: a, Spares: spares, At: at.UTC(),
		Expires: at.Add(sparesKept).Unix()}
	if !whole {
		var before sparesItem
		if _, err := d.get(ctx, it.ID, &before); err != nil {
			return about("spared names in "+a.Number, err)
		}
		it.Spares = joined(before.Spares, spares)
	}
	put, err := marshalMap(it)
	if err == nil {
		_, err = d.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &d.table, Item: put})
	}
	return about("spared names in "+a.Number, err)
}

// joined are the resources of both, as the later look saw them.
func joined(before, now []sweeper.Spare) []sweeper.Spare {
	all := slices.Clone(now)
	for _, s := range before {
		if !slices.ContainsFunc(now, func(o sweeper.Spare) bool { return o.Resource == s.Resource }) {
			all = append(all, s)
		}
	}
	return all
}

// Spares implements [sweeper.Index]. It makes one call for each task.
func (d *Dynamo) Spares(ctx context.Context, account string) (a remedy.Account, all map[sweeper.Task][]sweeper.Spare,
	err error) {
	all = map[sweeper.Task][]sweeper.Spare{}
	a.Number = account
	for _, task := range sweeper.Tasks() {
		var it sparesItem
		found, err := d.get(ctx, sparesID(account, task), &it)
		if err != nil {
			return a, nil, about("spared names in "+account, err)
		}
		if found {
			a, all[task] = it.Account, it.Spares
		}
	}
	return a, all, nil
}

var _ sweeper.Index = (*Dynamo)(nil)
