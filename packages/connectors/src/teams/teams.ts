/**
 * Posts to Microsoft Teams through a workflow's webhook. Facts: channels.md section 5. Accepted means that the workflow was
 * started: what happens inside it, nobody outside is told.
 */
import Type, { type Static } from 'typebox'
import type { Instant } from '@carillon/domain/clock'
import type { Outcome } from '@carillon/domain/outcome'
import { baseUrlProblems } from '../base-url.ts'
import { defineConnector, type OutboundMessage, type SendContext } from '../define-connector.ts'
import { outcomeOfTable } from '../error-table.ts'
import { outcomeOfReply } from '../http-outcome.ts'
import type { HttpResponse } from '../http-port.ts'
import { labelAddress } from '../label-address.ts'
import { readJson } from '../read-json.ts'
import { cardOf, maxCardBytes } from './adaptive-card.ts'
import { throttledInside, workflowErrors, workflowStatuses } from './error-map.ts'
import { teamsExamples } from './examples.ts'
import { teamsSecrets, teamsSettings } from './settings.ts'
import { workflowSecrets, workflowUrl, workflowUrlProblem } from './workflow-url.ts'

type Settings = Static<typeof teamsSettings>
type Secrets = Static<typeof teamsSecrets>
type Context = SendContext<Settings, Secrets>

const errorReply = Type.Object({
  error: Type.Object({ code: Type.String(), message: Type.Optional(Type.String()) }),
})

const readTeamsReply = (response: HttpResponse, now: Instant): Outcome | undefined => {
  const answer = { response, now }
  if (response.status < 300)
    return outcomeOfTable([throttledInside], { words: response.body }, answer)
  const error = readJson(errorReply, response.body)?.error
  const said = error && {
    code: error.code,
    ...(error.message === undefined ? {} : { words: error.message }),
  }
  const known = said && outcomeOfTable(workflowErrors, said, answer)
  if (known !== undefined) return known
  const outcome = outcomeOfTable(workflowStatuses, { code: String(response.status) }, answer)
  return outcome && { ...outcome, providerCode: error?.code ?? `HTTP ${response.status}` }
}

const send = async (message: OutboundMessage, context: Context): Promise<Outcome> => {
  const { settings, secrets, now } = context
  const url = workflowUrl(secrets.webhookUrl, settings.baseUrl)
  if (url === undefined) {
    return { kind: 'integration_rejected', reason: 'the webhook URL is not a URL' }
  }
  const card = cardOf(message.content)
  if (card === undefined) return { kind: 'message_rejected', reason: 'the message is empty' }
  const reply = await context.http.request(
    {
      method: 'POST',
      url,
      headers: {
        'content-type': 'application/json',
        // † Logic Apps shows it beside the run, so that a run can be found by its delivery. It drops no duplicates.
        'x-ms-client-tracking-id': message.deliveryId,
      },
      body: card,
    },
    context.signal,
  )
  return outcomeOfReply(reply, {
    now,
    secrets: workflowSecrets(secrets.webhookUrl, settings.baseUrl),
    read: (response) => readTeamsReply(response, now),
  })
}

const check = (settings: Settings, { webhookUrl }: Partial<Secrets>) => {
  const detail =
    webhookUrl === undefined ? undefined : workflowUrlProblem(webhookUrl, settings.baseUrl)
  return [
    ...baseUrlProblems(settings),
    ...(detail === undefined ? [] : [{ pointer: '/secrets/webhookUrl', detail }]),
  ]
}

export const connector = defineConnector({
  id: 'teams',
  name: 'Microsoft Teams',
  channel: 'teams',
  docs: [
    'Posts to a channel or chat of Microsoft Teams as an Adaptive Card: title, text, and lines of the form "Name: value" as',
    'a table. In Teams add the workflow "Post to a channel when a webhook request is received" and store its URL; give it a',
    'second owner, because it stops when its owner leaves. The "to" of a route step is only a label here: the workflow',
    'chooses the channel. Posts are cut at 28 KB. Accepted means that the workflow was started, not that it has posted:',
    'look into its run history, where a run shows the delivery’s id. There is no idempotency key: after a timeout a message',
    'may appear twice. The credentials can’t be tried without posting. See',
    'https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook.',
  ].join(' '),
  settings: teamsSettings,
  secrets: teamsSecrets,
  limits: {
    // No rate is known for workflows (channels.md, gaps); the limit is of the whole card.
    maxText: { n: maxCardBytes, unit: 'utf8bytes' },
  },
  check,
  parseAddress: (to) => labelAddress(to, 'channel'),
  send,
  examples: teamsExamples,
})
