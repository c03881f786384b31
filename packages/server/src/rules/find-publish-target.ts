/** The subscription that a `publish` action names. Not for publishing: that is the fan-out's. */
import type { PoolClient } from 'pg'
import type { FieldError } from '@carillon/domain/errors'
import type { TenantId } from '@carillon/domain/ids'
import { nearestName } from '@carillon/domain/nearest-name'
import * as sql from './queries.ts'
import type { PublishAction } from './schema.ts'

/** So many names are compared when one is unknown. */
const namesCompared = 2_000

export type PublishResult =
  | { readonly ok: true; readonly target: sql.PublishTarget }
  | { readonly ok: false; readonly errors: readonly FieldError[] }

/** The subscription, which then stays until the transaction ends, or the error with the name that was meant. */
export const findPublishTarget = async (
  client: PoolClient,
  tenantId: TenantId,
  { action, pointer }: { readonly action: PublishAction; readonly pointer: string },
): Promise<PublishResult> => {
  const { subscriptionId } = action
  const target = await sql.findPublishTarget(client, tenantId, subscriptionId)
  if (target !== undefined) return { ok: true, target }
  const nearest = await findNearestTarget(client, tenantId, subscriptionId)
  const hint =
    nearest === undefined ? 'GET /api/v1/subscriptions lists them.' : `did you mean "${nearest}"?`
  const detail = `There is no subscription "${subscriptionId.slice(0, 60)}" in this tenant: ${hint}`
  return { ok: false, errors: [{ pointer: `${pointer}/subscriptionId`, detail }] }
}

/** The subscription of the tenant that was meant by a name that none has; undefined when none is close. */
export const findNearestTarget = async (
  client: PoolClient,
  tenantId: TenantId,
  subscriptionId: string,
): Promise<string | undefined> =>
  nearestName(subscriptionId, await sql.listPublishTargets(client, tenantId, namesCompared))
