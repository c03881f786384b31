/**
 * The promises about campaigns: one delivery a contact, counters that are the sums of the rows at every moment, finished only
 * when nothing is open; nothing begins outside the hours, after the end, or while it is paused or canceled.
 */
import { addMs, instant, type Instant } from '@carillon/domain/clock'
import { isOpen } from '@carillon/domain/window'
import { countNames, type MemoryCampaign, type MemoryCounts } from '../memory-tables.ts'
import type { Exchange } from './ledger.ts'
import { violate, type World } from './world.ts'

/** How far a trusted clock may be off (worker-clock.ts). */
const clockMs = 700

/** What was so since when. */
type Change<T> = { readonly at: Instant; readonly is: T }

export type CampaignChecks = {
  readonly onBegin: (exchange: Exchange) => void
  /** Call after every event. */
  readonly check: () => void
}

/** Makes the checks. */
export const createCampaignChecks = (world: World): CampaignChecks => {
  const halts = new Map<string, Change<boolean>[]>()
  let version = -1
  return {
    check: () => {
      const { tables, kernel } = world
      if (tables.version === version || tables.campaigns.size === 0) return
      version = tables.version
      for (const campaign of tables.campaigns.values()) {
        note(halts, campaign.id, { at: kernel.now(), is: campaign.state !== 'running' })
        checkLedger(world, campaign)
      }
      noteEnds(world)
    },
    onBegin: (exchange) => {
      const campaign = world.tables.campaigns.get(exchange.claim.campaign ?? '')
      if (campaign === undefined) return
      checkHalt(world, exchange, halts.get(campaign.id) ?? [])
      checkHours(world, exchange, campaign)
    },
  }
}

const note = <T>(all: Map<string, Change<T>[]>, key: string, change: Change<T>): void => {
  const known = all.get(key) ?? []
  all.set(key, known)
  if (known.at(-1)?.is !== change.is) known.push(change)
}

/** The campaign's end is that of each of its deliveries, also before its row hears of it. */
const noteEnds = ({ tables, ends, kernel }: World): void => {
  for (const { id, campaign = '' } of tables.deliveries.values()) {
    const until = tables.campaigns.get(campaign)?.endsAt
    if (until === undefined) continue
    const known = ends.get(id) ?? []
    ends.set(id, known)
    if (known.at(-1)?.until !== until) known.push({ at: kernel.now(), until })
  }
}

const checkLedger = (world: World, campaign: MemoryCampaign): void => {
  const { tables } = world
  const { id, audience, state, finishedAt } = campaign
  const own = [...tables.deliveries.values()].filter((delivery) => delivery.campaign === id)
  if (new Set(own.map(({ contact }) => contact)).size !== own.length)
    violate(world, `campaign: somebody has two deliveries of ${id}`)
  const ids = new Set(own.map((delivery) => delivery.id))
  const sums: Partial<Record<keyof MemoryCounts, number>> = { created: own.length }
  for (const turn of tables.settlements) {
    if (!ids.has(turn.deliveryId)) continue
    if (turn.outcome !== undefined) sums.attempts = (sums.attempts ?? 0) + 1
    if (turn.state !== 'pending') sums[turn.state] = (sums[turn.state] ?? 0) + 1
  }
  const counters = tables.campaignCounters.get(id)
  for (const name of countNames)
    if ((counters?.[name] ?? 0) !== (sums[name] ?? 0))
      violate(world, `campaign: counter ${name} of ${id} is not the sum of its rows`)
  if (finishedAt === undefined) return
  if ([...tables.queue.values()].some((row) => row.campaign === id))
    violate(world, `campaign: ${id} is finished while deliveries of it are open`)
  if (state !== 'canceled' && own.length !== audience.length)
    violate(world, `campaign: ${id} is finished with ${own.length} of ${audience.length}`)
}

/** A claim looks itself; what was held before hears of it at the next scan, unless its worker is in trouble. */
const checkHalt = (
  world: World,
  { claim, machine }: Exchange,
  halts: readonly Change<boolean>[],
): void => {
  const name = `${claim.deliveryId} of ${claim.campaign}`
  // Both at one moment: which came first the times do not tell (seed 32638).
  const endsThen = halts.some(({ at, is }) => at === claim.claimedAt && !is)
  if (!endsThen && halts.findLast(({ at }) => at < claim.claimedAt)?.is === true)
    violate(world, `campaign: ${name} was claimed though it was halted`)
  const last = halts.at(-1)
  const graceMs = world.scenario.pollMs + 12 * world.faults.latencyMs + 200
  const haltedMs = last?.is === true ? world.kernel.now() - last.at : 0
  const isTroubled = machine.disturbedAt() >= world.kernel.now() - haltedMs - graceMs
  if (haltedMs > graceMs && !isTroubled)
    violate(world, `campaign: ${name} begins ${haltedMs} ms after it was halted`)
}

const checkHours = (world: World, { claim }: Exchange, { window }: MemoryCampaign): void => {
  if (window === undefined) return
  const now = world.kernel.now()
  const moments = [-clockMs, 0, clockMs].map((ms) => addMs(instant(now), ms))
  const zone = claim.timeZone ?? 'UTC'
  if (!moments.some((at) => isOpen(window, at, zone)))
    violate(world, `hours: ${claim.deliveryId} begins outside ${window.from}-${window.to} ${zone}`)
}
