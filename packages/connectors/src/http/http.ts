/**
 * Calls any HTTP API with a request made of templates: an order's status in an ERP, the start of a workflow. Not for
 * events to software that verifies them: that is the `webhook` connector.
 */
import type { Outcome } from '@carillon/domain/outcome'
import {
  defineConnector,
  type OutboundMessage,
  type SendContext,
  type Verification,
} from '../define-connector.ts'
import { outcomeOfReply, providerText } from '../http-outcome.ts'
import { labelAddress } from '../label-address.ts'
import { targetUrlProblem } from '../target-url.ts'
import { userHeaderProblems } from '../user-headers.ts'
import { httpExamples } from './examples.ts'
import { originOfTemplate, renderRequest, tokenHeader } from './render-request.ts'
import { httpSecrets, httpSettings, type HttpSecrets, type HttpSettings } from './settings.ts'

type Context = SendContext<HttpSettings, HttpSecrets>

const docs = `Calls an HTTP API for each message: method, URL, headers and body are Liquid templates over event, data, to,
content and delivery. Values are percent-encoded in the URL and escaped for JSON in the body, so write
{"order": "{{ data.id }}"} with the quotes around the insertion. The host can't come from a template. The secret token goes
into the Authorization header as a Bearer token, or where tokenHeader and tokenScheme say. Every request carries
Idempotency-Key, the same at every attempt, so that an API that knows it (https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/)
does the work once. 2xx is success, and so is every status in successStatuses; those in retryStatuses are tried again; 401 and 403 refuse the integration, 408, 425,
429 and 5xx are tried again, other 4xx answers end the delivery. The "to" of a route step is a label that templates may use.
Testing the integration sends one GET to the root of the host, without the templates.`

/** Why a header can't be set by the tenant, or undefined. */
const takenHeader =
  (settings: HttpSettings) =>
  (name: string): string | undefined => {
    if (name === 'idempotency-key') {
      return 'it is the delivery id, the same at every attempt, or what the setting idempotencyKey says; leave it out'
    }
    if (name === 'x-carillon-delivery') return 'it is the delivery id; leave it out'
    if (name === 'authorization') return 'put it into the secret `token`, where it is encrypted'
    return name === settings.tokenHeader?.toLowerCase()
      ? 'the secret `token` goes into this header; leave it out'
      : undefined
  }

const check = (
  settings: HttpSettings,
): readonly { readonly pointer: string; readonly detail: string }[] => {
  const urlProblem = templateUrlProblem(settings.url)
  // The name may not be one that we or the HTTP client set, and an empty value is always sendable.
  const tokenNames = settings.tokenHeader === undefined ? {} : { [settings.tokenHeader]: '' }
  const tokenProblems = userHeaderProblems(tokenNames, (name) =>
    name === 'idempotency-key' || name === 'content-type'
      ? `${name} can't carry the token`
      : undefined,
  )
  const both = settings.retryStatuses?.filter((status) =>
    settings.successStatuses?.includes(status),
  )
  return [
    ...(both === undefined || both.length === 0
      ? []
      : [{ pointer: '/settings/retryStatuses', detail: `${both.join(', ')} is a success, too` }]),
    ...(urlProblem === undefined ? [] : [{ pointer: '/settings/url', detail: urlProblem }]),
    ...userHeaderProblems(settings.headers ?? {}, takenHeader(settings)),
    ...tokenProblems.map(({ detail }) => ({ pointer: '/settings/tokenHeader', detail })),
    ...(settings.method === 'GET' && settings.body !== undefined
      ? [{ pointer: '/settings/body', detail: 'a GET has no body; put the values into the URL' }]
      : []),
  ]
}

const templateUrlProblem = (template: string): string | undefined => {
  const origin = originOfTemplate(template)
  if (origin.includes('{')) {
    return 'write scheme and host as they are; only path and query can be templates'
  }
  return targetUrlProblem(origin)
}

const secretsOf = ({ settings, secrets }: Pick<Context, 'settings' | 'secrets'>) => [
  secrets.token,
  ...Object.values(tokenHeader(settings, secrets)),
]

const send = async (message: OutboundMessage, context: Context): Promise<Outcome> => {
  const made = renderRequest(message, context)
  if (!made.ok) {
    return { kind: 'message_rejected', reason: providerText(made.reason, secretsOf(context)) }
  }
  const { settings, now, signal } = context
  const reply = await context.http.request(made.value, signal)
  return outcomeOfReply(reply, {
    now,
    secrets: secretsOf(context),
    read: ({ status }) => meantBy(settings, status),
  })
}

/** What the tenant says of a status; undefined: the common reading. */
const meantBy = (settings: HttpSettings, status: number): Outcome | undefined => {
  if (settings.successStatuses?.includes(status) === true) return { kind: 'accepted', ids: [] }
  return settings.retryStatuses?.includes(status) === true
    ? { kind: 'retry', scope: 'message', reason: `HTTP ${status}: not now, as the settings say` }
    : undefined
}

const verify = async (context: Omit<Context, 'render'>): Promise<Verification> => {
  const { settings, secrets, now, signal } = context
  const url = `${originOfTemplate(settings.url)}/`
  const headers = { 'user-agent': 'Carillon/1.0', ...tokenHeader(settings, secrets) }
  const reply = await context.http.request({ method: 'GET', url, headers }, signal)
  if (reply.kind === 'response' && reply.status < 500) {
    // The templates need an event, so the credentials are not judged: many APIs answer their root with 401 or 404.
    return {
      ok: true,
      detail: `The host answers (HTTP ${reply.status} to GET /). The call itself was not tried.`,
    }
  }
  const outcome = outcomeOfReply(reply, { now, secrets: secretsOf(context) })
  return { ok: false, error: 'reason' in outcome ? outcome.reason : 'no answer' }
}

export const connector = defineConnector({
  id: 'http',
  name: 'HTTP request',
  channel: 'http',
  docs,
  settings: httpSettings,
  secrets: httpSecrets,
  // No vendor, no documented rate: the tenant may set one on the integration.
  limits: {},
  check,
  parseAddress: (to) => labelAddress(to, 'endpoint'),
  send,
  verify,
  examples: httpExamples,
})
