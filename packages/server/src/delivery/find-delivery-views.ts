/** Some deliveries by their ids, as lists show them. */
import type { PoolClient } from 'pg'
import type { TenantId } from '@carillon/domain/ids'
import { query } from '../platform/db/statement.ts'
import { viewDelivery, type DeliveryRow } from './delivery-view.ts'
import { findDeliveriesById } from './queries/deliveries.ts'
import type { DeliveryView } from './schema.ts'

/** Those of the ids (UUIDs) that the tenant has, oldest first. */
export const findDeliveryViews = async (
  client: PoolClient,
  tenantId: TenantId,
  ids: readonly string[],
): Promise<readonly DeliveryView[]> =>
  (await query<DeliveryRow>(client, findDeliveriesById, [tenantId, ids])).map(viewDelivery)
