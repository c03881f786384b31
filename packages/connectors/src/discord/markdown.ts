/** Text as Discord shows it unchanged: its markup escaped, its links left clickable, its length kept. Knows no API. */
import type { Content } from '@carillon/domain/content'
import { cleanText, singleLine, truncate } from '../format.ts'

/** `content` takes 2,000 characters [DIS]; counted as UTF-16, the stricter reading. */
export const maxText = { n: 2_000, unit: 'utf16' } as const
/** Our own choice: a heading longer than this is not one, and must leave room for the text. */
const maxTitle = { n: 256, unit: 'utf16' } as const

/** A link is shown as it is; a backslash in it would break it. */
const link = /https?:\/\/[^\s<>]+/g
/** Everything that begins or ends markup, a mention, a heading, a quote or a list. */
const markup = /[\\*_~`|>#@<[\]()-]/g

/** Escapes all markup outside of links with backslashes. */
export const escapeMarkdown = (text: string): string => {
  let escaped = ''
  let at = 0
  for (const { 0: url, index } of text.matchAll(link)) {
    escaped += text.slice(at, index).replaceAll(markup, '\\$&') + url
    at = index + url.length
  }
  return escaped + text.slice(at).replaceAll(markup, '\\$&')
}

/**
 * The bold title and the text, escaped, in at most 2,000 characters together. How much room escaping takes depends on the
 * text, so the longest cut that fits is searched for.
 */
export const discordText = (content: Content): string => {
  const title = escapeMarkdown(truncate(singleLine(content.title ?? ''), maxTitle))
  const heading = title === '' ? '' : `**${title}**\n`
  const text = truncate(cleanText(content.text).trim(), maxText)
  const cut = (n: number): string => escapeMarkdown(truncate(text, { ...maxText, n }))
  const room = maxText.n - heading.length
  let fits = 0
  let tooLong = room + 1
  while (tooLong - fits > 1) {
    const middle = Math.floor((fits + tooLong) / 2)
    if (cut(middle).length <= room) fits = middle
    else tooLong = middle
  }
  return `${heading}${cut(fits)}`.trim()
}
