/** The limit of `drain`: the bare undici loop, measured. */
import { cpuMsOf } from './cpu-time.ts'
import { startNodeChild } from './node-child.ts'
import type { Measured } from './rounds.ts'
import { rateOf, type SinkProcess } from './sink-process.ts'

/** Requests under way at a time, of all contenders. */
export const concurrency = 64

/** So many requests through a bare undici pool in a process of its own. */
export const measureBareLoop = async (sink: SinkProcess, requests: number): Promise<Measured> => {
  await using child = startNodeChild('bare-loop.ts', [sink.url, `${requests}`, `${concurrency}`])
  await sink.reset()
  const running = child.ask('run')
  await sink.received(1)
  const before = cpuMsOf(child.pid)
  await running
  const processMicros = ((cpuMsOf(child.pid) - before) * 1000) / requests
  return { perSecond: rateOf(await sink.report()), processMicros, databaseMicros: 0 }
}
