/**
 * Calls of others become events: any JSON, proved by a signature or a shared secret, mapped by settings. For systems that
 * have no connector of their own. Not for providers' receipts: those are parts of the connectors that send.
 */
import { defineReader } from '../define-connector.ts'
import { inboundExamples } from './examples.ts'
import { readCall, rereadCall } from './read-call.ts'
import { inboundProblems, inboundSecrets, inboundSettings } from './settings.ts'
import { signedIdOf } from './signed-id.ts'
import { signCall } from './sign-call.ts'
import { proofOf, refusedCall } from './verify-call.ts'

export const connector = defineReader({
  id: 'inbound',
  name: 'Inbound webhook',
  docs: 'Takes calls of any system at POST /hooks/{id} (`hookUrl` of the integration) and makes events of them. Choose how a call is proved (Standard Webhooks, HMAC as GitHub and Slack do it, a JSON Web Signature, a shared token, basic authentication), and where in its JSON type, id, time and data are; POST /integrations/{id}/map shows what a sample would become. A call that proves nothing is answered 401 and not kept; one that can not be mapped is answered 202 and kept in quarantine, with the reason. A repetition changes nothing.',
  settings: inboundSettings,
  secrets: inboundSecrets,
  // In hexadecimal: good as text, as base64 of a Standard Webhooks secret, and in a URL.
  generateSecrets: (randomBytes) => ({
    secret: `whsec_${Buffer.from(randomBytes(24)).toString('hex')}`,
  }),
  check: inboundProblems,
  source: {
    webhook: {
      setUp: "Enter the integration's hookUrl and the secret at the other side.",
      proof: proofOf,
      sign: signCall,
      examples: inboundExamples,
      parse: async (request, context) => {
        const refusal = await refusedCall(request, context)
        if (refusal !== undefined) return refusal
        const { auth, deliveryIdHeader } = context.settings
        const header =
          deliveryIdHeader ??
          (auth.scheme === 'standard-webhooks' ? `${auth.prefix ?? 'webhook'}-id` : undefined)
        const deliveryId = header === undefined ? undefined : request.headers[header.toLowerCase()]
        const given = {
          contentType: request.headers['content-type'] ?? '',
          deliveryId: deliveryId === '' ? undefined : deliveryId,
        }
        const { events, unreadable, callId } = readCall(request.body, given, context)
        const signedId = signedIdOf(request, context.settings)
        // What is signed comes first: a copy under a new delivery id does not use that id up.
        const callIds = callId === undefined ? [] : [signedId ?? [], callId].flat()
        return {
          ok: true,
          receipts: [],
          events,
          unreadable,
          ...(callIds.length === 0 ? {} : { callIds }),
        }
      },
    },
    reread: rereadCall,
    map: (sample, context) => readCall(sample, { contentType: '', deliveryId: undefined }, context),
  },
})
