/**
 * Signing in and out as events of every tenant that the person is in (`audit.login` ...), so that rules can notify
 * somebody. Not the audit log of changes: that is written by the database.
 */
import type { Pool } from 'pg'
import { toIso } from '@carillon/domain/clock'
import { asId, printId } from '@carillon/domain/ids'
import type { Accepted, AcceptEvents } from '../ingest/accept-events.ts'
import { systemClock } from '../platform/clock.ts'
import type { Log } from '../platform/log.ts'

export type SignInEvent = {
  readonly kind: 'login' | 'login_failed' | 'logout'
  readonly userId: string
  readonly tenantIds: readonly string[]
  /** The same event told twice is one: a session's id, or something new. */
  readonly id: string
  readonly details: Readonly<Record<string, string | null>>
}

export type TellSignIn = (event: SignInEvent) => Promise<void>

type Options = {
  /** Of role engine. */
  readonly pool: Pool
  readonly acceptEvents: AcceptEvents
  readonly onAccepted: (accepted: Accepted) => void
  readonly log: Pick<Log, 'error'>
}

const source = 'carillon/audit'

/** Makes what tells. It never throws: nobody is kept out because an event could not be stored; the log then has it. */
export const createTellSignIn = ({ pool, acceptEvents, onAccepted, log }: Options): TellSignIn => {
  return async ({ kind, userId, tenantIds, id, details }) => {
    const now = systemClock.now()
    const user = printId('user', asId('user', userId))
    const data = { eventType: kind, userId: user, details, timestamp: toIso(now) }
    const type = `audit.${kind}`
    const view = { id: `${kind}/${id}`, source, type, subject: user, time: toIso(now), data }
    const dataJson = JSON.stringify(data)
    if (tenantIds.length === 0) return
    try {
      const events = tenantIds.map((tenantId) => ({ tenantId, view, time: now, dataJson }))
      onAccepted(await acceptEvents(pool, events))
    } catch (error) {
      log.error({ err: error, type, user, details }, 'a sign-in was not stored as an event')
    }
  }
}
