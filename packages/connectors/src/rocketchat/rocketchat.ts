/**
 * Sends to Rocket.Chat rooms through the REST API (`chat.sendMessage`); the delivery's id is the message's. Facts:
 * channels.md section 8, openapi/rocketchat_chat.json. Receives nothing: Rocket.Chat has no delivery receipts.
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
import {
  messageFault,
  outcomeOfTable,
  recipientFault,
  slowDown,
  unreadableSuccess,
  type ErrorRow,
} from '../error-table.ts'
import { cleanText, singleLine, truncate } from '../format.ts'
import { outcomeOfReply } from '../http-outcome.ts'
import type { HttpRequest, HttpResponse } from '../http-port.ts'
import { readJson } from '../read-json.ts'
import { verificationOf } from '../verification-of.ts'
import { rocketchatExamples } from './examples.ts'
import { rocketchatSecrets, rocketchatSettings } from './settings.ts'

type Context = SendContext<Static<typeof rocketchatSettings>, Static<typeof rocketchatSecrets>>
type Access = Pick<Context, 'settings' | 'secrets'>

/** † The server's default for the longest message (Message_MaxAllowedSize). */
const maxText = { n: 5_000, unit: 'utf16' } as const
/** Our own choice: a heading longer than this is not one. */
const maxTitle = { n: 256, unit: 'utf16' } as const

/** Errors come as `error` or `errorType`, in the form "error-invalid-room" [RC]; rows marked † are not in the document. */
const rocketchatErrors: readonly ErrorRow[] = [
  {
    says: /error-invalid-room|error-room-not-found/,
    outcome: recipientFault('there is no such room'),
  },
  // † Read-only, archived, or not a member: an administrator can change each.
  {
    says: /error-not-allowed|not-authorized|error-room-archived|error-user-not-in-room/,
    outcome: recipientFault('the user may not write in the room'),
  },
  // †
  { says: /error-message-size-exceeded/, outcome: messageFault('the message is too long') },
  // †
  { says: /error-too-many-requests/, outcome: slowDown('the server asks to slow down') },
]

/** † A second insert under the same id: the first attempt had got through. */
const alreadyThere = /\bE11000\b|duplicate key/

/** Rocket.Chat has no way to say "mention nobody": an invisible space keeps @all and @here from calling everybody. */
const muted = (text: string): string => text.replaceAll(/@(?=all\b|here\b)/gi, '@\u200B')

const formatText = ({ title: heading, text: body }: Content): string => {
  const title = truncate(singleLine(heading ?? ''), maxTitle)
  const text = truncate(cleanText(body).trim(), { ...maxText, n: maxText.n - title.length - 100 })
  // An asterisk inside would end the bold.
  const bold = title === '' || title.includes('*') ? title : `*${title}*`
  return truncate(muted(`${bold}\n${text}`.trim()), maxText)
}

/** Ids are made of letters and digits; the ones of old rooms are words, such as GENERAL. */
const roomId = /^[A-Za-z0-9]{1,64}$/

const parseAddress = (to: string) => {
  const address = to.trim()
  if (roomId.test(address)) return { ok: true, address } as const
  return {
    ok: false,
    reason: 'A Rocket.Chat room is its id, such as GENERAL or LnCSJxxNkCy6K9X8X (not its #name).',
  } as const
}

const headersOf = ({ settings, secrets }: Access) => ({
  'x-auth-token': secrets.authToken,
  'x-user-id': settings.userId,
  accept: 'application/json',
})

const urlOf = ({ settings }: Access, method: string): string =>
  `${baseUrlOf(settings.baseUrl, settings.baseUrl)}/api/v1/${method}`

const sentReply = Type.Object({
  success: Type.Literal(true),
  message: Type.Object({ _id: Type.String({ minLength: 1 }) }),
})
const errorReply = Type.Object({
  success: Type.Literal(false),
  error: Type.Optional(Type.String()),
  errorType: Type.Optional(Type.String()),
})

const readReply =
  ({ now }: Pick<Context, 'now'>, deliveryId: string) =>
  (response: HttpResponse): Outcome | undefined => {
    const sent = readJson(sentReply, response.body)
    if (sent !== undefined) return { kind: 'accepted', ids: [sent.message._id] }
    const error = readJson(errorReply, response.body)
    if (error === undefined) return unreadableSuccess(response)
    const words = [error.errorType, error.error].filter(Boolean).join(': ')
    if (alreadyThere.test(words)) return { kind: 'accepted', ids: [deliveryId] }
    return outcomeOfTable(rocketchatErrors, { words }, { response, now })
  }

const send = async (message: OutboundMessage, context: Context): Promise<Outcome> => {
  const to = parseAddress(message.to)
  if (!to.ok) return { kind: 'recipient_rejected', reason: to.reason }
  const msg = formatText(message.content)
  if (msg === '') return { kind: 'message_rejected', reason: 'the message is empty' }
  const request: HttpRequest = {
    method: 'POST',
    url: urlOf(context, 'chat.sendMessage'),
    headers: { ...headersOf(context), 'content-type': 'application/json' },
    // The id is ours to choose: the same one again makes no second message [RC].
    body: JSON.stringify({ message: { _id: message.deliveryId, rid: to.address, msg } }),
  }
  return outcomeOfReply(await context.http.request(request, context.signal), {
    now: context.now,
    secrets: [context.secrets.authToken],
    read: readReply(context, message.deliveryId),
  })
}

const meReply = Type.Object({ success: Type.Literal(true), username: Type.String() })

/** † `GET /api/v1/me` says who the token belongs to. */
const verify = async (context: Omit<Context, 'render'>): Promise<Verification> => {
  const request = { method: 'GET', url: urlOf(context, 'me'), headers: headersOf(context) } as const
  return verificationOf(await context.http.request(request, context.signal), {
    now: context.now,
    secrets: [context.secrets.authToken],
    read: readReply(context, ''),
    stranger: 'not an answer of a Rocket.Chat server',
    proof: ({ status, body }) => (status === 200 ? readJson(meReply, body)?.username : undefined),
  })
}

export const connector = defineConnector({
  id: 'rocketchat',
  name: 'Rocket.Chat',
  channel: 'chat',
  docs: [
    'Sends messages to rooms of a Rocket.Chat server of yours. Make a user for Carillon, give it a personal access token (with',
    '"ignore two factor"), store the token and the user’s id, and add the user to the rooms; the recipient is a room’s id. The',
    'title is bold, the text may use Rocket.Chat’s markup, @all and @here call nobody. Texts longer than 5,000 characters are',
    'cut. The message’s id is the delivery’s: a message that had to be sent again arrives once. There are no delivery receipts.',
    'See https://developer.rocket.chat/apidocs/send-message.',
  ].join(' '),
  settings: rocketchatSettings,
  secrets: rocketchatSecrets,
  // The server's own rate limiter is its administrator's; no numbers are documented here [RC].
  limits: { maxText },
  check: baseUrlProblems,
  parseAddress,
  send,
  verify,
  examples: rocketchatExamples,
})
