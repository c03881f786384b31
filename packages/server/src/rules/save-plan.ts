/** Stores a plan once per tenant and content: rules that send alike share it, and saving a rule unchanged makes nothing. */
import { createHash } from 'node:crypto'
import type { PoolClient } from 'pg'
import type { TenantId } from '@carillon/domain/ids'
import type { Plan } from '@carillon/domain/plan'
import type { IdGenerator } from '../platform/ids.ts'
import { findPlanByHash, insertPlan } from './queries.ts'

/** JSON with the members of every object in the order of their names: the same content is the same text. */
export const canonicalJson = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, item]) => `${JSON.stringify(name)}:${canonicalJson(item)}`)
  return `{${members.join(',')}}`
}

/** The id of the stored plan with this content, in the caller's transaction. */
export const savePlan = async (
  client: PoolClient,
  tenantId: TenantId,
  { plan, newId }: { readonly plan: Plan; readonly newId: IdGenerator },
): Promise<string> => {
  const hash = createHash('sha256').update(canonicalJson(plan)).digest()
  // Looking first: nearly always it is there or nobody else makes it, and a conflict would burn a dead row.
  const known = await findPlanByHash(client, tenantId, hash)
  if (known !== undefined) return known
  const id = newId('plan')
  if (await insertPlan(client, tenantId, { id, hash, body: plan })) return id
  const other = await findPlanByHash(client, tenantId, hash)
  if (other === undefined) throw new Error('a plan that conflicts by its hash is not there')
  return other
}
