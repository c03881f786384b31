/**
 * Reads an answer of Twilio's Messages resource into an outcome. Not for transport failures, nor for bodies that are not
 * Twilio's: `http-outcome.ts` has those.
 */
import Type from 'typebox'
import type { Instant } from '@carillon/domain/clock'
import type { Outcome } from '@carillon/domain/outcome'
import { outcomeOfTable } from '../error-table.ts'
import type { HttpResponse } from '../http-port.ts'
import { readJson } from '../read-json.ts'
import { twilioErrors } from './error-map.ts'

const createdReply = Type.Object({
  sid: Type.String(),
  status: Type.Optional(Type.String()),
  // "0" at creation through a messaging service [TWO].
  num_segments: Type.Optional(Type.Union([Type.String(), Type.Null()])),
})

const errorReply = Type.Object({ code: Type.Integer(), message: Type.Optional(Type.String()) })

/** The outcome of an answer, or undefined when the body says nothing that is known. Accepted means: in Twilio's queue. */
export const readTwilioReply = (response: HttpResponse, now: Instant): Outcome | undefined => {
  const created = readJson(createdReply, response.body)
  if (created !== undefined && response.status < 300) {
    const segments = Number(created.num_segments ?? 0)
    const words = [
      created.status ?? '',
      segments > 0 ? `${segments} segment${segments === 1 ? '' : 's'}` : '',
    ].filter((word) => word !== '')
    return {
      kind: 'accepted',
      ids: [created.sid],
      ...(words.length === 0 ? {} : { providerMessage: words.join(', ') }),
    }
  }
  const error = readJson(errorReply, response.body)
  if (error === undefined) return undefined
  const { code, message } = error
  const said = { code: String(code), ...(message === undefined ? {} : { words: message }) }
  return outcomeOfTable(twilioErrors, said, { response, now })
}
