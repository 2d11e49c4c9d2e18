package lockout

import (
	_ "embed"
	"slices"
	"strings"
	"sync"

	"locksmith/policies"
)

// The actions that a policy of a bucket or queue can allow, and which keys their calls carry, from actions.tsv.

//go:embed actions.tsv
var actionsTable string

// An action is one that a bucket policy or a queue policy can allow.
type action struct {
	name   string
	object bool // it is on an object, not on the bucket or the queue
	owner  bool // no other account can call it, whatever a policy says
	// keys are those that it carries besides those of every call, in lower case. A tag's name follows one that ends
	// in a slash.
	keys []string
}

// catalogue are the actions of actions.tsv.
var catalogue = sync.OnceValue(func() (all []action) {
	for line := range strings.Lines(actionsTable) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		columns := strings.Split(strings.TrimRight(line, "\n"), "\t")
		a := action{name: columns[0], object: columns[1] == "object", owner: columns[2] == "owner"}
		if len(columns) > 3 {
			a.keys = strings.Fields(columns[3])
		}
		all = append(all, a)
	}
	return all
})

// prefix is what the names of a resource's actions begin with.
func prefix(bucket bool) string {
	if bucket {
		return "s3:"
	}
	return "sqs:"
}

// impossible are the actions, in lower case, that no outsider can call on an object, or on the bucket or queue itself.
// They are those that are closed to all other accounts, and those that are on the other of the two.
var impossible = sync.OnceValue(func() map[bool]language {
	all := map[bool]language{}
	for _, object := range []bool{false, true} {
		for _, a := range catalogue() {
			if a.owner || a.object != object {
				all[object] = append(all[object], text(lowered(a.name)))
			}
		}
	}
	return all
})

// carries tells whether a call of the action may carry an s3: or sqs: key, or one of the tags in a request.
func (a *action) carries(key string) bool {
	listed := func(k string) bool { return k == key || strings.HasSuffix(k, "/") && strings.HasPrefix(key, k) }
	return slices.Contains(ofEveryCall, key) || begins(key, "s3:buckettag/") || slices.ContainsFunc(a.keys, listed)
}

// groups are the actions that the policies can tell apart by more than their names: by the keys that they carry.
func (c *change) groups(object bool) [][]action {
	var keys []string
	for _, key := range c.mentioned {
		if begins(key, "s3:", "sqs:", "aws:requesttag/", "aws:tagkeys") && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	var all [][]action
	place := map[string]int{}
	for _, a := range catalogue() {
		if a.owner || a.object != object || !strings.HasPrefix(a.name, prefix(c.bucket())) {
			continue
		}
		var mark []byte
		for _, key := range keys {
			if a.carries(key) {
				mark = append(mark, key...)
			}
			mark = append(mark, ' ')
		}
		if _, there := place[string(mark)]; !there {
			place[string(mark)] = len(all)
			all = append(all, nil)
		}
		i := place[string(mark)]
		all[i] = append(all[i], a)
	}
	return all
}

// actionVariable is the action, in lower case: any name at all, or one of those that are known.
func (w *world) actionVariable() *variable {
	if !w.outsider.exact {
		return &variable{base: language{concat(text(prefix(w.bucket())), some(lowerNum))}, present: true}
	}
	v := &variable{present: true}
	for _, a := range w.outsider.actions {
		v.base, v.favour = append(v.base, text(lowered(a.name))), append(v.favour, lowered(a.name))
	}
	return v
}

// resourceVariable is what the action is on: the bucket or an object in it, or the queue.
func (w *world) resourceVariable() *variable {
	if w.outsider.object {
		object := concat(text(w.Resource+"/"), some(anything))
		return &variable{base: language{object}, present: true, favour: []string{w.Resource + "/example.txt"}}
	}
	return &variable{base: language{text(w.Resource)}, present: true, favour: []string{w.Resource}}
}

// signed are the s3: keys that tell how a request was signed; an unsigned one has none.
var signed = []string{"s3:authtype", "s3:signatureage", "s3:signatureversion"}

// carriedOutside makes the variable of a key of the service's own, or of a tag in the request. It is free or absent. In
// an exact world it is absent where the reference does not list it for the action.
func (w *world) carriedOutside(key string) *variable {
	if begins(key, "s3:", "sqs:") && !begins(key, prefix(w.bucket())) {
		return none() // another service's
	}
	v := w.free(key)
	o := w.outsider
	if !o.exact {
		v.absent, v.present = true, true
		return v
	}
	unsigned := o.kind == policies.Anonymous && slices.Contains(signed, key)
	throughPoint := o.sender != FromAccount && begins(key, "s3:accesspoint", "s3:dataaccesspoint")
	if unsigned || throughPoint || !o.actions[0].carries(key) {
		return none()
	}
	v.absent = v.absent || !slices.Contains(ofEveryCall, key)
	return v
}
