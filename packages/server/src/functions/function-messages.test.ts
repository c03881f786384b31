import { expect, test } from 'vitest'
import { isUuid } from '@carillon/domain/ids'
import { eventually } from '@carillon/testkit/eventually'
import { acme, digest, functionRig, twoRegistrations } from '@carillon/testkit/function-rig'

// Against real threads: what a function is given, sends and answers.

const ok = 'return { success: true, messagesSent: 0 }'
const failed = (message: RegExp) => ({
  kind: 'failed',
  errorMessage: expect.stringMatching(message) as string,
})
const done = (extra: object = {}) => ({ kind: 'done', success: true, messages: [], extra })

test('a function writes to each registration in its channel; the messages come with the ids that it was told', async () => {
  await using rig = await functionRig(
    digest(`
  const ids: (string | null)[] = []
  for (const registration of registrations) {
    const sent = registration.channel === 'sms'
      ? await messaging.send({ registration, message: 'short' })
      : await messaging.send({ registration, subject: 'Hello', message: 'long', html: '<p>long</p>' })
    ids.push(sent.deliveryId)
  }
  return { success: true, messagesSent: 2, ids, got: { eventParameters, chunk, tenantId, subscriptionId, second: registrations[1] } }`),
  )
  const { run } = rig
  const result = await run()
  if (result.kind !== 'done') throw new Error(JSON.stringify(result))
  const [first, second] = result.messages
  expect(result).toMatchObject({ success: true })
  expect(first).toEqual({
    registrationId: 'reg_1',
    deliveryId: expect.any(String) as string,
    subject: 'Hello',
    message: 'long',
    html: '<p>long</p>',
  })
  expect(second).toEqual({
    registrationId: 'reg_2',
    deliveryId: expect.any(String) as string,
    message: 'short',
  })
  expect([first, second].every((message) => isUuid(message?.deliveryId ?? ''))).toBe(true)
  expect(first?.deliveryId).not.toBe(second?.deliveryId)
  expect(result.extra['ids']).toEqual([
    expect.stringMatching(/^dlv_[0-9a-z]{26}$/),
    expect.stringMatching(/^dlv_[0-9a-z]{26}$/),
  ])
  expect(result.extra['got']).toEqual({
    eventParameters: { n: 1 },
    chunk: { number: 1, isLast: true },
    tenantId: acme,
    subscriptionId: 'Digest',
    second: twoRegistrations[1],
  })
})

test.each([
  [`return undefined`, /returned nothing: it must return an object/],
  [`return null as never`, /returned null/],
  [`return [] as never`, /returned a list/],
  [`return 7 as never`, /returned a number/],
  [`return { messagesSent: 0 } as never`, /success: nothing/],
  [`return { success: 'yes', messagesSent: 0 } as never`, /success: a string/],
  [
    `return { get success(): boolean { throw new Error('trap') }, messagesSent: 0 }`,
    /result can't be read: trap/,
  ],
  [
    `return { success: true, get errorMessage(): string { throw new Error('trap') }, messagesSent: 0 }`,
    /result can't be read: trap/,
  ],
  [`return new Proxy({}, { get: () => { throw new Error('trap') } }) as never`, /^trap \(Digest/],
  [
    `return new Proxy({}, { get: (_, name) => { if (name !== 'then') throw new Error('trap') } }) as never`,
    /result can't be read: trap/,
  ],
])('a result that is none fails: %s', async (body, message) => {
  await using rig = await functionRig(digest(body))
  const { run } = rig
  expect(await run()).toEqual(failed(message))
})

test('extra fields that are no JSON are left out with a warning; the others are passed on', async () => {
  await using rig = await functionRig(
    digest(`
  const cycle: Record<string, unknown> = {}
  cycle['self'] = cycle
  return {
    success: false, messagesSent: 5, errorMessage: 'half of it', cycle, big: 5n, fn: () => 1, none: undefined,
    get trap(): string { throw new Error('trap') }, toJSON: 'text',
    list: [1, { a: new Date(0) }], ['__proto__']: { polluted: true },
  }`),
  )
  const { run, lines } = rig
  expect(await run()).toEqual({
    kind: 'done',
    success: false,
    errorMessage: 'half of it',
    messages: [],
    extra: {
      toJSON: 'text',
      list: [1, { a: '1970-01-01T00:00:00.000Z' }],
      ['__proto__']: { polluted: true },
    },
  })
  expect(Reflect.get({}, 'polluted')).toBeUndefined()
  const notes = lines.join('')
  for (const name of ['cycle', 'big', 'fn', 'trap'])
    expect(notes).toContain(`\\"${name}\\" is no JSON`)
  expect(notes).toContain('the result has 5 messages, sent were 0: the latter counts')
})

test('too many extra fields are left out', async () => {
  await using rig = await functionRig(
    digest(`return { success: true, messagesSent: 0, big: 'x'.repeat(70_000) }`),
  )
  const { run, lines } = rig
  expect(await run()).toEqual(done())
  expect(lines.join('')).toContain('all left out')
})

test('send says at once what is wrong with a message, and never throws', async () => {
  await using rig = await functionRig(
    digest(`
  const [registration] = registrations
  const stranger = { ...registration, id: 'reg_9' }
  const hostile = { registration, get message(): string { throw new Error('trap') } }
  const tries = [
    undefined, {}, { registration: stranger, message: 'x' }, { registration }, { registration, message: '  ' },
    { registration, message: 7 }, { registration, message: 'x'.repeat(100_001) },
    { registration, message: 'x', subject: 'a\\nb' }, { registration, message: 'x', subject: 7 }, { registration, message: 'x', html: 7 },
    { registration: registrations[1], message: 'x' }, hostile,
  ]
  const said = []
  for (const one of tries) said.push(await messaging.send(one as never))
  const copy = await messaging.send({ registration: { ...registration }, message: 'x', subject: null, html: null } as never)
  return { success: true, messagesSent: 1, errors: said.map((one) => one.success ? 'sent' : one.errorMessage), copy: copy.success }`),
  )
  const { run } = rig
  const result = await run({ usableChannels: ['email'] })
  expect(result).toMatchObject({
    kind: 'done',
    messages: [{ registrationId: 'reg_1', message: 'x' }],
    extra: {
      copy: true,
      errors: [
        'send takes an object: { registration, subject?, message, html? }',
        'registration is missing: give one of registrations',
        'registration is not one of those that the function was given',
        'message must be a text that is not empty',
        'message must be a text that is not empty',
        'message must be a text that is not empty',
        'message has at most 100000 characters',
        'subject must be one line',
        'subject must be a text',
        'html must be a text',
        'the channel sms has no enabled default integration',
        "the message can't be read: trap",
      ],
    },
  })
})

test('the same registration twice is two messages; ten times the registrations and a hundred is the most', async () => {
  await using rig = await functionRig(
    digest(`
  const [registration] = registrations
  let sent = 0, last
  for (let at = 0; at < 200; at++) { last = await messaging.send({ registration, message: 'm' + at }); if (last.success) sent++ }
  return { success: true, messagesSent: sent, last }`),
  )
  const { run } = rig
  const result = await run()
  expect(result.kind === 'done' ? result.messages.length : 0).toBe(120)
  expect(result).toMatchObject({
    extra: { last: { success: false, errorMessage: 'a call can send at most 120 messages' } },
  })
})

test('a send after the end is refused', async () => {
  await using rig = await functionRig(
    digest(`
  const [registration] = registrations
  void Promise.resolve().then(() => new Promise((resolve) => setTimeout(resolve, 0)))
    .then(() => messaging.send({ registration, message: 'late' })).then((said) => console.log(JSON.stringify(said)))
  ${ok}`),
  )
  const { run, lines } = rig
  expect(await run()).toEqual(done())
  await eventually(() => expect(lines.join('')).toContain('the call has ended'))
})

test('log and standard output go to our log, with names, without addresses and secrets, and not without end', async () => {
  await using rig = await functionRig(
    digest(`
  log.info('a line', { email: 'anna@example.org', password: 'CANARY', n: 1n as never })
  log.warn('second', { password: 'CANARY', nested: { token: 'CANARY' }, n: 2 })
  log.error('third')
  console.log('printed', { a: 1 })
  console.error('to stderr')
  for (let at = 0; at < 3_000; at++) { log.info('again'); console.log('again') }
  ${ok}`),
  )
  const { run, lines } = rig
  expect(await run()).toEqual(done())
  await eventually(() => expect(lines.length).toBeGreaterThan(1_900))
  const text = lines.join('')
  expect(lines.length).toBeLessThanOrEqual(2_000)
  expect(text).not.toContain('CANARY')
  expect(text).not.toContain('anna@')
  expect(text).toContain('printed { a: 1 }')
  expect(text).toContain('to stderr')
  expect(text).toContain('further lines of this call are left out')
  expect(JSON.parse(lines.find((line) => line.includes('second')) ?? '')).toMatchObject({
    level: 'warn',
    msg: 'second',
    subscription: 'Digest',
    tenant: expect.stringMatching(/^ten_/) as string,
    fields: { n: 2, password: '[redacted]' },
  })
})

test('inside there is no environment but what was allowed, and no way to our side of the line', async () => {
  process.env['CARILLON_TEST_CANARY'] = 'CANARY'
  await using rig = await functionRig(
    digest(`
  const { parentPort, workerData, isMainThread } = await import('node:worker_threads')
  parentPort?.postMessage({ kind: 'answer', number: 1, answer: { ok: true, success: true, extra: [], notes: [] }, messages: [{ registrationId: 'reg_x' }] })
  return { success: true, messagesSent: 0, env: process.env, execArgv: process.execArgv, data: workerData, isMainThread }`),
    { env: { CARILLON_FUNCTION_COLOR: 'red' } },
  )
  const { run } = rig
  expect(await run()).toEqual(
    done({ env: { CARILLON_FUNCTION_COLOR: 'red' }, execArgv: [], data: {}, isMainThread: false }),
  )
})
