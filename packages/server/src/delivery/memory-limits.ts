/** Probes, slots of rate limits and of recipients in memory: `queries/limits.ts`, statement by statement. See `memory-store.ts`. */
import { addMs, instant, type Instant } from '@carillon/domain/clock'
import type { RateLimit } from '@carillon/domain/rate-limit'
import type { MemoryRules } from './memory-rules.ts'
import { recipientText } from './memory-settle.ts'
import type { MemoryTables } from './memory-tables.ts'
import type { RecipientSlot, RecipientWish, Slots } from './store.ts'

type Shared = { readonly tables: MemoryTables; readonly rules: MemoryRules }

/** The right to the one probe of a breaker (`stateText`) whose time has come. */
export const takeProbe = (
  key: string,
  { at, until }: { readonly at: Instant; readonly until: Instant },
  { tables, rules }: Shared,
): boolean => {
  const state = tables.states.get(key)
  if (state === undefined || state.breaker.state === 'closed') return false
  if (!rules.mayProbe(state.breaker, at)) return false
  tables.states.set(key, {
    ...state,
    breaker: { ...state.breaker, state: 'half_open', openUntil: until },
  })
  return true
}

/** Slots of an integration's rate limit; none where it is not known. */
export const takeSlots = (
  key: string,
  limit: RateLimit,
  wish: { readonly now: Instant; readonly wanted: number; readonly horizonMs: number },
  { tables, rules }: Shared,
): Slots => {
  const state = tables.states.get(key)
  if (state === undefined) return noGrant
  const { firstAt, count, intervalMs, tat } = rules.takeSlots(limit, state.tat, wish)
  if (count > 0) tables.states.set(key, { ...state, tat })
  return { firstAt, count, intervalMs }
}

/** A slot for each recipient that may be written to now. */
export const takeRecipientSlots = (
  wishes: readonly RecipientWish[],
  now: Instant,
  { tables, rules }: Shared,
): readonly RecipientSlot[] => {
  const groups = Map.groupBy(wishes, ({ claim }) => recipientText(claim))
  const grants = new Map(
    [...groups].flatMap(([key, group]) => {
      const limit = group[0]?.limit
      if (limit === undefined) return []
      const tat = tables.recipients.get(key)
      const grant = rules.takeSlots(limit, tat, { now, wanted: group.length, horizonMs: 0 })
      tables.recipients.set(key, grant.count > 0 ? grant.tat : (tat ?? grant.tat))
      return [[key, grant]]
    }),
  )
  return wishes.map((wish) => {
    const key = recipientText(wish.claim)
    const index = groups.get(key)?.indexOf(wish) ?? 0
    const { firstAt, count, intervalMs: step } = grants.get(key) ?? noGrant
    return { isGranted: index < count, at: addMs(firstAt, index * step) }
  })
}

const noGrant: Slots = { firstAt: instant(0), count: 0, intervalMs: 0 }
