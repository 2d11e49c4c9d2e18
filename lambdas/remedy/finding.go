package remedy

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// The calls of a finding: what had the policy judged. A sweep that came by, or a principal that was deleted.
const (
	Sweep      = "Sweep"
	DeleteRole = "DeleteRole"
	DeleteUser = "DeleteUser"
)

// Found tells whether a sweep has found the policy, and no event told of it. Then Time is when it was read, and who put
// it is not known.
func (c Change) Found() bool { return c.Call == Sweep || c.Call == DeleteRole || c.Call == DeleteUser }

// A finding is the message on the work queue with which a sweep hands over a policy that it found locked.
type finding struct {
	Source     string `json:"source"`
	DetailType string `json:"detail-type"`
	Detail     found  `json:"detail"`
}

type found struct {
	EventID  string    `json:"eventId"`
	Call     string    `json:"call"`
	Resource string    `json:"resource"`
	Account  string    `json:"account"`
	Region   string    `json:"region"`
	Time     time.Time `json:"time"`
	Policy   string    `json:"policy"`
	Living   bool      `json:"living,omitempty"`
}

const (
	ownSource     = "locksmith"
	detailFinding = "Finding"
)

// Finding is a change that was found by looking, in the form in which [Parse] reads it from the work queue. Who put the
// policy is left out, since nobody knows.
func Finding(c Change) []byte {
	text, _ := json.Marshal(finding{ownSource, detailFinding, found{EventID: c.EventID, Call: c.Call, // always encodes
		Resource: c.Resource, Account: c.Account, Region: c.Region, Time: c.Time.UTC(), Policy: c.Policy, Living: c.Living}})
	return text
}

// isFinding tells a finding from an event. Only the sweep's and the scheduler's roles may send to the queue, and the
// rules that feed it let nothing through but calls of S3 and SQS. Who could forge one would gain nothing: its policy
// says where to look, and what is acted on is the live copy, proved locked once more.
func isFinding(message []byte) bool {
	var f struct {
		Source     string `json:"source"`
		DetailType string `json:"detail-type"`
	}
	return json.Unmarshal(message, &f) == nil && f.Source == ownSource && f.DetailType == detailFinding
}

// parseFinding reads a finding. The error says what in it is wrong. Then the change holds what could be read.
func parseFinding(message []byte) (Change, error) {
	var f finding
	if err := json.Unmarshal(message, &f); err != nil {
		d := partly(message)
		c := Change{EventID: d["eventId"], Call: cmp.Or(d["call"], Sweep), Resource: d["resource"], Account: d["account"],
			Region: d["region"]}
		return c, fmt.Errorf("finding: %w", err)
	}
	d := f.Detail
	c := Change{EventID: d.EventID, Call: d.Call, Resource: d.Resource, Account: d.Account, Region: d.Region, Time: d.Time,
		Policy: d.Policy, Living: d.Living}
	if err := c.checkFound(); err != nil {
		if !c.Found() {
			c.Call = Sweep
		}
		return c, fmt.Errorf("finding: %w", err)
	}
	return c, nil
}

// partly reads the texts of a finding of which some part has another type than it should.
func partly(message []byte) map[string]string {
	var f struct {
		Detail map[string]json.RawMessage `json:"detail"`
	}
	texts := map[string]string{}
	if json.Unmarshal(message, &f) != nil {
		return texts
	}
	for name, raw := range f.Detail {
		var text string
		if json.Unmarshal(raw, &text) == nil {
			texts[name] = text
		}
	}
	return texts
}

var (
	foundAccount = regexp.MustCompile(`^[0-9]{12}$`)
	foundRegion  = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}$`)
	foundBucket  = regexp.MustCompile(`^arn:aws(-us-gov|-cn)?:s3:::[A-Za-z0-9][A-Za-z0-9._-]{1,254}$`)
	foundQueue   = regexp.MustCompile(`^arn:aws(-us-gov|-cn)?:sqs:([a-z0-9-]+):([0-9]{12}):[A-Za-z0-9_-]{1,80}(\.fifo)?$`)
)

// checkFound says what is wrong with a finding. The account and the Region are where root is opened.
func (c Change) checkFound() error {
	queue := foundQueue.FindStringSubmatch(c.Resource)
	switch {
	case c.EventID == "":
		return errors.New("eventId: want the sweep's id and a digest of the resource")
	case !c.Found():
		return fmt.Errorf("call %q: want %s", c.Call, strings.Join([]string{Sweep, DeleteRole, DeleteUser}, ", "))
	case !foundAccount.MatchString(c.Account):
		return fmt.Errorf("account %q: want twelve digits", c.Account)
	case !foundRegion.MatchString(c.Region):
		return fmt.Errorf("region %q: want one such as eu-central-1", c.Region)
	case queue == nil && !foundBucket.MatchString(c.Resource):
		return fmt.Errorf("resource %q: want the ARN of a bucket or queue", c.Resource)
	case queue != nil && (queue[2] != c.Region || queue[3] != c.Account):
		return fmt.Errorf("resource %q is not in account %s and Region %s", c.Resource, c.Account, c.Region)
	case c.Time.IsZero():
		return errors.New("time: want when the policy was read")
	case c.Policy == "":
		return errors.New("policy: want its text")
	}
	return nil
}
