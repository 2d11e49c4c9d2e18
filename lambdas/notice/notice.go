// Package notice tells people, and machines that people look at, what became of an incident, over Amazon SNS.
//
// It implements [remedy.Teller], and [remedy.Herald] for what is about no one policy. A notice has four forms: [Mail]
// for people, [JSON] for machines, [Page] for a pager, [Chat] for a chat channel, and so has a bulletin. They are
// functions of it alone: no clock, no network, and no input that makes them fail.
//
// Much of a notice comes from whoever made the change: names, user agents, Sids, the policy itself. In the forms that
// people read, control characters are replaced and every such value stays on its own line. So nobody can make Locksmith
// seem to say what it did not say.
package notice

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"locksmith/lambdas/remedy"
)

// Topics are the ARNs of the SNS topics, in the Region of the configuration. Pager and chat want different bodies over
// the same protocol, so each has a topic of its own.
type Topics struct {
	Alerts string // every notice, as mail for people and as JSON for machines
	Pages  string // those that need a person, in the form of a CloudWatch alarm
	Chat   string // every notice, for Amazon Q Developer in chat applications; "" for none
}

// A Publisher publishes notices. Several goroutines may use it.
type Publisher struct {
	client *sns.Client
	topics Topics
	desk   Desk
}

// New makes a Publisher that calls SNS with the configuration's credentials, Region and endpoint.
func New(cfg aws.Config, t Topics) *Publisher {
	return &Publisher{client: sns.NewFromConfig(cfg), topics: t}
}

// Tell publishes the notice on every channel that it is meant for and that is not in told. A channel that fails does
// not stop the others. Returned are told and the channels that took the notice now, also with an error. See
// [remedy.Teller].
func (p *Publisher) Tell(ctx context.Context, n remedy.Notice, told []remedy.Channel) ([]remedy.Channel, error) {
	n.Link = p.desk.link(incident(n))
	return p.send(ctx, p.letters(n), told)
}

// send publishes the letters whose channels are not in told.
func (p *Publisher) send(ctx context.Context, letters []letter, told []remedy.Channel) ([]remedy.Channel, error) {
	told = slices.Clone(told)
	var failures []error
	for _, l := range letters {
		if slices.Contains(told, l.channel) {
			continue
		}
		if err := p.publish(ctx, l); err != nil {
			failures = append(failures, fmt.Errorf("%s topic %q: %w", l.channel, l.topic, err))
			continue
		}
		told = append(told, l.channel)
	}
	return told, errors.Join(failures...)
}

// A letter is one message to one topic.
type letter struct {
	channel    remedy.Channel
	topic      string // ARN
	subject    string // "" for none
	message    string
	structure  string // "json" where message holds one text for each protocol, or ""
	attributes map[string]types.MessageAttributeValue
}

// letters are the messages that the notice asks for, in the order in which they are sent: the pager waits for nobody.
func (p *Publisher) letters(n remedy.Notice) []letter {
	filter := attributes(n)
	var letters []letter
	if n.NeedsPerson() {
		subject, body := Page(n)
		letters = append(letters, letter{channel: remedy.Pages, topic: p.topics.Pages,
			subject: subject, message: string(body), attributes: filter})
	}
	subject, message := alert(n)
	letters = append(letters, letter{channel: remedy.Alerts, topic: p.topics.Alerts,
		subject: subject, message: message, structure: "json", attributes: filter})
	if p.topics.Chat != "" {
		letters = append(letters, letter{channel: remedy.Chat, topic: p.topics.Chat,
			message: string(Chat(n)), attributes: filter})
	}
	return letters
}

func (p *Publisher) publish(ctx context.Context, l letter) error {
	if l.topic == "" {
		return errors.New("no topic is configured")
	}
	input := &sns.PublishInput{TopicArn: &l.topic, Message: &l.message, MessageAttributes: l.attributes}
	if l.subject != "" {
		input.Subject = &l.subject
	}
	if l.structure != "" {
		input.MessageStructure = &l.structure
	}
	_, err := p.client.Publish(ctx, input)
	return err
}

// attributes are for the filter policies of subscriptions, so that a team can ask for its own accounts or for what
// needs a person.
func attributes(n remedy.Notice) map[string]types.MessageAttributeValue {
	h := harmless(n)
	return stringAttributes(map[string]string{
		"result": string(h.Outcome.Result), "account": h.Change.Account, "service": h.Change.Service(),
		"verdict":     string(h.Verdict.Answer),
		"needsPerson": fmt.Sprint(h.NeedsPerson()),
	})
}

func stringAttributes(values map[string]string) map[string]types.MessageAttributeValue {
	set := map[string]types.MessageAttributeValue{}
	for name, value := range values {
		if value != "" { // SNS refuses an empty value
			set[name] = types.MessageAttributeValue{DataType: aws.String("String"), StringValue: aws.String(value)}
		}
	}
	return set
}

// maxMessage is how many bytes a message may have, all protocols together. SNS takes 256 KiB, attributes included
// (https://docs.aws.amazon.com/sns/latest/api/API_Publish.html).
const maxMessage = 250_000

// alert is the message of the alerts topic. Where it would be too long for SNS, the policies in it are shortened.
func alert(n remedy.Notice) (subject, message string) {
	s := tell(n)
	brief := s.summary() + "\nACTION NEEDED: " + s.action
	for _, limit := range []int{maxPolicy, 30_000, 10_000, 3_000, 0} {
		var mail string
		subject, mail = writeMail(n, limit)
		message = forProtocols(brief, mail, string(writeJSON(n, limit)))
		if len(message) <= maxMessage {
			break
		}
	}
	return subject, message
}

// forProtocols is the message of the alerts topic: mail for people, JSON for machines, a few lines for the rest.
func forProtocols(brief, mail, body string) string {
	return string(encode(map[string]string{
		"default": brief, "email": mail, "sqs": body, "https": body, "http": body, "lambda": body,
	}))
}

// encode is json.Marshal without escaping <, > and &, which only makes messages longer. What it is given always
// encodes: strings, numbers, lists and maps of them, and times whose years have four digits.
func encode(v any) []byte {
	var b writer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return fmt.Appendf(nil, "{%q:%q}", "error", err.Error())
	}
	return b[:len(b)-1] // without the final newline
}

type writer []byte

func (w *writer) Write(p []byte) (int, error) {
	*w = append(*w, p...)
	return len(p), nil
}
