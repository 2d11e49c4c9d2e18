package reach_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"pgregory.net/rapid"

	"locksmith/policies/reach"
	"locksmith/test/cloud/front"
	"locksmith/test/cloud/organizations"
	"locksmith/test/cloud/place"
)

// TestAgreesWithWhatIsDone: what is said before a call agrees with what the simulated AWS then does, in every case.
// That AWS decides request by request, with every key filled in; here nothing but the policies is known.
func TestAgreesWithWhatIsDone(t *testing.T) {
	s := newScene(t)
	states := map[string]map[reach.State]int{}
	rapid.Check(t, func(r *rapid.T) {
		w := s.grow(r)
		defer s.clear()
		for _, task := range []string{reach.BucketTask, reach.QueueTask} {
			_, err := place.Assume(s.As(place.Central+".role.Locksmith", home), place.Owner, task, 300)
			count(states, reach.OpenRoot, s.compare(r, w.Open(s.member(), task), err))
		}
		for _, region := range regions {
			for _, c := range s.calls(region) {
				got := w.Session(s.member(), c.action, region)
				if other := w.Session(s.member(), c.action, "eu-west-1"); !w.Regional(s.member(), c.action) &&
					got.State != other.State {
					r.Fatalf("%s: %s in %s, %s in eu-west-1\n%s", c.action, got.State, region, other.State, s.shown())
				}
				for _, name := range c.names {
					err := c.do(name)
					s.compare(r, got, err, name)
					if name != "" {
						s.compare(r, w.Resource(s.member(), c.action, region, c.arn(name)), err, name)
					}
				}
				if got.State == reach.Partly {
					s.witness(r, got, c)
				}
				count(states, c.action, got.State)
			}
		}
	})
	for action, by := range states {
		t.Log(action, by)
		if by[reach.Reachable] == 0 || by[reach.Blocked] == 0 {
			t.Errorf("%s: only %v came up: the trees that were grown show too little", action, by)
		}
	}
}

func count(states map[string]map[reach.State]int, action string, s reach.State) {
	if states[action] == nil {
		states[action] = map[reach.State]int{}
	}
	states[action][s]++
}

// compare holds an answer against what became of one request.
func (s *scene) compare(r *rapid.T, got reach.Answer, err error, of ...string) reach.State {
	code := place.Code(err)
	refused := strings.Contains(code, "AccessDenied")
	unsettled := code == "NotImplemented" // one policy denies, and of another nobody can tell
	if got.State == reach.Reachable && (refused || unsettled) || got.State == reach.Blocked && !refused && !unsettled {
		r.Fatalf("%s %v: %s, but %v\n%v\n%s", got.Action, of, got.State, err, got.Obstacles, s.shown())
	}
	return got.State
}

// witness asks for the resource of which it was said that it is blocked.
func (s *scene) witness(r *rapid.T, got reach.Answer, c sceneCall) {
	for _, o := range got.Obstacles {
		name := o.Example[strings.LastIndexByte(o.Example, ':')+1:]
		if strings.HasPrefix(c.action, "s3:") {
			s.PutBucket(place.Owner, c.region, name)
		} else {
			s.CreateQueue(place.Owner, c.region, name, nil)
		}
		if err := c.do(name); !slices.ContainsFunc([]string{"AccessDenied", "NotImplemented"}, func(code string) bool {
			return strings.Contains(place.Code(err), code)
		}) {
			r.Fatalf("%s: %s is not blocked: %v\n%s", c.action, o.Example, err, s.shown())
		}
	}
}

const home = "us-east-1"

var regions = []string{"eu-central-1", home}

// A scene is an AWS with a member in two nested units, and root sessions that were opened while nothing stood in the
// way.
type scene struct {
	*place.Place
	buckets, queues aws.Config
	attached        map[string][]bound // by node
	detached        []string           // nodes without FullAWSAccess
}

type bound struct{ kind, id, content string }

var nodes = []string{organizations.RootID, "ou-a1b2-11111111", "ou-a1b2-22222222", place.Owner, "ou-a1b2-33333333",
	place.Central}

func newScene(t *testing.T) *scene {
	s := &scene{Place: place.New(t)}
	s.PutUnit(nodes[1], nodes[0], "outer")
	s.PutUnit(nodes[2], nodes[1], "inner")
	s.PutUnit(nodes[4], nodes[0], "security")
	s.PutAccount(organizations.Account{Number: place.Owner, Parent: nodes[2]})
	s.PutAccount(organizations.Account{Number: place.Central, Parent: nodes[4]})
	s.buckets, s.queues = s.Root(t, reach.BucketTask), s.Root(t, reach.QueueTask)
	for _, region := range regions {
		for _, name := range bucketNames(region) {
			s.PutBucket(place.Owner, region, name)
		}
		for _, name := range queueNames {
			s.CreateQueue(place.Owner, region, name, nil)
		}
	}
	s.clear()
	return s
}

func bucketNames(region string) []string {
	return []string{"abc-" + region, "finance-" + region, "team-x-" + region, strings.Repeat("z", 40) + region}
}

var queueNames = []string{"q", "orders", "finance-orders.fifo"}

// clear takes all policies off again that the scene has attached.
func (s *scene) clear() {
	for node, all := range s.attached {
		for _, b := range all {
			s.Detach(b.id, node)
		}
	}
	for _, node := range s.detached {
		s.Attach(front.SCP, node, "FullAWSAccess", fullSCP)
	}
	s.attached, s.detached = map[string][]bound{}, nil
}

func (s *scene) put(node, kind, content string) {
	id := s.Attach(kind, node, fmt.Sprintf("%s-%s-%d", kind, node, len(s.attached[node])), content)
	s.attached[node] = append(s.attached[node], bound{kind, id, content})
}

// grow attaches policies all over the tree, and tells this package the same.
func (s *scene) grow(r *rapid.T) *reach.World {
	random := rand.New(rand.NewPCG(rapid.Uint64().Draw(r, "seed"), 1))
	for n := range random.IntN(4) + 1 {
		node, kind := nodes[random.IntN(len(nodes))], front.SCP
		if random.IntN(3) == 0 {
			kind = front.RCP
		}
		s.put(node, kind, grown(random, kind, n))
	}
	if random.IntN(6) == 0 {
		node := nodes[random.IntN(len(nodes))]
		s.Detach("p-FullAWSAccess", node)
		s.detached = append(s.detached, node)
		if random.IntN(3) > 0 {
			s.put(node, front.SCP, allows(random))
		}
	}
	w := &reach.World{Partition: "aws", Organization: organization, From: s.Time.Add(-time.Minute),
		Until: s.Time.Add(time.Hour), Home: home, SCPs: true, RCPs: true, Management: "000011112222",
		Caller: s.account(place.Central, nodes[0], nodes[4], place.Central)}
	if random.IntN(2) == 0 {
		w.Role = "arn:aws:iam::" + place.Central + ":role/Locksmith"
	}
	return w
}

func (s *scene) member() reach.Account {
	return s.account(place.Owner, nodes[0], nodes[1], nodes[2], place.Owner)
}

func (s *scene) account(number string, path ...string) reach.Account {
	a := reach.Account{Number: number}
	for _, node := range path {
		u := reach.Unit{ID: node}
		if !slices.Contains(s.detached, node) {
			u.Policies = append(u.Policies, reach.NewPolicy("p-FullAWSAccess", "FullAWSAccess", reach.SCP, fullSCP))
		}
		u.Policies = append(u.Policies, reach.NewPolicy("p-RCPFullAWSAccess", "RCPFullAWSAccess", reach.RCP, fullRCP))
		for _, b := range s.attached[node] {
			kind := reach.SCP
			if b.kind == front.RCP {
				kind = reach.RCP
			}
			u.Policies = append(u.Policies, reach.NewPolicy(b.id, "", kind, b.content))
		}
		a.Chain = append(a.Chain, u)
	}
	return a
}

func (s *scene) shown() string {
	text := fmt.Sprintf("without FullAWSAccess: %v\n", s.detached)
	for node, all := range s.attached {
		for _, b := range all {
			text += fmt.Sprintf("%s %s %s: %s\n", node, b.kind, b.id, b.content)
		}
	}
	return text
}

// A sceneCall is one action of a root session, on a resource by its name.
type sceneCall struct {
	action, region string
	names          []string
	arn            func(name string) string
	do             func(name string) error
}

// calls are all calls of root sessions in a Region. They change nothing for long: policies that are put are harmless.
func (s *scene) calls(region string) []sceneCall {
	with := func(cfg aws.Config) aws.Config {
		cfg.Region = region
		return cfg
	}
	buckets, queues := s3.NewFromConfig(with(s.buckets), func(o *s3.Options) { o.UsePathStyle = true }),
		sqs.NewFromConfig(with(s.queues))
	ctx := context.Background()
	bucket := func(name string) string { return "arn:aws:s3:::" + name }
	queue := func(name string) string { return "arn:aws:sqs:" + region + ":" + place.Owner + ":" + name }
	url := func(name string) *string { return aws.String(s.URL + "/" + place.Owner + "/" + name) }
	harmless := func(arn string) *string {
		return aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + place.Owner +
			`"},"Action":"s3:ListBucket","Resource":"` + arn + `"}]}`)
	}
	return []sceneCall{
		{reach.PutBucket, region, bucketNames(region), bucket, func(name string) error {
			_, err := buckets.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: &name, Policy: harmless(bucket(name))})
			return err
		}},
		{reach.ReadBucket, region, bucketNames(region), bucket, func(name string) error {
			_, err := buckets.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: &name})
			return err
		}},
		{reach.DeleteBucket, region, bucketNames(region), bucket, func(name string) error {
			_, err := buckets.DeleteBucketPolicy(ctx, &s3.DeleteBucketPolicyInput{Bucket: &name})
			return err
		}},
		{reach.ListBuckets, region, []string{""}, nil, func(string) error {
			_, err := buckets.ListBuckets(ctx, &s3.ListBucketsInput{})
			return err
		}},
		{reach.SetQueue, region, queueNames, queue, func(name string) error {
			_, err := queues.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{QueueUrl: url(name),
				Attributes: map[string]string{"Policy": ""}})
			return err
		}},
		{reach.ReadQueue, region, queueNames, queue, func(name string) error {
			_, err := queues.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: url(name)})
			return err
		}},
		{reach.FindQueue, region, queueNames, queue, func(name string) error {
			_, err := queues.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &name})
			return err
		}},
		{reach.ListQueues, region, []string{""}, nil, func(string) error {
			_, err := queues.ListQueues(ctx, &sqs.ListQueuesInput{MaxResults: aws.Int32(10)})
			return err
		}},
	}
}
