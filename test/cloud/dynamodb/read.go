package dynamodb

import (
	"slices"
	"strconv"

	"locksmith/test/cloud/front"
)

// getItem follows https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GetItem.html.
func getItem(r *request, in input) (any, *front.Error) {
	view, err := in.view()
	if err != nil {
		return nil, err
	}
	t, err := r.tableNamed("GetItem", in.TableName)
	if err != nil {
		return nil, err
	}
	if in.Key == nil {
		return nil, constraint("null", "key", "not be null")
	}
	if err := view.words.scalar(t.key); err != nil {
		return nil, err
	}
	if err := t.checkKeyText(in.Key); err != nil {
		return nil, err
	}
	key, err := t.keyOf(in.Key)
	if err != nil {
		return nil, err
	}
	it := r.read(t, key, in)
	if it == nil {
		return struct{}{}, nil
	}
	return map[string]item{"Item": view.of(it)}, nil
}

// read is an item as a consistent read sees it, or any other.
func (r *request) read(t *table, key string, in input) item {
	if in.ConsistentRead {
		return t.get(key)
	}
	return t.shown(key, r.Now(), r.propagation)
}

// A view is which items a read returns, and what of them.
type view struct {
	keys     *keyCondition // of a query
	filter   condition
	filtered []string // the attributes that the filter asks about
	paths    []path
	words    *placeholders
}

// view reads the expressions of a read.
func (in input) view() (v view, err *front.Error) {
	words, err := newPlaceholders(in.ExpressionAttributeNames, in.ExpressionAttributeValues, in.FilterExpression,
		in.ProjectionExpression, in.KeyConditionExpression)
	if err != nil {
		return v, err
	}
	v.words = words
	if in.FilterExpression != nil {
		if v.filter, err = parseCondition("FilterExpression", *in.FilterExpression, words); err != nil {
			return v, err
		}
	}
	for _, p := range words.paths {
		v.filtered = append(v.filtered, p[0].name)
	}
	if in.KeyConditionExpression != nil {
		if v.keys, err = parseKeys(*in.KeyConditionExpression, words); err != nil {
			return v, err
		}
	}
	if in.ProjectionExpression != nil {
		if v.paths, err = parsePaths(*in.ProjectionExpression, words); err != nil {
			return v, err
		}
	}
	return v, words.check()
}

func (v view) of(it item) item {
	if v.paths == nil {
		return it
	}
	return project(it, v.paths)
}

// page is how many bytes a scan looks at before it stops.
const page = 1 << 20

// scan follows https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Scan.html. Limit counts the items
// before the filter; a page that ends at a limit says where it ended, even if nothing comes after it.
func scan(r *request, in input) (any, *front.Error) {
	v, err := in.view()
	if err != nil {
		return nil, err
	}
	t, err := r.tableNamed("Scan", in.TableName)
	if err != nil {
		return nil, err
	}
	x, indexed, err := t.indexOf(in)
	if err != nil {
		return nil, err
	}
	if err := v.words.scalar(t.key); err != nil {
		return nil, err
	}
	limit, place, err := t.checkScan(in, x)
	if err != nil {
		return nil, err
	}
	found, scanned, size := []item{}, 0, 0
	answer := map[string]any{}
	for _, key := range t.after(place) {
		it := r.read(t, key, in)
		if indexed && it != nil {
			it = x.projected(t, it)
		}
		if it == nil {
			continue
		}
		scanned, size = scanned+1, size+itemSize(it)
		if v.filter == nil || v.filter(it) {
			found = append(found, v.of(it))
		}
		if scanned == limit || size >= page {
			answer["LastEvaluatedKey"] = x.shows(t, it)
			break
		}
	}
	answer["Count"], answer["ScannedCount"] = len(found), scanned
	if in.Select != "COUNT" {
		answer["Items"] = found
	}
	return answer, nil
}

// checkScan reads where a scan ends and begins; a limit of 0 is none.
func (t *table) checkScan(in input, x index) (limit int, place string, err *front.Error) {
	if in.Limit != nil {
		if limit = *in.Limit; limit < 1 {
			return 0, "", constraint("'"+strconv.Itoa(limit)+"'", "limit", "have value greater than or equal to 1")
		}
	}
	if in.ExclusiveStartKey != nil {
		start := item{t.key: in.ExclusiveStartKey[t.key]}
		if len(in.ExclusiveStartKey) != len(x.keys)+1 {
			start = in.ExclusiveStartKey
		}
		after, err := t.keyOf(start)
		if err != nil {
			return 0, "", validation("The provided starting key is invalid: %s", err.Message)
		}
		place = scanOrder(after)
	}
	switch {
	case !slices.Contains([]string{"", "ALL_ATTRIBUTES", "SPECIFIC_ATTRIBUTES", "COUNT"}, in.Select):
		err = notHere("Select " + in.Select)
	case in.Select == "SPECIFIC_ATTRIBUTES" && in.ProjectionExpression == nil:
		err = validation("SPECIFIC_ATTRIBUTES requires a ProjectionExpression")
	case in.Select != "" && in.Select != "SPECIFIC_ATTRIBUTES" && in.ProjectionExpression != nil:
		err = validation("Cannot specify the ProjectionExpression when choosing to get %s", in.Select)
	}
	return limit, place, err
}
