package api

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"locksmith/lambdas/requests"
	"locksmith/policies/allowlist"
)

// routes are all routes of the desk, in the order of its contract.
func routes() []route {
	const bucket, queue = "/unlock-s3-bucket/{accountNumber}/{bucketName}", "/unlock-sqs-queue/{accountNumber}/{queueName}"
	where, page := []string{"region"}, []string{"limit", "from"}
	wish, decision := []string{"reason", "ticket", "action", "force"}, []string{"reason"}
	simple := []string{"reason", "ticket"}
	get, post := http.MethodGet, http.MethodPost
	rows := []string{"has", "refused", "account", "format", "limit", "from"}
	return []route{
		{get, bucket, View, where, nil, (*API).view},
		{post, bucket, Unlock, where, wish, (*API).unlock},
		{get, queue, View, where, nil, (*API).view},
		{post, queue, Unlock, where, wish, (*API).unlock},
		{post, "/create-root-login-profile/{accountNumber}", Create, nil, append(simple, "case"), (*API).create},
		{post, "/delete-root-login-profile/{accountNumber}", Delete, nil, simple, (*API).remove},
		{get, "/root-credentials", Audit, rows, nil, (*API).audited},
		{get, "/root-credentials/{accountNumber}", Audit, []string{"format"}, nil, (*API).audit},
		{get, "/requests", Operate, append([]string{"mine", "open", "waiting"}, page...), nil, (*API).listRequests},
		{get, "/requests/{id}", Operate, nil, nil, (*API).getRequest},
		{post, "/requests/{id}/approve", Operate, nil, append(decision, "digest"), (*API).approve},
		{post, "/requests/{id}/deny", Operate, nil, decision, (*API).deny},
		{post, "/requests/{id}/cancel", Operate, nil, decision, (*API).cancel},
		{get, "/incidents", Operate, append([]string{"account", "resource", "open"}, page...), nil, (*API).listIncidents},
		{get, "/incidents/{id}", Operate, nil, nil, (*API).getIncident},
		{post, "/incidents/{id}/restore", Unlock, nil, append(simple, "copy", "force"), (*API).restore},
		{get, "/sweeps", Operate, []string{"limit"}, nil, (*API).listSweeps},
		{post, "/sweeps", Operate, nil, []string{"accounts", "tasks"}, (*API).startSweep},
		{get, "/sweeps/{id}", Operate, nil, nil, (*API).getSweep},
		{post, "/sweeps/{id}/stop", Operate, nil, nil, (*API).stopSweep},
		{get, "/preflight", Operate, nil, nil, (*API).preflight},
		{get, "/openapi.json", Operate, nil, nil, (*API).describe},
	}
}

var (
	accountNumber = regexp.MustCompile(`^[0-9]{12}$`)
	regionName    = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}$`)
	// Old buckets in us-east-1 have longer names than new ones may have, capitals and underscores among them
	// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html).
	bucketName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9_-]$`)
	queueName  = regexp.MustCompile(`^([A-Za-z0-9_-]{1,80}|[A-Za-z0-9_-]{1,75}\.fifo)$`)
	ident      = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)
)

// account is the account that the path names.
func (c *call) account() (string, error) {
	number := c.PathValue("accountNumber")
	if !accountNumber.MatchString(number) {
		return "", refuse(http.StatusBadRequest, fmt.Sprintf("account %q", clip(number)), "want its twelve digits")
	}
	return number, nil
}

// resource is the bucket or queue that the path names: its account, its ARN, and its Region, "" for a bucket whose
// Region is to be found.
func (a *API) resource(c *call) (account, arn, region string, err error) {
	if account, err = c.account(); err != nil {
		return "", "", "", err
	}
	if region = c.query.Get("region"); c.query.Has("region") && !regionName.MatchString(region) {
		return "", "", "", refuse(http.StatusBadRequest, fmt.Sprintf("region %q", clip(region)),
			"want a Region such as eu-central-1")
	}
	bucket, queue := c.PathValue("bucketName"), c.PathValue("queueName")
	switch {
	case bucket != "" && (!bucketName.MatchString(bucket) || strings.Contains(bucket, "..")):
		return "", "", "", refuse(http.StatusBadRequest, fmt.Sprintf("bucket %q", clip(bucket)),
			"want a bucket's name, not its ARN: letters, digits, dots and hyphens")
	case bucket != "":
		return account, "arn:" + partition(a.Region) + ":s3:::" + bucket, region, nil
	case !queueName.MatchString(queue):
		return "", "", "", refuse(http.StatusBadRequest, fmt.Sprintf("queue %q", clip(queue)),
			"want a queue's name, not its URL: at most 80 letters, digits, hyphens and underscores")
	}
	if region == "" {
		region = a.Region
	}
	return account, strings.Join([]string{"arn", partition(region), "sqs", region, account, queue}, ":"), region, nil
}

// partition is the part of AWS that a Region is in.
func partition(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

// id is what the path names.
func (c *call) id() (string, error) {
	id := c.PathValue("id")
	if !ident.MatchString(id) {
		return "", refuse(http.StatusNotFound, fmt.Sprintf("there is nothing of the id %q", clip(id)),
			"ids are letters, digits and hyphens; the list has them")
	}
	return id, nil
}

// limit is how much a list is to show.
func (c *call) limit() (int, error) {
	if !c.query.Has("limit") {
		return pageSize, nil
	}
	n, err := strconv.Atoi(c.query.Get("limit"))
	if err != nil || n < 1 || n > maxPage {
		return 0, refuse(http.StatusBadRequest, fmt.Sprintf("limit %q", clip(c.query.Get("limit"))),
			fmt.Sprintf("want a number from 1 to %d", maxPage))
	}
	return n, nil
}

// truth is a parameter that is true or false.
func (c *call) truth(name string) (bool, error) {
	switch value := c.query.Get(name); {
	case value == "true":
		return true, nil
	case value == "false", !c.query.Has(name):
		return false, nil
	}
	return false, refuse(http.StatusBadRequest, fmt.Sprintf("%s %q", name, clip(c.query.Get(name))), "want true or false")
}

// oneOf is a parameter that has one of some values, or is left out.
func (c *call) oneOf(name string, values ...string) (string, error) {
	value := c.query.Get(name)
	if c.query.Has(name) && !slices.Contains(values, value) {
		return "", refuse(http.StatusBadRequest, fmt.Sprintf("%s %q", name, clip(value)), "want "+strings.Join(values, ", "))
	}
	return value, nil
}

// belongs refuses whom no entry of the desk names, neither to ask nor to approve: nothing here is for them.
func (a *API) belongs(c *call) error {
	if _, err := c.who.Person(); err != nil {
		return err
	}
	for _, e := range a.Allow.Desk {
		if allowlist.Fits(e.Who, c.who.ARN) || allowlist.Fits(e.Approvers, c.who.ARN) {
			return nil
		}
	}
	return &requests.Refusal{Kind: requests.NotPermitted, Why: "no entry of the desk is for " + c.who.ARN,
		Hint: `the allow list's "desk" says who may ask for what`}
}

// operates refuses whom no entry lets operate in any account. With whole, the entry has to be for the whole
// organization: for a root of it.
func (a *API) operates(c *call, whole bool) error { return a.anywhere(c, requests.Operate, whole) }

// audits refuses whom no entry lets audit any account.
func (a *API) audits(c *call) error { return a.anywhere(c, requests.Audit, false) }

func (a *API) anywhere(c *call, task requests.Task, whole bool) error {
	if _, err := c.who.Person(); err != nil {
		return err
	}
	for _, e := range a.Allow.Desk {
		root := slices.ContainsFunc(e.Accounts, func(s string) bool { return strings.HasPrefix(s, "r-") })
		if allowlist.Fits(e.Who, c.who.ARN) && slices.Contains(e.Tasks, task) && (root || !whole) {
			return nil
		}
	}
	what := task
	if whole {
		what += " in all accounts"
	}
	return &requests.Refusal{Kind: requests.NotPermitted, Why: "no entry of the desk lets " + c.who.ARN + " " + what,
		Hint: `the allow list's "desk" says who may; name the accounts that you have an entry for`}
}
