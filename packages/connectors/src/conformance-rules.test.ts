/** Shows that each rule of the conformance suite catches its fault and lets the sound one pass. */
import Type from 'typebox'
import { describe, expect, test } from 'vitest'
import {
  leaks,
  mailProblems,
  outcomeProblems,
  requestProblems,
  schemaProblems,
} from './conformance-rules.ts'
import type { SmtpMail } from './smtp-port.ts'

describe('an outcome', () => {
  test.each([
    { kind: 'accepted', ids: ['1'], httpStatus: 200 },
    { kind: 'retry', reason: 'x', scope: 'message', afterMs: 0 },
    { kind: 'unknown', reason: 'x', providerMessage: 'y' },
    { kind: 'defer', reason: 'x', afterMs: 1 },
    { kind: 'recipient_rejected', reason: 'x', suppress: 'gone', providerCode: '1' },
    { kind: 'message_rejected', reason: 'x' },
    { kind: 'integration_rejected', reason: 'x' },
    { kind: 'moved', reason: 'x', address: 'y' },
  ])('of the union passes: $kind', (outcome) => {
    expect(outcomeProblems(outcome, [])).toEqual([])
  })

  test.each([
    undefined,
    null,
    { kind: 'ok' },
    { kind: 'accepted' },
    { kind: 'accepted', ids: [], extra: 1 },
    { kind: 'retry', reason: 'x' },
    { kind: 'retry', reason: 'x', scope: 'message', afterMs: -1 },
    { kind: 'retry', reason: 'x', scope: 'message', afterMs: Number.NaN },
    { kind: 'recipient_rejected', reason: 'x', suppress: 'because' },
    { kind: 'unknown', reason: 'x'.repeat(2_001) },
    { kind: 'unknown', reason: 'x', providerMessage: '\uD800' },
  ])('of another shape is refused: %j', (outcome) => {
    expect(outcomeProblems(outcome, [])).not.toEqual([])
  })
})

test.each(['say "hi"', 'a/b c', 'plain-secret'])(
  'the secret %j is found in every form',
  (secret) => {
    for (const form of [secret, encodeURIComponent(secret), JSON.stringify(secret)]) {
      expect(leaks({ deep: [{ text: `<${form}>` }] }, [secret])).toHaveLength(1)
    }
    expect(leaks({ text: 'nothing' }, [secret])).toEqual([])
  },
)

describe('a request', () => {
  const sound = {
    method: 'POST',
    url: 'https://example.org/',
    headers: { 'x-a': 'é' },
    body: 'ü',
  } as const

  test('that can be sent passes', () => {
    expect(requestProblems(sound)).toEqual([])
  })

  test.each([
    { url: 'example.org' },
    { headers: { 'X-A': 'upper case' } },
    { headers: { 'x a': 'space' } },
    { headers: { host: 'example.org' } },
    { headers: { 'x-a': 'a\r\nb' } },
    { headers: { 'x-a': 'a\0' } },
    { headers: { 'x-a': '€' } },
    { body: '\uD800' },
  ])('that can not be sent is refused: %j', (part) => {
    expect(requestProblems({ ...sound, ...part })).toHaveLength(1)
  })
})

describe('a mail', () => {
  const sound: SmtpMail = {
    from: { name: 'Carillon', address: 'a@example.org' },
    to: { address: 'b@example.org' },
    subject: 'x',
    text: 'x',
    messageId: 'dlv_1@example.org',
    date: new Date(0),
  }

  test('whose fields stay fields passes', () => {
    expect(mailProblems(sound)).toEqual([])
  })

  test.each<Partial<SmtpMail>>([
    { subject: 'a\nBcc: x' },
    { from: { name: 'a\rb', address: 'a@example.org' } },
    { to: { address: 'a@example.org, b@example.org' } },
    { to: { address: 'a' } },
    { replyTo: { address: '<a@example.org>' } },
    { headers: { 'X-A': 'a\r\nb' } },
    { messageId: '<1@example.org>' },
  ])('whose field leaves its place is refused: %j', (part) => {
    expect(mailProblems({ ...sound, ...part })).toHaveLength(1)
  })
})

describe('a schema', () => {
  const words = { title: 'A', description: 'B' }
  const closed = { additionalProperties: false }

  test('that is closed and described passes, maps included', () => {
    const map = Type.Record(Type.String(), Type.String(), words)
    expect(
      schemaProblems(Type.Object({ a: Type.Optional(Type.String(words)), map }, closed)),
    ).toEqual([])
  })

  test.each([
    [Type.Object({ a: Type.String(words) }), 'the schema lacks additionalProperties: false'],
    [Type.Object({ a: Type.String({ title: 'A' }) }, closed), '/a lacks a description'],
    [Type.Object({ a: Type.Object({}, words) }, closed), '/a lacks additionalProperties: false'],
    [
      Type.Object({ a: Type.Array(Type.Object({ b: Type.String() }, closed), words) }, closed),
      '/a/b lacks a title',
    ],
    [
      Type.Object({ a: Type.Union([Type.Object({ b: Type.String(words) })], words) }, closed),
      '/a lacks additionalProperties: false',
    ],
  ])('that is not is refused (case %#)', (schema, problem) => {
    expect(schemaProblems(schema)).toContain(problem)
  })
})
