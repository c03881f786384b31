/** Holds the shared reading of HTTP replies to reliability.md 3b: which answer is tried again, which is final, what is kept of it. */
import { instant } from '@carillon/domain/clock'
import type { Outcome } from '@carillon/domain/outcome'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  outcomeOfReply,
  parseRetryAfter,
  providerText,
  redact,
  retryAfterCapMs,
} from './http-outcome.ts'
import type { HttpReply, HttpResponse } from './http-port.ts'

const now = instant(Date.UTC(2026, 10, 22, 10, 0, 0))
const answer = (status: number, extra: Partial<HttpResponse> = {}): HttpResponse => ({
  kind: 'response',
  status,
  headers: {},
  body: '',
  truncated: false,
  ...extra,
})
const outcomeOf = (reply: HttpReply): Outcome => outcomeOfReply(reply, { now })

describe('a status', () => {
  const kinds: readonly (readonly [Outcome['kind'], readonly number[]])[] = [
    ['accepted', [200, 201, 202, 204, 299]],
    ['retry', [301, 302, 307, 308, 408, 425, 429, 500, 501, 502, 503, 504, 599, 999]],
    ['message_rejected', [400, 404, 409, 410, 413, 414, 422, 431, 499]],
    ['integration_rejected', [401, 402, 403, 407]],
  ]
  for (const [kind, statuses] of kinds) {
    test.each(statuses)(`%i means ${kind}`, (status) => {
      expect(outcomeOf(answer(status))).toMatchObject({ kind, httpStatus: status })
    })
  }

  test('a 429 that names no wait pauses the integration for a minute', () => {
    expect(outcomeOf(answer(429))).toMatchObject({ scope: 'integration', afterMs: 60_000 })
    expect(outcomeOf(answer(429, { headers: { 'retry-after': 'soon' } }))).toMatchObject({
      afterMs: 60_000,
    })
  })

  test.each([429, 502, 503, 504])(
    '%i with Retry-After pauses the integration for as long',
    (status) => {
      expect(outcomeOf(answer(status, { headers: { 'retry-after': '7' } }))).toMatchObject({
        kind: 'retry',
        scope: 'integration',
        afterMs: 7_000,
      })
    },
  )

  test('a 503 that names no wait is a failure that counts', () => {
    expect(outcomeOf(answer(503))).not.toHaveProperty('afterMs')
  })
})

describe('no answer', () => {
  test.each(['dns', 'connect', 'tls'] as const)(
    'not sent for %s is tried again and counts',
    (reason) => {
      const outcome = outcomeOf({ kind: 'not_sent', reason, message: 'why' })
      expect(outcome).toEqual({
        kind: 'retry',
        scope: 'message',
        reason: `not sent (${reason}): why`,
      })
    },
  )

  test('a blocked target refuses the integration and keeps the remedy', () => {
    expect(outcomeOf({ kind: 'not_sent', reason: 'blocked', message: 'allow 10.0.0.0/8' })).toEqual(
      {
        kind: 'integration_rejected',
        reason: 'target not allowed: allow 10.0.0.0/8',
      },
    )
  })

  test('our own abort before the first byte uses up no attempt', () => {
    expect(outcomeOf({ kind: 'not_sent', reason: 'aborted', message: 'stopping' })).toMatchObject({
      kind: 'retry',
      afterMs: 0,
    })
  })

  test.each(['timeout', 'reset', 'protocol', 'aborted'] as const)(
    'sent and then %s is unknown',
    (reason) => {
      expect(outcomeOf({ kind: 'no_answer', reason, message: 'why' })).toEqual({
        kind: 'unknown',
        reason: `no answer (${reason}): why`,
      })
    },
  )
})

describe('the evidence', () => {
  test('is the body, cut to 2,000 characters, without NUL and halves of characters', () => {
    const body = `\0${'x'.repeat(1_998)}😀`
    const { providerMessage } = outcomeOf(answer(500, { body }))
    expect(providerMessage).toBe(`\uFFFD${'x'.repeat(1_998)}\uFFFD`)
  })

  test('is left out when the body is blank', () => {
    expect(outcomeOf(answer(500, { body: ' \n' }))).not.toHaveProperty('providerMessage')
  })

  test('what the connector reads goes before the common mapping and before the body', () => {
    const outcome = outcomeOfReply(answer(200, { body: '{"ok":false}' }), {
      now,
      read: () => ({ kind: 'message_rejected', reason: 'not ok', providerMessage: 'bad token' }),
    })
    expect(outcome).toEqual({
      kind: 'message_rejected',
      reason: 'not ok',
      httpStatus: 200,
      providerMessage: 'bad token',
    })
  })

  test('contains no secret, however it was echoed', () => {
    const secret = 'sécret/"1"'
    const body = [secret, encodeURIComponent(secret), JSON.stringify(secret), btoa('plain')].join(
      ' ',
    )
    const outcome = outcomeOfReply(answer(500, { body }), {
      now,
      secrets: [secret, 'plain', undefined, ''],
      read: () => ({
        kind: 'retry',
        scope: 'message',
        reason: `bad ${secret}`,
        providerCode: `c-${secret}`,
      }),
    })
    expect(outcome).toEqual({
      kind: 'retry',
      scope: 'message',
      reason: 'bad [redacted]',
      httpStatus: 500,
      providerCode: 'c-[redacted]',
      providerMessage: '[redacted] [redacted] "[redacted]" [redacted]',
    })
  })

  test('a secret across the cut is not left half', () => {
    expect(providerText(`${'x'.repeat(1_995)}SECRETSECRET`, ['SECRETSECRET'])).not.toContain('SECR')
  })

  test('of two secrets one inside the other nothing remains', () => {
    expect(redact('abcdef', ['bcd', 'abcdef'])).toBe('[redacted]')
  })

  test('ids are cleaned as well', () => {
    const outcome = outcomeOfReply(answer(200, { body: 'thanks' }), {
      now,
      read: () => ({ kind: 'accepted', ids: ['a\0b'] }),
    })
    expect(outcome).toEqual({ kind: 'accepted', ids: ['a\uFFFDb'], httpStatus: 200 })
  })
})

describe('Retry-After', () => {
  test.each([
    ['1', 1_000],
    ['120', 120_000],
    [' 3 ', 3_000],
    ['1.5', 1_500],
    ['0.2', 1_000],
    ['1000000000', retryAfterCapMs],
    ['Sun, 22 Nov 2026 10:00:30 GMT', 30_000],
    ['Mon, 22 Nov 2027 10:00:00 GMT', retryAfterCapMs],
  ])('%j is a wait of %i ms', (value, waitMs) => {
    expect(parseRetryAfter(value, now)).toBe(waitMs)
  })

  test.each([
    undefined,
    '',
    '0',
    '-5',
    '+5',
    '1e9',
    '5, 5',
    '0x10',
    'May',
    'soon',
    'Sun, 22 Nov 2026 09:59:59 GMT',
    'Sun, 22 Nov 2026 10:00:00 GMT',
    'Sun, 99 Nov 2026 10:00:00 GMT',
    '2026-11-22T11:00:00Z',
  ])('%j asks for nothing', (value) => {
    expect(parseRetryAfter(value, now)).toBeUndefined()
  })

  test('any text gives nothing or a wait between a second and a day', () => {
    const anyValue = fc.oneof(fc.string(), fc.integer().map(String), fc.double().map(String))
    fc.assert(
      fc.property(anyValue, (value) => {
        const waitMs = parseRetryAfter(value, now) ?? 1_000
        expect(waitMs).toBeGreaterThanOrEqual(1_000)
        expect(waitMs).toBeLessThanOrEqual(retryAfterCapMs)
      }),
    )
  })

  test('a date up to a day ahead is met to the second', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 86_400 }), (seconds) => {
        const value = new Date(now + seconds * 1_000).toUTCString()
        expect(parseRetryAfter(value, now)).toBe(seconds * 1_000)
      }),
    )
  })
})

test('any status and body come to an outcome without an exception', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 999 }), fc.string({ unit: 'binary' }), (status, body) => {
      expect(outcomeOf(answer(status, { body })).httpStatus).toBe(status)
    }),
  )
})
