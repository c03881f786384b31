/**
 * What happens in a function's thread: loads one file, then runs its calls one after the other. The user's code runs here and
 * nowhere else; nothing of the server's state is reachable from here. Not for judging what comes out: `read-answer.ts`.
 */
import { randomFillSync } from 'node:crypto'
import { workerData } from 'node:worker_threads'
import type { Execute, FunctionLog } from '@carillon/functions'
import { systemClock } from '../platform/clock.ts'
import { createIdGenerator, type IdGenerator } from '../platform/ids.ts'
import { collectMessages } from './collect-messages.ts'
import { findExecute } from './find-execute.ts'
import { functionLimits } from './function-limits.ts'
import { locateLoadError } from './locate-load-error.ts'
import { printAnswer } from './print-answer.ts'
import { printError } from './print-error.ts'
import type { ThreadCall, ThreadData, ThreadReply } from './thread-protocol.ts'

type Send = (reply: ThreadReply) => void

type Running = { readonly execute: Execute; readonly newId: IdGenerator; readonly send: Send }

const runCall = async ({ number, input }: ThreadCall, running: Running): Promise<void> => {
  const { execute, newId, send } = running
  const { registrations, usableChannels } = input
  const collector = collectMessages({ registrations, usableChannels, newId })
  try {
    const { tenantId, subscriptionId, eventParameters, chunk } = input
    const log = createFunctionLog(number, send)
    const answer = await execute({
      tenantId,
      subscriptionId,
      eventParameters,
      registrations,
      chunk,
      messaging: collector.messaging,
      log,
    })
    send({ kind: 'answer', number, answer: printAnswer(answer), messages: collector.end() })
  } catch (error) {
    collector.end()
    send({ kind: 'thrown', number, error: printError(error) })
  }
}

/** Lines beyond the limit are dropped: the last one taken says so. */
const createFunctionLog = (number: number, send: Send): FunctionLog => {
  let lines = 0
  const line =
    (level: 'info' | 'warn' | 'error') =>
    (message: unknown, given?: unknown): void => {
      lines += 1
      if (lines > functionLimits.logLines) return
      if (lines === functionLimits.logLines) {
        send({
          kind: 'log',
          number,
          level: 'warn',
          message: 'further lines of this call are left out',
        })
        return
      }
      const fields = given === undefined ? undefined : jsonOf(given)
      const text = typeof message === 'string' ? message : jsonOf(message)
      const cut = text.slice(0, functionLimits.errorMessageChars)
      send({
        kind: 'log',
        number,
        level,
        message: cut,
        ...(fields === undefined ? {} : { fields }),
      })
    }
  return { info: line('info'), warn: line('warn'), error: line('error') }
}

/** JSON for the log; whatever it can't hold is said instead. */
const jsonOf = (value: unknown): string => {
  try {
    const text = JSON.stringify(value, (_name, part: unknown) =>
      part instanceof Error ? printError(part) : part,
    )
    return text === undefined || text.length > functionLimits.logFieldChars
      ? JSON.stringify({ leftOut: text === undefined ? 'no JSON' : `${text.length} characters` })
      : text
  } catch (error) {
    return JSON.stringify({ leftOut: printError(error).message })
  }
}

const start = async ({ port, url }: ThreadData): Promise<void> => {
  const send: Send = (reply) => port.postMessage(reply)
  try {
    const module: unknown = await import(url)
    const found = findExecute(module)
    if ('problem' in found) throw new Error(found.problem)
    const newId = createIdGenerator({ clock: systemClock, fillRandom: randomFillSync })
    const running = { execute: found.execute, newId, send }
    port.on('message', (call: ThreadCall) => void runCall(call, running))
    send({ kind: 'loaded', form: found.form })
  } catch (error) {
    send({ kind: 'not_loaded', error: locateLoadError(printError(error), url) })
    port.close()
  }
}

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what `start-thread.ts` gave
const given = workerData as { data?: ThreadData; compileCache?: string }
if (given.data !== undefined) {
  const { data } = given
  // The function must not find our end of the line: what it posts itself goes nowhere.
  delete given.data
  delete given.compileCache
  await start(data)
}
