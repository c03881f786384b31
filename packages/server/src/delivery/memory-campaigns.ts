/**
 * The loop of campaigns in memory: what the statements of `campaigns/queries` write, for the simulation and the contract test.
 * Which step comes when is the simulation's campaign runner's. Not for production.
 */
import { addMs, instant, type Instant } from '@carillon/domain/clock'
import { freshProgress, type Progress } from '@carillon/domain/route-progress'
import { endWaiting } from './memory-end.ts'
import { soundRules, type MemoryRules } from './memory-rules.ts'
import {
  acceptDelivery,
  count,
  keepSettlement,
  type MemoryCampaign,
  type MemoryRow,
  type MemoryTables,
} from './memory-tables.ts'

/** `due_at` of what waits until its campaign goes on. */
export const parkedUntil = instant(Date.UTC(9999, 0, 1))

/** When the hours begin for somebody in this zone, not before now; undefined: never. */
type Opens = (zone: string) => Instant | undefined

type Step = {
  readonly tables: MemoryTables
  readonly now: Instant
  readonly rules?: MemoryRules
  /** Rows of this step. */
  readonly size: number
  readonly opens: Opens
}

/** Puts it into another state, by a person's will: whoever works on it has lost it, and its rows are walked through twice. */
export const moveCampaignInMemory = (
  tables: MemoryTables,
  id: string,
  { state, now }: { readonly state: MemoryCampaign['state']; readonly now: Instant },
): void => {
  const campaign = tables.campaigns.get(id)
  if (campaign === undefined) return
  const { fence } = campaign
  put(tables, { ...campaign, state, fence: fence + 1, dueAt: now, sweep: 2, sweepCursor: '' })
}

/** Gives it another end. */
export const endCampaignInMemory = (
  tables: MemoryTables,
  id: string,
  { endsAt, now }: { readonly endsAt: Instant; readonly now: Instant },
): void => {
  const campaign = tables.campaigns.get(id)
  if (campaign === undefined) return
  const dueAt = instant(Math.min(campaign.dueAt, now))
  put(tables, { ...campaign, endsAt, dueAt, sweep: Math.max(campaign.sweep, 2), sweepCursor: '' })
}

/** Leases the campaign that is due longest; undefined: none is. */
export const takeCampaignInMemory = (
  tables: MemoryTables,
  now: Instant,
  leaseMs: number,
): MemoryCampaign | undefined => {
  const [due] = [...tables.campaigns.values()]
    .filter(({ finishedAt, dueAt }) => finishedAt === undefined && dueAt <= now)
    .toSorted((one, other) => one.dueAt - other.dueAt)
  if (due === undefined) return undefined
  const taken = { ...due, fence: due.fence + 1, dueAt: addMs(now, leaseMs) }
  put(tables, taken)
  return taken
}

const put = (tables: MemoryTables, campaign: MemoryCampaign): void => {
  tables.campaigns.set(campaign.id, campaign)
  tables.version += 1
}

/** The campaign as it is now, if it is still the holder's. */
const held = (
  claimed: MemoryCampaign,
  { tables, rules = soundRules }: Pick<Step, 'tables' | 'rules'>,
): MemoryCampaign | undefined => {
  const campaign = tables.campaigns.get(claimed.id)
  return campaign !== undefined && rules.holdsCampaign(campaign, claimed) ? campaign : undefined
}

/** Puts it back for later. */
export const putBackInMemory = (
  claimed: MemoryCampaign,
  step: Pick<Step, 'tables' | 'rules' | 'now'>,
  waitMs: number,
): void => {
  const campaign = held(claimed, step)
  if (campaign !== undefined) put(step.tables, { ...campaign, dueAt: addMs(step.now, waitMs) })
}

/** Makes the deliveries of the next ones of its audience. */
export const expandInMemory = (claimed: MemoryCampaign, step: Step): void => {
  const { tables, now, rules = soundRules, size } = step
  const campaign = held(claimed, step)
  if (campaign === undefined || campaign.state === 'canceled') return
  const from = rules.expandsFrom(campaign, claimed)
  const chunk = campaign.audience.slice(from, from + size)
  for (const [at, one] of chunk.entries()) makeOne(campaign, one, { ...step, place: from + at })
  put(tables, { ...campaign, cursor: from + chunk.length, dueAt: now })
}

const makeOne = (
  { id: campaign, tenantId, state, endsAt, planId, steps, whenOpen, window }: MemoryCampaign,
  { contact, addresses, timeZone }: MemoryCampaign['audience'][number],
  { tables, now, opens, place }: Step & { readonly place: number },
): void => {
  const made = tables.deliveries.size
  const id = `${campaign}-${String(place).padStart(4, '0')}-${made}`
  const first = addresses.findIndex((address) => address !== '')
  const integrationId = steps[Math.max(0, first)] ?? ''
  const delivery = { tenantId, id, planId: planId ?? '', addresses, createdAt: now }
  const own = { ...delivery, campaign, contact, timeZone }
  if (first === -1 || endsAt <= now) {
    tables.deliveries.set(id, own)
    const ended = first === -1 ? 'skipped' : 'expired'
    keepSettlement(tables, {
      tenantId,
      deliveryId: id,
      turn: 1,
      state: ended,
      outcome: undefined,
      reason: undefined,
      attempt: undefined,
      step: Math.max(0, first),
      integrationId,
      possibleDuplicate: false,
      nextDueAt: undefined,
      settledAt: now,
    })
    count(tables, { tenantId, integrationId, campaign }, { created: 1, [ended]: 1 })
    return
  }
  const due = window === undefined ? now : (opens(timeZone) ?? endsAt)
  const isPaused = state === 'paused'
  acceptDelivery(tables, own, {
    integrationId,
    priority: 1,
    dueAt: isPaused ? parkedUntil : due,
    sendUntil: endsAt,
    whenOpen,
    orderingKey: undefined,
    reason: isPaused ? 'paused' : due > now ? 'window_closed' : 'scheduled',
    progress: progressOf(addresses, first),
  })
}

/** Steps without an address are dead from the beginning. */
const progressOf = (addresses: readonly string[], first: number): Progress => {
  const dead = addresses.reduce(
    (bits, address, at) => (address === '' ? bits | (1 << at) : bits),
    0,
  )
  return { ...freshProgress, step: first, dead, marks: dead === 0 ? 0 : 64 }
}

/** One step of the walk through its rows: they end with it, wait with it, or go on with it. */
export const sweepInMemory = (claimed: MemoryCampaign, step: Step): void => {
  const { tables, size } = step
  const campaign = held(claimed, step)
  if (campaign === undefined) return
  const rows = [...tables.queue.values()]
    .filter((row) => row.campaign === campaign.id && row.deliveryId > campaign.sweepCursor)
    .toSorted((one, other) => (one.deliveryId < other.deliveryId ? -1 : 1))
    .slice(0, size)
  for (const row of rows)
    if (campaign.state !== 'canceled') followRow(campaign, row, step)
    else if (row.leaseOwner === undefined) endWaiting(tables, row, 'canceled', step.now)
  const isOver = rows.length < size
  put(tables, {
    ...campaign,
    sweepCursor: isOver ? '' : (rows.at(-1)?.deliveryId ?? ''),
    sweep: isOver ? Math.max(0, campaign.sweep - 1) : campaign.sweep,
    dueAt: addMs(step.now, isOver ? 1_500 : 0),
  })
}

const followRow = (campaign: MemoryCampaign, row: MemoryRow, step: Step): void => {
  const { endsAt, window } = campaign
  const dueAt = dueOf(campaign, row, step)
  if (row.sendUntil === endsAt && row.dueAt === dueAt) return
  const reason =
    row.leaseOwner !== undefined || row.dueAt === dueAt
      ? row.reason
      : dueAt === parkedUntil
        ? 'paused'
        : window !== undefined && dueAt > step.now
          ? 'window_closed'
          : 'scheduled'
  step.tables.queue.set(row.deliveryId, { ...row, sendUntil: endsAt, dueAt, reason })
}

const dueOf = (
  { state, endsAt, window }: MemoryCampaign,
  row: MemoryRow,
  { tables, now, opens }: Step,
): Instant => {
  if (row.leaseOwner !== undefined) return row.dueAt
  if (state === 'paused') return row.dueAt <= now ? parkedUntil : row.dueAt
  const zone = tables.deliveries.get(row.deliveryId)?.timeZone ?? 'UTC'
  const opensAt = window === undefined ? now : (opens(zone) ?? endsAt)
  if (row.dueAt === parkedUntil || row.reason === 'window_closed') return opensAt
  if (row.reason === 'scheduled' && window !== undefined)
    return instant(Math.max(opensAt, row.dueAt))
  return row.dueAt
}

/** It has ended, when everybody was dealt with and nothing of it is open; false: not yet, or not ours. */
export const finishInMemory = (
  claimed: MemoryCampaign,
  step: Pick<Step, 'tables' | 'rules' | 'now'>,
): boolean => {
  const { tables, now, rules = soundRules } = step
  const campaign = held(claimed, step)
  if (campaign === undefined || !rules.mayFinish(campaign, tables)) return false
  put(tables, { ...campaign, finishedAt: now })
  return true
}
