// Package desk is where the desk is tested from end to end: signed requests reach its functions through API Gateway's
// front door, and all that they do is done on an AWS in one process.
package desk
