/** One exchange with Mailman Core's REST API 3.1, and the reading of what it says. Facts: sources.md part D. No decisions. */
import Type from 'typebox'
import { baseUrlOf } from '../base-url.ts'
import type { HttpPort, HttpReply, HttpRequest } from '../http-port.ts'
import { readJson } from '../read-json.ts'
import { mailmanApi, type MailmanSecrets, type MailmanSettings } from './settings.ts'

export type MailmanAccess = {
  readonly settings: MailmanSettings
  readonly secrets: MailmanSecrets
  readonly http: HttpPort
  readonly signal: AbortSignal
}

/** A page of 500 addresses is about 100 KB; a list of waiting requests may be longer. */
const largestAnswer = 4 * 1_024 * 1_024
/** The bridge that this replaces gave up after 10 s; Mailman is busy for several seconds while others import. */
const timeoutMs = 15_000

const credentials = ({ settings, secrets }: Pick<MailmanAccess, 'settings' | 'secrets'>): string =>
  Buffer.from(`${settings.user}:${secrets.password}`).toString('base64')

/** What must not appear in any text that people read. */
export const mailmanConfidential = (access: Pick<MailmanAccess, 'settings' | 'secrets'>) => [
  access.secrets.password,
  credentials(access),
]

/** Calls `path` (with its query, parts encoded by the caller). A body is sent as JSON; without one there is no Content-Type: Mailman answers 400 to it. */
export const callMailman = async (
  access: MailmanAccess,
  call: { readonly method: HttpRequest['method']; readonly path: string; readonly body?: unknown },
): Promise<HttpReply> => {
  const { settings, http, signal } = access
  // 3.0 has other ids; whoever pastes an address with a version means the server.
  const base = baseUrlOf(settings.baseUrl, mailmanApi).replace(/\/3\.\d$/, '')
  return await http.request(
    {
      method: call.method,
      url: `${base}/3.1${call.path}`,
      headers: {
        authorization: `Basic ${credentials(access)}`,
        accept: 'application/json',
        'user-agent': 'Carillon/1.0',
        ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      timeoutMs,
      maxBytes: largestAnswer,
    },
    signal,
  )
}

const problemReply = Type.Object({
  title: Type.String(),
  description: Type.Optional(Type.String()),
})

/** Mailman's words for what went wrong; undefined when it was not Mailman that spoke. */
export const mailmanWords = (body: string): string | undefined => {
  const problem = readJson(problemReply, body)
  return problem === undefined ? undefined : (problem.description ?? problem.title)
}

/** Mailman itself says that it is not there: a wrong address of a server also gives 404, with a page of its own. */
export const isMissing = (reply: HttpReply): boolean =>
  reply.kind === 'response' && reply.status === 404 && mailmanWords(reply.body) !== undefined
