/** `memory`: what an idle server with its own Postgres holds and uses, two minutes after its start. */
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startCarillonProcess } from './rig/carillon.ts'
import { childrenOf, cpuMsOf, cpuMsOfFamily } from './rig/cpu-time.ts'
import { readOptions } from './rig/options.ts'
import { publish } from './rig/table.ts'

const kilobytes = (text: string, name: string): number =>
  Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? Number.NaN)

const rssMb = (pid: number): number =>
  kilobytes(readFileSync(`/proc/${pid}/status`, 'utf8'), 'VmRSS') / 1024

/** Pages that processes share are counted once: each process has its part of them. */
const ownPartMb = (pids: readonly number[]): number =>
  pids.reduce(
    (sum, pid) => sum + kilobytes(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'), 'Pss') / 1024,
    0,
  )

/** The postmaster below this process: it may hang below a guard of ours. */
const postmasterBelow = (pid: number): number | undefined => {
  for (const child of childrenOf(pid)) {
    const name = readFileSync(`/proc/${child}/comm`, 'utf8').trim()
    const found = name === 'postgres' ? child : postmasterBelow(child)
    if (found !== undefined) return found
  }
  return undefined
}

/** A postmaster that was handed to the system's first process is found by its data folder. */
const postmasterOf = (dataDir: string): number =>
  readdirSync(dataDir, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('postmaster.pid'))
    .map((name) => Number(readFileSync(`${dataDir}/${name}`, 'utf8').split('\n')[0]))[0] ??
  Number.NaN

const pause = async (seconds: number): Promise<void> =>
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000))

/** Runs the benchmark with the command line's options. */
export const runMemory = async (args: readonly string[]): Promise<void> => {
  const options = readOptions(args)
  const settleSeconds = options.number('settle', 10, 120)
  const watchSeconds = options.number('watch', 10, 60)
  // As `npm start` and the image do it: what a start before this one has compiled is there.
  const compiled = await mkdtemp(join(tmpdir(), 'carillon-bench-'))
  const env = { NODE_COMPILE_CACHE: compiled }
  const roles = 'api,worker,scheduler'
  await (await startCarillonProcess({ roles, env })).stop()
  await using carillon = await startCarillonProcess({ roles, env })
  const postmaster = postmasterBelow(carillon.pid) ?? postmasterOf(carillon.dataDir)
  await pause(settleSeconds)
  const before = { server: cpuMsOf(carillon.pid), postgres: cpuMsOfFamily(postmaster) }
  await pause(watchSeconds)
  const percent = (ms: number): number => ms / (watchSeconds * 10)
  const postgres = [postmaster, ...childrenOf(postmaster)]
  publish(
    'memory',
    [
      {
        process: 'server',
        'RSS MB': rssMb(carillon.pid),
        'own part (PSS) MB': ownPartMb([carillon.pid]),
        'idle CPU % of a core': percent(cpuMsOf(carillon.pid) - before.server),
      },
      {
        process: 'Postgres, all its processes',
        'RSS MB': postgres.reduce((sum, pid) => sum + rssMb(pid), 0),
        'own part (PSS) MB': ownPartMb(postgres),
        'idle CPU % of a core': percent(cpuMsOfFamily(postmaster) - before.postgres),
      },
    ],
    { settings: { settleSeconds, watchSeconds } },
  )
  await rm(compiled, { recursive: true, force: true })
}
