package lockout

import (
	"slices"
	"strings"

	"locksmith/policies"
)

// What a restricted policy needs that people may not have: a time that has not come, or a text that the sender would
// have to know. Nobody may be able to take such a policy off today. Read judge.go first.

// An aid is what requests may use beyond what people have today.
type aid struct {
	later bool // a time after now
	texts bool // values that the policy names of keys that hold whatever somebody has written
}

// Needs says of a [Restricted] policy what every request that takes it off needs and people may not have today. That is
// "a later time", or "a value of" a key that holds whatever somebody has written, such as aws:UserAgent. It says
// nothing where somebody can take it off now without knowing such a text, and nothing of other verdicts.
//
// It is a question of its own, since it costs as much as the verdict, and few want to know.
func Needs(q Question, v Verdict) (needs []string) {
	if v.Answer != Restricted {
		return nil
	}
	const unsettled = "something that could not be settled"
	defer func() {
		if recover() != nil {
			needs = []string{unsettled}
		}
	}()
	s, err := newSetting(q)
	if err != nil {
		return nil
	}
	defer s.memory.release()
	if err := s.matter(); err != nil {
		return nil
	}
	keys := s.writtenKeys()
	knows := func(key string) bool {
		of := strings.ToLower(key)
		return slices.ContainsFunc(v.Witness.Context[of], s.named(of).matches)
	}
	if slices.Equal(v.Witness.Context["aws:currenttime"], []string{s.now}) && !slices.ContainsFunc(keys, knows) {
		return nil // the witness shows one
	}
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

// writtenKeys are the keys that the policy compares with a text and that hold what somebody has written. That is a
// header, a tag, or the name of a session's origin. They are spelled as documented.
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
	return slices.Contains([]string{"aws:useragent", "aws:referer", "aws:sourceidentity"}, key) ||
		strings.Contains(key, "tag/")
}
