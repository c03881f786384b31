/** What an expansion starts from: the subscription, the event's data, and the ways that are open now. Nothing is decided here. */
import type { Pool } from 'pg'
import type { Language } from '@carillon/domain/content'
import { query } from '../platform/db/statement.ts'
import type { contentForRegistration } from '../subscriptions/content-for-registration.ts'
import type { ClaimedFanOut } from './claim-fan-outs.ts'
import * as sql from './queries/claims.ts'

export type Task = {
  readonly tenantSlug: string
  readonly tenantLanguage: Language
  /** The event's data as JSON text; undefined: the event is no longer kept. */
  readonly dataJson: string | undefined
  /** Undefined: it was deleted. */
  readonly subscription: TaskSubscription | undefined
  /** By channel. */
  readonly defaults: ReadonlyMap<string, { readonly id: string; readonly enabled: boolean }>
}

/** A subscription's own texts, as they are stored. */
export type SubscriptionContent = Parameters<typeof contentForRegistration>[0]

export type TaskSubscription = {
  readonly subscriptionId: string
  readonly enabled: boolean
  readonly content: SubscriptionContent | undefined
  readonly version: number
}

type TaskRow = {
  readonly tenant_language: string
  readonly tenant_slug: string
  readonly data: string | null
} & (
  | { readonly subscription_id: null }
  | {
      readonly subscription_id: string
      readonly enabled: boolean
      readonly content: SubscriptionContent | null
      readonly version: number
    }
)

/** The task; undefined when the tenant is gone. `pool` has the role engine. */
export const loadTask = async (
  pool: Pool,
  { tenantId, subscription, eventId }: ClaimedFanOut,
): Promise<Task | undefined> => {
  const [rows, defaults] = await Promise.all([
    query<TaskRow>(pool, sql.loadTask, [tenantId, subscription, eventId]),
    query<{ id: string; channel: string; enabled: boolean }>(pool, sql.listDefaults, [tenantId]),
  ])
  const [row] = rows
  if (row === undefined) return undefined
  return {
    tenantSlug: row.tenant_slug,
    tenantLanguage: row.tenant_language === 'it' ? 'it' : 'en',
    dataJson: row.data ?? undefined,
    subscription:
      row.subscription_id === null
        ? undefined
        : {
            subscriptionId: row.subscription_id,
            enabled: row.enabled,
            content: row.content ?? undefined,
            version: row.version,
          },
    defaults: new Map(defaults.map(({ id, channel, enabled }) => [channel, { id, enabled }])),
  }
}
