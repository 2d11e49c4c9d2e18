package organization_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"locksmith/lambdas/organization"
	"locksmith/test/cloud"
	"locksmith/test/cloud/front"
	"locksmith/test/cloud/organizations"
	"locksmith/test/cloud/place"
)

func access(p *place.Place, account string) *organization.Access {
	return organization.NewAccess(p.As(account+".role.Locksmith", place.Region))
}

// TestControls: every attachment is found, beyond the first page too, each document is read once, and what is attached
// to nothing is not read at all.
func TestControls(t *testing.T) {
	p := grown(t)
	const deny = `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"ec2:*","Resource":"*"}}`
	id := p.Attach(front.SCP, inner, "no-ec2", deny)
	p.Attach(front.SCP, place.Owner, "no-ec2", deny)
	p.Detach(p.Attach(front.SCP, inner, "nowhere", deny), inner)
	p.ResetCalls()
	got, err := access(p, place.Central).Controls(t.Context())
	if err != nil || !got.SCPs || !got.RCPs {
		t.Fatalf("%+v, %v", got, err)
	}
	ids := func(node string) (all []string) {
		for _, policy := range got.Attached[node] {
			all = append(all, string(policy.Kind)+" "+policy.ID)
		}
		slices.Sort(all)
		return all
	}
	for node, want := range map[string][]string{
		organizations.RootID: {"SCP p-FullAWSAccess"}, inner: {"SCP p-FullAWSAccess", "SCP " + id},
		place.Owner: {"SCP p-FullAWSAccess", "SCP " + id}, "200000000022": {"SCP p-FullAWSAccess"},
	} {
		if slices.Sort(want); !slices.Equal(ids(node), want) {
			t.Errorf("%s: %v, want %v", node, ids(node), want)
		}
	}
	if len(got.Everywhere) != 1 || got.Everywhere[0].ID != "p-RCPFullAWSAccess" || got.Names[inner] != "inner" {
		t.Errorf("everywhere %v, names %v", got.Everywhere, got.Names)
	}
	if calls := asked(p); calls["DescribePolicy"] != 3 || calls["ListPolicies"] != 2 || calls["ListRoots"] != 1 {
		t.Errorf("%v", calls)
	}
}

// TestTypesThatAreOff: a type of policies that is not in force binds nobody.
func TestTypesThatAreOff(t *testing.T) {
	p := grown(t)
	p.PolicyType(front.RCP, false)
	got, err := access(p, place.Central).Controls(t.Context())
	if err != nil || !got.SCPs || got.RCPs || len(got.Everywhere) > 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestControlsAreAllOrAnError: where one call fails, nobody takes what was read before it for everything.
func TestControlsAreAllOrAnError(t *testing.T) {
	for _, action := range []string{"ListRoots", "ListPolicies", "ListTargetsForPolicy", "DescribePolicy"} {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			p := grown(t)
			p.Fail(func(c cloud.Call) *cloud.Fault {
				if c.Action == action {
					return &cloud.Fault{Code: "AccessDeniedException", Status: http.StatusBadRequest}
				}
				return nil
			})
			_, err := access(p, place.Central).Controls(t.Context())
			if err == nil || !strings.Contains(err.Error(), "organizations:"+action) {
				t.Errorf("%v", err)
			}
		})
	}
}

// TestRootAccess: what is switched on, and who says that something is missing.
func TestRootAccess(t *testing.T) {
	p := place.New(t)
	identity, err := access(p, place.Central).Identity(t.Context())
	if err != nil || identity.Account != place.Central || identity.Management != "000011112222" ||
		identity.Organization != "o-a1b2c3d4e5" || identity.Partition != "aws" {
		t.Errorf("%+v, %v", identity, err)
	}
	got, err := access(p, place.Central).RootAccess(t.Context())
	if err != nil || !got.Trusted || !slices.Equal(got.Delegates, []string{place.Central}) ||
		!slices.Contains(got.Features, "RootSessions") || got.NotAdmitted || got.TrustRequired {
		t.Errorf("%+v, %v", got, err)
	}
	if got, _ = access(p, place.Owner).RootAccess(t.Context()); !got.NotAdmitted || got.TrustedErr == nil ||
		got.DelegatesErr == nil || len(got.Features) > 0 {
		t.Errorf("as a member: %+v", got)
	}
	p.TrustedAccess("iam.amazonaws.com", false)
	if got, _ = access(p, place.Central).RootAccess(t.Context()); !got.TrustRequired || got.Trusted {
		t.Errorf("without trusted access: %+v", got)
	}
}
