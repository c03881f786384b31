/**
 * How many segments a text takes on the air, and how much of it fits into some: GSM 03.38 has 7 bits a character, any other
 * character makes it UCS-2 with 16 (channels.md section 3, "segments"; † the alphabet, 3GPP TS 23.038 6.2.1).
 */
import { truncate } from './format.ts'

const basic = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
)
/** Of the extension table: an escape and a character. */
const extended = new Set('^{}\\[~]|€\f')

/** Units of the text: septets when it is GSM text, else UTF-16 units. */
const measure = (text: string): { readonly isGsm: boolean; readonly units: number } => {
  let septets = 0
  for (const character of text) {
    if (basic.has(character)) septets += 1
    else if (extended.has(character)) septets += 2
    else return { isGsm: false, units: text.length }
  }
  return { isGsm: true, units: septets }
}

/** Does the text fit into seven bits a character? One character beyond the alphabet makes all of it UCS-2. */
export const isGsmText = (text: string): boolean => measure(text).isGsm

/** Segments that the text takes: 160 or 70 units in one, 153 or 67 in each of several. An empty text takes one. */
export const smsSegments = (text: string): number => {
  const { isGsm, units } = measure(text)
  if (units <= (isGsm ? 160 : 70)) return 1
  return Math.ceil(units / (isGsm ? 153 : 67))
}

/**
 * At most `n` characters (UTF-16 units, n >= 3), with three full stops where something was left out: the single character
 * U+2026 would make UCS-2 of a GSM text and more than double its segments.
 */
export const cutSms = (text: string, n: number): string =>
  text.length <= n ? text : truncate(text, { n: n - 2, unit: 'utf16' }).replace(/…$/, '...')

/** The longest beginning of the text, cut as `cutSms` does, that takes at most `segments`. */
export const fitSegments = (text: string, segments: number): string => {
  if (smsSegments(text) <= segments) return text
  let least = 3
  let most = Math.min(text.length - 1, segments * 160)
  while (least < most) {
    const middle = Math.ceil((least + most) / 2)
    if (smsSegments(cutSms(text, middle)) <= segments) least = middle
    else most = middle - 1
  }
  return cutSms(text, least)
}
