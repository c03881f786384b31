/** The SQL of operators. Every function names its tenant. */
import type { PoolClient } from 'pg'
import type { Instant } from '@carillon/domain/clock'
import type { Id, TenantId } from '@carillon/domain/ids'
import { plainArray, textArray } from '../../platform/db/pg-array.ts'
import { query, type Statement } from '../../platform/db/statement.ts'

type OperatorId = Id<'operator'>
export type OperatorRow = {
  readonly id: OperatorId
  readonly code: string
  readonly name: string | null
  readonly created_at: Instant
  readonly updated_at: Instant
}

const columns = 'id, code, name, created_at, updated_at'

const listStatement: Statement = {
  name: 'list_operators',
  text: `SELECT ${columns} FROM operators WHERE tenant_id = $1 AND ($2::text IS NULL OR code = $2) AND ($3::uuid IS NULL OR id > $3)
 ORDER BY id LIMIT $4`,
}

/** At most `limit` operators, oldest first, behind the id `after`. */
export const listOperators = async (
  client: PoolClient,
  tenantId: TenantId,
  wanted: {
    readonly code?: string | undefined
    readonly after?: string | undefined
    readonly limit: number
  },
): Promise<readonly OperatorRow[]> => {
  const { code = null, after = null, limit } = wanted
  return await query(client, listStatement, [tenantId, code, after, limit])
}

const findStatement: Statement = {
  name: 'find_operator',
  text: `SELECT ${columns} FROM operators WHERE tenant_id = $1 AND id = $2`,
}

/** The operator; undefined: there is none. */
export const findOperator = async (
  client: PoolClient,
  tenantId: TenantId,
  id: OperatorId,
): Promise<OperatorRow | undefined> =>
  (await query<OperatorRow>(client, findStatement, [tenantId, id]))[0]

const lockStatement: Statement = { name: 'lock_operator', text: `${findStatement.text} FOR UPDATE` }

/** The same, and no contact gets it until the transaction ends. */
export const lockOperator = async (
  client: PoolClient,
  tenantId: TenantId,
  id: OperatorId,
): Promise<OperatorRow | undefined> =>
  (await query<OperatorRow>(client, lockStatement, [tenantId, id]))[0]

const insertStatement: Statement = {
  name: 'insert_operator',
  text: `INSERT INTO operators (tenant_id, id, code, name) VALUES ($1, $2, $3, $4)
ON CONFLICT (tenant_id, code) DO NOTHING RETURNING ${columns}`,
}

/** Makes an operator; undefined when there is one of this code. */
export const insertOperator = async (
  client: PoolClient,
  tenantId: TenantId,
  { id, code, name }: Pick<OperatorRow, 'id' | 'code' | 'name'>,
): Promise<OperatorRow | undefined> =>
  (await query<OperatorRow>(client, insertStatement, [tenantId, id, code, name]))[0]

const renameStatement: Statement = {
  name: 'rename_operator',
  text: `UPDATE operators SET name = $3, updated_at = now() WHERE tenant_id = $1 AND id = $2 RETURNING ${columns}`,
}

/** Undefined: there is none. */
export const renameOperator = async (
  client: PoolClient,
  tenantId: TenantId,
  { id, name }: Pick<OperatorRow, 'id' | 'name'>,
): Promise<OperatorRow | undefined> =>
  (await query<OperatorRow>(client, renameStatement, [tenantId, id, name]))[0]

const missingStatement: Statement = {
  name: 'missing_operators',
  text: `SELECT n.code FROM unnest($2::text[]) AS n(code)
 WHERE NOT EXISTS (SELECT FROM operators o WHERE o.tenant_id = $1 AND o.code = n.code)`,
}
const ensureStatement: Statement = {
  name: 'ensure_operators',
  text: `INSERT INTO operators (tenant_id, id, code)
-- Two that make the same operators take their locks in one order.
SELECT $1, n.id, n.code FROM unnest($2::uuid[], $3::text[]) AS n(id, code) ORDER BY n.code
ON CONFLICT (tenant_id, code) DO NOTHING`,
}

/** Makes the operators that are missing. */
export const ensureOperators = async (
  client: PoolClient,
  tenantId: TenantId,
  codes: readonly string[],
  newId: () => OperatorId,
): Promise<void> => {
  const rows = await query<{ code: string }>(client, missingStatement, [tenantId, textArray(codes)])
  if (rows.length === 0) return
  const missing = rows.map(({ code }) => code)
  await query(client, ensureStatement, [
    tenantId,
    plainArray(missing.map(newId)),
    textArray(missing),
  ])
}

const countStatement: Statement = {
  name: 'count_contacts_of_operator',
  text: 'SELECT count(*) AS n FROM contacts WHERE tenant_id = $1 AND operator = $2',
}

/** How many contacts have the operator. */
export const countContactsOfOperator = async (
  client: PoolClient,
  tenantId: TenantId,
  code: string,
): Promise<number> =>
  (await query<{ n: number }>(client, countStatement, [tenantId, code]))[0]?.n ?? 0

const clearSomeStatement: Statement = {
  name: 'clear_some_of_operator',
  text: `UPDATE contacts SET operator = NULL, version = version + 1, updated_at = now() WHERE tenant_id = $1 AND id IN (
  SELECT id FROM contacts WHERE tenant_id = $1 AND operator = $2 ORDER BY id LIMIT $3 FOR UPDATE) RETURNING 1 AS gone`,
}

/** Takes the operator from at most `limit` contacts; returns how many. */
export const clearSomeOfOperator = async (
  client: PoolClient,
  tenantId: TenantId,
  { code, limit }: { readonly code: string; readonly limit: number },
): Promise<number> => (await query(client, clearSomeStatement, [tenantId, code, limit])).length

const deleteStatement: Statement = {
  name: 'delete_operator',
  text: 'DELETE FROM operators WHERE tenant_id = $1 AND id = $2',
}

/** Deletes an operator that no contact has. */
export const deleteOperator = async (
  client: PoolClient,
  tenantId: TenantId,
  id: OperatorId,
): Promise<void> => {
  await query(client, deleteStatement, [tenantId, id])
}
