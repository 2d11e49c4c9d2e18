package dynamodb

import (
	"maps"
	"slices"

	"locksmith/test/cloud/front"
)

// A keyElement is one attribute of a key.
type keyElement struct{ AttributeName, KeyType string }

// An index holds the keys of the items that have all of its own, which are strings, and nothing else of them
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html). A table is scanned by it, not queried.
type index struct{ keys []string }

// addIndexes reads the indexes of a new table. Every attribute that is defined has to be one of a key.
func (t *table) addIndexes(in input) *front.Error {
	types, used := map[string]string{}, map[string]bool{t.key: true}
	for _, d := range in.AttributeDefinitions {
		types[d.AttributeName] = d.AttributeType
	}
	t.indexes = map[string]index{}
	for _, i := range in.GlobalSecondaryIndexes {
		if i.Projection.ProjectionType != "KEYS_ONLY" {
			return notHere("the projection " + i.Projection.ProjectionType)
		}
		var x index
		for _, k := range i.KeySchema {
			switch types[k.AttributeName] {
			case "":
				return invalid("Some index key attributes are not defined in AttributeDefinitions. Keys: [%s]",
					k.AttributeName)
			case "S":
			default:
				return notHere("index keys of type " + types[k.AttributeName])
			}
			used[k.AttributeName] = true
			x.keys = append(x.keys, k.AttributeName)
		}
		if len(x.keys) == 0 || len(x.keys) > 2 || i.KeySchema[0].KeyType != "HASH" {
			return validation("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
		}
		t.indexes[i.IndexName] = x
	}
	if len(used) != len(in.AttributeDefinitions) {
		return invalid("Number of attributes in KeySchema does not exactly match number of attributes defined " +
			"in AttributeDefinitions")
	}
	return nil
}

// shows is what an index holds of an item, or nil.
func (x index) shows(t *table, it item) item {
	keys := item{t.key: it[t.key]}
	for _, name := range x.keys {
		v, ok := it[name]
		if !ok || v.kind != "S" {
			return nil
		}
		keys[name] = v
	}
	return keys
}

// indexOf is the index that a scan names; without one its keys are the table's alone.
func (t *table) indexOf(in input) (x index, found bool, err *front.Error) {
	if in.IndexName == nil {
		return index{}, false, nil
	}
	x, found = t.indexes[*in.IndexName]
	switch {
	case !found:
		return x, false, validation("The table does not have the specified index: %s", *in.IndexName)
	case in.ConsistentRead:
		return x, false, validation("Consistent reads are not supported on global secondary indexes")
	}
	return x, true, nil
}

// describeIndexes is what a description says of the indexes.
func (t *table) describeIndexes() []any {
	var all []any
	for _, name := range slices.Sorted(maps.Keys(t.indexes)) {
		schema := []any{}
		for i, key := range t.indexes[name].keys {
			schema = append(schema, map[string]string{"AttributeName": key, "KeyType": []string{"HASH", "RANGE"}[i]})
		}
		all = append(all, map[string]any{"IndexName": name, "IndexStatus": "ACTIVE", "KeySchema": schema,
			"Projection": map[string]string{"ProjectionType": "KEYS_ONLY"}})
	}
	return all
}
