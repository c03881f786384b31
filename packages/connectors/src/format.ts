/**
 * Turning a rendered message into the plain or marked-up text that a provider takes: escaping, joining, measuring and
 * cutting. Knows no provider and no template language.
 */
import type { Content } from '@carillon/domain/content'

/** How a provider counts the length of a text. */
export type TextUnit = 'utf16' | 'codepoints' | 'utf8bytes'

export type TextLimit = { readonly n: number; readonly unit: TextUnit }

const htmlEntities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Escapes text for HTML element content and for quoted attribute values. */
export const escapeHtml = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (character) => htmlEntities[character] ?? character)

/**
 * The text without what no provider takes: lone surrogates become U+FFFD (they have no UTF-8 form, and Telegram answers
 * them with 400) and NUL is dropped.
 */
export const cleanText = (text: string): string => text.toWellFormed().replaceAll('\0', '')

/** Cleaned text on one line: every run of line breaks, tabs and other control characters becomes one space. */
export const singleLine = (text: string): string =>
  cleanText(text)
    .replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .trim()

/** The whole message as plain text: the title, an empty line, the text. Without a title just the text. */
export const plainText = (content: Content): string => {
  const title = singleLine(content.title ?? '')
  const text = cleanText(content.text)
  if (title === '') return text
  return text === '' ? title : `${title}\n\n${text}`
}

/** The length of `text` in `unit`. */
export const lengthIn = (text: string, unit: TextUnit): number => {
  switch (unit) {
    case 'utf16':
      return text.length
    case 'codepoints': {
      let count = 0
      for (let at = 0; at < text.length; at += unitsAt(text, at)) count += 1
      return count
    }
    case 'utf8bytes':
      return Buffer.byteLength(text)
  }
}

const unitsAt = (text: string, at: number): 1 | 2 => ((text.codePointAt(at) ?? 0) > 0xff_ff ? 2 : 1)

const utf8Length = (codePoint: number): number => {
  if (codePoint < 0x80) return 1
  if (codePoint < 0x8_00) return 2
  return codePoint < 0x1_00_00 ? 3 : 4
}

/** UTF-16 index behind the last whole code point that fits into `limit`. */
const codePointCut = (text: string, limit: TextLimit): number => {
  let at = 0
  let used = 0
  while (at < text.length) {
    const codePoint = text.codePointAt(at) ?? 0
    const units = codePoint > 0xff_ff ? 2 : 1
    used += limit.unit === 'utf16' ? units : limit.unit === 'codepoints' ? 1 : utf8Length(codePoint)
    if (used > limit.n) return at
    at += units
  }
  return at
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/**
 * UTF-16 index of the last grapheme boundary that fits. A single grapheme longer than the limit (a letter under 5,000
 * accents) is cut between code points: otherwise it would leave nothing.
 */
const graphemeCut = (text: string, limit: TextLimit): number => {
  const cut = codePointCut(text, limit)
  if (cut === 0 || cut >= text.length) return cut
  // Whether `cut` is a boundary depends on what stands before it and on the one code point behind it.
  const start = graphemes.segment(text.slice(0, cut + 2)).containing(cut)?.index ?? cut
  return start === 0 ? cut : start
}

/**
 * At most `limit.n` units of `text`, cut at a grapheme boundary, with an ellipsis (U+2026, counted) when something was
 * left out. Where not even the ellipsis fits, it is left away.
 */
export const truncate = (text: string, limit: TextLimit): string => {
  if (lengthIn(text, limit.unit) <= limit.n) return text
  const ellipsis = '…'
  const room = limit.n - lengthIn(ellipsis, limit.unit)
  if (room < 0) return text.slice(0, graphemeCut(text, limit))
  return `${text.slice(0, graphemeCut(text, { ...limit, n: room })).trimEnd()}${ellipsis}`
}

/**
 * Splits `text` into parts of at most `limit.n` units (n >= 4, so that any code point fits): at the last line break that
 * fits, else at the last space, else at a grapheme boundary. The white space at a break is dropped. Never returns an
 * empty list; an empty text is one empty part.
 */
export const splitText = (text: string, limit: TextLimit): readonly string[] => {
  const parts: string[] = []
  let rest = text
  while (rest !== '') {
    const cut = graphemeCut(rest, limit)
    if (cut >= rest.length) {
      parts.push(rest)
      break
    }
    const end = breakBefore(rest, cut)
    const part = rest.slice(0, end).trimEnd()
    if (part !== '') parts.push(part)
    rest = rest.slice(end).trimStart()
  }
  return parts.length === 0 ? [text.trim()] : parts
}

/** Where to end a part that may reach up to `cut`: behind a line break or a space, unless that would waste most of it. */
const breakBefore = (text: string, cut: number): number => {
  const least = cut / 4
  const line = text.lastIndexOf('\n', cut)
  if (line > least) return line
  const space = text.lastIndexOf(' ', cut)
  return space > least ? space : cut
}
