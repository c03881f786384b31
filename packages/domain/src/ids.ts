/**
 * Ids: a UUID inside, `prefix_` + 26 characters of Crockford base32 outside. A branded type for each kind, so that a
 * rule's id never lands where a tenant's is asked for. Not the generator (`platform/ids.ts`): nothing here is random.
 */

declare const idBrand: unique symbol

/** Kind of thing -> prefix of its id at the edge. The table is the list of kinds; the docs are generated from it. */
export const idPrefixes = {
  tenant: 'ten',
  user: 'usr',
  member: 'mem',
  apiKey: 'key',
  auditEntry: 'aud',
  integration: 'int',
  event: 'evt',
  rule: 'rul',
  plan: 'pln',
  subscription: 'sub',
  registration: 'reg',
  contact: 'con',
  contactImport: 'imp',
  tag: 'tag',
  operator: 'opr',
  campaign: 'cmp',
  delivery: 'dlv',
  attempt: 'att',
  receipt: 'rct',
  suppression: 'sup',
  schedule: 'sch',
  replay: 'rpl',
  trackedItem: 'trk',
  fanOut: 'fan',
  membershipSync: 'msy',
  invitation: 'inv',
  session: 'ses',
  run: 'run',
  quarantined: 'qtn',
  request: 'req',
} as const satisfies Record<string, string>

export type IdKind = keyof typeof idPrefixes

/** A UUID in its canonical text form (lower-case, with hyphens) that names a thing of kind `K`. What the database holds. */
export type Id<K extends IdKind> = string & { readonly [idBrand]: K }

export type TenantId = Id<'tenant'>
export type UserId = Id<'user'>
export type ApiKeyId = Id<'apiKey'>
export type IntegrationId = Id<'integration'>
export type EventId = Id<'event'>
export type RuleId = Id<'rule'>
export type SubscriptionId = Id<'subscription'>
export type RegistrationId = Id<'registration'>
export type ContactId = Id<'contact'>
export type CampaignId = Id<'campaign'>
export type DeliveryId = Id<'delivery'>
export type FanOutId = Id<'fanOut'>
export type AttemptId = Id<'attempt'>

/** Crockford's alphabet without i, l, o, u; lower case only, so that an id has exactly one spelling. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'
const base32Length = 26
const uuidPattern = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/

/** Two characters for every 10 bits: printing is on the hot path (every delivery carries its id to the provider). */
const pairs: readonly string[] = Array.from(
  { length: 1024 },
  (_, bits) => alphabet.charAt(bits >> 5) + alphabet.charAt(bits & 31),
)

/** Character code -> value of the digit, -1 for a character that is none. */
const valuesOf = (digits: string): Int8Array => {
  const values = new Int8Array(128).fill(-1)
  for (let value = 0; value < digits.length; value += 1) values[digits.charCodeAt(value)] = value
  return values
}
const base32Values = valuesOf(alphabet)
const hexValues = valuesOf('0123456789abcdef')
const hexBytes: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, '0'),
)

/** Is this a UUID in canonical form (any version)? */
export const isUuid = (text: string): boolean => uuidPattern.test(text)

/** Brands a UUID that the database or the generator gave. Asserts the form: anything else is a bug, not a caller's mistake. */
export const asId = <K extends IdKind>(kind: K, uuid: string): Id<K> => {
  if (!isUuid(uuid)) throw new Error(`not a UUID for ${kind}: ${uuid}`)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- checked in the line above
  return uuid as Id<K>
}

/** 128 bits of a canonical UUID as 26 base32 characters (the first one is 0-7). */
export const encodeUuid = (uuid: string): string => {
  let text = ''
  // 130 bits come out for 128 that go in: the two missing ones are zeros in front.
  let buffer = 0
  let bits = 2
  for (let at = 0; at < uuid.length; at += 1) {
    const code = uuid.charCodeAt(at)
    if (code === 45) continue
    buffer = (buffer << 4) | (hexValues[code] ?? 0)
    bits += 4
    if (bits < 10) continue
    bits -= 10
    text += pairs[(buffer >> bits) & 1023] ?? ''
    buffer &= (1 << bits) - 1
  }
  return text
}

/** The 16 bytes in 26 base32 characters, or undefined: wrong length, a foreign character, or over 128 bits. */
const base32Bytes = (text: string): readonly number[] | undefined => {
  if (text.length !== base32Length || (base32Values[text.charCodeAt(0)] ?? -1) > 7) return undefined
  const bytes: number[] = []
  let buffer = 0
  let bits = -2
  for (let at = 0; at < base32Length; at += 1) {
    const value = base32Values[text.charCodeAt(at)] ?? -1
    if (value < 0) return undefined
    buffer = (buffer << 5) | value
    bits += 5
    if (bits < 8) continue
    bits -= 8
    bytes.push((buffer >> bits) & 255)
    buffer &= (1 << bits) - 1
  }
  return bytes
}

/** The canonical UUID of 26 base32 characters, or undefined when they are not what `encodeUuid` prints. */
export const decodeUuid = (text: string): string | undefined => {
  const bytes = base32Bytes(text)
  if (bytes === undefined) return undefined
  const hex = bytes.map((byte) => hexBytes[byte] ?? '').join('')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** The id as it leaves the system: `dlv_06a…`. */
export const printId = <K extends IdKind>(kind: K, id: Id<K>): string =>
  `${idPrefixes[kind]}_${encodeUuid(id)}`

/** Reads an id that came in. Anything that `printId` would not have printed is undefined: a 404 at the edge. */
export const parseId = <K extends IdKind>(kind: K, text: string): Id<K> | undefined => {
  const prefix = idPrefixes[kind]
  if (text.length !== prefix.length + 1 + base32Length) return undefined
  if (!text.startsWith(prefix) || text.charAt(prefix.length) !== '_') return undefined
  const uuid = decodeUuid(text.slice(prefix.length + 1))
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `decodeUuid` gives canonical UUIDs only
  return uuid === undefined ? undefined : (uuid as Id<K>)
}
