/**
 * The SQL of lists and exports of contacts: the statement is made of the filters that were given, so that each finds its
 * index. Every function names its tenant.
 */
import type { PoolClient } from 'pg'
import type { TenantId } from '@carillon/domain/ids'
import { query } from '../../platform/db/statement.ts'
import { contactColumns, type ContactRow } from './contacts.ts'

export type ContactFilter = {
  readonly tag?: string | undefined
  readonly operator?: string | undefined
  readonly timezone?: string | undefined
  readonly externalId?: string | undefined
  /** Beginning of an e-mail address, a phone number, a Telegram id, an external id or a name. */
  readonly q?: string | undefined
  readonly hasEmail?: boolean | undefined
  readonly hasPhone?: boolean | undefined
  readonly hasTelegram?: boolean | undefined
  /** RFC 3339. */
  readonly createdSince?: string | undefined
}

type Wanted = ContactFilter & { readonly after?: string | undefined; readonly limit: number }

/** Collects values and says where each stands in the statement. */
type Place = (value: unknown) => string

const isNull = (column: string, has: boolean): string =>
  `c.${column} IS ${has ? 'NOT NULL' : 'NULL'}`

/** Operators of text_pattern_ops rather than LIKE: a parameter of LIKE finds no index. */
const begins = (expression: string, prefix: string): string =>
  `${expression} ~>=~ ${prefix} AND ${expression} ~<~ (${prefix} || chr(1114111))`

const matches = (q: string, tenant: string, place: Place): string => {
  const lower = place(q.toLowerCase())
  const asGiven = place(q)
  const digits = /^[+\d\s()./-]+$/.test(q) ? q.replaceAll(/\D/g, '') : ''
  const ways = [
    begins('email_key', `${lower}::text`),
    begins('telegram_key', `${lower}::text`),
    begins('name_key', `${lower}::text`),
    begins('last_name_key', `${lower}::text`),
    begins('external_id', `${asGiven}::text`),
    ...(digits === '' ? [] : [begins('phone', `${place(`+${digits}`)}::text`)]),
  ]
  const found = ways.map((way) => `SELECT id FROM contacts WHERE tenant_id = ${tenant} AND ${way}`)
  return `c.id IN (${found.join(' UNION ALL ')})`
}

/** The conditions of a filter, without the tag. */
const conditionsOf = (wanted: ContactFilter, tenant: string, place: Place): readonly string[] => {
  const { operator, timezone, externalId, q, createdSince } = wanted
  const has = [
    ['email', wanted.hasEmail],
    ['phone', wanted.hasPhone],
    ['telegram_id', wanted.hasTelegram],
  ] as const
  return [
    `c.tenant_id = ${tenant}`,
    ...(operator === undefined ? [] : [`c.operator = ${place(operator)}`]),
    ...(timezone === undefined ? [] : [`c.time_zone = ${place(timezone)}`]),
    ...(externalId === undefined ? [] : [`c.external_id = ${place(externalId)}`]),
    ...(q === undefined ? [] : [matches(q, tenant, place)]),
    ...has.flatMap(([column, value]) => (value === undefined ? [] : [isNull(column, value)])),
    ...(createdSince === undefined ? [] : createdConditions(place(createdSince))),
  ]
}

/** Ids carry their time: the first condition finds the place in the primary key (a day of slack for clocks), the second is exact. */
const createdConditions = (since: string): readonly string[] => [
  `c.id >= carillon_uuid_floor(${since}::timestamptz - interval '1 day')`,
  `c.created_at >= ${since}::timestamptz`,
]

/** From which table, with which conditions, and what the id is called there. */
const fromOf = (wanted: ContactFilter, tenant: string, place: Place) => {
  // With a tag its index leads, in id order; as a subselect the planner may well read all contacts.
  const tagged =
    wanted.tag === undefined
      ? ''
      : ` JOIN contact_tags f ON f.tenant_id = c.tenant_id AND f.contact_id = c.id
          AND f.tag_id = (SELECT id FROM tags WHERE tenant_id = ${tenant} AND name = ${place(wanted.tag.normalize())})`
  const id = tagged === '' ? 'c.id' : 'f.contact_id'
  return { from: `contacts c${tagged}`, id, conditions: conditionsOf(wanted, tenant, place) }
}

/** At most `limit` contacts, oldest first, behind the id `after`. */
export const listContacts = async (
  client: PoolClient,
  tenantId: TenantId,
  wanted: Wanted,
): Promise<readonly ContactRow[]> => {
  const values: unknown[] = []
  const place: Place = (value) => `$${values.push(value)}`
  const { from, id, conditions } = fromOf(wanted, place(tenantId), place)
  const behind = wanted.after === undefined ? [] : [`${id} > ${place(wanted.after)}::uuid`]
  const text = `SELECT ${contactColumns} FROM ${from} WHERE ${[...conditions, ...behind].join(' AND ')}
 ORDER BY ${id} LIMIT ${place(wanted.limit)}`
  // Without a name it is planned anew each time: which index is best depends on the values.
  return await query(client, { name: '', text }, values)
}

/** How many contacts fit, at most `limit`: no more rows than that are looked at behind the index. */
export const countContacts = async (
  client: PoolClient,
  tenantId: TenantId,
  { limit, ...wanted }: ContactFilter & { readonly limit: number },
): Promise<number> => {
  const values: unknown[] = []
  const place: Place = (value) => `$${values.push(value)}`
  const { from, conditions } = fromOf(wanted, place(tenantId), place)
  const text = `SELECT count(*)::int AS n FROM (SELECT FROM ${from} WHERE ${conditions.join(' AND ')} LIMIT ${place(limit)}) found`
  return (await query<{ n: number }>(client, { name: '', text }, values))[0]?.n ?? 0
}
