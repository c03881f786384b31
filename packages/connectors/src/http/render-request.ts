/**
 * Makes the request of an HTTP integration out of its templates, and refuses what a value of the event would turn into
 * another request. Decides nothing about answers.
 */
import type { Escape, OutboundMessage, SendContext } from '../define-connector.ts'
import type { HttpRequest } from '../http-port.ts'
import { standardBody } from '../standard-body.ts'
import { targetUrlProblem } from '../target-url.ts'
import { isHeaderValue } from '../user-headers.ts'
import type { HttpSecrets, HttpSettings } from './settings.ts'

type Context = SendContext<HttpSettings, HttpSecrets>
type Made<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: string }

/** The request, or the sentence why this message can't be made into one. */
export const renderRequest = (message: OutboundMessage, context: Context): Made<HttpRequest> => {
  const { method } = context.settings
  const url = renderUrl(context)
  if (!url.ok) return url
  const headers = renderHeaders(message, context)
  if (!headers.ok) return headers
  const body = renderBody(message, context, headers.value['content-type'] ?? '')
  if (!body.ok) return body
  if (body.value !== undefined) {
    return { ok: true, value: { method, url: url.value, headers: headers.value, body: body.value } }
  }
  const { 'content-type': _, ...bare } = headers.value
  return { ok: true, value: { method, url: url.value, headers: bare } }
}

/** Scheme, host and port of a URL template: what stands before its path. */
export const originOfTemplate = (template: string): string =>
  /^https?:\/\/[^/?#\\]*/i.exec(template)?.[0] ?? ''

const renderUrl = ({ settings, render }: Context): Made<string> => {
  const rendered = render(settings.url, 'url')
  if (!rendered.ok) return { ok: false, reason: `url: ${rendered.reason}` }
  const url = rendered.text.trim()
  const problem = targetUrlProblem(url)
  if (problem !== undefined) return { ok: false, reason: `url: ${problem}` }
  if (new URL(url).origin !== new URL(originOfTemplate(settings.url)).origin) {
    return { ok: false, reason: 'url: the host came out differently from what the template says' }
  }
  // Percent-encoding leaves dots alone, and the URL parser would climb with them: orders/{{ id }}/cancel with the id "..".
  if (/\/\.{1,2}([/?#]|$)/.test(url)) {
    return { ok: false, reason: 'url: a value made a "." or ".." segment of the path' }
  }
  return { ok: true, value: url }
}

const renderHeaders = (
  message: OutboundMessage,
  { settings, secrets, render }: Context,
): Made<Readonly<Record<string, string>>> => {
  const headers: Record<string, string> = {
    'user-agent': 'Carillon/1.0',
    'content-type': 'application/json',
    // draft-ietf-httpapi-idempotency-key-header; the same at every attempt.
    ...(settings.idempotencyKey === undefined
      ? { 'idempotency-key': message.deliveryId }
      : { 'x-carillon-delivery': message.deliveryId }),
  }
  const own =
    settings.idempotencyKey === undefined ? {} : { 'Idempotency-Key': settings.idempotencyKey }
  for (const [name, template] of Object.entries({ ...settings.headers, ...own })) {
    const rendered = render(template, 'none')
    if (!rendered.ok) return { ok: false, reason: `header ${name}: ${rendered.reason}` }
    if (!isHeaderValue(rendered.text)) {
      return {
        ok: false,
        reason: `header ${name}: a value has a line break or characters that no header can carry`,
      }
    }
    headers[name.toLowerCase()] = rendered.text
  }
  return { ok: true, value: { ...headers, ...tokenHeader(settings, secrets) } }
}

/** The header that carries the token, or none. Its value is also what must be kept out of what people read. */
export const tokenHeader = (
  settings: HttpSettings,
  { token }: HttpSecrets,
): Readonly<Record<string, string>> => {
  if (token === undefined) return {}
  const name = settings.tokenHeader?.toLowerCase() ?? 'authorization'
  const scheme = settings.tokenScheme ?? (name === 'authorization' ? 'Bearer' : '')
  return { [name]: scheme === '' ? token : `${scheme} ${token}` }
}

const renderBody = (
  message: OutboundMessage,
  { settings, render }: Context,
  contentType: string,
): Made<string | undefined> => {
  if (settings.body === undefined) {
    const hasBody = settings.method !== 'GET' && settings.method !== 'DELETE'
    return { ok: true, value: hasBody ? standardBody(message.event) : undefined }
  }
  const escape = escapeFor(contentType)
  const rendered = render(settings.body, escape)
  if (!rendered.ok) return { ok: false, reason: `body: ${rendered.reason}` }
  const text = rendered.text.toWellFormed()
  return escape === 'json' && !isJson(text)
    ? { ok: false, reason: 'body: the template did not come out as JSON' }
    : { ok: true, value: text }
}

const escapeFor = (contentType: string): Escape => {
  const type = contentType.split(';')[0]?.trim().toLowerCase() ?? ''
  if (type === 'application/json' || type.endsWith('+json')) return 'json'
  return type === 'application/x-www-form-urlencoded' ? 'url' : 'none'
}

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch (error) {
    if (error instanceof SyntaxError) return false
    throw error
  }
}
