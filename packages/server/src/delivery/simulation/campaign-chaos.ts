/** Campaigns begin, and people pause, resume, cancel, shorten and prolong them while they run. Not for faults of machines. */
import { addMs, instant } from '@carillon/domain/clock'
import { endCampaignInMemory, moveCampaignInMemory } from '../memory-campaigns.ts'
import type { MemoryCampaign } from '../memory-tables.ts'
import type { SimCampaign } from './campaign-scenario.ts'
import type { World } from './world.ts'

/** Puts their beginnings and changes on the agenda. Returns how many have not begun yet. */
export const startCampaigns = (world: World): (() => number) => {
  const { scenario, kernel, prng } = world
  let left = scenario.campaigns.length
  for (const campaign of scenario.campaigns)
    kernel.after(campaign.startsAfterMs, () => {
      left -= 1
      begin(world, campaign)
    })
  const tick = (): void => {
    if (world.calmSince !== undefined) return
    if (prng.chance(scenario.moves * 0.25)) change(world)
    kernel.after(250, tick)
  }
  if (scenario.campaigns.length > 0 && scenario.moves > 0) tick()
  return () => left
}

const begin = (world: World, { id, plan, lastsMs, audience }: SimCampaign): void => {
  const { tables, kernel } = world
  const now = kernel.now()
  kernel.note(() => `${id} begins, for ${lastsMs} ms`)
  tables.campaigns.set(id, {
    tenantId: plan.tenantId,
    id,
    planId: plan.id,
    state: 'running',
    endsAt: addMs(now, lastsMs),
    window: plan.window,
    steps: plan.steps.map(({ integrationId }) => integrationId),
    whenOpen: plan.whenOpen,
    audience,
    cursor: 0,
    sweep: 0,
    sweepCursor: '',
    fence: 0,
    dueAt: now,
    finishedAt: undefined,
  })
  tables.version += 1
}

const change = (world: World): void => {
  const { tables, kernel, prng } = world
  const open = [...tables.campaigns.values()].filter(
    ({ finishedAt, state }) => finishedAt === undefined && state !== 'canceled',
  )
  const campaign = open[prng.int(0, open.length - 1)]
  if (campaign === undefined) return
  const now = kernel.now()
  if (prng.chance(0.4)) return retime(world, campaign)
  const isPaused = campaign.state === 'paused'
  const state = prng.chance(0.15) ? 'canceled' : isPaused ? 'running' : 'paused'
  kernel.note(() => `${campaign.id} is ${state} by a person`)
  moveCampaignInMemory(tables, campaign.id, { state, now })
}

/** Nearer most of the time, also to the next moment; sometimes later. */
const retime = ({ tables, kernel, prng }: World, { id, endsAt }: MemoryCampaign): void => {
  const now = kernel.now()
  if (endsAt <= now) return
  const factor = prng.pick([0, 0, prng.next(), prng.next(), 1 + prng.next() / 2])
  const end = instant(now + prng.int(1, 50) + Math.round((endsAt - now) * factor))
  kernel.note(() => `${id} is to end at ${end}`)
  endCampaignInMemory(tables, id, { endsAt: end, now })
}
