/**
 * Says what a certified mail is, by its own headers and by daticert's error text. Never by the subject: a transport
 * envelope may carry "Notifica di mancata consegna" in its subject and be no failure at all.
 *
 * Source: RFC 6109 §3.1-3.2 (header values); the 24 h rule is how PagoPA's platform tells the two notices apart.
 */

/** Every value of `data.pec_type`, in the order of the contract. */
export const pecTypes = [
  'posta_certificata',
  'accettazione',
  'non_accettazione',
  'presa_in_carico',
  'avvenuta_consegna',
  'mancata_consegna',
  'errore_consegna',
  'preavviso_mancata_consegna',
  'rilevazione_virus',
  'unknown',
] as const

export type PecType = (typeof pecTypes)[number]

/** `other`: X-Trasporto with a value that nobody has defined. */
export type PecKind = 'receipt' | 'transport' | 'anomaly' | 'other'

/** What the envelope's headers say: the kind and the raw value in lower case ("avvenuta-consegna"). */
export type PecMarker = { readonly kind: PecKind; readonly wireType: string }

const token = (value: string | undefined): string =>
  (value ?? '').trim().slice(0, 100).toLowerCase()

/**
 * Takes the values of X-Ricevuta and X-Trasporto (undefined when absent) and returns the marker, or undefined for
 * ordinary mail. X-Ricevuta wins; a header without a value counts as absent.
 */
export const pecMarker = (
  ricevuta: string | undefined,
  trasporto: string | undefined,
): PecMarker | undefined => {
  const receipt = token(ricevuta)
  if (receipt !== '') return { kind: 'receipt', wireType: receipt }
  const transport = token(trasporto)
  if (transport === '') return undefined
  if (transport === 'posta-certificata') return { kind: 'transport', wireType: transport }
  return { kind: transport === 'errore' ? 'anomaly' : 'other', wireType: transport }
}

const receipts: ReadonlyMap<string, PecType> = new Map([
  ['accettazione', 'accettazione'],
  ['non-accettazione', 'non_accettazione'],
  ['presa-in-carico', 'presa_in_carico'],
  ['avvenuta-consegna', 'avvenuta_consegna'],
  ['errore-consegna', 'errore_consegna'],
  ['preavviso-errore-consegna', 'preavviso_mancata_consegna'],
  ['rilevazione-virus', 'rilevazione_virus'],
])

/** Does daticert's errore-esteso say 24 hours have passed (5.4.1)? Both time-out notices have the same headers and subject. */
const isFinalNotice = (errorDetail: string | undefined): boolean =>
  /^\s*5\.4\.1(?![\d.])/u.test(errorDetail ?? '')

/**
 * The `pec_type` of a message: its marker, plus daticert's errore-esteso, which alone turns a preavviso into the final
 * `mancata_consegna`. A 24 h notice of a provider that writes no 5.4.1 stays a preavviso: one message can't tell.
 */
export const pecTypeOf = (
  marker: PecMarker | undefined,
  errorDetail: string | undefined,
): PecType => {
  if (marker?.kind === 'transport') return 'posta_certificata'
  if (marker?.kind !== 'receipt') return 'unknown'
  const type = receipts.get(marker.wireType) ?? 'unknown'
  return type === 'preavviso_mancata_consegna' && isFinalNotice(errorDetail)
    ? 'mancata_consegna'
    : type
}

const finals: readonly PecType[] = [
  'non_accettazione',
  'avvenuta_consegna',
  'mancata_consegna',
  'errore_consegna',
]

/** Does nothing further happen to the sending (to this recipient) after a message of this type? */
export const isFinalPecType = (type: PecType): boolean => finals.includes(type)
