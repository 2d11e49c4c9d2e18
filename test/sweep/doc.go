// Package sweep runs whole sweeps on an AWS in one process: an organization with planted lockouts, which have to be
// found and settled by the real flow, with nothing else touched, at a known number of calls.
package sweep
