/** The launcher ends like the program it launched, and the program ends when the launcher does. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'

const launcher = fileURLToPath(new URL('./with-node.mjs', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'carillon-launcher-'))
const program = join(folder, 'program.ts')

/** Says what it was given, then waits; `quit` ends it with 7; a stop signal or a lost launcher ends it in peace. */
const source = `
const args: readonly string[] = process.argv.slice(2)
const end = (why: string): void => {
  console.log(why)
  process.exit(0)
}
process.on('SIGTERM', () => end('told to stop'))
process.on('SIGHUP', () => end('told that the terminal is gone'))
process.on('disconnect', () => end('the launcher is gone'))
setInterval(() => undefined, 60_000)
console.log(JSON.stringify({ args, cwd: process.cwd(), isNewEnough: Number(process.versions.node.split('.')[0]) >= 24 }))
if (args.includes('quit')) process.exit(7)
if (args.includes('crash')) process.kill(process.pid, 'SIGKILL')
`

beforeAll(() => writeFileSync(program, source))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

type Launched = { readonly child: ChildProcess; readonly lines: AsyncIterator<string> }

const launch = (...args: readonly string[]): Launched => {
  const child = spawn(process.execPath, [launcher, program, ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() }
}

const nextLine = async ({ lines }: Launched): Promise<string> => String((await lines.next()).value)

/** Exit code and signal of the launcher. */
const ending = async ({ child }: Launched): Promise<readonly unknown[]> => once(child, 'exit')

test("arguments, folder and exit code are the program's, on a Node that runs TypeScript", async () => {
  const launched = launch('quit', 'a b')
  const ended = ending(launched)
  const told: unknown = JSON.parse(await nextLine(launched))
  expect(told).toHaveProperty('args', ['quit', 'a b'])
  expect(told).toHaveProperty('isNewEnough', true)
  expect(told).toHaveProperty('cwd', expect.stringContaining('carillon-launcher-'))
  expect(await ended).toEqual([7, null])
})

test('a program that a signal ended is reported as ended by that signal', async () => {
  const launched = launch('crash')
  expect(await ending(launched)).toEqual([null, 'SIGKILL'])
})

test.each([
  ['SIGTERM', 'told to stop'],
  ['SIGHUP', 'told that the terminal is gone'],
] as const)('%s reaches the program, and its peaceful end is ours', async (signal, said) => {
  const launched = launch()
  await nextLine(launched)
  const ended = ending(launched)
  launched.child.kill(signal)
  expect(await nextLine(launched)).toBe(said)
  expect(await ended).toEqual([0, null])
})

test('a launcher that is killed leaves no program behind', async () => {
  const launched = launch()
  await nextLine(launched)
  launched.child.kill('SIGKILL')
  expect(await nextLine(launched)).toBe('the launcher is gone')
})
