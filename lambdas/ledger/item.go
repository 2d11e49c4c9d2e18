package ledger

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"locksmith/lambdas/remedy"
)

// forgotten is after how long counters and resources may be removed. The day that they count is over by then.
const forgotten = 48 * time.Hour

// digestKept is how long a digest is kept, sent or not.
const digestKept = 30 * 24 * time.Hour

// An item is one of DynamoDB's.
type item = map[string]types.AttributeValue

func key(id string) item { return item{"id": text(id)} }

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func integer(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

func set(members ...string) types.AttributeValue {
	return &types.AttributeValueMemberSS{Value: members}
}

func millis(t time.Time) types.AttributeValue { return integer(t.UnixMilli()) }

// seconds is the form of a TTL attribute
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-before-you-start.html).
func seconds(t time.Time) types.AttributeValue { return integer(t.Unix()) }

// itemOf is an entry as an item. The structures are JSON, the rest is plain, for whoever reads the table.
func (d *Dynamo) itemOf(e remedy.Entry, now time.Time) item {
	it := item{"id": text(incidentID(e.Change)), "kind": text("incident"), "event": text(e.Change.EventID),
		"resource": text(e.Change.Resource), "account": text(e.Change.Account),
		"answer": text(string(e.Verdict.Answer)), "state": text(string(e.State)),
		"fence": integer(e.Fence), "at": text(instant(e.At)), "written": text(moment(now)),
		"acts": yesOrNo(e.Acts), "token": yesOrNo(e.Token), "warned": yesOrNo(e.Warned),
		"failures": integer(int64(e.Failures)), "laters": integer(int64(e.Laters)),
		"change": structure(e.Change), "verdict": structure(e.Verdict), "outcome": structure(e.Outcome)}
	for name, value := range map[string]string{
		"result": string(e.Outcome.Result), "saved": e.Saved, "quiet": e.Quiet, "failure": e.Failure,
		"region": e.Change.Region, "call": e.Change.Call, "by": e.Change.By.ARN,
	} {
		if value != "" {
			it[name] = text(value)
		}
	}
	if !e.TokenAt.IsZero() {
		it["tokenAt"] = text(moment(e.TokenAt))
	}
	if len(e.Told) > 0 {
		it["told"] = structure(e.Told)
	}
	if e.Open { // both attributes are the keys of the index
		it["open"], it["due"] = text(cmp.Or(e.Change.Account, "unknown")), text(instant(e.Due))
	} else if !e.Due.IsZero() {
		it["wasDue"] = text(instant(e.Due))
	}
	kept := keptAfter(e)
	if len(kept) > 0 {
		it["kept"] = set(kept...)
	}
	if e.State == remedy.Closed && !e.Open && e.Saved == "" && len(kept) == 0 && d.limits.Retention > 0 {
		it["expires"] = seconds(now.Add(d.limits.Retention))
	}
	return it
}

// structure is a value as JSON, in which <, > and & stay one byte. An item has to fit into 400 KB, and holds a policy
// several times. The ledger keeps no value that JSON cannot write.
func structure(v any) types.AttributeValue {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v)
	return text(strings.TrimSuffix(b.String(), "\n"))
}

func yesOrNo(b bool) types.AttributeValue { return &types.AttributeValueMemberBOOL{Value: b} }

// instant is a time whose text sorts as the time does.
func instant(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000000Z") }

func moment(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// parsed is a time that moment or instant has written, or the zero time.
func parsed(text string) time.Time {
	t, _ := time.Parse(time.RFC3339Nano, text)
	return t
}

// entryOf reads an item that itemOf has written. The error names the item and the attribute that somebody must have
// spoiled.
func entryOf(it item) (remedy.Entry, error) {
	e := remedy.Entry{State: remedy.State(str(it, "state")), Saved: str(it, "saved"), Quiet: str(it, "quiet"),
		Failure: str(it, "failure"), Failures: int(number(it, "failures")), Laters: int(number(it, "laters")),
		Fence: number(it, "fence")}
	e.Kept = slices.Sorted(slices.Values(names(it, "kept")))
	e.Acts, e.Token, e.Warned, e.Open = yes(it, "acts"), yes(it, "token"), yes(it, "warned"), str(it, "open") != ""
	at, err := time.Parse(time.RFC3339Nano, str(it, "at"))
	e.At = at
	problems := []error{about("at", err)}
	if taken := str(it, "tokenAt"); taken != "" {
		e.TokenAt, err = time.Parse(time.RFC3339Nano, taken)
		problems = append(problems, about("tokenAt", err))
	}
	if due := cmp.Or(str(it, "due"), str(it, "wasDue")); due != "" {
		e.Due, err = time.Parse(time.RFC3339Nano, due)
		problems = append(problems, about("due", err))
	}
	problems = append(problems, about("change", read(it["change"], &e.Change)),
		about("verdict", read(it["verdict"], &e.Verdict)), about("outcome", read(it["outcome"], &e.Outcome)))
	if told, there := it["told"]; there {
		problems = append(problems, about("told", read(told, &e.Told)))
	}
	switch e.State {
	case remedy.Claimed, remedy.Saved, remedy.Acted, remedy.Settled, remedy.Closed:
	default:
		problems = append(problems, about("state", fmt.Errorf("%q is none", e.State)))
	}
	if err := errors.Join(problems...); err != nil {
		return remedy.Entry{}, fmt.Errorf("ledger item %q cannot be read: %w", cmp.Or(str(it, "id"), "(gone)"), err)
	}
	return e, nil
}

func about(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("attribute %s: %w", name, err)
}

func read(value types.AttributeValue, into any) error {
	s, ok := value.(*types.AttributeValueMemberS)
	if !ok {
		return errors.New("want a string")
	}
	return json.Unmarshal([]byte(s.Value), into)
}

// tellingOf reads the last telling from a resource's item.
func tellingOf(it item) (remedy.Telling, error) {
	if str(it, "toldOf") == "" {
		return remedy.Telling{}, nil
	}
	at := time.UnixMilli(number(it, "toldAt"))
	return remedy.Telling{Of: str(it, "toldOf"), EventID: str(it, "told"), At: at}, nil
}

// str, number and yes read an attribute. An attribute that is not there is the zero value.
func str(it item, name string) string {
	s, ok := it[name].(*types.AttributeValueMemberS)
	if !ok {
		return ""
	}
	return s.Value
}

func number(it item, name string) int64 {
	n, ok := it[name].(*types.AttributeValueMemberN)
	if !ok {
		return 0
	}
	i, _ := strconv.ParseInt(n.Value, 10, 64)
	return i
}

func yes(it item, name string) bool {
	b, ok := it[name].(*types.AttributeValueMemberBOOL)
	return ok && b.Value
}

// names reads a set of strings.
func names(it item, name string) []string {
	s, ok := it[name].(*types.AttributeValueMemberSS)
	if !ok {
		return nil
	}
	return s.Value
}

// copyItem is a copy as an item, and copyOf reads it.
func copyItem(c remedy.Change, k remedy.Copy) item {
	return item{"id": text(copyID(c, k.Name())), "kind": text("copy"), "event": text(c.EventID),
		"resource": text(c.Resource),
		"policy":   text(k.Policy), "verdict": structure(k.Verdict), "at": text(moment(k.At)), "why": text(k.Why)}
}

func copyOf(it item) (remedy.Copy, error) {
	k := remedy.Copy{Policy: str(it, "policy"), Why: str(it, "why")}
	at, err := time.Parse(time.RFC3339Nano, str(it, "at"))
	k.At = at
	if err := errors.Join(about("at", err), about("verdict", read(it["verdict"], &k.Verdict))); err != nil {
		return k, fmt.Errorf("ledger item %q cannot be read: %w", cmp.Or(str(it, "id"), "(gone)"), err)
	}
	return k, nil
}
