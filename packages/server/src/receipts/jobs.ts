/** The loops of receipts: letting them take effect, and asking providers that do not tell by themselves. */
import type { Pool } from 'pg'
import { query } from '../platform/db/statement.ts'
import { applyReceipts, type ApplyOptions } from './apply-receipts.ts'
import { noticeSent, pollReceipts, type PollServices } from './poll-receipts.ts'
import * as sql from './queries.ts'

const dayMs = 86_400_000
const keepEndedPollsMs = 2 * dayMs
/** Providers tell of all messages of an account, also of those that others send: repetitions come within days. */
const keepStrayReceiptsMs = 30 * dayMs

/** Forgets receipts of messages that are not ours, at most a thousand; returns how many. Role engine. */
export const forgetStrayReceipts = async (pool: Pool): Promise<number> =>
  (await query(pool, sql.forgetStrayReceiptsAcrossTenants, [keepStrayReceiptsMs])).length

/** The scheduler's jobs; each may run in several processes at once. `signal` ends exchanges under way. */
export const receiptJobs = (
  services: PollServices & Omit<ApplyOptions, 'integrationId'>,
  signal: AbortSignal,
) => [
  {
    name: 'apply-receipts',
    everyMs: 1_000,
    due: sql.receiptsDueAcrossTenants,
    turn: () => applyReceipts(services.pool, services),
  },
  { name: 'notice-sent', everyMs: 5_000, turn: () => noticeSent(services) },
  {
    name: 'poll-receipts',
    everyMs: 2_000,
    due: sql.pollsDueAcrossTenants,
    turn: () => pollReceipts(services, signal),
  },
  {
    name: 'forget-stray-receipts',
    everyMs: 3_600_000,
    turn: () => forgetStrayReceipts(services.pool),
  },
  {
    name: 'forget-polls',
    everyMs: 3_600_000,
    turn: async () =>
      (await query(services.pool, sql.forgetPollsAcrossTenants, [keepEndedPollsMs])).length,
  },
]
