/** Whether calls of a source's hook are taken now. Not for whether a call is authentic. */
import type { Pool } from 'pg'
import { appError } from '@carillon/domain/errors'
import { query } from '../platform/db/statement.ts'
import { notFound } from '../platform/http/path-id.ts'
import { findHookState } from './queries/storing.ts'

type HookState = {
  readonly enabled: boolean
  readonly deleted: boolean
  readonly stopped: boolean
  readonly suspended: boolean
}

/** The other side repeats its calls for hours; within that time somebody may switch the source on again. */
const retryAfterSeconds = 300

/** Throws `not_found` for a deleted integration, and `unavailable` for one that is switched off or stopped: to be called again. */
export const requireHookOpen = async (
  pool: Pool,
  { tenantId, integrationId }: { readonly tenantId: string; readonly integrationId: string },
): Promise<void> => {
  const [state] = await query<HookState>(pool, findHookState, [tenantId, integrationId])
  if (state === undefined || state.deleted) throw notFound()
  if (state.enabled && !state.stopped && !state.suspended) return
  const detail = 'This source is switched off: nothing was stored. Call again later.'
  throw appError('unavailable', { detail, retryAfterSeconds })
}
