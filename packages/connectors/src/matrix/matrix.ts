/**
 * Sends to Matrix rooms. The delivery's id is the transaction id, so that the homeserver drops a repeated message. Facts:
 * channels.md section 8. Receives nothing: read receipts would need a sync connection. Not for encrypted rooms.
 */
import Type, { type Static } from 'typebox'
import type { Content } from '@carillon/domain/content'
import type { Outcome } from '@carillon/domain/outcome'
import { baseUrlOf, baseUrlProblems } from '../base-url.ts'
import {
  defineConnector,
  type OutboundMessage,
  type SendContext,
  type Verification,
} from '../define-connector.ts'
import { outcomeOfTable, unreadableSuccess } from '../error-table.ts'
import { cleanText, escapeHtml, singleLine, truncate } from '../format.ts'
import { outcomeOfReply, retryAfterCapMs } from '../http-outcome.ts'
import type { HttpRequest, HttpResponse } from '../http-port.ts'
import { readJson } from '../read-json.ts'
import { verificationOf } from '../verification-of.ts'
import { matrixErrors } from './error-map.ts'
import { matrixExamples } from './examples.ts'
import { matrixSecrets, matrixSettings } from './settings.ts'

type Context = SendContext<Static<typeof matrixSettings>, Static<typeof matrixSecrets>>
type Access = Pick<Context, 'settings' | 'secrets'>

/**
 * An event has at most 65,536 bytes (†) with the text in it twice. The worst character costs 8 bytes: a quote is 2 in the
 * JSON of the plain text and 6 as &quot; in the HTML.
 */
const maxText = { n: 7_500, unit: 'utf8bytes' } as const
/** Our own choice: a heading longer than this is not one. */
const maxTitle = { n: 256, unit: 'utf8bytes' } as const

/** `!opaque:server`, or since room version 12 `!hash` alone. Visible ASCII without what would need care in a path. */
const roomId = /^![\x21-\x7e]{1,254}$/

const parseAddress = (to: string) => {
  const address = to.trim()
  if (roomId.test(address)) return { ok: true, address } as const
  return {
    ok: false,
    reason:
      'A Matrix room is its internal id, such as !abc123:example.org (room settings, Advanced); #aliases can move.',
  } as const
}

const request = (
  { settings, secrets }: Access,
  method: 'GET' | 'PUT',
  path: string,
  body?: object,
) =>
  ({
    method,
    url: `${baseUrlOf(settings.baseUrl, settings.baseUrl)}/_matrix/client/v3${path}`,
    headers: {
      authorization: `Bearer ${secrets.accessToken}`,
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }) as const satisfies HttpRequest

/** Line breaks and tabs are white space; other control characters would only make the JSON larger. */
const visible = (text: string): string =>
  // oxlint-disable-next-line no-control-regex -- control characters are what is taken out
  cleanText(text).replaceAll(/[\u0001-\u0008\u000B-\u001F\u007F]/g, '')

/** The plain text and, when there is a title to make bold, the same as HTML. Undefined when there is nothing to say. */
const formatted = (content: Content): object | undefined => {
  const title = truncate(singleLine(content.title ?? ''), maxTitle)
  const text = truncate(visible(content.text).trim(), maxText)
  const body = `${title}${title === '' || text === '' ? '' : '\n\n'}${text}`
  if (body === '') return undefined
  if (title === '') return { body }
  const lines = escapeHtml(text).replaceAll('\n', '<br>')
  const heading = `<strong>${escapeHtml(title)}</strong>`
  return {
    body,
    format: 'org.matrix.custom.html',
    formatted_body: lines === '' ? heading : `${heading}<br><br>${lines}`,
  }
}

const sentReply = Type.Object({ event_id: Type.String({ minLength: 1 }) })
const errorReply = Type.Object({
  errcode: Type.String(),
  error: Type.Optional(Type.String()),
  retry_after_ms: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
})

const readReply =
  ({ now }: Pick<Context, 'now'>) =>
  (response: HttpResponse): Outcome | undefined => {
    const sent = readJson(sentReply, response.body)
    if (sent !== undefined) return { kind: 'accepted', ids: [sent.event_id] }
    const error = readJson(errorReply, response.body)
    if (error === undefined) return unreadableSuccess(response)
    const said = {
      code: error.errcode,
      ...(error.error === undefined ? {} : { words: error.error }),
    }
    const outcome = outcomeOfTable(matrixErrors, said, { response, now })
    const askedMs = error.retry_after_ms
    if (outcome?.kind !== 'retry' || askedMs === undefined) return outcome
    return { ...outcome, afterMs: Math.min(Math.max(askedMs, 1_000), retryAfterCapMs) }
  }

const send = async (message: OutboundMessage, context: Context): Promise<Outcome> => {
  const { settings, secrets, now } = context
  const to = parseAddress(message.to)
  if (!to.ok) return { kind: 'recipient_rejected', reason: to.reason }
  const content = formatted(message.content)
  if (content === undefined) return { kind: 'message_rejected', reason: 'the message is empty' }
  const room = encodeURIComponent(to.address)
  const path = `/rooms/${room}/send/m.room.message/${message.deliveryId}`
  const event = { msgtype: settings.quiet === true ? 'm.notice' : 'm.text', ...content }
  const reply = await context.http.request(request(context, 'PUT', path, event), context.signal)
  return outcomeOfReply(reply, {
    now,
    secrets: [secrets.accessToken],
    read: readReply(context),
  })
}

const whoReply = Type.Object({ user_id: Type.String() })

const verify = async (context: Omit<Context, 'render'>): Promise<Verification> => {
  const who = request(context, 'GET', '/account/whoami')
  return verificationOf(await context.http.request(who, context.signal), {
    now: context.now,
    secrets: [context.secrets.accessToken],
    read: readReply(context),
    stranger: 'not an answer of a Matrix homeserver',
    proof: ({ status, body }) => (status === 200 ? readJson(whoReply, body)?.user_id : undefined),
  })
}

export const connector = defineConnector({
  id: 'matrix',
  name: 'Matrix',
  channel: 'chat',
  docs: [
    'Sends messages to Matrix rooms from an account of yours. Make an account for Carillon on any homeserver, store an access',
    'token of it and let it join the rooms; the recipient is a room’s internal id. The rooms must not be encrypted. The title',
    'is bold, everything is escaped; texts longer than 7,500 bytes are cut. The delivery’s id is the transaction id: a message',
    'that had to be sent again arrives once, as long as the access token stays the same. Matrix has no delivery receipts that',
    'could be awaited here. See https://spec.matrix.org/latest/client-server-api/.',
  ].join(' '),
  settings: matrixSettings,
  secrets: matrixSecrets,
  // Every homeserver has limits of its own and names the wait (M_LIMIT_EXCEEDED); none are documented [MX].
  limits: { maxText },
  check: baseUrlProblems,
  parseAddress,
  send,
  verify,
  examples: matrixExamples,
})
