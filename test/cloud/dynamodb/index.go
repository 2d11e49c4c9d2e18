package dynamodb

import (
	"maps"
	"slices"

	"locksmith/test/cloud/front"
)

// A keyElement is one attribute of a key.
type keyElement struct{ AttributeName, KeyType string }

// An index holds the items that have all of its keys, which are strings: their keys, and what else it projects
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html).
type index struct {
	keys  []string
	all   bool     // it projects all of an item
	other []string // what it projects beside keys
}

// addIndexes reads the indexes of a new table. Every attribute that is defined has to be one of a key.
func (t *table) addIndexes(in input) *front.Error {
	types, used := map[string]string{}, map[string]bool{t.key: true}
	for _, d := range in.AttributeDefinitions {
		types[d.AttributeName] = d.AttributeType
	}
	t.indexes = map[string]index{}
	for _, i := range in.GlobalSecondaryIndexes {
		x := index{all: i.Projection.ProjectionType == "ALL", other: i.Projection.NonKeyAttributes}
		switch including := i.Projection.ProjectionType == "INCLUDE"; {
		case !including && !x.all && i.Projection.ProjectionType != "KEYS_ONLY":
			return constraint("'"+i.Projection.ProjectionType+"'", "globalSecondaryIndexes.1.member.projection.projectionType",
				"satisfy enum value set: [ALL, INCLUDE, KEYS_ONLY]")
		case including != (len(x.other) > 0):
			return invalid("ProjectionType is %s, but NonKeyAttributes is specified, or INCLUDE without any",
				i.Projection.ProjectionType)
		}
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

// shows is an item's keys, its own and the index's, or nil where the index does not hold it.
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

// projected is what an index holds of an item, or nil.
func (x index) projected(t *table, it item) item {
	keys := x.shows(t, it)
	switch {
	case keys == nil:
		return nil
	case x.all:
		return it
	}
	for _, name := range x.other {
		if v, ok := it[name]; ok {
			keys[name] = v
		}
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

// projection is what a description says of what is projected.
func (x index) projection() map[string]any {
	switch {
	case x.all:
		return map[string]any{"ProjectionType": "ALL"}
	case len(x.other) > 0:
		return map[string]any{"ProjectionType": "INCLUDE", "NonKeyAttributes": x.other}
	}
	return map[string]any{"ProjectionType": "KEYS_ONLY"}
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
			"Projection": t.indexes[name].projection()})
	}
	return all
}
