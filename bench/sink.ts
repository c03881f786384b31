/**
 * The receiver of the benchmarks: a process of its own that answers every POST with 200, counts, and knows when the first
 * and the last one came. With `t0` in the body (hrtime, ns) it also notes how long the way took. Not for tests.
 */
import { createServer } from 'node:http'
import { listenOnLoopback } from '@carillon/testkit/listen-on-loopback'
import { answerParent } from './rig/node-child.ts'

export type SinkReport = {
  readonly requests: number
  /** Of the system's monotonic clock, in milliseconds. */
  readonly firstMs: number
  readonly lastMs: number
  /** Milliseconds from `t0` to the first byte here, in the order of arrival. */
  readonly latenciesMs: readonly number[]
}
export type SinkQuestion =
  | { readonly ask: 'port' }
  /** Forgets what came; from now on bodies are read when `latency` is set. */
  | { readonly ask: 'reset'; readonly latency?: boolean }
  /** Answered when so many requests have come since the reset. */
  | { readonly ask: 'received'; readonly requests: number }
  | { readonly ask: 'report' }

const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6

const state = { requests: 0, firstMs: 0, lastMs: 0, isLatency: false, latenciesMs: [0] }
const waiters = new Set<{ readonly requests: number; readonly resolve: (r: SinkReport) => void }>()

const report = (): SinkReport => ({
  requests: state.requests,
  firstMs: state.firstMs,
  lastMs: state.lastMs,
  latenciesMs: state.latenciesMs,
})

const note = (): void => {
  state.lastMs = nowMs()
  if (state.requests === 0) state.firstMs = state.lastMs
  state.requests += 1
  for (const waiter of waiters)
    if (state.requests >= waiter.requests) {
      waiters.delete(waiter)
      waiter.resolve(report())
    }
}

const server = createServer((request, response) => {
  const atMs = nowMs()
  if (state.isLatency)
    request.on('data', (chunk: Buffer) => {
      const t0 = /"t0":"(\d+)"/.exec(chunk.toString('latin1'))?.[1]
      if (t0 !== undefined) state.latenciesMs.push(atMs - Number(t0) / 1e6)
    })
  else request.resume()
  request.once('end', () => {
    response.end('{"ok":true}')
    note()
  })
})
server.keepAliveTimeout = 60_000

const handle = async (question: SinkQuestion): Promise<unknown> => {
  if (question.ask === 'port') return port
  if (question.ask === 'report') return report()
  if (question.ask === 'received')
    return await new Promise<SinkReport>((resolve) => {
      if (state.requests >= question.requests) resolve(report())
      else waiters.add({ requests: question.requests, resolve })
    })
  Object.assign(state, { requests: 0, firstMs: 0, lastMs: 0, latenciesMs: [] })
  state.isLatency = question.latency === true
  return true
}

const port = await listenOnLoopback(server)
answerParent((message) => handle(message as SinkQuestion))
