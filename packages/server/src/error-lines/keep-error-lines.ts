/**
 * Stores what a process has gathered: in the database, because API, workers and scheduler are several processes and the
 * digest is made by one of them; every few seconds, so that a process that dies takes little of it along.
 */
import type { Pool } from 'pg'
import { isUuid } from '@carillon/domain/ids'
import { furtherErrors, type ErrorGroup, type ErrorLineGatherer } from './gather-error-lines.ts'
import * as sql from './queries.ts'

/** Distinct errors in a slot of five minutes; further ones are counted as one. Some more when processes store at once. */
const mostPerSlot = 200

/** Stores what was gathered; returns how many distinct errors that were. What can't be stored is kept for the next time. */
export const keepErrorLines = async (pool: Pool, gatherer: ErrorLineGatherer): Promise<number> => {
  const groups = gatherer.drain()
  if (groups.length === 0) return 0
  try {
    const slots = [...new Set(groups.map((group) => group.slotMs))]
    const held = await sql.findHeldSlotsAcrossTenants(pool, slots)
    await sql.storeErrorLinesAcrossTenants(pool, withinRoom(groups, held))
    return groups.length
  } catch (error) {
    gatherer.giveBack(groups)
    throw error
  }
}

/** The groups that fit into their slots as they are; the others as one a slot. */
const withinRoom = (
  groups: readonly ErrorGroup[],
  held: readonly sql.HeldSlot[],
): readonly sql.StoredGroup[] => {
  const slots = new Map(held.map((slot) => [slot.slotMs, slot]))
  const added = new Map<number, number>()
  const stored = new Map<string, sql.StoredGroup>()
  for (const group of groups) {
    const slot = slots.get(group.slotMs)
    const isKnown = slot?.fingerprints.includes(group.fingerprint) === true
    const used = (slot?.held ?? 0) + (added.get(group.slotMs) ?? 0)
    const fits = isKnown || used < mostPerSlot
    if (fits && !isKnown) added.set(group.slotMs, (added.get(group.slotMs) ?? 0) + 1)
    const row = toRow(fits ? group : { ...group, ...furtherErrors })
    const key = `${row.fingerprint} ${row.slotMs}`
    stored.set(key, sum(stored.get(key), row))
  }
  return [...stored.values()]
}

const toRow = ({ tenant, detail, ...group }: ErrorGroup): sql.StoredGroup => ({
  ...group,
  tenantId: tenant !== undefined && isUuid(tenant) ? tenant : null,
  tenantSlug: tenant ?? null,
  detail: detail ?? null,
})

const sum = (one: sql.StoredGroup | undefined, other: sql.StoredGroup): sql.StoredGroup =>
  one === undefined
    ? other
    : {
        ...one,
        count: one.count + other.count,
        firstMs: Math.min(one.firstMs, other.firstMs),
        lastMs: Math.max(one.lastMs, other.lastMs),
      }
