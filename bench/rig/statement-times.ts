/**
 * Time inside Postgres by statement, from the server's own log (log_min_duration_statement = 0): for finding out where the
 * time goes. Logging costs time itself, so rates measured with it are not for the record.
 */
import { readFileSync } from 'node:fs'
import type { ServerSettings } from '@carillon/server/platform/embedded-postgres/server-settings'
import type { Row } from './table.ts'

/** Makes the server write down every statement's time. */
export const logStatements: ServerSettings = {
  log_min_duration_statement: '0',
  log_error_verbosity: 'terse',
}

/** What the log at `file` says of the statements by name: calls, mean, and the sum divided by `deliveries`. */
export const statementTimes = (file: string, deliveries: number): readonly Row[] => {
  const sums = new Map<string, { calls: number; ms: number }>()
  const pattern =
    /duration: ([\d.]+) ms {2}(parse|bind|execute) ([\w]+):|duration: ([\d.]+) ms {2}statement: (\w+)/g
  for (const [, ms, phase, name, plainMs, verb] of readFileSync(file, 'utf8').matchAll(pattern)) {
    const key = name === undefined ? `plain ${verb}` : `${phase} ${name}`
    const sum = sums.get(key) ?? { calls: 0, ms: 0 }
    sums.set(key, { calls: sum.calls + 1, ms: sum.ms + Number(ms ?? plainMs) })
  }
  return [...sums]
    .toSorted((a, b) => b[1].ms - a[1].ms)
    .slice(0, 20)
    .map(([statement, { calls, ms }]) => ({
      statement,
      calls,
      'ms each': ms / calls,
      'µs a delivery': (ms * 1000) / deliveries,
    }))
}
