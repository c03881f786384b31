/**
 * Time inside Postgres by statement, from the server's own log (log_min_duration_statement = 0): for finding out where the
 * time goes. Logging costs time itself, so rates measured with it are not for the record.
 */
import { readFileSync } from 'node:fs'
import type { ServerSettings } from '@carillon/server/platform/embedded-postgres/server-settings'
import type { Row } from './table.ts'

/** Makes the server write down every statement's time, and the CPU that it took (getrusage). */
export const logStatements: ServerSettings = {
  log_min_duration_statement: '0',
  log_statement_stats: 'on',
  log_error_verbosity: 'default',
}

/** `duration: 1.2 ms  execute claim: WITH …`; the line of getrusage comes right after it. */
const linePattern =
  /duration: ([\d.]+) ms {2}(?:(parse|bind|execute) (\w+)|statement: (\w+))|^\t!\t([\d.]+) s user, ([\d.]+) s system/gm

type Sum = { calls: number; ms: number; cpuMs: number }

const sumsOf = (log: string): ReadonlyMap<string, Sum> => {
  const sums = new Map<string, Sum>()
  let last: Sum | undefined
  for (const [, ms, phase, name, verb, user, system] of log.matchAll(linePattern)) {
    if (ms === undefined) {
      if (last !== undefined) last.cpuMs += (Number(user) + Number(system)) * 1000
      last = undefined
      continue
    }
    const key = verb === undefined ? `${phase} ${name}` : `plain ${verb}`
    last = sums.get(key) ?? { calls: 0, ms: 0, cpuMs: 0 }
    last.calls += 1
    last.ms += Number(ms)
    sums.set(key, last)
  }
  return sums
}

/** What the log at `file` says of the statements by name: calls, and time and CPU divided by `deliveries`. */
export const statementTimes = (file: string, deliveries: number): readonly Row[] =>
  [...sumsOf(readFileSync(file, 'utf8'))]
    .toSorted((a, b) => b[1].ms - a[1].ms)
    .slice(0, 12)
    .map(([statement, { calls, ms, cpuMs }]) => ({
      statement,
      calls,
      'ms each': ms / calls,
      'µs a delivery': (ms * 1000) / deliveries,
      'CPU µs a delivery': (cpuMs * 1000) / deliveries,
    }))
