/**
 * Reads an answer of the Bot API (`{ok, result}` or `{ok: false, error_code, description, parameters}`) into an outcome.
 * Not for transport failures, nor for bodies that are not Telegram's: `http-outcome.ts` has those.
 */
import Type from 'typebox'
import type { Instant } from '@carillon/domain/clock'
import type { Outcome } from '@carillon/domain/outcome'
import { parseRetryAfter, throttledMs } from '../http-outcome.ts'
import type { HttpResponse } from '../http-port.ts'
import { readJson } from '../read-json.ts'
import { telegramErrors } from './error-map.ts'

const sentReply = Type.Object({
  ok: Type.Literal(true),
  result: Type.Object({
    message_id: Type.Integer(),
    chat: Type.Object({ id: Type.Integer() }),
  }),
})

const errorReply = Type.Object({
  ok: Type.Literal(false),
  error_code: Type.Integer(),
  description: Type.String(),
  parameters: Type.Optional(
    Type.Object({
      retry_after: Type.Optional(Type.Number()),
      // At most 52 bits, says the server's code: safe in a JavaScript number.
      migrate_to_chat_id: Type.Optional(Type.Integer()),
    }),
  ),
})

type ErrorReply = Type.Static<typeof errorReply>

const tooManyRequests = 429

/**
 * The outcome of an answer to sendMessage, or undefined when the body is not one of the Bot API's. The id of an accepted
 * message is `<chat id>:<message id>`, because message ids are unique inside their chat only.
 */
export const readTelegramReply = (response: HttpResponse, now: Instant): Outcome | undefined => {
  const sent = readJson(sentReply, response.body)
  if (sent !== undefined) {
    return { kind: 'accepted', ids: [`${sent.result.chat.id}:${sent.result.message_id}`] }
  }
  const error = readJson(errorReply, response.body)
  if (error === undefined) return undefined
  const outcome = outcomeOfError(error, response, now)
  if (outcome === undefined) return undefined
  return {
    ...outcome,
    providerCode: String(error.error_code),
    providerMessage: error.description,
  }
}

const outcomeOfError = (
  error: ErrorReply,
  response: HttpResponse,
  now: Instant,
): Outcome | undefined => {
  const movedTo = error.parameters?.migrate_to_chat_id
  if (movedTo !== undefined) {
    return {
      kind: 'moved',
      reason: 'the group was upgraded to a supergroup',
      address: String(movedTo),
    }
  }
  if (error.error_code === tooManyRequests) return floodWait(error, response, now)
  return outcomeOfRow(error)
}

/**
 * Telegram does not say what was too fast: this chat or the whole bot. The chat is paused (channels.md section 1); when
 * the bot as a whole is too fast, its other chats get the same answer and are paused one by one.
 */
const floodWait = (error: ErrorReply, response: HttpResponse, now: Instant): Outcome => {
  const asked = error.parameters?.retry_after
  const afterMs =
    parseRetryAfter(asked === undefined ? undefined : String(asked), now) ??
    parseRetryAfter(response.headers['retry-after'], now) ??
    throttledMs
  return { kind: 'retry', scope: 'recipient', reason: 'Telegram asks to slow down', afterMs }
}

const outcomeOfRow = (error: ErrorReply): Outcome | undefined => {
  const said = error.description.toLowerCase()
  const row = telegramErrors.find(
    (row) => row.code === error.error_code && (row.says === undefined || said.includes(row.says)),
  )
  if (row === undefined) return undefined
  const { kind, reason, suppress } = row
  if (kind !== 'recipient_rejected' || suppress === undefined) return { kind, reason }
  return { kind, reason, suppress }
}
