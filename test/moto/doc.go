// Package moto holds Locksmith's adapters against moto_server
// (https://docs.getmoto.org/en/latest/docs/server_mode.html), an AWS that other people wrote. It tests notices through
// SNS to the queues that subscribe to them, and the policy of a queue. It has tests only, and skips them where
// moto_server is not installed: pip install 'moto[server]==5.2.1'.
//
// Moto keeps accounts apart by the access key, which is why every client here has keys that moto's own STS gave out for
// its account. It does not enforce the policy of a queue. Test/cloud shows that a locked queue refuses its
// administrators.
package moto
