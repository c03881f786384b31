/** `startup`: from the start of the process until it is ready, with its own Postgres: on an empty folder, and again on the same. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startCarillonProcess } from './rig/carillon.ts'
import { readOptions } from './rig/options.ts'
import { median, publish } from './rig/table.ts'

const roles = 'api,worker,scheduler'

const startOnce = async (dataDir: string): Promise<number> => {
  await using carillon = await startCarillonProcess({ roles, dataDir })
  return carillon.readyMs
}

/** Runs the benchmark with the command line's options. */
export const runStartup = async (args: readonly string[]): Promise<void> => {
  const rounds = readOptions(args).number('rounds', 5, 15)
  const dataDir = await mkdtemp(join(tmpdir(), 'carillon-bench-startup-'))
  try {
    const coldMs = await startOnce(dataDir)
    const warmMs: number[] = []
    for (let round = 0; round < rounds; round += 1) warmMs.push(await startOnce(dataDir))
    publish(
      'startup',
      [
        { start: 'cold: makes its database', 'median ms': coldMs, 'slowest ms': coldMs, n: 1 },
        {
          start: 'warm',
          'median ms': median(warmMs),
          'slowest ms': Math.max(...warmMs),
          n: rounds,
        },
      ],
      { settings: { rounds, roles } },
    )
  } finally {
    await rm(dataDir, { recursive: true, force: true, maxRetries: 20 })
  }
}
