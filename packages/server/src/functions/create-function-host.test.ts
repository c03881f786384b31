import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { asId, isUuid, type TenantId } from '@carillon/domain/ids'
import { eventually } from '@carillon/testkit/eventually'
import { monotonicMs, systemClock } from '../platform/clock.ts'
import { createLog } from '../platform/log.ts'
import { systemTimers, type Timers } from '../platform/timers.ts'
import { createFunctionHost, type FunctionHostOptions } from './create-function-host.ts'
import type { FunctionHost, FunctionInput, FunctionResult } from './run-function.ts'

// Against real threads: nothing here is simulated but the clock of the timeouts, where a test says so.

const tenantId = asId('tenant', '0199a5c2-7b1e-7def-8123-456789abcdef')
const otherTenant = asId('tenant', '0199a5c2-7b1e-7def-8123-456789abcdee')
const never = new AbortController().signal

const registrations = [
  { id: 'reg_1', userId: 'usr_1', channel: 'email', channelConfig: 'anna@example.org' },
  { id: 'reg_2', userId: 'usr_1', channel: 'sms', channelConfig: '+390612345678', language: 'it' },
]

const input = (more: Partial<FunctionInput> = {}): FunctionInput => ({
  tenantId,
  subscriptionId: 'Digest',
  eventParameters: { n: 1 },
  registrations,
  usableChannels: ['email', 'sms'],
  chunk: { number: 1, isLast: true },
  ...more,
})

type Rig = {
  readonly host: FunctionHost
  readonly folder: string
  readonly lines: string[]
  readonly write: (file: string, text: string) => Promise<void>
  readonly run: (more?: Partial<FunctionInput>, signal?: AbortSignal) => Promise<FunctionResult>
}

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const clean of cleanups.splice(0).toReversed()) await clean()
})

const rig = async (
  files: Readonly<Record<string, string>> = {},
  options: Partial<FunctionHostOptions> = {},
): Promise<Rig> => {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'carillon-functions-')))
  cleanups.push(async () => await rm(folder, { recursive: true }))
  const lines: string[] = []
  const log = createLog({ level: 'info', destination: { write: (line) => void lines.push(line) } })
  const host = createFunctionHost({
    folder,
    timeoutMs: 20_000,
    threads: 2,
    env: {},
    slugOf: (id: TenantId) => Promise.resolve(id === tenantId ? 'acme' : 'other'),
    log,
    clock: systemClock,
    timers: systemTimers,
    monotonicMs,
    ...options,
  })
  cleanups.push(async () => await host.close())
  const write = async (file: string, text: string): Promise<void> => {
    await mkdir(join(folder, file, '..'), { recursive: true })
    await writeFile(join(folder, file), text)
  }
  for (const [file, text] of Object.entries(files)) await write(file, text)
  return {
    host,
    folder,
    lines,
    write,
    run: async (more, signal = never) => await host.run(input(more), signal),
  }
}

/** A function with this body; it sees what it is given under its own names. */
const digest = (body: string): Readonly<Record<string, string>> => ({
  'Digest.ts': `import type { Execute } from '@carillon/functions'
export const execute: Execute = async ({ eventParameters, registrations, messaging, log, chunk, tenantId, subscriptionId }) => {
${body}
}
`,
})

const ok = 'return { success: true, messagesSent: 0 }'
const failed = (message: RegExp) => ({
  kind: 'failed',
  errorMessage: expect.stringMatching(message) as string,
})
const done = (extra: object = {}) => ({
  kind: 'done',
  success: true,
  messages: [],
  extra,
})

/** Timeouts that are over when the test says so. */
const manualTimers = (): Timers & { readonly fire: (ms: number) => void } => {
  const waiting = new Set<{ readonly ms: number; readonly fn: () => void }>()
  return {
    after: (ms, fn) => {
      const timer = { ms, fn }
      waiting.add(timer)
      return () => void waiting.delete(timer)
    },
    fire: (ms) => {
      const due = [...waiting].filter((timer) => timer.ms === ms)
      if (due.length === 0) throw new Error(`nothing waits ${ms} ms`)
      for (const timer of due) waiting.delete(timer)
      for (const timer of due) timer.fn()
    },
  }
}

test('a function writes to each registration in its channel; the messages come with the ids that it was told', async () => {
  const { run } = await rig(
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
    tenantId,
    subscriptionId: 'Digest',
    second: registrations[1],
  })
})

test('without a file there is no function, whatever the name tries', async () => {
  const { host, run, write } = await rig({ 'lib.ts': '' })
  await write('../carillon-outside.ts', '').catch(() => undefined)
  for (const subscriptionId of [
    'Digest',
    '../lib',
    'a/b',
    'a.b',
    '',
    'x'.repeat(300),
    '__proto__',
  ]) {
    expect(await host.has(subscriptionId, tenantId)).toBe(false)
    expect(await run({ subscriptionId })).toEqual({ kind: 'not_found' })
  }
})

test('without the folder there is no function either', async () => {
  const { host } = await rig({}, { folder: '/nowhere/at/all' })
  expect(await host.has('Digest', tenantId)).toBe(false)
  expect(await host.states(tenantId)).toEqual([])
})

test("a tenant's own file goes before the common one", async () => {
  const { run } = await rig({
    'Digest.ts': `export const execute = () => ({ success: true, messagesSent: 0, whose: 'all' })`,
    'acme/Digest.ts': `export const execute = () => ({ success: true, messagesSent: 0, whose: 'acme' })`,
  })
  expect(await run()).toEqual(done({ whose: 'acme' }))
  expect(await run({ tenantId: otherTenant })).toEqual(done({ whose: 'all' }))
})

test('plain JavaScript and a default export do as well', async () => {
  const { run } = await rig({
    'Digest.mjs': `export default function execute() { ${ok} }`,
  })
  expect(await run()).toEqual(done())
})

test('what a thread keeps in memory serves the next call of the same tenant, and no other tenant', async () => {
  const { run } = await rig({
    'Digest.ts': `let calls = 0
export const execute = () => ({ success: true, messagesSent: 0, calls: ++calls })`,
  })
  expect(await run()).toEqual(done({ calls: 1 }))
  expect(await run()).toEqual(done({ calls: 2 }))
  expect(await run({ tenantId: otherTenant })).toEqual(done({ calls: 1 }))
})

test('a symbolic link out of the folder is not followed', async () => {
  const outside = await mkdtemp(join(tmpdir(), 'carillon-outside-'))
  cleanups.push(async () => await rm(outside, { recursive: true }))
  await writeFile(join(outside, 'x.ts'), `export const execute = () => { ${ok} }`)
  const { run, folder } = await rig()
  await symlink(join(outside, 'x.ts'), join(folder, 'Digest.ts'))
  expect(await run()).toEqual(failed(/Digest\.ts is no file of the functions folder/))
})

test('a link within the folder is fine: mounted configuration looks like that', async () => {
  const { run, folder, write } = await rig()
  await write('..data/Digest.ts', `export const execute = () => { ${ok} }`)
  await symlink('..data/Digest.ts', join(folder, 'Digest.ts'))
  expect(await run()).toEqual(done())
})

test('a throw is logged with its stack and place; nothing of the call is sent', async () => {
  const { run, lines } = await rig(
    digest(`
  await messaging.send({ registration: registrations[0], message: 'x' })
  const nothing = JSON.parse('null')
  return nothing.field`),
  )
  expect(await run()).toEqual(
    failed(/^TypeError: Cannot read properties of null.* \(Digest\.ts:6:18\)$/),
  )
  const line: unknown = JSON.parse(lines.join(''))
  expect(line).toMatchObject({
    level: 'error',
    subscription: 'Digest',
    function: 'Digest.ts',
    err: { type: 'TypeError', stack: expect.stringContaining('Digest.ts:6:18') as string },
  })
})

test.each([
  [`throw 'just text'`, /threw just text, which is no Error/],
  [`throw null`, /threw null/],
  [`throw Object.create(null)`, /can't be printed|no Error/],
  [`throw new Proxy({}, { get: () => { throw new Error('trap') } })`, /can't be printed|no Error/],
  [`throw new Error('out', { cause: new Error('in') })`, /^out \(Digest\.ts:3/],
  [
    `setTimeout(() => { throw new Error('later') }, 0); await new Promise(() => {})`,
    /missing await.*later/,
  ],
  [
    `void Promise.reject(new Error('floating')); await new Promise(() => {})`,
    /missing await.*floating/,
  ],
  [`process.exit(3)`, /process\.exit\(3\)/],
  [`process.abort()`, /abort/],
])('%s is a failed call, and the next one works', async (body, message) => {
  const { run, write } = await rig(digest(body))
  expect(await run()).toEqual(failed(message))
  await write('Digest.ts', `export const execute = () => { ${ok} }`)
  expect(await run()).toEqual(done())
})

test('the answer counts although the thread breaks right behind it; the next call gets a new one', async () => {
  const { run, lines } = await rig(
    digest(`
  setTimeout(() => { throw new Error('left behind') }, 0)
  ${ok}`),
  )
  expect(await run()).toEqual(done())
  await eventually(() => expect(lines.join('')).toContain('left behind'))
  expect(await run()).toEqual(done())
})

test('an endless loop ends when its time is over, in the body or while loading', async () => {
  for (const text of [
    `export const execute = () => { for (;;); }`,
    `for (;;);`,
    `await new Promise(() => setInterval(() => {}, 1000))`,
  ]) {
    const timers = manualTimers()
    const { run, lines } = await rig({ 'Digest.ts': text }, { timers, timeoutMs: 20_000 })
    const running = run()
    await eventually(() => timers.fire(20_000))
    expect(await running).toEqual(failed(/took longer than 20 s and was stopped \(Digest\.ts\)/))
    expect(lines.join('')).toContain('took longer')
  }
})

test('a top-level await that never ends is told', async () => {
  const { run } = await rig({ 'Digest.ts': `await new Promise(() => {})` })
  expect(await run()).toEqual(failed(/an await at the top of the file never ends/))
})

test('a hog of the heap ends alone', async () => {
  const { run, write } = await rig(
    digest(`
  const all: number[][] = []
  for (;;) all.push(Array.from({ length: 100_000 }, (_, at) => at + 0.5))`),
  )
  expect(await run()).toEqual(failed(/more memory than it may/))
  await write('Digest.ts', `export const execute = () => { ${ok} }`)
  expect(await run()).toEqual(done())
})

test('a hog of buffers, which the heap does not count, ends alone too', async () => {
  const { run } = await rig(
    digest(`
  const all: Buffer[] = []
  while (all.length < 60) all.push(Buffer.alloc(10_000_000, 1))
  for (;;);`),
  )
  expect(await run()).toEqual(failed(/more memory than it may/))
})

test('a call that is given up ends its function', async () => {
  const { run } = await rig(digest(`for (;;);`))
  const given = new AbortController()
  const running = run({}, given.signal)
  given.abort()
  expect(await running).toEqual(failed(/given up/))
  expect(await run({}, given.signal)).toEqual(failed(/given up/))
})

test.each([
  [
    'Digest.ts',
    `export const execute = () => {\n  const a = ;\n}`,
    /does not load: SyntaxError.* \(Digest\.ts:2\)/,
  ],
  [
    'Digest.js',
    `export const execute = () => {\n  const a = ;\n}`,
    /does not load: SyntaxError.* \(Digest\.js:2\)/,
  ],
  [
    'Digest.ts',
    `\nimport { x } from './_parts/x.ts'`,
    /Cannot find module '_parts\/x\.ts' imported from Digest\.ts \(Digest\.ts:2\)/,
  ],
  [
    'Digest.ts',
    `import { readFiles } from 'node:fs'`,
    /does not provide an export named 'readFiles' \(Digest\.ts:1\)/,
  ],
  [
    'Digest.ts',
    `import { Execute } from '@carillon/functions'\nexport const execute: Execute = () => {}`,
    /import type \{ Execute \}/,
  ],
  ['Digest.ts', `enum A { B }`, /enum is not supported.* \(Digest\.ts:1\)/],
  ['Digest.ts', `\n\nthrow new Error('at load')`, /does not load: at load \(Digest\.ts:3:7\)/],
  ['Digest.ts', `export const excute = () => {}`, /did you mean execute by "excute"\?/],
  ['Digest.ts', `export const execute = 'text'`, /no function but a string/],
  [
    'Digest.ts',
    `export const handler = 1`,
    /no function named execute; write: export const execute/,
  ],
])(
  '%s with a mistake names it, and works at the next call when it is mended: %s',
  async (file, text, message) => {
    const { run, write } = await rig({ [file]: text })
    expect(await run()).toEqual(failed(message))
    await write(file, `export const execute = () => { ${ok} }`)
    expect(await run()).toEqual(done())
  },
)

test('a changed file, or a file that it imports, is loaded anew while a call of the old one still runs', async () => {
  const { run, write, folder } = await rig({
    '_parts/word.ts': `export const word: string = 'old'`,
    'Digest.ts': `import { existsSync, watch, writeFileSync } from 'node:fs'
import { word } from './_parts/word.ts'
export const execute = async ({ eventParameters }) => {
  const gate = eventParameters.gate
  if (gate) {
    writeFileSync(gate + '.waiting', '')
    while (!existsSync(gate)) await new Promise((resolve) => setImmediate(resolve))
  }
  return { success: true, messagesSent: 0, word }
}`,
  })
  const gate = join(await mkdtemp(join(tmpdir(), 'carillon-gate-')), 'open')
  cleanups.push(async () => await rm(join(gate, '..'), { recursive: true }))
  const early = run({ eventParameters: { gate } })
  await eventually(async () => await realpath(`${gate}.waiting`))
  await write('_parts/word.ts', `export const word: string = 'new'`)
  expect(await run({ eventParameters: {} })).toEqual(done({ word: 'new' }))
  await writeFile(gate, '')
  expect(await early).toEqual(done({ word: 'old' }))
  expect(await run({ eventParameters: {} })).toEqual(done({ word: 'new' }))
  expect(folder).not.toBe('')
})

test('twenty calls at once share two threads, and each gets its own answer', async () => {
  const { run } = await rig({
    'Digest.ts': `export const execute = async ({ eventParameters }) => {
  await new Promise((resolve) => setImmediate(resolve))
  return { success: true, messagesSent: 0, n: eventParameters.n }
}`,
  })
  const results = await Promise.all(
    Array.from({ length: 20 }, async (_, n) => await run({ eventParameters: { n } })),
  )
  expect(results).toEqual(Array.from({ length: 20 }, (_, n) => done({ n })))
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
  const { run } = await rig(digest(body))
  expect(await run()).toEqual(failed(message))
})

test('extra fields that are no JSON are left out with a warning; the others are passed on', async () => {
  const { run, lines } = await rig(
    digest(`
  const cycle: Record<string, unknown> = {}
  cycle['self'] = cycle
  return {
    success: false, messagesSent: 5, errorMessage: 'half of it', cycle, big: 5n, fn: () => 1, none: undefined,
    get trap(): string { throw new Error('trap') }, toJSON: 'text',
    list: [1, { a: new Date(0) }], ['__proto__']: { polluted: true },
  }`),
  )
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
  const { run, lines } = await rig(
    digest(`return { success: true, messagesSent: 0, big: 'x'.repeat(70_000) }`),
  )
  expect(await run()).toEqual(done())
  expect(lines.join('')).toContain('all left out')
})

test('send says at once what is wrong with a message, and never throws', async () => {
  const { run } = await rig(
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
  const { run } = await rig(
    digest(`
  const [registration] = registrations
  let sent = 0, last
  for (let at = 0; at < 200; at++) { last = await messaging.send({ registration, message: 'm' + at }); if (last.success) sent++ }
  return { success: true, messagesSent: sent, last }`),
  )
  const result = await run()
  expect(result.kind === 'done' ? result.messages.length : 0).toBe(120)
  expect(result).toMatchObject({
    extra: { last: { success: false, errorMessage: 'a call can send at most 120 messages' } },
  })
})

test('a send after the end is refused', async () => {
  const { run, lines } = await rig(
    digest(`
  const [registration] = registrations
  void Promise.resolve().then(() => new Promise((resolve) => setTimeout(resolve, 0)))
    .then(() => messaging.send({ registration, message: 'late' })).then((said) => console.log(JSON.stringify(said)))
  ${ok}`),
  )
  expect(await run()).toEqual(done())
  await eventually(() => expect(lines.join('')).toContain('the call has ended'))
})

test('log and standard output go to our log, with names, without addresses and secrets, and not without end', async () => {
  const { run, lines } = await rig(
    digest(`
  log.info('a line', { email: 'anna@example.org', password: 'CANARY', n: 1n as never })
  log.warn('second', { password: 'CANARY', nested: { token: 'CANARY' }, n: 2 })
  log.error('third')
  console.log('printed', { a: 1 })
  console.error('to stderr')
  for (let at = 0; at < 3_000; at++) { log.info('again'); console.log('again') }
  ${ok}`),
  )
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
  const { run } = await rig(
    digest(`
  const { parentPort, workerData, isMainThread } = await import('node:worker_threads')
  parentPort?.postMessage({ kind: 'answer', number: 1, answer: { ok: true, success: true, extra: [], notes: [] }, messages: [{ registrationId: 'reg_x' }] })
  return { success: true, messagesSent: 0, env: process.env, execArgv: process.execArgv, data: workerData, isMainThread }`),
    { env: { CARILLON_FUNCTION_COLOR: 'red' } },
  )
  expect(await run()).toEqual(
    done({ env: { CARILLON_FUNCTION_COLOR: 'red' }, execArgv: [], data: {}, isMainThread: false }),
  )
})

test.each([
  [
    `JSON.stringify = () => 'nonsense'; return { success: true, messagesSent: 0, a: 1 }`,
    /tampered/,
  ],
  [
    `JSON.stringify = () => 'nonsense'; log.info('x', { a: 1 }); await new Promise(() => {})`,
    /JSON/,
  ],
  [
    `Object.prototype.toString.call = () => ''; Map.prototype.get = () => ({}) as never; Array.prototype.push = () => 7; return { success: true, messagesSent: 0, a: await messaging.send({ registration: registrations[0], message: 'x' }) }`,
    /.*/,
  ],
])('globals that a function bends harm nobody else: %s', async (body, message) => {
  const { run } = await rig({
    ...digest(body),
    'Other.ts': `export const execute = () => { ${ok} }`,
  })
  const result = await run()
  expect(result.kind === 'failed' ? result.errorMessage : '').toMatch(message)
  expect(await run({ subscriptionId: 'Other' })).toEqual(done())
})

test('a function that takes hold of our line and talks nonsense on it ends itself only', async () => {
  const { run } = await rig({
    ...digest(`
  const { MessagePort } = await import('node:worker_threads')
  const post = MessagePort.prototype.postMessage
  MessagePort.prototype.postMessage = function () { post.call(this, null) }
  log.info('x')
  return { success: true, messagesSent: 0 }`),
    'Other.ts': `export const execute = () => { ${ok} }`,
  })
  expect(await run()).toEqual(failed(/./))
  expect(await run({ subscriptionId: 'Other' })).toEqual(done())
})

test('what can not be handed over fails the call only', async () => {
  const { run } = await rig(digest(ok))
  expect(await run({ eventParameters: { fn: () => 1 } })).toEqual(failed(/can't be handed over/))
  expect(await run()).toEqual(done())
})

test('a thread that nobody needs ends after a minute', async () => {
  const timers = manualTimers()
  const { run } = await rig(
    {
      'Digest.ts': `let calls = 0
export const execute = () => ({ success: true, messagesSent: 0, calls: ++calls })`,
    },
    { timers },
  )
  expect(await run()).toEqual(done({ calls: 1 }))
  timers.fire(60_000)
  expect(await run()).toEqual(done({ calls: 1 }))
})

test('closing ends what runs and what waits', async () => {
  const { run, host } = await rig({ 'Digest.ts': `export const execute = () => { for (;;); }` })
  const calls = Array.from({ length: 4 }, () => run())
  await eventually(async () => expect((await host.states(tenantId))[0]?.loadedAtMs).toBeDefined())
  await host.close()
  expect(await Promise.all(calls)).toEqual(
    Array.from({ length: 4 }, () => failed(/the server stops/)),
  )
  expect(await run()).toEqual(failed(/the server stops/))
})

test('the states tell a tenant what was seen of its functions in its own calls, and forget files that are gone', async () => {
  const { run, host, write, folder } = await rig({
    ...digest(`if (eventParameters === 'bad') throw new Error('no'); ${ok}`),
    'acme/Other.ts': '',
    'acme/not-a-name.ts': '',
    'README.md': '',
  })
  await run()
  await run({ eventParameters: 'bad' })
  expect(await host.states(tenantId)).toEqual([
    {
      subscriptionId: 'Digest',
      origin: 'common',
      file: 'Digest.ts',
      version: expect.stringMatching(/^[0-9a-f]{12}$/) as string,
      loadedAtMs: expect.any(Number) as number,
      lastRunAtMs: expect.any(Number) as number,
      lastError: 'no (Digest.ts:3:38)',
      runs: 2,
      failures: 1,
      averageMs: expect.any(Number) as number,
    },
    expect.objectContaining({ subscriptionId: 'Other', origin: 'tenant', runs: 0 }),
  ])
  expect(await host.states(otherTenant)).toEqual([
    expect.objectContaining({ subscriptionId: 'Digest', runs: 0 }),
  ])
  await rm(join(folder, 'Digest.ts'))
  await write('acme/Other.ts', '')
  expect((await host.states(tenantId)).map(({ file }) => file)).toEqual(['acme/Other.ts'])
})
