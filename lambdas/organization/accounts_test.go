package organization_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/google/go-cmp/cmp"

	"locksmith/lambdas/organization"
	"locksmith/lambdas/remedy"
	"locksmith/policies/allowlist"
	"locksmith/test/cloud"
	"locksmith/test/cloud/organizations"
	"locksmith/test/cloud/place"
)

const sandboxes, inner = "ou-a1b2-11111111", "ou-a1b2-22222222"

// grown is an organization of 26 accounts, 23 of which are in a unit of a unit.
func grown(t *testing.T) *place.Place {
	p := place.New(t)
	p.PutUnit(sandboxes, organizations.RootID, "sandboxes")
	p.PutUnit(inner, sandboxes, "inner")
	for i := range 23 {
		p.PutAccount(organizations.Account{Number: fmt.Sprintf("2000000000%02d", i), Name: fmt.Sprint("sandbox ", i),
			Parent: inner, Tags: map[string]string{"stage": "sandbox"}})
	}
	p.PutAccount(organizations.Account{Number: "200000000022", Parent: inner, State: organizations.Closed})
	return p
}

// asked is how often each operation of Organizations was called since the last ResetCalls.
func asked(p *place.Place) map[string]int {
	calls := map[string]int{}
	for _, c := range p.Calls() {
		if c.Service == "organizations" {
			calls[c.Action]++
		}
	}
	return calls
}

func client(p *place.Place, tags bool) *organization.Client {
	c := organization.New(p.As(place.Central+".role.Locksmith", place.Region))
	c.Tags = tags
	return c
}

func TestAccounts(t *testing.T) {
	p := grown(t)
	all, pages, next := map[string]remedy.Account{}, []int{}, ""
	for {
		page, rest, err := client(p, false).Accounts(t.Context(), next)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range page {
			all[a.Number] = a
		}
		if pages, next = append(pages, len(page)), rest; next == "" {
			break
		}
	}
	if diff := cmp.Diff([]int{20, 6}, pages); diff != "" || len(all) != 26 {
		t.Errorf("%d accounts %s", len(all), diff)
	}
	for number, want := range map[string]remedy.Account{
		"200000000007": {Name: "sandbox 7", State: "ACTIVE", Account: allowlist.Account{Number: "200000000007", Known: true,
			Units: []string{"r-a1b2", sandboxes, inner}}},
		"200000000022": {Name: "sandbox 22", State: "CLOSED", Account: allowlist.Account{Number: "200000000022", Known: true,
			Units: []string{"r-a1b2", sandboxes, inner}}},
	} {
		if diff := cmp.Diff(want, all[number]); diff != "" {
			t.Error(diff)
		}
	}
	if diff := cmp.Diff(map[string]int{"ListAccounts": 2}, asked(p)); diff != "" {
		t.Error(diff)
	}
}

// TestTags: they are read where some rule names one, and of accounts in use only.
func TestTags(t *testing.T) {
	p := grown(t)
	for number, want := range map[string]map[string]string{"200000000007": {"stage": "sandbox"}, place.Owner: {},
		"200000000022": nil} {
		a, err := client(p, true).Account(t.Context(), number)
		if diff := cmp.Diff(want, a.Tags); diff != "" || err != nil {
			t.Errorf("%s: %v %s", number, err, diff)
		}
	}
	if diff := cmp.Diff(map[string]int{"DescribeAccount": 3, "ListTagsForResource": 2}, asked(p)); diff != "" {
		t.Error(diff)
	}
}

func TestWhatNoRetryMends(t *testing.T) {
	p := grown(t)
	p.Leave("200000000001")
	_, err := client(p, false).Account(t.Context(), "200000000001")
	if !errors.Is(err, remedy.ErrNoMember) {
		t.Errorf("no member: %v", err)
	}
	_, err = organization.New(p.As(place.Owner, place.Region)).Account(t.Context(), place.Central)
	refusal := (*remedy.Refusal)(nil)
	const no = "not permitted to look up accounts: organizations:DescribeAccount: AccessDeniedException: " +
		"You don't have permissions to access this resource."
	if !errors.As(err, &refusal) || refusal.Cause != remedy.NoDirectory || err.Error() != no {
		t.Errorf("not permitted: %v", err)
	}
	for _, fault := range []cloud.Fault{{Code: "TooManyRequestsException", Status: 400}, {Code: "ServiceException"},
		{Code: "ExpiredTokenException", Status: 400}, {DropRequest: true}} {
		p.Fail(func(cloud.Call) *cloud.Fault { return &fault })
		_, err = client(p, false).Account(t.Context(), place.Owner)
		if err == nil || errors.As(err, &refusal) || errors.Is(err, remedy.ErrNoMember) {
			t.Errorf("%+v: %v", fault, err)
		}
	}
}

// TestAnswersWithoutPaths: the units are looked for step by step. What does not end at a root is no answer.
func TestAnswersWithoutPaths(t *testing.T) {
	above := map[string]string{"111122223333": inner, inner: sandboxes, sandboxes: "r-a1b2",
		"444455556666": "ou-a1b2-33333333", "ou-a1b2-33333333": "ou-a1b2-33333333", "777788889999": ""}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct{ AccountId, ChildId string }
		_ = json.NewDecoder(r.Body).Decode(&in)
		answer := fmt.Sprintf(`{"Account":{"Id":%q,"State":"ACTIVE"}}`, in.AccountId)
		if in.ChildId != "" {
			kind := "ORGANIZATIONAL_UNIT"
			if strings.HasPrefix(above[in.ChildId], "r-") {
				kind = "ROOT"
			}
			answer = fmt.Sprintf(`{"Parents":[{"Id":%q,"Type":%q}]}`, above[in.ChildId], kind)
			if above[in.ChildId] == "" {
				answer = `{"Parents":[]}`
			}
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		fmt.Fprint(w, answer)
	}))
	t.Cleanup(s.Close)
	c := organization.New(aws.Config{BaseEndpoint: &s.URL, Region: "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider("k", "s", "")})
	a, err := c.Account(t.Context(), "111122223333")
	if diff := cmp.Diff([]string{"r-a1b2", sandboxes, inner}, a.Units); diff != "" || err != nil || !a.Known {
		t.Errorf("%v %s", err, diff)
	}
	for number, want := range map[string]string{"444455556666": "no root within 6 steps", "777788889999": "0 parents of"} {
		if a, err := c.Account(t.Context(), number); err == nil || !strings.Contains(err.Error(), want) || a.Known {
			t.Errorf("%s: %+v %v", number, a, err)
		}
	}
}
