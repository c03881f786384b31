/** CPU time of processes, from Linux's /proc. Elsewhere it says so by NaN; no benchmark rests on it. */
import { readdirSync, readFileSync } from 'node:fs'

/** USER_HZ: fixed at 100 on every Linux that Node runs on. */
const ticksPerSecond = 100

type Stat = { readonly parent: number; readonly ownMs: number; readonly endedChildrenMs: number }

const statOf = (pid: number | string): Stat | undefined => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number)
    const ms = (...at: readonly number[]): number =>
      (at.reduce((sum, index) => sum + (fields[index] ?? 0), 0) * 1000) / ticksPerSecond
    // proc(5): ppid is field 4, utime and stime 14 and 15, cutime and cstime 16 and 17; the list here begins at field 3.
    return { parent: fields[1] ?? 0, ownMs: ms(11, 12), endedChildrenMs: ms(13, 14) }
  } catch (error) {
    if (error instanceof Error) return undefined
    throw error
  }
}

/** Milliseconds of CPU that a process has used so far. */
export const cpuMsOf = (pid: number): number => statOf(pid)?.ownMs ?? Number.NaN

/** Milliseconds of CPU of a process and all its children, also those that have ended: a Postgres server as a whole. */
export const cpuMsOfFamily = (pid: number): number => {
  const own = statOf(pid)
  if (own === undefined) return Number.NaN
  return childrenOf(pid).reduce(
    (sum, child) => sum + (statOf(child)?.ownMs ?? 0),
    own.ownMs + own.endedChildrenMs,
  )
}

/** The processes that this one has started and that still run. */
export const childrenOf = (pid: number): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && statOf(name)?.parent === pid)
    .map(Number)

/** The same of a single thread to the nanosecond (schedstat): fine enough for one statement of a database connection. */
export const fineCpuMsOf = (pid: number): number =>
  Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6
