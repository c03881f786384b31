/** Deletes a subscription, with its registrations when that is said. */
import type { Pool, PoolClient } from 'pg'
import { appError } from '@carillon/domain/errors'
import { asId, printId, type SubscriptionId, type TenantId } from '@carillon/domain/ids'
import { inTenant } from '../platform/db/transaction.ts'
import { notFound } from '../platform/http/path-id.ts'
import { listRulesOfSubscription } from '../rules/list-rules-of-subscription.ts'
import { countRegistrations, deleteSomeRegistrations } from './queries/registrations.ts'
import * as sql from './queries/subscriptions.ts'
import { assertMayChange, type SubscriptionAuthor } from './save-subscription.ts'

/** Registrations deleted in one transaction: a million must not hold their locks together. */
const batch = 10_000
/** So many rules and schedules are named; the sentence is for people. */
const namedUses = 20

type Wanted = {
  readonly tenantId: TenantId
  readonly subscriptionId: string
  /** Its registrations go with it. */
  readonly force: boolean
  readonly author: SubscriptionAuthor
}

/**
 * Deletes it; `pool` has the role app. What was triggered already goes on. Throws `not_found`, `forbidden`, or `conflict`
 * with the rules and schedules that publish to it, or with the number of its registrations. With `force` the registrations go first, batch by batch: should it break off, a
 * repetition goes on.
 */
export const deleteSubscription = async (pool: Pool, wanted: Wanted): Promise<void> => {
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- batch after batch, each a short transaction
    const isGone = await inTenant(pool, wanted.tenantId, async (client) => {
      const { tenantId, subscriptionId, force, author } = wanted
      const row = await sql.lockSubscription(client, tenantId, subscriptionId)
      if (row === undefined) throw notFound()
      assertMayChange(row.is_system, author)
      requireUnused(await usesOf(client, tenantId, row.id))
      if (!force) requireEmpty(await countRegistrations(client, tenantId, row.id))
      const some = { subscription: row.id, limit: batch }
      if (force && (await deleteSomeRegistrations(client, tenantId, some)) === batch) return false
      await sql.deleteSubscription(client, tenantId, row.id)
      return true
    })
    if (isGone) return
  }
}

/** The rules and schedules that publish to it, in words. */
const usesOf = async (
  client: PoolClient,
  tenantId: TenantId,
  id: SubscriptionId,
): Promise<readonly string[]> => {
  const wanted = { id, limit: namedUses + 1 }
  const rules = await listRulesOfSubscription(client, tenantId, wanted)
  const schedules = await sql.listSchedules(client, tenantId, wanted)
  return [
    ...rules.map((rule) => `rule "${rule.name}" (${printId('rule', rule.id)})`),
    ...schedules.map(
      (own) => `schedule "${own.name}" (${printId('schedule', asId('schedule', own.id))})`,
    ),
  ]
}

const requireUnused = (uses: readonly string[]): void => {
  if (uses.length === 0) return
  const more = uses.length > namedUses ? ' and more' : ''
  throw appError('conflict', {
    detail: `Published to by ${uses.slice(0, namedUses).join(', ')}${more}: change or delete them first, or switch the subscription off.`,
  })
}

const requireEmpty = (registrations: number): void => {
  if (registrations === 0) return
  const they =
    registrations === 1 ? 'It has 1 registration' : `It has ${registrations} registrations`
  throw appError('conflict', {
    detail: `${they}: say ?force=true to delete them with it, or switch it off instead.`,
  })
}
