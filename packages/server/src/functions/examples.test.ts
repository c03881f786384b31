import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import type * as systemErrors from '../../../../examples/functions/SystemErrors.ts'
import type * as auditLogin from '../../../../examples/functions/audit_login.ts'
import { asId } from '@carillon/domain/ids'
import { quietLog } from '@carillon/testkit/quiet-log'
import { monotonicMs, systemClock } from '../platform/clock.ts'
import { systemTimers } from '../platform/timers.ts'
import { createFunctionHost } from './create-function-host.ts'

// The examples that ship, run as a server runs them.

/** Lets the type checker see the examples too. */
const exported: readonly [keyof typeof systemErrors, keyof typeof auditLogin] = [
  'execute',
  'execute',
]

const host = createFunctionHost({
  folder: fileURLToPath(new URL('../../../../examples/functions', import.meta.url)),
  timeoutMs: 20_000,
  threads: 1,
  env: {},
  slugOf: () => Promise.resolve('acme'),
  log: quietLog,
  clock: systemClock,
  timers: systemTimers,
  monotonicMs,
})
afterAll(async () => await host.close())

const run = async (subscriptionId: string, eventParameters: unknown) => {
  const result = await host.run(
    {
      tenantId: asId('tenant', '0199a5c2-7b1e-7def-8123-456789abcdef'),
      subscriptionId,
      eventParameters,
      registrations: [
        { id: 'reg_1', userId: 'usr_1', channel: 'email', channelConfig: 'anna@example.org' },
        { id: 'reg_2', userId: 'usr_1', channel: 'sms', channelConfig: '+390612345678' },
        { id: 'reg_3', userId: 'usr_2', channel: 'fax', channelConfig: '1' },
      ],
      usableChannels: ['email', 'sms'],
      chunk: { number: 1, isLast: true },
    },
    new AbortController().signal,
  )
  if (result.kind !== 'done') throw new Error(JSON.stringify(result))
  return result
}

test('the examples export execute', () => {
  expect(exported).toEqual(['execute', 'execute'])
})

test('the digest groups and counts, as a table by mail and in one line by SMS', async () => {
  const { messages, success, extra } = await run('SystemErrors', {
    timestamp: '2026-11-22T06:00:00Z',
    errors: [
      { message: 'request failed', detail: 'a < b', count: 3, lastAt: '2026-11-21T10:00:00Z' },
      'disk full',
      { message: 'request failed', detail: 'a < b', lastAt: '2026-11-22T05:00:00Z' },
    ],
  })
  expect(success).toBe(true)
  expect(extra).toEqual({ groups: 2 })
  expect(messages).toEqual([
    expect.objectContaining({
      registrationId: 'reg_1',
      subject: 'System errors: 5',
      message:
        '5 errors of 2 kinds until 2026-11-22T06:00:00Z\n\n     4  request failed: a < b\n     1  disk full',
      html: expect.stringContaining(
        '<td align="right">4</td><td>request failed: a &lt; b</td><td>2026-11-22T05:00:00Z</td>',
      ) as string,
    }),
    expect.objectContaining({
      registrationId: 'reg_2',
      message:
        '5 errors of 2 kinds until 2026-11-22T06:00:00Z. Most frequent: request failed: a < b',
    }),
  ])
})

test('a thousand kinds of errors are cut, and a day without any sends nothing', async () => {
  const errors = Array.from({ length: 1_000 }, (_, n) => ({ message: `error ${n}` }))
  const { messages } = await run('SystemErrors', { errors })
  expect(messages[0]?.message).toContain('and 950 kinds more')
  expect((await run('SystemErrors', { errors: [] })).messages).toEqual([])
  expect((await run('SystemErrors', {})).messages).toEqual([])
})

test('every login is a message, with its details by mail', async () => {
  const { messages } = await run('audit_login', {
    eventType: 'login',
    userId: 'usr_1',
    details: { ip: '192.0.2.7', browser: 'Firefox', twoFactor: true },
    timestamp: '2026-11-22T10:00:00Z',
  })
  expect(messages.map(({ subject, message }) => [subject, message])).toEqual([
    [
      'Sign-in of usr_1',
      'login: usr_1 at 2026-11-22T10:00:00Z\n\nip: 192.0.2.7\nbrowser: Firefox\ntwoFactor: true',
    ],
    [undefined, 'login: usr_1 at 2026-11-22T10:00:00Z'],
  ])
})
