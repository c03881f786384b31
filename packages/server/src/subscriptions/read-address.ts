/**
 * The channelConfig of a registration becomes an address: checked and written as the channel's connector writes it, phone
 * numbers in E.164. Pure. Not for whether anybody is reached there.
 */
import type { SenderConnector } from '@carillon/connectors/define-connector'
import type { FieldError } from '@carillon/domain/errors'
import { nearestName } from '@carillon/domain/nearest-name'
import type { ConnectorRegistry } from '../delivery/send-delivery.ts'
import { isSupportedCountry, parsePhoneNumberFromString } from '../platform/phone-numbers.ts'

export type GivenAddress = {
  readonly channel: string
  readonly channelConfig: string
  /** ISO 3166, for phone numbers without a country code. */
  readonly country?: string | undefined
}

export type ReadAddress =
  | { readonly ok: true; readonly address: string }
  | { readonly ok: false; readonly errors: readonly FieldError[] }

type Sources = {
  readonly connectors: ConnectorRegistry
  /** Channel -> connector of the tenant's default integration; where there is none, any of the channel decides. */
  readonly defaults: ReadonlyMap<string, string>
}

const phoneChannels: ReadonlySet<string> = new Set(['sms', 'whatsapp'])
/** In UTF-8: what the index over registrations takes beside the longest user id. */
const longestAddressBytes = 1_500

/** The channels that somebody can register with: those of the connectors of this version, sorted. */
export const channelsOf = (connectors: ConnectorRegistry): readonly string[] =>
  [...new Set(Object.values(connectors).flatMap(({ channel }) => channel ?? []))].toSorted()

/** The address, or what is wrong with which field; pointers stand below `pointer`. */
export const readAddress = (
  { channel, channelConfig, country }: GivenAddress,
  sources: Sources,
  pointer = '',
): ReadAddress => {
  const connector = connectorFor(channel, sources)
  if (connector === undefined) {
    return refused(`${pointer}/channel`, unknownChannel(channel, channelsOf(sources.connectors)))
  }
  if (country !== undefined && !isSupportedCountry(country)) {
    return refused(`${pointer}/country`, `"${country}" is no country of ISO 3166.`)
  }
  const text = phoneChannels.has(channel)
    ? toInternational(channelConfig, country)
    : channelConfig.trim()
  if (text === undefined) return refused(`${pointer}/channelConfig`, noNumber(country))
  const parsed = connector.parseAddress(text)
  if (!parsed.ok) return refused(`${pointer}/channelConfig`, parsed.reason)
  // Postgres keeps no NUL, and no connector of ours lets one through; a new one shall not either.
  if (parsed.address.includes('\0') || Buffer.byteLength(parsed.address) > longestAddressBytes) {
    const detail = `Has a NUL character, or more than ${longestAddressBytes} bytes.`
    return refused(`${pointer}/channelConfig`, detail)
  }
  return { ok: true, address: parsed.address }
}

const refused = (pointer: string, detail: string): ReadAddress => ({
  ok: false,
  errors: [{ pointer, detail }],
})

const connectorFor = (
  channel: string,
  { connectors, defaults }: Sources,
): SenderConnector | undefined => {
  const ofChannel = Object.values(connectors).flatMap((connector) =>
    connector.send !== undefined && connector.channel === channel ? [connector] : [],
  )
  const own = defaults.get(channel)
  return ofChannel.find(({ id }) => id === own) ?? ofChannel[0]
}

const unknownChannel = (channel: string, known: readonly string[]): string => {
  const nearest = nearestName(channel, known)
  const hint = nearest === undefined ? '' : ` Did you mean "${nearest}"?`
  return `There is no channel "${channel}": known are ${known.join(', ')}.${hint}`
}

const noNumber = (country: string | undefined): string =>
  country === undefined
    ? 'Write the phone number with its country code, such as +393331234567, or say in which "country" it is one.'
    : `Is no phone number of ${country}: write it as it is dialled there, or with its country code.`

/**
 * E.164; undefined unless the number can be one by its country and length. Not whether it is given out: numbering plans
 * change faster than libraries.
 */
const toInternational = (text: string, country: string | undefined): string | undefined => {
  const parsed =
    country === undefined || !isSupportedCountry(country)
      ? parsePhoneNumberFromString(withPlus(text.trim()), { extract: false })
      : parsePhoneNumberFromString(text.trim(), { defaultCountry: country, extract: false })
  return parsed?.isPossible() === true && parsed.ext === undefined ? parsed.number : undefined
}

/** 0039… and 39… are international, as in our connectors. */
const withPlus = (text: string): string => `+${text.replace(/^(?:\+|00)/, '')}`
