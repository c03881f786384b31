/** The SQL of key rotation: all tenants' sealed secrets, page by page. For role carillon_engine. */
import type { Pool, PoolClient } from 'pg'
import { plainArray, textArray } from '../platform/db/pg-array.ts'
import { query, type Statement } from '../platform/db/statement.ts'

export type SealedRow = {
  readonly tenant_id: string
  readonly id: string
  readonly connector: string
  readonly name: string
  readonly secrets: Buffer
}

/** Deleted integrations are in it: their secrets too keep an old key from being retired. */
const pageText = `
SELECT tenant_id, id, connector, name, secrets FROM integrations
 WHERE secrets IS NOT NULL AND (tenant_id, id) > ($1::uuid, $2::uuid)
 ORDER BY tenant_id, id
 LIMIT $3`
const page: Statement = { name: 'sealed_page', text: pageText }
/** Not FOR UPDATE: deliveries that refer to the integration go on being made. */
const lockedPage: Statement = {
  name: 'sealed_page_locked',
  text: `${pageText} FOR NO KEY UPDATE`,
}

export type PageStart = { readonly tenantId: string; readonly id: string }

/** The page after `after`, by tenant and id; `lock`: nobody changes these rows until the transaction ends. */
export const listSealedAcrossTenants = async (
  on: Pool | PoolClient,
  values: { readonly after: PageStart; readonly limit: number; readonly lock: boolean },
): Promise<readonly SealedRow[]> =>
  await query<SealedRow>(on, values.lock ? lockedPage : page, [
    values.after.tenantId,
    values.after.id,
    values.limit,
  ])

const replaceStatement: Statement = {
  name: 'replace_sealed',
  text: `
UPDATE integrations AS i SET secrets = decode(given.sealed, 'base64')
  FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS given(tenant_id, id, sealed)
 WHERE i.tenant_id = given.tenant_id AND i.id = given.id`,
}

/**
 * Puts the same secrets under another key. `version` and `updated_at` stay: nothing that anybody set has changed, and
 * whoever holds the old bytes can go on opening them while the old key is configured.
 */
export const replaceSealedAcrossTenants = async (
  client: PoolClient,
  rows: readonly { readonly tenantId: string; readonly id: string; readonly sealed: Buffer }[],
): Promise<void> => {
  await query(client, replaceStatement, [
    plainArray(rows.map((row) => row.tenantId)),
    plainArray(rows.map((row) => row.id)),
    textArray(rows.map((row) => row.sealed.toString('base64'))),
  ])
}
