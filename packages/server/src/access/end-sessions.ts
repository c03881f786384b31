/** Ends sessions of a person: they are refused within a second. Not for signing out, which takes the cookie too. */
import type { Pool, PoolClient } from 'pg'
import { endSessionsAcrossTenants } from './queries/sessions.ts'

/** Ends one session of the person, all but one, or all; returns how many. `on` has the role engine. */
export const endSessions = async (
  on: Pool | PoolClient,
  which: { readonly userId: string; readonly only?: string; readonly but?: string },
): Promise<number> => endSessionsAcrossTenants(on, which)
