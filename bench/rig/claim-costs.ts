/** What the engine's claims cost on a queue that is filled already: as a worker asks, without sending anything. */
import { quietLog } from '@carillon/testkit/quiet-log'
import { createPostgresStore } from '@carillon/server/delivery/postgres-store'
import type { ClaimedDelivery, DeliveryStore, LaneClaim } from '@carillon/server/delivery/store'
import { createPool, type Pool } from '@carillon/server/platform/db/pool'
import { addMs, type Instant } from '@carillon/domain/clock'
import { fineCpuMsOf } from './cpu-time.ts'

/** The engine looks this far back behind what it has claimed (lane-book.ts). */
const lateMs = 250
/** A scan looks this far back (lane-bounds.ts). */
const lateRowsMs = 15_000
const owner = '018f0000-0000-7000-8000-000000000001'

export type ClaimCosts = {
  readonly claimMs: readonly number[]
  /** CPU of the database connection for the same claims: other people's noise is not in it. */
  readonly claimCpuMs: readonly number[]
  readonly scanMs: readonly number[]
}

/** Stands for settling: the queue row goes. */
const finish = async (pool: Pool, claims: readonly ClaimedDelivery[]): Promise<void> =>
  void (await pool.query(
    'DELETE FROM delivery_queue WHERE tenant_id = $1 AND delivery_id = ANY ($2::uuid[])',
    [claims[0]?.tenantId, claims.map((claim) => claim.deliveryId)],
  ))

const timed = async <Result>(into: number[], fn: () => Promise<Result>): Promise<Result> => {
  const startMs = performance.now()
  const result = await fn()
  into.push(performance.now() - startMs)
  return result
}

/** The server's process behind the pool's only connection. */
const backendOf = async (pool: Pool): Promise<number> => {
  const { rows } = await pool.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  return rows[0]?.pid ?? 0
}

/** Claims `take` rows `rounds` times as a worker does, the oldest first, each from where the last one ended. */
export const measureClaims = async (
  store: DeliveryStore,
  pool: Pool,
  { rounds, take }: { readonly rounds: number; readonly take: number },
): Promise<ClaimCosts> => {
  const claimMs: number[] = []
  const claimCpuMs: number[] = []
  const scanMs: number[] = []
  const backend = await backendOf(pool)
  const [lane] = await store.findLanes([])
  if (lane === undefined) throw new Error('there is no lane with open rows')
  let from: Instant = lane.dueAt
  for (let round = 0; round < rounds; round += 1) {
    const wish: LaneClaim = { ...lane, take, from, onlyPassing: false }
    const cpuBefore = fineCpuMsOf(backend)
    const claims = await timed(claimMs, () => store.claim([wish], { owner, leaseMs: 60_000 }))
    claimCpuMs.push(fineCpuMsOf(backend) - cpuBefore)
    if (claims.length !== take) throw new Error(`${claims.length} rows were claimed, not ${take}`)
    await finish(pool, claims)
    from = addMs(claims.at(-1)?.dueAt ?? from, -lateMs)
    const known = [{ ...lane, from: addMs(from, -lateRowsMs) }]
    if (round % 3 === 0) await timed(scanMs, () => store.findLanes(known))
  }
  return { claimMs, claimCpuMs, scanMs }
}

/** The engine's store on this database, with one connection. The pool is the caller's to end. */
export const openStore = (url: string): { readonly store: DeliveryStore; readonly pool: Pool } => {
  const pool = createPool({ url, role: 'engine', max: 1, applicationName: 'bench', log: quietLog })
  const onBreakerOpened = async (): Promise<void> => await Promise.resolve()
  const store = createPostgresStore({ pool, leasePool: pool, shard: 0, onBreakerOpened })
  return { store, pool }
}
