package lockout

import (
	"locksmith/policies"
)

// What access control lists let in again once a Deny statement goes, since the policy was all that forbade it.

// byLists are the actions that an access control list can allow to everybody, or to other accounts, in lower case
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#permissions).
var byLists = []string{"s3:getobject", "s3:getobjectversion", "s3:getobjectacl", "s3:getobjectversionacl",
	"s3:putobject", "s3:putobjectacl", "s3:putobjectversionacl", "s3:listbucket", "s3:listbucketversions",
	"s3:listbucketmultipartuploads", "s3:getbucketacl", "s3:putbucketacl"}

// lists says what access control lists may let in again. That is so where a Deny statement that goes may have kept
// anonymous callers or other accounts from what a list can allow. No statement that stays may surely do so. Otherwise
// it is "". A list only counts where the bucket's ownership setting leaves lists in force. Public grants do not where
// Block Public Access ignores them
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html,
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html).
func (c *change) lists() string {
	if !c.bucket() {
		return ""
	}
	var labels []string
	c.renew(steps)
	for _, deny := range c.goneDenies() {
		if c.uncovers(FromAnybody, deny) || c.uncovers(FromAccount, deny) {
			labels = append(labels, deny.Label())
		}
	}
	if len(labels) == 0 {
		return ""
	}
	which := "statement " + labels[0]
	if len(labels) > 1 {
		which = "statements " + enumerate(labels, "and")
	}
	return "where an access control list (ACL) of the bucket or of an object allows the public or another account " +
		"what " +
		which + " forbade, it takes effect again, unless ACLs are turned off (object ownership \"bucket owner " +
		"enforced\") or, " +
		"for the public, Block Public Access ignores them"
}

// uncovers tells whether a sender may make a request that a list can allow, that the statement denies, and that nothing
// that follows denies.
func (c *change) uncovers(sender Sender, deny *policies.Statement) bool {
	var names language
	for _, name := range byLists {
		names = append(names, text(name))
	}
	for _, w := range c.outsiders(sender, nil) {
		clauses := append([]clause(nil), w.matching(deny)...)
		clauses = append(clauses, w.denied()...)
		listed := constraint{variable: w.variableOf("action"), present: true, in: names}
		clauses = append(clauses, clause{ways: certain(listed)})
		s := w.searchFor(clauses)
		s.doubts = true
		if s.run() || c.budget.out {
			return true
		}
	}
	return false
}
