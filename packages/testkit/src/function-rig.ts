/**
 * A function host over a folder of its own, with real threads, for the tests of functions. Timeouts are real unless a test
 * gives its own timers.
 */
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { asId, type TenantId } from '@carillon/domain/ids'
import {
  createFunctionHost,
  type FunctionHostOptions,
} from '@carillon/server/functions/create-function-host'
import type {
  FunctionHost,
  FunctionInput,
  FunctionResult,
} from '@carillon/server/functions/run-function'
import { monotonicMs, systemClock } from '@carillon/server/platform/clock'
import { createLog } from '@carillon/server/platform/log'
import { systemTimers, type Timers } from '@carillon/server/platform/timers'

/** Its slug is acme; every other tenant's is other. */
export const acme = asId('tenant', '0199a5c2-7b1e-7def-8123-456789abcdef')
export const otherTenant = asId('tenant', '0199a5c2-7b1e-7def-8123-456789abcdee')

/** Two of one person: by mail and by SMS. */
export const twoRegistrations = [
  { id: 'reg_1', userId: 'usr_1', channel: 'email', channelConfig: 'anna@example.org' },
  { id: 'reg_2', userId: 'usr_1', channel: 'sms', channelConfig: '+390612345678', language: 'it' },
]

export type FunctionRig = {
  readonly host: FunctionHost
  /** The functions folder. */
  readonly folder: string
  /** An empty folder elsewhere. */
  readonly elsewhere: string
  /** Of the log, so far. */
  readonly lines: readonly string[]
  /** Writes a file into the folder. */
  readonly write: (file: string, text: string) => Promise<void>
  /** Calls the function Digest with the two registrations, or as `more` says. */
  readonly run: (more?: Partial<FunctionInput>, signal?: AbortSignal) => Promise<FunctionResult>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

const input = (more: Partial<FunctionInput>): FunctionInput => ({
  tenantId: acme,
  subscriptionId: 'Digest',
  eventParameters: { n: 1 },
  registrations: twoRegistrations,
  usableChannels: ['email', 'sms'],
  chunk: { number: 1, isLast: true },
  ...more,
})

const newFolder = async (): Promise<string> =>
  await realpath(await mkdtemp(join(tmpdir(), 'carillon-functions-')))

/** `await using rig = await functionRig({ 'Digest.ts': text })`. */
export const functionRig = async (
  files: Readonly<Record<string, string>> = {},
  options: Partial<FunctionHostOptions> = {},
): Promise<FunctionRig> => {
  const [folder, elsewhere] = [await newFolder(), await newFolder()]
  const lines: string[] = []
  const host = createFunctionHost({
    folder,
    timeoutMs: 20_000,
    threads: 2,
    env: {},
    slugOf: (id: TenantId) => Promise.resolve(id === acme ? 'acme' : 'other'),
    log: createLog({ level: 'info', destination: { write: (line) => void lines.push(line) } }),
    clock: systemClock,
    timers: systemTimers,
    monotonicMs,
    ...options,
  })
  const write = async (file: string, text: string): Promise<void> => {
    await mkdir(dirname(join(folder, file)), { recursive: true })
    await writeFile(join(folder, file), text)
  }
  for (const [file, text] of Object.entries(files)) await write(file, text)
  const never = new AbortController().signal
  return {
    host,
    folder,
    elsewhere,
    lines,
    write,
    run: async (more = {}, signal = never) => await host.run(input(more), signal),
    [Symbol.asyncDispose]: async () => {
      await host.close()
      for (const each of [folder, elsewhere]) await rm(each, { recursive: true })
    },
  }
}

/** The file of the function Digest with this body, which sees what it is given under its own names. */
export const digest = (body: string): Readonly<Record<string, string>> => ({
  'Digest.ts': `import type { Execute } from '@carillon/functions'
export const execute: Execute = async ({ eventParameters, registrations, messaging, log, chunk, tenantId, subscriptionId }) => {
${body}
}
`,
})

/** Timers that are over when the test says so. */
export const manualTimers = (): Timers & {
  /** Ends all waits of so many ms; throws when there are none. */
  readonly fire: (ms: number) => void
} => {
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
