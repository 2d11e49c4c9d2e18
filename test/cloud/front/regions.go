package front

// OptOut leaves a Region not enabled in an account. There the account's credentials are unknown, and STS opens no
// session for it (https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html). Of most services it
// was seen that they answer so; of S3 it is taken to be the same.
func (f *Front) OptOut(account, region string) {
	f.Lock()
	defer f.Unlock()
	f.out[account+region] = true
}

// OptedOut tells whether a Region is not enabled in an account. It is called under the lock.
func (f *Front) OptedOut(account, region string) bool { return f.out[account+region] }
