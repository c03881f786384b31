/** A simulated process that keeps campaigns going, as `campaigns/run-campaigns.ts` does: one step a turn, over an unreliable connection. */
import { createHours } from '../delivery-hours.ts'
import {
  expandInMemory,
  finishInMemory,
  putBackInMemory,
  sweepInMemory,
  takeCampaignInMemory,
} from '../memory-campaigns.ts'
import type { MemoryCampaign } from '../memory-tables.ts'
import type { Machine } from './machine.ts'
import type { World } from './world.ts'

const leaseMs = 6_000
const pollMs = 500
const lookEveryMs = 1_000

/** Starts its loop. */
export const startCampaignRunner = (world: World, machine: Machine): void => {
  const hours = createHours()
  const again = (): void => void machine.timers.after(pollMs, run)
  const run = (): void => {
    turn(world, machine, hours).then(again, again)
  }
  run()
}

const turn = async (
  world: World,
  machine: Machine,
  hours: ReturnType<typeof createHours>,
): Promise<void> => {
  const { tables, kernel } = world
  const claimed = await machine.call('take_campaign', () => ({
    campaign: takeCampaignInMemory(tables, kernel.now(), leaseMs),
    now: kernel.now(),
  }))
  const { campaign, now: claimedAt } = claimed
  if (campaign === undefined) return
  await machine.call(`step of ${campaign.id}`, () => {
    takeStep(campaign, world, (zone) =>
      campaign.window === undefined
        ? claimedAt
        : hours(campaign.planId ?? '', campaign.window, zone)(claimedAt),
    )
    return true
  })
}

/** `takeUp` of `run-campaigns.ts`. */
const takeStep = (
  campaign: MemoryCampaign,
  { tables, rules, kernel, scenario }: World,
  opens: Parameters<typeof sweepInMemory>[1]['opens'],
): void => {
  const step = { tables, rules, now: kernel.now(), size: scenario.chunk, opens }
  if (campaign.sweep > 0) return sweepInMemory(campaign, step)
  const isExpanded = campaign.cursor === campaign.audience.length
  if (!isExpanded && campaign.state !== 'canceled') return expandInMemory(campaign, step)
  if (finishInMemory(campaign, step)) return
  if (campaign.state === 'canceled') sweepInMemory(campaign, step)
  putBackInMemory(campaign, step, lookEveryMs)
}
