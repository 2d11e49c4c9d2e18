package organization

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"locksmith/lambdas/readiness"
)

// An Access asks what a rescue depends on: [readiness.Organization]. It is apart from [Client], so that functions which
// need no IAM do not carry it.
type Access struct {
	*Client
	iam *iam.Client
	sts *sts.Client
}

// NewAccess makes an Access that calls with the configuration's credentials. Only the management account and delegated
// administrators are answered.
func NewAccess(cfg aws.Config) *Access {
	return &Access{Client: New(cfg), iam: iam.NewFromConfig(cfg), sts: sts.NewFromConfig(cfg)}
}

// rootAccess is the service principal of IAM's root access
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-enable-root-access.html).
const rootAccess = "iam.amazonaws.com"

// Identity implements [readiness.Organization].
func (a *Access) Identity(ctx context.Context) (readiness.Identity, error) {
	self, err := a.sts.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return readiness.Identity{}, classify("sts:GetCallerIdentity", err)
	}
	id := readiness.Identity{Account: aws.ToString(self.Account)}
	if parts := strings.Split(aws.ToString(self.Arn), ":"); len(parts) > 1 {
		id.Partition = parts[1]
	}
	out, err := a.organizations.DescribeOrganization(ctx, &organizations.DescribeOrganizationInput{})
	if err != nil {
		return id, classify("organizations:DescribeOrganization", err)
	}
	if out.Organization == nil {
		return id, errors.New("organizations:DescribeOrganization: no answer")
	}
	id.Organization = aws.ToString(out.Organization.Id)
	id.Management = aws.ToString(out.Organization.MasterAccountId)
	return id, nil
}

// RootAccess implements [readiness.Organization]. What one call could not tell does not hide what the others did.
func (a *Access) RootAccess(ctx context.Context) (readiness.RootAccess, error) {
	var r readiness.RootAccess
	var notTrusted *types.ServiceAccessNotEnabledException
	var notAdmitted *types.AccountNotManagementOrDelegatedAdministratorException
	out, err := a.iam.ListOrganizationsFeatures(ctx, &iam.ListOrganizationsFeaturesInput{})
	switch {
	case errors.As(err, &notTrusted):
		r.TrustRequired = true
	case errors.As(err, &notAdmitted):
		r.NotAdmitted = true
	case err != nil:
		r.FeaturesErr = classify("iam:ListOrganizationsFeatures", err)
	default:
		for _, feature := range out.EnabledFeatures {
			r.Features = append(r.Features, string(feature))
		}
	}
	r.Trusted, r.TrustedErr = a.trusted(ctx)
	r.Delegates, r.DelegatesErr = a.delegates(ctx)
	return r, nil
}

func (a *Access) trusted(ctx context.Context) (bool, error) {
	pages := organizations.NewListAWSServiceAccessForOrganizationPaginator(a.organizations,
		&organizations.ListAWSServiceAccessForOrganizationInput{})
	for pages.HasMorePages() {
		if err := a.turns[listServiceAccess].Wait(ctx); err != nil {
			return false, fmt.Errorf("%s: %w", listServiceAccess, err)
		}
		page, err := pages.NextPage(ctx)
		if err != nil {
			return false, classify(listServiceAccess, err)
		}
		for _, service := range page.EnabledServicePrincipals {
			if aws.ToString(service.ServicePrincipal) == rootAccess {
				return true, nil
			}
		}
	}
	return false, nil
}

func (a *Access) delegates(ctx context.Context) (all []string, err error) {
	pages := organizations.NewListDelegatedAdministratorsPaginator(a.organizations,
		&organizations.ListDelegatedAdministratorsInput{ServicePrincipal: aws.String(rootAccess)})
	for pages.HasMorePages() {
		if err := a.turns[listDelegates].Wait(ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", listDelegates, err)
		}
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, classify(listDelegates, err)
		}
		for _, d := range page.DelegatedAdministrators {
			all = append(all, aws.ToString(d.Id))
		}
	}
	return all, nil
}
