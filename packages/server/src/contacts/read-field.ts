/**
 * Reads the parts of a contact as texts that came in, from the API or from a cell of a CSV file: checked and written as
 * they are stored. Pure. Not for whether anybody is reached there.
 */
import { parseMailAddress } from '@carillon/connectors/mail-address'
import { parseZone } from '@carillon/domain/window'
import { isSupportedCountry, parsePhoneNumberFromString } from '../platform/phone-numbers.ts'
import type { TextField } from './contact-values.ts'

export type ReadText =
  | { readonly ok: true; readonly value: string }
  | { readonly ok: false; readonly reason: string }

type Reader = (text: string, country: string | undefined) => ReadText

const fine = (value: string): ReadText => ({ ok: true, value })
const refused = (reason: string): ReadText => ({ ok: false, reason })

/** Control characters would break lines of CSV files and of headers; Postgres keeps no NUL. */
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const controls = /[\u0000-\u001f\u007f\u2028\u2029]/

/** A line of text without control characters and half characters, of 1 to `longest` characters when trimmed. */
const line =
  (longest: number): Reader =>
  (text) => {
    const value = text.trim()
    if (value === '') return refused('Is empty.')
    if (value.length > longest) return refused(`Has more than ${longest} characters.`)
    return controls.test(value) || !value.isWellFormed()
      ? refused('Has a control character or half of one: remove it.')
      : fine(value)
  }

/** Russia's and Kazakhstan's numbers, the most frequent ones: the library takes 19 µs for each. */
const plainSeven = /^\+?7\d{10}$/

const noNumber = (country: string | undefined): ReadText =>
  refused(
    country === undefined
      ? 'Write the phone number with its country code, such as 79001234567 or +393331234567, or say in which "country" it is one.'
      : `Is no phone number of ${country}: write it as it is dialled there, or with its country code.`,
  )

/**
 * E.164. Without a country the number begins with its country code (+7…, 7… and 007… are the same); with one it may be
 * as it is dialled there. Checked by country and length, not whether it is given out: numbering plans change.
 */
const readPhone: Reader = (text, country) => {
  const trimmed = text.trim()
  if (country === undefined && plainSeven.test(trimmed)) return fine(`+${trimmed.slice(-11)}`)
  // Longer ones are no numbers, and not worth the library's time.
  if (trimmed.length > 40) return noNumber(country)
  const isLocal = country !== undefined && isSupportedCountry(country)
  const digits = trimmed.replace(/^(?:\+|00)/, '')
  const parsed = isLocal
    ? parsePhoneNumberFromString(trimmed, { defaultCountry: country, extract: false })
    : parsePhoneNumberFromString(`+${digits}`, { extract: false })
  if (parsed?.isPossible() !== true || parsed.ext !== undefined) return noNumber(country)
  // Without a + it may as well be a national number: 9001234567 would become 901234567 in Turkey.
  const isChanged = parsed.number.slice(1) !== digits.replaceAll(/\D/g, '')
  return isChanged && !isLocal && digits === trimmed ? noNumber(country) : fine(parsed.number)
}

const readEmail: Reader = (text) => {
  const parsed = parseMailAddress(text.trim())
  return parsed.ok ? fine(parsed.address) : parsed
}

const numericChat = /^-?[1-9]\d{0,15}$/
/** Telegram's user names: 4 to 32 letters, digits and underscores, a letter first. */
const namedChat = /^@[A-Za-z]\w{3,31}$/

const readTelegramId: Reader = (text) => {
  const value = text.trim()
  return (numericChat.test(value) && Number.isSafeInteger(Number(value))) || namedChat.test(value)
    ? fine(value)
    : refused('A Telegram id is a number, or @name with 4 to 32 letters, digits or "_".')
}

const operatorCode = /^[\w.+-]{1,32}$/

const readOperator: Reader = (text) => {
  const value = text.trim()
  return operatorCode.test(value)
    ? fine(value)
    : refused('An operator code has 1 to 32 letters, digits and . _ + - only.')
}

const readZone: Reader = (text) => {
  const parsed = parseZone(text.trim())
  return parsed.ok ? fine(parsed.zone) : refused(parsed.reason)
}

/** BCP 47, roughly: "it", "pt-BR". */
const languageTag = /^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*$/

const readLanguage: Reader = (text) => {
  const value = text.trim()
  return languageTag.test(value) && value.length <= 35
    ? fine(value)
    : refused('A language is a tag such as "it" or "pt-BR".')
}

const readers: Readonly<Record<TextField, Reader>> = {
  externalId: line(200),
  phone: readPhone,
  email: readEmail,
  telegramId: readTelegramId,
  operator: readOperator,
  timezone: readZone,
  language: readLanguage,
}

/** The field's text as it is stored, or why it can't be. `country` (ISO 3166) is for phone numbers without their code. */
export const readField = (field: TextField, text: string, country?: string): ReadText =>
  readers[field](text, country)

/** Is this a country that phone numbers are known of? */
export const isKnownCountry = (country: string): boolean => isSupportedCountry(country)

/** A tag's name; "," and "|" separate tags in CSV files. */
export const readTag = (text: string): ReadText => {
  const read = line(100)(text.normalize('NFC'), undefined)
  return read.ok && /[,|]/.test(read.value)
    ? refused('A tag has neither "," nor "|": they separate tags in CSV files.')
    : read
}
