/**
 * Cursor paging, the same for every list: `?limit=`, `?cursor=` in, `{ items, nextCursor }` out. A cursor is the keyset
 * of the last row, opaque to callers and checked when it comes back. Not for offsets: those skip and repeat rows.
 */
import { Type, type Static, type TSchema, type TTuple } from 'typebox'
import { Check } from 'typebox/value'
import { appError } from '@carillon/domain/errors'

/** Enough for a screen. */
const defaultLimit = 50
/** The contract's bound: a page is held in memory. */
export const largestLimit = 200
/** A keyset is a time, an id and perhaps a name. */
const longestCursor = 1_024

/** The query fields of every list: spread them into the `Type.Object` of its query. */
export const listQuery = {
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: largestLimit,
      default: defaultLimit,
      description: 'Items a page.',
    }),
  ),
  cursor: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: longestCursor,
      description: '`nextCursor` of the page before.',
    }),
  ),
}

/** The schema of a page of these items. */
export const pageOf = <Item extends TSchema>(item: Item) =>
  Type.Object({
    items: Type.Array(item),
    nextCursor: Type.Union([Type.String(), Type.Null()], {
      description:
        'Pass it as `cursor` for the next page. Only null says that this was the last: a page with filters may have fewer items than asked for, or none, and yet a next one.',
    }),
  })

export type Page<Item> = { readonly items: Item[]; readonly nextCursor: string | null }

/** The cursor for a keyset: the values that the list is sorted by, of the last row shown. */
export const encodeCursor = (keyset: readonly (string | number | null)[]): string =>
  Buffer.from(JSON.stringify(keyset)).toString('base64url')

const badCursor = (cause?: unknown): Error =>
  appError('bad_cursor', {
    detail: 'The value of `cursor` is not one that this list gave.',
    ...(cause === undefined ? {} : { cause }),
  })

const parseCursor = (cursor: string): unknown => {
  const text = Buffer.from(cursor, 'base64url').toString('utf8')
  if (Buffer.from(text).toString('base64url') !== cursor) throw badCursor()
  try {
    return JSON.parse(text)
  } catch (error) {
    throw badCursor(error)
  }
}

/**
 * The keyset in a cursor, checked against the list's schema of it (`Type.Tuple([...])`; give strings a pattern or a
 * format: they end in SQL parameters). Undefined when no cursor was sent. Throws `bad_cursor` for anything else.
 */
export const decodeCursor = <Keyset extends TTuple>(
  cursor: string | undefined,
  schema: Keyset,
): Static<Keyset> | undefined => {
  if (cursor === undefined) return undefined
  const keyset = parseCursor(cursor)
  if (!Check(schema, keyset) || JSON.stringify(keyset).includes('\\u0000')) throw badCursor()
  return keyset
}

/** How many items the caller wants. */
export const limitOf = (query: { readonly limit?: number }): number => query.limit ?? defaultLimit

/** Makes the page of `limit + 1` rows that were asked for (the one too many says that there is a next page). */
export const toPage = <Row, Item>(
  rows: readonly Row[],
  {
    limit,
    toItem,
    keysetOf,
    scanEnd = null,
  }: {
    readonly limit: number
    readonly toItem: (row: Row) => Item
    readonly keysetOf: (row: Row) => readonly (string | number | null)[]
    /** The rows are fewer than asked for because only so much was looked at: the next page goes on behind this key. */
    readonly scanEnd?: string | number | null
  },
): Page<Item> => {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  if (rows.length > limit && last !== undefined)
    return { items: shown.map(toItem), nextCursor: encodeCursor(keysetOf(last)) }
  return { items: shown.map(toItem), nextCursor: scanEnd === null ? null : encodeCursor([scanEnd]) }
}
