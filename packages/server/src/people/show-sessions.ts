/** A person's sessions as the API shows them. */
import type { Pool } from 'pg'
import { toIso } from '@carillon/domain/clock'
import { asId, printId } from '@carillon/domain/ids'
import { listSessions, type SessionRecord } from '../access/list-sessions.ts'
import { decodeCursor, limitOf, toPage, type Page } from '../platform/http/paging.ts'
import { idKeyset } from './list-users.ts'
import type { SessionListQuery, SessionView } from './schema.ts'

const viewSession = (row: SessionRecord, current: string | undefined): SessionView => ({
  id: printId('session', asId('session', row.id)),
  current: row.id === current,
  ip: row.ip_address,
  userAgent: row.user_agent,
  createdAt: toIso(row.created_at),
  expiresAt: toIso(row.expires_at),
  lastUsedAt: row.last_used_at === null ? null : toIso(row.last_used_at),
})

/** A page of them, newest first; `pool` has the role engine. Throws `bad_cursor`. */
export const showSessions = async (
  pool: Pool,
  {
    userId,
    current,
    filter,
  }: {
    readonly userId: string
    /** The session that asks. */
    readonly current: string | undefined
    readonly filter: SessionListQuery
  },
): Promise<Page<SessionView>> => {
  const limit = limitOf(filter)
  const before = decodeCursor(filter.cursor, idKeyset)?.[0]
  const rows = await listSessions(pool, { userId, before, limit: limit + 1 })
  return toPage(rows, {
    limit,
    toItem: (row) => viewSession(row, current),
    keysetOf: (row) => [row.id],
  })
}
