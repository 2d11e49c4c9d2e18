package remedy

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// meaning is a digest of what some statements of a policy say, in any order and whatever they are called. No statements
// stand for all of them. A policy that is not JSON means its text.
func meaning(policy string, statements []int) string {
	var doc struct {
		Statement json.RawMessage
	}
	var all []map[string]any
	if json.Unmarshal([]byte(policy), &doc) != nil {
		return digest(policy)
	}
	if json.Unmarshal(doc.Statement, &all) != nil {
		var one map[string]any
		if json.Unmarshal(doc.Statement, &one) != nil {
			return digest(policy)
		}
		all = []map[string]any{one}
	}
	var said []string
	for i, st := range all {
		if len(statements) > 0 && !slices.Contains(statements, i) {
			continue
		}
		delete(st, "Sid")
		said = append(said, canonical(st))
	}
	slices.Sort(said)
	return digest(strings.Join(slices.Compact(said), "\n"))
}

// canonical writes a value so that the order of its parts does not count, nor whether a single one stands in a list.
func canonical(v any) string {
	switch v := v.(type) {
	case []any:
		var parts []string
		for _, part := range v {
			parts = append(parts, canonical(part))
		}
		slices.Sort(parts)
		return strings.Join(slices.Compact(parts), ",")
	case map[string]any:
		var parts []string
		for key, part := range v {
			parts = append(parts, fmt.Sprintf("%q:[%s]", key, canonical(part)))
		}
		slices.Sort(parts)
		return "{" + strings.Join(parts, ",") + "}"
	case string:
		return fmt.Sprintf("%q", v)
	}
	return fmt.Sprintf("%q", fmt.Sprint(v))
}

func digest(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) }
