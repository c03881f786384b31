/**
 * Matches receipts of certified mail with the deliveries that they are about, in the transaction that stores their
 * events: what is proven becomes a fact of the delivery and receipts in its timeline; what is not is shown as a claim,
 * and moves nothing. Only mails that a mailbox source has read itself: an event that somebody posts proves nothing.
 */
import type { PoolClient } from 'pg'
import type { Receipt } from '@carillon/connectors/receipts'
import { asId, printId, type DeliveryId } from '@carillon/domain/ids'
import type { Instant } from '@carillon/domain/clock'
import type { SuppressReason } from '@carillon/domain/outcome'
import { pecReceipts, type PecFact, type PecFactKind } from '@carillon/domain/pec-receipt'
import { query } from '../platform/db/statement.ts'
import { keepReceipts, type Evidence } from '../receipts/keep-receipts.ts'
import type { OnStored, Stored } from '../sources/store-batch.ts'
import * as sql from './queries.ts'
import {
  asReceiptMail,
  claimedDelivery,
  judgeClaim,
  type Claim,
  type Part,
  type ReceiptMail,
} from './read-claim.ts'

/** The connector whose mails count. */
const mailboxConnector = 'imap'
/** Anybody can write mails that claim things: so many are shown with one delivery. */
const mostUnverified = 20

type ReceiptEvent = {
  readonly mail: ReceiptMail
  readonly deliveryId: DeliveryId
  readonly eventId: string
}

type SentRow = {
  readonly delivery_id: string
  readonly integration_id: string
  readonly address: string
  readonly from_address: string | null
}

type PartRow = {
  readonly part_key: string
  readonly kind: PecFactKind
  readonly certified_at: Instant
  readonly reason: string
  readonly suppress: SuppressReason | null
  readonly event_id: string
}

/** Where the receipts of one delivery go: the integration that sent it. */
type Target = {
  readonly tenantId: string
  readonly deliveryId: DeliveryId
  readonly integrationId: string
  readonly mailboxId: string
}

/** Hook of the sources' runner (`onStored`). Role engine. Throws only for the database's reasons. */
export const correlatePec: OnStored = async (client, stored) => {
  if (stored.connector !== mailboxConnector) return
  const events = receiptEventsOf(stored)
  if (events.length === 0) return
  const ids = [...new Set(events.map(({ deliveryId }) => deliveryId))]
  const sent = await query<SentRow>(client, sql.findSentMails, [stored.tenantId, ids])
  for (const event of events) {
    const rows = sent.filter((row) => row.delivery_id === event.deliveryId)
    // oxlint-disable-next-line no-await-in-loop -- in one transaction, in their order
    await correlate(client, stored, event, rows)
  }
}

const receiptEventsOf = ({ events }: Stored): readonly ReceiptEvent[] =>
  events.flatMap(({ event, eventId }) => {
    const mail = event.type === 'mail.received' ? asReceiptMail(event.data) : undefined
    const deliveryId = mail === undefined ? undefined : claimedDelivery(mail)
    return mail === undefined || deliveryId === undefined ? [] : [{ mail, deliveryId, eventId }]
  })

/** The delivery may have gone over several integrations: the first one whose mail it can be decides. */
const judge = (
  mail: ReceiptMail,
  rows: readonly SentRow[],
): { readonly row: SentRow; readonly claim: Claim } | undefined => {
  const judged = rows.map((row) => {
    const from = row.from_address?.toLowerCase() ?? ''
    return { row, claim: judgeClaim(mail, { from, to: row.address.toLowerCase() }) }
  })
  return judged.find(({ claim }) => claim.kind === 'proven') ?? judged[0]
}

const correlate = async (
  client: PoolClient,
  { tenantId, integrationId: mailboxId }: Stored,
  { mail, deliveryId, eventId }: ReceiptEvent,
  rows: readonly SentRow[],
): Promise<void> => {
  const judged = judge(mail, rows)
  if (judged === undefined) return
  const { row, claim } = judged
  const target: Target = { tenantId, deliveryId, integrationId: row.integration_id, mailboxId }
  if (claim.kind === 'proven') await keepProof(client, target, claim.part, eventId)
  if (claim.kind === 'unverified') await keepClaim(client, target, claim.reason, eventId)
}

const keepProof = async (
  client: PoolClient,
  target: Target,
  part: Part,
  eventId: string,
): Promise<void> => {
  const { tenantId, deliveryId, integrationId, mailboxId } = target
  const { key, kind, at, reason, suppress } = part
  await query(client, sql.keepPart, [
    tenantId,
    deliveryId,
    key,
    kind,
    new Date(at),
    reason.slice(0, 500),
    suppress ?? null,
    eventId,
    mailboxId,
  ])
  const known = await query<PartRow>(client, sql.findParts, [tenantId, deliveryId])
  const rows = new Map(known.map((row) => [row.part_key, row]))
  const facts = known.map((row): PecFact => ({
    kind: row.kind,
    at: row.certified_at,
    key: row.part_key,
  }))
  // All of them: those that are there already are not kept twice.
  const receipts = pecReceipts(facts).flatMap(({ kind: told, fact }) => {
    const row = rows.get(fact.key)
    return row === undefined ? [] : [receiptOf(deliveryId, told, row)]
  })
  await keepReceipts(client, { tenantId, integrationId }, receipts)
}

const receiptOf = (
  deliveryId: DeliveryId,
  kind: Receipt['kind'],
  row: PartRow,
): Receipt & Evidence => ({
  kind,
  deliveryId: printId('delivery', asId('delivery', deliveryId)),
  noticeId: row.part_key,
  at: row.certified_at,
  reason: row.reason,
  ...(row.suppress === null ? {} : { suppress: row.suppress }),
  certified: true,
  eventId: row.event_id,
})

const keepClaim = async (
  client: PoolClient,
  { tenantId, deliveryId, integrationId }: Target,
  reason: string,
  eventId: string,
): Promise<void> => {
  const [count] = await query<{ n: number }>(client, sql.countUnverified, [tenantId, deliveryId])
  if ((count?.n ?? 0) >= mostUnverified) return
  const receipt: Receipt & Evidence = {
    kind: 'unverified',
    deliveryId: printId('delivery', deliveryId),
    noticeId: eventId,
    reason,
    eventId,
  }
  await keepReceipts(client, { tenantId, integrationId }, [receipt])
}
