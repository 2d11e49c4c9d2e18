package lockout

import (
	"slices"
	"strings"

	"locksmith/policies"
)

// This part asks of a restricted policy what its only ways in need: a time that has not come, or a text that the sender would have to know. Nobody may be able to
// take such a policy off today.

// An aid is what requests may use.
type aid struct {
	later bool // a time after now
	texts bool // values that the policy names of keys that hold whatever somebody has written
}

// needs says what every way in needs, or nothing where somebody gets in now and without knowing anything.
func (s *setting) needs() []string {
	time := s.mentions("aws:currenttime", "aws:epochtime", "aws:tokenissuetime")
	keys := s.writtenKeys()
	if !time && len(keys) == 0 {
		return nil
	}
	const unsettled = "something that could not be settled"
	var texts []string
	for _, key := range keys {
		texts = append(texts, "a value of "+key)
	}
	for _, with := range []struct {
		aid
		needs []string
	}{{aid{}, nil}, {aid{later: true}, []string{"a later time"}}, {aid{texts: true}, texts}} {
		one := *s
		one.aid, one.everywhere, one.budget = &with.aid, nil, s.fresh()
		if one.through(s.recovery, false) != nil {
			return with.needs
		}
		if one.budget.out {
			return []string{unsettled}
		}
	}
	return append([]string{"a later time"}, texts...)
}

// writtenKeys are the keys, as they are documented, that the policy compares with a text and that hold what somebody has written: a header, a tag, a name of a
// session's origin.
func (s *setting) writtenKeys() (keys []string) {
	for _, key := range s.mentioned {
		known, listed := policies.LookupKey(key)
		if listed && written(key) && len(s.named(key)) > 0 && !slices.Contains(keys, known.Name) {
			keys = append(keys, known.Name)
		}
	}
	return keys
}

func written(key string) bool {
	return slices.Contains([]string{"aws:useragent", "aws:referer", "aws:sourceidentity"}, key) || strings.Contains(key, "tag/")
}
