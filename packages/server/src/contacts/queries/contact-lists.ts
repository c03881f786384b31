/**
 * The SQL of lists and exports of contacts: the filters that were given say which indexes lead there, and `bounded-walk.ts` looks
 * through the most selective one. Every function names its tenant.
 */
import type { PoolClient } from 'pg'
import type { TenantId } from '@carillon/domain/ids'
import {
  countRows,
  findRows,
  pageOfWalk,
  tenant,
  type Driver,
  type Place,
  type WalkPlan,
} from '../../platform/db/bounded-walk.ts'
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

/** Up to so many that a search finds are sorted; of more each contact is looked at. */
const sortedAtMost = 5_000

/** Operators of text_pattern_ops rather than LIKE, which is not leakproof and finds no index behind row-level security. */
const begins = (column: string, prefix: string): string =>
  `${column} ~>=~ ${prefix} AND ${column} ~<~ (${prefix} || chr(1114111))`

/** The ways in which a contact `of` may be meant: conditions on single columns. */
const waysOf = (q: string, place: Place): ((of: string) => readonly string[]) => {
  const lower = `${place(q.toLowerCase())}::text`
  const asGiven = `${place(q)}::text`
  const digits = /^[+\d\s()./-]+$/.test(q) ? q.replaceAll(/\D/g, '') : ''
  const phone = digits === '' ? undefined : `${place(`+${digits}`)}::text`
  return (of) => [
    ...['email_key', 'telegram_key', 'name_key', 'last_name_key'].map((key) =>
      begins(`${of}.${key}`, lower),
    ),
    begins(`${of}.external_id`, asGiven),
    ...(phone === undefined ? [] : [begins(`${of}.phone`, phone)]),
  ]
}

/** Those that a search finds; undefined: nothing is searched for, or too many are found to be sorted. */
const findSearched = async (
  client: PoolClient,
  tenantId: TenantId,
  q: string | undefined,
): Promise<readonly string[] | undefined> => {
  if (q === undefined) return undefined
  const values: unknown[] = [tenantId]
  const most = sortedAtMost + 1
  const found = waysOf(
    q,
    (value) => `$${values.push(value)}`,
  )('c').map(
    (way) => `(SELECT c.id FROM contacts c WHERE c.tenant_id = ${tenant} AND ${way} LIMIT ${most})`,
  )
  const text = `SELECT f.id FROM (${found.join(' UNION ALL ')}) f LIMIT ${most}`
  // Without a name it is planned anew each time: which index is best depends on the values.
  const rows = await query<{ id: string }>(client, { name: '', text }, values)
  return rows.length > sortedAtMost ? undefined : [...new Set(rows.map(({ id }) => id))]
}

type Condition = {
  readonly name: string
  readonly of: (of: string) => string
  /** An index leads there, in the order of ids. */
  readonly leads: boolean
}

const conditionsOf = (
  wanted: ContactFilter,
  isSearched: boolean,
  place: Place,
): readonly Condition[] => {
  const equal = (name: string, value: string | undefined): readonly Condition[] => {
    if (value === undefined) return []
    const placed = place(value)
    return [{ name, of: (of) => `${of}.${name} = ${placed}::text`, leads: true }]
  }
  const has = (name: string, value: boolean | undefined): readonly Condition[] =>
    value === undefined
      ? []
      : [{ name, of: (of) => `${of}.${name} IS ${value ? 'NOT NULL' : 'NULL'}`, leads: false }]
  const rest: Condition[] = []
  if (wanted.createdSince !== undefined) {
    const since = place(wanted.createdSince)
    const of = (of: string): string => `${of}.created_at >= ${since}::timestamptz`
    rest.push({ name: 'created_at', of, leads: false })
  }
  if (wanted.q !== undefined && !isSearched) {
    const ways = waysOf(wanted.q, place)
    rest.push({ name: 'q', of: (of) => `(${ways(of).join(' OR ')})`, leads: false })
  }
  return [
    ...equal('operator', wanted.operator),
    ...equal('time_zone', wanted.timezone),
    ...equal('external_id', wanted.externalId),
    ...has('email', wanted.hasEmail),
    ...has('phone', wanted.hasPhone),
    ...has('telegram_id', wanted.hasTelegram),
    ...rest,
  ]
}

/** Bounds of an id. It carries its time: that finds the place in every index, with a day of slack for clocks. */
const boundsOf = (
  { createdSince }: ContactFilter,
  after: string | number | null,
  place: Place,
): ((id: string) => string) => {
  const behind = after === null ? undefined : place(after)
  const since = createdSince === undefined ? undefined : place(createdSince)
  return (id) =>
    [
      ...(behind === undefined ? [] : [` AND ${id} > ${behind}::uuid`]),
      ...(since === undefined
        ? []
        : [` AND ${id} >= carillon_uuid_floor(${since}::timestamptz - interval '1 day')`]),
    ].join('')
}

/** The indexes that the filters offer to those behind `after`. */
const planContacts = (
  wanted: ContactFilter,
  searched: readonly string[] | undefined,
  [after, place]: Parameters<WalkPlan>,
): readonly Driver[] => {
  const conditions = conditionsOf(wanted, searched !== undefined, place)
  const within = boundsOf(wanted, after, place)
  const ids = searched === undefined ? undefined : place(searched)
  const idCheck = ids === undefined ? [] : [`c.id = ANY (${ids}::uuid[])`]
  const tagged =
    wanted.tag === undefined
      ? undefined
      : `f.tenant_id = ${tenant} AND f.tag_id = (SELECT t.id FROM tags t WHERE t.tenant_id = ${tenant} AND t.name = ${place(wanted.tag.normalize())}::text)`
  const tagCheck =
    tagged === undefined
      ? []
      : [`(SELECT true FROM contact_tags f WHERE ${tagged} AND f.contact_id = c.id LIMIT 1)`]
  /** Whose row is not a contact's looks its columns up. */
  const probe =
    conditions.length === 0
      ? []
      : [
          `(SELECT true FROM contacts x WHERE x.tenant_id = ${tenant} AND x.id = c.id AND ${conditions.map(({ of }) => of('x')).join(' AND ')} LIMIT 1)`,
        ]
  const byContact = (name: string, leading?: Condition): Driver => {
    const others = conditions.filter((one) => one !== leading)
    const only = leading === undefined ? '' : ` AND ${leading.of('x')}`
    return {
      name,
      rows: (limit) =>
        `SELECT ${others.length === 0 ? 'x.id' : 'x.*'} FROM contacts x WHERE x.tenant_id = ${tenant}${only}${within('x.id')} ORDER BY x.id LIMIT ${limit}`,
      checks: [...idCheck, ...others.map(({ of }) => of('c')), ...tagCheck],
    }
  }
  const drivers = conditions.filter(({ leads }) => leads).map((one) => byContact(one.name, one))
  if (ids !== undefined)
    drivers.push({
      name: 'ids',
      rows: (limit) =>
        `SELECT x.id FROM unnest(${ids}::uuid[]) AS x(id) WHERE ${tenant}::uuid IS NOT NULL${within('x.id')} ORDER BY x.id LIMIT ${limit}`,
      checks: [...probe, ...tagCheck],
    })
  if (tagged !== undefined)
    drivers.push({
      name: 'tag',
      rows: (limit) =>
        `SELECT f.contact_id AS id FROM contact_tags f WHERE ${tagged}${within('f.contact_id')} ORDER BY f.contact_id LIMIT ${limit}`,
      checks: [...idCheck, ...probe],
    })
  return drivers.length === 0 ? [byContact('all')] : drivers
}

const searchOf = async (
  client: PoolClient,
  tenantId: TenantId,
  {
    limit,
    after = null,
    ...filter
  }: ContactFilter & Pick<Wanted, 'limit'> & { after?: string | null | undefined },
) => {
  const searched = await findSearched(client, tenantId, filter.q)
  const plan: WalkPlan = (...where) => planContacts(filter, searched, where)
  return { tenantId, plan, order: 'ASC', after, limit } as const
}

/**
 * At most `limit` contacts, oldest first, behind the id `after`. Fewer, and a `scanEnd`, when a tenth of a second was not enough:
 * go on behind that one.
 */
export const listContacts = async (
  client: PoolClient,
  tenantId: TenantId,
  wanted: Wanted,
): Promise<{ readonly rows: readonly ContactRow[]; readonly scanEnd: string | null }> => {
  const search = await searchOf(client, tenantId, wanted)
  const { rows, scanEnd } = await findRows<ContactRow>(client, search, (walk) => {
    const { head, from } = pageOfWalk(walk)
    return `${head} SELECT ${contactColumns}, w.scan_end FROM ${from} LEFT JOIN contacts c ON c.tenant_id = ${tenant} AND c.id = w.id
 WHERE c.id IS NOT NULL OR w.id IS NULL ORDER BY w.id NULLS LAST`
  })
  return { rows, scanEnd: scanEnd === null ? null : `${scanEnd}` }
}

/** How many contacts fit, at most `limit`, and whether all were looked at. */
export const countContacts = async (
  client: PoolClient,
  tenantId: TenantId,
  wanted: ContactFilter & { readonly limit: number },
): Promise<{ readonly n: number; readonly isWhole: boolean }> =>
  await countRows(client, await searchOf(client, tenantId, wanted))
