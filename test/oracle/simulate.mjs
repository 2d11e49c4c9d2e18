// Asks @cloud-copilot/iam-simulate, a program of others, what a resource policy decides.
//
// It reads JSON lines {"id", "policy", "request"} from standard input, where a request is {"kind", "principal",
// "session", "action", "resource", "account", "context"}. In order, it writes {"id", "answer"}: "denied", "not denied",
// or "error: …" where the simulator gives no answer. The identity policy allows everything, so only a Deny of the
// resource policy decides.
//
// With ROUNDS, every pair is answered so often again, and "microseconds" is the mean of one answer. The first tenth of
// the rounds is for warming up.
//
// The simulator is AGPL: it is installed outside the tree (install.sh), found through the folder named as the
// argument, and never linked or shipped.

import { createInterface } from 'node:readline'
import { createRequire } from 'node:module'

const [folder, rounds] = process.argv.slice(2)
if (!folder) {
  console.error('usage: node simulate.mjs FOLDER [ROUNDS] < pairs; FOLDER holds node_modules')
  process.exit(2)
}
const { runSimulation } = createRequire(`${folder}/`)('@cloud-copilot/iam-simulate')

const everything = {
  name: 'everything',
  policy: { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*' } }
}

// A session of a role is named by its session ARN, which has the role's name without its path.
function principalOf({ kind, principal, session }) {
  switch (kind) {
    case 'anonymous':
      return { type: 'Anonymous' }
    case 'role': {
      const [, partition, , , account, resource] = principal.split(':')
      return `arn:${partition}:sts::${account}:assumed-role/${resource.split('/').at(-1)}/${session}`
    }
    default:
      return principal
  }
}

async function answer({ policy, request }) {
  const outcome = await runSimulation(
    {
      request: {
        principal: principalOf(request),
        action: request.action,
        resource: { resource: request.resource, accountId: request.account },
        contextVariables: request.context
      },
      identityPolicies: request.kind === 'anonymous' ? [] : [everything],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      resourcePolicy: policy,
      additionalSettings: { s3: { bucketAbacEnabled: true } } // otherwise it drops the tags of buckets
    },
    {}
  )
  if (outcome.resultType !== 'single') {
    return `error: ${outcome.errors ? JSON.stringify(outcome.errors) : outcome.resultType}`
  }
  // A key that the simulator drops would make it answer another question.
  if (outcome.result.ignoredContextKeys.length > 0) {
    return `error: keys not taken: ${outcome.result.ignoredContextKeys.join(', ')}`
  }
  return outcome.overallResult === 'ExplicitlyDenied' ? 'denied' : 'not denied'
}

async function say(pair) {
  try {
    return await answer(pair)
  } catch (problem) {
    return `error: ${problem.message}`
  }
}

async function microseconds(pair) {
  for (let i = 0; i < rounds / 10; i++) await say(pair)
  const start = process.hrtime.bigint()
  for (let i = 0; i < rounds; i++) await say(pair)
  return Number(process.hrtime.bigint() - start) / 1000 / rounds
}

for await (const line of createInterface({ input: process.stdin })) {
  const pair = JSON.parse(line)
  const said = { id: pair.id, answer: await say(pair) }
  if (rounds) said.microseconds = await microseconds(pair)
  process.stdout.write(JSON.stringify(said) + '\n')
}
