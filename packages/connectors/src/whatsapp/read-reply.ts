/**
 * Reads an answer of the Cloud API's messages endpoint into an outcome. Not for transport failures, nor for bodies that
 * are not Meta's: `http-outcome.ts` has those.
 */
import Type, { type Static } from 'typebox'
import type { Instant } from '@carillon/domain/clock'
import type { Outcome, Retry } from '@carillon/domain/outcome'
import { parseRetryAfter } from '../http-outcome.ts'
import type { HttpResponse } from '../http-port.ts'
import { readJson } from '../read-json.ts'
import { whatsappErrors, type WhatsappError } from './error-map.ts'

const sentReply = Type.Object({
  messages: Type.Array(
    Type.Object({ id: Type.String(), message_status: Type.Optional(Type.String()) }),
    { minItems: 1 },
  ),
})

const errorReply = Type.Object({
  error: Type.Object({
    code: Type.Integer(),
    message: Type.Optional(Type.String()),
    error_subcode: Type.Optional(Type.Integer()),
    error_data: Type.Optional(Type.Object({ details: Type.Optional(Type.String()) })),
    is_transient: Type.Optional(Type.Boolean()),
  }),
})

type MetaError = Static<typeof errorReply>['error']

type Reading = { readonly now: Instant; readonly attempt: number }

/**
 * The outcome of an answer, or undefined when the body says nothing that is known. Accepted means that Meta took it,
 * not that it was sent: `held_for_quality_assessment` and `paused` are accepted too and are kept as the provider's words.
 */
export const readWhatsappReply = (
  response: HttpResponse,
  reading: Reading,
): Outcome | undefined => {
  const sent = readJson(sentReply, response.body)
  if (sent !== undefined) {
    const status = sent.messages[0]?.message_status
    return {
      kind: 'accepted',
      ids: sent.messages.map(({ id }) => id),
      ...(status === undefined ? {} : { providerMessage: status }),
    }
  }
  const error = readJson(errorReply, response.body)?.error
  if (error === undefined) return undefined
  const outcome = outcomeOfError(error, response, reading)
  if (outcome === undefined) return undefined
  return { ...outcome, providerCode: String(error.code), providerMessage: wordsOf(error) }
}

const wordsOf = ({ message, error_data }: MetaError): string =>
  [message, error_data?.details].filter((part) => part !== undefined && part !== '').join(': ')

const outcomeOfError = (
  error: MetaError,
  response: HttpResponse,
  reading: Reading,
): Outcome | undefined => {
  const row = whatsappErrors.find((row) => applies(row, error))
  const outcome = row === undefined ? undefined : outcomeOfRow(row, error, reading)
  const weighed = weigh(outcome, error.is_transient)
  if (weighed?.kind !== 'retry') return weighed
  const askedMs = parseRetryAfter(response.headers['retry-after'], reading.now)
  return askedMs === undefined ? weighed : { ...weighed, afterMs: askedMs }
}

const applies = (row: WhatsappError, error: MetaError): boolean =>
  (row.subcode === undefined || row.subcode === error.error_subcode) &&
  row.codes.some((code) =>
    typeof code === 'number' ? code === error.code : code[0] <= error.code && error.code <= code[1],
  )

const outcomeOfRow = (row: WhatsappError, error: MetaError, { attempt }: Reading): Outcome => {
  const { outcome } = row
  if (row.giveUpFrom !== undefined && attempt >= row.giveUpFrom) {
    return { kind: 'message_rejected', reason: `${outcome.reason}; given up after several tries` }
  }
  if (row.mayBeTheNumber === true && namesTheRecipient.test(wordsOf(error))) {
    return { kind: 'recipient_rejected', reason: 'the number is not a valid recipient' }
  }
  if (row.waitsPowerOfFour === true && outcome.kind === 'retry') {
    return { ...outcome, afterMs: powerOfFourMs(attempt) }
  }
  return outcome
}

/** A guess at a text ("Param to is not valid", "recipient phone number ..."), so it suppresses nobody. */
const namesTheRecipient = /\bparam(?:eter)?\W{1,3}to\b|['"[]to['"\]]|\brecipient\b/i

/** 4^X seconds is Meta's advice for the pair rate limit [WRL]; 4^6 s is 68 minutes, and the wait stays there. */
const powerOfFourMs = (attempt: number): number => 4 ** Math.min(Math.max(attempt, 1), 6) * 1_000

const failed: Retry = { kind: 'retry', scope: 'message', reason: 'WhatsApp failed' }

/**
 * `is_transient`, when present, is authoritative [META]: true makes a retry of every rejection; false ends what would
 * have been tried again only because the code sounds like a hiccup (limits and waits pass whatever it says).
 */
const weigh = (outcome: Outcome | undefined, isTransient: boolean | undefined) => {
  if (isTransient === true) {
    return outcome?.kind === 'retry' || outcome?.kind === 'defer' ? outcome : failed
  }
  const isHiccup =
    outcome?.kind === 'retry' && outcome.scope === 'message' && outcome.afterMs === undefined
  if (isTransient === false && (outcome === undefined || isHiccup)) {
    return { kind: 'message_rejected', reason: 'WhatsApp does not take the message' } as const
  }
  return outcome
}
