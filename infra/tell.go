package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awschatbot"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssnssubscriptions"
	"github.com/aws/jsii-runtime-go"
)

// topics are where people are told, one for each form of a notice: a mail, a page, a chat message. Each has a
// subscriber: a notice to a topic without one is told to nobody, and SNS reports that as success.
type topics struct {
	key           awskms.Key
	alerts, pages awssns.Topic
	chat          awssns.Topic // nil where no channel is configured
}

func (t topics) arns() []*string {
	all := []*string{t.alerts.TopicArn(), t.pages.TopicArn()}
	if t.chat != nil {
		all = append(all, t.chat.TopicArn())
	}
	return all
}

// newTopics makes the topics, their key and their subscriptions. The key is one of our own, since with the AWS-managed
// one neither CloudWatch nor EventBridge can publish, and nothing says so
// (https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html).
func (s *Central) newTopics() topics {
	t := topics{key: awskms.NewKey(s.Stack, jsii.String("Key"), &awskms.KeyProps{
		Description:       jsii.String("Locksmith's notices, which quote other people's policies"),
		EnableKeyRotation: jsii.Bool(true), RemovalPolicy: awscdk.RemovalPolicy_RETAIN})}
	for _, service := range []string{"events.amazonaws.com", "cloudwatch.amazonaws.com"} {
		t.key.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(&service, nil)},
			Actions:    jsii.Strings("kms:Decrypt", "kms:GenerateDataKey*"), Resources: jsii.Strings("*"),
			Conditions: fromThisAccount(s.Stack),
		}), jsii.Bool(false))
	}
	t.alerts, t.pages = s.newTopic("Alerts", t.key), s.newTopic("Pages", t.key)
	for _, address := range s.config.Mails {
		t.alerts.AddSubscription(awssnssubscriptions.NewEmailSubscription(&address, nil))
	}
	for _, endpoint := range s.config.Pagers {
		t.pages.AddSubscription(awssnssubscriptions.NewUrlSubscription(&endpoint, nil))
	}
	if len(s.config.Pagers) == 0 {
		for _, address := range s.config.Mails { // somebody has to hear the alarms
			t.pages.AddSubscription(awssnssubscriptions.NewEmailSubscription(&address, nil))
		}
	}
	if chat := s.config.Chat; chat != nil {
		t.chat = s.newTopic("Chat", t.key)
		role := awsiam.NewRole(s.Stack, jsii.String("ChatRole"),
			&awsiam.RoleProps{AssumedBy: awsiam.NewServicePrincipal(jsii.String("chatbot.amazonaws.com"), nil),
				Description: jsii.String("Posts Locksmith's notices; may do nothing else")})
		awschatbot.NewCfnSlackChannelConfiguration(s.Stack, jsii.String("ChatChannel"),
			&awschatbot.CfnSlackChannelConfigurationProps{
				ConfigurationName: jsii.String("locksmith"), IamRoleArn: role.RoleArn(),
				SlackWorkspaceId: &chat.Workspace, SlackChannelId: &chat.Channel,
				SnsTopicArns: &[]any{t.chat.TopicArn()}, LoggingLevel: jsii.String("ERROR"),
				// Whatever people write in the channel, nothing is done.
				GuardrailPolicies: jsii.Strings("arn:aws:iam::aws:policy/AWSDenyAll"),
			})
	}
	return t
}

// newTopic makes a topic that takes notices over TLS only, from the function, and from CloudWatch's alarms.
func (s *Central) newTopic(name string, key awskms.Key) awssns.Topic {
	t := awssns.NewTopic(s.Stack, &name, &awssns.TopicProps{MasterKey: key, EnforceSSL: jsii.Bool(true),
		DisplayName: jsii.String("Locksmith " + name)})
	t.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        jsii.String("AlarmsMayPublish"),
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("cloudwatch.amazonaws.com"), nil)},
		Actions:    jsii.Strings("sns:Publish"), Resources: &[]*string{t.TopicArn()},
		Conditions: fromThisAccount(s.Stack),
	}))
	return t
}
