/** What this process has seen of each function since it started. Memory only: the ledger of what was sent is the database's. */
import type { Instant } from '@carillon/domain/clock'
import type { FunctionFile } from './find-function.ts'
import type { FunctionState } from './run-function.ts'

type Entry = {
  version: string | undefined
  loadedAtMs: number | undefined
  lastRunAtMs: number | undefined
  lastError: string | undefined
  runs: number
  failures: number
  totalMs: number
}

export type FunctionBook = {
  /** A thread has loaded this version of the file. */
  readonly loaded: (file: string, version: string, at: Instant) => void
  /** A call has ended, after `ms`; `error` when it failed. */
  readonly ran: (
    file: string,
    run: { readonly at: Instant; readonly ms: number; readonly error: string | undefined },
  ) => void
  /** The states of these files; what is known of files that are gone is forgotten. */
  readonly states: (files: readonly FunctionFile[]) => readonly FunctionState[]
}

/** A book without entries. */
export const createFunctionBook = (): FunctionBook => {
  const entries = new Map<string, Entry>()
  const entryOf = (file: string): Entry => {
    const known = entries.get(file)
    if (known !== undefined) return known
    const entry: Entry = {
      version: undefined,
      loadedAtMs: undefined,
      lastRunAtMs: undefined,
      lastError: undefined,
      runs: 0,
      failures: 0,
      totalMs: 0,
    }
    entries.set(file, entry)
    return entry
  }
  return {
    loaded: (file, version, at) => {
      const entry = entryOf(file)
      entry.version = version
      entry.loadedAtMs = at
    },
    ran: (file, { at, ms, error }) => {
      const entry = entryOf(file)
      entry.lastRunAtMs = at
      entry.runs += 1
      entry.totalMs += ms
      if (error === undefined) return
      entry.failures += 1
      entry.lastError = error
    },
    states: (files) => {
      const present = new Set(files.map(({ file }) => file))
      for (const file of entries.keys()) if (!present.has(file)) entries.delete(file)
      return files.map(({ subscriptionId, tenantSlug, file }) => {
        const { totalMs, ...seen } = entryOf(file)
        const averageMs = seen.runs === 0 ? undefined : totalMs / seen.runs
        return { subscriptionId, tenantSlug, file, ...seen, averageMs }
      })
    },
  }
}
