package api

import (
	"context"

	"locksmith/lambdas/requests"
)

type callerKey struct{}

// WithCaller is a context whose request is from a caller. Only what has verified a signature may call it.
func WithCaller(ctx context.Context, who requests.Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, who)
}

// callerOf is who calls; false where nobody has verified it.
func callerOf(ctx context.Context) (requests.Caller, bool) {
	who, ok := ctx.Value(callerKey{}).(requests.Caller)
	return who, ok && who.ARN != ""
}
