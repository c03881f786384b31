/**
 * Settling: what a batch of turns writes, in one transaction. Accepted exchanges of healthy integrations take the hot
 * statement; everything else (failures, fallbacks, breakers, pauses, suppressions) takes the full one.
 */
import type { Pool, PoolClient } from 'pg'
import { instant, toIso } from '@carillon/domain/clock'
import { bools, int2s, int4s, texts, times, uuids } from '../platform/db/binary-array.ts'
import { textArray } from '../platform/db/pg-array.ts'
import { query, type Statement } from '../platform/db/statement.ts'
import { inTransaction } from '../platform/db/transaction.ts'
import { recordSuppressions } from '../suppressions/record-suppressions.ts'
import { lockTurnsAcrossTenants } from './queries/engine.ts'
import * as limits from './queries/limits.ts'
import * as sql from './queries/settle.ts'
import { foldStates, stateText, telling, type StateChange } from './fold-states.ts'
import { breakerOf, deadColumn, type StateRow } from './rows.ts'
import { turnText, type SettledTurn, type SettleReport } from './store.ts'

/** Called in the settling transaction for each breaker that opened: the tenant must be told, by an event. */
export type OnBreakerOpened = (
  client: PoolClient,
  opened: {
    readonly tenantId: string
    readonly integrationId: string
    readonly reason: string
    readonly openUntil: number
  },
) => Promise<void>

export type SettleOptions = {
  readonly pool: Pool
  /** The counters' row that this process writes to, 0..31. */
  readonly shard: number
  readonly onBreakerOpened: OnBreakerOpened
}

/**
 * Writes the turns. Turns whose lease is no longer ours (other fence, or settled already by a try whose COMMIT reply got
 * lost) write nothing: state and fence guard every row. `onlyOverdue`: nor do those whose lease has not run out (the
 * reaper's: renewed since it looked, they are not lost). Returns what was written and which breakers changed.
 */
export const settleTurns = async (
  turns: readonly SettledTurn[],
  options: SettleOptions & { readonly onlyOverdue?: boolean },
): Promise<SettleReport> => {
  if (turns.every(isPlainSuccess)) {
    const statement = turns.some(({ claim }) => claim.campaign !== undefined)
      ? sql.settleSentOfAllAcrossTenants
      : sql.settleSentAcrossTenants
    const written = await settleSent(options.pool, statement, turns, { ...options, heals: true })
    return { written, breakers: [], pauses: [] }
  }
  return await inTransaction(options.pool, (client) => settleAll(client, turns, options), {
    retry: true,
  })
}

type TurnRow = { readonly delivery_id: string; readonly fence: number }

const isPlainSuccess = (turn: SettledTurn): boolean =>
  turn.outcome?.kind === 'accepted' &&
  turn.decision.kind === 'final' &&
  turn.decision.state === 'sent'

const settleAll = async (
  client: PoolClient,
  turns: readonly SettledTurn[],
  options: SettleOptions & { readonly onlyOverdue?: boolean },
): Promise<SettleReport> => {
  // Rows before states, each in key order, as the hot statement takes them: two workers never wait for each other crosswise.
  const locked = await query<TurnRow>(client, lockTurnsAcrossTenants, [
    uuids(turns, ({ claim }) => claim.tenantId),
    uuids(turns, ({ claim }) => claim.deliveryId),
    int4s(turns, ({ claim }) => claim.fence),
    options.onlyOverdue ?? false,
  ])
  const held = new Set(
    locked.map(({ delivery_id, fence }) => turnText({ deliveryId: delivery_id, fence })),
  )
  // A turn that was settled before has told the breaker before.
  const ours = turns.filter((turn) => held.has(turnText(turn.claim)))
  const { breakers, pauses } = await settleStates(client, ours, options)
  const sent = ours.filter(isPlainSuccess)
  const rest = ours.filter((turn) => !isPlainSuccess(turn))
  if (sent.length > 0)
    await settleSent(client, sql.settleSentOfAllAcrossTenants, sent, { ...options, heals: false })
  if (rest.length > 0)
    await query<TurnRow>(client, sql.settleAcrossTenants, [
      JSON.stringify(rest.map(settleRecord)),
      options.shard,
    ])
  await settleRecipients(client, turns)
  return { written: ours, breakers, pauses }
}

/** Which of the turns a statement wrote: nearly always all of them, and then it names none. */
type WrittenRow = { readonly n: number; readonly places: readonly number[] | null }

/**
 * Returns the turns that were ours. `heals`: a success closes the breaker. Not where the breakers were folded with all turns of the
 * batch.
 */
const settleSent = async (
  client: Pool | PoolClient,
  statement: Statement,
  turns: readonly SettledTurn[],
  { shard, heals }: { readonly shard: number; readonly heals: boolean },
): Promise<readonly SettledTurn[]> => {
  const [row] = await query<WrittenRow>(client, statement, [
    uuids(turns, ({ claim }) => claim.tenantId),
    uuids(turns, ({ claim }) => claim.deliveryId),
    int4s(turns, ({ claim }) => claim.fence),
    uuids(turns, ({ claim }) => claim.integrationId),
    int2s(turns, ({ claim }) => claim.attemptCount + 1),
    int2s(turns, ({ claim }) => claim.progress.step),
    times(turns, (turn) => turn.startedAt),
    int4s(turns, (turn) => Math.round(turn.durationMs)),
    int2s(turns, ({ outcome }) => outcome?.httpStatus),
    texts(turns, ({ outcome }) => (outcome?.kind === 'accepted' ? idsLiteral(outcome.ids) : null)),
    bools(turns, ({ claim }) => claim.progress.possibleDuplicate),
    shard,
    heals,
  ])
  if (row?.n === turns.length) return turns
  const places = new Set(row?.places)
  return turns.filter((_, at) => places.has(at + 1))
}

/** The text of a text[] inside a text[]: the statement casts it. */
const idsLiteral = (ids: readonly string[]): string | null =>
  ids.length === 0 ? null : textArray(ids)

const iso = (at: number | undefined): string | null =>
  at === undefined ? null : toIso(instant(at))

/** One record of the full settle; its names are the statement's columns. */
const settleRecord = (turn: SettledTurn): Record<string, unknown> => {
  const { claim, outcome, decision } = turn
  const attempted = outcome !== undefined
  return {
    tenant_id: claim.tenantId,
    delivery_id: claim.deliveryId,
    fence: claim.fence,
    integration_id: claim.integrationId,
    state: decision.kind === 'final' ? decision.state : 'pending',
    outcome: outcome?.kind ?? null,
    reason: reasonOf(turn),
    attempt: attempted ? claim.attemptCount + 1 : null,
    step: claim.progress.step,
    started_at: iso(turn.startedAt),
    duration_ms: attempted ? Math.round(turn.durationMs) : null,
    http_status: outcome?.httpStatus ?? null,
    provider_code: outcome?.providerCode ?? null,
    provider_message: storable(outcome?.providerMessage),
    provider_ids: outcome?.kind === 'accepted' && outcome.ids.length > 0 ? outcome.ids : null,
    possible_duplicate: claim.progress.possibleDuplicate,
    ...(decision.kind === 'final' ? { due_at: null } : pendingColumns(turn, decision)),
  }
}

const pendingColumns = (
  turn: SettledTurn,
  decision: Extract<SettledTurn['decision'], { kind: 'pending' }>,
): Record<string, unknown> => {
  const next = decision.progress
  return {
    due_at: iso(decision.dueAt),
    pending_reason: decision.reason,
    next_integration_id: turn.nextIntegrationId,
    next_step: next.step,
    round: next.round,
    step_tries: next.stepTries,
    dead: deadColumn(next),
    marks: next.marks,
    wait_until: iso(next.waitUntil),
    next_possible_duplicate: next.possibleDuplicate,
    moved_to: next.movedTo ?? null,
    crashes: next.crashes,
    attempt_count: turn.claim.attemptCount + (turn.outcome === undefined ? 0 : 1),
  }
}

/** The outcome's own reason where there was an exchange (and the decision's where it says more), else the decision's. */
const reasonOf = ({ outcome, decision }: SettledTurn): string | null => {
  const decided = decision.kind === 'final' ? decision.reason : decision.detail
  if (outcome === undefined || outcome.kind === 'accepted') return storable(decided)
  return storable(decided.includes(outcome.reason) ? decided : outcome.reason)
}

/** Postgres text holds no NUL, and a reason is a sentence, not a page. */
const storable = (text: string | undefined): string | null =>
  text === undefined ? null : text.replaceAll('\u0000', '\uFFFD').slice(0, 2000).toWellFormed()

/** Breakers and pauses: folds the batch's outcomes, in the order in which they came, over the stored states. */
const settleStates = async (
  client: PoolClient,
  turns: readonly SettledTurn[],
  options: SettleOptions,
): Promise<Pick<SettleReport, 'breakers' | 'pauses'>> => {
  const byIntegration = telling(turns)
  const groups = [...byIntegration.values()].flatMap((group) => group[0]?.claim ?? [])
  if (groups.length === 0) return { breakers: [], pauses: [] }
  const rows = await query<StateRow>(client, limits.lockStatesAcrossTenants, [
    uuids(groups, (claim) => claim.tenantId),
    uuids(groups, (claim) => claim.integrationId),
  ])
  const changes = rows.flatMap((row) => {
    const key = stateText({ tenantId: row.tenant_id, integrationId: row.integration_id })
    return foldStates(breakerOf(row), byIntegration.get(key) ?? []) ?? []
  })
  if (changes.length > 0)
    await query(client, limits.saveStatesAcrossTenants, [JSON.stringify(changes.map(stateRecord))])
  for (const change of changes)
    if (change.opened && change.after.state === 'open')
      await options.onBreakerOpened(client, {
        tenantId: change.tenantId,
        integrationId: change.integrationId,
        reason: change.after.reason,
        openUntil: change.after.openUntil,
      })
  return {
    breakers: changes.map((c) => ({
      tenantId: c.tenantId,
      integrationId: c.integrationId,
      breaker: c.after,
    })),
    pauses: changes.flatMap((c) =>
      c.pausedUntil === undefined
        ? []
        : [{ tenantId: c.tenantId, integrationId: c.integrationId, until: c.pausedUntil }],
    ),
  }
}

const stateRecord = (change: StateChange): Record<string, unknown> => ({
  tenant_id: change.tenantId,
  integration_id: change.integrationId,
  breaker_state: change.after.state,
  failures: change.after.failures,
  open_until: change.after.state === 'closed' ? null : iso(change.after.openUntil),
  open_reason: change.after.state === 'closed' ? null : storable(change.after.reason),
  opened: change.opened,
  paused_until: iso(change.pausedUntil),
  last_error: storable(change.lastError),
})

/** Recipients that asked for a wait, and addresses that must not be written to again. */
const settleRecipients = async (
  client: PoolClient,
  turns: readonly SettledTurn[],
): Promise<void> => {
  const pauses = turns.flatMap(({ claim, decision }) =>
    decision.pause?.scope === 'recipient'
      ? [
          {
            tenant_id: claim.tenantId,
            integration_id: claim.integrationId,
            address: claim.address,
            until: iso(decision.pause.until),
          },
        ]
      : [],
  )
  if (pauses.length > 0)
    await query(client, limits.pauseRecipientsAcrossTenants, [JSON.stringify(pauses)])
  const suppressed = turns.flatMap(({ claim, outcome, channel }) =>
    outcome?.kind === 'recipient_rejected' && outcome.suppress !== undefined
      ? [
          {
            tenantId: claim.tenantId,
            channel,
            address: claim.address,
            reason: outcome.suppress,
            deliveryId: claim.deliveryId,
          },
        ]
      : [],
  )
  await recordSuppressions(client, suppressed)
}
