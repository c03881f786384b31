import { expect, test } from 'vitest'
import { eventually } from '@carillon/testkit/eventually'
import { digest, functionRig, manualTimers } from '@carillon/testkit/function-rig'

/** V8 tries hard to find room before it gives up. */
const patience = { timeout: 30_000 }

// Against real threads: whatever a function does to itself, the call ends and the next one works.

const ok = 'return { success: true, messagesSent: 0 }'
const failed = (message: RegExp) => ({
  kind: 'failed',
  errorMessage: expect.stringMatching(message) as string,
})
const done = (extra: object = {}) => ({ kind: 'done', success: true, messages: [], extra })

test('a throw is logged with its stack and place; nothing of the call is sent', async () => {
  await using rig = await functionRig(
    digest(`
  await messaging.send({ registration: registrations[0], message: 'x' })
  const nothing = JSON.parse('null')
  return nothing.field`),
  )
  const { run, lines } = rig
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
  await using rig = await functionRig(digest(body))
  const { run, write } = rig
  expect(await run()).toEqual(failed(message))
  await write('Digest.ts', `export const execute = () => { ${ok} }`)
  expect(await run()).toEqual(done())
})

test('the answer counts although the thread breaks right behind it; the next call gets a new one', async () => {
  await using rig = await functionRig(
    digest(`
  setTimeout(() => { throw new Error('left behind') }, 0)
  ${ok}`),
  )
  const { run, lines } = rig
  expect(await run()).toEqual(done())
  await eventually(() => expect(lines.join('')).toContain('left behind'))
  expect(await run()).toEqual(done())
})

test(
  'an endless loop ends when its time is over, in the body or while loading',
  patience,
  async () => {
    for (const text of [
      `export const execute = () => { for (;;); }`,
      `for (;;);`,
      `await new Promise(() => setInterval(() => {}, 1000))`,
    ]) {
      const timers = manualTimers()
      await using rig = await functionRig({ 'Digest.ts': text }, { timers, timeoutMs: 20_000 })
      const { run, lines } = rig
      const running = run()
      await eventually(() => timers.fire(20_000))
      expect(await running).toEqual(failed(/took longer than 20 s and was stopped \(Digest\.ts\)/))
      expect(lines.join('')).toContain('took longer')
    }
  },
)

test('a top-level await that never ends is told', async () => {
  await using rig = await functionRig({ 'Digest.ts': `await new Promise(() => {})` })
  const { run } = rig
  expect(await run()).toEqual(failed(/an await at the top of the file never ends/))
})

test('a hog of the heap ends alone', patience, async () => {
  await using rig = await functionRig(
    digest(`
  const all: number[][] = []
  for (;;) all.push(new Array<number>(1_000_000).fill(0.5))`),
  )
  const { run, write } = rig
  expect(await run()).toEqual(failed(/more memory than it may/))
  await write('Digest.ts', `export const execute = () => { ${ok} }`)
  expect(await run()).toEqual(done())
})

test('a hog of buffers, which the heap does not count, ends alone too', patience, async () => {
  await using rig = await functionRig(
    digest(`
  const all: Buffer[] = []
  while (all.length < 60) all.push(Buffer.alloc(10_000_000, 1))
  for (;;);`),
  )
  const { run } = rig
  expect(await run()).toEqual(failed(/more memory than it may/))
})

test('a call that is given up ends its function', async () => {
  await using rig = await functionRig(digest(`for (;;);`))
  const { run } = rig
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
    await using rig = await functionRig({ [file]: text })
    const { run, write } = rig
    expect(await run()).toEqual(failed(message))
    await write(file, `export const execute = () => { ${ok} }`)
    expect(await run()).toEqual(done())
  },
)

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
  await using rig = await functionRig({
    ...digest(body),
    'Other.ts': `export const execute = () => { ${ok} }`,
  })
  const { run } = rig
  const result = await run()
  expect(result.kind === 'failed' ? result.errorMessage : '').toMatch(message)
  expect(await run({ subscriptionId: 'Other' })).toEqual(done())
})

test.each([
  ['in 1970', '() => 0'],
  ['in a year', '() => new Date().getTime() + 365 * 86_400_000'],
])(
  'messages that claim to be made %s are no messages: their ids tell where they are stored',
  async (_when, clock) => {
    await using rig = await functionRig(
      digest(`
  Date.now = ${clock}
  await messaging.send({ registration: registrations[0], message: 'x' })
  ${ok}`),
    )
    expect(await rig.run()).toEqual(failed(/tampered/))
  },
)

test('a function that takes hold of our line and talks nonsense on it ends itself only', async () => {
  await using rig = await functionRig({
    ...digest(`
  const { MessagePort } = await import('node:worker_threads')
  const post = MessagePort.prototype.postMessage
  MessagePort.prototype.postMessage = function () { post.call(this, null) }
  log.info('x')
  return { success: true, messagesSent: 0 }`),
    'Other.ts': `export const execute = () => { ${ok} }`,
  })
  const { run } = rig
  expect(await run()).toEqual(failed(/./))
  expect(await run({ subscriptionId: 'Other' })).toEqual(done())
})

test('what can not be handed over fails the call only', async () => {
  await using rig = await functionRig(digest(ok))
  const { run } = rig
  expect(await run({ eventParameters: { fn: () => 1 } })).toEqual(failed(/can't be handed over/))
  expect(await run()).toEqual(done())
})
