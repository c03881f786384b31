/** `carillon functions run`: calls a function here and prints what it would send. Nothing leaves the machine. */
import { readFile } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import { asId, printId } from '@carillon/domain/ids'
import { revealFunctionEnv, type Config } from '../config.ts'
import { createFunctionHost } from '../functions/create-function-host.ts'
import type { FunctionInput, FunctionResult } from '../functions/run-function.ts'
import type { Io } from '../main.ts'
import { monotonicMs, systemClock } from '../platform/clock.ts'
import { createSystemIdGenerator } from '../platform/ids.ts'
import { createLog, type Log } from '../platform/log.ts'
import { systemTimers } from '../platform/timers.ts'
import { describeError } from './describe-error.ts'
import {
  fetchRegistrations,
  readRegistrations,
  type GivenRegistrations,
} from './given-registrations.ts'
import { printable } from './printable.ts'
import { textTable } from './text-table.ts'

type Options = {
  readonly config: Config
  readonly tenant?: string | undefined
  /** Files; "-" is standard input. */
  readonly params?: string | undefined
  readonly registrations?: string | undefined
  readonly json: boolean
}

/** Returns the exit code: 1 when the function fails or says `success: false`. */
export const runFunctionDry = async (
  subscriptionId: string,
  options: Options,
  io: Io,
): Promise<number> => {
  const parameters = await readJson(options.params, io)
  if (!parameters.ok) return 2
  const registrations = await findRegistrations(subscriptionId, options, io)
  if (registrations === undefined) return 2
  const input = makeInput(subscriptionId, parameters.value, registrations)
  const result = await callOnce(input, options, io)
  if (options.json) io.out(JSON.stringify(result))
  else tell(result, input, options, io)
  return result.kind === 'done' && result.success ? 0 : 1
}

type Json = { readonly ok: true; readonly value: unknown } | { readonly ok: false }

const readJson = async (path: string | undefined, io: Io): Promise<Json> => {
  if (path === undefined) return { ok: true, value: {} }
  try {
    const bytes = path === '-' ? await buffer(process.stdin) : await readFile(path)
    const value: unknown = JSON.parse(bytes.toString('utf8'))
    return { ok: true, value }
  } catch (error) {
    io.err(`carillon functions: ${printable(path, 200)} can't be used: ${describeError(error)}`)
    return { ok: false }
  }
}

const findRegistrations = async (
  subscriptionId: string,
  { tenant, registrations }: Options,
  io: Io,
): Promise<GivenRegistrations | undefined> => {
  if (registrations === undefined) return await fetchRegistrations(subscriptionId, tenant, io)
  const json = await readJson(registrations, io)
  if (!json.ok) return undefined
  const newId = createSystemIdGenerator()
  const read = readRegistrations(json.value, () => printId('registration', newId('registration')))
  if (read.ok) return read.registrations
  io.err(`carillon functions: ${printable(registrations, 200)}: ${read.problem}`)
  return undefined
}

/** No tenant's id: what a function does with it can't matter to a dry run. */
const dryTenant = asId('tenant', '00000000-0000-7000-8000-000000000000')

const makeInput = (
  subscriptionId: string,
  eventParameters: unknown,
  registrations: GivenRegistrations,
): FunctionInput => ({
  tenantId: dryTenant,
  subscriptionId,
  eventParameters,
  registrations,
  usableChannels: [...new Set(registrations.map(({ channel }) => channel))],
  chunk: { number: 1, isLast: true },
})

const callOnce = async (
  input: FunctionInput,
  { config, tenant = 'default' }: Options,
  io: Io,
): Promise<FunctionResult> => {
  const host = createFunctionHost({
    folder: config.functionsDir,
    timeoutMs: config.functionTimeoutSeconds * 1_000,
    threads: 1,
    env: revealFunctionEnv(config),
    slugOf: () => Promise.resolve(tenant),
    log: createConsoleLog(io),
    clock: systemClock,
    timers: systemTimers,
    monotonicMs,
  })
  try {
    return await host.run(input, new AbortController().signal)
  } finally {
    await host.close()
  }
}

/** The server's log, one readable line each, on standard error; redacted in the same way. */
const createConsoleLog = (io: Io): Log =>
  createLog({
    level: 'info',
    destination: {
      write: (line) => {
        const {
          level,
          msg,
          time: _,
          tenant: _tenant,
          subscription: _id,
          function: _file,
          err,
          ...fields
        } = asRecord(JSON.parse(line))
        const rest = Object.keys(fields).length === 0 ? '' : ` ${JSON.stringify(fields)}`
        io.err(printable(`${String(level)}: ${String(msg)}${rest}`))
        for (const at of stackOf(err)) io.err(`  ${printable(at)}`)
      },
    },
  })

const asRecord = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {}

/** The lines of a stack that are the user's: those of Node and ours help nobody who writes a function. */
const stackOf = (err: unknown): readonly string[] => {
  const { stack } = asRecord(err)
  const lines = typeof stack === 'string' ? stack.split('\n') : []
  return lines.filter((line) => !/\(?node:internal|function-thread\.ts/.test(line))
}

const tell = (result: FunctionResult, input: FunctionInput, { config }: Options, io: Io): void => {
  const { subscriptionId, registrations } = input
  if (result.kind === 'not_found') {
    io.err(
      `carillon functions: there is no function ${printable(subscriptionId, 120)} in ${config.functionsDir}; make one: carillon functions new ${printable(subscriptionId, 120)}`,
    )
    return
  }
  if (result.kind === 'failed') return io.err(`carillon functions: ${result.errorMessage}`)
  const byId = new Map(registrations.map((registration) => [registration.id, registration]))
  const rows = result.messages.map(({ registrationId, subject, message, html }) => {
    const to = byId.get(registrationId)
    const more = html === undefined ? '' : `${html.length} characters`
    return [to?.channel ?? '', to?.channelConfig ?? '', subject ?? '', message, more]
  })
  if (rows.length > 0) for (const line of textTable([header, ...rows])) io.out(line)
  const { success, errorMessage, extra, messages } = result
  const said = {
    success,
    messagesSent: messages.length,
    ...(errorMessage === undefined ? {} : { errorMessage }),
    ...extra,
  }
  io.out(`Result: ${JSON.stringify(said)}`)
  io.out(`${messages.length} messages for ${registrations.length} registrations; nothing was sent.`)
}

const header = ['CHANNEL', 'TO', 'SUBJECT', 'MESSAGE', 'HTML']
