/**
 * Sends e-mail through Azure Communication Services. Facts: channels.md section 4. What becomes of a mail: `poll-operation.ts`
 * (that it failed) and `read-event-grid.ts` (whether it arrived).
 */
import type { Outcome } from '@carillon/domain/outcome'
import { baseUrlProblems } from '../base-url.ts'
import {
  defineConnector,
  type OutboundMessage,
  type SendContext,
  type Verification,
} from '../define-connector.ts'
import { newHookToken } from '../hook-token.ts'
import { outcomeOfReply } from '../http-outcome.ts'
import { parseMailAddress } from '../mail-address.ts'
import { mailBodies, mailSubject } from '../mail-body.ts'
import { unsubscribeHeaders } from '../mail-parts.ts'
import { targetUrlProblem } from '../target-url.ts'
import { verificationOf } from '../verification-of.ts'
import {
  callAzure,
  type AzureContext,
  type AzureSecrets,
  type AzureSettings,
} from './call-azure.ts'
import { azureEmailExamples } from './examples.ts'
import { azureHookExamples } from './hook-examples.ts'
import { operationIdOf } from './operation-id.ts'
import { azurePollExamples } from './poll-examples.ts'
import { pollOperation } from './poll-operation.ts'
import { readEventGridCall } from './read-event-grid.ts'
import { readError, readOperation } from './read-reply.ts'
import { azureEmailSecrets, azureEmailSettings } from './settings.ts'

type Context = SendContext<AzureSettings, AzureSecrets>

/** A request takes 10 MB with everything in it [ACL]; decimal, the stricter reading. */
const maxRequestBytes = 10_000_000

/** Asked after by `verify`: nobody's operation. */
const nobodysOperation = '00000000-0000-4000-8000-000000000000'

type Mail =
  | { readonly ok: true; readonly body: string }
  | { readonly ok: false; readonly outcome: Outcome }

const failed = (
  kind: 'integration_rejected' | 'recipient_rejected' | 'message_rejected',
  reason: string,
) => ({ ok: false, outcome: { kind, reason } }) as const satisfies Mail

/** Parses all addresses again: what stands in the database may be older than a rule of `check`. */
const mailOf = (message: OutboundMessage, { settings }: Context): Mail => {
  const sender = parseMailAddress(settings.sender)
  const replyTo = settings.replyTo === undefined ? undefined : parseMailAddress(settings.replyTo)
  const to = parseMailAddress(message.to)
  if (!sender.ok) return failed('integration_rejected', `sender: ${sender.reason}`)
  if (replyTo?.ok === false) return failed('integration_rejected', `reply-to: ${replyTo.reason}`)
  if (!to.ok) return failed('recipient_rejected', to.reason)
  const subject = mailSubject(message.content, message.event.type)
  const { text, html } = mailBodies(message.content, subject, message.language)
  const body = JSON.stringify({
    senderAddress: sender.address,
    content: { subject, plainText: text, html },
    recipients: { to: [{ address: to.address }] },
    ...(replyTo === undefined ? {} : { replyTo: [{ address: replyTo.address }] }),
    // RFC 3834: nobody's holiday notice answers it. The other one is for people who search their mailbox.
    headers: {
      'Auto-Submitted': 'auto-generated',
      'X-Carillon-Delivery': message.deliveryId,
      ...unsubscribeHeaders(message.unsubscribeUrl),
    },
  })
  return Buffer.byteLength(body) > maxRequestBytes
    ? failed('message_rejected', 'the mail is larger than 10 MB')
    : { ok: true, body }
}

const send = async (message: OutboundMessage, context: Context): Promise<Outcome> => {
  const mail = mailOf(message, context)
  if (!mail.ok) return mail.outcome
  const operationId = operationIdOf(message.deliveryId)
  const { reply, reading } = await callAzure(context, {
    method: 'POST',
    path: '/emails:send',
    headers: operationId === undefined ? {} : { 'operation-id': operationId },
    body: mail.body,
  })
  const outcome = outcomeOfReply(reply, reading)
  const isRepetition = message.possibleDuplicate || message.attempt > 1
  const isRefused = reply.kind === 'response' && reply.status === 400
  return isRepetition && isRefused && operationId !== undefined
    ? outcomeOfRepetition(operationId, outcome, context)
    : outcome
}

/**
 * The same Operation-Id a second time is answered with 400 (channels.md section 4, inferred from [ACI] #50889), and so is
 * a mail that is wrong: Azure is asked which it is.
 */
const outcomeOfRepetition = async (
  operationId: string,
  refusal: Outcome,
  context: AzureContext,
): Promise<Outcome> => {
  const path = `/emails/operations/${operationId}`
  const { reply, reading } = await callAzure(context, { method: 'GET', path })
  if (reply.kind === 'response') {
    if (reply.status === 404) return refusal
    if (readOperation(reply) !== undefined) return outcomeOfReply(reply, reading)
  }
  return {
    kind: 'unknown',
    reason: 'Azure refuses the repetition, and can’t be asked whether it has the mail already',
  }
}

const verify = async (context: AzureContext): Promise<Verification> => {
  const path = `/emails/operations/${nobodysOperation}`
  const { reply, reading } = await callAzure(context, { method: 'GET', path })
  return verificationOf(reply, {
    ...reading,
    proof: (response) =>
      response.status === 404 && readError(response) !== undefined ? '' : undefined,
    stranger: 'not an answer of the e-mail service',
  })
}

const addressProblem = (pointer: string, address: string | undefined) => {
  const parsed = address === undefined ? undefined : parseMailAddress(address)
  return parsed?.ok === false ? [{ pointer, detail: parsed.reason }] : []
}

const check = (settings: AzureSettings) => {
  const detail = targetUrlProblem(settings.endpoint)
  return [
    ...(detail === undefined ? [] : [{ pointer: '/settings/endpoint', detail }]),
    ...baseUrlProblems(settings),
    ...addressProblem('/settings/sender', settings.sender),
    ...addressProblem('/settings/replyTo', settings.replyTo),
  ]
}

export const connector = defineConnector({
  id: 'azure-email',
  name: 'E-mail (Azure Communication Services)',
  channel: 'email',
  docs: [
    'Sends e-mail through Azure Communication Services. You need a resource with an e-mail domain linked to it: its',
    'endpoint, one of its access keys, and a sender address of that domain. New resources may send little (a custom domain',
    '30 mails a minute and 100 an hour, an Azure domain less): ask Azure for more; until then the rest waits as long as Azure',
    'says.',
    'The operation’s id is the delivery’s, so that a repetition after a timeout is no second mail. Azure only says that it',
    'took a mail or that it failed; whether it arrived comes through Event Grid, once that is set up.',
    'See https://learn.microsoft.com/azure/communication-services/concepts/email/email-overview.',
  ].join(' '),
  settings: azureEmailSettings,
  secrets: azureEmailSecrets,
  limits: {
    // No rate: the quota is the subscription's own (a custom domain begins with 30 a minute and 100 an hour, and is raised
    // by ticket [ACL]), and Azure's 429 names the wait. Few at once, so that few run into it.
    concurrency: 8,
  },
  generateSecrets: newHookToken,
  check,
  parseAddress: parseMailAddress,
  send,
  verify,
  receipts: {
    setUp:
      'In the Azure portal, under Events of the resource, add an event subscription in the Event Grid schema for "Email Delivery Report Received", with the hook’s URL and ?token=<hook token> as webhook endpoint.',
    parse: (request, { secrets }) => readEventGridCall(request, secrets),
    proof: {
      query: ['token'],
      unsignedBody: 'Event Grid signs nothing: who knows the URL is believed.',
    },
    examples: azureHookExamples,
    poll: pollOperation,
    pollExamples: azurePollExamples,
  },
  examples: azureEmailExamples,
})
