/** Makes and changes subscriptions. Their texts are checked before (`check-content.ts`): that takes longer than a transaction may. */
import type { PoolClient } from 'pg'
import { appError } from '@carillon/domain/errors'
import type { TenantId } from '@carillon/domain/ids'
import { notFound } from '../platform/http/path-id.ts'
import type { Principal } from '../platform/http/principal.ts'
import { requireValid } from '../platform/http/require-valid.ts'
import type { IdGenerator } from '../platform/ids.ts'
import * as sql from './queries/subscriptions.ts'
import type { SubscriptionBody, SubscriptionChangeBody, SubscriptionView } from './schema.ts'
import { viewSubscription } from './subscription-view.ts'

/** Who does it. */
export type SubscriptionAuthor = Pick<Principal, 'actor' | 'platformAdmin'>

const onlyPlatformAdmins = (): Error =>
  appError('forbidden', {
    detail: 'Only a platform admin may make, change or delete a system subscription.',
  })

/** Throws `forbidden` when it is a system subscription and the author no platform admin. */
export const assertMayChange = (isSystem: boolean, author: SubscriptionAuthor): void => {
  if (isSystem && !author.platformAdmin) throw onlyPlatformAdmins()
}

/** Makes the subscription in the caller's transaction. Throws `forbidden`, or `conflict` when the name is taken. */
export const createSubscription = async (
  client: PoolClient,
  tenantId: TenantId,
  { body, author }: { readonly body: SubscriptionBody; readonly author: SubscriptionAuthor },
  newId: IdGenerator,
): Promise<SubscriptionView> => {
  const { subscriptionId } = body
  assertMayChange(body.isSystem ?? false, author)
  const row = await sql.insertSubscription(
    client,
    tenantId,
    { id: newId('subscription'), subscriptionId },
    {
      label: body.label ?? subscriptionId,
      description: body.description ?? null,
      isSystem: body.isSystem ?? false,
      enabled: body.enabled ?? true,
      content: body.content ?? null,
      actor: author.actor,
    },
  )
  if (row === undefined) {
    throw appError('conflict', {
      detail: `There is a subscription "${subscriptionId}" already.`,
    })
  }
  return viewSubscription(row)
}

export type SubscriptionChange = {
  readonly tenantId: TenantId
  readonly subscriptionId: string
  readonly kind: 'replace' | 'patch'
  readonly body: SubscriptionChangeBody
  readonly author: SubscriptionAuthor
}

/**
 * Changes the subscription in the caller's transaction: PUT sets what is left out to its default (but for `isSystem`),
 * PATCH leaves it. Throws `not_found`, `forbidden`, `conflict` when the version is another one by now, or
 * `validation_failed` for another subscriptionId.
 */
export const updateSubscription = async (
  client: PoolClient,
  change: SubscriptionChange,
): Promise<SubscriptionView> => {
  const { tenantId, subscriptionId, body, author } = change
  const current = await sql.lockSubscription(client, tenantId, subscriptionId)
  if (current === undefined) throw notFound()
  assertMayChange(current.is_system || body.isSystem === true, author)
  requireSame(body, current)
  const base = change.kind === 'patch' ? current : defaultsOf(current)
  const row = await sql.updateSubscription(client, tenantId, current.id, {
    label: body.label ?? base.label,
    description: body.description === undefined ? base.description : body.description,
    isSystem: body.isSystem ?? current.is_system,
    enabled: body.enabled ?? base.enabled,
    content: body.content === undefined ? base.content : body.content,
    actor: author.actor,
  })
  if (row === undefined) throw new Error('a subscription is gone in the transaction that locked it')
  return viewSubscription(row)
}

const requireSame = (
  { subscriptionId, version }: SubscriptionChangeBody,
  current: sql.SubscriptionRow,
): void => {
  if (subscriptionId !== undefined && subscriptionId !== current.subscription_id) {
    const detail = `Is "${current.subscription_id}" and can't be changed: make another subscription.`
    requireValid([{ pointer: '/subscriptionId', detail }])
  }
  if (version !== undefined && version !== current.version) {
    throw appError('conflict', {
      detail: `Version ${version} was changed meanwhile; it is version ${current.version} now. Read it again.`,
    })
  }
}

const defaultsOf = (
  row: sql.SubscriptionRow,
): Pick<sql.SubscriptionRow, 'label' | 'description' | 'enabled' | 'content'> => ({
  label: row.subscription_id,
  description: null,
  enabled: true,
  content: null,
})
