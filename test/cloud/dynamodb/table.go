package dynamodb

import (
	"cmp"
	"hash/fnv"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"locksmith/test/cloud/front"
)

// A table has a string for its partition key, and no sort key.
type table struct {
	name, account, region string
	id                    string
	key                   string // the partition key's name
	ttl                   string // the attribute that holds when an item expires, or ""
	created               time.Time
	rows                  map[string]*row // by partition key
	indexes               map[string]index
}

// A row is what stands under one partition key.
type row struct {
	now   item      // nil where the item is gone
	past  []version // what a read that is not consistent may still show, oldest first
	order string    // its place in a scan
}

// A version is what a row held until a change.
type version struct {
	item  item
	until time.Time
}

func (t *table) arn() string {
	return "arn:aws:dynamodb:" + t.region + ":" + t.account + ":table/" + t.name
}

// get is the item in force, or nil.
func (t *table) get(key string) item {
	if r := t.rows[key]; r != nil {
		return r.now
	}
	return nil
}

// shown is the item as a read that is not consistent sees it.
func (t *table) shown(key string, now time.Time, delay time.Duration) item {
	r := t.rows[key]
	if r == nil {
		return nil
	}
	for _, v := range r.past {
		if now.Before(v.until.Add(delay)) {
			return v.item
		}
	}
	return r.now
}

// put replaces an item; nil removes it.
func (t *table) put(key string, it item, now time.Time, delay time.Duration) {
	r := t.rows[key]
	if r == nil {
		r = &row{order: scanOrder(key)}
		t.rows[key] = r
	}
	r.past = slices.DeleteFunc(r.past, func(v version) bool { return !now.Before(v.until.Add(delay)) })
	if delay > 0 {
		r.past = append(r.past, version{r.now, now})
	}
	if r.now = it; it == nil && len(r.past) == 0 {
		delete(t.rows, key)
	}
}

// after are the partition keys in the order of a scan, from a place on.
func (t *table) after(place string) []string {
	var keys []string
	for key, r := range t.rows {
		if r.order > place {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b string) int { return cmp.Compare(t.rows[a].order, t.rows[b].order) })
	return keys
}

// scanOrder is what a scan sorts by: the keys' hashes, so that nobody comes to rely on a better order
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.Partitions.html).
func scanOrder(key string) string {
	h := fnv.New128a()
	h.Write([]byte(key)) // never fails: see hash.Hash
	return string(h.Sum(nil)) + key
}

// longestKey is a partition key's limit in bytes
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-partition-sort-keys).
const longestKey = 2048

// keyOf reads the partition key out of a Key parameter.
func (t *table) keyOf(key item) (string, *front.Error) {
	v, ok := key[t.key]
	if !ok || len(key) != 1 || v.kind != "S" {
		return "", validation("The provided key element does not match the schema")
	}
	return v.text, nil
}

// keyIn reads the partition key out of an item that is to be put.
func (t *table) keyIn(it item) (string, *front.Error) {
	v, ok := it[t.key]
	switch {
	case !ok:
		return "", invalid("Missing the key %s in the item", t.key)
	case v.kind != "S":
		return "", invalid("Type mismatch for key %s expected: S actual: %s", t.key, v.kind)
	}
	return v.text, nil
}

// checkKeyText checks a partition key that may be of the wrong type: that is found out later.
func (t *table) checkKeyText(in item) *front.Error {
	v := in[t.key]
	switch {
	case v.kind == "S" && v.text == "":
		return validation("One or more parameter values are not valid. "+
			"The AttributeValue for a key attribute cannot contain an empty string value. Key: %s", t.key)
	case len(v.text) > longestKey:
		return invalid("Size of hashkey has exceeded the maximum size limit of2048 bytes")
	}
	return nil
}

// tableNamed finds a table, and asks for leave to do something with it.
func (r *request) tableNamed(action, name string) (*table, *front.Error) {
	if name == "" {
		return nil, constraint("null", "tableName", "not be null")
	}
	arn := r.tableARN(name)
	parts := strings.Split(arn, ":")
	if len(parts) != 6 {
		return nil, validation("Invalid TableArn: %s", name)
	}
	if err := r.Authorize(front.Target{Action: "dynamodb:" + action, ARN: arn, Owner: parts[4]}); err != nil {
		return nil, err
	}
	t := r.tables[arn]
	if t == nil {
		return nil, front.Refuse("ResourceNotFoundException", "Requested resource not found", http.StatusBadRequest)
	}
	return t, nil
}

var tableName = regexp.MustCompile(`^[A-Za-z0-9_.-]{3,255}$`)

// createTable makes a table that is there at once; at AWS it takes some seconds
// (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html).
func createTable(r *request, in input) (any, *front.Error) {
	if in.BillingMode != "PAY_PER_REQUEST" {
		return nil, notHere("provisioned capacity")
	}
	t := &table{name: in.TableName, account: r.Caller.Account, region: r.Region, id: front.UUID(), created: r.Now(),
		rows: map[string]*row{}}
	if !tableName.MatchString(t.name) {
		return nil, constraint("'"+t.name+"'", "tableName",
			"have length between 3 and 255, of the characters a-z, A-Z, 0-9, _, - and .")
	}
	switch {
	case len(in.KeySchema) == 0:
		return nil, constraint("null", "keySchema", "not be null")
	case in.KeySchema[0].KeyType != "HASH":
		return nil, validation("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
	case len(in.KeySchema) > 1:
		return nil, notHere("sort keys")
	}
	t.key = in.KeySchema[0].AttributeName
	defined := ""
	for _, d := range in.AttributeDefinitions {
		if d.AttributeName == t.key {
			defined = d.AttributeType
		}
	}
	switch {
	case defined == "":
		return nil, invalid("Some index key attributes are not defined in AttributeDefinitions. Keys: [%s]", t.key)
	case defined != "S":
		return nil, notHere("partition keys of type " + defined)
	}
	if err := t.addIndexes(in); err != nil {
		return nil, err
	}
	if err := r.Authorize(front.Target{Action: "dynamodb:CreateTable", ARN: t.arn(), Owner: t.account}); err != nil {
		return nil, err
	}
	if r.tables[t.arn()] != nil {
		return nil, front.Refuse("ResourceInUseException", "Table already exists: "+t.name, http.StatusBadRequest)
	}
	r.tables[t.arn()] = t
	return map[string]any{"TableDescription": t.description()}, nil
}

func describeTable(r *request, in input) (any, *front.Error) {
	t, err := r.tableNamed("DescribeTable", in.TableName)
	if err != nil {
		if err.Code == "ResourceNotFoundException" {
			err.Message = "Requested resource not found: Table: " + in.TableName + " not found"
		}
		return nil, err
	}
	return map[string]any{"Table": t.description()}, nil
}

func (t *table) description() map[string]any {
	size, count := 0, 0
	for _, r := range t.rows {
		if r.now != nil {
			size, count = size+itemSize(r.now), count+1
		}
	}
	d := map[string]any{"TableName": t.name, "TableArn": t.arn(), "TableId": t.id, "TableStatus": "ACTIVE",
		"CreationDateTime": t.created.Unix(), "ItemCount": count, "TableSizeBytes": size,
		"AttributeDefinitions": []any{map[string]string{"AttributeName": t.key, "AttributeType": "S"}},
		"KeySchema":            []any{map[string]string{"AttributeName": t.key, "KeyType": "HASH"}},
		"BillingModeSummary":   map[string]string{"BillingMode": "PAY_PER_REQUEST"}}
	if len(t.indexes) > 0 {
		d["GlobalSecondaryIndexes"] = t.describeIndexes()
	}
	return d
}

// updateTimeToLive follows https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html,
// and takes effect at once.
func updateTimeToLive(r *request, in input) (any, *front.Error) {
	t, err := r.tableNamed("UpdateTimeToLive", in.TableName)
	if err != nil {
		return nil, err
	}
	s := in.TimeToLiveSpecification
	switch {
	case s == nil:
		return nil, constraint("null", "timeToLiveSpecification", "not be null")
	case s.AttributeName == "":
		return nil, constraint("''", "timeToLiveSpecification.attributeName", "have length greater than or equal to 1")
	case s.Enabled && t.ttl != "":
		return nil, validation("TimeToLive is already enabled")
	case !s.Enabled && t.ttl == "":
		return nil, validation("TimeToLive is already disabled")
	case !s.Enabled && t.ttl != s.AttributeName:
		return nil, validation("TimeToLive is active on a different AttributeName: current AttributeName is %s", t.ttl)
	}
	if t.ttl = ""; s.Enabled {
		t.ttl = s.AttributeName
	}
	return map[string]any{"TimeToLiveSpecification": map[string]any{
		"AttributeName": s.AttributeName, "Enabled": s.Enabled}}, nil
}

func describeTimeToLive(r *request, in input) (any, *front.Error) {
	t, err := r.tableNamed("DescribeTimeToLive", in.TableName)
	switch {
	case err != nil:
		return nil, err
	case t.ttl == "":
		return map[string]any{"TimeToLiveDescription": map[string]string{"TimeToLiveStatus": "DISABLED"}}, nil
	}
	return map[string]any{"TimeToLiveDescription": map[string]string{
		"TimeToLiveStatus": "ENABLED", "AttributeName": t.ttl}}, nil
}

// Items are the items in a table, by the table's ARN, in the order of their keys. A value is a string, json.Number,
// []byte, bool, nil, []string, []json.Number, [][]byte, []any or map[string]any.
func (s *Tables) Items(arn string) []map[string]any {
	s.front.Lock()
	defer s.front.Unlock()
	t := s.tables[arn]
	if t == nil {
		return nil
	}
	var all []map[string]any
	for _, key := range slices.Sorted(maps.Keys(t.rows)) {
		if it := t.get(key); it != nil {
			all = append(all, goItem(it))
		}
	}
	return all
}

// oldest is how long ago an item may have expired and still be deleted for it.
const oldest = 5 * 365 * 24 * time.Hour

// ExpireItems deletes the items whose time to live is over, in all tables, and tells how many they were. Until then
// they can be read and written: DynamoDB promises to delete them within a few days
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ttl-expired-items.html).
func (s *Tables) ExpireItems() int {
	s.front.Lock()
	defer s.front.Unlock()
	now, count := s.front.Now(), 0
	for _, t := range s.tables {
		for key, r := range t.rows {
			if t.ttl != "" && r.now[t.ttl].expired(now) {
				t.put(key, nil, now, s.propagation)
				count++
			}
		}
	}
	return count
}

// expired tells whether a value is a time in seconds that is over. Any other value says nothing.
func (v attributeValue) expired(now time.Time) bool {
	if v.kind != "N" {
		return false
	}
	seconds, err := strconv.ParseInt(v.plain(), 10, 64)
	at := time.Unix(seconds, 0)
	return err == nil && at.Before(now) && now.Sub(at) < oldest
}
