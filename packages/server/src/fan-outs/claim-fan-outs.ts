/** Taking fan-outs up: leased, tenants in turn. Not for what is then done with one (`expand-fan-out.ts`). */
import type { Pool } from 'pg'
import { asId, type TenantId } from '@carillon/domain/ids'
import { plainArray } from '../platform/db/pg-array.ts'
import { query } from '../platform/db/statement.ts'
import * as sql from './queries/claims.ts'

/** What the calls of a function came to so far. */
export type FunctionOutcome = {
  readonly success: boolean
  readonly errorMessage?: string
  /** Further fields of its answers; a later call's replace an earlier one's. */
  readonly extra: Readonly<Record<string, unknown>>
}

/** A fan-out that is ours until its lease ends. */
export type ClaimedFanOut = {
  readonly tenantId: TenantId
  readonly id: string
  readonly eventId: string
  readonly subscription: string
  readonly origin: 'trigger' | 'rule' | 'schedule'
  readonly fence: number
  /** Registrations at its beginning; undefined: not begun. */
  readonly audience: number | undefined
  readonly chunks: number
  /** Failures since the last chunk that went well. */
  readonly tries: number
  readonly result: FunctionOutcome | undefined
}

type ClaimRow = {
  readonly tenant_id: string
  readonly id: string
  readonly event_id: string
  readonly subscription: string
  readonly origin: ClaimedFanOut['origin']
  readonly fence: number
  readonly audience: number | null
  readonly chunks: number
  readonly tries: number
  readonly result: FunctionOutcome | null
}

const claimOf = (row: ClaimRow): ClaimedFanOut => ({
  tenantId: asId('tenant', row.tenant_id),
  id: row.id,
  eventId: row.event_id,
  subscription: row.subscription,
  origin: row.origin,
  fence: row.fence,
  audience: row.audience ?? undefined,
  chunks: row.chunks,
  tries: row.tries,
  result: row.result ?? undefined,
})

/** Takes up to `most` due fan-outs. Who was served longest ago comes first, so nobody's many keep another's one waiting. */
export type ClaimFanOuts = (most: number) => Promise<readonly ClaimedFanOut[]>

/** Who claims: the pool has the role engine, and a lease lasts so long; the call of a function renews it. */
export type Claimer = { readonly pool: Pool; readonly leaseMs: number }

/** Makes the claimer, which remembers when it served whom. */
export const createClaimFanOuts = ({ pool, leaseMs }: Claimer): ClaimFanOuts => {
  const served = new Map<string, number>()
  let turn = 0
  return async (most) => {
    const open = await query<{ tenant_id: string }>(pool, sql.findOpenTenantsAcrossTenants, [])
    if (open.length === 0) {
      served.clear()
      return []
    }
    const tenants = open
      .map((row) => row.tenant_id)
      .toSorted((one, other) => (served.get(one) ?? 0) - (served.get(other) ?? 0))
      .slice(0, most)
    turn += 1
    for (const tenantId of tenants) served.set(tenantId, turn)
    const each = Math.max(1, Math.floor(most / tenants.length))
    const rows = await query<ClaimRow>(pool, sql.claimAcrossTenants, [
      plainArray(tenants),
      leaseMs,
      each,
    ])
    return rows.map(claimOf)
  }
}

/** Takes up one that was just made and is held back from the background; undefined when it is taken already. */
export const claimNewFanOut = async (
  { pool, leaseMs }: Claimer,
  { tenantId, id }: { readonly tenantId: string; readonly id: string },
): Promise<ClaimedFanOut | undefined> => {
  const [row] = await query<ClaimRow>(pool, sql.claimNew, [tenantId, leaseMs, id])
  return row === undefined ? undefined : claimOf(row)
}

type Held = Pick<ClaimedFanOut, 'tenantId' | 'id' | 'fence'>

/** Prolongs the lease; false: it is no longer ours. */
export const renewFanOut = async (
  { pool, leaseMs }: Claimer,
  { tenantId, id, fence }: Held,
): Promise<boolean> => (await query(pool, sql.renew, [tenantId, leaseMs, id, fence])).length === 1

/** Gives it back: due after `waitMs`, with `failures` (0 or 1) added to its tries. Nothing happens when it is not ours. */
export const putBackFanOut = async (
  pool: Pool,
  { tenantId, id, fence }: Held,
  { waitMs, failures }: { readonly waitMs: number; readonly failures: 0 | 1 },
): Promise<void> => {
  await query(pool, sql.putBack, [tenantId, waitMs, id, fence, failures])
}

/** How a fan-out ends without another chunk. */
export type FanOutEnd =
  | { readonly state: 'done' }
  | { readonly state: 'failed'; readonly code: string; readonly message: string }

/** Ends it. Nothing happens when it is not ours. */
export const finishFanOut = async (
  pool: Pool,
  { tenantId, id, fence }: Held,
  end: FanOutEnd,
): Promise<void> => {
  const [code, message] = end.state === 'failed' ? [end.code, end.message] : [null, null]
  await query(pool, sql.finish, [tenantId, id, fence, end.state, code, message])
}
