/** The living sessions of a person. Their tokens can't be read: only hashes are kept. */
import type { Pool } from 'pg'
import { listSessionsAcrossTenants, type SessionRecord } from './queries/sessions.ts'

export type { SessionRecord } from './queries/sessions.ts'

/** Newest first, from below id `before`; `pool` has the role engine. */
export const listSessions = async (
  pool: Pool,
  of: { readonly userId: string; readonly before: string | undefined; readonly limit: number },
): Promise<readonly SessionRecord[]> => listSessionsAcrossTenants(pool, of)
