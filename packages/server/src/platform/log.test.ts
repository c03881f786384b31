import { expect, test } from 'vitest'
import * as fc from 'fast-check'
import { asId, printId } from '@carillon/domain/ids'
import { createLog, isRedactedField, redact, redactedFields, type Log } from './log.ts'
import { Secret } from './secrets/secret.ts'

const canary = 'CANARY-0123456789abcdef0123456789abcdef'

const capture = (): { readonly log: Log; readonly lines: string[] } => {
  const lines: string[] = []
  const log = createLog({ level: 'debug', destination: { write: (line) => void lines.push(line) } })
  return { log, lines }
}

const parseLine = (line: string | undefined): unknown => JSON.parse(line ?? '')

test('a line is JSON with level, RFC 3339 time, fields and a sentence', () => {
  const { log, lines } = capture()
  log.info({ tenant: 'ten_1', attempts: 2 }, 'delivery sent')
  expect(parseLine(lines[0])).toEqual({
    level: 'info',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as unknown,
    tenant: 'ten_1',
    attempts: 2,
    msg: 'delivery sent',
  })
})

test.each(redactedFields)(
  '%s never reaches a line: not at the top, not deep, not in a list',
  (field) => {
    const { log, lines } = capture()
    log.debug({ [field]: canary, a: { b: [{ [field]: { value: canary } }] } }, 'x')
    log.child({ [field]: canary }).error({}, 'y')
    expect(lines.join('')).not.toContain('CANARY')
    expect(lines).toHaveLength(2)
  },
)

test.each([
  'bot_token',
  'X-Api-Key',
  'AUTHORIZATION',
  'smtp_password',
  'novi-api-key',
  'refreshToken',
])('the spelling %s is recognised', (field) => {
  expect(isRedactedField(field)).toBe(true)
})

test.each(['tenant', 'event', 'status', 'total', 'attempt', 'tokens'])(
  '%s stays readable',
  (field) => {
    expect(isRedactedField(field)).toBe(false)
  },
)

test.each([
  `GET https://api.telegram.org/bot123456:${canary}/sendMessage failed`,
  `connect postgres://carillon:${canary}@db:5432/x`,
  `refused "Authorization: Bearer ${canary}"`,
  `whsec_${canary} is not base64`,
])('credentials inside a text are removed: %s', (text) => {
  const { log, lines } = capture()
  const error = new Error(text, { cause: new Error(text) })
  log.error({ err: error, note: text }, text)
  expect(lines.join('')).not.toContain('CANARY')
})

test('an error shows type, message, code and cause, and not what libraries hang onto it', () => {
  const { log, lines } = capture()
  const error = Object.assign(new TypeError('broken', { cause: new Error('deeper') }), {
    code: 'E_X',
    detail: `Key (email)=(${canary})`,
    config: { headers: { authorization: canary } },
  })
  log.error({ err: error }, 'request failed')
  expect(parseLine(lines[0])).toMatchObject({
    err: { type: 'TypeError', message: 'broken', code: 'E_X', cause: { message: 'deeper' } },
  })
  expect(lines.join('')).not.toContain('CANARY')
})

test('a wrapped secret prints as redacted', () => {
  const { log, lines } = capture()
  log.info({ config: { value: new Secret(canary) } }, 'started')
  expect(parseLine(lines[0])).toMatchObject({ config: { value: '[redacted]' } })
})

test('cyclic, deep, long and strange values never break the log', () => {
  const cyclic: Record<string, unknown> = {}
  cyclic['self'] = cyclic
  expect(JSON.stringify(redact(cyclic))).toContain('[too deep]')
  expect(redact({ bytes: Buffer.from(canary), big: 5n })).toEqual({ bytes: '[39 bytes]', big: '5' })
  expect(JSON.stringify(redact({ text: 'x'.repeat(1e6) })).length).toBeLessThan(9_000)
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.anything({ withBigInt: true, withDate: true })),
      (fields) => {
        redact(fields)
      },
    ),
  )
})

test('ids are printed as the API knows them, and other texts of these fields as they are', () => {
  const uuid = '01a202e2-986f-7191-8fa2-8b66e7b2259f'
  const { log, lines } = capture()
  log.warn({ fanOut: uuid, delivery: uuid, tenant: 'acme', other: uuid }, 'look')
  expect(parseLine(lines[0])).toMatchObject({
    fanOut: printId('fanOut', asId('fanOut', uuid)),
    delivery: printId('delivery', asId('delivery', uuid)),
    tenant: 'acme',
    other: uuid,
  })
})

test('below its level the log is silent', () => {
  const lines: string[] = []
  const log = createLog({ level: 'warn', destination: { write: (line) => void lines.push(line) } })
  log.info({}, 'not this')
  log.warn({}, 'this')
  expect(lines).toHaveLength(1)
})

test('lines of errors, and no others, are handed on as they were written: redacted', () => {
  const lines: string[] = []
  const errors: string[] = []
  const log = createLog({
    level: 'info',
    destination: { write: (line) => void lines.push(line) },
    onErrorLine: (line) => void errors.push(line),
  })
  log.info({ level: 'error' }, 'not this')
  log.child({ tenant: 'ten_1' }).error({ password: canary }, 'this')
  log.fatal({}, 'and this')
  expect(errors.map((line) => parseLine(line))).toEqual([
    expect.objectContaining({ msg: 'this', tenant: 'ten_1', password: '[redacted]' }),
    expect.objectContaining({ msg: 'and this' }),
  ])
  expect(lines).toHaveLength(3)
})
