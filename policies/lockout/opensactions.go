package lockout

import (
	_ "embed"
	"slices"
	"strings"
	"sync"

	"locksmith/policies"
)

//go:embed actions.tsv
var actionsTable string

// An action is one that a bucket policy or a queue policy can allow.
type action struct {
	name   string
	object bool     // it is on an object, not on the bucket or the queue
	owner  bool     // no other account can call it, whatever a policy says
	keys   []string // the keys that it carries besides those of every call, in lower case; one that ends in / is followed by a tag's name
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

// ownersOnly are the actions that are closed to all other accounts, in lower case.
func ownersOnly(bucket bool) (l language) {
	for _, a := range catalogue() {
		if a.owner && strings.HasPrefix(a.name, prefix(bucket)) {
			l = append(l, text(lowered(a.name)))
		}
	}
	return l
}

// carries tells whether a call of the action may carry an s3: or sqs: key, or one of the tags in a request.
func (a *action) carries(key string) bool {
	return slices.Contains(ofEveryCall, key) || begins(key, "s3:buckettag/") ||
		slices.ContainsFunc(a.keys, func(k string) bool { return k == key || strings.HasSuffix(k, "/") && strings.HasPrefix(key, k) })
}

// groups are the actions that the policies can tell apart by more than their names: by what they are on, and by the keys that they carry.
func (c *change) groups() [][]action {
	var keys []string
	for _, key := range c.mentioned {
		if begins(key, "s3:", "sqs:", "aws:requesttag/", "aws:tagkeys") && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	var all [][]action
	place := map[string]int{}
	for _, a := range catalogue() {
		if a.owner || !strings.HasPrefix(a.name, prefix(c.bucket())) {
			continue
		}
		mark := []byte{'b'}
		if a.object {
			mark[0] = 'o'
		}
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
	itself, object := text(w.Resource), concat(text(w.Resource+"/"), some(anything))
	v := &variable{base: language{itself}, present: true, favour: []string{w.Resource}}
	switch {
	case !w.bucket():
	case !w.outsider.exact:
		v.base = append(v.base, object)
	case w.outsider.actions[0].object:
		v.base, v.favour = language{object}, []string{w.Resource + "/example.txt"}
	}
	return v
}

// signed are the s3: keys that tell how a request was signed; an unsigned one has none.
var signed = []string{"s3:authtype", "s3:signatureage", "s3:signatureversion"}

// carriedOutside makes the variable of a key of the service's own, or of a tag in the request: free or absent, and in an exact world absent where the reference does not list it for
// the action.
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
