/**
 * The SQL of tenants. They are made and listed by platform admins, across tenants, so it runs on the engine's pool.
 */
import type { Pool, PoolClient } from 'pg'
import type { Language } from '@carillon/domain/content'
import type { Instant } from '@carillon/domain/clock'
import { query, type Statement } from '../platform/db/statement.ts'
import type { LimitsChange } from './schema.ts'

type On = Pool | PoolClient

export type TenantRow = {
  readonly tenant_id: string
  readonly slug: string
  readonly name: string
  readonly language: Language
  readonly time_zone: string
  /** Only those that are not the default. */
  readonly limits: Readonly<Record<string, number>>
  readonly retention_days: number | null
  readonly suspended_at: Instant | null
  readonly deleted_at: Instant | null
  readonly created_at: Instant
  readonly updated_at: Instant
}

const columns =
  'tenant_id, slug, name, language, time_zone, limits, retention_days, suspended_at, deleted_at, created_at, updated_at'

const addTenantStatement: Statement = {
  name: 'add_tenant',
  text: `
INSERT INTO tenants (tenant_id, slug, name, language, time_zone, limits, retention_days)
VALUES ($1, $2, $3, $4, $5, jsonb_strip_nulls($6::jsonb), $7)
ON CONFLICT (slug) DO NOTHING RETURNING ${columns}`,
}

/** Adds a tenant; undefined when the slug is taken. */
export const addTenant = async (
  on: On,
  tenant: Pick<TenantRow, 'tenant_id' | 'slug' | 'name' | 'language' | 'time_zone'> & {
    readonly limits?: LimitsChange | undefined
    readonly retentionDays?: number | null | undefined
  },
): Promise<TenantRow | undefined> => {
  const { tenant_id, slug, name, language, time_zone, limits = {}, retentionDays = null } = tenant
  const rows = await query<TenantRow>(on, addTenantStatement, [
    tenant_id,
    slug,
    name,
    language,
    time_zone,
    limits,
    retentionDays,
  ])
  return rows[0]
}

const listTenantsStatement: Statement = {
  name: 'list_tenants',
  text: `
SELECT ${columns} FROM tenants
 WHERE ($1::uuid IS NULL OR tenant_id < $1) AND ($2::text IS NULL OR slug = $2)
   AND ($4::text IS NULL OR position(lower($4) IN slug) > 0 OR position(lower($4) IN lower(name)) > 0)
 ORDER BY tenant_id DESC LIMIT $3`,
}

/** Tenants, newest first, from below the id `before`. */
export const listTenantsAcrossTenants = async (
  on: On,
  values: {
    readonly before: string | undefined
    readonly slug: string | undefined
    /** A part of the slug or the name. */
    readonly text: string | undefined
    readonly limit: number
  },
): Promise<readonly TenantRow[]> => {
  const { before = null, slug = null, text = null, limit } = values
  return query<TenantRow>(on, listTenantsStatement, [before, slug, limit, text])
}

const findTenantStatement: Statement = {
  name: 'find_tenant',
  text: `SELECT ${columns} FROM tenants WHERE tenant_id = $1`,
}

/** One tenant by its id. */
export const findTenantRow = async (on: On, tenantId: string): Promise<TenantRow | undefined> =>
  (await query<TenantRow>(on, findTenantStatement, [tenantId]))[0]

const changeTenantStatement: Statement = {
  name: 'change_tenant',
  text: `
UPDATE tenants SET name = coalesce($2, name), language = coalesce($3, language), time_zone = coalesce($4, time_zone),
       limits = jsonb_strip_nulls(limits || coalesce($5::jsonb, '{}')),
       retention_days = CASE WHEN $6 THEN $7::integer ELSE retention_days END,
       suspended_at = CASE WHEN $8::boolean THEN coalesce(suspended_at, now()) WHEN NOT $8 THEN NULL ELSE suspended_at END,
       updated_at = now()
 WHERE tenant_id = $1 RETURNING ${columns}`,
}

/** Changes what is given; undefined when there is no such tenant. */
export const changeTenantRow = async (
  on: On,
  tenantId: string,
  change: {
    readonly name?: string | undefined
    readonly language?: Language | undefined
    readonly timeZone?: string | undefined
    /** null: the default; those that are left out stay. */
    readonly limits?: LimitsChange | undefined
    /** null: for ever; left out: as it is. */
    readonly retentionDays?: number | null | undefined
    readonly suspended?: boolean | undefined
  },
): Promise<TenantRow | undefined> => {
  const { name = null, language = null, timeZone = null, limits = null } = change
  const { retentionDays, suspended = null } = change
  const rows = await query<TenantRow>(on, changeTenantStatement, [
    tenantId,
    name,
    language,
    timeZone,
    limits,
    retentionDays !== undefined,
    retentionDays ?? null,
    suspended,
  ])
  return rows[0]
}

const lockTenantStatement: Statement = {
  name: 'lock_tenant',
  text: `SELECT ${columns} FROM tenants WHERE tenant_id = $1 FOR UPDATE`,
}

/** One tenant, which nobody else changes until the transaction ends. */
export const lockTenantRow = async (on: On, tenantId: string): Promise<TenantRow | undefined> =>
  (await query<TenantRow>(on, lockTenantStatement, [tenantId]))[0]

const markDeletedStatement: Statement = {
  name: 'mark_tenant_deleted',
  text: `
UPDATE tenants SET deleted_at = coalesce(deleted_at, now()), updated_at = now() WHERE tenant_id = $1 RETURNING ${columns}`,
}

/** Marks it as deleted; one that is marked stays so since then. */
export const markTenantDeleted = async (on: On, tenantId: string): Promise<TenantRow | undefined> =>
  (await query<TenantRow>(on, markDeletedStatement, [tenantId]))[0]

const unmarkDeletedStatement: Statement = {
  name: 'unmark_tenant_deleted',
  text: `
UPDATE tenants SET deleted_at = NULL, updated_at = now()
 WHERE tenant_id = $1 AND deleted_at >= clock_timestamp() - $2 * interval '1 millisecond' RETURNING ${columns}`,
}

/** Takes the mark away that is at most so old; undefined when there is none. */
export const unmarkTenantDeleted = async (
  on: On,
  tenantId: string,
  withinMs: number,
): Promise<TenantRow | undefined> =>
  (await query<TenantRow>(on, unmarkDeletedStatement, [tenantId, withinMs]))[0]
