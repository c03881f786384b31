/**
 * The promises about the database's rows, checked after every event: nothing lost (I1), fences only grow and final stays
 * final (I5), counters are the sums of rows (I6), settlements are only added (I7). Not for what the outside sees.
 */
import { triesOf } from '@carillon/domain/retry'
import { everyStep } from '@carillon/domain/route-progress'
import { maxCrashes } from '@carillon/domain/turn'
import { stateText } from '../fold-states.ts'
import {
  countNames,
  type MemoryCounts,
  type MemoryRow,
  type MemorySettlement,
} from '../memory-tables.ts'
import type { Exchange, Ledger } from './ledger.ts'
import type { Machine } from './machine.ts'
import { violate, type World } from './world.ts'

export type RowChecksOptions = {
  readonly world: World
  readonly ledger: Ledger
  /** The process that has this name in its leases, if it still runs. */
  readonly machineOf: (owner: string) => Machine | undefined
}

/** The reaper's word for it (reap-leases.ts). */
const workerLost = 'worker lost'

type Seen = {
  row: MemoryRow | undefined
  fence: number
  attempts: number
  crashes: number
  final: MemorySettlement | undefined
}

export type RowChecks = {
  /** Compares the tables with what they were at the last call. */
  readonly check: () => void
  /** Did this delivery end before now? */
  readonly isFinal: (deliveryId: string) => boolean
}

/** Makes the checks; call `check` after every event. */
export const createRowChecks = (options: RowChecksOptions): RowChecks => {
  const { world } = options
  const { tables } = world
  const seen = new Map<string, Seen>()
  const settled: MemorySettlement[] = []
  const sums = new Map<string, Record<keyof MemoryCounts, number>>()
  let version = -1

  const check = (): void => {
    if (tables.version === version) return
    version = tables.version
    const fresh = takeNew(world, settled)
    for (const { id, tenantId } of tables.deliveries.values()) {
      const known = seen.get(id)
      const row = tables.queue.get(id)
      if (known === undefined) {
        if (row?.state === 'sending') checkHandedOver(row, world)
        seen.set(id, { row, fence: 0, attempts: 0, crashes: 0, final: undefined })
        // What a campaign ends at once never waited.
        const integrationId =
          row?.integrationId ?? fresh.find((turn) => turn.deliveryId === id)?.integrationId ?? ''
        add(sums, stateText({ tenantId, integrationId }), { created: 1 })
      } else if (row !== known.row || fresh.some((turn) => turn.deliveryId === id))
        checkDelivery(
          known,
          row,
          fresh.filter((turn) => turn.deliveryId === id),
          options,
        )
    }
    for (const turn of fresh)
      add(sums, stateText(turn), {
        attempts: turn.outcome === undefined ? 0 : 1,
        ...(turn.state === 'pending' ? {} : { [turn.state]: 1 }),
      })
    checkCounters(world, sums)
  }
  return { check, isFinal: (deliveryId) => seen.get(deliveryId)?.final !== undefined }
}

const takeNew = (world: World, settled: MemorySettlement[]): readonly MemorySettlement[] => {
  const { settlements } = world.tables
  if (settlements.length < settled.length) violate(world, 'I7: a settlement was removed')
  if (settled.some((turn, index) => settlements[index] !== turn))
    violate(world, 'I7: a settlement was changed')
  const fresh = settlements.slice(settled.length)
  settled.push(...fresh)
  return fresh
}

const add = (
  sums: Map<string, Record<keyof MemoryCounts, number>>,
  key: string,
  by: Partial<MemoryCounts>,
): void => {
  const sum = sums.get(key) ?? {
    created: 0,
    attempts: 0,
    sent: 0,
    delivered: 0,
    bounced: 0,
    failed: 0,
    expired: 0,
    suppressed: 0,
    canceled: 0,
    skipped: 0,
  }
  for (const name of countNames) sum[name] += by[name] ?? 0
  sums.set(key, sum)
}

const checkCounters = (
  world: World,
  sums: ReadonlyMap<string, Readonly<Record<keyof MemoryCounts, number>>>,
): void => {
  for (const [key, sum] of sums)
    for (const name of countNames)
      if ((world.tables.counters.get(key)?.[name] ?? 0) !== sum[name])
        violate(world, `I6: counter ${name} of ${key} is not the sum of its rows (${sum[name]})`)
}

/** A row that comes leased: what a claim leaves alone while a breaker or a pause is in the way is not handed over either. */
const checkHandedOver = (row: MemoryRow, world: World): void => {
  const state = world.tables.states.get(stateText(row))
  const isPaused = (state?.pausedUntil ?? 0) > world.kernel.now()
  if (state?.breaker.state !== 'closed' || isPaused)
    violate(world, `breaker: ${row.deliveryId} is handed over past a breaker or a pause`)
}

const checkDelivery = (
  known: Seen,
  row: MemoryRow | undefined,
  turns: readonly MemorySettlement[],
  options: RowChecksOptions,
): void => {
  const before = known.row
  for (const turn of turns) checkTurn(known, turn, options)
  if (row === undefined && known.final === undefined)
    violate(options.world, `I1: ${before?.deliveryId} is neither open nor final`)
  if (row !== undefined && known.final !== undefined)
    violate(options.world, `I5: ${row.deliveryId} was ${known.final.state} and is open again`)
  if (row !== undefined && row !== before) checkMove(known, row, turns, options)
  known.row = row
  known.fence = Math.max(known.fence, row?.fence ?? 0, ...turns.map((turn) => turn.turn))
}

const checkTurn = (
  known: Seen,
  turn: MemorySettlement,
  { world, ledger, machineOf }: RowChecksOptions,
): void => {
  const before = known.row
  const name = `${turn.deliveryId}/${turn.turn}`
  if (known.final !== undefined) violate(world, `I5: ${name} was settled after its end`)
  if (turn.state !== 'pending') {
    known.final = turn
    world.kernel.note(() => `  ${name} ends: ${turn.state}`)
  }
  if (before === undefined) return
  const wasWaiting = turn.turn === before.fence + 1 && before.state === 'pending'
  const wasSending = turn.turn === before.fence && before.state === 'sending'
  if (!wasSending && !(wasWaiting && turn.outcome === undefined && turn.state !== 'pending'))
    violate(
      world,
      `I5: ${name} became ${turn.state} while it was ${before.state} with fence ${before.fence}`,
    )
  if (turn.attempt !== undefined) {
    known.attempts += 1
    if (turn.attempt !== known.attempts)
      violate(world, `I5: ${name} is attempt ${turn.attempt}, after ${known.attempts - 1} others`)
  }
  const isTaken = ledger
    .of(turn.deliveryId)
    .some(({ claim, acceptedAt }) => acceptedAt !== undefined && wasBy(turn, claim))
  if (turn.state === 'sent' && !isTaken)
    violate(world, `I1: ${name} counts as sent, and nobody took it`)
  if (['failed', 'expired', 'canceled', 'skipped', 'suppressed'].includes(turn.state))
    checkNotTaken(turn, world)
  const isLost = turn.reason?.includes(workerLost) === true
  if (isLost && before.dueAt > world.kernel.now())
    violate(world, `I5: ${name} was taken from its worker before the end of its lease`)
  if (wasSending && !isLost && before.leaseOwner !== world.caller)
    violate(world, `I5: ${name} of ${before.leaseOwner} was settled by ${world.caller}`)
  if (wasSending && before.dueAt <= world.kernel.now()) checkLost(before, world, machineOf)
  if (isLost) known.crashes += 1
}

/** By the turn itself; or before it by the step that it ends at. */
const wasBy = (
  turn: MemorySettlement,
  { fence, progress, integrationId }: Exchange['claim'],
): boolean =>
  turn.outcome === undefined
    ? fence < turn.turn && progress.step === turn.step && integrationId === turn.integrationId
    : fence === turn.turn

/** I1: what a provider took, and no receipt denied, ends as sent. */
const checkNotTaken = ({ deliveryId, turn, state }: MemorySettlement, world: World): void => {
  const taken = world.tables.settlements.find(
    (each) =>
      each.deliveryId === deliveryId &&
      each.outcome === 'accepted' &&
      !world.denied.has(`${deliveryId}/${each.step}`),
  )
  if (taken !== undefined)
    violate(world, `I1: ${deliveryId}/${turn} ends as ${state}, though step ${taken.step} took it`)
}

/** A lease ran out: then its process is gone, or had trouble just now. One that is well again gives back what it lost track of. */
const checkLost = (
  before: MemoryRow,
  world: World,
  machineOf: (owner: string) => Machine | undefined,
): void => {
  const machine = machineOf(before.leaseOwner ?? '')
  if (machine?.isAlive() !== true) return
  if (machine.disturbedAt() <= before.dueAt - world.scenario.leaseMs / 3)
    violate(world, `I3: the lease of ${before.deliveryId} ran out in a healthy ${machine.name}`)
}

const checkMove = (
  known: Seen,
  row: MemoryRow,
  turns: readonly MemorySettlement[],
  { world, ledger }: RowChecksOptions,
): void => {
  const before = known.row
  const name = `${row.deliveryId}/${row.fence}`
  world.kernel.note(() => describe(row, world))
  if (row.fence < known.fence) violate(world, `I5: the fence of ${name} went back`)
  if (row.state === 'sending' && before?.leaseOwner !== row.leaseOwner) {
    if (row.fence <= known.fence) violate(world, `I5: ${name} was leased twice`)
    if (before?.state === 'sending') violate(world, `I5: ${name} was leased while it was leased`)
    checkOrder(row, world)
  }
  const isReleased = before?.state === 'sending' && row.state === 'pending' && turns.length === 0
  if (isReleased && ledger.of(row.deliveryId).some((each) => each.claim.fence === row.fence))
    violate(world, `I1: ${name} was given back though its exchange had begun`)
  const isRenewed =
    before?.state === 'sending' && row.state === 'sending' && row.dueAt !== before.dueAt
  if ((isReleased || isRenewed) && before.leaseOwner !== world.caller)
    violate(world, `I5: ${name} of ${before.leaseOwner} was kept or given back by ${world.caller}`)
  if (row.progress.crashes !== known.crashes)
    violate(world, `I5: ${name} has crashed ${known.crashes} times, not ${row.progress.crashes}`)
  // What was accepted before is taken to its end without an exchange, also when a receipt denies it on the way there.
  const isEnding = row.progress.dead === everyStep
  if (row.progress.crashes >= maxCrashes && !isEnding)
    violate(world, `I5: ${name} goes on after ${row.progress.crashes} crashes`)
  checkTries(row, world)
}

const describe = (row: MemoryRow, { kernel }: World): string => {
  const { deliveryId, fence, integrationId, dueAt, reason } = row
  const where = `${deliveryId}/${fence} (${integrationId})`
  return row.state === 'sending'
    ? `  ${where} is leased to ${row.leaseOwner} for ${dueAt - kernel.now()} ms`
    : `  ${where} waits (${reason}) for ${Math.round(dueAt - kernel.now())} ms`
}

const checkOrder = (row: MemoryRow, world: World): void => {
  if (row.orderingKey === undefined) return
  for (const other of world.tables.queue.values())
    if (
      other.tenantId === row.tenantId &&
      other.orderingKey === row.orderingKey &&
      other.deliveryId < row.deliveryId
    )
      violate(world, `order: ${row.deliveryId} overtakes ${other.deliveryId}`)
}

/** Rounds (or tries of a step) stay within the retry policy. */
const checkTries = (row: MemoryRow, world: World): void => {
  const plan = world.plans.get(world.tables.deliveries.get(row.deliveryId)?.planId ?? '')
  if (plan === undefined) return
  const tries = triesOf(plan.retry)
  const { round, stepTries } = row.progress
  if (round >= tries || stepTries >= tries)
    violate(world, `I5: ${row.deliveryId} is in round ${round}, try ${stepTries} of ${tries}`)
}
