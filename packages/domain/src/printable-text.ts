/**
 * Making foreign text fit to print in a message: no control characters, no direction overrides, bounded. Escaping for a
 * channel's markup is not done here but by its connector.
 */
import { shortened } from './shortened.ts'

// Direction marks, embeddings, overrides and isolates: they show a text in another order than it is written.
const directions = /[\u200E\u200F\u202A-\u202E\u2066-\u2069]/g
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const controls = /[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u2028\u2029]/g

/**
 * One line of at most `maxChars` UTF-16 units, trimmed: control characters and line breaks become single spaces,
 * direction marks go, half characters become U+FFFD.
 */
export const oneLine = (text: string, maxChars: number): string => {
  // What is far behind the cut is not worth looking at.
  const near = text.slice(0, 10 * maxChars).toWellFormed()
  const line = near.replaceAll(directions, '').replaceAll(controls, ' ').replaceAll(/\s+/g, ' ')
  return shortened(line.trim(), maxChars)
}

/** The text without control characters and direction marks; line feeds and indentation stay. */
export const printableLines = (text: string): string =>
  text.toWellFormed().replaceAll(directions, '').replaceAll(controls, '')
