/**
 * Notices a connection on which no answer comes, and ends it. In place of pg's own `query_timeout`, which makes a timer for every
 * query and sets its callback once it was made: what pg keeps of such an ended query (as of one that gives a promise) is garbage
 * that young collections carry along all the same, each holding on to the next, with its parameters and rows (pg 8.23, Node 24).
 * That was a full collection a second and 22 % of the CPU of accepting events. So every query gets its callback as it is made.
 */
import type { PoolClient } from 'pg'
import { monotonicMs } from '../clock.ts'
import { systemTimers } from '../timers.ts'

type Callback = (error: Error | null | undefined, result: unknown) => void
/** pg's `query` as it is called here; its types tell the forms apart. */
type Ask = (config: unknown, values: unknown, callback: Callback) => unknown

/**
 * From now on a query of this client that is not answered within `withinMs` (> 0) ends its connection, and all its queries reject with
 * the Error "Query read timeout", as pg's do. Queries give promises where they are called without a callback.
 */
export const watchAnswers = (client: PoolClient, withinMs: number): void => {
  const ask = askOf(client)
  let unanswered = 0
  /** When the last answer came, or the first question after it. */
  let heardAt = 0
  let isWatching = false

  const look = (): void => {
    isWatching = false
    if (unanswered === 0) return
    const leftMs = heardAt + withinMs - monotonicMs()
    if (leftMs > 0) watch(leftMs)
    else client.connection.stream.destroy(new Error('Query read timeout'))
  }
  /** One timer a connection and time limit, however many queries there are. */
  const watch = (ms: number): void => {
    if (isWatching) return
    isWatching = true
    systemTimers.after(ms, look)
  }
  const tracked: Ask = (config, values, callback) => {
    if (unanswered === 0) heardAt = monotonicMs()
    unanswered += 1
    watch(withinMs)
    return ask(config, values, (error, result) => {
      unanswered -= 1
      heardAt = monotonicMs()
      callback(error, result)
    })
  }
  const query = (config: unknown, values: unknown, callback: unknown): unknown => {
    if (isCallback(callback)) return tracked(config, values, callback)
    if (isCallback(values)) return tracked(config, undefined, values)
    return new Promise((resolve, reject) => {
      tracked(config, values, (error, result) => {
        if (error) reject(error)
        else resolve(result)
      })
    })
  }
  Object.assign(client, { query })
}

const askOf = (client: PoolClient): Ask => {
  const bound: unknown = client.query.bind(client)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- one of the forms of pg's `query`; the others are not asked for here
  return bound as Ask
}

const isCallback = (value: unknown): value is Callback => typeof value === 'function'
