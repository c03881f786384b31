/** Reading the suppression list: a page, one entry, and what stops messages to some addresses. */
import type { PoolClient } from 'pg'
import { Type } from 'typebox'
import { addressKey } from '@carillon/domain/suppression'
import type { Id } from '@carillon/domain/ids'
import { decodeCursor, limitOf, toPage, type Page } from '../platform/http/paging.ts'
import { notFound } from '../platform/http/path-id.ts'
import * as sql from './queries.ts'
import type {
  CheckAnswer,
  CheckBody,
  SuppressionFilter,
  SuppressionListQuery,
  SuppressionView,
} from './schema.ts'
import { viewSuppression } from './suppression-view.ts'

const keyset = Type.Tuple([Type.String({ pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' })])

/** Without a channel an address is looked for in every way in which a channel writes it. */
const spellings = (channel: string | undefined, address: string): readonly string[] =>
  channel === undefined
    ? [...new Set(['email', 'sms', 'telegram', 'webhook'].map((name) => addressKey(name, address)))]
    : [addressKey(channel, address)]

/** The filter of a query as the statement takes it. */
export const wantedOf = ({
  channel,
  address,
  scope,
  reason,
  since,
  active = true,
}: SuppressionFilter): Omit<sql.SuppressionWanted, 'limit' | 'before'> => ({
  channel,
  addresses: address === undefined ? undefined : spellings(channel, address),
  scope,
  reason,
  since,
  active,
})

/**
 * A page of entries, newest first. One that is not full after a tenth of a second is answered as it is: it may have fewer items
 * than asked for, or none, and yet a next one.
 */
export const listSuppressions = async (
  client: PoolClient,
  tenantId: string,
  filter: SuppressionListQuery,
): Promise<Page<SuppressionView>> => {
  const [before] = decodeCursor(filter.cursor, keyset) ?? []
  const limit = limitOf(filter)
  const wanted = { ...wantedOf(filter), before, limit: limit + 1 }
  const { rows, scanEnd } = await sql.listSuppressionRows(client, tenantId, wanted)
  return toPage(rows, { limit, toItem: viewSuppression, keysetOf: (row) => [row.id], scanEnd })
}

/** One entry, also one that has ended. Throws `not_found`. */
export const findSuppression = async (
  client: PoolClient,
  tenantId: string,
  id: Id<'suppression'>,
): Promise<SuppressionView> => {
  const row = await sql.findSuppressionRow(client, tenantId, id)
  if (row === undefined) throw notFound()
  return viewSuppression(row)
}

/** For each address, in the order given, what stops messages to it. */
export const checkAddresses = async (
  client: PoolClient,
  tenantId: string,
  { channel, addresses }: CheckBody,
): Promise<CheckAnswer> => {
  const keys = addresses.map((address) => addressKey(channel, address))
  const rows = await sql.findOfAddresses(client, tenantId, { channel, keys })
  return {
    items: addresses.map((address, at) => {
      const own = rows.filter((row) => row.address === keys[at])
      return {
        address,
        suppressed: own.some(({ scope }) => scope === 'all'),
        suppressions: own.map(viewSuppression),
      }
    }),
  }
}
