/**
 * Lets receipts take effect on their deliveries: states, counters, suppressions. In batches, across tenants, by any
 * process; a receipt that came before its exchange was settled waits. What follows from which receipt is decided by
 * `domain/receipt.ts`.
 */
import type { Pool, PoolClient } from 'pg'
import type { DeliveryState } from '@carillon/domain/delivery-status'
import type { SuppressReason } from '@carillon/domain/outcome'
import {
  nextReceiptTryMs,
  receiptEffect,
  type ReceiptEffect,
  type ReceiptKind,
} from '@carillon/domain/receipt'
import type { SuppressionCause } from '@carillon/domain/suppression'
import { query } from '../platform/db/statement.ts'
import { inTransaction } from '../platform/db/transaction.ts'
import { recordSuppressions } from '../suppressions/record-suppressions.ts'
import * as sql from './queries.ts'

type WaitingRow = {
  readonly tenant_id: string
  readonly integration_id: string
  readonly notice_key: string
  readonly kind: ReceiptKind
  readonly suppress: SuppressReason | null
  readonly certified: boolean
  readonly tries: number
  /** Null: no delivery of this integration goes by these ids (yet). */
  readonly delivery_id: string | null
  readonly state: DeliveryState | null
  readonly fence: number | null
  readonly final_turn: number | null
  readonly final_integration: string | null
  /** The step that the message went out by. */
  readonly step: number | null
  /** The delivery is open, and this step's acceptance counts: a receipt that denies it moves the route on. */
  readonly is_awaited: boolean
  readonly address: string | null
  readonly channel: string
}

type Verdict = {
  readonly row: WaitingRow
  readonly outcome: 'applied' | 'ignored' | 'waiting'
  readonly waitMs: number
}

type Move = { readonly row: WaitingRow; readonly to: 'delivered' | 'bounced' }
type Denial = WaitingRow
type Suppression = { readonly row: WaitingRow; readonly reason: SuppressionCause }

type Decision = {
  readonly verdicts: Verdict[]
  readonly moves: Move[]
  readonly denials: Denial[]
  readonly suppressions: Suppression[]
}

/** Receipts in one transaction. */
const batchSize = 500

export type ApplyOptions = {
  readonly shard: number
  /** Only of this one. */
  readonly integrationId?: string
  /** Receipts of these deliveries were looked at. */
  readonly onMoved?: (tenantId: string, deliveryIds: readonly string[]) => void
}

/** Applies receipts that are due, at most 500. Returns how many were looked at. Role engine. */
export const applyReceipts = async (pool: Pool, options: ApplyOptions): Promise<number> => {
  const rows = await applyBatch(pool, options)
  for (const { tenant_id: tenantId, delivery_id: deliveryId } of rows)
    if (deliveryId !== null) options.onMoved?.(tenantId, [deliveryId])
  return rows.length
}

const applyBatch = async (
  pool: Pool,
  { shard, integrationId }: ApplyOptions,
): Promise<readonly WaitingRow[]> =>
  await inTransaction(pool, async (client) => {
    const rows = await query<WaitingRow>(client, sql.takeWaitingAcrossTenants, [
      batchSize,
      integrationId ?? null,
    ])
    if (rows.length === 0) return []
    const decision = decide(rows)
    const missed = new Set([
      ...(await move(client, decision.moves, shard)),
      ...(await deny(client, decision.denials)),
    ])
    await suppress(client, decision.suppressions)
    await mark(client, decision.verdicts, missed)
    return rows
  })

/** Several receipts of one delivery are decided one after the other, as if each were alone: `states` carries what the earlier ones did. */
const decide = (rows: readonly WaitingRow[]): Decision => {
  const decision: Decision = { verdicts: [], moves: [], denials: [], suppressions: [] }
  const states = new Map<string, DeliveryState>()
  const moved = new Set<string>()
  for (const row of rows) {
    const state = row.delivery_id === null ? null : (states.get(row.delivery_id) ?? row.state)
    if (row.delivery_id === null || state === null) {
      decision.verdicts.push(wait(row))
      continue
    }
    const effect = effectOf(row, state)
    // One move of a delivery a batch: the statements below are guarded by the state that was read.
    const isDenial = effect.kind === 'apply' && effect.denies === true && row.is_awaited
    const isMove = effect.kind === 'apply' && (effect.state !== undefined || isDenial)
    if (effect.kind === 'wait' || (isMove && moved.has(row.delivery_id))) {
      decision.verdicts.push({ row, outcome: 'waiting', waitMs: nextReceiptTryMs(0) ?? 0 })
      continue
    }
    decision.verdicts.push({ row, outcome: 'applied', waitMs: 0 })
    if (effect.suppress !== undefined) decision.suppressions.push({ row, reason: effect.suppress })
    if (isDenial) {
      decision.denials.push(row)
      moved.add(row.delivery_id)
    }
    if (effect.state === undefined) continue
    decision.moves.push({ row, to: effect.state })
    states.set(row.delivery_id, effect.state)
    moved.add(row.delivery_id)
  }
  return decision
}

/** A bounce of an earlier step says nothing of the step that got through. */
const effectOf = (row: WaitingRow, state: DeliveryState): ReceiptEffect => {
  const suppress = row.suppress === null ? {} : { suppress: row.suppress }
  const effect = receiptEffect(state, { kind: row.kind, certified: row.certified, ...suppress })
  const isOfEarlierStep =
    row.final_integration !== null && row.final_integration !== row.integration_id
  if (effect.kind === 'wait' || effect.state !== 'bounced' || !isOfEarlierStep) return effect
  const { state: _stays, ...rest } = effect
  return rest
}

/** No delivery yet: the settlement may still be on its way; after hours it is nobody's. */
const wait = (row: WaitingRow): Verdict => {
  const waitMs = nextReceiptTryMs(row.tries)
  return waitMs === undefined
    ? { row, outcome: 'ignored', waitMs: 0 }
    : { row, outcome: 'waiting', waitMs }
}

/** Moves the deliveries; returns those that somebody else had moved in between. */
const move = async (
  client: PoolClient,
  moves: readonly Move[],
  shard: number,
): Promise<ReadonlySet<string>> => {
  const open = moves.filter(({ row }) => row.state === 'pending')
  const final = moves.filter(({ row }) => row.state !== 'pending')
  const done = new Set<string>()
  const note = (rows: readonly { readonly delivery_id: string }[]): void => {
    for (const { delivery_id } of rows) done.add(delivery_id)
  }
  const ids = (of: readonly Move[]): unknown[] => [
    of.map(({ row }) => row.tenant_id),
    of.map(({ row }) => row.delivery_id),
  ]
  if (open.length > 0) {
    const fences = open.map(({ row }) => row.fence)
    const steps = open.map(({ row }) => row.step)
    const ways = open.map(({ row }) => row.integration_id)
    note(
      await query(client, sql.endWaitingAcrossTenants, [...ids(open), fences, shard, steps, ways]),
    )
  }
  if (final.length > 0) {
    note(
      await query(client, sql.moveFinalAcrossTenants, [
        ...ids(final),
        final.map(({ row }) => row.final_turn),
        final.map(({ row }) => row.state),
        final.map(({ to }) => to),
        shard,
      ]),
    )
  }
  return new Set(
    moves.flatMap(({ row: { delivery_id } }) =>
      delivery_id === null || done.has(delivery_id) ? [] : [delivery_id],
    ),
  )
}

/** Lets routes go on; returns the deliveries that somebody else had moved in between. */
const deny = async (
  client: PoolClient,
  denials: readonly Denial[],
): Promise<ReadonlySet<string>> => {
  if (denials.length === 0) return new Set()
  const rows = await query<{ delivery_id: string }>(client, sql.denyAcceptedAcrossTenants, [
    denials.map((row) => row.tenant_id),
    denials.map((row) => row.delivery_id),
    denials.map((row) => row.fence),
    denials.map((row) => row.step),
  ])
  const done = new Set(rows.map((row) => row.delivery_id))
  return new Set(
    denials.flatMap(({ delivery_id: id }) => (id === null || done.has(id) ? [] : [id])),
  )
}

const suppress = async (
  client: PoolClient,
  suppressions: readonly Suppression[],
): Promise<void> => {
  await recordSuppressions(
    client,
    suppressions.flatMap(({ row, reason }) =>
      row.address === null
        ? []
        : [
            {
              tenantId: row.tenant_id,
              channel: row.channel,
              address: row.address,
              reason,
              deliveryId: row.delivery_id,
            },
          ],
    ),
  )
}

const mark = async (
  client: PoolClient,
  verdicts: readonly Verdict[],
  missed: ReadonlySet<string>,
): Promise<void> => {
  const isMissed = ({ row }: Verdict): boolean => missed.has(row.delivery_id ?? '')
  await query(client, sql.markReceiptsAcrossTenants, [
    verdicts.map(({ row }) => row.tenant_id),
    verdicts.map(({ row }) => row.integration_id),
    verdicts.map(({ row }) => row.notice_key),
    verdicts.map(({ row }) => row.delivery_id),
    verdicts.map((verdict) => (isMissed(verdict) ? 'waiting' : verdict.outcome)),
    verdicts.map((verdict) => (isMissed(verdict) ? 0 : verdict.waitMs)),
  ])
}
