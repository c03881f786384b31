/** The load as the benchmarks see it: started in a process of its own, asked over IPC. */
import type { LoadQuestion, LoadReport } from '../load.ts'
import { startNodeChild } from './node-child.ts'

export type LoadProcess = {
  /** Sends the requests; throws when one was not answered with 2xx. */
  readonly run: (question: LoadQuestion) => Promise<LoadReport>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

/** Starts it. */
export const startLoad = (): LoadProcess => {
  const child = startNodeChild('load.ts')
  return {
    run: async (question) => {
      const report = await child.ask<LoadReport>(question)
      if (report.refused > 0) throw new Error(`${report.refused} requests were refused`)
      return report
    },
    [Symbol.asyncDispose]: child.stop,
  }
}
