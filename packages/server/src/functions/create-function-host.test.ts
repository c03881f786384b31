import { join } from 'node:path'
import { realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { eventually } from '@carillon/testkit/eventually'
import {
  acme,
  digest,
  functionRig,
  manualTimers,
  otherTenant,
} from '@carillon/testkit/function-rig'

// Against real threads: finding, loading, reusing and ending them.

const ok = 'return { success: true, messagesSent: 0 }'
const failed = (message: RegExp) => ({
  kind: 'failed',
  errorMessage: expect.stringMatching(message) as string,
})
const done = (extra: object = {}) => ({ kind: 'done', success: true, messages: [], extra })

test('without a file there is no function, whatever the name tries', async () => {
  await using rig = await functionRig({ 'lib.ts': '' })
  const { host, run } = rig
  for (const subscriptionId of [
    'Digest',
    '../lib',
    'a/b',
    'a.b',
    '',
    'x'.repeat(300),
    '__proto__',
  ]) {
    expect(await host.has(subscriptionId, acme)).toBe(false)
    expect(await run({ subscriptionId })).toEqual({ kind: 'not_found' })
  }
})

test('without the folder there is no function either', async () => {
  await using rig = await functionRig({}, { folder: '/nowhere/at/all' })
  const { host } = rig
  expect(await host.has('Digest', acme)).toBe(false)
  expect(await host.states(acme)).toEqual([])
})

test("a tenant's own file goes before the common one", async () => {
  await using rig = await functionRig({
    'Digest.ts': `export const execute = () => ({ success: true, messagesSent: 0, whose: 'all' })`,
    'acme/Digest.ts': `export const execute = () => ({ success: true, messagesSent: 0, whose: 'acme' })`,
  })
  const { run } = rig
  expect(await run()).toEqual(done({ whose: 'acme' }))
  expect(await run({ tenantId: otherTenant })).toEqual(done({ whose: 'all' }))
})

test('plain JavaScript and a default export do as well', async () => {
  await using rig = await functionRig({
    'Digest.mjs': `export default function execute() { ${ok} }`,
  })
  const { run } = rig
  expect(await run()).toEqual(done())
})

test('what a thread keeps in memory serves the next call of the same tenant, and no other tenant', async () => {
  await using rig = await functionRig({
    'Digest.ts': `let calls = 0
export const execute = () => ({ success: true, messagesSent: 0, calls: ++calls })`,
  })
  const { run } = rig
  expect(await run()).toEqual(done({ calls: 1 }))
  expect(await run()).toEqual(done({ calls: 2 }))
  expect(await run({ tenantId: otherTenant })).toEqual(done({ calls: 1 }))
})

test('a symbolic link out of the folder is not followed', async () => {
  await using rig = await functionRig()
  const { run, folder, elsewhere } = rig
  await writeFile(join(elsewhere, 'x.ts'), `export const execute = () => { ${ok} }`)
  await symlink(join(elsewhere, 'x.ts'), join(folder, 'Digest.ts'))
  expect(await run()).toEqual(failed(/Digest\.ts is no file of the functions folder/))
})

test('a link within the folder is fine: mounted configuration looks like that', async () => {
  await using rig = await functionRig()
  const { run, folder, write } = rig
  await write('..data/Digest.ts', `export const execute = () => { ${ok} }`)
  await symlink('..data/Digest.ts', join(folder, 'Digest.ts'))
  expect(await run()).toEqual(done())
})

test('a changed file, or a file that it imports, is loaded anew while a call of the old one still runs', async () => {
  await using rig = await functionRig({
    '_parts/word.ts': `export const word: string = 'old'`,
    'Digest.ts': `import { existsSync, writeFileSync } from 'node:fs'
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
  const { run, write, elsewhere } = rig
  const gate = join(elsewhere, 'open')
  const early = run({ eventParameters: { gate } })
  await eventually(async () => await realpath(`${gate}.waiting`))
  await write('_parts/word.ts', `export const word: string = 'new'`)
  expect(await run({ eventParameters: {} })).toEqual(done({ word: 'new' }))
  await writeFile(gate, '')
  expect(await early).toEqual(done({ word: 'old' }))
  expect(await run({ eventParameters: {} })).toEqual(done({ word: 'new' }))
})

test('twenty calls at once share two threads, and each gets its own answer', async () => {
  await using rig = await functionRig({
    'Digest.ts': `export const execute = async ({ eventParameters }) => {
  await new Promise((resolve) => setImmediate(resolve))
  return { success: true, messagesSent: 0, n: eventParameters.n }
}`,
  })
  const { run } = rig
  const results = await Promise.all(
    Array.from({ length: 20 }, async (_, n) => await run({ eventParameters: { n } })),
  )
  expect(results).toEqual(Array.from({ length: 20 }, (_, n) => done({ n })))
})

test('a thread that nobody needs ends after a minute', async () => {
  const timers = manualTimers()
  await using rig = await functionRig(
    {
      'Digest.ts': `let calls = 0
export const execute = () => ({ success: true, messagesSent: 0, calls: ++calls })`,
    },
    { timers },
  )
  const { run } = rig
  expect(await run()).toEqual(done({ calls: 1 }))
  timers.fire(60_000)
  expect(await run()).toEqual(done({ calls: 1 }))
})

test('closing ends what runs and what waits', async () => {
  await using rig = await functionRig({ 'Digest.ts': `export const execute = () => { for (;;); }` })
  const { run, host } = rig
  const calls = Array.from({ length: 4 }, () => run())
  await eventually(async () => expect((await host.states(acme))[0]?.loadedAtMs).toBeDefined())
  await host.close()
  expect(await Promise.all(calls)).toEqual(
    Array.from({ length: 4 }, () => failed(/the server stops/)),
  )
  expect(await run()).toEqual(failed(/the server stops/))
})

test('the states tell a tenant what was seen of its functions in its own calls, and forget files that are gone', async () => {
  await using rig = await functionRig({
    ...digest(`if (eventParameters === 'bad') throw new Error('no'); ${ok}`),
    'acme/Other.ts': '',
    'acme/not-a-name.ts': '',
    'README.md': '',
  })
  const { run, host, write, folder } = rig
  await run()
  await run({ eventParameters: 'bad' })
  expect(await host.states(acme)).toEqual([
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
  expect((await host.states(acme)).map(({ file }) => file)).toEqual(['acme/Other.ts'])
})
