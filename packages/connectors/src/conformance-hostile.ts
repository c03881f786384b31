/** The hostile inputs that the conformance suite throws at every connector. Data only. */
import type { Content } from '@carillon/domain/content'
import { httpAnswer, smtpRejection, type PeerReply } from './conformance-peer.ts'
import type { HttpReply, HttpRequest } from './http-port.ts'
import type { SmtpReply } from './smtp-port.ts'

/** Texts that break naive code: header injection, NUL, half characters, markup, templates, paths, sizes. */
export const hostileTexts: readonly string[] = [
  '',
  ' ',
  'a\r\nX-Injected: 1',
  'a\nBcc: victim@example.org',
  'a\0b',
  'half \uD800 of a character',
  '<b>&"\'</b><script>alert(1)</script>',
  '{{ 7 }} {% raw %} {{',
  '../../admin?x=1#y',
  '@evil.example/',
  'http://169.254.169.254/latest/meta-data',
  '%0d%0aX-Injected:%201',
  '\u202Egnp.exe\u2028\u0085',
  'a@example.org, b@example.org',
  '"a\\"@example.org',
  '<a@example.org>',
  '__proto__',
  '+39 06 ٣٤٥',
  '👨‍👩‍👧‍👦'.repeat(1_000),
]

/** A megabyte of words, the largest text that a template may render to. */
export const megabyte = 'word '.repeat(209_715)

/** Contents made of every hostile text, plus the empty and the huge one. */
export const hostileContents: readonly Content[] = [
  ...hostileTexts.map((text) => ({ subject: text, title: text, text, html: text })),
  { text: megabyte },
  { subject: megabyte, title: megabyte, text: megabyte, html: megabyte },
]

/** What an outcome must be after a certain failure. */
export type Expectation = {
  readonly kinds: readonly string[]
  /** A retry must carry (true) or must not carry (false) a wait. Absent: either. */
  readonly waits?: boolean
}

export type Fault<Reply> = {
  readonly name: string
  readonly reply: Reply
  readonly expect: Expectation
}

/** A peer that says back everything it was told, as debugging pages and some APIs do. */
const echo =
  (status: number, headers: Readonly<Record<string, string>> = {}) =>
  (secrets: readonly string[]) =>
  (request: HttpRequest): HttpReply =>
    httpAnswer(status, JSON.stringify({ ...request, secrets, error: secrets.join(' ') }), headers)

type HttpReplyMaker = (secrets: readonly string[]) => PeerReply['http']

const huge = 'x'.repeat(64 * 1024)
const always =
  (reply: HttpReply): HttpReplyMaker =>
  () =>
    reply
const naming =
  (reply: (message: string) => HttpReply): HttpReplyMaker =>
  (secrets) =>
    reply(`it failed with ${secrets.join(' and ')}`)

const temporary: Expectation = { kinds: ['retry', 'unknown', 'defer'] }
/** A 2xx whose body can't be read may have done the work: never a rejection, never a plain retry. */
const done: Expectation = { kinds: ['accepted', 'unknown'] }
/** Any outcome at all: what the vendor's odd body means is the vendor's matter. */
const anyKind: Expectation = { kinds: [] }

/** Answers and failures of an HTTP peer, each with what must come of it (reliability.md 3b). */
export const httpFaults: readonly Fault<HttpReplyMaker>[] = [
  {
    name: '429 with Retry-After',
    reply: always(httpAnswer(429, '', { 'retry-after': '7' })),
    expect: { kinds: ['retry'], waits: true },
  },
  { name: '429 without Retry-After', reply: always(httpAnswer(429)), expect: { kinds: ['retry'] } },
  {
    name: '429 with garbage in Retry-After',
    reply: always(httpAnswer(429, '{', { 'retry-after': 'soon\0' })),
    expect: { kinds: ['retry'] },
  },
  {
    name: '503 with Retry-After',
    reply: always(httpAnswer(503, '', { 'retry-after': '7' })),
    expect: { kinds: ['retry'], waits: true },
  },
  ...[500, 502, 503, 504, 408].map((status) => ({
    name: `${status}`,
    reply: always(httpAnswer(status, '<html>oops')),
    expect: temporary,
  })),
  ...[401, 403].map((status) => ({
    name: `${status} that echoes the request`,
    reply: echo(status),
    expect: { kinds: ['integration_rejected', 'recipient_rejected', 'message_rejected', 'retry'] },
  })),
  ...[302, 400, 404, 409, 410, 413, 422, 500].map((status) => ({
    name: `${status} that echoes the request`,
    reply: echo(status, { location: 'http://169.254.169.254/' }),
    expect: anyKind,
  })),
  ...['', '{', 'null', '[]', '"text"', '0', '{"ok":null,"id":{}}', huge, '\0\uD800'].map(
    (body) => ({
      name: `200 with the body ${JSON.stringify(body.slice(0, 20))}${body.length > 20 ? '…' : ''}`,
      reply: always(httpAnswer(200, body)),
      expect: done,
    }),
  ),
  ...['', 'null', '{', '{"error":null}', '{"error":{"code":{}}}', huge, '\0\uD800'].map((body) => ({
    name: `400 with the body ${JSON.stringify(body.slice(0, 20))}${body.length > 20 ? '…' : ''}`,
    reply: always(httpAnswer(400, body)),
    expect: anyKind,
  })),
  ...(['dns', 'connect', 'tls', 'aborted'] as const).map((reason) => ({
    name: `not sent: ${reason}`,
    reply: naming((message) => ({ kind: 'not_sent', reason, message })),
    expect: { kinds: ['retry'] },
  })),
  {
    name: 'not sent: blocked',
    reply: naming((message) => ({ kind: 'not_sent', reason: 'blocked', message })),
    expect: { kinds: ['integration_rejected'] },
  },
  ...(['timeout', 'reset', 'protocol', 'aborted'] as const).map((reason) => ({
    name: `no answer: ${reason}`,
    reply: naming((message) => ({ kind: 'no_answer', reason, message })),
    expect: { kinds: ['unknown'] },
  })),
]

type SmtpReplyMaker = (secrets: readonly string[]) => SmtpReply

const stages = ['connect', 'auth', 'mail', 'rcpt', 'data'] as const

/** Answers and failures of a mail server. */
export const smtpFaults: readonly Fault<SmtpReplyMaker>[] = [
  ...stages.flatMap((stage) =>
    [421, 450, 451, 452, 535, 550, 552, 554, 599].map((code) => ({
      name: `${code} at ${stage}`,
      reply: (secrets: readonly string[]) =>
        smtpRejection(stage, code, `no\0 \uD800 ${secrets.join(' ')}`),
      expect: code === 421 ? temporary : anyKind,
    })),
  ),
  ...stages.map((stage) => ({
    name: `an endless text at ${stage}`,
    reply: () => smtpRejection(stage, 550, `5.1.1 ${huge}`),
    expect: anyKind,
  })),
  ...(['dns', 'connect', 'tls', 'aborted'] as const).map((reason) => ({
    name: `not sent: ${reason}`,
    reply: (secrets: readonly string[]): SmtpReply => ({
      kind: 'not_sent',
      reason,
      message: secrets.join(' '),
    }),
    expect: { kinds: ['retry'] },
  })),
  {
    name: 'not sent: blocked',
    reply: (secrets) => ({ kind: 'not_sent', reason: 'blocked', message: secrets.join(' ') }),
    expect: { kinds: ['integration_rejected'] },
  },
  {
    name: 'not sent: invalid',
    reply: (secrets) => ({ kind: 'not_sent', reason: 'invalid', message: secrets.join(' ') }),
    expect: { kinds: ['message_rejected', 'recipient_rejected'] },
  },
  {
    name: 'no answer after the message',
    reply: (secrets) => ({ kind: 'no_answer', message: secrets.join(' ') }),
    expect: { kinds: ['unknown'] },
  },
]

/** Bodies of hook calls that break naive parsers: none, broken, of the wrong kind, deep, large, not UTF-8. */
export const hostileBodies: readonly (string | Uint8Array)[] = [
  '',
  ' ',
  '{',
  'null',
  'true',
  '0',
  '"text"',
  '[]',
  '[null]',
  '{}',
  '[[[{}]]]',
  '\0',
  '{"__proto__":{"x":1},"constructor":{"prototype":{}}}',
  '='.repeat(1_000),
  '&'.repeat(1_000),
  '%',
  '%00=%00&%ff=%ff',
  '['.repeat(100_000),
  `${'['.repeat(50_000)}${']'.repeat(50_000)}`,
  `${'{"entry":'.repeat(50_000)}1${'}'.repeat(50_000)}`,
  megabyte,
  JSON.stringify(megabyte),
  Uint8Array.of(0xff, 0xfe, 0x7b, 0x7d),
  Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b, 0x7d),
]

/** What a member of an authentic call is replaced by. */
const strangeValues: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1e308,
  '',
  'x'.repeat(5_000),
  'a\0b',
  '\uD800',
  '9'.repeat(30),
  '-1',
  '1970-01-01T00:00:00Z',
  '+275760-09-13T00:00:00.001Z',
  [],
  {},
  [[]],
  { id: {} },
]

/** Copies of a recorded body, in each of which one member is replaced by something strange, or is missing. */
export const spoiltBodies = (text: string, isForm: boolean): readonly string[] => {
  if (text === '') return []
  if (isForm) return spoiltForms(text)
  const value: unknown = JSON.parse(text)
  return placesIn(value).flatMap((place) =>
    [undefined, ...strangeValues].map((strange) => JSON.stringify(place(strange)) ?? ''),
  )
}

const spoiltForms = (text: string): readonly string[] =>
  [...new URLSearchParams(text).keys()].flatMap((name) =>
    strangeValues.flatMap((strange) => {
      const form = new URLSearchParams(text)
      const value = typeof strange === 'string' ? strange : JSON.stringify(strange)
      form.append(name, value.toWellFormed())
      const twice = form.toString()
      form.set(name, value.toWellFormed())
      const other = form.toString()
      form.delete(name)
      return [twice, other, form.toString()]
    }),
  )

/** For each member at any depth: what makes a copy of the whole with another value there. */
const placesIn = (value: unknown): readonly ((other: unknown) => unknown)[] => {
  const whole = (other: unknown): unknown => other
  if (!(value instanceof Object)) return [whole]
  const inner = Object.entries(value).flatMap(([name, member]: readonly [string, unknown]) =>
    placesIn(member).map((place) => (other: unknown): unknown => {
      const changed = place(other)
      return Array.isArray(value)
        ? value.map((item: unknown, at) => (String(at) === name ? changed : item))
        : Object.fromEntries([...Object.entries(value), [name, changed]])
    }),
  )
  return [whole, ...inner]
}
