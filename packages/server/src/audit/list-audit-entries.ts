/** Reading the audit log: a page of entries, or all of them as they are exported. */
import type { Pool, PoolClient } from 'pg'
import { Type } from 'typebox'
import { toIso } from '@carillon/domain/clock'
import { asId, decodeUuid, idPrefixes, parseId, printId, type IdKind } from '@carillon/domain/ids'
import { decodeCursor, limitOf, toPage, type Page } from '../platform/http/paging.ts'
import {
  findAuditedThings,
  listAuditRows,
  walkAuditRows,
  type AuditedThing,
  type AuditFilter,
  type AuditRow,
} from './queries.ts'
import { uuidsIn } from './things-in-details.ts'
import type { AuditEntry, AuditExportQuery, AuditListQuery } from './schema.ts'

type On = Pool | PoolClient

const keyset = Type.Tuple([Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })])
const rowsAtOnce = 1_000

const isIdKind = (kind: string): kind is IdKind => Object.hasOwn(idPrefixes, kind)

const printObject = ({ kind, object_id }: AuditRow): string | null => {
  if (object_id === null) return null
  return isIdKind(kind) ? printId(kind, asId(kind, object_id)) : object_id
}

/** The filter as the statements take it; undefined: the id of the thing is none of ours, nothing can fit. */
const filterOf = ({ action, object, ...rest }: AuditExportQuery): AuditFilter | undefined => {
  const objectId =
    object === undefined ? undefined : decodeUuid(object.slice(object.indexOf('_') + 1))
  if (object !== undefined && objectId === undefined) return undefined
  const isPrefix = action?.endsWith('*') === true
  return {
    ...rest,
    ...(objectId === undefined ? {} : { objectId }),
    ...(isPrefix ? { actionPrefix: action.slice(0, -1) } : { action }),
  }
}

/** What entries speak of, by UUID. */
type Things = ReadonlyMap<string, AuditedThing>

const thingsOf = async (on: On, tenantId: string, rows: readonly AuditRow[]): Promise<Things> => {
  const ids = rows.flatMap((row) => [
    ...actorIds(row.actor),
    ...uuidsIn(JSON.parse(row.details) as unknown),
  ])
  const found = await findAuditedThings(on, tenantId, [...new Set(ids)])
  return new Map(found.map((thing) => [thing.id, thing]))
}

const actorIds = (actor: string): readonly string[] =>
  [parseId('apiKey', actor) ?? parseId('user', actor) ?? []].flat()

const printThing = ({ kind, id }: AuditedThing): string => printId(kind, asId(kind, id))

const viewEntry = (row: AuditRow, things: Things): AuditEntry => {
  const details: unknown = JSON.parse(row.details)
  const mentioned = uuidsIn(details).flatMap((uuid) => things.get(uuid) ?? [])
  const [actor] = actorIds(row.actor).flatMap((id) => things.get(id) ?? [])
  return {
    number: row.seq,
    at: toIso(row.at),
    actor: row.actor,
    actorName: actor?.name ?? null,
    action: row.action,
    kind: row.kind,
    object: printObject(row),
    details,
    mentioned: mentioned.map((thing) => ({
      uuid: thing.id,
      id: printThing(thing),
      name: thing.name,
    })),
    hash: row.hash,
  }
}

/**
 * A page of a chain (the tenant's, or the platform's under the nil UUID), newest first. One that is not full after a tenth of a
 * second is answered as it is: it may have fewer entries than asked for, or none, and yet a next one. Throws `bad_cursor`.
 */
export const listAuditEntries = async (
  on: PoolClient,
  chain: string,
  query: AuditListQuery,
): Promise<Page<AuditEntry>> => {
  const { limit: _limit, cursor, ...filters } = query
  const filter = filterOf(filters)
  if (filter === undefined) return { items: [], nextCursor: null }
  const limit = limitOf(query)
  const before = decodeCursor(cursor, keyset)?.[0]
  const { rows, scanEnd } = await listAuditRows(on, chain, { ...filter, before, limit: limit + 1 })
  const things = await thingsOf(on, chain, rows)
  return toPage(rows, {
    limit,
    toItem: (row) => viewEntry(row, things),
    keysetOf: (row) => [row.seq],
    scanEnd,
  })
}

/**
 * All entries that fit, oldest first, as lines of JSON, a thousand rows in memory at a time. Besides what a page shows
 * each line has `text` and `previousHash`, so that anybody can recompute the chain.
 */
export async function* exportAuditEntries(
  read: <Result>(work: (on: On) => Promise<Result>) => Promise<Result>,
  chain: string,
  query: AuditExportQuery,
): AsyncGenerator<string> {
  const filter = filterOf(query)
  if (filter === undefined) return
  let after = 0
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- one page after the other, from where the last one ended
    const { rows, things } = await read(async (on) => {
      const page = await walkAuditRows(on, chain, { ...filter, after, limit: rowsAtOnce })
      return { rows: page, things: await thingsOf(on, chain, page) }
    })
    for (const row of rows) {
      const line = { ...viewEntry(row, things), previousHash: row.prev_hash, text: row.text }
      yield `${JSON.stringify(line)}\n`
    }
    const last = rows.at(-1)
    if (last === undefined || rows.length < rowsAtOnce) return
    after = last.seq
  }
}
