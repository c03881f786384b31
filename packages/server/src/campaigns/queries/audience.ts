/** The SQL of audiences: which contacts a campaign is for, as a condition on `contacts c`, and pages of them. One tenant each. */
import type { Pool, PoolClient } from 'pg'
import type { TenantId } from '@carillon/domain/ids'
import { textArray } from '../../platform/db/pg-array.ts'
import { query, type Statement } from '../../platform/db/statement.ts'
import type { AudienceFilter } from '../read-filter.ts'

/** $2 tags, $3 operators, $4 time zones (NULL: no condition), $5 the tenant's time zone. `tenant` is where the tenant is named. */
export const audienceCondition = (tenant: string): string => `
       ($2::text[] IS NULL OR EXISTS (
         SELECT FROM contact_tags ct WHERE ct.tenant_id = c.tenant_id AND ct.contact_id = c.id
            AND ct.tag_id = ANY (ARRAY(SELECT t.id FROM tags t WHERE t.tenant_id = ${tenant} AND t.name = ANY ($2::text[])))))
   AND ($3::text[] IS NULL OR c.operator = ANY ($3::text[]))
   AND ($4::text[] IS NULL OR coalesce(c.time_zone, $5::text) = ANY ($4::text[]))`

/** $2..$5 of `audienceCondition`. */
export const audienceValues = (
  filter: AudienceFilter,
  tenantZone: string,
): readonly (string | null)[] => [
  listOf(filter.tags),
  listOf(filter.operators),
  listOf(filter.timezones),
  tenantZone,
]

const listOf = (values: readonly string[] | undefined): string | null =>
  values === undefined || values.length === 0 ? null : textArray(values)

/** What templates see as `contact`, as JSON; `c` is the contact. */
export const contactJson = `json_build_object('id', c.id, 'phone', c.phone, 'email', c.email, 'telegramId', c.telegram_id,
  'operator', c.operator, 'timezone', c.time_zone, 'language', c.language, 'externalId', c.external_id,
  'tags', ARRAY(SELECT t.name FROM contact_tags ct JOIN tags t ON t.tenant_id = ct.tenant_id AND t.id = ct.tag_id
                 WHERE ct.tenant_id = c.tenant_id AND ct.contact_id = c.id ORDER BY t.name COLLATE "C"),
  'attributes', c.attributes)`

export type AudienceRow = {
  readonly id: string
  readonly phone: string | null
  readonly email: string | null
  readonly telegram_id: string | null
  readonly attributes: Readonly<Record<string, unknown>>
  /** The contact's own, else the tenant's. */
  readonly zone: string
  /** JSON text. */
  readonly context: string
}

/** $1 tenant, $2..$5 as `audienceCondition`, $6 after this id, $7 how many, $8 is the snapshot wanted. */
const readAudienceStatement: Statement = {
  name: 'read_audience',
  text: `
SELECT c.id, c.phone, c.email, c.telegram_id, c.attributes, coalesce(c.time_zone, $5::text) AS zone,
       CASE WHEN $8::boolean THEN ${contactJson} ELSE '{}'::json END AS context
  FROM contacts c WHERE c.tenant_id = $1 AND c.id > $6::uuid AND ${audienceCondition('$1')}
 ORDER BY c.id LIMIT $7`,
}

/** A page of those that fit tags, operators and time zones, in the order of their ids. Attributes are the caller's to look at. */
export const readAudience = async (
  db: Pool | PoolClient,
  tenantId: TenantId,
  wish: {
    readonly filter: AudienceFilter
    readonly tenantZone: string
    readonly after: string
    readonly limit: number
    readonly withContext: boolean
  },
): Promise<readonly AudienceRow[]> =>
  await query<AudienceRow>(db, readAudienceStatement, [
    tenantId,
    ...audienceValues(wish.filter, wish.tenantZone),
    wish.after,
    wish.limit,
    wish.withContext,
  ])

/** $1 tenant, $2 contacts, $3 the tenant's time zone. */
const readChosenStatement: Statement = {
  name: 'read_chosen_audience',
  text: `
SELECT c.id, c.phone, c.email, c.telegram_id, c.attributes, coalesce(c.time_zone, $3::text) AS zone, ${contactJson} AS context
  FROM contacts c WHERE c.tenant_id = $1 AND c.id = ANY ($2::uuid[]) ORDER BY c.id`,
}

/** These contacts, as far as they are there. */
export const readChosen = async (
  client: PoolClient,
  tenantId: TenantId,
  { ids, tenantZone }: { readonly ids: readonly string[]; readonly tenantZone: string },
): Promise<readonly AudienceRow[]> =>
  await query<AudienceRow>(client, readChosenStatement, [tenantId, ids, tenantZone])
