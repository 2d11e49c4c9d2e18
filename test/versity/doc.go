// Package versity holds Locksmith against versitygw (https://github.com/versity/versitygw), an S3 server that other
// people wrote. It enforces bucket policies on a bucket's owner, too, and its root may take them off. The gateway runs
// in the test's own process, over TLS and on a directory of its own. It is a module by itself, so that what versitygw
// needs is nothing that Locksmith's module needs.
package versity
