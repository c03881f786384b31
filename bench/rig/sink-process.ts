/** The sink as the benchmarks see it: started in a process of its own, asked over IPC. */
import type { SinkQuestion, SinkReport } from '../sink.ts'
import { startNodeChild } from './node-child.ts'

export type SinkProcess = {
  readonly url: string
  readonly pid: number
  readonly reset: (options?: { readonly latency: boolean }) => Promise<void>
  /** Resolves when so many requests have come since the reset. */
  readonly received: (requests: number) => Promise<SinkReport>
  readonly report: () => Promise<SinkReport>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

/** Starts it on a free port of 127.0.0.1. */
export const startSink = async (): Promise<SinkProcess> => {
  const child = startNodeChild('sink.ts')
  const ask = async <Answer>(question: SinkQuestion): Promise<Answer> =>
    await child.ask<Answer>(question)
  const port = await ask<number>({ ask: 'port' })
  return {
    url: `http://127.0.0.1:${port}/`,
    pid: child.pid,
    reset: async (options) => void (await ask({ ask: 'reset', ...options })),
    received: async (requests) => await ask({ ask: 'received', requests }),
    report: async () => await ask({ ask: 'report' }),
    [Symbol.asyncDispose]: child.stop,
  }
}

/** Requests per second between the first and the last one. */
export const rateOf = (report: SinkReport): number =>
  ((report.requests - 1) * 1000) / Math.max(1, report.lastMs - report.firstMs)
