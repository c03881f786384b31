/** The third phase of a run: address by address what has to change (`domain/membership-diff.ts`), written down before anything is done; at its end the guards. */
import {
  decideAddress,
  guardRemovals,
  isRemoval,
  membershipChanges,
  noAddress,
  type ListEntry,
  type MembershipDecision,
  type SourceRecord,
} from '@carillon/domain/membership-diff'
import { inTransaction } from '../platform/db/transaction.ts'
import { savePlan } from '../rules/save-plan.ts'
import { planOfChange } from './plan-of-change.ts'
import { advanceRun, countReads, tallyRun, type ClaimedRun } from './queries/runs.ts'
import { keepChanges, listAddresses, skipAddressless, type AddressRow } from './queries/steps.ts'
import { endRun, eventOf, moveOn, type StepEnd, type SyncServices } from './run-step.ts'

const addressesAtOnce = 1_000

/** One step: those without an address first, then a chunk of addresses, then the verdict. */
export const decideChanges = async (run: ClaimedRun, services: SyncServices): Promise<StepEnd> => {
  if (run.cursor === null) return await skipFirst(run, services)
  const after = typeof run.cursor['after'] === 'string' ? run.cursor['after'] : ''
  const wanted = { after, limit: addressesAtOnce, strangers: run.mode === 'full' }
  const rows = await inTransaction(services.pool, (client) => listAddresses(client, run, wanted))
  return rows.length === 0 ? await conclude(run, services) : await decideChunk(run, rows, services)
}

const skipFirst = async (run: ClaimedRun, services: SyncServices): Promise<StepEnd> => {
  const started = { ...run, cursor: { after: '' } }
  const counted = { n: 0 }
  const end = await moveOn(started, services, async (client) => {
    counted.n = await skipAddressless(client, run, noAddress)
    await advanceRun(client, { ...started, seq: counted.n }, services)
  })
  return end.kind === 'rest' ? end : { kind: 'go', run: { ...end.run, seq: counted.n } }
}

const recordsOf = ({ email, records }: AddressRow): readonly SourceRecord[] =>
  records.map(([key, name, wanted, skip]) => ({ key, email, name, wanted, skip }))

const entryOf = ({ email, name, held }: AddressRow): ListEntry | undefined =>
  held === null ? undefined : { email, name: name ?? '', held }

const decideChunk = async (
  run: ClaimedRun,
  rows: readonly AddressRow[],
  services: SyncServices,
): Promise<StepEnd> => {
  const decisions = rows.flatMap((row) => decideAddress(recordsOf(row), entryOf(row), run.policy))
  const written = decisions.filter(({ kind }) => kind !== 'unchanged')
  const changes = written.map((decision, at) => changeOf(decision, run.seq + at + 1))
  const next: ClaimedRun = {
    ...run,
    cursor: { after: rows.at(-1)?.email ?? '' },
    seq: run.seq + changes.length,
    unchanged: run.unchanged + decisions.length - written.length,
  }
  return await moveOn(next, services, (client) =>
    keepChanges(
      client,
      run,
      changes.flatMap((change) => change ?? []),
    ),
  )
}

const changeOf = (decision: MembershipDecision, seq: number) => {
  if (decision.kind === 'unchanged') return undefined
  if (decision.kind === 'change') {
    const { change, email, name } = decision
    return { seq, change, email, name, key: null, reason: null }
  }
  const { key, email, reason } = decision
  return { seq, change: 'skip', email, name: '', key, reason } as const
}

/** The guards, and then the deliveries; a dry run ends here, and so does one that changes nothing. */
const conclude = async (run: ClaimedRun, services: SyncServices): Promise<StepEnd> => {
  const { pool } = services
  const tallies = await tallyRun(pool, run.tenant_id, run.id)
  const reads = await countReads(pool, run.tenant_id, run.id)
  const removals = tallies.reduce(
    (sum, { change, n }) => (change !== 'skip' && isRemoval(change) ? sum + n : sum),
    0,
  )
  // Single members were asked for by name and answered one by one: there is no share of the list to be judged.
  const guard =
    run.mode === 'members'
      ? undefined
      : guardRemovals({
          read: reads.read,
          total: run.source_total,
          partial: run.mode !== 'full',
          onList: reads.on_list,
          heldOnList: reads.held,
          removals,
          maxRemovalsPercent: run.policy.maxRemovalsPercent,
        })
  const blocked = guard === undefined || run.force ? null : guard
  const changes = tallies.reduce((sum, { change, n }) => (change === 'skip' ? sum : sum + n), 0)
  const decided: ClaimedRun = { ...run, blocked }
  if (!run.dry_run && changes - (blocked === null ? 0 : removals) > 0) {
    return await begin(
      decided,
      Object.fromEntries(tallies.map(({ change, n }) => [change, n])),
      services,
    )
  }
  const end = await moveOn(decided, services, async () => {})
  return end.kind === 'rest' ? end : await endRun(end.run, { state: 'finished' }, services)
}

/** Plans and event of the deliveries, durable before the first of them. */
const begin = async (
  run: ClaimedRun,
  changes: Readonly<Record<string, number>>,
  services: SyncServices,
): Promise<StepEnd> => {
  const { pool, newId, acceptEvents, onAccepted } = services
  const { plans, accepted } = await inTransaction(pool, async (client) => {
    const saved: Record<string, string> = {}
    for (const change of membershipChanges) {
      const plan = planOfChange(change, run)
      // oxlint-disable-next-line no-await-in-loop -- five, and nearly always there
      saved[change] = await savePlan(client, run.tenant_id, { plan, newId })
    }
    // The same run is the same event: a crash before the next step makes no second one.
    const told = await acceptEvents(client, [
      eventOf(run, 'started', { changes, blocked: run.blocked }),
    ])
    return { plans: saved, accepted: told }
  })
  onAccepted(accepted)
  const event_id = accepted.events[0]?.eventId ?? null
  const next: ClaimedRun = { ...run, phase: 'deliver', cursor: null, event_id }
  return await moveOn(next, services, async () => {}, plans)
}
