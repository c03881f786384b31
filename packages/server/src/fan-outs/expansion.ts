/** What the parts of an expansion share: their services, and how a chunk can end. No behaviour but two bounded memories. */
import type { Pool } from 'pg'
import type { LaneKey } from '../delivery/store.ts'
import type { FunctionHost } from '../functions/run-function.ts'
import type { IdGenerator } from '../platform/ids.ts'
import type { Log } from '../platform/log.ts'
import type { Timers } from '../platform/timers.ts'
import type { Recipient } from './choose-way.ts'

/** `more`: chunks are left; `ended`: done, failed or given back for later; `lost`: it was not ours any more, nothing was written. */
export type ChunkEnd =
  | { readonly kind: 'more'; readonly lanes: readonly LaneKey[] }
  | { readonly kind: 'ended'; readonly lanes: readonly LaneKey[] }
  | { readonly kind: 'lost' }

export type ExpansionServices = {
  /** Pool of role carillon_engine. */
  readonly pool: Pool
  /** How long a fan-out is ours without a sign of life; after a crash others wait that long. */
  readonly leaseMs: number
  readonly functions: FunctionHost
  readonly chunkSizes: ChunkSizes
  readonly newId: IdGenerator
  /** The counters' shard of this process. */
  readonly shard: number
  readonly log: Log
  readonly timers: Timers
  /** Channels and languages seen among a subscription's registrations, by their JSON; grows by what is added. */
  readonly kindsOf: (subscription: string) => Map<string, Recipient>
  /** Plans known to be stored: they are never deleted. */
  readonly savedPlans: {
    readonly has: (tenantId: string, hash: string) => boolean
    readonly add: (tenantId: string, hash: string) => void
  }
}

/** Registrations that become deliveries in one transaction. */
export type ChunkSizes = { readonly templates: number; readonly functions: number }

/** By texts: a quarter of a second, which is what others may have to wait. By a function: what it is given at a time. */
export const standardChunkSizes: ChunkSizes = { templates: 5_000, functions: 1_000 }

/** Forgotten when there are more; then they are looked for again. */
const kindsKept = 1_000
/** More than a chunk can have: languages are whatever users call them. */
const kindsOfOne = 10_000
const plansKept = 20_000

/** The two memories, empty. */
export const createExpansionMemory = (): Pick<ExpansionServices, 'kindsOf' | 'savedPlans'> => {
  const kinds = new Map<string, Map<string, Recipient>>()
  const plans = new Set<string>()
  return {
    kindsOf: (subscription) => {
      const known = kinds.get(subscription)
      if (known !== undefined && known.size < kindsOfOne) return known
      if (kinds.size >= kindsKept) kinds.clear()
      const fresh = new Map<string, Recipient>()
      kinds.set(subscription, fresh)
      return fresh
    },
    savedPlans: {
      has: (tenantId, hash) => plans.has(`${tenantId}/${hash}`),
      add: (tenantId, hash) => {
        if (plans.size >= plansKept) plans.clear()
        plans.add(`${tenantId}/${hash}`)
      },
    },
  }
}
