/** `carillon trigger` against a server that answers as ours does: parameters, the answer, the progress of large ones. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startHttpSink } from '@carillon/testkit/http-sink'
import { recordingIo } from '@carillon/testkit/recording-io'
import { expect, test } from 'vitest'
import { createTriggerVerb, triggerVerb } from './trigger.ts'

const ioFor = (url: string) => recordingIo({ CARILLON_URL: url, CARILLON_API_KEY: 'key' })
const fanOut = 'fan_1'
const path = '/api/v1/trigger/SystemErrors'
const reply = (body: object, status = 200) => ({ status, body: JSON.stringify(body) })
const sent = reply({ success: true, messagesSent: 3, skipped: 0, fanOut })

const verbWith = (input: string) => {
  const pauses: number[] = []
  const pause = async (ms: number): Promise<void> => void pauses.push(ms)
  return { pauses, verb: createTriggerVerb({ stdin: async () => input, pause }) }
}

test('the parameters go from a file or from standard input, with a key, and the result is printed', async () => {
  await using api = await startHttpSink()
  api.answer(path, sent, sent)
  const folder = await mkdtemp(join(tmpdir(), 'carillon-trigger-'))
  const file = join(folder, 'params.json')
  await writeFile(file, '{"errors":["a"]}')
  const io = ioFor(api.url)
  const { verb } = verbWith('{"errors":["b"]}')
  expect(await verb.run(['SystemErrors', '--params', file], io)).toBe(0)
  expect(await verb.run(['SystemErrors', '--params', '-', '--key', 'k'], io)).toBe(0)
  await rm(folder, { recursive: true })
  expect(io.outLines).toEqual(Array.from({ length: 2 }, () => 'fan_1  3 deliveries made'))
  expect(api.requests.map(({ body }) => JSON.parse(body) as unknown)).toEqual([
    { eventParameters: { errors: ['a'] } },
    { eventParameters: { errors: ['b'] } },
  ])
  expect(api.requests.map(({ headers }) => headers['idempotency-key'])).toEqual([
    expect.stringMatching(/^req_/),
    'k',
  ])
})

test('what the execution says is told, with exit code 1 when it was no success', async () => {
  await using api = await startHttpSink()
  const errorMessage = 'Subscription is disabled'
  api.answer(path, reply({ success: false, messagesSent: 0, skipped: 2, errorMessage, fanOut }))
  const io = ioFor(api.url)
  expect(await triggerVerb.run(['SystemErrors'], io)).toBe(1)
  expect(io.outLines).toEqual(['fan_1  0 deliveries made, 2 registrations skipped'])
  expect(io.errLines).toEqual(['carillon: Subscription is disabled'])
})

test('why somebody was skipped is said', async () => {
  await using api = await startHttpSink()
  api.answer(path, reply({ success: true, messagesSent: 1, skipped: 1, fanOut }))
  const skips = [{ reason: 'no default integration for the channel "sms"', count: 1 }]
  const row = { state: 'done', audience: 2, reached: 1, messagesSent: 1, skipped: 1, success: true }
  api.answer('/api/v1/fan-outs/fan_1', reply({ ...row, errorMessage: null, skips }))
  const io = ioFor(api.url)
  expect(await triggerVerb.run(['SystemErrors'], io)).toBe(0)
  expect(io.outLines).toEqual([
    'fan_1  1 delivery made, 1 registration skipped',
    '  1 skipped: no default integration for the channel "sms"',
  ])
})

test('a large audience is watched until it has ended, unless told not to wait', async () => {
  await using api = await startHttpSink()
  const pending = reply({ success: true, messagesSent: 0, pending: 10_000, skipped: 0, fanOut })
  api.answer(path, pending, pending)
  const open = { state: 'open', audience: 10_000, messagesSent: 0, skipped: 0, success: null }
  const seen = (reached: number) => reply({ ...open, reached, errorMessage: null })
  const whole = { audience: 10_000, reached: 9_990, messagesSent: 9_990, skipped: 10 }
  const last = reply({ state: 'done', ...whole, success: true, errorMessage: null })
  api.answer('/api/v1/fan-outs/fan_1', seen(0), seen(5_000), seen(5_000), last)
  const { verb, pauses } = verbWith('')
  const io = ioFor(api.url)
  expect(await verb.run(['SystemErrors'], io)).toBe(0)
  expect(io.outLines).toEqual([
    'fan_1  0 of 10000',
    'fan_1  5000 of 10000',
    'fan_1  9990 deliveries made, 10 registrations skipped',
  ])
  expect(pauses).toHaveLength(3)
  const hasty = ioFor(api.url)
  expect(await verb.run(['SystemErrors', '--no-wait'], hasty)).toBe(0)
  expect(hasty.outLines).toEqual(['fan_1  0 deliveries made, 10000 registrations to go'])
})

test('--json prints the answer with the fields of the function', async () => {
  await using api = await startHttpSink()
  api.answer(path, reply({ success: true, messagesSent: 1, skipped: 0, fanOut, batch: 7 }))
  const io = ioFor(api.url)
  expect(await triggerVerb.run(['SystemErrors', '--json'], io)).toBe(0)
  expect(io.outLines.map((line) => JSON.parse(line) as unknown)).toMatchObject([{ batch: 7 }])
})

test.each([
  [[], ''],
  [['System-Errors'], ''],
  [['A', 'B'], ''],
  [['A', '--params', '/nowhere.json'], ''],
  [['A', '--params', '-'], '[1]'],
  [['A', '--params', '-'], 'no json'],
  [['A', '--parms', '-'], ''],
])('used wrongly (%j), it says how it is used', async (args, input) => {
  const io = ioFor('http://127.0.0.1:9')
  expect(await verbWith(input).verb.run(args, io)).toBe(2)
  expect(io.errLines.at(-1)).toMatch(/^Usage: carillon trigger /)
})

test('a subscription that is not there is said, with exit code 1', async () => {
  await using api = await startHttpSink()
  api.answer(path, reply({ code: 'not_found', detail: 'Not here.', remedy: 'Check.' }, 404))
  const io = ioFor(api.url)
  expect(await triggerVerb.run(['SystemErrors'], io)).toBe(1)
  expect(io.errLines).toEqual(['carillon: Not here. Check.'])
})
