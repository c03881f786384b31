/** The answer of "test credentials" from one harmless HTTP exchange, for connectors whose vendor has such a call. */
import type { Verification } from './define-connector.ts'
import { outcomeOfReply, redact, type OutcomeOptions } from './http-outcome.ts'
import type { HttpReply, HttpResponse } from './http-port.ts'

type Options = OutcomeOptions & {
  /** The detail to show ("@name"; empty: nothing) when the answer proves the credentials, undefined when it does not. */
  readonly proof: (response: HttpResponse) => string | undefined
  /** What to say of a success that proves nothing: "not an answer of …". */
  readonly stranger: string
}

/** Maps the reply of the harmless call. Never throws; the texts are free of the secrets named in the options. */
export const verificationOf = (reply: HttpReply, options: Options): Verification => {
  const proof = reply.kind === 'response' ? options.proof(reply) : undefined
  if (proof !== undefined) {
    const detail = redact(proof, options.secrets ?? [])
    return { ok: true, ...(detail === '' ? {} : { detail }) }
  }
  const outcome = outcomeOfReply(reply, options)
  if (outcome.kind === 'accepted' || outcome.kind === 'unknown') {
    const heard = reply.kind === 'response'
    return {
      ok: false,
      error: heard || outcome.kind === 'accepted' ? options.stranger : outcome.reason,
    }
  }
  const detail = outcome.providerMessage
  return { ok: false, error: outcome.reason, ...(detail === undefined ? {} : { detail }) }
}
