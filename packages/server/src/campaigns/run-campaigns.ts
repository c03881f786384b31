/**
 * Keeps campaigns going: starts those whose time has come, makes their deliveries a chunk at a time, walks through what waits
 * after a change, and ends them. Any number of processes do this side by side; a lease and a fence keep them apart.
 */
import { createHours } from '../delivery/delivery-hours.ts'
import type { LaneKey } from '../delivery/store.ts'
import { systemClock } from '../platform/clock.ts'
import { query } from '../platform/db/statement.ts'
import type { Started } from '../platform/lifecycle/lifecycle.ts'
import type { Lookout } from '../platform/lifecycle/lookout.ts'
import type { Progress } from '../platform/lifecycle/progress.ts'
import { recordTurns, runLoop, type TurnResult } from '../platform/lifecycle/run-loop.ts'
import type { Waker } from '../platform/lifecycle/waiting.ts'
import type { Log } from '../platform/log.ts'
import type { Metrics } from '../platform/metrics.ts'
import {
  expandCampaign,
  lanesOf,
  sweepCampaign,
  type ClaimedCampaign,
  type ExpandServices,
} from './expand-campaign.ts'
import * as sql from './queries/progress.ts'
import { startCampaign, type StartServices } from './start-campaign.ts'

/** What other processes have made is found within this time; what this one has, at once. */
const pollMs = 500
/** Campaigns taken up in a turn; their chunks go one after the other, so that the database has a core left. */
const claimedAtOnce = 4
/** One that only waits for its deliveries is looked at so often: how late `finishedAt` may be. */
const lookEveryMs = 1_000
const suspendedWaitMs = 10_000
const brokenWaitMs = 2_000
/** Campaigns whose zones are remembered. */
const campaignsKept = 1_000

export type CampaignServices = Omit<ExpandServices, 'hours' | 'zonesOf'> &
  StartServices & {
    readonly leaseMs: number
    readonly log: Log
    /** Deliveries were made, or are due again, in these lanes. */
    readonly wakeLanes: (lanes: readonly LaneKey[]) => void
  }

export type CampaignRunner = {
  /** One turn of the background. */
  readonly turn: () => Promise<TurnResult>
  /** Starts this campaign now, if its time has come and nobody has it. Never rejects. */
  readonly begin: (id: string) => Promise<void>
}

/** Makes the runner. */
export const createCampaignRunner = (options: CampaignServices): CampaignRunner => {
  const zones = new Map<string, Set<string>>()
  const services = {
    ...options,
    hours: createHours(),
    zonesOf: (campaign: string): Set<string> => {
      const known = zones.get(campaign)
      if (known !== undefined) return known
      if (zones.size >= campaignsKept) zones.clear()
      const fresh = new Set<string>()
      zones.set(campaign, fresh)
      return fresh
    },
  }
  return {
    turn: async () => {
      let worked = false
      for (const one of await claim(options, claimedAtOnce, null))
        // oxlint-disable-next-line no-await-in-loop -- one chunk after the other is the point
        worked = (await guarded(one, services)) || worked
      return worked ? 'worked' : 'idle'
    },
    begin: async (id) => {
      try {
        const [one] = await claim(options, 1, id)
        if (one !== undefined) await guarded(one, services)
      } catch (error) {
        options.log.warn({ err: error, campaign: id }, 'a new campaign is left to the background')
      }
    },
  }
}

const claim = async (
  { pool, leaseMs }: CampaignServices,
  most: number,
  only: string | null,
): Promise<readonly ClaimedCampaign[]> =>
  await query<ClaimedCampaign>(pool, sql.claimCampaignsAcrossTenants, [leaseMs, most, only])

type Services = CampaignServices & ExpandServices

/** What breaks is put back for later, and never reaches the caller: others' campaigns go on. */
const guarded = async (campaign: ClaimedCampaign, services: Services): Promise<boolean> => {
  try {
    return await takeUp(campaign, services)
  } catch (error) {
    services.log.error({ err: error, campaign: campaign.id }, 'a step of a campaign broke')
    await putBack(campaign, services, brokenWaitMs).catch((again: unknown) =>
      // The database is away: the lease runs out by itself.
      services.log.warn({ err: again, campaign: campaign.id }, 'a campaign was not put back'),
    )
    return false
  }
}

const putBack = async (
  { tenant_id: tenantId, id, fence }: ClaimedCampaign,
  { pool }: Services,
  waitMs: number,
): Promise<void> => {
  await query(pool, sql.putBack, [tenantId, id, fence, waitMs])
}

/** One step of it. False: there was nothing to do. */
const takeUp = async (campaign: ClaimedCampaign, services: Services): Promise<boolean> => {
  if (campaign.suspended) {
    await putBack(campaign, services, suspendedWaitMs)
    return false
  }
  if (campaign.state === 'scheduled') return await startCampaign(campaign, services)
  if (campaign.sweep > 0) {
    services.wakeLanes(lanesOf(campaign.tenant_id, await sweepCampaign(campaign, services)))
    return true
  }
  if (campaign.expanded_at === null && campaign.state !== 'canceled') {
    services.wakeLanes(lanesOf(campaign.tenant_id, await expandCampaign(campaign, services)))
    return true
  }
  const { tenant_id: tenantId, id, fence } = campaign
  const ended = await query(services.pool, sql.finish, [tenantId, id, fence])
  if (ended.length > 0) return true
  if (campaign.state === 'canceled') return await sweepAgain(campaign, services)
  await putBack(campaign, services, lookEveryMs)
  return false
}

/** Rows that were in a worker's hands when the walk passed by. */
const sweepAgain = async (campaign: ClaimedCampaign, services: Services): Promise<boolean> => {
  await sweepCampaign(campaign, services)
  await putBack(campaign, services, lookEveryMs)
  return false
}

export type RunCampaignsOptions = CampaignServices & {
  /** Does this process work in the background (role worker)? */
  readonly inBackground: boolean
  /** Woken when this process has made or changed one. */
  readonly waker: Waker
  readonly lookout: Pick<Lookout, 'watch'>
  readonly progress: Progress
  readonly metrics: Metrics
}

/** Starts it as a part of the process. */
export const runCampaigns = (options: RunCampaignsOptions): Started<CampaignRunner> => {
  const { inBackground, lookout, progress, metrics, waker, log } = options
  const stopping = new AbortController()
  const runner = createCampaignRunner(options)
  const loop = inBackground
    ? runLoop({
        name: 'campaigns',
        signal: stopping.signal,
        turn: runner.turn,
        idleMs: lookout.watch({ everyMs: pollMs, due: sql.campaignsDueAcrossTenants, waker }),
        progress,
        onTurn: recordTurns({ metrics, log, epochMs: systemClock.now }),
        waker,
      })
    : Promise.resolve()
  return {
    value: runner,
    stop: async () => {
      stopping.abort()
      await loop
    },
  }
}
