/**
 * The promises about what goes out, checked when an exchange begins: never late (I4), never on a lease that is somebody
 * else's, never through an open breaker, a pause, a suppression or a switched-off integration, never above a rate.
 */
import { breakerSignal } from '@carillon/domain/breaker'
import type { Instant } from '@carillon/domain/clock'
import type { RateLimit } from '@carillon/domain/rate-limit'
import { stateText } from '../fold-states.ts'
import { recipientText } from '../memory-settle.ts'
import type { Exchange, Ledger } from './ledger.ts'
import type { WorkerNode } from './worker-node.ts'
import { violate, type World } from './world.ts'

/** A worker trusts what it has seen of a breaker itself for this long (lane-book.ts). */
const ownViewMs = 2_000
/** A slot of a rate limit may be spent this much later than it was granted for (lane-book.ts). */
const slotLateMs = 1_000

/** A worker that was in trouble so shortly before is not held to be punctual. */
const longMs = 30_000

/** How far a trusted clock may be off (worker-clock.ts). */
const clockMs = 700

export type ExchangeChecks = {
  readonly onBegin: (exchange: Exchange, node: WorkerNode) => void
  /** Looks at breakers, pauses, suppressions and switches: since when they are as they are. Call after every event. */
  readonly check: () => void
  /** At the end of a run: I2 for every delivery. */
  readonly checkEnd: () => void
}

/** Since when a lane must not be used; undefined: it may. `probes`: rights to one exchange through an open breaker. */
type Gates = {
  notClosedSince: Instant | undefined
  probeUntil: Instant | undefined
  probes: number
  pauses: { readonly from: Instant; readonly until: Instant }[]
  offSince: Instant | undefined
}

/** Makes the checks over a ledger. */
export const createExchangeChecks = (world: World, ledger: Ledger): ExchangeChecks => {
  const gates = new Map<string, Gates>()
  const suppressedAt = new Map<string, Instant>()
  const begun = new Map<string, { readonly at: Instant; readonly errorMs: number }[]>()
  const open = new Set<Exchange>()
  let version = -1
  const checkRate = (key: string, limit: RateLimit | undefined, node: WorkerNode): void => {
    if (limit === undefined) return
    const times = begun.get(key) ?? []
    begun.set(key, times)
    times.push({ at: world.kernel.now(), errorMs: node.clockErrorMs() })
    const worst = Math.max(...times.map((time) => time.errorMs))
    const allowedIn = (ms: number): number =>
      ((ms + slotLateMs + 2 * worst) * limit.n) / limit.perMs + limit.burst
    for (const [index, { at }] of times.entries())
      if (times.length - index > allowedIn(world.kernel.now() - at) + 1e-6)
        violate(
          world,
          `rate: ${times.length - index} exchanges of ${key} within ${world.kernel.now() - at} ms`,
        )
  }
  return {
    check: () => {
      for (const exchange of open)
        if (exchange.endedAt !== undefined) {
          open.delete(exchange)
          checkAborted(world, exchange)
        }
      if (world.tables.version === version) return
      version = world.tables.version
      for (const [key, state] of world.tables.states) noteGates(world, gates, key, state)
      for (const key of world.tables.suppressions)
        if (!suppressedAt.has(key)) suppressedAt.set(key, world.kernel.now())
    },
    onBegin: (exchange, node) => {
      const { claim } = exchange
      open.add(exchange)
      const key = stateText(claim)
      const integration = world.integrations.get(claim.integrationId)
      checkDeadline(world, exchange)
      checkLease(world, exchange, node)
      checkFlag(world, exchange, ledger)
      const known = gates.get(key)
      if (known !== undefined)
        checkGates(world, exchange, { known, ledger, errorMs: node.clockErrorMs() })
      const suppressed = suppressedAt.get(
        `${claim.tenantId}/${integration?.channel}/${claim.address}`,
      )
      if (suppressed !== undefined && mustHaveHeard(world, exchange, suppressed))
        violate(world, `suppression: ${claim.deliveryId} is sent to ${claim.address}`)
      checkRate(key, integration?.rate, node)
      checkRate(recipientText(claim), integration?.recipientLimit, node)
    },
    checkEnd: () => {
      for (const { id } of world.tables.deliveries.values()) checkDuplicates(world, id, ledger)
    },
  }
}

/** The claim asks the list; what is held is asked about again at the scans after its first moment (follow-changes.ts). */
const mustHaveHeard = (world: World, { claim, machine }: Exchange, since: Instant): boolean => {
  const graceMs = 500 + world.scenario.pollMs + 12 * world.faults.latencyMs + 200
  const isTroubled = machine.disturbedAt() >= since - graceMs
  return since < claim.claimedAt || (world.kernel.now() - since > graceMs && !isTroubled)
}

const noteGates = (
  world: World,
  gates: Map<string, Gates>,
  key: string,
  { breaker, pausedUntil }: NonNullable<ReturnType<World['tables']['states']['get']>>,
): void => {
  const now = world.kernel.now()
  const known = gates.get(key) ?? {
    notClosedSince: undefined,
    probeUntil: undefined,
    probes: 0,
    pauses: [],
    offSince: undefined,
  }
  gates.set(key, known)
  if (breaker.state === 'closed') {
    known.notClosedSince = undefined
    known.probeUntil = undefined
    known.probes = 0
  } else known.notClosedSince ??= now
  if (breaker.state === 'half_open' && known.probeUntil !== breaker.openUntil) {
    known.probeUntil = breaker.openUntil
    known.probes += 1
  }
  if (breaker.state === 'open') known.probeUntil = undefined
  if (pausedUntil !== undefined && known.pauses.at(-1)?.until !== pausedUntil)
    known.pauses.push({ from: now, until: pausedUntil })
  const isOff = world.tables.integrations.get(key)?.enabled === false
  known.offSince = isOff ? (known.offSince ?? now) : undefined
}

const checkDeadline = (world: World, exchange: Exchange): void => {
  const { claim } = exchange
  const now = world.kernel.now()
  const end = endOf(world, exchange)
  // A life of a few seconds has no room for what clocks differ by (half a second of uncertainty, a small step).
  const tolerance = end - claim.createdAt < 4_000 ? clockMs : 0
  if (now >= end + tolerance)
    violate(world, `I4: ${claim.deliveryId} begins ${now - end} ms after its end`)
}

/**
 * When an exchange must be over: at its deadline, or when its worker must have heard that this was moved while it held
 * the row. It hears that within a third of the lease, unless it is in trouble.
 */
const endOf = (world: World, { claim, machine }: Exchange): number => {
  const { leaseMs } = world.scenario
  const hearsMs = leaseMs / 3 + 6 * world.faults.latencyMs + 100
  const known = world.ends.get(claim.deliveryId) ?? []
  let end: number = known.findLast(({ at }) => at <= claim.claimedAt)?.until ?? Infinity
  for (const { at, until } of known) {
    if (at <= claim.claimedAt) continue
    const isTroubled = machine.disturbedAt() >= at - leaseMs
    // A later end may have been heard of, a nearer one must have been.
    if (until >= end) end = until
    else if (!isTroubled) end = Math.min(end, Math.max(until, at + hearsMs))
  }
  return end
}

/** At the deadline an open exchange is aborted, also where that came nearer meanwhile. */
const checkAborted = (world: World, exchange: Exchange): void => {
  const { claim, machine, endedAt } = exchange
  if (endedAt === undefined || machine.disturbedAt() >= exchange.beganAt - longMs) return
  const lateMs = endedAt - endOf(world, exchange)
  if (lateMs > 2 * clockMs) violate(world, `I4: ${claim.deliveryId} was open ${lateMs} ms too long`)
}

/** The lease is this worker's own, now: a process that stood still must not send what others have taken over. */
const checkLease = (world: World, { claim, machine }: Exchange, node: WorkerNode): void => {
  const row = world.tables.queue.get(claim.deliveryId)
  const name = `${claim.deliveryId}/${claim.fence}`
  const tolerance = node.clockErrorMs()
  if (row === undefined || row.state !== 'sending' || row.fence !== claim.fence)
    violate(world, `lease: ${machine.name} sends ${name}, which is not its own any more`)
  else if (row.dueAt + tolerance < world.kernel.now())
    violate(world, `lease: ${machine.name} sends ${name} after the end of its lease`)
  else if (row.leaseOwner !== machine.name)
    violate(world, `I5: ${machine.name} sends ${name}, leased by ${row.leaseOwner}`)
}

/**
 * I2: sent again only with the mark; by another step without it, if the ledger knows that the step before took it, and no
 * receipt came. By the step that took it never again.
 */
const checkFlag = (world: World, { claim }: Exchange, ledger: Ledger): void => {
  const taken = ledger.of(claim.deliveryId).filter((each) => each.acceptedAt !== undefined)
  const isInDoubt = taken.some((each) => !isOnRecord(world, each))
  if (isInDoubt && !claim.progress.possibleDuplicate)
    violate(world, `I2: ${claim.deliveryId} is sent again without the mark`)
  const { step } = claim.progress
  if (taken.some((each) => isOnRecord(world, each) && each.claim.progress.step === step))
    violate(world, `I2: ${claim.deliveryId} is sent again by step ${step}, which accepted it`)
}

/** Does the database know that the provider took it? */
const isOnRecord = ({ tables }: World, { claim, outcome }: Exchange): boolean =>
  outcome?.kind === 'accepted' &&
  tables.settlements.some(
    (turn) =>
      turn.deliveryId === claim.deliveryId &&
      turn.turn === claim.fence &&
      turn.outcome === 'accepted',
  )

const checkDuplicates = (world: World, deliveryId: string, ledger: Ledger): void => {
  const taken = ledger.of(deliveryId).filter((each) => each.acceptedAt !== undefined)
  if (taken.slice(0, -1).every((each) => isOnRecord(world, each))) return
  const isMarked = world.tables.settlements.some(
    (turn) => turn.deliveryId === deliveryId && turn.possibleDuplicate,
  )
  if (!isMarked) violate(world, `I2: ${deliveryId} arrived ${taken.length} times, without a mark`)
}

/** The worker's own exchange has just shown that the integration works; the settle that says so is on its way. */
const sawItWork = ({ claim, machine }: Exchange, ledger: Ledger, since: number): boolean =>
  ledger.exchanges.some(
    (other) =>
      other.machine === machine &&
      other.claim.integrationId === claim.integrationId &&
      (other.endedAt ?? 0) >= since &&
      other.outcome !== undefined &&
      ['success', 'answer'].includes(breakerSignal(other.outcome)),
  )

/**
 * What another worker learned reaches this one at its next scan: after `pollMs`, the way there and back, and the time for
 * which it trusts its own view. A worker in trouble is not held to it: it stops claiming, and its leases run out.
 */
const checkGates = (
  world: World,
  exchange: Exchange,
  {
    known,
    ledger,
    errorMs,
  }: { readonly known: Gates; readonly ledger: Ledger; readonly errorMs: number },
): void => {
  const { claim, machine } = exchange
  const now = world.kernel.now()
  const graceMs = world.scenario.pollMs + ownViewMs + 6 * world.faults.latencyMs + 100
  const isExcused = (since: Instant): boolean =>
    now - since <= graceMs || machine.disturbedAt() >= now - graceMs
  const name = `${claim.deliveryId} via ${claim.integrationId}`
  // Who is excused takes no probe: it may have sent what it did not know to be stopped, while the probe is another's.
  if (
    known.notClosedSince !== undefined &&
    !isExcused(known.notClosedSince) &&
    !sawItWork(exchange, ledger, now - graceMs)
  ) {
    if (known.probes > 0) known.probes -= 1
    else
      violate(
        world,
        `breaker: ${name} begins though it is open for ${now - known.notClosedSince} ms`,
      )
  }
  const pause = known.pauses.findLast(({ from, until }) => from <= now && until > now + errorMs)
  if (pause !== undefined && !isExcused(pause.from))
    violate(world, `pause: ${name} begins ${pause.until - now} ms before its end`)
  if (known.offSince !== undefined && known.offSince < claim.claimedAt)
    violate(world, `off: ${name} begins though it was switched off before the claim`)
}
