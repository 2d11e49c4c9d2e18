// Package policies reads AWS resource policies and says what they decide of one request.
//
// # What is asked
//
// [Parse] reads the text of a policy and yields a [Document]: its statements in their order, each with its place in the
// text. A [Request] is everything that a policy can ask about one call: the [Caller], the action, the resource, and the
// condition keys. A key that is not in the [Context] is absent, which is not the same as empty.
//
// # What is answered
//
// [Document.Evaluate] follows IAM's documented rules, statement by statement and without a shortcut. Its [Decision] is
// allowed, denied or not allowed, and names the statements that decided. It is the reference that every proof in
// package lockout is checked against, so it is kept simple enough to be read beside the user guide.
//
// The parts of a statement can be asked one by one: [Statement.MatchesAction], [Statement.MatchesResource],
// [Condition.Matches]. [Document.DenyCovers] asks the Action elements of all Deny statements at once. [MatchARN] and
// [IsAdministrator] say whom a list of ARN patterns means.
//
// # What is not known
//
// Answers have three values, of type [Truth]. Unknown is neither an error nor a no. It stands where the documentation
// does not settle a case, or where a policy says something that this package does not know. A known part settles what
// it can: a statement whose action surely does not match does not match, whatever else it says.
//
// [Parse] refuses with a [SyntaxError] only what is no policy at all. What is readable and not known becomes a
// [Problem] of the document, statement or condition that it stands in. Every problem has a position, and a hint where
// one thing was likely meant.
//
// # Bounds
//
// A text of more than 256 KiB, or nested more than 64 deep, is refused. Matching one pattern takes at most as many
// steps as the lengths of pattern and text multiplied, whatever wildcards it has. So one request costs no more than
// the length of the policy times that of the request's values. Nothing here keeps state: a [Document] that is only
// read may be shared.
//
// # Where to read on
//
//	document.go, request.go, truth.go   the types: what is asked, what is answered
//	parse.go, json.go                   from a text to a document
//	evaluate.go                         from a document and a request to a decision
//	principal.go, match.go              the elements of a statement, one by one
//	condition.go, operators.go          one condition: how values are read and compared
//	variables.go, keys.go               policy variables, and which condition keys there are
//	administrators.go, edit.go          whom patterns mean; a policy without some of its statements
//
// The rules come from the IAM user guide, "IAM JSON policy element reference"
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html).
package policies
