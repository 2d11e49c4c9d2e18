package organization

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"locksmith/lambdas/remedy"
	"locksmith/policies/lockout"
)

// A Reader lists who exists in member accounts, by a role that each of them has for that. The role may list roles and
// users and nothing else. It implements [remedy.Principals].
type Reader struct {
	cfg  aws.Config
	role string // the ARN, with * for the account
}

// NewReader makes a Reader that takes the role with this ARN in each account, which stands in it as *.
func NewReader(cfg aws.Config, role string) *Reader { return &Reader{cfg: cfg, role: role} }

// page is how many names IAM gives at once, at most
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html).
const page = 1000

// Living lists all users and roles of an account. It makes one call of STS and two or more of IAM. See
// [remedy.Principals].
func (r *Reader) Living(ctx context.Context, account string) (all []lockout.Principal, err error) {
	cfg := r.cfg.Copy()
	role := strings.Replace(r.role, "*", account, 1)
	cfg.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(r.cfg), role,
		func(o *stscreds.AssumeRoleOptions) { o.RoleSessionName = "locksmith-reader" }))
	client := iam.NewFromConfig(cfg)
	roles := iam.NewListRolesPaginator(client, &iam.ListRolesInput{MaxItems: aws.Int32(page)})
	for roles.HasMorePages() {
		out, err := roles.NextPage(ctx)
		if err != nil {
			return nil, refused("list the roles of account "+account, err)
		}
		for _, found := range out.Roles {
			all = append(all, lockout.Principal{ARN: aws.ToString(found.Arn), ID: aws.ToString(found.RoleId)})
		}
	}
	users := iam.NewListUsersPaginator(client, &iam.ListUsersInput{MaxItems: aws.Int32(page)})
	for users.HasMorePages() {
		out, err := users.NextPage(ctx)
		if err != nil {
			return nil, refused("list the users of account "+account, err)
		}
		for _, found := range out.Users {
			all = append(all, lockout.Principal{ARN: aws.ToString(found.Arn), ID: aws.ToString(found.UserId)})
		}
	}
	return all, nil
}

// refused is the error of a call. Where the role is not there, or may not list, no retry mends that.
func refused(what string, err error) error {
	err = fmt.Errorf("%s: %w", what, err)
	var response *awshttp.ResponseError
	if errors.As(err, &response) && response.HTTPStatusCode() == http.StatusForbidden {
		return &remedy.Refusal{Cause: remedy.Unexpected, Err: err}
	}
	return err
}

var _ remedy.Principals = (*Reader)(nil)
