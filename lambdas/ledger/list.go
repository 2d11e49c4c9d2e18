package ledger

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"locksmith/lambdas/desk/tasks"
	"locksmith/lambdas/remedy"
	"locksmith/policies/lockout"
)

// KindIndex is the table's index of everything by its kind and time: its partition key is the string "kind", its sort
// key the string "at". It holds what [Listed] names, and no policy.
const KindIndex = "kinds"

// Listed are the attributes that the index of kinds holds beside its keys.
func Listed() []string {
	return []string{"event", "resource", "account", "region", "answer", "state", "result", "open", "call", "by"}
}

// searched is how many incidents one query looks at where only some are wanted: 1,000 take some 300 KB.
const searched = 1000

// List implements [tasks.Incidents]. It is one query of [KindIndex], whatever the history. Of what is wanted, only the
// newest [searched] incidents from where the page begins are found: a page may be short, or empty, and not the last.
func (d *Dynamo) List(ctx context.Context, which tasks.Listing, n int, from string) ([]tasks.Line, string, error) {
	in := &dynamodb.QueryInput{TableName: &d.table, IndexName: aws.String(KindIndex), ScanIndexForward: aws.Bool(false),
		KeyConditionExpression:    aws.String("#kind = :kind"),
		ExpressionAttributeNames:  map[string]string{"#kind": "kind"},
		ExpressionAttributeValues: item{":kind": text("incident")}, Limit: aws.Int32(int32(n))}
	if which != (tasks.Listing{}) {
		in.Limit = aws.Int32(searched)
		in.FilterExpression = aws.String(wanted(in, which))
	}
	if from != "" {
		start, err := startOf(from)
		if err != nil {
			return nil, "", err
		}
		in.ExclusiveStartKey = start
	}
	out, err := d.client.Query(ctx, in)
	if err != nil {
		return nil, "", fmt.Errorf("incidents in table %s: %w", d.table, err)
	}
	page := []tasks.Line{}
	for i, it := range out.Items {
		page = append(page, lineOf(it))
		if len(page) == n && i+1 < len(out.Items) {
			return page, nextOf(it), nil
		}
	}
	if len(out.LastEvaluatedKey) > 0 {
		return page, nextOf(out.LastEvaluatedKey), nil
	}
	return page, "", nil
}

// wanted is the filter of a listing.
func wanted(in *dynamodb.QueryInput, which tasks.Listing) string {
	var parts []string
	for name, value := range map[string]string{"account": which.Account, "resource": which.Resource} {
		if value != "" {
			in.ExpressionAttributeNames["#"+name], in.ExpressionAttributeValues[":"+name] = name, text(value)
			parts = append(parts, "#"+name+" = :"+name)
		}
	}
	if which.Open {
		in.ExpressionAttributeNames["#open"] = "open"
		parts = append(parts, "attribute_exists(#open)")
	}
	return strings.Join(parts, " AND ")
}

// A page begins after an incident, which is named by its time and its item.

func nextOf(it item) string {
	return base64.RawURLEncoding.EncodeToString([]byte(str(it, "at") + " " + str(it, "id")))
}

func startOf(from string) (item, error) {
	text64, err := base64.RawURLEncoding.DecodeString(from)
	at, id, ok := strings.Cut(string(text64), " ")
	if err != nil || !ok || !strings.HasPrefix(id, "incident#") {
		return nil, fmt.Errorf("%w: %q", tasks.ErrPage, from)
	}
	return item{"id": text(id), "kind": text("incident"), "at": text(at)}, nil
}

// lineOf reads what the index holds of an incident. An entry that was written before there was an index may lack some.
func lineOf(it map[string]types.AttributeValue) tasks.Line {
	l := tasks.Line{Event: str(it, "event"), Resource: str(it, "resource"), Account: str(it, "account"),
		Region: str(it, "region"), Result: remedy.Result(str(it, "result")), Verdict: lockout.Answer(str(it, "answer")),
		State: remedy.State(str(it, "state")), Open: str(it, "open") != "", Call: str(it, "call"), By: str(it, "by")}
	l.ID, l.At = tasks.IncidentID(l.Event, l.Resource), parsed(str(it, "at"))
	return l
}

// List implements [tasks.Incidents].
func (m *Memory) List(ctx context.Context, which tasks.Listing, n int, from string) ([]tasks.Line, string, error) {
	var after item
	if from != "" {
		start, err := startOf(from)
		if err != nil {
			return nil, "", err
		}
		after = start
	}
	all, _ := m.Incidents(ctx)
	slices.SortFunc(all, func(a, b remedy.Entry) int { return -cmp.Or(a.At.Compare(b.At), byID(a, b)) })
	page := []tasks.Line{}
	for _, e := range all {
		at := strings.Compare(instant(e.At), str(after, "at"))
		passed := after != nil && (at > 0 || at == 0 && incidentID(e.Change) >= str(after, "id"))
		other := which.Account != "" && which.Account != e.Change.Account ||
			which.Resource != "" && which.Resource != e.Change.Resource || which.Open && !e.Open
		if passed || other {
			continue
		}
		if len(page) == n {
			last := page[n-1]
			c := remedy.Change{EventID: last.Event, Resource: last.Resource}
			return page, nextOf(item{"at": text(instant(last.At)), "id": text(incidentID(c))}), nil
		}
		page = append(page, tasks.LineOf(e))
	}
	return page, "", nil
}

func byID(a, b remedy.Entry) int { return strings.Compare(incidentID(a.Change), incidentID(b.Change)) }
