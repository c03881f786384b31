/**
 * What the legal receipts of one certified mail come to, for one recipient: where it stands, and which receipts its
 * delivery gets. A function of the SET of facts: receipts come out of order, late and twice, and the same facts always
 * come to the same. Not for believing them: whoever calls has checked the signatures.
 *
 * Source: RFC 6109 sections 3.1-3.3; sources.md A5 and A6.
 *
 *   sent -> accepted -> delivered | failed         refused ends it for all recipients; a warning is not final
 *
 * The strongest fact wins: delivered over refused over failed over delayed over accepted. So a delivery after the
 * warnings wins, as the law has it, and also over a failure that was told before it.
 */
import type { Instant } from './clock.ts'
import type { ReceiptKind } from './receipt.ts'

/**
 * - `accepted` accettazione, `refused` non-accettazione: of the whole mail.
 * - `delivered` avvenuta-consegna, `failed` errore-consegna: of one recipient, final.
 * - `warned` preavviso-errore-consegna: not delivered within 12 h; the same header says after 24 h that it is over.
 * - `timed_out`: the latter, where the provider says so by the code 5.4.1.
 */
export const pecFactKinds = [
  'accepted',
  'refused',
  'delivered',
  'failed',
  'warned',
  'timed_out',
] as const
export type PecFactKind = (typeof pecFactKinds)[number]

export type PecFact = {
  readonly kind: PecFactKind
  /** When the provider certified it. */
  readonly at: Instant
  /** Tells it from all others of the mail; a receipt that is repeated has the same. */
  readonly key: string
}

export type PecStanding = 'sent' | 'accepted' | 'delayed' | 'failed' | 'refused' | 'delivered'

const factOfType: ReadonlyMap<string, PecFactKind> = new Map([
  ['accettazione', 'accepted'],
  ['non_accettazione', 'refused'],
  ['avvenuta_consegna', 'delivered'],
  ['errore_consegna', 'failed'],
  ['preavviso_mancata_consegna', 'warned'],
  ['mancata_consegna', 'timed_out'],
])

/** The fact that a message of this `pec_type` is; undefined: it is none for the sender. */
export const pecFactKind = (pecType: string): PecFactKind | undefined => factOfType.get(pecType)

const hourMs = 3_600_000
/** The second notice is sent not before 22 h (RFC 6109 section 3.3.2). */
const secondNoticeMs = 22 * hourMs
/** First and second notice are some ten hours apart at least: nearer ones are two copies of the first. */
const betweenNoticesMs = 8 * hourMs

/** A notice that came at its time as the second one, though it does not say so. */
const isFinalNotice = (notice: PecFact, facts: readonly PecFact[]): boolean =>
  facts.some(
    ({ kind, at }) =>
      (kind === 'accepted' && notice.at - at >= secondNoticeMs) ||
      (kind === 'warned' && notice.at - at >= betweenNoticesMs),
  )

const isFailure = (fact: PecFact, facts: readonly PecFact[]): boolean =>
  fact.kind === 'failed' ||
  fact.kind === 'timed_out' ||
  (fact.kind === 'warned' && isFinalNotice(fact, facts))

/** Where the mail stands for its recipient, from all facts known. */
export const pecStanding = (facts: readonly PecFact[]): PecStanding => {
  const has = (kind: PecFactKind): boolean => facts.some((fact) => fact.kind === kind)
  if (has('delivered')) return 'delivered'
  if (has('refused')) return 'refused'
  if (facts.some((fact) => isFailure(fact, facts))) return 'failed'
  if (has('warned')) return 'delayed'
  return has('accepted') ? 'accepted' : 'sent'
}

export type PecReceipt = {
  readonly kind: Extract<ReceiptKind, 'accepted' | 'refused' | 'delivered' | 'failed' | 'delayed'>
  readonly fact: PecFact
}

const kindOf = {
  accepted: 'accepted',
  refused: 'refused',
  delivered: 'delivered',
  failed: 'failed',
  timed_out: 'failed',
  warned: 'delayed',
} as const satisfies Record<PecFactKind, PecReceipt['kind']>

/**
 * The receipts that follow from the facts, each once. More facts only ever add receipts: a notice that turns out to be
 * the second one is `failed` as well as `delayed`.
 */
export const pecReceipts = (facts: readonly PecFact[]): readonly PecReceipt[] =>
  [...new Map(facts.map((fact) => [fact.key, fact])).values()].flatMap((fact): PecReceipt[] => {
    const receipt = { kind: kindOf[fact.kind], fact }
    return fact.kind === 'warned' && isFinalNotice(fact, facts)
      ? [receipt, { kind: 'failed', fact }]
      : [receipt]
  })
