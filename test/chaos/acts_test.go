package chaos

import (
	"context"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// act lets something happen.
func (w *world) act() {
	r := w.resources[w.IntN(len(w.resources))]
	switch w.IntN(19) {
	case 0, 1, 2, 3:
		t := templates[w.IntN(len(templates))]
		if i := slices.IndexFunc(templates, func(t template) bool { return t.spares }); r.account == named && w.IntN(2) == 0 {
			t = templates[i]
		}
		err := w.put(r, r.fill(t.text))
		w.tell("%s gets %s: %v", r.arn, r.fill(t.text), err)
	case 4: // the owner unlocks it with a root password that he should not have
		if label, ok := w.labelOf(w.cloud.Policy(r.arn)); ok && label.locks || label.text != "" && !label.told {
			w.tell("the owner of %s unlocks it", r.arn)
			w.cloud.SetPolicy(r.arn, []string{"", r.fill(open)}[w.IntN(2)])
		}
	case 5: // events come twice, and in another order
		bodies := w.cloud.Bodies(w.Queue)
		if len(bodies) > 0 {
			w.tell("an event comes twice")
			w.cloud.Send(w.Queue, bodies[w.IntN(len(bodies))])
		}
	case 6:
		w.pass(time.Duration(w.IntN(600)) * time.Second)
	case 7:
		if w.IntN(3) == 0 {
			w.outage()
		}
	case 8: // somebody whom the lock spares puts it right, some seconds after it came
		w.pass(time.Duration(w.IntN(90)) * time.Second)
		w.correct(r.arn)
	case 9: // deleted, and made again
		w.tell("%s is deleted and made again", r.arn)
		w.makeAgain(r)
	case 10:
		if w.IntN(2) == 0 {
			w.tell("a reminder")
			w.Remind()
		}
	case 11:
		if w.IntN(8) == 0 {
			w.hostile(r)
		}
	case 12:
		if w.IntN(2) == 0 {
			w.undo()
		}
	case 13:
		if w.look(r); r.account == restored {
			w.relapse(r)
		}
	case 14:
		w.unheard(r)
	default:
		w.Deliver(context.Background())
	}
}

// hostile puts a policy on which the prover works hard.
func (w *world) hostile(r resource) {
	name, locks := "automaton-256-items", true // no aws:userid is long enough for its pattern
	if r.queue() {
		name, locks = "states-7kb-queue", false
	}
	text, err := os.ReadFile("../../policies/lockout/testdata/heavy/" + name + ".json")
	if err != nil {
		w.breaks("hostile policy: %v", err)
		return
	}
	w.mu.Lock()
	w.labels[string(text)] = template{locks: locks, told: locks, text: string(text)}
	w.mu.Unlock()
	w.tell("%s gets the hostile %s: %v", r.arn, name, w.put(r, string(text)))
}

// makeAgain is a bucket or queue that goes and comes back without a policy.
func (w *world) makeAgain(r resource) {
	w.cloud.SetPolicy(r.arn, "")
	if r.queue() {
		w.cloud.CreateQueue(r.account, "eu-central-1", r.name, nil)
	}
}

// correct is the pipeline putting a good policy in the place of a lock that spares it.
func (w *world) correct(arn string) {
	for _, r := range w.resources {
		if r.arn == arn && r.account == named {
			err := w.putAs(named+".role.Pipeline", r, r.fill(corrected))
			w.tell("the pipeline corrects %s: %v", arn, err)
		}
	}
}

// put is an administrator putting a policy, who may be refused.
func (w *world) put(r resource, policy string) error { return w.putAs(r.account, r, policy) }

func (w *world) config(who string) aws.Config {
	return aws.Config{Region: "eu-central-1", BaseEndpoint: aws.String(w.base),
		Credentials: credentials.NewStaticCredentialsProvider(who, "any", ""), RetryMaxAttempts: 1}
}

func (w *world) putAs(who string, r resource, policy string) error {
	cfg := w.config(who)
	var err error
	if r.queue() {
		_, err = sqs.NewFromConfig(cfg).SetQueueAttributes(context.Background(),
			&sqs.SetQueueAttributesInput{QueueUrl: aws.String(w.base + "/" + r.account + "/" + r.name),
				Attributes: map[string]string{"Policy": policy}})
	} else {
		_, err = s3.NewFromConfig(cfg).PutBucketPolicy(context.Background(),
			&s3.PutBucketPolicyInput{Bucket: &r.name, Policy: &policy})
	}
	if err != nil && !strings.Contains(err.Error(), "AccessDenied") {
		w.breaks("an administrator's call: %v", err)
	}
	if err == nil {
		w.mu.Lock()
		w.writes[r.arn], w.silent[r.arn] = moment{w.calls, w.now}, false
		w.mu.Unlock()
	}
	return err
}
