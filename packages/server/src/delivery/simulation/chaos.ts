/** What people and the outside do while the engine runs: accept, cancel, send again, switch off and on, close breakers, shorten, wake. Not for faults of machines. */
import { addMs, instant } from '@carillon/domain/clock'
import { closedBreaker } from '@carillon/domain/breaker'
import { stateText } from '../fold-states.ts'
import { cancelInMemory } from '../memory-end.ts'
import { putIntegration, type MemoryRow } from '../memory-tables.ts'
import { acceptSomewhere, type Arrival } from './arrivals.ts'
import { startCampaigns } from './campaign-chaos.ts'
import { startReceipts } from './receipt-scenario.ts'
import type { SimPlan } from './scenario.ts'
import type { WorkerNode } from './worker-node.ts'
import type { World } from './world.ts'

export type Chaos = {
  /** Deliveries that are still to be accepted. */
  readonly arrivals: () => number
}

export type ChaosOptions = {
  readonly world: World
  readonly nodes: () => readonly WorkerNode[]
  readonly stopOne: () => void
}

/** Puts the tenants' set-up into the tables and all that will happen on the agenda. */
export const startChaos = (options: ChaosOptions): Chaos => {
  const { world } = options
  const { scenario, kernel, tables } = world
  for (const { tenantId, integrationId, channel, onUnknown } of scenario.integrations)
    putIntegration(tables, {
      tenantId,
      integrationId,
      channel,
      onUnknown,
      connector: 'sim',
      enabled: true,
      version: 1,
      limits: undefined,
    })
  let left = scenario.deliveries.length
  let made = 0
  const accept = (plan: SimPlan, addresses: readonly string[], done: () => void): void => {
    made += 1
    const id = `d${String(made).padStart(3, '0')}`
    acceptSomewhere(options, arrivalOf(world, id, plan, addresses), done)
  }
  const arrive = (plan: SimPlan, addresses: readonly string[]): void =>
    accept(plan, addresses, () => {
      left -= 1
    })
  for (const { afterMs, planId, addresses } of scenario.deliveries)
    kernel.after(afterMs, () => {
      const plan = world.plans.get(planId)
      if (plan === undefined) {
        left -= 1
        return
      }
      arrive(plan, addresses)
      // Only to a lane that is at work something is handed over.
      const more = world.handOver?.int(0, 4) ?? 0
      left += more
      for (let n = 0; n < more; n += 1)
        kernel.after(world.handOver?.int(100, 4_000) ?? 0, () => arrive(plan, addresses))
    })
  const resend = (): void => {
    const ended = [...tables.deliveries.values()].filter(
      ({ id, campaign }) => !tables.queue.has(id) && campaign === undefined,
    )
    const old = ended[world.prng.int(0, ended.length - 1)]
    const plan = world.plans.get(old?.planId ?? '')
    if (old !== undefined && plan !== undefined && made < 30)
      accept(plan, old.addresses, () => undefined)
  }
  startAgenda(options, resend)
  startReceipts(world)
  const campaigns = startCampaigns(world)
  return { arrivals: () => left + campaigns() }
}

const arrivalOf = (
  world: World,
  id: string,
  plan: SimPlan,
  addresses: readonly string[],
): Arrival => ({
  id,
  planId: plan.id,
  orderingKey: plan.orderingKey,
  write: (how) => {
    const now = world.kernel.now()
    const { tenantId, orderingKey, priority, whenOpen } = plan
    const sendUntil = addMs(now, plan.sendForMs)
    world.ends.set(id, [{ at: now, until: sendUntil }])
    return how(
      { tenantId, id, planId: plan.id, addresses, createdAt: now },
      {
        integrationId: plan.steps[0]?.integrationId ?? '',
        priority,
        dueAt: now,
        sendUntil,
        whenOpen,
        orderingKey,
      },
    )
  },
  lane: {
    tenantId: plan.tenantId,
    integrationId: plan.steps[0]?.integrationId ?? '',
    priority: plan.priority,
  },
})

/** Every quarter of a second each kind of thing may happen, with its own probability. */
const startAgenda = (options: ChaosOptions, resend: () => void): void => {
  const { world } = options
  const { kernel, prng } = world
  const every = 0.25
  const agenda: readonly (readonly [keyof World['faults'], () => void])[] = [
    ['clockMoves', () => moveClock(options)],
    ['wakes', () => wakeOne(options)],
    ['stops', options.stopOne],
    ['toggles', () => toggle(world)],
    ['closes', () => closeBreaker(options)],
    ['cancels', () => cancel(world)],
    ['resends', resend],
    ['shortens', () => shorten(world)],
  ]
  const drawn = agenda.filter(([name]) => world.faults[name] > 0)
  const tick = (): void => {
    if (world.calmSince !== undefined) return
    for (const [name, act] of drawn) if (prng.chance(world.faults[name] * every)) act()
    kernel.after(every * 1_000, tick)
  }
  if (drawn.length > 0) tick()
}

const anyRow = ({ tables, prng }: World): MemoryRow | undefined => {
  const rows = [...tables.queue.values()]
  return rows[prng.int(0, rows.length - 1)]
}

const moveClock = ({ world: { prng }, nodes }: ChaosOptions): void => {
  const all = nodes()
  const most = prng.pick([150, 1_000, 20_000, 3_600_000])
  all[prng.int(0, all.length - 1)]?.machine.moveClock(prng.int(-most, most))
}

const wakeOne = ({ world, nodes }: ChaosOptions): void => {
  const all = nodes()
  const node = all[world.prng.int(0, all.length - 1)]
  const row = anyRow(world)
  if (row === undefined || world.prng.chance(0.5)) node?.wake()
  else node?.wake([row])
}

const toggle = (world: World): void => {
  const { tables, prng } = world
  const all = [...tables.integrations.values()]
  const one = all[prng.int(0, all.length - 1)]
  if (one === undefined) return
  world.kernel.note(() => `${one.integrationId} is switched ${one.enabled ? 'off' : 'on'}`)
  putIntegration(tables, { ...one, enabled: !one.enabled, version: one.version + 1 })
}

/** As integrations/queries.ts closes it: what waited for it is due at once, and the workers are woken. */
const closeBreaker = ({ world, nodes }: ChaosOptions): void => {
  const { tables, prng, kernel } = world
  const open = [...tables.states].filter(([, state]) => state.breaker.state !== 'closed')
  const [key, state] = open[prng.int(0, open.length - 1)] ?? []
  if (key === undefined || state === undefined) return
  kernel.note(() => `the breaker of ${key} is closed by hand`)
  tables.states.set(key, { ...state, breaker: closedBreaker })
  const now = kernel.now()
  for (const row of tables.queue.values())
    if (stateText(row) === key && row.state === 'pending' && row.reason === 'breaker_open')
      tables.queue.set(row.deliveryId, {
        ...row,
        dueAt: instant(Math.min(row.dueAt, now)),
        reason: 'released',
      })
  tables.version += 1
  for (const node of nodes()) node.wake()
}

const cancel = (world: World): void => {
  const row = anyRow(world)
  if (row === undefined) return
  if (cancelInMemory(world.tables, row.deliveryId, world.kernel.now(), world.rules))
    world.kernel.note(() => `${row.deliveryId} is canceled`)
}

/** Its end comes earlier. A worker that holds it hears of that when it renews the lease. */
const shorten = (world: World): void => {
  const row = anyRow(world)
  // A campaign's end is the campaign's.
  if (row === undefined || row.campaign !== undefined) return
  const now = world.kernel.now()
  const sendUntil = instant(now + Math.round((row.sendUntil - now) * world.prng.next()))
  world.kernel.note(() => `${row.deliveryId} must be out until ${sendUntil}`)
  world.ends.get(row.deliveryId)?.push({ at: now, until: sendUntil })
  world.tables.queue.set(row.deliveryId, { ...row, sendUntil })
  world.tables.version += 1
}
