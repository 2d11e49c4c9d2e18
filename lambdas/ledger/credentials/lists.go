package credentials

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"locksmith/lambdas/credentials"
)

// This file asks the table's two indexes. Their order is the account's number, or when a case is due.

// List implements [credentials.Rows]. Of all rows, a query reads n. With a filter it reads as many as DynamoDB looks at
// in one call, 1 MB, since it counts them before the filter
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.Pagination.html).
func (d *Dynamo) List(ctx context.Context, f credentials.Filter, n int, after string) (page []credentials.Row,
	next string, err error) {
	in := d.rows(f, after)
	if in.FilterExpression == nil {
		in.Limit = aws.Int32(int32(n))
	}
	out, err := d.client.Query(ctx, in)
	if err != nil {
		return nil, "", about("list of root's credentials", err)
	}
	for _, found := range out.Items {
		var it rowItem
		if err := unmarshal(found, &it); err != nil {
			return nil, "", about("list of root's credentials", err)
		}
		if len(page) == n {
			return page, page[n-1].Account, nil
		}
		page = append(page, it.Row)
	}
	if last, ok := out.LastEvaluatedKey["sort"].(*types.AttributeValueMemberS); ok {
		next = last.Value
	}
	return page, next, nil
}

// rows is the query for rows after an account.
func (d *Dynamo) rows(f credentials.Filter, after string) *dynamodb.QueryInput {
	in := &dynamodb.QueryInput{TableName: &d.table, IndexName: aws.String(Listed),
		KeyConditionExpression:    aws.String("#list = :list"),
		ExpressionAttributeNames:  map[string]string{"#list": "list"},
		ExpressionAttributeValues: item{":list": text(list)}}
	switch {
	case f.Account != "" && f.Account <= after:
		*in.KeyConditionExpression += " AND #sort = :sort"
		in.ExpressionAttributeValues[":sort"] = text("none") // it was on an earlier page
	case f.Account != "":
		*in.KeyConditionExpression += " AND #sort = :sort"
		in.ExpressionAttributeValues[":sort"] = text(f.Account)
	case after != "":
		*in.KeyConditionExpression += " AND #sort > :sort"
		in.ExpressionAttributeValues[":sort"] = text(after)
	}
	if strings.Contains(*in.KeyConditionExpression, "#sort") {
		in.ExpressionAttributeNames["#sort"] = "sort"
	}
	var conditions []string
	switch f.Has {
	case "":
	case credentials.HasNone:
		conditions = append(conditions, "#nothing = :nothing")
		in.ExpressionAttributeNames["#nothing"] = "nothing"
		in.ExpressionAttributeValues[":nothing"] = yesOrNo(true)
	default:
		conditions = append(conditions, "contains(has, :has)")
		in.ExpressionAttributeValues[":has"] = text(f.Has)
	}
	if f.Refused {
		conditions = append(conditions, "#state <> :complete")
		in.ExpressionAttributeNames["#state"] = "state"
		in.ExpressionAttributeValues[":complete"] = text(string(credentials.Complete))
	}
	if len(conditions) > 0 {
		in.FilterExpression = aws.String(strings.Join(conditions, " AND "))
	}
	return in
}

// Forget implements [credentials.Rows].
func (d *Dynamo) Forget(ctx context.Context, audit string, before time.Time) (n int, err error) {
	in := d.rows(credentials.Filter{}, "")
	in.FilterExpression = aws.String("audit <> :audit AND #at < :before")
	in.ExpressionAttributeNames["#at"] = "at"
	in.ExpressionAttributeValues[":audit"] = text(audit)
	in.ExpressionAttributeValues[":before"] = integer(before.UnixMilli())
	pages := dynamodb.NewQueryPaginator(d.client, in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return n, about("rows of accounts that have left", err)
		}
		for _, found := range page.Items {
			var it rowItem
			if err := unmarshal(found, &it); err != nil {
				return n, about("rows of accounts that have left", err)
			}
			gone, err := d.forget(ctx, it.ID, before)
			if err != nil {
				return n, err
			}
			if gone {
				n++
			}
		}
	}
	return n, nil
}

// forget takes off a row that is older than a time, and tells whether it was.
func (d *Dynamo) forget(ctx context.Context, id string, before time.Time) (bool, error) {
	_, err := d.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &d.table, Key: key(id),
		ConditionExpression: aws.String("#at < :before"), ExpressionAttributeNames: map[string]string{"#at": "at"},
		ExpressionAttributeValues: item{":before": integer(before.UnixMilli())}})
	if errors.As(err, new(*types.ConditionalCheckFailedException)) {
		return false, nil
	}
	return err == nil, about(id, err)
}

// Open implements [credentials.Cases]. It is one query.
func (d *Dynamo) Open(ctx context.Context, n int) (open []credentials.Case, err error) {
	out, err := d.client.Query(ctx, &dynamodb.QueryInput{TableName: &d.table, IndexName: aws.String(Waiting),
		KeyConditionExpression:    aws.String("waiting = :cases"),
		ExpressionAttributeValues: item{":cases": text(cases)}, Limit: aws.Int32(int32(n))})
	if err != nil {
		return nil, about("open cases", err)
	}
	for _, found := range out.Items {
		var it caseItem
		if err := unmarshal(found, &it); err != nil {
			return open, about("open cases", err)
		}
		open = append(open, it.Case)
	}
	return open, nil
}
