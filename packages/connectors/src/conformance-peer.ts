/**
 * The fake peers of the conformance suite: ports that record what a connector asks for and answer as told. Not for the
 * server's tests (testkit has real listening peers) and never in production.
 */
import { instant, type Instant } from '@carillon/domain/clock'
import type { Escape, ExampleReply, OutboundMessage, SendContext } from './define-connector.ts'
import type { HttpPort, HttpReply, HttpRequest } from './http-port.ts'
import type { SmtpMail, SmtpPort, SmtpReply, SmtpServer } from './smtp-port.ts'

/** 2026-11-22T10:00:00Z, a Sunday. */
export const peerNow: Instant = instant(Date.UTC(2026, 10, 22, 10))

/** What a peer answers, by protocol. A function sees the request, so that it can echo it. */
export type PeerReply = {
  readonly http: HttpReply | ((request: HttpRequest) => HttpReply)
  readonly smtp: SmtpReply
}

export type Peer = {
  readonly http: HttpPort
  readonly smtp: SmtpPort
  readonly requests: readonly HttpRequest[]
  readonly mails: readonly { readonly server: SmtpServer; readonly mail: SmtpMail }[]
  /** How often `smtp.verify` was called. */
  readonly greetings: readonly SmtpServer[]
}

/** More exchanges than any connector may make for one message: a split text of 1 MB needs about 260. */
const exchangesMax = 1_000

/** Makes ports that give `reply` to everything. An aborted signal is answered as the real ports do: not sent. */
export const fakePeer = (reply: PeerReply): Peer => {
  const requests: HttpRequest[] = []
  const mails: { server: SmtpServer; mail: SmtpMail }[] = []
  const greetings: SmtpServer[] = []
  const aborted = { kind: 'not_sent', reason: 'aborted', message: 'aborted' } as const
  const count = (): void => {
    if (requests.length + mails.length > exchangesMax) {
      throw new Error('the connector never stops asking')
    }
  }
  return {
    requests,
    mails,
    greetings,
    http: {
      request: async (request, signal) => {
        requests.push(request)
        count()
        if (signal.aborted) return aborted
        return typeof reply.http === 'function' ? reply.http(request) : reply.http
      },
    },
    smtp: {
      send: async (server, mail, signal) => {
        mails.push({ server, mail })
        count()
        return signal.aborted ? aborted : reply.smtp
      },
      verify: async (server, signal) => {
        greetings.push(server)
        return signal.aborted ? aborted : reply.smtp
      },
    },
  }
}

/** An HTTP answer: status, body and headers; the rest as the port fills it. */
export const httpAnswer = (
  status: number,
  body = '',
  headers: Readonly<Record<string, string>> = {},
): HttpReply => ({ kind: 'response', status, headers, body, truncated: false })

/** An SMTP error at a stage, with the enhanced code read from the text as the real port does. */
export const smtpRejection = (
  stage: 'connect' | 'auth' | 'mail' | 'rcpt' | 'data',
  code: number,
  text: string,
): SmtpReply => {
  const enhanced = /^([245]\.\d{1,3}\.\d{1,3})\b/.exec(text)?.[1]
  const response = `${code} ${text}`
  return {
    kind: 'rejected',
    stage,
    code,
    response,
    ...(enhanced === undefined ? {} : { enhanced }),
  }
}

/** An example's reply as both ports would give it. */
export const replyOfExample = (reply: ExampleReply): PeerReply => {
  if ('smtp' in reply) {
    const { stage, code, text } = reply.smtp
    const smtp: SmtpReply =
      stage === 'accepted'
        ? { kind: 'accepted', response: `${code} ${text}` }
        : smtpRejection(stage, code, text)
    return { http: httpAnswer(500), smtp }
  }
  if ('failure' in reply) return failures[reply.failure]
  return {
    http: httpAnswer(reply.status, reply.body ?? '', reply.headers ?? {}),
    smtp: { kind: 'no_answer', message: 'the example is about HTTP' },
  }
}

const failures: Readonly<Record<'not_sent' | 'no_answer', PeerReply>> = {
  not_sent: {
    http: { kind: 'not_sent', reason: 'connect', message: 'connection refused' },
    smtp: { kind: 'not_sent', reason: 'connect', message: 'connection refused' },
  },
  no_answer: {
    http: { kind: 'no_answer', reason: 'timeout', message: 'no answer within 15 s' },
    smtp: { kind: 'no_answer', message: 'no reply within 15 s' },
  },
}

/** A message as the engine would give it, with the parts given in the place of the defaults. */
export const exampleMessage = (
  parts: Partial<OutboundMessage> & { readonly to: string },
): OutboundMessage => ({
  deliveryId: 'dlv_01k6wq3z5h7n9b2d4f6g8j0m1p',
  attempt: 1,
  possibleDuplicate: false,
  language: 'en',
  event: {
    id: '42',
    source: 'shop',
    type: 'order.paid',
    time: '2026-11-22T09:59:58.000Z',
    dataJson: '{"total":12.5,"customer":"Zoë"}',
  },
  content: { subject: 'Order 42 is paid', title: 'Order paid', text: 'Order 42: 12.50 EUR' },
  ...parts,
})

/** The context of one send to this peer. */
export const peerContext = <Settings, Secrets>(
  peer: Peer,
  message: OutboundMessage,
  given: {
    readonly settings: Settings
    readonly secrets: Secrets
    readonly now?: Instant
    readonly signal?: AbortSignal
  },
): SendContext<Settings, Secrets> => ({
  settings: given.settings,
  secrets: given.secrets,
  http: peer.http,
  smtp: peer.smtp,
  render: fakeRender(message),
  now: given.now ?? peerNow,
  hookUrl: 'https://carillon.example.org/hooks/int_01k6wq3z5h7n9b2d4f6g8j0m1p',
  signal: given.signal ?? new AbortController().signal,
  documents: {
    fetch: async () => ({
      kind: 'document',
      bytes: Buffer.from('%PDF-1.7'),
      contentType: 'application/pdf',
    }),
  },
  files: { write: async () => ({ kind: 'written' }) },
})

/**
 * Stands in for the server's Liquid: `{{ path.to.value }}` and nothing else, over the same five names. An opening
 * without its end is the template error.
 */
const fakeRender = (message: OutboundMessage): SendContext<unknown, unknown>['render'] => {
  const { event, to, content, deliveryId, attempt, possibleDuplicate } = message
  const scope = {
    event,
    data: JSON.parse(event.dataJson || 'null') as unknown,
    to,
    content,
    delivery: { id: deliveryId, attempt, possibleDuplicate },
  }
  return (template, escape) => {
    const text = template.replaceAll(/\{\{\s*([\w.]+)\s*\}\}/g, (_, path: string) =>
      escaped(valueAt(scope, path), escape),
    )
    return text.includes('{{') && !/\{\{\s*[\w.]+\s*\}\}/.test(template)
      ? { ok: false, reason: 'the template has an opening without its end' }
      : { ok: true, text }
  }
}

const valueAt = (scope: object, path: string): string => {
  const value = path
    .split('.')
    .reduce<unknown>(
      (at, key) =>
        at instanceof Object ? Object.entries(at).find(([name]) => name === key)?.[1] : undefined,
      scope,
    )
  if (value === undefined || value === null) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}

const escaped = (value: string, escape: Escape): string => {
  switch (escape) {
    case 'none':
      return value
    case 'json':
      return JSON.stringify(value).slice(1, -1)
    case 'url':
      return encodeURIComponent(value.toWellFormed())
  }
}
