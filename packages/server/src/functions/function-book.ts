/**
 * What this process has seen of each function since it started, by tenant: what a common function said to one is nothing
 * for another. Memory only: the ledger of what was sent is the database's.
 */
import type { Instant } from '@carillon/domain/clock'
import type { TenantId } from '@carillon/domain/ids'
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
  /** A thread has loaded this version. `key` names the tenant and the file: `keyOf`. */
  readonly loaded: (key: string, version: string, at: Instant) => void
  /** A call has ended, after `ms`; `error` when it failed. */
  readonly ran: (
    key: string,
    run: { readonly at: Instant; readonly ms: number; readonly error: string | undefined },
  ) => void
  /** The states of a tenant's functions; what is known of those that are gone is forgotten. */
  readonly states: (tenantId: TenantId, files: readonly FunctionFile[]) => readonly FunctionState[]
}

/** The key of a tenant's function: calls of one key may share a thread, and are counted together. */
export const keyOf = (tenantId: TenantId, file: string): string => `${tenantId}/${file}`

/** A book without entries. */
export const createFunctionBook = (): FunctionBook => {
  const entries = new Map<string, Entry>()
  const entryOf = (key: string): Entry => {
    const known = entries.get(key)
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
    entries.set(key, entry)
    return entry
  }
  return {
    loaded: (key, version, at) => {
      const entry = entryOf(key)
      entry.version = version
      entry.loadedAtMs = at
    },
    ran: (key, { at, ms, error }) => {
      const entry = entryOf(key)
      entry.lastRunAtMs = at
      entry.runs += 1
      entry.totalMs += ms
      if (error === undefined) return
      entry.failures += 1
      entry.lastError = error
    },
    states: (tenantId, files) => {
      const present = new Set(files.map(({ file }) => keyOf(tenantId, file)))
      const own = [...entries.keys()].filter((key) => key.startsWith(keyOf(tenantId, '')))
      for (const key of own) if (!present.has(key)) entries.delete(key)
      return files.map(({ subscriptionId, tenantSlug, file }) => {
        const { totalMs, ...seen } = entryOf(keyOf(tenantId, file))
        const averageMs = seen.runs === 0 ? undefined : totalMs / seen.runs
        const origin = tenantSlug === undefined ? 'common' : 'tenant'
        return { subscriptionId, origin, file, ...seen, averageMs }
      })
    },
  }
}
