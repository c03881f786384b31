/** One signed call of the e-mail API: where it goes, what proves it, and what of it must never be read in an outcome. */
import type { Static } from 'typebox'
import { baseUrlOf } from '../base-url.ts'
import type { SendContext } from '../define-connector.ts'
import type { OutcomeOptions } from '../http-outcome.ts'
import type { HttpReply } from '../http-port.ts'
import { readAzureReply } from './read-reply.ts'
import type { azureEmailSecrets, azureEmailSettings } from './settings.ts'
import { signedHeaders } from './sign-request.ts'

export type AzureSettings = Static<typeof azureEmailSettings>
export type AzureSecrets = Static<typeof azureEmailSecrets>
export type AzureContext = Omit<SendContext<AzureSettings, AzureSecrets>, 'render'>

/** The newer of the two stable versions, and the one that the SDK asks for (channels.md section 4). */
const apiVersion = '2025-09-01'

type Call = {
  readonly method: 'GET' | 'POST'
  /** Behind the endpoint, such as "/emails:send". */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** Makes the call. The answer comes with how to read it: the outcomes are without the key and without the signature. */
export const callAzure = async (
  context: AzureContext,
  { method, path, headers = {}, body }: Call,
): Promise<{ readonly reply: HttpReply; readonly reading: OutcomeOptions }> => {
  const { settings, secrets, now } = context
  const base = baseUrlOf(settings.baseUrl, settings.endpoint).replace(/\/+$/, '')
  const url = `${base}${path}?api-version=${apiVersion}`
  const { accessKey, hookToken } = secrets
  const proof = signedHeaders({ method, url, body: body ?? '', accessKey, now })
  const type = body === undefined ? {} : { 'content-type': 'application/json' }
  const request = {
    method,
    url,
    headers: { accept: 'application/json', ...type, ...headers, ...proof },
  }
  const reply = await context.http.request(
    body === undefined ? request : { ...request, body },
    context.signal,
  )
  const [, credentials] = proof.authorization.split(' ')
  return {
    reply,
    reading: {
      now,
      secrets: [accessKey, hookToken, credentials, credentials?.split('Signature=')[1]],
      read: (response) => readAzureReply(response, now),
    },
  }
}
