/** A campaign's recipients: a page of them, or all as a CSV file, a thousand in memory at a time. */
import type { Pool } from 'pg'
import { Type } from 'typebox'
import { asId, printId, type CampaignId, type TenantId } from '@carillon/domain/ids'
import { writeLine } from '../contacts/csv-cell.ts'
import { inTenant } from '../platform/db/transaction.ts'
import { decodeCursor, limitOf, toPage, type Page } from '../platform/http/paging.ts'
import { notFound } from '../platform/http/path-id.ts'
import { isoOrNull } from './campaign-view.ts'
import { findCampaign } from './queries/campaigns.ts'
import { listRecipients as readPage, type RecipientRow } from './queries/statistics.ts'
import type { RecipientListQuery, RecipientView } from './schema.ts'

const keyset = Type.Tuple([Type.String({ pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' })])
const rowsAtOnce = 1_000

const viewRecipient = (row: RecipientRow): RecipientView => {
  const address = row.addresses[row.step] ?? ''
  return {
    delivery: printId('delivery', asId('delivery', row.id)),
    contact: row.contact === null ? null : printId('contact', asId('contact', row.contact)),
    state: row.state,
    channel: row.channel,
    to: address === '' ? row.recipient : address,
    time: isoOrNull(row.at),
    reason: row.reason,
    attempts: row.attempts,
  }
}

/** A page, in the order in which they were made. Throws `not_found`. */
export const listRecipients = async (
  pool: Pool,
  tenantId: TenantId,
  campaign: CampaignId,
  wish: RecipientListQuery,
): Promise<Page<RecipientView>> => {
  const after = decodeCursor(wish.cursor, keyset)?.[0] ?? null
  const limit = limitOf(wish)
  const rows = await inTenant(pool, tenantId, async (client) => {
    if ((await findCampaign(client, tenantId, campaign)) === undefined) throw notFound()
    return await readPage(client, tenantId, {
      campaign,
      after,
      limit: limit + 1,
      state: wish.state,
    })
  })
  return toPage(rows, { limit, toItem: viewRecipient, keysetOf: (row) => [row.id] })
}

const columns: readonly (readonly [string, (view: RecipientView) => string | null])[] = [
  ['delivery', (view) => view.delivery],
  ['contact', (view) => view.contact],
  ['to', (view) => view.to],
  ['state', (view) => view.state],
  ['channel', (view) => view.channel],
  ['time', (view) => view.time],
  ['reason', (view) => view.reason],
  ['attempts', (view) => String(view.attempts)],
]

/** The file's text in pieces. Throws `not_found` before the first. */
export const exportRecipients = async (
  pool: Pool,
  tenantId: TenantId,
  campaign: CampaignId,
  state: RecipientListQuery['state'],
): Promise<AsyncIterable<string>> => {
  const row = await inTenant(pool, tenantId, (client) => findCampaign(client, tenantId, campaign))
  if (row === undefined) throw notFound()
  return linesOf(pool, tenantId, { campaign, state })
}

async function* linesOf(
  pool: Pool,
  tenantId: TenantId,
  wish: { readonly campaign: CampaignId; readonly state: RecipientListQuery['state'] },
): AsyncGenerator<string> {
  yield writeLine(columns.map(([name]) => name))
  let after: string | null = null
  for (;;) {
    const page = { ...wish, after, limit: rowsAtOnce }
    // oxlint-disable-next-line no-await-in-loop -- one page after the other, from where the last one ended
    const rows: readonly RecipientRow[] = await inTenant(pool, tenantId, (client) =>
      readPage(client, tenantId, page),
    )
    const lines = rows.map(viewRecipient)
    yield lines.map((view) => writeLine(columns.map(([, read]) => read(view)))).join('')
    after = rows.at(-1)?.id ?? null
    if (after === null || rows.length < rowsAtOnce) return
  }
}
