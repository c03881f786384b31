/** `carillon resend`: sends a finished delivery once more, as a new delivery. Not for many at a time. */
import { printId } from '@carillon/domain/ids'
import { Type } from 'typebox'
import { createSystemIdGenerator } from '../platform/ids.ts'
import { apiHelp, apiOptions, connectApi } from './connect-api.ts'
import { onlyDeliveryId } from './delivery.ts'
import { printable } from './printable.ts'
import { readArgs, tellUsage } from './read-args.ts'
import type { Verb } from './verb.ts'

const help = `Usage: carillon resend <dlv_...> [options]

Sends a finished delivery once more, with the same content, to the same recipient, as a new delivery; prints the new id.

Options:
${apiHelp}`

const resendAnswer = Type.Object({ id: Type.String(), resendOf: Type.String() })

export const resendVerb: Verb = {
  name: 'resend',
  summary: 'Send a finished delivery once more',
  help,
  run: async (args, io) => {
    const given = readArgs(resendVerb, { args, options: apiOptions }, io)
    if (given === undefined) return 2
    const id = onlyDeliveryId(given.positionals)
    if (id === undefined) return tellUsage(resendVerb, 'takes the id of one delivery, dlv_...', io)
    await using api = await connectApi(io, given.values)
    if (api === undefined) return 2
    // One key for all attempts of this call: when the answer gets lost, the repetition sends nothing twice.
    const idempotencyKey = printId('request', createSystemIdGenerator()('request'))
    const answer = await api.call(
      { method: 'POST', path: `/deliveries/${id}/resend`, idempotencyKey },
      resendAnswer,
    )
    if (!answer.ok) {
      io.err(`carillon: ${answer.failure.message}`)
      return 1
    }
    io.out(
      `${printable(answer.body.id)}  sends ${id} once more; see: carillon delivery ${printable(answer.body.id)}`,
    )
    return 0
  },
}
